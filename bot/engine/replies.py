"""What a panel's reply to a refill or a cancel request proves, where it is no yes."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from bot.panels.denials import Denial
from bot.panels.errors import Denied, PanelError, Unreachable, Unusable
from bot.wire.reasons import UnsentReason

#: Why nobody can tell, where the panel's answer named others but not this one.
LEFT_OUT: Final = "left-out"
#: Refusals that come before anything is done, for a reason that passes.
_NOT_NOW: Final = frozenset({Denial.FUNDS, Denial.RATE_LIMIT, Denial.KEY, Denial.ACCOUNT})
#: Refusals after which whatever was asked may have been done all the same.
_UNCLEAR: Final = frozenset({Denial.MAINTENANCE, Denial.AMBIGUOUS})


class Meaning(StrEnum):
    """What can be made of it."""

    REFUSED = "refused"
    NOT_NOW = "not-now"  # proof that nothing was asked for: it may be sent again
    LOST = "lost"  # nobody can tell


def meaning_of(reply: PanelError | None) -> Meaning:
    """What a reply proves; None stands for one that leaves out what was asked about."""
    if isinstance(reply, Unreachable) and isinstance(reply.reason, UnsentReason):
        return Meaning.NOT_NOW
    if not isinstance(reply, Denied) or reply.kind in _UNCLEAR:
        return Meaning.LOST
    return Meaning.NOT_NOW if reply.kind in _NOT_NOW else Meaning.REFUSED


def words_of(reply: PanelError | None) -> str:
    """The panel's own words, or the name of what broke."""
    if reply is None:
        return LEFT_OUT
    if isinstance(reply, Denied):
        return reply.text
    return reply.reason.value if isinstance(reply, Unreachable | Unusable) else str(reply)
