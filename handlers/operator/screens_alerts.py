"""Alerts: one by one as they come, and the list of those that are open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.evidence import Verdict
from bot.domain.money import Money
from bot.domain.notices import Alert, AlertKind, Facts
from bot.domain.orders import Attention
from bot.domain.topups import Gateway
from bot.engine.shop import Shop
from handlers.keyboards import BLANK, Screen, key, keyboard, lines, pager
from handlers.operator import screens_orders, words
from handlers.operator.buttons import (
    Acknowledge,
    AcknowledgeListed,
    AgreeCurrency,
    OpenOrder,
    ShowAlerts,
    ShowBrake,
    ShowCharges,
    ShowJumps,
    ShowPanels,
)
from handlers.operator.decision_buttons import ShowDecision
from handlers.operator.keys import desk_key
from handlers.operator.payment_buttons import AskWhose, ShowPayment
from handlers.operator.screens_decisions import unknown_choices
from handlers.operator.screens_orders import OrderView, order_facts
from handlers.operator.way_buttons import ShowWays
from handlers.texts import Texts
from storage import customers, outbox
from storage.customers import Customer
from storage.database import Tx
from storage.outbox import OpenAlert
from storage.views import Page

ALERTS_PER_PAGE: Final = 5
#: Room for a line about each of a few dozen panels.
_PANELS_MAX_CHARACTERS: Final = 1500
_DECIDED: Final = frozenset(
    {
        AlertKind.ORDER_UNKNOWN,
        AlertKind.ORDER_ATTENTION,
        AlertKind.ORDER_STALE,
        AlertKind.PANEL_GONE,
        AlertKind.STATUS_WORD,
        AlertKind.ID_TAKEN,
    }
)
_OF_UNKNOWN: Final = frozenset({AlertKind.ORDER_UNKNOWN, AlertKind.ID_TAKEN})
_OF_PANELS: Final = frozenset(
    {
        AlertKind.PANEL_FAILING,
        AlertKind.PANEL_BALANCE_LOW,
        AlertKind.PANEL_KEY,
        AlertKind.PANEL_MISCONFIGURED,
        AlertKind.PANEL_CURRENCY,
        AlertKind.RATE_NONSENSE,
        AlertKind.PANEL_DRIFT,
        AlertKind.PANEL_INCOME,
    }
)
_OF_THE_BRAKE: Final = frozenset({AlertKind.BRAKE, AlertKind.RESTORED})
_OF_PAYMENTS: Final = frozenset(
    {
        AlertKind.PAYMENT_HOMELESS,
        AlertKind.PAYMENT_MISSING,
        AlertKind.PAYMENT_ODD,
        AlertKind.CHARGEBACK,
        AlertKind.REFUND_STUCK,
        AlertKind.REFUND_FAILED,
    }
)
_OF_ORDERS: Final = frozenset({AlertKind.CHARGE_MISMATCH, AlertKind.ORPHAN})
#: Everything an alert's text may name; what its facts lack shows as nothing.
_PLACEHOLDERS: Final = (
    "order", "panel", "detail", "word", "why", "currency", "before", "shop_currency", "name", "expected", "taken",
    "update", "upstream", "poller", "notice", "invariant", "entry", "gateway",
)  # fmt: skip
#: Amounts in a panel's own currency.
_FIGURES: Final = frozenset({"expected", "taken"})
_ATTENTIONS: Final = frozenset(Attention)
_VERDICTS: Final = frozenset(Verdict)
_GATEWAYS: Final = frozenset(Gateway)


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert, and the operator who closed it where one did and is known."""

    entry: OpenAlert
    closer: Customer | None
    #: The order it is about, while nobody can tell what became of it.
    order: OrderView | None = None


async def load(tx: Tx, shop: Shop, alert_id: int, now: datetime) -> AlertView | None:
    """Read an alert; None for a number that never was."""
    entry = await outbox.alert(tx, alert_id)
    if entry is None:
        return None
    closed_by = entry.closed_by or ""
    closer = await customers.get(tx, int(closed_by)) if closed_by.isdecimal() else None
    about = entry.alert.order_id if entry.alert.kind in _OF_UNKNOWN else None
    order = None if about is None else await screens_orders.load(tx, shop, about, now)
    return AlertView(entry, closer, order if order and order.unknown else None)


def alert_screen(texts: Texts, view: AlertView) -> Screen:
    """One alert with what can be done about it."""
    alert = view.entry.alert
    facts = lines(BLANK, order_facts(texts, view.order)) if view.order else None
    html = lines(alert_text(texts, alert.kind, alert.facts, weighed=not view.order), facts, _closing(texts, view))
    over = view.entry.closed_at is not None and view.entry.closed_by is None
    ok = None if view.entry.closed_at else key(texts.plain("operator.key.ok"), Acknowledge(view.entry.id))
    ways = [k for k in (_way(texts, alert, over=over), ok) if k]
    choices = unknown_choices(texts, view.order, later=True) if view.order else []
    return Screen(html, keyboard(*choices, None if over else _agree(texts, alert.facts), ways, _about(texts, alert)))


def _about(texts: Texts, alert: Alert) -> InlineKeyboardButton | None:
    """The order that showed it, where nothing is to be decided about that order."""
    if alert.kind not in _OF_ORDERS or alert.order_id is None:
        return None
    return key(texts.plain("operator.key.order", order=str(alert.order_id)), OpenOrder(alert.order_id))


def _agree(texts: Texts, facts: Facts) -> InlineKeyboardButton | None:
    if (mark := _mark(facts)) is None:
        return None
    currency = words.short(str(facts.get("currency")), 12)
    return key(texts.plain("operator.key.agree-currency", currency=currency), AgreeCurrency(mark), "danger")


def closer_of(texts: Texts, view: AlertView) -> str | None:
    """The operator who closed an alert, as plain text; None when it is open or ended by itself."""
    if view.entry.closed_by is None:
        return None
    return f"{words.name_of(texts, view.closer)}, {words.short(view.entry.closed_by, 20)}"


def _closing(texts: Texts, view: AlertView) -> Markup | None:
    entry = view.entry
    if entry.closed_at is None:
        return None
    if entry.closed_by is None:
        return texts.html("operator.alerts.over", time=entry.closed_at)
    closer = words.person(texts, words.short(entry.closed_by, 20), view.closer)
    return texts.html("operator.alerts.seen", person=closer, time=entry.closed_at)


def alert_text(texts: Texts, kind: AlertKind, facts: Facts, *, weighed: bool = True) -> Markup:
    """What an alert says; the evidence it was told with only where no newer one stands below (`weighed`)."""
    name = "operator.alerts.currency-changed" if _mark(facts) else f"alert.{kind.value}"
    filled = _filled(texts, facts)
    if kind is AlertKind.RESTORED:
        filled["detail"] = words.short(str(facts.get("detail", "")), _PANELS_MAX_CHARACTERS)
    said = texts.html(name, **filled, count=_count(facts))
    owed = facts.get("owed")
    debt = texts.html("operator.payment.owes", owed=Money(owed)) if isinstance(owed, int) and owed > 0 else None
    return lines(said, debt, *(_evidence(texts, facts) if weighed else ()))


def _evidence(texts: Texts, facts: Facts) -> Iterator[Markup]:
    """What can be told of an unknown order, and how long it has been one."""
    if (verdict := facts.get("verdict")) in _VERDICTS:
        yield texts.html(f"alert.evidence.{verdict}")
    if isinstance(hours := facts.get("hours"), int) and hours > 0:
        yield texts.html("alert.evidence.waited", hours=hours)


def _mark(facts: Facts) -> str | None:
    """What stands for the change of currency an alert is about; None for every other alert."""
    mark = facts.get("mark")
    return mark if isinstance(mark, str) else None


def _filled(texts: Texts, facts: Facts) -> dict[str, str]:
    """Every placeholder with what the facts say, in words where the shop has them."""
    shown = {name: _short(facts.get(name)) or texts.plain("operator.none") for name in _PLACEHOLDERS}
    shown["detail"] = words.why(texts, shown["detail"])
    for figure in _FIGURES & facts.keys():
        shown[figure] = _amount(texts, str(facts[figure]), str(facts.get("currency", "")))
    if shown["gateway"] in _GATEWAYS:
        shown["gateway"] = texts.plain(f"gateway.{shown['gateway']}")
    if shown["why"] in _ATTENTIONS:
        shown["why"] = texts.plain(f"operator.attention.{shown['why']}")
    return shown


def _amount(texts: Texts, figure: str, currency: str) -> str:
    """What a panel takes, as the reader writes numbers."""
    return words.panel_money(texts, Decimal(figure), currency)


def _short(value: str | int | None) -> str:
    return "" if value is None else words.short(str(value))


def _count(facts: Facts) -> int:
    count = facts.get("count")
    return count if isinstance(count, int) else 1


def _way(texts: Texts, alert: Alert, *, over: bool = False) -> InlineKeyboardButton | None:
    """Where an alert leads: to what can be done about it, or once it is over to what became of it."""
    kind, order_id, facts = alert.kind, alert.order_id, alert.facts
    if kind is AlertKind.PRICE_JUMP:
        return key(texts.plain("operator.key.review"), ShowJumps(1), "primary")
    if kind is AlertKind.CHARGE_MISMATCH:
        return key(texts.plain("operator.key.review"), ShowCharges(1), "primary")
    if kind in _OF_THE_BRAKE and not over:
        return key(texts.plain("operator.key.brake"), ShowBrake(), "primary")
    if kind in _OF_PANELS:
        return key(texts.plain("operator.key.panels"), ShowPanels())
    if kind in _OF_PAYMENTS and isinstance(number := facts.get("payment"), int):
        if kind is AlertKind.PAYMENT_HOMELESS and not over:
            return key(texts.plain("operator.payment.key-whose"), AskWhose(number), "primary")
        return key(texts.plain("operator.payment.key-open"), ShowPayment(number), None if over else "primary")
    if kind is AlertKind.GATEWAY_FAILING:
        return key(texts.plain("operator.key.ways"), ShowWays())
    if order_id is None:
        return None
    if kind in _DECIDED and not over:
        return key(texts.plain("operator.key.resolve"), ShowDecision(order_id), "primary")
    return key(texts.plain("operator.key.order", order=str(order_id)), OpenOrder(order_id))


def alerts_screen(texts: Texts, page: Page[OpenAlert], count: int) -> Screen:
    """A page of what is open, each with its own OK."""
    desk = desk_key(texts)
    if not page.items:
        return Screen(texts.html("operator.alerts.none"), keyboard(desk))
    first = (page.number - 1) * ALERTS_PER_PAGE + 1
    blocks = [_listed(texts, place, entry) for place, entry in enumerate(page.items, first)]
    shown = texts.html("operator.alerts.page", page=page.number, pages=page.pages) if page.pages > 1 else None
    html = Markup("\n\n").join(b for b in (texts.html("operator.alerts.title", count=count), *blocks, shown) if b)
    rows = [_keys(texts, place, page.number, entry) for place, entry in enumerate(page.items, first)]
    return Screen(html, keyboard(*rows, pager(texts, page, ShowAlerts), desk))


def _listed(texts: Texts, place: int, entry: OpenAlert) -> Markup:
    text = alert_text(texts, entry.alert.kind, entry.alert.facts)
    return texts.html("operator.alerts.line", place=place, text=text, time=entry.raised_at)


def _keys(texts: Texts, place: int, page: int, entry: OpenAlert) -> Sequence[InlineKeyboardButton]:
    ok = key(texts.plain("operator.key.ok-listed", place=place), AcknowledgeListed(entry.id, page))
    way = _way(texts, entry.alert)
    return [way, ok] if way else [ok]
