"""The dashboard and the panels in detail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.domain.orders import OrderState
from bot.engine.brake import BrakeFacts
from bot.engine.panels import currency_mark
from bot.engine.shop import Shop
from handlers.callbacks import Button
from handlers.keyboards import BLANK, Screen, key, keyboard, lines
from handlers.operator import words
from handlers.operator.buttons import (
    AgreeCurrency,
    AskFor,
    ShowAlerts,
    ShowAudit,
    ShowBrake,
    ShowBroadcast,
    ShowCharges,
    ShowDesk,
    ShowJumps,
    ShowMaintenance,
    ShowPanels,
    ShowStats,
    SyncPanels,
)
from handlers.operator.catalogue_buttons import ShowCatalogue, ShowMarkups
from handlers.operator.decision_buttons import ShowDecision
from handlers.operator.keys import desk_key
from handlers.operator.page_buttons import ShowPages
from handlers.operator.payment_buttons import ShowRequests, ShowSuspense
from handlers.operator.proof_buttons import ShowProofs
from handlers.operator.screens_brake import broken_line
from handlers.operator.steps import Asked
from handlers.operator.voucher_buttons import ShowVouchers
from handlers.operator.way_buttons import ShowWays
from handlers.texts import Texts
from storage.catalog import PanelRecord
from storage.payment_views import NOTHING_WAITS, Counts
from storage.views import Dashboard

_PANELS_AT_A_GLANCE: Final = 15
_PANELS_IN_DETAIL: Final = 6


@dataclass(frozen=True, slots=True)
class PanelView:
    """What the shop knows of a panel."""

    record: PanelRecord
    sold: int
    on_hold: int
    #: Shop units for one unit of its currency; None where the operator set none.
    exchange: Decimal | None


def panel_views(shop: Shop, records: Sequence[PanelRecord]) -> list[PanelView]:
    """Records together with what the catalogue makes of them."""
    offers = shop.shelf.catalogue.offers.values()
    sold = Counter(offer.service.panel for offer in offers if offer.for_sale)
    on_hold = Counter(offer.service.panel for offer in shop.shelf.catalogue.on_hold())
    return [PanelView(r, sold[r.name], on_hold[r.name], shop.shelf.exchange.get(r.name)) for r in records]


def desk_screen(
    texts: Texts, shop_name: str, desk: Dashboard, jumps: int, charges: int, now: datetime,
    brake: BrakeFacts | None = None, waiting: Counts = NOTHING_WAITS,
) -> Screen:  # fmt: skip
    """The operator's first look; a brake that is on before everything else."""
    html = lines(
        texts.html("operator.desk.title", shop=words.short(shop_name, 64), time=now),
        _brake(texts, brake) if brake else None,
        texts.html("operator.desk.maintenance", time=desk.maintained_since) if desk.maintained_since else None,
        BLANK,
        _orders(texts, desk.by_state),
        texts.html("operator.desk.waiting", decisions=desk.decisions, alerts=desk.alerts, jumps=jumps),
        texts.html("operator.desk.people", customers=desk.customers, wallets=desk.wallets, held=desk.held),
        texts.html(
            "operator.desk.today",
            orders=desk.today.orders,
            charged=desk.today.charged,
            cost=desk.today.cost,
            margin=desk.today.margin,
        ),
        BLANK,
        *_panels_at_a_glance(texts, desk.panels),
    )
    return Screen(html, _desk_keys(texts, desk, jumps, charges, waiting, braked=brake is not None))


def _brake(texts: Texts, brake: BrakeFacts) -> Markup:
    first = brake.broken[0] if brake.broken else None
    return lines(texts.html("operator.desk.brake", time=brake.since), broken_line(texts, first) if first else None)


def _desk_keys(
    texts: Texts, desk: Dashboard, jumps: int, charges: int, waiting: Counts, *, braked: bool
) -> InlineKeyboardMarkup:
    """The way to everything an operator does: what waits first, then what to look at, people and money, the shop."""

    def to(name: str, button: Button) -> InlineKeyboardButton:
        return key(texts.plain(f"operator.key.{name}"), button)

    return keyboard(
        key(texts.plain("operator.key.brake"), ShowBrake(), "danger") if braked else None,
        (
            key(texts.plain("operator.key.decisions", count=desk.decisions), ShowDecision(0)),
            key(texts.plain("operator.key.alerts", count=desk.alerts), ShowAlerts(1)),
        ),
        *_paying_keys(texts, waiting),
        key(texts.plain("operator.key.jumps", count=jumps), ShowJumps(1)) if jumps else None,
        key(texts.plain("operator.key.charges", count=charges), ShowCharges(1)) if charges else None,
        (to("stats", ShowStats("money", 7)), to("panels", ShowPanels()), to("audit", ShowAudit())),
        (to("customer-find", AskFor(Asked.CUSTOMER)), to("order-find", AskFor(Asked.ORDER))),
        (to("credit", AskFor(Asked.CREDIT)), to("debit", AskFor(Asked.DEBIT))),
        (to("catalogue", ShowCatalogue(1)), to("markups", ShowMarkups())),
        (to("ways", ShowWays()), to("vouchers", ShowVouchers(1))),
        (to("broadcast", ShowBroadcast(0)), to("pages", ShowPages())),
        (to("maintenance", ShowMaintenance()), to("sync", SyncPanels())),
        to("refresh", ShowDesk()),
    )


def _paying_keys(texts: Texts, waiting: Counts) -> Iterator[InlineKeyboardButton | Sequence[InlineKeyboardButton]]:
    """What of paying in waits for an operator; nothing where nothing does."""
    if waiting.proofs:
        yield key(texts.plain("operator.key.proofs", count=waiting.proofs), ShowProofs(), "primary")
    keys = []
    if waiting.refunds:
        keys.append(key(texts.plain("operator.key.requests", count=waiting.refunds), ShowRequests(), "primary"))
    if waiting.suspense:
        keys.append(key(texts.plain("operator.key.suspense", count=waiting.suspense), ShowSuspense(1), "primary"))
    yield keys


def _orders(texts: Texts, by_state: Mapping[OrderState, int]) -> Markup:
    counted = [
        texts.plain("operator.desk.state", state=texts.plain(f"operator.state.{state.value}"), number=by_state[state])
        for state in OrderState
        if by_state.get(state)
    ]
    if not counted:
        return texts.html("operator.desk.orders-none")
    return texts.html("operator.desk.orders", states=words.row(counted))


def _panels_at_a_glance(texts: Texts, records: Sequence[PanelRecord]) -> Iterator[Markup]:
    for record in records[:_PANELS_AT_A_GLANCE]:
        facts = {"panel": words.short(record.name, 32), "balance": _balance(texts, record)}
        if record.failing_since:
            time = record.failing_since
            yield texts.html("operator.desk.panel-failing", **facts, services=record.services, time=time)
        elif record.refreshed_at:
            yield texts.html("operator.desk.panel", **facts, services=record.services, time=record.refreshed_at)
        else:
            yield texts.html("operator.desk.panel-unread", **facts)
    if (more := len(records) - _PANELS_AT_A_GLANCE) > 0:
        yield texts.html("operator.desk.more", count=more)


def _balance(texts: Texts, record: PanelRecord) -> str:
    if record.balance is None:
        return texts.plain("operator.none")
    return words.panel_money(texts, record.balance, record.currency or "")


def panels_screen(texts: Texts, views: Sequence[PanelView], shop_currency: str) -> Screen:
    """Every panel in detail."""
    blocks = [_panel(texts, view, shop_currency) for view in views[:_PANELS_IN_DETAIL]]
    if (more := len(views) - _PANELS_IN_DETAIL) > 0:
        blocks.append(texts.html("operator.panels.more", count=more))
    if not blocks:
        blocks.append(texts.html("operator.panels.none"))
    html = Markup("\n\n").join([texts.html("operator.panels.title"), *blocks])
    agree = [_agree(texts, view.record) for view in views[:_PANELS_IN_DETAIL] if view.record.changed_currency]
    sync = key(texts.plain("operator.key.sync"), SyncPanels(), "primary")
    refresh = key(texts.plain("operator.key.refresh"), ShowPanels())
    return Screen(html, keyboard(*agree, (sync, refresh), desk_key(texts)))


def _panel(texts: Texts, view: PanelView, shop_currency: str) -> Markup:
    record = view.record
    return lines(
        texts.html("operator.panels.name", panel=words.short(record.name, 32)),
        _failing(texts, record),
        _funds(texts, record),
        _exchange(texts, view, shop_currency),
        texts.html("operator.panels.services", services=record.services, sold=view.sold, jumps=view.on_hold),
        texts.html("operator.panels.refreshed", time=record.refreshed_at)
        if record.refreshed_at
        else texts.html("operator.panels.refreshed-never"),
    )


def _agree(texts: Texts, record: PanelRecord) -> InlineKeyboardButton:
    facts = {"currency": words.short(record.currency or "", 12), "panel": words.short(record.name, 24)}
    return key(texts.plain("operator.key.agree-currency-at", **facts), AgreeCurrency(currency_mark(record)), "danger")


def _failing(texts: Texts, record: PanelRecord) -> Markup | None:
    if record.failing_since is None:
        return None
    return texts.html("operator.panels.failing", time=record.failing_since, failure=words.short(record.failure or ""))


def _funds(texts: Texts, record: PanelRecord) -> Markup:
    if record.balance_at is None:
        return texts.html("operator.panels.balance-unread")
    return texts.html("operator.panels.balance", balance=_balance(texts, record), time=record.balance_at)


def _exchange(texts: Texts, view: PanelView, shop_currency: str) -> Markup | None:
    currency = view.record.currency
    if currency is None or (currency == shop_currency and view.exchange == 1):
        return None
    shown = words.short(currency, 12)
    if view.record.changed_currency:
        before = words.short(view.record.agreed_currency or "", 12)
        return texts.html("operator.panels.currency-changed", currency=shown, before=before)
    if view.exchange is None:
        return texts.html("operator.panels.exchange-none", currency=shown)
    rate = words.number(texts, view.exchange)
    return texts.html("operator.panels.exchange", currency=shown, rate=rate, shop_currency=shop_currency)
