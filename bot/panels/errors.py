"""What can go wrong with every action but `add`, whose outcomes are values (see outcomes.py).

    PanelError
    ├── Unreachable     no answer: not connected, broken off or too late
    ├── Unusable        an answer that cannot be believed: HTML, 5xx, broken or wrong JSON, too large
    └── Denied          the panel said no, in words that were recognised or not

`Denied` is also a value: in answers about many ids it stands where a panel refuses one of them.
None of them holds the request, so none can show the key.
"""

from __future__ import annotations

from typing import Final

from bot.panels.denials import Denial
from bot.wire.reasons import Breakdown, HttpFacts, LostReason

_NO_FACTS: Final = HttpFacts()


class PanelError(Exception):
    """The root; `facts` tell what is known of the exchange."""

    def __init__(self, message: str, facts: HttpFacts = _NO_FACTS) -> None:
        super().__init__(message)
        self.facts = facts


class Unreachable(PanelError):
    """No answer came; `reason` tells how far the request got."""

    def __init__(self, reason: Breakdown, facts: HttpFacts = _NO_FACTS) -> None:
        super().__init__(f"the panel did not answer: {reason}", facts)
        self.reason = reason


class Unusable(PanelError):
    """An answer came that cannot be believed."""

    def __init__(self, reason: LostReason, facts: HttpFacts = _NO_FACTS) -> None:
        super().__init__(f"the panel's answer cannot be used: {reason}", facts)
        self.reason = reason


class Denied(PanelError):
    """The panel refused; `text` holds its words, cleaned, capped and free of the key."""

    def __init__(self, kind: Denial, text: str, facts: HttpFacts = _NO_FACTS) -> None:
        super().__init__(f"the panel refused: {kind}", facts)
        self.kind = kind
        self.text = text
