"""An order in full, as the operator sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.cancels import Cancel
from bot.domain.evidence import Evidence
from bot.domain.inputs import lines_of
from bot.domain.orders import Order, OrderState
from bot.domain.refills import Refill, RefillState
from bot.engine import evidence
from bot.engine.giving_back import left_of
from bot.engine.shop import Shop
from bot.engine.spending import own_currency
from handlers.keyboards import BLANK, Screen, key, keyboard, lines
from handlers.operator import words
from handlers.operator.buttons import OpenOrder, ShowCustomer
from handlers.operator.decision_buttons import AskRefillId, DecideAnyway, ReleaseRefill, ShowDecision
from handlers.operator.keys import desk_key
from handlers.operator.payment_buttons import AskGiveOrder
from handlers.texts import Texts
from storage import cancels, customers, orders, refills, views, wallet
from storage.customers import Customer
from storage.database import Tx
from storage.views import Attempt
from storage.wallet import Entry

ATTEMPTS_SHOWN: Final = 3
REFILLS_SHOWN: Final = 3
_ANSWERS_SHOWN: Final = 2
_ANSWER_MAX_CHARACTERS: Final = 120
_EXCERPT_MAX_CHARACTERS: Final = 200
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Unknown:
    """What an operator should know of an order whose fate nobody can tell."""

    evidence: Evidence
    currency: str
    now: datetime
    #: So long after it was sent its money goes back by itself.
    deadline: timedelta
    #: The panel's refusal in words the shop does not know, evened out.
    words: str = ""


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with everything known about it."""

    order: Order
    customer: Customer | None
    attempts: Sequence[Attempt]
    #: What it wrote into the ledger, oldest first.
    entries: Sequence[Entry]
    #: The last ones, newest first.
    refills: Sequence[Refill] = ()
    cancel: Cancel | None = None
    #: What can be told of an order whose fate is not known.
    unknown: Unknown | None = None

    @property
    def open(self) -> bool:
        """Whether it waits for the operator."""
        return waits(self.order)


def waits(order: Order) -> bool:
    """Whether an order waits for the operator."""
    return order.state is OrderState.UNKNOWN or (order.state is OrderState.ACTIVE and order.attention is not None)


async def load(tx: Tx, shop: Shop, order_id: int, now: datetime) -> OrderView | None:
    """Read an order with its attempts, customer and ledger entries; None where there is none."""
    order = await orders.get(tx, order_id)
    if order is None:
        return None
    customer, attempts = await customers.get(tx, order.customer_id), await views.attempts(tx, order_id)
    return OrderView(
        order, customer, attempts, await wallet.of_order(tx, order_id),
        await refills.of_order(tx, order_id, REFILLS_SHOWN), await cancels.get(tx, order_id),
        await _unknown(tx, shop, order, attempts, now) if order.state is OrderState.UNKNOWN else None,
    )  # fmt: skip


async def _unknown(tx: Tx, shop: Shop, order: Order, attempts: Sequence[Attempt], now: datetime) -> Unknown:
    words = next((attempt.words for attempt in reversed(attempts) if attempt.number == order.attempts), None)
    facts, currency = await evidence.facts(tx, order), await own_currency(tx, shop, order)
    return Unknown(facts, currency or "", now, shop.terms.unknown_deadline, words or "")


def order_screen(texts: Texts, view: OrderView, note: Markup | None = None) -> Screen:
    """The order in full, with the way to decide about it where that is possible."""
    order = view.order
    customer = key(texts.plain("operator.key.customer"), ShowCustomer(order.customer_id))
    refresh = key(texts.plain("operator.key.refresh"), OpenOrder(order.id))
    desk = desk_key(texts)
    head = lines(note, BLANK) if note else None
    rows = (_decide(texts, view), _refill_keys(texts, view), _giving_keys(texts, order), (customer, refresh), desk)
    return Screen(lines(head, order_facts(texts, view)), keyboard(*rows))


def _decide(texts: Texts, view: OrderView) -> InlineKeyboardButton | None:
    """The way to decide: for an active order also where nothing asks for it, since its money is held all the same."""
    order = view.order
    if view.open:
        return key(texts.plain("operator.key.decide"), ShowDecision(order.id), "primary")
    if order.state is OrderState.ACTIVE:
        return key(texts.plain("operator.key.decide-anyway"), DecideAnyway(order.id, order.version))
    return None


def _refill_keys(texts: Texts, view: OrderView) -> list[InlineKeyboardButton]:
    """What the operator can say of a refill whose reply was lost."""
    return [
        button
        for refill in view.refills
        if refill.state is RefillState.UNKNOWN
        for button in (
            key(texts.plain("operator.key.refill-taken"), AskRefillId(refill.id, refill.version), "primary"),
            key(texts.plain("operator.key.refill-not-taken"), ReleaseRefill(refill.id, refill.version)),
        )
    ]


def _giving_keys(texts: Texts, order: Order) -> Sequence[InlineKeyboardButton]:
    """Money of an order that ended goes back to the wallet: what is left of it, or a part."""
    left = left_of(order)
    if not left:
        return ()
    return [
        key(texts.plain("operator.giving.key-give", amount=left), AskGiveOrder(order.id, 0)),
        key(texts.plain("operator.payment.key-part"), AskGiveOrder(order.id, 1)),
    ]


def order_facts(texts: Texts, view: OrderView) -> Markup:
    """Everything known about an order, well below Telegram's limit however long its parts are."""
    return lines(
        *_what(texts, view),
        *_money(texts, view),
        *_upstream(texts, view.order),
        *_attempts(texts, view.attempts),
        *_known(texts, view),
        *_after(texts, view),
    )


def _what(texts: Texts, view: OrderView) -> Iterator[Markup]:
    order = view.order
    yield texts.html("operator.order.title", order=str(order.id), state=words.state(texts, order))
    if order.attention:
        waiting = texts.plain(f"operator.attention.{order.attention.value}")
        yield texts.html("operator.order.attention", attention=waiting)
        if order.attention_word:
            yield texts.html("operator.order.trouble", word=words.short(order.attention_word, 64))
    if order.reason:
        yield texts.html("operator.order.reason", reason=texts.plain(f"operator.reason.{order.reason.value}"))
    yield texts.html("operator.order.customer", person=words.person(texts, order.customer_id, view.customer))
    yield texts.html(
        "operator.order.service",
        service=words.short(order.service_name),
        service_id=words.short(order.service_id, 64),
        panel=words.short(order.panel, 32),
        type=words.short(order.type, 40),
    )
    if order.link:
        yield texts.html("operator.order.link", link=words.short(order.link, 512))
    yield from _answers(texts, order)
    yield texts.html("operator.order.quantity", quantity=order.quantity)


def _answers(texts: Texts, order: Order) -> Iterator[Markup]:
    others = [(field, value) for field, value in order.answers.items() if field not in ("link", "quantity")]
    for field, value in others[:_ANSWERS_SHOWN]:
        shown = words.short(" · ".join(lines_of(value)), _ANSWER_MAX_CHARACTERS)
        yield texts.html("operator.order.answer", field=words.short(field, 32), value=shown)


def _money(texts: Texts, view: OrderView) -> Iterator[Markup]:
    order = view.order
    yield texts.html("operator.order.money", charge=order.charge, cost=order.cost, returned=order.returned)
    shown = [texts.plain(f"operator.order.entry-{entry.kind.value}", amount=entry.amount) for entry in view.entries]
    if shown:
        yield texts.html("operator.order.ledger", entries=words.row(shown))
    else:
        yield texts.html("operator.order.ledger-none")
    times = [("created", order.created_at), ("sent", order.sent_at), ("finished", order.finished_at)]
    yield words.row([texts.html(f"operator.order.{name}", time=at) for name, at in times if at])


def _upstream(texts: Texts, order: Order) -> Iterator[Markup]:
    if order.upstream_id:
        yield texts.html("operator.order.upstream", upstream=words.short(order.upstream_id, 64))
    says = []
    if order.status_word:
        # With a reported problem the status is the word before it, which the customer still sees.
        kind = "operator.order.status-before" if order.attention_word else "operator.order.status"
        says.append(texts.html(kind, word=words.short(order.status_word, 64)))
    if order.start_count is not None:
        says.append(texts.html("operator.order.start-count", number=order.start_count))
    if order.remains is not None:
        says.append(texts.html("operator.order.remains", number=order.remains))
    if says:
        yield words.row(says)
    if order.reading and order.reading_since:
        reading = order.reading.text
        yield texts.html("operator.order.reading", reading=reading, time=order.reading_since)


def _after(texts: Texts, view: OrderView) -> Iterator[Markup]:
    """What the customer asked for after the sale, and what the panel said."""
    if view.cancel is not None:
        state = texts.plain(f"operator.cancel-state.{view.cancel.state.value}")
        yield _asked(texts, "operator.order.cancel", view.cancel.asked_at, state, view.cancel.words)
    for refill in reversed(view.refills):
        state = texts.plain(f"operator.refill-state.{refill.state.value}")
        if refill.status_word and refill.state is RefillState.ACTIVE:
            state = f"{state}, “{words.short(refill.status_word, 64)}”"
        name = "operator.order.refill" if refill.refill_id else "operator.order.refill-unnamed"
        number = words.short(refill.refill_id or "", 64)
        yield _asked(texts, name, refill.asked_at, state, refill.words, refill=number)
        if refill.state is RefillState.UNKNOWN:
            yield texts.html("operator.order.refill-unknown", panel=words.short(refill.panel, 32))


def _known(texts: Texts, view: OrderView) -> Iterator[Markup]:
    """Of an order whose fate is not known: for how long, and what the panel's balance tells."""
    if (unknown := view.unknown) is None:
        return
    facts = unknown.evidence
    if view.order.sent_at:
        waited = texts.span(max(unknown.now - view.order.sent_at, _MINUTE))
        yield texts.html("operator.evidence.waits", span=waited, deadline=texts.span(unknown.deadline))
    yield evidence_line(texts, view.order, unknown)
    if facts.before and facts.latest and facts.difference is not None:
        amounts = {"before": facts.before.balance, "after": facts.latest.balance, "difference": facts.difference}
        shown = {name: words.panel_money(texts, amount, unknown.currency) for name, amount in amounts.items()}
        cost = words.panel_money(texts, facts.cost, unknown.currency)
        yield texts.html("operator.evidence.balance", cost=cost, time=facts.latest.at, **shown)


def evidence_line(texts: Texts, order: Order, unknown: Unknown) -> Markup:
    """What the evidence says of an order whose fate nobody knows."""
    return texts.html(f"operator.evidence.{unknown.evidence.verdict.value}", panel=words.short(order.panel, 32))


def looked_for(texts: Texts, order: Order) -> Iterator[Markup]:
    """By what an order is found in a panel's own list."""
    if order.link:
        yield texts.html("operator.order.link", link=words.short(order.link, 512))
    yield texts.html("operator.order.quantity", quantity=order.quantity)
    if order.sent_at:
        yield texts.html("operator.order.sent", time=order.sent_at)


def _asked(texts: Texts, name: str, at: datetime, state: str, said: str | None, **more: str) -> Markup:
    line = texts.html(name, time=at, state=state, **more)
    return words.row([line, Markup.escape(words.why(texts, said))]) if said else line


def _attempts(texts: Texts, attempts: Sequence[Attempt]) -> Iterator[Markup]:
    if (earlier := len(attempts) - ATTEMPTS_SHOWN) > 0:
        yield texts.html("operator.order.earlier", count=earlier)
    for attempt in attempts[-ATTEMPTS_SHOWN:]:
        yield _attempt(texts, attempt)


def _attempt(texts: Texts, attempt: Attempt) -> Markup:
    outcome = texts.plain(f"operator.outcome.{attempt.outcome.value}")
    number = str(attempt.number)
    facts = [texts.html("operator.order.attempt", number=number, time=attempt.started_at, outcome=outcome)]
    if attempt.detail:
        facts.append(Markup.escape(words.why(texts, attempt.detail)))
    if attempt.http_status is not None:
        facts.append(texts.html("operator.order.attempt-http", status=str(attempt.http_status)))
    line = words.row(facts)
    if not attempt.excerpt:
        return line
    excerpt = words.short(attempt.excerpt, _EXCERPT_MAX_CHARACTERS)
    return lines(line, texts.html("operator.order.attempt-reply", excerpt=excerpt))
