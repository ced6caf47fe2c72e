"""An order's life: its states, the one table of moves, and what panels report of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final

from bot.domain import moves
from bot.domain.evidence import Verdict
from bot.domain.money import ZERO, Money


class OrderState(StrEnum):
    """Where an order stands for the shop. What the panel says of it is its status."""

    RESERVED = "reserved"  # money held, not yet sent
    SUBMITTING = "submitting"  # committed to one `add`, which may be under way
    ACTIVE = "active"  # the panel gave it an id
    UNKNOWN = "unknown"  # sent, and nobody can tell whether it was placed; money stays held
    COMPLETED = "completed"  # delivered in full
    PARTIAL = "partial"  # delivered in part, the rest returned
    CANCELED = "canceled"  # undone, money returned
    FAILED = "failed"  # refused for good, money returned


class OrderEvent(StrEnum):
    """What can happen to an order."""

    CLAIM = "claim"  # the submitter takes it
    PLACED = "placed"  # an upstream id is known
    REFUSED = "refused"  # the panel said no, for good
    POSTPONED = "postponed"  # proof that nothing was placed: never connected, or a recognised "later"
    LOST = "lost"  # the outcome of `add` cannot be told
    WITHDRAW = "withdraw"  # by the customer before it was sent, or never sent in time
    RELEASE = "release"  # the operator or the deadline gives an unknown order's money back
    COMPLETE = "complete"
    FALL_SHORT = "fall-short"
    UNDO = "undo"  # canceled or refunded by the panel


_S, _E = OrderState, OrderEvent

#: The whole state machine. There is no way from UNKNOWN back to RESERVED, on purpose.
MOVES: Final[Mapping[tuple[OrderState, OrderEvent], OrderState]] = {
    (_S.RESERVED, _E.CLAIM): _S.SUBMITTING,
    (_S.RESERVED, _E.WITHDRAW): _S.CANCELED,
    (_S.SUBMITTING, _E.PLACED): _S.ACTIVE,
    (_S.SUBMITTING, _E.REFUSED): _S.FAILED,
    (_S.SUBMITTING, _E.POSTPONED): _S.RESERVED,
    (_S.SUBMITTING, _E.LOST): _S.UNKNOWN,
    (_S.UNKNOWN, _E.PLACED): _S.ACTIVE,
    (_S.UNKNOWN, _E.RELEASE): _S.FAILED,
    (_S.ACTIVE, _E.COMPLETE): _S.COMPLETED,
    (_S.ACTIVE, _E.FALL_SHORT): _S.PARTIAL,
    (_S.ACTIVE, _E.UNDO): _S.CANCELED,
    # Corrections that panels make after the end; money only ever goes back to the customer.
    (_S.COMPLETED, _E.FALL_SHORT): _S.PARTIAL,
    (_S.COMPLETED, _E.UNDO): _S.CANCELED,
    (_S.PARTIAL, _E.FALL_SHORT): _S.PARTIAL,
    (_S.PARTIAL, _E.UNDO): _S.CANCELED,
}

#: While in these the charge stands in the customer's held account.
HOLDING: Final = frozenset({_S.RESERVED, _S.SUBMITTING, _S.ACTIVE, _S.UNKNOWN})
FINAL: Final = frozenset(_S) - HOLDING


def move(state: OrderState, event: OrderEvent) -> OrderState:
    """Where `event` takes an order in `state`; IllegalMove when the table has no such move."""
    return moves.made(MOVES, state, event, "an order")


class Status(StrEnum):
    """A panel's word for an order, after spelling is evened out (panel API v2, action `status`)."""

    PENDING = "Pending"
    PROCESSING = "Processing"
    IN_PROGRESS = "In progress"
    COMPLETED = "Completed"
    PARTIAL = "Partial"
    CANCELED = "Canceled"
    REFUNDED = "Refunded"
    FAIL = "Fail"
    ERROR = "Error"


#: Every spelling in use, evened out by `even_word`.
STATUSES: Final[Mapping[str, Status]] = {
    "pending": Status.PENDING,
    "awaiting": Status.PENDING,
    "paused": Status.PENDING,
    "processing": Status.PROCESSING,
    "in progress": Status.IN_PROGRESS,
    "inprogress": Status.IN_PROGRESS,
    "in progess": Status.IN_PROGRESS,  # so on a published page
    "active": Status.IN_PROGRESS,
    "refill": Status.IN_PROGRESS,
    "completed": Status.COMPLETED,
    "complete": Status.COMPLETED,
    "success": Status.COMPLETED,
    "partial": Status.PARTIAL,
    "canceled": Status.CANCELED,
    "cancelled": Status.CANCELED,
    "refunded": Status.REFUNDED,
    "fail": Status.FAIL,
    "failed": Status.FAIL,
    "error": Status.ERROR,
}


def even_word(word: str) -> str:
    """A status for comparison: lower case, `_`, `-` and runs of blanks as one space."""
    return " ".join(word.replace("_", " ").replace("-", " ").split()).lower()


# The same few words come in every report.
@lru_cache(maxsize=256)
def understood(word: str) -> Status | None:
    """What a panel means by a word; None for one the shop does not know."""
    return STATUSES.get(even_word(word))


#: Statuses that return money; they must stand SETTLE_SECONDS and be read twice.
RETURNING: Final = frozenset({Status.PARTIAL, Status.CANCELED, Status.REFUNDED})
#: Statuses that move nothing until the operator decides.
TROUBLED: Final = frozenset({Status.FAIL, Status.ERROR})


@dataclass(frozen=True, slots=True)
class StatusReport:
    """One order in a `status` answer, decoded; every field may be missing but the word itself."""

    #: The word as the panel wrote it, cleaned and capped for display.
    word: str
    #: The word understood; None for one the shop does not know, which changes nothing and tells the operator.
    status: Status | None
    #: What the panel took, in its own currency.
    charge: Decimal | None = None
    start_count: int | None = None
    #: Undelivered units; None when missing or nonsense. A signed value ("-2", "+2") is over-delivery, kept in `over`.
    remains: int | None = None
    over: int = 0
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A report that returns money, kept until it has stood long enough: what was understood, not how it was spelt."""

    status: Status
    #: Undelivered units; None where the panel named none.
    remains: int | None = None

    @property
    def text(self) -> str:
        """As it is stored and shown, such as `Partial:400`."""
        return f"{self.status.value}:{'' if self.remains is None else self.remains}"

    @classmethod
    def parse(cls, text: str) -> Reading:
        """Read `text` back. Raises ValueError for anything else."""
        word, _, remains = text.rpartition(":")
        return cls(Status(word), int(remains) if remains else None)


class Attention(StrEnum):
    """Why an active order waits for the operator; each has a text of the same name."""

    TROUBLE = "trouble"  # the panel says Fail or Error
    NONSENSE_REMAINS = "nonsense-remains"  # Partial without a believable remains
    PARTIAL_PACKAGE = "partial-package"  # a Partial of something that has no quantity
    UNKNOWN_WORD = "unknown-word"  # a status the shop does not know
    UNKNOWN_ID = "unknown-id"  # the panel no longer knows the order
    STALE = "stale"  # active for far longer than orders take
    PANEL_GONE = "panel-gone"  # nobody can be asked: the panel is configured no more


class Reason(StrEnum):
    """Why an order failed or was canceled; each has a text of the same name that a customer can read."""

    REFUSED = "refused"
    REFUSED_SERVICE = "refused-service"
    REFUSED_LINK = "refused-link"
    REFUSED_DUPLICATE = "refused-duplicate"
    REFUSED_QUANTITY = "refused-quantity"
    NOT_SENT_IN_TIME = "not-sent-in-time"
    PRICE_ROSE = "price-rose"
    BY_CUSTOMER = "by-customer"
    BY_PANEL = "by-panel"
    NOT_PLACED = "not-placed"  # the operator found that the panel never took it
    GOODWILL = "goodwill"  # the operator gave the money back without knowing
    DEADLINE = "deadline"  # nobody could tell in time, so the customer wins
    DECIDED = "decided"  # the operator decided on a reported problem


class QuoteState(StrEnum):
    """What became of a quote."""

    OPEN = "open"
    USED = "used"  # it is an order now
    DROPPED = "dropped"  # the customer turned it down


class AttemptOutcome(StrEnum):
    """How one `add` ended; each has a text of the same name."""

    INFLIGHT = "inflight"
    PLACED = "placed"
    REFUSED = "refused"
    POSTPONED = "postponed"
    UNKNOWN = "unknown"
    RELEASED = "released"  # the operator gave the money back


@dataclass(frozen=True, slots=True)
class Quote:
    """A frozen price with an expiry: what the confirm button stands for."""

    token: str
    customer_id: int
    service_number: int
    #: The panel's rate when the price was frozen, exactly as written.
    rate: Decimal
    answers: Mapping[str, str]
    quantity: int
    charge: Money
    cost: Money
    expires_at: datetime
    state: QuoteState = QuoteState.OPEN


@dataclass(frozen=True, slots=True)
class Order:
    """One purchase, as stored."""

    id: int
    customer_id: int
    service_number: int
    service_name: str
    panel: str
    service_id: str
    type: str
    answers: Mapping[str, str]
    quantity: int
    charge: Money
    #: What the panel is expected to take, in shop currency.
    cost: Money
    returned: Money
    state: OrderState
    #: One more at each change of state; guards every move.
    version: int
    reason: Reason | None
    attempts: int
    upstream_id: str | None
    status_word: str | None
    start_count: int | None
    remains: int | None
    attention: Attention | None
    #: A reading that returns money and has not stood long enough.
    reading: Reading | None
    reading_since: datetime | None
    missing_since: datetime | None
    missing_count: int
    next_at: datetime | None
    card_message_id: int | None
    created_at: datetime
    sent_at: datetime | None
    changed_at: datetime
    finished_at: datetime | None
    #: The panel's word that brought the attention; `status_word` keeps the one before, which the customer sees.
    attention_word: str | None = None
    #: What the evidence says of an order that is, or was, unknown; None until somebody looked.
    verdict: Verdict | None = None
    #: So much of the charge was Stars credit; of what returns, it comes back first.
    from_stars: Money = ZERO

    @property
    def link(self) -> str:
        """The link the order is for, empty for types that have none."""
        return self.answers.get("link", "")
