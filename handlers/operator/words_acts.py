"""What an act was about, in the reader's words: acts are stored in the shop's own few forms of English."""

from __future__ import annotations

import re
from typing import Final

from bot.domain.acts import ActKind
from bot.domain.orders import Reason
from bot.domain.statement import Span
from handlers.operator import words
from handlers.texts import Texts
from storage.acts import Act
from storage.approvals import WishKind

DETAIL_MAX_CHARACTERS: Final = 80
#: Details that are one word of the shop's.
_WORDS: Final = frozenset({"on", "off", "all", "paused", "running", "stopped", "not-taken", "standard"})
_OF_APPROVALS: Final = (ActKind.ASK, ActKind.APPROVE, ActKind.DENY)
#: The forms of an act's details, with the names of what stands in them; texts are called as they are.
_FORMS: Final = tuple(
    (act, form, re.compile(pattern, re.ASCII | re.DOTALL))
    for act, form, pattern in (
        *((ActKind.EXPORT, f"statement-{span.value}", f"statement {span.value}") for span in Span),
        (ActKind.HIDE, "hide", r"from customers"),
        (ActKind.SHOW, "show", r"to customers"),
        (ActKind.RENAME, "rename", r"to (?P<name>.+)"),
        (ActKind.MOVE, "move", r"from place (?P<before>\d+) to (?P<after>\d+)"),
        (ActKind.ATTACH, "attach", r"upstream id (?P<name>.+)"),
        (ActKind.ATTACH, "attach-refill", r"refill id (?P<name>.+)"),
        (ActKind.DECIDE, "decide", r"(?P<name>\S+ \S+) back"),
        (ActKind.ACCEPT, "charge", r"(?P<before>\S+) computed, (?P<after>\S+) taken"),
        (ActKind.AGREE, "change", r"(?P<before>\S*) to (?P<after>\S+)"),
        *((of, f"wish-{wish.value}", rf"{wish.value} (?P<name>\S+)") for of in _OF_APPROVALS for wish in WishKind),
        (ActKind.WAY, "way-rate", r"(?P<before>\S+) to (?P<after>\S+)"),
        (ActKind.WAY, "way-instructions", r"instructions: (?P<name>.+)"),
        (ActKind.WAY, "way-removed", r"instructions removed"),
        (ActKind.TOPUP, "not-found", r"not found: (?P<name>.+)"),
        (ActKind.VOUCHER, "voucher-made", r"(?P<before>\S+) x (?P<after>\d+)"),
        (ActKind.VOUCHER, "voucher-closed", r"closed, (?P<before>\d+) left"),
        (ActKind.REFUND, "refund-no", r"no: (?P<name>.+)"),
        (ActKind.GIVE_BACK, "refund", r"(?P<before>\S+ \S+): (?P<name>.+)"),
        (ActKind.REFUND, "refund", r"(?P<before>\S+ \S+): (?P<name>.+)"),
        (ActKind.ASSIGN, "assign", r"to customer (?P<name>\d+): (?P<before>\S+ \S+)"),
        (ActKind.MARKUP, "markup", r"(?P<before>\S+) to (?P<after>\S+), (?P<name>\d+) prices"),
    )
)


def detail_of(texts: Texts, act: Act) -> str:
    """The detail in the reader's language where it has one of the shop's forms, else as it is stored; cut."""
    if act.detail in _WORDS:
        return texts.plain(f"operator.detail.{act.detail}")
    if act.act == ActKind.RELEASE and act.detail in frozenset(Reason):
        return texts.plain(f"operator.reason.{act.detail}")
    for of, form, pattern in _FORMS:
        if act.act == of and (found := pattern.fullmatch(act.detail)):
            facts = {name: words.short(value, DETAIL_MAX_CHARACTERS) for name, value in found.groupdict().items()}
            return texts.plain(f"operator.detail.{form}", **facts)
    return words.short(act.detail, DETAIL_MAX_CHARACTERS)
