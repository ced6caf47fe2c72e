"""Keeping the catalogue: read a panel's services, write only what changed, hold back what looks wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeAlias

from bot.domain.catalog import Service, Unsold, normal_category
from bot.domain.inputs import sold_rule
from bot.domain.markups import Subject
from bot.domain.notices import AlertKind
from bot.domain.pricing import jumped
from bot.domain.text import plain_name
from bot.engine import panels
from bot.engine.alerts import alert_while
from bot.engine.panels import Action
from bot.engine.shelf import believable, slices, unsold
from bot.engine.shop import Shop
from bot.panels.wire_service_rows import RowFault
from bot.panels.wire_services import ServicesAnswer
from storage import catalog, markups
from storage.catalog import PanelRecord, StoredCategory, StoredService
from storage.database import Tx

_GAP: Final = 1024
#: Of a panel's services that are gone and that nobody ordered, the newest so many may come back under their number.
_GONE_KEPT: Final = 10_000

#: Services, categories, markups and panels as they were kept.
_Stored: TypeAlias = tuple[list[StoredService], dict[str, StoredCategory], dict[Subject, Decimal], list[PanelRecord]]
#: What a refresh stored, the ids it forgot, and the categories there are then.
_Written: TypeAlias = tuple[list[StoredService], list[str], dict[str, StoredCategory]]


@dataclass(slots=True)
class Plan:
    """What a refresh will write."""

    save: list[StoredService] = field(default_factory=list)
    jumps: list[StoredService] = field(default_factory=list)
    nonsense: list[str] = field(default_factory=list)
    gone: int = 0
    #: Entries as they are stored, with the panel's newest copy of the service: the next look tells it by itself alone.
    same: list[StoredService] = field(default_factory=list)

    @property
    def changes(self) -> int:
        """How many rows differ from what is stored."""
        return len(self.save)

    def rest(self, entry: StoredService, reason: Unsold) -> None:
        """Take a service off sale that the panel no longer lists believably; its last believed rate stays."""
        if entry.unsold is not reason or entry.pending_rate is not None:
            self.save.append(replace(entry, unsold=reason, pending_rate=None))


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did."""

    panel: str
    services: int
    changes: int
    gone: int
    on_hold: int


async def load(shop: Shop) -> None:
    """Read the durable copy into memory; exchange rates follow from the currencies agreed to."""

    async def work(tx: Tx) -> _Stored:
        records = [await catalog.panel(tx, name) for name in shop.panels]
        kept = await catalog.load_services(tx), await catalog.load_categories(tx), await markups.load(tx)
        return *kept, records

    async with shop.shelf.changing:
        stored, keys, percents, records = await shop.db.read(work)
        shop.shelf.category_keys.update(keys)
        shop.shelf.markups.update(percents)
        for record in records:
            panels.set_exchange(shop, record)
        await shop.shelf.put(stored)


async def refresh(shop: Shop, panel: str, answer: ServicesAnswer, now: datetime) -> Refreshed:
    """Bring the catalogue in line with what a panel lists now."""
    async with shop.shelf.changing:
        before = shop.shelf.stored.setdefault(panel, {})
        plan = await plan_refresh(before, answer, shop.terms.price_jump_percent)

        async def work(tx: Tx) -> _Written:
            return await _write(tx, shop, panel, plan, len(answer.services), now)

        saved, forgotten, keys = await shop.db.write(work)
        shop.bells.notices.ring()
        before.update((entry.service.id, entry) for entry in plan.same)
        if saved or forgotten:
            shop.shelf.category_keys.update(keys)
            await shop.shelf.put(saved, {panel: forgotten})
    return Refreshed(panel, len(answer.services), plan.changes, plan.gone, len(plan.jumps))


async def plan_refresh(before: Mapping[str, StoredService], answer: ServicesAnswer, jump_percent: Decimal) -> Plan:
    """Compare what is stored with what a panel lists; the loop gets a turn after every slice."""
    plan = Plan()
    missing = dict(before)
    place = 0
    async for some in slices(answer.services):
        place = _plan_some(plan, missing, some, place, jump_percent)
    for row in answer.rejected:
        plan.nonsense.append(row.id or "?")
        if row.id and (listed := missing.pop(row.id, None)):
            plan.rest(listed, Unsold.LIMITS if row.reason is RowFault.LIMITS else Unsold.RATE)
    plan.gone = len(missing)
    async for entries in slices(missing.values()):
        for entry in entries:
            plan.rest(entry, Unsold.GONE)
    return plan


def _plan_some(
    plan: Plan, missing: dict[str, StoredService], some: Sequence[Service], place: int, jump_percent: Decimal
) -> int:
    """Compare one slice, that begins after a place in the panel's order; the place of its last service."""
    for service in some:
        old = missing.pop(service.id, None)
        if not believable(service.rate) and unsold(service) is Unsold.RATE:
            plan.nonsense.append(service.id)
        if old is not None and old.service is service and old.unsold is None and old.position > place:
            place = old.position
            continue  # the very copy of the last time, so nothing has changed
        place = _place_after(place, old)
        entry = _compare(old, service, place, jump_percent)
        if entry.unsold is Unsold.JUMP:
            plan.jumps.append(entry)
        if entry is not old:
            plan.save.append(entry)
        elif entry.unsold is None:
            plan.same.append(replace(entry, service=service))
    return place


async def _write(tx: Tx, shop: Shop, panel: str, plan: Plan, services: int, now: datetime) -> _Written:
    keys = dict(shop.shelf.category_keys)
    placed = await _place(tx, keys, plan.save)
    await catalog.save_services(tx, placed)
    numbers = await catalog.service_numbers(tx, panel) if any(not e.number for e in placed) else {}
    forgotten = await catalog.forget_gone(tx, panel, _GONE_KEPT)
    await catalog.save_refresh(tx, panel, services, now)
    await panels.answered(tx, panel, Action.SERVICES, now)
    await _alert_about(tx, shop, panel, plan, now)
    return [e if e.number else replace(e, number=numbers[e.service.id]) for e in placed], forgotten, keys


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
    if old.service.type != service.type and old.charged_rate is None:
        entry = replace(entry, charge_checked_at=None)  # billed by another rule now
    if doubt := _doubt(old.service.rate, service, jump_percent):
        # The last rate that was believed stays, so that the next one is measured against it.
        kept = replace(service, rate=old.service.rate)
        entry = replace(entry, service=kept, unsold=doubt, pending_rate=service.rate)
    return old if entry == old else entry


def _doubt(believed: Decimal, service: Service, jump_percent: Decimal) -> Unsold | None:
    """Why a new rate is not taken over, for types that are sold at all."""
    if sold_rule(service.type) is None or not believable(believed):
        return None
    if not believable(service.rate):
        return Unsold.RATE
    return Unsold.JUMP if jumped(believed, service.rate, jump_percent) else None


async def _place(tx: Tx, keys: dict[str, StoredCategory], entries: Sequence[StoredService]) -> list[StoredService]:
    """Give each entry its category's number, creating categories that are new."""
    placed = []
    for entry in entries:
        key = normal_category(entry.service.category)
        if key not in keys:
            name = plain_name(entry.service.category) or "Other"
            keys[key] = StoredCategory(await catalog.add_category(tx, key, name), name)
        placed.append(replace(entry, category_number=keys[key].number))
    return placed


async def _alert_about(tx: Tx, shop: Shop, panel: str, plan: Plan, now: datetime) -> None:
    first = plan.jumps[0].name if plan.jumps else ""
    count = len(plan.jumps)
    await alert_while(tx, shop, AlertKind.PRICE_JUMP, panel, now, on=count > 0, count=count, name=first)
    count, some = len(plan.nonsense), ", ".join(plan.nonsense[:5])
    await alert_while(tx, shop, AlertKind.RATE_NONSENSE, panel, now, on=count > 0, count=count, detail=some)
