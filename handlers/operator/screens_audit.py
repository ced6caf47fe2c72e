"""Whether the ledger holds what it promises, and what operators did last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup

from bot.engine.audit import AuditReport
from handlers.keyboards import Screen, key, keyboard, lines
from handlers.operator import words
from handlers.operator.buttons import ShowDesk
from handlers.texts import Texts
from storage.ledger_checks import CHECKS
from storage.outbox import Act

ACTS_SHOWN: Final = 10
_OFFENDERS_SHOWN: Final = 3
_PROMISES: Final = {check.name: check.promise for check in CHECKS}


def audit_screen(texts: Texts, report: AuditReport, acts: Sequence[Act]) -> Screen:
    """Every invariant with its verdict, then the last acts."""
    verdict = (
        texts.html("operator.audit.sound", count=len(report.checked))
        if report.sound
        else texts.html("operator.audit.broken", count=len(report.violations))
    )
    html = lines(verdict, *_verdicts(texts, report), Markup(""), *_acts(texts, acts))
    return Screen(html, keyboard(key(texts.plain("operator.key.desk"), ShowDesk())))


def _verdicts(texts: Texts, report: AuditReport) -> Iterator[Markup]:
    violations = {violation.name: violation for violation in report.violations}
    for name in report.checked:
        promise = _PROMISES.get(name, "")
        if violation := violations.get(name):
            offenders = ", ".join(words.short(o, 40) for o in violation.offenders[:_OFFENDERS_SHOWN])
            yield texts.html("operator.audit.violated", name=name, promise=violation.promise, offenders=offenders)
        else:
            yield texts.html("operator.audit.holds", name=name, promise=promise)


def _acts(texts: Texts, acts: Sequence[Act]) -> Iterator[Markup]:
    if not acts:
        yield texts.html("operator.audit.acts-none")
        return
    yield texts.html("operator.audit.acts")
    for act in acts[:ACTS_SHOWN]:
        yield texts.html(
            "operator.audit.act",
            time=act.at,
            actor=words.short(act.actor, 20),
            act=words.short(act.act, 20),
            object=words.short(act.object, 40),
            detail=words.short(act.detail, 80),
        )
