"""Putting an order together: one question after the other, then the quote that only a press confirms."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from bot.domain.catalog import Offer
from bot.domain.errors import BadInput, NotForSale, QuoteGone, TurnedAway
from bot.domain.inputs import LISTS, Field, TypeRule, check
from bot.domain.orders import QuoteState
from bot.engine.quoting import drop_quote, for_sale, make_quote, read_quote
from handlers.callbacks import (
    BeginOrder,
    ChangeAnswer,
    KeepAnswer,
    LeaveOrder,
    OrderAgain,
    PickQuantity,
    RenewQuote,
    ShowService,
    StepBack,
)
from handlers.context import Draft
from handlers.customer import drafts
from handlers.customer import screens_order as screens
from handlers.customer.admission import turn_away, turned_away
from handlers.customer.browse import show_gone, show_service
from handlers.customer.confirm import show_checkout, show_closed
from handlers.customer.reading import available, own_order
from handlers.keyboards import Screen
from handlers.steps import END, Next, Step
from handlers.visits import Visit


async def begin_order(visit: Visit, button: BeginOrder) -> Next:
    """The first question for a service; a link given for it before is shown as the current one."""
    if await turned_away(visit):
        return None
    before = visit.memory.draft
    link = drafts.link_of(before) if before and before.service_number == button.service else None
    return await go_on(visit, Draft(button.service, id=visit.update.update_id, kept=drafts.only_link(link)))


async def order_again(visit: Visit, button: OrderAgain) -> Next:
    """An earlier order once more, all filled in, at today's price: two taps. The old card stays as it is."""
    order = await own_order(visit, button.order)
    if order is None:
        await visit.answer(visit.texts.plain("card.not-found"))
        return None
    if await turned_away(visit, anew=True):
        return None
    draft = Draft(order.service_number, dict(order.answers), id=visit.update.update_id)
    return await go_on(visit, draft, anew=True)


async def change_answer(visit: Visit, button: ChangeAnswer) -> Next:
    """Ask one question of a quote again; the other answers stay, and the old one until there is another."""
    try:
        quote = await read_quote(visit.shop, button.token, visit.person.id)
    except QuoteGone:
        await visit.show(screens.start_over(visit.texts, "quote.gone"))
        return None
    if quote.state is not QuoteState.OPEN:
        return await show_closed(visit, quote)
    before = visit.memory.draft
    draft_id = before.id if before and before.token == quote.token else visit.update.update_id
    card_id = visit.pressed_message.message_id if visit.pressed_message else None
    return await go_on(visit, drafts.changing(quote, button.field, draft_id, card_id))


async def renew_quote(visit: Visit, button: RenewQuote) -> Next:
    """The same order at today's price."""
    return await change_answer(visit, ChangeAnswer(button.token, ""))


async def take_text(visit: Visit) -> Next:
    """A typed answer to the question that is open."""
    return await take_answer(visit, visit.text)


async def pick_quantity(visit: Visit, button: PickQuantity) -> Next:
    """A tapped quantity: the same as typing it; where a quantity was given already, it changes that."""
    draft = visit.memory.draft
    if draft is None or draft.id != button.draft:
        return await _stale(visit)
    answers = {name: answer for name, answer in draft.answers.items() if name != Field.QUANTITY}
    changed = replace(draft, answers=answers)
    if _open(visit, changed) is not Field.QUANTITY:
        return await go_on(visit, draft)
    visit.memory.draft = changed
    return await take_answer(visit, str(button.quantity))


async def keep_answer(visit: Visit, button: KeepAnswer) -> Next:
    """The answer from before stays."""
    draft = visit.memory.draft
    if draft is None or draft.id != button.draft:
        return await _stale(visit)
    return await go_on(visit, drafts.restored(draft))


async def step_back(visit: Visit, button: StepBack) -> Next:
    """The question before, the confirm card a change began from, or the service's card."""
    draft = visit.memory.draft
    if draft is None or draft.id != button.draft:
        return await _stale(visit)
    if draft.token:
        return await _back_to_card(visit, draft)
    try:
        _, rule = for_sale(visit.shop, draft.service_number)
    except NotForSale:
        return await show_gone(visit)
    if before := drafts.before_open(rule, draft):
        return await go_on(visit, drafts.set_aside(draft, before))
    step = await show_service(visit, ShowService(draft.service_number))
    visit.memory.draft = draft
    return step


async def refuse_other(visit: Visit) -> Next:
    """A photo, sticker or the like where text is expected: the question is asked again."""
    draft = visit.memory.draft
    if draft is None:
        return await _lost(visit)
    can_be_file = _open(visit, draft) in LISTS
    return await go_on(visit, draft, visit.texts.html("order.text-or-file" if can_be_file else "order.text-only"))


async def leave_order(visit: Visit, button: LeaveOrder) -> Next:
    """`Cancel` under a question."""
    draft = visit.memory.draft
    if draft is None or draft.id != button.draft:
        return await _stale(visit)
    await forget_draft(visit)
    await visit.show(screens.start_over(visit.texts, "chat.canceled"))
    return END


async def cancel(visit: Visit) -> Next:
    """`/cancel` with an order open: nothing of it remains, its confirm card included."""
    await forget_draft(visit)
    await visit.reply(screens.start_over(visit.texts, "chat.canceled"))
    return END


async def forget_draft(visit: Visit) -> None:
    """Let go of the order being put together and of the quote shown for it; its card says so."""
    draft, visit.memory.draft = visit.memory.draft, None
    if draft is None or draft.token is None:
        return
    await drop_quote(visit.shop, draft.token, visit.person.id)
    await _close_card(visit, draft, "chat.canceled")


async def resume_open(visit: Visit) -> Next:
    """Back to the order that was interrupted, if one was."""
    draft = visit.memory.draft
    return END if draft is None else await resume(visit, draft)


async def resume(visit: Visit, draft: Draft) -> Next:
    """Back to the order that was interrupted: its question again, below, or its confirm card, which still waits."""
    try:
        _, rule = for_sale(visit.shop, draft.service_number)
    except NotForSale:
        return await show_gone(visit, anew=True)
    if draft.token and drafts.first_open(rule, draft) is None:
        await visit.say("chat.confirm-waiting")
        return Step.CONFIRMING
    return await go_on(visit, draft, anew=True)


async def go_on(visit: Visit, draft: Draft, note: Markup | None = None, *, anew: bool = False) -> Next:
    """Ask what is still open, or quote when nothing is; `anew` leaves the pressed message as it is."""
    try:
        offer, rule = for_sale(visit.shop, draft.service_number)
    except NotForSale:
        return await show_gone(visit, anew=anew)
    visit.memory.draft = draft
    field = drafts.first_open(rule, draft)
    if field is None:
        return await _quote(visit, draft, offer, rule, note, anew=anew)
    asked = screens.Question(draft, offer, field, visit.shop.price_rules, await available(visit), note)
    await visit.put(screens.question(visit.texts, asked), anew=anew)
    return field


async def take_answer(visit: Visit, typed: str, read: Markup | None = None) -> Next:
    """An answer to the question that is open; `read` says where it was read, if not in the message itself."""
    draft = visit.memory.draft
    if draft is None:
        return await _lost(visit)
    try:
        offer, rule = for_sale(visit.shop, draft.service_number)
        field = drafts.first_open(rule, draft)
        if field is None:
            return await go_on(visit, draft)
        answer = check(field, typed, offer.service)
    except NotForSale:
        return await show_gone(visit)
    except BadInput as error:
        return await go_on(visit, draft, screens.problem(visit.texts, error))
    said = read or screens.perhaps_cut(visit.texts, field, typed)
    note = screens.notes(said, screens.understood(visit.texts, field, typed, answer))
    kept = {name: before for name, before in draft.kept.items() if name != field}
    return await go_on(visit, replace(draft, answers={**draft.answers, field.value: answer}, kept=kept), note)


def _open(visit: Visit, draft: Draft) -> Field | None:
    """The question that is open; None where none is, or nothing is for sale."""
    try:
        _, rule = for_sale(visit.shop, draft.service_number)
    except NotForSale:
        return None
    return drafts.first_open(rule, draft)


async def _quote(visit: Visit, draft: Draft, offer: Offer, rule: TypeRule, note: Markup | None, *, anew: bool) -> Next:
    update_id, person_id = visit.update.update_id, visit.person.id
    try:
        quote = await make_quote(visit.shop, person_id, update_id, draft.service_number, draft.answers, visit.now)
    except NotForSale:
        return await show_gone(visit, anew=anew)
    except TurnedAway as refused:
        return await turn_away(visit, refused)
    except BadInput as error:
        failing = drafts.failing(offer, rule, draft)
        answers = {name: answer for name, answer in draft.answers.items() if name != failing}
        return await go_on(
            visit, replace(draft, answers=answers, token=None), screens.problem(visit.texts, error), anew=anew
        )
    card_id = await show_checkout(visit, quote, note=note, anew=anew)
    if draft.token and draft.token != quote.token:
        await drop_quote(visit.shop, draft.token, person_id)
        if draft.card_id != card_id:
            await _close_card(visit, draft, "confirm.replaced")
    visit.memory.draft = replace(draft, answers=dict(quote.answers), token=quote.token, kept={}, card_id=card_id)
    return Step.CONFIRMING


async def _back_to_card(visit: Visit, draft: Draft) -> Next:
    """The confirm card as it was; at a fresh price where the old one holds no more."""
    try:
        quote = await read_quote(visit.shop, draft.token or "", visit.person.id)
    except QuoteGone:  # forgotten by now, unlike what it was for
        return await go_on(visit, replace(drafts.restored(draft), token=None))
    if quote.state is not QuoteState.OPEN:
        visit.memory.draft = None
        return await show_closed(visit, quote) or END
    if quote.expires_at <= visit.now:
        return await go_on(visit, drafts.restored(draft))
    try:
        card_id = await show_checkout(visit, quote)
    except NotForSale:
        return await show_gone(visit)
    visit.memory.draft = replace(draft, answers=dict(quote.answers), kept={}, card_id=card_id)
    return Step.CONFIRMING


async def _close_card(visit: Visit, draft: Draft, text: str) -> None:
    """A confirm card that is not the pressed message stops looking alive."""
    pressed = visit.pressed_message
    if draft.card_id is not None and (pressed is None or pressed.message_id != draft.card_id):
        await visit.rewrite(draft.card_id, screens.start_over(visit.texts, text))


async def _lost(visit: Visit) -> Next:
    await visit.show(screens.start_over(visit.texts, "order.question-lost"))
    return END


async def _stale(visit: Visit) -> Next:
    """A button of an order that is over: said so, and what is open by now stays open."""
    if visit.memory.draft is None:
        await visit.show(screens.start_over(visit.texts, "order.stale"))
    else:
        await visit.show(Screen(visit.texts.html("order.stale-waits")), visit.texts.plain("order.stale-toast"))
    return None
