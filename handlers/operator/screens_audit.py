"""Whether the ledger holds what it promises, and what operators did last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup

from bot.domain.acts import ActKind
from bot.engine.audit import AuditReport
from handlers.keyboards import BLANK, Screen, keyboard, lines
from handlers.operator import words
from handlers.operator.keys import desk_key
from handlers.operator.words_acts import detail_of
from handlers.texts import Texts
from storage.acts import Act, Chain

ACTS_SHOWN: Final = 10
#: An operator compares it with what they noted the last time; so much of it is enough.
_SEAL_SHOWN: Final = 12
_OFFENDERS_SHOWN: Final = 3
NO_CHAIN: Final = Chain()
#: What the texts have words for; anything else is shown as it is stored.
_KINDS: Final = frozenset(ActKind)
_OBJECTS: Final = (
    "customer", "order", "alert", "ticket", "panels", "panel", "category", "service", "shop", "prices", "currency of",
    "charge of", "refill of order", "broadcast", "page", "way", "top-up", "voucher", "payment",
)  # fmt: skip


def audit_screen(texts: Texts, report: AuditReport, acts: Sequence[Act], chain: Chain = NO_CHAIN) -> Screen:
    """Every invariant with its verdict, then whether the acts fit together, and the last of them."""
    verdict = (
        texts.html("operator.audit.sound", count=len(report.checked))
        if report.sound
        else texts.html("operator.audit.broken", count=len(report.violations))
    )
    html = lines(verdict, *_verdicts(texts, report), BLANK, *_acts(texts, acts), _chain(texts, chain))
    return Screen(html, keyboard(desk_key(texts)))


def _verdicts(texts: Texts, report: AuditReport) -> Iterator[Markup]:
    violations = {violation.name: violation for violation in report.violations}
    for name in dict.fromkeys((*report.checked, *violations)):
        promise = words.promise(texts, name)
        if violation := violations.get(name):
            offenders = ", ".join(words.short(o, 30) for o in violation.offenders[:_OFFENDERS_SHOWN])
            yield texts.html("operator.audit.violated", name=name, promise=promise, offenders=offenders)
        else:
            yield texts.html("operator.audit.holds", name=name, promise=promise)


def _acts(texts: Texts, acts: Sequence[Act]) -> Iterator[Markup]:
    if not acts:
        yield texts.html("operator.audit.acts-none")
        return
    yield texts.html("operator.audit.acts")
    for act in acts[:ACTS_SHOWN]:
        detail = detail_of(texts, act)
        yield texts.html(
            "operator.audit.act" if detail else "operator.audit.act-alone",
            time=act.at,
            actor=words.short(act.actor, 20),
            act=texts.plain(f"operator.act.{act.act}") if act.act in _KINDS else words.short(act.act, 20),
            object=words.short(_object(texts, act.object), 60),
            detail=detail,
        )


def _chain(texts: Texts, chain: Chain) -> Markup | None:
    if chain.broken is not None:
        return texts.html("operator.audit.chain-broken", act=str(chain.broken))
    return texts.html("operator.audit.chain", seal=chain.seal[:_SEAL_SHOWN]) if chain.seal else None


def _object(texts: Texts, stored: str) -> str:
    """What an act was done to: `customer 7` in the reader's words, and whatever is unknown as it is stored."""
    for noun in _OBJECTS:
        if stored == noun or stored.startswith(f"{noun} "):
            name = stored.removeprefix(noun).strip()
            return texts.plain(f"operator.object.{noun.replace(' ', '-')}", name=name)
    return stored
