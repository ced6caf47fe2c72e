"""What can go wrong with a gateway.

    GatewayError
    ├── Unreachable     no answer: not connected, broken off or too late
    ├── Refused         the gateway said no, by a code and a name
    └── Unreadable      an answer that cannot be believed: HTML, 5xx, broken or wrong JSON, too large

None of them holds the request or the answer, so none can show the token.
"""

from __future__ import annotations

from typing import Final

from bot.wire.reasons import Breakdown, LostReason, UnsentReason

#: Refusals that are about now, not about what was asked: the token, the pace, a wait.
_PASSING: Final = frozenset({401, 408, 409, 425, 429})


class GatewayError(Exception):
    """The root."""

    @property
    def nothing_happened(self) -> bool:
        """Whether it is proven that the gateway did nothing of what was asked."""
        return False


class Unreachable(GatewayError):
    """No answer came; `reason` tells how far the request got."""

    def __init__(self, reason: Breakdown) -> None:
        super().__init__(f"the gateway did not answer: {reason}")
        self.reason = reason

    @property
    def nothing_happened(self) -> bool:
        """Whether no byte of the request left this machine."""
        return isinstance(self.reason, UnsentReason)


class Refused(GatewayError):
    """The gateway refused; `name` is its own word, capitals and underscores."""

    def __init__(self, code: int, name: str) -> None:
        super().__init__(f"the gateway refused: {code} {name}")
        self.code = code
        self.name = name

    @property
    def nothing_happened(self) -> bool:
        """Whether the gateway turned the request down, which it cannot say of one that broke inside it."""
        return 400 <= self.code < 500

    @property
    def for_good(self) -> bool:
        """Whether the same request will be refused again, however often it is made."""
        return self.nothing_happened and self.code not in _PASSING


class Unreadable(GatewayError):
    """An answer came that cannot be believed."""

    def __init__(self, reason: LostReason) -> None:
        super().__init__(f"the gateway's answer cannot be used: {reason}")
        self.reason = reason
