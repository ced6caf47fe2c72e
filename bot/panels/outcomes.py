"""What becomes of one `add`: placed, not sent, not now, refused, or lost.

Only two of these permit sending the order again: `Unsent`, because no connection was ever made, and `Later`, because
the panel said in words it is known by that it did nothing. `Lost` is everything that proves neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from bot.wire.reasons import HttpFacts, LostReason, UnsentReason

_RESERVED_FIELDS: Final = frozenset({"key", "action", "service"})


@dataclass(frozen=True, slots=True)
class AddRequest:
    """One order for a panel: the service and the fields its type asks for, under the protocol's names."""

    service_id: str
    fields: Mapping[str, str]

    def __post_init__(self) -> None:
        if taken := _RESERVED_FIELDS & self.fields.keys():
            raise ValueError(f"fields of the client's own: {', '.join(sorted(taken))}")


class RefusalKind(StrEnum):
    """What a panel refuses for good; the values are those of `Denial`."""

    SERVICE = "service"
    LINK = "link"
    DUPLICATE_LINK = "duplicate-link"
    QUANTITY = "quantity"
    COMMENTS = "comments"
    REQUEST = "request"


class LaterKind(StrEnum):
    """What a panel refuses for now; the values are those of `Denial`."""

    FUNDS = "funds"
    RATE_LIMIT = "rate-limit"
    KEY = "key"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Placed:
    """The panel took the order and named it."""

    upstream_id: str
    facts: HttpFacts


@dataclass(frozen=True, slots=True)
class Unsent:
    """No byte of the order left this machine."""

    reason: UnsentReason
    facts: HttpFacts

    @property
    def misconfigured(self) -> bool:
        """Whether somebody must look: the address can never work, or what answers there cannot prove who it is."""
        return self.reason in (UnsentReason.ADDRESS, UnsentReason.TLS)


@dataclass(frozen=True, slots=True)
class Later:
    """The panel refused in known words, for a reason that passes; nothing was placed."""

    kind: LaterKind
    text: str
    facts: HttpFacts


@dataclass(frozen=True, slots=True)
class Refused:
    """The panel refused in known words, for good; nothing was placed."""

    kind: RefusalKind
    text: str
    facts: HttpFacts


@dataclass(frozen=True, slots=True)
class Lost:
    """It cannot be told whether the order was placed. Never send it again."""

    reason: LostReason
    facts: HttpFacts
    #: The panel's own words, where it gave any.
    text: str = ""

    @property
    def redirected(self) -> bool:
        """Whether the panel sent the request elsewhere: its address is wrong or taken over."""
        return self.reason is LostReason.REDIRECTED


AddOutcome: TypeAlias = Placed | Unsent | Later | Refused | Lost
