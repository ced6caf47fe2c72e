"""The brake: once an invariant of the ledger does not hold, no money moves but what goes back to customers.

While it is on no order is confirmed or sent, and operators neither credit, debit nor decide. Panels are still asked
for statuses, what they report still returns money, and everybody is still answered. An operator lets go of it: after
an audit that finds nothing, or with a reason for what it finds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from bot.domain.acts import ActKind
from bot.domain.errors import Braked, StillBroken
from bot.domain.notices import Alert, AlertKind, Facts
from bot.domain.reasons import kept
from bot.engine.alerts import end_alert, raise_alert, remind, retell
from bot.engine.audit import FILE, AuditReport, audit, audit_file
from bot.engine.shop import Shop
from storage import acts, switches
from storage.database import Tx
from storage.ledger_checks import OFFENDERS_SHOWN
from storage.times import to_ms

#: What is said of a brake that no invariant set, but that the shop opened on a backup.
RESTORED: Final = "restored"
_BROKEN: Final = "brake.broken"  # what set it, as JSON
_ACCEPTED: Final = "brake.accepted"  # what an operator let go of it in spite of, as JSON
#: So much of what is broken an operator can let go of at once; beyond it the next audit sets the brake again.
_ACCEPTED_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Broken:
    """One thing that set the brake: an invariant and an entry that breaks it, or RESTORED and the backup's time."""

    invariant: str
    entry: str


@dataclass(frozen=True, slots=True)
class BrakeFacts:
    """The brake while it is on."""

    since: datetime
    broken: tuple[Broken, ...]


async def engaged(tx: Tx) -> bool:
    """Whether the brake is on."""
    return await switches.on_since(tx, switches.BRAKE) is not None


async def refuse(tx: Tx) -> None:
    """Raise Braked while it is on: in the transaction of whatever moves money."""
    if await engaged(tx):
        raise Braked


async def facts(tx: Tx) -> BrakeFacts | None:
    """Since when it is on, and what broke; None while it is off."""
    since = await switches.on_since(tx, switches.BRAKE)
    return None if since is None else BrakeFacts(since, await _read(tx, _BROKEN))


async def engage(shop: Shop, found: Sequence[Broken], now: datetime) -> bool:
    """Set the brake and alert every operator, in one commit; False when nothing of it is news."""

    async def work(tx: Tx) -> bool:
        return await set_brake(tx, shop, found, now)

    fresh = await shop.db.write(work)
    if fresh:
        shop.bells.notices.ring()
    return fresh


async def set_brake(tx: Tx, shop: Shop, found: Sequence[Broken], now: datetime, detail: str = "") -> bool:
    """The same in a transaction at hand."""
    begun = await switches.turn_on(tx, switches.BRAKE, now)
    known = () if begun else await _read(tx, _BROKEN)
    fresh = [each for each in found if each not in known]
    if not fresh:
        return begun
    await _write(tx, _BROKEN, (*known, *fresh))
    since = await switches.on_since(tx, switches.BRAKE) or now
    for kind in dict.fromkeys(map(_kind, fresh)):
        before = [each for each in known if _kind(each) is kind]
        broken = [*before, *(each for each in fresh if _kind(each) is kind)]
        await _tell(tx, shop, kind, before, broken, since, detail, now)
    return True


async def _tell(
    tx: Tx, shop: Shop, kind: AlertKind, before: Sequence[Broken], broken: Sequence[Broken], since: datetime,
    detail: str, now: datetime,
) -> None:  # fmt: skip
    """One alert for all that broke, each invariant with its first entry: one mistake mostly breaks several at once.

    It is told again once another invariant breaks, and only kept up to date while more of the same does.
    """
    first: dict[str, str] = {}
    for each in broken:
        first.setdefault(each.invariant, each.entry)
    # Of this very brake: one that comes again is news however soon.
    names, subject = ", ".join(first), to_ms(since)
    about: Facts = {"invariant": names, "entry": "; ".join(first.values()), "count": len(broken), "detail": detail}
    if not before:
        await raise_alert(tx, shop, Alert.about(kind, subject, about), now)
    elif first.keys() == {each.invariant for each in before}:
        await retell(tx, kind, subject, about)
    else:
        await remind(tx, shop, kind, subject, about, names, now)


async def watch(shop: Shop, now: datetime, *, whole: bool = False) -> AuditReport:
    """Audit the ledger (and the file, for the `whole`), and set the brake by what no operator has let go of."""
    accepted = await shop.db.read(partial(_read, name=_ACCEPTED))
    most = len(accepted) + OFFENDERS_SHOWN
    report = await (audit_file(shop.db, most) if whole else audit(shop.db, most))
    if not whole and any(violation.name == FILE for violation in report.violations):
        report = await audit(shop.db, most)  # a shop is not stopped for a hiccup of its disk or its server
    found = [each for each in _listed(report) if each not in accepted]
    if found:
        await engage(shop, found, now)
    if report.sound and accepted:
        await shop.db.write(_forget_accepted)
    return report


async def let_go(shop: Shop, operator_id: int, now: datetime, reason: str = "") -> bool:
    """Let go of the brake after an audit, and write the act down; False when it is off.

    Raises StillBroken without a reason where the audit finds something, or where the shop opened on a backup.
    """
    report = await audit(shop.db, most=_ACCEPTED_MOST)
    broken, reason = _listed(report), kept(reason)

    async def work(tx: Tx) -> bool:
        known = await facts(tx)
        if known is None:
            return False
        open_questions = [*broken, *(each for each in known.broken if each.invariant == RESTORED)]
        if open_questions and not reason:
            raise StillBroken(f"{open_questions[0].invariant} {open_questions[0].entry}")
        await _write(tx, _ACCEPTED, broken)
        await _end(tx, known, now)
        detail = f"off: {reason}" if reason else "off"
        await acts.record(tx, operator_id, ActKind.BRAKE, "shop", detail, now)
        return True

    gone = await shop.db.write(work)
    if gone:
        for bell in (shop.bells.submit, shop.bells.notices):
            bell.ring()
    return gone


async def _end(tx: Tx, known: BrakeFacts, now: datetime) -> None:
    await switches.turn_off(tx, switches.BRAKE)
    await switches.turn_off(tx, _BROKEN)
    for kind in {_kind(each) for each in known.broken}:
        await end_alert(tx, kind, to_ms(known.since), now)


def _kind(each: Broken) -> AlertKind:
    return AlertKind.RESTORED if each.invariant == RESTORED else AlertKind.BRAKE


def _listed(report: AuditReport) -> tuple[Broken, ...]:
    return tuple(Broken(violation.name, entry) for violation in report.violations for entry in violation.offenders)


async def _forget_accepted(tx: Tx) -> None:
    await switches.turn_off(tx, _ACCEPTED)


async def _read(tx: Tx, name: str) -> tuple[Broken, ...]:
    text = await switches.noted(tx, name)
    return tuple(Broken(*pair) for pair in json.loads(text)) if text else ()


async def _write(tx: Tx, name: str, found: Sequence[Broken]) -> None:
    await switches.note(tx, name, json.dumps([[each.invariant, each.entry] for each in found]))
