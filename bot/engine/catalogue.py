"""Keeping the catalogue: read a panel's services, write only what changed, hold back what looks wrong."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.domain.catalog import Offer, Service, Unsold, normal_category, plain_name
from bot.domain.inputs import sold_rule
from bot.domain.notices import Alert, AlertKind
from bot.domain.pricing import jumped
from bot.engine.alerts import end_alert, raise_alert
from bot.engine.shelf import believable, unsold
from bot.engine.shop import PanelTerms, Shop
from bot.panels.wire_requests import Balance
from bot.panels.wire_services import ServicesAnswer
from storage import catalog
from storage.catalog import StoredService
from storage.database import Tx

#: Services are compared in slices, so that a large catalogue never stalls the event loop.
_SLICE: Final = 500
_GAP: Final = 1024
#: What a balance that was read disproves.
_ANSWERED: Final = (AlertKind.PANEL_KEY, AlertKind.PANEL_MISCONFIGURED)


@dataclass(slots=True)
class Plan:
    """What a refresh will write."""

    save: list[StoredService] = field(default_factory=list)
    jumps: list[StoredService] = field(default_factory=list)
    nonsense: list[str] = field(default_factory=list)
    gone: int = 0

    @property
    def changes(self) -> int:
        """How many rows differ from what is stored."""
        return len(self.save)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did."""

    panel: str
    services: int
    changes: int
    gone: int
    on_hold: int


async def load(shop: Shop) -> None:
    """Read the durable copy into memory; exchange rates follow from the currencies seen last."""

    async def work(tx: Tx) -> tuple[list[StoredService], dict[str, tuple[int, str]], dict[str, str | None]]:
        currencies = {name: (await catalog.panel(tx, name)).currency for name in shop.panels}
        return await catalog.load_services(tx), await catalog.load_categories(tx), currencies

    stored, keys, currencies = await shop.db.read(work)
    for entry in stored:
        shop.shelf.stored.setdefault(entry.service.panel, {})[entry.service.id] = entry
    shop.shelf.category_keys.update(keys)
    for panel, currency in currencies.items():
        _set_exchange(shop, panel, currency)
    shop.shelf.rebuild()


async def note_balance(shop: Shop, panel: str, balance: Balance, now: datetime) -> None:
    """Remember a panel's balance; alert when it runs low or its currency has no exchange rate."""
    terms = shop.terms.panels.get(panel, PanelTerms())
    currency = terms.currency or balance.currency
    rated = exchange_rate(shop, currency) is not None

    async def work(tx: Tx) -> None:
        for kind in _ANSWERED:
            await end_alert(tx, kind, panel, now)
        await catalog.save_balance(tx, panel, balance.amount, currency, now)
        low = balance.amount < terms.low_balance
        detail = f"{balance.amount} {currency}"
        await _alert_while(tx, shop, AlertKind.PANEL_BALANCE_LOW, panel, now, on=low, detail=detail)
        facts = {"currency": currency, "shop_currency": shop.terms.currency}
        await _alert_while(tx, shop, AlertKind.PANEL_CURRENCY, panel, now, on=not rated, **facts)

    await shop.db.write(work)
    shop.bells.notices.ring()
    if _set_exchange(shop, panel, currency):
        shop.shelf.rebuild()


async def refresh(shop: Shop, panel: str, answer: ServicesAnswer, now: datetime) -> Refreshed:
    """Bring the catalogue in line with what a panel lists now."""
    before = shop.shelf.stored.get(panel, {})
    plan = await plan_refresh(before, answer.services, shop.terms.price_jump_percent)
    plan.nonsense += [row.id or "?" for row in answer.rejected]

    async def work(tx: Tx) -> tuple[list[StoredService], dict[str, tuple[int, str]]]:
        keys = dict(shop.shelf.category_keys)
        placed = await _place(tx, keys, plan.save)
        await catalog.save_services(tx, placed)
        numbers = await catalog.service_numbers(tx, panel) if any(not e.number for e in placed) else {}
        await catalog.save_refresh(tx, panel, len(answer.services), now)
        await _alert_about(tx, shop, panel, plan, now)
        return [e if e.number else replace(e, number=numbers[e.service.id]) for e in placed], keys

    saved, keys = await shop.db.write(work)
    _put_on_shelf(shop, panel, saved, keys)
    shop.bells.notices.ring()
    return Refreshed(panel, len(answer.services), plan.changes, plan.gone, len(plan.jumps))


async def plan_refresh(before: Mapping[str, StoredService], services: Sequence[Service], jump_percent: Decimal) -> Plan:
    """Compare what is stored with what a panel lists; the loop gets a turn after every slice."""
    plan = Plan()
    listed: set[str] = set()
    place = 0
    for index, service in enumerate(services):
        if index % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        listed.add(service.id)
        place = _place_after(place, before.get(service.id))
        entry = _compare(before.get(service.id), service, place, jump_percent)
        if entry.unsold == Unsold.JUMP:
            plan.jumps.append(entry)
        if unsold(service) is Unsold.RATE:
            plan.nonsense.append(service.id)
        if entry is not before.get(service.id):
            plan.save.append(entry)
    for gone in before.keys() - listed:
        plan.gone += 1
        if before[gone].unsold != Unsold.GONE:
            plan.save.append(replace(before[gone], unsold=Unsold.GONE.value, pending_rate=None))
    return plan


def jumps_of(shop: Shop, panel: str | None = None) -> list[Offer]:
    """Price jumps that wait for the operator's yes."""
    return [o for o in shop.shelf.catalogue.on_hold() if panel is None or o.service.panel == panel]


def digest(offers: Iterable[Offer]) -> str:
    """A short mark of exactly these jumps, so that a yes cannot cover others that came later."""
    text = ";".join(sorted(f"{o.number}:{o.pending_rate}" for o in offers))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


async def accept_rates(shop: Shop, offers: Sequence[Offer], now: datetime) -> None:
    """The operator agreed: the waiting rates become the rates, and the services are for sale again."""
    stored = [shop.shelf.stored[o.service.panel][o.service.id] for o in offers]
    entries = [_accepted(entry) for entry in stored if entry.unsold == Unsold.JUMP]

    async def work(tx: Tx) -> None:
        await catalog.save_services(tx, entries)
        for panel in {o.service.panel for o in offers}:
            if len(jumps_of(shop, panel)) <= sum(o.service.panel == panel for o in offers):
                await end_alert(tx, AlertKind.PRICE_JUMP, panel, now)

    await shop.db.write(work)
    for entry in entries:
        shop.shelf.stored[entry.service.panel][entry.service.id] = entry
    shop.shelf.rebuild()


async def note_failure(shop: Shop, panel: str, failure: str, now: datetime) -> None:
    """Remember that a panel does not answer; alert once it has not for as long as thirty status rounds."""

    async def work(tx: Tx) -> None:
        await catalog.save_failure(tx, panel, failure, now)
        since = (await catalog.panel(tx, panel)).failing_since or now
        if now - since >= shop.terms.status_poll * 30:
            await raise_alert(
                tx, shop, Alert.about(AlertKind.PANEL_FAILING, panel, {"panel": panel, "detail": failure}), now
            )

    await shop.db.write(work)
    shop.bells.notices.ring()


async def note_answer(shop: Shop, panel: str, now: datetime) -> None:
    """A panel answered: whatever was wrong with reaching it is over."""

    async def work(tx: Tx) -> None:
        if await catalog.clear_failure(tx, panel):
            await end_alert(tx, AlertKind.PANEL_FAILING, panel, now)

    await shop.db.write(work)


def exchange_rate(shop: Shop, currency: str | None) -> Decimal | None:
    """Shop units for one unit of a currency; None where the operator set none."""
    if currency == shop.terms.currency:
        return Decimal(1)
    return shop.terms.exchange_rates.get(currency or "")


def _set_exchange(shop: Shop, panel: str, currency: str | None) -> bool:
    configured = shop.terms.panels.get(panel, PanelTerms()).currency
    rate = exchange_rate(shop, configured or currency)
    if shop.shelf.exchange.get(panel) == rate:
        return False
    if rate is None:
        del shop.shelf.exchange[panel]
    else:
        shop.shelf.exchange[panel] = rate
    return True


def _place_after(last: int, old: StoredService | None) -> int:
    """Where a service stands in the panel's order: places have gaps, so that few rows move when one comes or goes."""
    if old is not None and old.position > last:
        return old.position
    return last + (_GAP if old is None else 1)


def _compare(old: StoredService | None, service: Service, position: int, jump_percent: Decimal) -> StoredService:
    """The entry as it should be stored; the very same object when nothing changed."""
    if old is None:
        return StoredService(0, 0, position, service)
    entry = replace(old, service=service, position=position, unsold=None, pending_rate=None)
    if doubt := _doubt(old.service.rate, service, jump_percent):
        # The last rate that was believed stays, so that the next one is measured against it.
        kept = replace(service, rate=old.service.rate)
        entry = replace(entry, service=kept, unsold=doubt.value, pending_rate=service.rate)
    return old if entry == old else entry


def _doubt(believed: Decimal, service: Service, jump_percent: Decimal) -> Unsold | None:
    """Why a new rate is not taken over, for types that are sold at all."""
    if sold_rule(service.type) is None or not believable(believed):
        return None
    if not believable(service.rate):
        return Unsold.RATE
    return Unsold.JUMP if jumped(believed, service.rate, jump_percent) else None


def _accepted(entry: StoredService) -> StoredService:
    if entry.pending_rate is None:
        return entry
    service = replace(entry.service, rate=entry.pending_rate)
    return replace(entry, service=service, unsold=None, pending_rate=None)


async def _place(tx: Tx, keys: dict[str, tuple[int, str]], entries: Sequence[StoredService]) -> list[StoredService]:
    """Give each entry its category's number, creating categories that are new."""
    placed = []
    for entry in entries:
        key = normal_category(entry.service.category)
        if key not in keys:
            name = plain_name(entry.service.category) or "Other"
            keys[key] = (await catalog.add_category(tx, key, name), name)
        placed.append(replace(entry, category_number=keys[key][0]))
    return placed


async def _alert_about(tx: Tx, shop: Shop, panel: str, plan: Plan, now: datetime) -> None:
    first = plan.jumps[0].service.name if plan.jumps else ""
    count = len(plan.jumps)
    await _alert_while(tx, shop, AlertKind.PRICE_JUMP, panel, now, on=count > 0, count=count, name=first)
    count, some = len(plan.nonsense), ", ".join(plan.nonsense[:5])
    await _alert_while(tx, shop, AlertKind.RATE_NONSENSE, panel, now, on=count > 0, count=count, detail=some)


async def _alert_while(
    tx: Tx, shop: Shop, kind: AlertKind, panel: str, now: datetime, *, on: bool, **facts: str | int
) -> None:
    """Keep a panel's alert of a kind in step with its condition."""
    if on:
        await raise_alert(tx, shop, Alert.about(kind, panel, {"panel": panel, **facts}), now)
    else:
        await end_alert(tx, kind, panel, now)


def _put_on_shelf(shop: Shop, panel: str, saved: Sequence[StoredService], keys: dict[str, tuple[int, str]]) -> None:
    if not saved and keys == shop.shelf.category_keys:
        return
    shop.shelf.stored.setdefault(panel, {}).update({entry.service.id: entry for entry in saved})
    shop.shelf.category_keys.update(keys)
    shop.shelf.rebuild()
