"""Orders that wait for a decision: one at a time, and what each choice means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain import marks
from bot.domain.money import ZERO, Money, round_up
from bot.domain.orders import Order, OrderState, Reason, StatusReport
from handlers.callbacks import Button
from handlers.keyboards import BLANK, Screen, key, keyboard, lines
from handlers.operator import words
from handlers.operator.buttons import OpenOrder, ShowCustomer, ShowDesk
from handlers.operator.decision_buttons import (
    AskAmount,
    AskEnd,
    AskRelease,
    AskTeach,
    AskUpstream,
    Attach,
    AttachAnyway,
    End,
    LeaveQuestion,
    Release,
    ShowDecision,
    Snooze,
    Teach,
)
from handlers.operator.keys import desk_key
from handlers.operator.screens_orders import OrderView, evidence_line, looked_for, order_facts
from handlers.texts import Fact, Texts

#: A charge further than this from the expected cost is probably another order's.
COST_TOLERANCE_PERCENT: Final = Decimal(5)
#: From here on a figure tells no more than that it is another order's.
_FAR_PERCENT: Final = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an order stands among those that wait."""

    number: int
    count: int
    before: int | None
    after: int | None


def decision_screen(texts: Texts, view: OrderView, place: Place, note: Markup | None = None) -> Screen:
    """One order with its facts and the choices it has."""
    order = view.order
    unknown = order.state is OrderState.UNKNOWN
    title = texts.html("operator.decision.title", place=place.number, count=place.count)
    explained = texts.html(f"operator.decision.{'unknown' if unknown else 'attention'}")
    html = lines(note, title, BLANK, order_facts(texts, view), BLANK, explained)
    choices = unknown_choices(texts, view) if unknown else _attention_choices(texts, order)
    customer = key(texts.plain("operator.key.customer"), ShowCustomer(order.customer_id))
    return Screen(html, keyboard(*choices, customer, _walk(texts, order, place)))


def anyway_screen(texts: Texts, view: OrderView) -> Screen:
    """An active order that needs no decision, and the choices it has all the same."""
    order = view.order
    html = lines(order_facts(texts, view), BLANK, texts.html("operator.decision.anyway"))
    leave = key(texts.plain("operator.key.cancel"), OpenOrder(order.id))
    return Screen(html, keyboard(*_attention_choices(texts, order), leave))


def unknown_choices(texts: Texts, view: OrderView, *, later: bool = False) -> list[list[InlineKeyboardButton]]:
    """What can be decided about an unknown order, and, where wanted, to do so later."""
    order = view.order
    attach = key(texts.plain("operator.key.attach"), AskUpstream(order.id, order.version), "primary")
    released = [(Reason.NOT_PLACED, "not-placed"), (Reason.GOODWILL, "give-back")]
    others = [
        key(texts.plain(f"operator.key.{label}"), AskRelease(order.id, order.version, reason.value))
        for reason, label in released
    ]
    rows = [[attach], others]
    if view.unknown and view.unknown.words:
        mark = marks.of(view.unknown.words)
        rows.append([key(texts.plain("operator.key.teach"), AskTeach(order.id, order.version, mark))])
    if later:
        rows.append([key(texts.plain("operator.key.later"), Snooze(order.id, order.version))])
    return rows


def _attention_choices(texts: Texts, order: Order) -> list[list[InlineKeyboardButton]]:
    delivered = key(texts.plain("operator.key.delivered"), AskEnd(order.id, order.version, 0))
    amount = key(texts.plain("operator.key.amount-back"), AskAmount(order.id, order.version))
    everything = AskEnd(order.id, order.version, order.charge.micros)
    return [[delivered], [amount, key(texts.plain("operator.key.all-back"), everything)]]


def _walk(texts: Texts, order: Order, place: Place) -> list[InlineKeyboardButton]:
    later: Button = ShowDecision(place.after) if place.after else ShowDesk()
    if order.state is OrderState.UNKNOWN:
        later = Snooze(order.id, order.version)
    keys = [key(texts.plain("operator.key.later"), later)]
    if place.before:
        keys.insert(0, key(texts.plain("operator.key.back"), ShowDecision(place.before)))
    return keys


def nothing_waits(texts: Texts, note: Markup | None = None) -> Screen:
    """No order needs a decision."""
    html = lines(note, texts.html("operator.decision.none"))
    return Screen(html, keyboard(desk_key(texts)))


def question(texts: Texts, order: Order, *, amount: bool) -> Screen:
    """Ask for an upstream id or an amount, with a way out."""
    name = "ask-amount" if amount else "ask-upstream"
    html = texts.html(
        f"operator.decision.{name}", order=str(order.id), panel=words.short(order.panel, 32), charge=order.charge
    )
    return with_way_out(texts, html if amount else lines(html, BLANK, *looked_for(texts, order)), order.id)


def with_way_out(texts: Texts, html: Markup, order_id: int) -> Screen:
    """An open question: the button leaves it."""
    return Screen(html, keyboard(key(texts.plain("operator.key.cancel"), LeaveQuestion(order_id))))


def inspected_screen(
    texts: Texts, order: Order, upstream_id: str, mark: str, report: StatusReport, exchange: Decimal | None,
    shown_currency: str,
) -> Screen:  # fmt: skip
    """What the panel says about an id, beside what is expected, and the second tap that attaches it."""
    panel = words.short(order.panel, 32)
    html = lines(
        texts.html("operator.decision.inspected", panel=panel, upstream=words.short(upstream_id, 64)),
        *_reported(texts, report),
        *_compared(texts, order, report, exchange, shown_currency),
        BLANK,
        texts.html("operator.decision.inspected-confirm", order=str(order.id)),
    )
    label = texts.plain("operator.key.confirm-attach", upstream=words.short(upstream_id, 24))
    confirm = key(label, Attach(order.id, order.version, mark), "primary")
    another = key(texts.plain("operator.key.another"), AskUpstream(order.id, order.version))
    return Screen(html, keyboard((confirm, another), _cancel(texts, order)))


def _reported(texts: Texts, report: StatusReport) -> Iterator[Markup]:
    yield texts.html("operator.decision.inspected-status", word=words.short(report.word, 64))
    if report.start_count is not None:
        yield texts.html("operator.order.start-count", number=report.start_count)
    if report.remains is not None:
        yield texts.html("operator.order.remains", number=report.remains)


def _compared(
    texts: Texts, order: Order, report: StatusReport, exchange: Decimal | None, currency: str
) -> Iterator[Markup]:
    if report.charge is None:
        yield texts.html("operator.decision.inspected-charge-none", expected=order.cost)
        return
    facts = {"charge": words.number(texts, report.charge), "currency": words.short(currency, 12)}
    if exchange is None:
        yield texts.html("operator.decision.inspected-charge", **facts, expected=order.cost)
        yield texts.html("operator.decision.inspected-unrated")
        return
    converted = report.charge * exchange
    shown = None if exchange == 1 else _as_money(converted)
    if shown is None:
        yield texts.html("operator.decision.inspected-charge", **facts, expected=order.cost)
    else:
        yield texts.html("operator.decision.inspected-charge-shop", **facts, converted=shown, expected=order.cost)
    off = percent_off(converted, order.cost)
    if off >= _FAR_PERCENT:
        yield texts.html("operator.decision.inspected-far")
    elif off > COST_TOLERANCE_PERCENT:
        yield texts.html("operator.decision.inspected-differs", percent=texts.percent(round(off)))


def fits(order: Order, report: StatusReport, exchange: Decimal | None) -> bool:
    """Whether what the panel took can be the order's; where it cannot be compared nothing speaks against it."""
    if report.charge is None or exchange is None:
        return True
    return percent_off(report.charge * exchange, order.cost) <= COST_TOLERANCE_PERCENT


def _as_money(amount: Decimal) -> Money | None:
    """An amount of shop currency; None for one no ledger could hold."""
    try:
        return round_up(amount, 6)
    except ValueError:
        return None


def percent_off(amount: Decimal, expected: Money) -> Decimal:
    """How far an amount is from the expected one, in percent of it; everything is far from nothing."""
    if not expected:
        return Decimal(0) if amount == 0 else _FAR_PERCENT
    return abs(amount - expected.decimal) * 100 / expected.decimal


def odd_charge(texts: Texts, order: Order, upstream_id: str, mark: str) -> Screen:
    """Before an id is attached whose charge does not fit: once more, and plainly."""
    facts = {"upstream": words.short(upstream_id, 64), "panel": words.short(order.panel, 32), "order": str(order.id)}
    html = texts.html("operator.decision.confirm-odd", expected=order.cost, **facts)
    confirm = key(texts.plain("operator.key.attach-anyway"), AttachAnyway(order.id, order.version, mark), "danger")
    another = key(texts.plain("operator.key.another"), AskUpstream(order.id, order.version))
    return Screen(html, keyboard(confirm, another, _cancel(texts, order)))


def confirm_teach(texts: Texts, view: OrderView, panels_words: str) -> Screen:
    """What teaching a panel's words means, and the second tap."""
    order = view.order
    html = lines(_consequence(texts, view, "confirm-teach", words=words.short(panels_words)), *_told(texts, view))
    button = Teach(order.id, order.version, marks.of(panels_words))
    confirm = key(texts.plain("operator.key.teach-confirm"), button, "danger")
    return Screen(html, keyboard(confirm, _cancel(texts, order)))


def confirm_release(texts: Texts, view: OrderView, why: Reason) -> Screen:
    """What giving an unknown order's money back means, and the second tap."""
    order = view.order
    html = lines(_consequence(texts, view, f"confirm-{why.value}"), *_told(texts, view))
    confirm = key(_confirm(texts, order.charge), Release(order.id, order.version, why.value), "danger")
    return Screen(html, keyboard(confirm, _cancel(texts, order)))


def confirm_end(texts: Texts, view: OrderView, back: Money) -> Screen:
    """What ending an active order this way means, and the second tap."""
    order = view.order
    name = "delivered" if back == ZERO else "all" if back == order.charge else "part"
    running = None if view.open else texts.html("operator.decision.runs-on")
    html = lines(running, _consequence(texts, view, f"confirm-{name}", back=back, kept=order.charge - back))
    label = _confirm(texts, back) if back else texts.plain("operator.key.confirm")
    confirm = key(label, End(order.id, order.version, back.micros), "danger")
    return Screen(html, keyboard(confirm, _cancel(texts, order)))


def _told(texts: Texts, view: OrderView) -> Iterator[Markup]:
    """What the evidence says, before somebody decides against it."""
    if view.unknown is not None:
        yield BLANK
        yield evidence_line(texts, view.order, view.unknown)


def _consequence(texts: Texts, view: OrderView, name: str, **more: Fact) -> Markup:
    order = view.order
    return texts.html(
        f"operator.decision.{name}",
        order=str(order.id),
        panel=words.short(order.panel, 32),
        person=words.person(texts, order.customer_id, view.customer),
        charge=order.charge,
        cost=order.cost,
        **more,
    )


def _confirm(texts: Texts, amount: Money) -> str:
    return texts.plain("operator.key.confirm-amount", amount=amount)


def _cancel(texts: Texts, order: Order) -> InlineKeyboardButton:
    return key(texts.plain("operator.key.cancel"), LeaveQuestion(order.id))


def attached_note(texts: Texts, order: Order) -> Markup:
    """What attaching did."""
    upstream = words.short(order.upstream_id or "", 64)
    return texts.html("operator.decision.attached", order=str(order.id), upstream=upstream)


def taught_note(texts: Texts, view: OrderView) -> Markup:
    """What teaching did."""
    return _consequence(texts, view, "taught")


def released_note(texts: Texts, view: OrderView) -> Markup:
    """What giving the money back did."""
    return _consequence(texts, view, "released")


def ended_note(texts: Texts, view: OrderView, back: Money) -> Markup:
    """What ending by hand did."""
    return _consequence(texts, view, "ended-part" if back else "ended-delivered", back=back)


def done_screen(texts: Texts, order: Order, note: Markup, more: int) -> Screen:
    """A decision was made; on to the next, where there is one."""
    following = key(texts.plain("operator.key.next-decision"), ShowDecision(0), "primary") if more else None
    shown = key(texts.plain("operator.key.order", order=str(order.id)), OpenOrder(order.id))
    desk = desk_key(texts)
    return Screen(note, keyboard(following, (shown, desk)))
