"""The confirm card and its buttons: they need the quote's token only, whatever the conversation remembers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from markupsafe import Markup

from bot.domain.errors import BadInput, Banned, NotForSale, PriceChanged, QuoteGone, ShortOfMoney, TurnedAway
from bot.domain.orders import Quote, QuoteState
from bot.engine.customers import ask_for_gap
from bot.engine.ordering import place_order
from bot.engine.quoting import drop_quote, make_quote, read_quote
from handlers.callbacks import AskGap, ConfirmQuote, DropQuote
from handlers.cards import read_card
from handlers.context import Draft
from handlers.customer import screens_order as screens
from handlers.customer.admission import turn_away
from handlers.customer.browse import show_gone
from handlers.customer.checkout import read_checkout
from handlers.customer.screens_admission import facts_of, said
from handlers.customer.screens_topup import Gap
from handlers.keyboards import Screen
from handlers.steps import END, Next, Step
from handlers.visits import Visit


async def confirm_quote(visit: Visit, button: ConfirmQuote) -> Next:
    """Buy: the pressed message becomes the order's card. A second tap finds the same order."""
    message = visit.pressed_message
    card_id = message.message_id if message else None
    try:
        placed = await place_order(visit.shop, button.token, visit.person.id, card_id, visit.now)
    except ShortOfMoney as short:
        toast = visit.texts.plain("confirm.short-toast", gap=short.gap)
        return await show_again(visit, button.token, toast=toast)
    except QuoteGone:
        return await show_expired(visit, button.token)
    except TurnedAway as refused:
        return await turn_away_here(visit, button.token, refused)
    except PriceChanged:
        return await _requote(visit, button.token)
    except NotForSale:
        return await show_gone(visit)
    step = _forget(visit, button.token)
    placed_toast = visit.texts.plain("confirm.placed-toast", order=str(placed.order.id)) if placed.fresh else None
    # Where the message cannot be edited, the order's card notice brings the card a moment later.
    live = card_id is not None and placed.order.card_message_id == card_id
    await visit.replace(await read_card(visit.shop, visit.texts, placed.order, visit.now, live=live), placed_toast)
    return step


async def turn_down(visit: Visit, button: DropQuote) -> Next:
    """`Cancel` on the confirm card; an order that exists already is shown instead."""
    await drop_quote(visit.shop, button.token, visit.person.id)
    if await _is_used(visit, button.token):
        return await confirm_quote(visit, ConfirmQuote(button.token))
    step = _forget(visit, button.token)
    await visit.show(screens.start_over(visit.texts, "chat.canceled"))
    return step


async def ask_gap(visit: Visit, button: AskGap) -> Next:
    """Ask the operator for exactly what the wallet lacks; Confirm stays usable."""

    async def ask(quote: Quote, gap: Gap) -> Next:
        told = await ask_for_gap(visit.shop, quote.token, visit.person.id, gap.amount, quote.charge, visit.now)
        toast = visit.texts.plain("confirm.asked-toast" if told else "confirm.wait-toast")
        return await show_again(visit, quote.token, toast=toast)

    return await with_gap(visit, button.token, ask)


async def with_gap(visit: Visit, token: str, go_on: Callable[[Quote, Gap], Awaitable[Next]]) -> Next:
    """Go on with what the wallet lacks for a quote; where it holds no more, or nothing lacks, that is shown instead."""
    try:
        quote = await read_quote(visit.shop, token, visit.person.id)
    except QuoteGone:
        return await show_expired(visit, token)
    if quote.state is not QuoteState.OPEN:
        return await show_closed(visit, quote)
    if quote.expires_at <= visit.now:
        return await show_expired(visit, token)
    try:
        gap = (await read_checkout(visit.shop, quote, visit.now)).gap
    except NotForSale:
        return await show_gone(visit)
    if not gap.amount:
        return await show_again(visit, token, toast=visit.texts.plain("confirm.enough-toast"))
    return await go_on(quote, gap)


async def remind(visit: Visit) -> Next:
    """Text while the confirm card waits."""
    await visit.say("chat.confirm-waiting")
    return None


async def show_checkout(
    visit: Visit, quote: Quote, *, note: Markup | None = None, toast: str | None = None, anew: bool = False
) -> int:
    """Show a quote's confirm card, `anew` in a message of its own; the id of its message. Raises NotForSale."""
    card = await _card(visit, quote, note)
    return await (visit.reply(card) if anew else visit.show(card, toast))


async def speak_anew(visit: Visit, draft: Draft) -> None:
    """The confirm card that waits, in the language spoken by now; where it holds no more, its buttons say so."""
    if draft.token is None or draft.card_id is None:
        return
    with suppress(NotForSale, QuoteGone):
        quote = await read_quote(visit.shop, draft.token, visit.person.id)
        if quote.state is QuoteState.OPEN and quote.expires_at > visit.now:
            await visit.rewrite(draft.card_id, await _card(visit, quote))


async def show_closed(visit: Visit, quote: Quote) -> Next:
    """What became of a quote that is open no more: its order, the card that holds instead, or that it was canceled."""
    if quote.state is QuoteState.USED:
        return await confirm_quote(visit, ConfirmQuote(quote.token))
    draft = visit.memory.draft
    if draft and draft.token not in (None, quote.token) and draft.service_number == quote.service_number:
        await visit.show(Screen(visit.texts.html("confirm.replaced")))
        return None
    await visit.show(screens.start_over(visit.texts, "quote.canceled"))
    return None


async def _card(visit: Visit, quote: Quote, note: Markup | None = None) -> Screen:
    return screens.confirm_card(visit.texts, await read_checkout(visit.shop, quote, visit.now, note))


async def turn_away_here(visit: Visit, token: str, refused: TurnedAway) -> Next:
    """Nothing can be ordered now: after a maintenance or a check the same card still can."""
    if isinstance(refused, Banned):
        return await turn_away(visit, refused)
    why, facts = said(refused), facts_of(refused)
    note = visit.texts.html(f"admission.{why}-confirm", **facts)
    toast = visit.texts.plain(f"admission.{why}-toast", **facts)
    return await show_again(visit, token, toast=toast, note=note)


async def show_again(visit: Visit, token: str, *, toast: str, note: Markup | None = None) -> Next:
    """The same card as things stand now."""
    try:
        await show_checkout(visit, await read_quote(visit.shop, token, visit.person.id), note=note, toast=toast)
    except NotForSale:
        return await show_gone(visit)
    return None


async def show_expired(visit: Visit, token: str) -> Next:
    """The price holds no more: the way to a fresh one, or what became of it."""
    try:
        quote = await read_quote(visit.shop, token, visit.person.id)
    except QuoteGone:
        await visit.show(screens.start_over(visit.texts, "quote.gone"))
        return None
    if quote.state is QuoteState.DROPPED:
        return await show_closed(visit, quote)
    await visit.show(screens.quote_expired(visit.texts, token))
    return None


async def _requote(visit: Visit, token: str) -> Next:
    """The service changed since the quote: the same order at its new price, to be confirmed anew."""
    old = await read_quote(visit.shop, token, visit.person.id)
    try:
        new = await make_quote(
            visit.shop, visit.person.id, visit.update.update_id, old.service_number, old.answers, visit.now
        )
    except NotForSale:
        return await show_gone(visit)
    except TurnedAway as refused:
        return await turn_away_here(visit, token, refused)
    except BadInput:
        # The answers fit no more; on the way to a fresh price the one that does not is asked again.
        return await show_expired(visit, token)
    changed = "confirm.price-changed" if new.charge != old.charge else "confirm.price-same"
    card_id = await show_checkout(visit, new, note=visit.texts.html(changed, old=old.charge, new=new.charge))
    draft = visit.memory.draft
    if draft is not None and draft.token != token:
        return None  # another order is open by now, and this card needs no conversation
    begun = draft or Draft(new.service_number, id=visit.update.update_id)
    visit.memory.draft = replace(begun, answers=dict(new.answers), token=new.token, kept={}, card_id=card_id)
    return Step.CONFIRMING


async def _is_used(visit: Visit, token: str) -> bool:
    try:
        return (await read_quote(visit.shop, token, visit.person.id)).state is QuoteState.USED
    except QuoteGone:
        return False


def _forget(visit: Visit, token: str) -> Next:
    """The quote is settled: its draft goes, and the conversation ends unless another order is open by now."""
    draft = visit.memory.draft
    if draft is not None and draft.token != token:
        return None
    visit.memory.draft = None
    return END
