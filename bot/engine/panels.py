"""What is known of each panel: its balance and currency, and which of its actions fail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from bot.domain import marks
from bot.domain.acts import ActKind
from bot.domain.evidence import Snapshot
from bot.domain.notices import Alert, AlertKind
from bot.engine.alerts import alert_while, end_alert, raise_alert
from bot.engine.shop import PanelTerms, Shop
from bot.panels.wire_requests import Balance
from storage import acts, catalog, snapshots
from storage.catalog import PanelRecord
from storage.database import Tx
from storage.snapshots import Mark

#: What a balance that was read disproves.
_ANSWERED: Final = (AlertKind.PANEL_KEY, AlertKind.PANEL_MISCONFIGURED)
#: An action that fails for as many status rounds is told.
_FAILING_ROUNDS: Final = 30
#: A failure of something that nobody asked for so long since says nothing any more.
_STALE: Final = timedelta(hours=1)


class Action(StrEnum):
    """What a panel is asked; each fails and recovers on its own."""

    BALANCE = "balance"
    SERVICES = "services"
    STATUS = "status"
    ADD = "add"
    REFILL = "refill"
    REFILL_STATUS = "refill_status"
    CANCEL = "cancel"


async def read_balance(shop: Shop, panel: str, now: Callable[[], datetime]) -> Snapshot:
    """Ask a panel for its balance and remember the answer. Raises PanelError."""

    async def mark(tx: Tx) -> Mark:
        return await snapshots.mark(tx, panel)

    asked = await shop.db.read(mark)
    return await note_balance(shop, panel, await shop.panels[panel].balance(), now(), asked)


async def note_balance(
    shop: Shop, panel: str, balance: Balance, now: datetime, asked: Mark | None = None
) -> Snapshot:  # fmt: skip
    """Remember a panel's balance; alert when it runs low, or when its currency is new or has no exchange rate.

    `asked` says where the orders stood when it was asked for; without it nothing was sent since.

    The first currency seen is believed. Another one later takes the panel off sale until an operator agrees, for a
    word in a balance must not reprice a catalogue; a configured currency is never asked about.
    """

    async def work(tx: Tx) -> tuple[PanelRecord, Snapshot]:
        for kind in _ANSWERED:
            await end_alert(tx, kind, panel, now)
        await answered(tx, panel, Action.BALANCE, now)
        before = await catalog.panel(tx, panel)
        seen = _configured(shop, panel) or balance.currency
        agreed = _configured(shop, panel) or before.agreed_currency or balance.currency
        await catalog.save_balance(tx, panel, balance.amount, seen, agreed, now)
        after = await catalog.panel(tx, panel)
        await _alert_about_funds(tx, shop, before, after, now)
        if before.currency != after.currency:
            await end_alert(tx, AlertKind.PANEL_CURRENCY, panel, now)  # its facts are of another currency
        await _alert_about_currency(tx, shop, after, now)
        return after, await snapshots.add(tx, panel, balance.amount, seen, asked, now)

    async with shop.shelf.changing:
        record, snapshot = await shop.db.write(work)
        shop.bells.notices.ring()
        shop.bells.evidence.ring()
        await follow_currency(shop, record)
    return snapshot


async def agree_to_currency(shop: Shop, mark: str, operator_id: int, now: datetime) -> PanelRecord | None:
    """The operator agreed that a panel's prices are in its new currency; None when `mark` is of no such change now."""

    async def work(tx: Tx) -> PanelRecord | None:
        for name in shop.panels or shop.terms.panels:
            record = await catalog.panel(tx, name)
            if record.changed_currency and currency_mark(record) == mark:
                return await _agree(tx, shop, record, operator_id, now)
        return None

    async with shop.shelf.changing:
        record = await shop.db.write(work)
        if record:
            shop.bells.notices.ring()
            await follow_currency(shop, record)
    return record


def currency_mark(record: PanelRecord) -> str:
    """A short mark of exactly this change of currency, so that a yes cannot cover another that came later."""
    return marks.of(f"{record.name}:{record.agreed_currency}:{record.currency}")


async def sync(shop: Shop, operator_id: int, now: datetime, *, update_id: int | None = None) -> None:
    """Read every catalogue now, by the will of an operator; the same update leaves one act."""
    key = None if update_id is None else f"sync:{update_id}"

    async def work(tx: Tx) -> None:
        await acts.record(tx, operator_id, ActKind.SYNC, "panels", "all", now, key)

    await shop.db.write(work)
    shop.bells.refresh.ring()


async def note_failure(shop: Shop, panel: str, action: Action, failure: str, now: datetime) -> None:
    """Remember that an action fails at a panel; alert once it has for as long as thirty status rounds."""

    async def work(tx: Tx) -> None:
        since = await catalog.save_failure(tx, panel, action.value, failure, now)
        if now - since >= shop.terms.status_poll * _FAILING_ROUNDS:
            facts = {"panel": panel, "detail": f"{action.value}: {failure}"}
            await raise_alert(tx, shop, Alert.about(AlertKind.PANEL_FAILING, panel, facts), now)

    await shop.db.write(work)
    shop.bells.notices.ring()


async def note_answer(shop: Shop, panel: str, action: Action, now: datetime) -> None:
    """An action worked: whatever was wrong with it is over."""

    async def work(tx: Tx) -> None:
        await answered(tx, panel, action, now)

    await shop.db.write(work)


async def answered(tx: Tx, panel: str, action: Action, now: datetime) -> None:
    """The same within a transaction; the alert is over once no action fails."""
    cleared = await catalog.clear_failure(tx, panel, action.value, now - _STALE)
    if cleared and (await catalog.panel(tx, panel)).failing_since is None:
        await end_alert(tx, AlertKind.PANEL_FAILING, panel, now)


async def funds_sufficed(tx: Tx, shop: Shop, panel: str, now: datetime) -> None:
    """A panel took an order: a refusal for want of funds is over; a balance below the threshold is not."""
    balance = (await catalog.panel(tx, panel)).balance
    if balance is None or balance >= _terms(shop, panel).low_balance:
        await end_alert(tx, AlertKind.PANEL_BALANCE_LOW, panel, now)


def exchange_rate(shop: Shop, currency: str | None) -> Decimal | None:
    """Shop units for one unit of a currency; None where the operator set none."""
    if currency == shop.terms.currency:
        return Decimal(1)
    return shop.terms.exchange_rates.get(currency or "")


async def follow_currency(shop: Shop, record: PanelRecord) -> None:
    """Bring a panel's exchange rate in line with its currency; whoever calls holds `changing`."""
    if set_exchange(shop, record):
        await shop.shelf.renew()


def set_exchange(shop: Shop, record: PanelRecord) -> bool:
    """Set a panel's exchange rate, none while its currency is in doubt; False when nothing changes."""
    configured = _configured(shop, record.name)
    sure = configured or not record.changed_currency
    rate = exchange_rate(shop, configured or record.currency) if sure else None
    if shop.shelf.exchange.get(record.name) == rate:
        return False
    if rate is None:
        del shop.shelf.exchange[record.name]
    else:
        shop.shelf.exchange[record.name] = rate
    return True


async def _agree(tx: Tx, shop: Shop, record: PanelRecord, operator_id: int, now: datetime) -> PanelRecord | None:
    before, currency = record.agreed_currency or "", record.currency or ""
    if not await catalog.agree_currency(tx, record.name, before, currency):
        return None
    detail = f"{before} to {currency}"
    await acts.record(tx, operator_id, ActKind.AGREE, f"currency of {record.name}", detail, now)
    agreed = await catalog.panel(tx, record.name)
    await end_alert(tx, AlertKind.PANEL_CURRENCY, record.name, now)
    await _alert_about_currency(tx, shop, agreed, now)
    return agreed


async def _alert_about_funds(tx: Tx, shop: Shop, before: PanelRecord, after: PanelRecord, now: datetime) -> None:
    """A panel that refused for want of funds is believed until its balance rises, whatever the balance is."""
    if after.balance is None:
        return
    low = after.balance < _terms(shop, after.name).low_balance
    if low or before.balance is None or after.balance > before.balance:
        detail = f"{after.balance} {after.currency}"
        await alert_while(tx, shop, AlertKind.PANEL_BALANCE_LOW, after.name, now, on=low, detail=detail)


async def _alert_about_currency(tx: Tx, shop: Shop, record: PanelRecord, now: datetime) -> None:
    facts = {"currency": record.currency or "", "shop_currency": shop.terms.currency}
    if record.changed_currency:
        facts["before"] = record.agreed_currency or ""
        facts["mark"] = currency_mark(record)
    wrong = record.changed_currency or exchange_rate(shop, record.currency) is None
    await alert_while(tx, shop, AlertKind.PANEL_CURRENCY, record.name, now, on=wrong, **facts)


def _terms(shop: Shop, panel: str) -> PanelTerms:
    return shop.terms.panels.get(panel, PanelTerms())


def _configured(shop: Shop, panel: str) -> str | None:
    return _terms(shop, panel).currency
