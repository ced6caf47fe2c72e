"""Putting an order together: one question after the other, then the quote that only a press confirms."""

from __future__ import annotations

from markupsafe import Markup

from bot.domain.catalog import Offer
from bot.domain.errors import BadInput, NotForSale, QuoteGone
from bot.domain.inputs import Field, TypeRule, check
from bot.engine.quoting import drop_quote, for_sale, make_quote, read_quote
from handlers.callbacks import BeginOrder, ChangeAnswer, LeaveOrder, OrderAgain, PickQuantity, RenewQuote
from handlers.context import Draft
from handlers.customer import screens_order as screens
from handlers.customer.browse import show_gone
from handlers.customer.confirm import show_checkout
from handlers.customer.reading import own_order
from handlers.steps import END, Next, Step
from handlers.visits import Visit


async def begin_order(visit: Visit, button: BeginOrder) -> Next:
    """The first question for a service."""
    return await go_on(visit, Draft(button.service))


async def order_again(visit: Visit, button: OrderAgain) -> Next:
    """A new order for an earlier one's service and link, in a message of its own: the old card stays."""
    order = await own_order(visit, button.order)
    if order is None:
        await visit.answer(visit.texts.plain("card.not-found"))
        return None
    answers = {Field.LINK.value: order.link} if order.link else {}
    return await go_on(visit, Draft(order.service_number, answers), anew=True)


async def change_answer(visit: Visit, button: ChangeAnswer) -> Next:
    """Ask one question of a quote again; the other answers stay."""
    try:
        quote = await read_quote(visit.shop, button.token, visit.person.id)
    except QuoteGone:
        await visit.show(screens.start_over(visit.texts, "quote.gone"))
        return Step.CHOOSING
    answers = {name: answer for name, answer in quote.answers.items() if name != button.field}
    return await go_on(visit, Draft(quote.service_number, answers))


async def renew_quote(visit: Visit, button: RenewQuote) -> Next:
    """The same order at today's price."""
    return await change_answer(visit, ChangeAnswer(button.token, ""))


async def take_text(visit: Visit) -> Next:
    """A typed answer to the question that is open."""
    return await _take(visit, visit.text)


async def pick_quantity(visit: Visit, button: PickQuantity) -> Next:
    """A tapped quantity: the same as typing it, as long as the order is for that service."""
    draft = visit.memory.draft
    if draft is None or draft.service_number != button.service or Field.QUANTITY in draft.answers:
        return await _lost(visit)
    if Field.LINK not in draft.answers:
        return await go_on(visit, draft)
    return await _take(visit, str(button.quantity))


async def refuse_other(visit: Visit) -> Next:
    """A photo, sticker or the like where text is expected: the question stays open."""
    await visit.say("order.text-only")
    return None


async def leave_order(visit: Visit, button: LeaveOrder) -> Next:
    """`Cancel` under a question."""
    await forget_draft(visit)
    await visit.show(screens.start_over(visit.texts, "chat.canceled"))
    return END


async def cancel(visit: Visit) -> Next:
    """`/cancel` with an order open: nothing of it remains, its confirm card included."""
    await forget_draft(visit)
    await visit.reply(screens.start_over(visit.texts, "chat.canceled"))
    return END


async def forget_draft(visit: Visit) -> None:
    """Let go of the order being put together and of the quote shown for it."""
    draft, visit.memory.draft = visit.memory.draft, None
    if draft and draft.token:
        await drop_quote(visit.shop, draft.token, visit.person.id)


async def go_on(visit: Visit, draft: Draft, note: Markup | None = None, *, anew: bool = False) -> Next:
    """Ask what is still open, or quote when nothing is; `anew` leaves the pressed message as it is."""
    try:
        offer, rule = for_sale(visit.shop, draft.service_number)
    except NotForSale:
        return await show_gone(visit, anew=anew)
    visit.memory.draft = draft
    field = _first_open(rule, draft)
    if field is None:
        return await _quote(visit, draft, offer, rule, note)
    screen = screens.question(visit.texts, offer, draft.answers, field, visit.shop.price_rules, note)
    await visit.put(screen, anew=anew)
    return field


async def _take(visit: Visit, typed: str) -> Next:
    draft = visit.memory.draft
    if draft is None:
        return await _lost(visit)
    try:
        offer, rule = for_sale(visit.shop, draft.service_number)
        field = _first_open(rule, draft)
        if field is None:
            return await go_on(visit, draft)
        answer = check(field, typed, offer.service)
    except NotForSale:
        return await show_gone(visit)
    except BadInput as error:
        return await go_on(visit, draft, screens.problem(visit.texts, error))
    note = screens.understood(visit.texts, field, typed, answer)
    return await go_on(visit, Draft(draft.service_number, {**draft.answers, field.value: answer}), note)


async def _quote(visit: Visit, draft: Draft, offer: Offer, rule: TypeRule, note: Markup | None) -> Next:
    update_id, person_id = visit.update.update_id, visit.person.id
    try:
        quote = await make_quote(visit.shop, person_id, update_id, draft.service_number, draft.answers, visit.now)
    except NotForSale:
        return await show_gone(visit)
    except BadInput as error:
        kept = {name: answer for name, answer in draft.answers.items() if name != _failing(offer, rule, draft).value}
        return await go_on(visit, Draft(draft.service_number, kept), screens.problem(visit.texts, error))
    visit.memory.draft = Draft(draft.service_number, dict(quote.answers), quote.token)
    await show_checkout(visit, quote, note=note)
    return Step.CONFIRMING


def _failing(offer: Offer, rule: TypeRule, draft: Draft) -> Field:
    """The answer the service as it is now refuses; the last one where each passes by itself."""
    for field in rule.asks:
        try:
            check(field, draft.answers[field.value], offer.service)
        except BadInput:
            return field
    return rule.asks[-1]


def _first_open(rule: TypeRule, draft: Draft) -> Field | None:
    return next((field for field in rule.asks if field.value not in draft.answers), None)


async def _lost(visit: Visit) -> Next:
    await visit.show(screens.start_over(visit.texts, "order.question-lost"))
    return END
