"""What time does to unknown orders: balances to read, operators to remind, and in the end the money goes back.

Nothing here sends anything for an order again. At the deadline the customer gets the whole charge back, whatever the
evidence says; where the operators want it, an order that by all evidence was never placed goes back sooner.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain.evidence import Verdict
from bot.domain.notices import Alert, AlertKind, Facts
from bot.domain.orders import Order, Reason
from bot.domain.waiting import LOOKS, REMINDERS, Passed, reached, until_next
from bot.engine import evidence, fulfilment
from bot.engine.alerts import raise_alert, remind
from bot.engine.shop import Shop
from storage import snapshots, unknowns
from storage.database import Tx
from storage.unknowns import Unknown

#: By so many balances must nothing have moved before an order may go back by evidence alone.
_ZEROS: Final = 4
#: So little time is not worth a commit, unless something is due.
_WORTH_COUNTING: Final = timedelta(seconds=15)
#: Balances are kept for as long as an order may stay unknown, and then for whoever looks back.
_KEPT: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Agenda:
    """What a panel's unknown orders need next."""

    #: How many there are.
    unknown: int
    #: For each order that needs a balance now: how many it has had then.
    looks: dict[int, int]
    #: In how long time alone makes something due; None when nothing ever does.
    rest: timedelta | None


async def advance(shop: Shop, panel: str, passed: Passed, now: datetime) -> tuple[Agenda, bool]:
    """Count the time that passed for a panel's unknown orders and do what is due; what is next, and whether it counted.

    Releases at the deadline and reminders are committed together with the time that made them due.
    """

    async def look(tx: Tx) -> list[Unknown]:
        return await unknowns.of_panel(tx, panel)

    found = await shop.db.read(look)
    older = [_older(unknown, passed, now) for unknown in found]
    worth = passed.believed or passed.step >= _WORTH_COUNTING
    if not found or not (worth or any(_due(shop, unknown, now) for unknown in older)):
        return _agenda(shop, older), not found

    async def work(tx: Tx) -> list[Unknown]:
        return [still for u in await look(tx) if (still := await _advance_one(tx, shop, u, passed, now))]

    left = await shop.db.write(work)
    shop.bells.notices.ring()
    if len(left) < len(found):
        shop.bells.submit.ring()  # what waited for one of them may go on
    return _agenda(shop, left), True


async def looked(shop: Shop, agenda: Agenda) -> None:
    """A balance was read with nothing under way: what asked for one has had it."""

    async def work(tx: Tx) -> None:
        for order_id, looks in agenda.looks.items():
            await unknowns.count_looks(tx, order_id, looks)

    await shop.db.write(work)


async def unread_turn(shop: Shop, panel: str) -> int | None:
    """The turn of a panel's newest `add` whose balance was not read since; None while one is under way, or none was."""

    async def work(tx: Tx) -> int | None:
        last = await snapshots.latest(tx, panel)
        if (await snapshots.mark(tx, panel)).in_flight:
            return None
        return await snapshots.newest_turn(tx, panel, last.turn if last else 0)

    return await shop.db.read(work)


async def forget(shop: Shop, now: datetime) -> int:
    """Let go of old balances; how many that were."""

    async def work(tx: Tx) -> int:
        return await snapshots.forget(tx, now - _KEPT)

    return await shop.db.write(work)


def _agenda(shop: Shop, found: list[Unknown]) -> Agenda:
    looks = {u.order.id: n for u in found if (n := reached(LOOKS, u.waited)) > u.looks}
    marks = (*LOOKS, *REMINDERS, shop.terms.unknown_deadline)
    rests = [rest for u in found if (rest := until_next(u.waited, *marks)) is not None]
    return Agenda(len(found), looks, min(rests, default=None))


def _older(unknown: Unknown, passed: Passed, now: datetime) -> Unknown:
    more = passed.since(unknown.waited_at, now)
    return unknown if more is None else replace(unknown, waited=unknown.waited + more, waited_at=now)


def _due(shop: Shop, unknown: Unknown, now: datetime) -> bool:
    """Whether time has brought something, or evidence may."""
    return (
        unknown.waited >= shop.terms.unknown_deadline
        or _reminders(unknown, now) > unknown.reminded
        or _may_go_by_evidence(shop, unknown)
    )


async def _advance_one(
    tx: Tx, shop: Shop, unknown: Unknown, passed: Passed, now: datetime
) -> Unknown | None:  # fmt: skip
    """The order as it is then; None when it is unknown no more."""
    older = _older(unknown, passed, now)
    if older is not unknown:
        await unknowns.count_time(tx, older)
    if older.waited >= shop.terms.unknown_deadline:
        await _release(tx, shop, older, Reason.DEADLINE, now)
        return None
    if _may_go_by_evidence(shop, older) and (await evidence.facts(tx, older.order)).zeros >= _ZEROS:
        await _release(tx, shop, older, Reason.NOT_PLACED, now)
        return None
    if (reminders := _reminders(older, now)) > older.reminded:
        await unknowns.count_reminders(tx, older.order.id, reminders)
        await _remind(tx, shop, older, reminders, now)
    return older


def _reminders(unknown: Unknown, now: datetime) -> int:
    """How many reminders have come due; none more while an operator wants to decide later."""
    if unknown.snoozed_until is not None and now < unknown.snoozed_until:
        return unknown.reminded
    return reached(REMINDERS, unknown.waited)


def _may_go_by_evidence(shop: Shop, unknown: Unknown) -> bool:
    """Whether operators want it, and every balance was read through the whole hour in which panels act late."""
    return (
        shop.terms.release_on_evidence
        and unknown.waited >= LOOKS[-1]
        and unknown.looks >= len(LOOKS)
        and unknown.order.verdict is Verdict.ZERO
    )


async def _remind(tx: Tx, shop: Shop, unknown: Unknown, count: int, now: datetime) -> None:
    order = unknown.order
    facts: Facts = {"verdict": _told(order), "hours": _hours(unknown.waited)}
    await remind(tx, shop, AlertKind.ORDER_UNKNOWN, order.id, facts, f"reminder-{count}", now)


async def _release(tx: Tx, shop: Shop, unknown: Unknown, reason: Reason, now: datetime) -> None:
    """Give the whole charge back, and leave the operators an alert that stays: the panel may have it all the same."""
    order = unknown.order
    await fulfilment.release(tx, order, reason, now)
    facts: Facts = {
        "order": order.id, "panel": order.panel, "detail": reason.value, "verdict": _told(order),
        "hours": _hours(unknown.waited),
    }  # fmt: skip
    await raise_alert(tx, shop, Alert.about(AlertKind.ORDER_RELEASED, order.id, facts, order.id), now)


def _told(order: Order) -> str:
    """What was judged of it last: the deadline waits for no evidence, nor for what may fail while it is gathered."""
    return (order.verdict or Verdict.PENDING).value


def _hours(waited: timedelta) -> int:
    return waited // timedelta(hours=1)
