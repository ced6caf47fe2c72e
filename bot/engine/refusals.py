"""What an operator taught the shop of a panel's words: exactly these mean that nothing was placed, and no others do."""

from __future__ import annotations

from typing import Final

from bot.domain.orders import Order
from bot.panels.outcomes import AddOutcome, Lost, RefusalKind, Refused
from bot.wire.reasons import LostReason
from storage import refusals
from storage.database import Tx

#: Longer words are not taught: they may have been cut, and two that are cut alike are not the same.
_WORDS_MAX_CHARACTERS: Final = 200


def evened(text: str) -> str:
    """A panel's words for comparison: lower case, runs of blanks as one; empty for a text too long to be taught."""
    return " ".join(text.casefold().split()) if len(text) <= _WORDS_MAX_CHARACTERS else ""


def words_of(outcome: AddOutcome) -> str:
    """The panel's own words where it refused an `add` in a way nobody knows; empty for every other outcome."""
    if not isinstance(outcome, Lost) or outcome.reason is not LostReason.UNRECOGNISED_ERROR:
        return ""
    return evened(outcome.text)


async def as_taught(tx: Tx, order: Order, outcome: AddOutcome) -> AddOutcome:
    """The outcome, or a definite refusal where an operator taught exactly these words of this panel."""
    words = words_of(outcome)
    if not isinstance(outcome, Lost) or not words or not await refusals.known(tx, order.panel, words):
        return outcome
    return Refused(RefusalKind.REQUEST, outcome.text, outcome.facts)
