"""An order at the panel: how it moves by itself, and what it is charged for as it stands."""

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.sandbox.panel.amounts import share
from bot.sandbox.panel.catalogue import Service, ServiceType

STARTS_AFTER_STEPS = 2
FINISHES_AFTER_STEPS = 8
CANCEL_TAKES_STEPS = 2
#: the order delivers one part with the step it starts in and with each step after
_PARTS = FINISHES_AFTER_STEPS - STARTS_AFTER_STEPS + 1


class OrderStatus(StrEnum):
    """The words the panel itself moves orders through; a hand may set any other."""

    PENDING = "Pending"
    PROCESSING = "Processing"
    IN_PROGRESS = "In progress"
    ACTIVE = "Active"  # a subscription
    COMPLETED = "Completed"
    PARTIAL = "Partial"
    CANCELED = "Canceled"
    REFUNDED = "Refunded"


OPEN = frozenset({OrderStatus.PENDING, OrderStatus.PROCESSING, OrderStatus.IN_PROGRESS, OrderStatus.ACTIVE})
_NOT_STARTED = frozenset({OrderStatus.PENDING, OrderStatus.PROCESSING})
_COSTS_NOTHING = frozenset({OrderStatus.CANCELED, OrderStatus.REFUNDED, "Cancelled"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What the panel says of an order at one moment."""

    status: str
    remains: int
    started: bool

    @property
    def open(self) -> bool:
        """Whether the order may still move by itself."""
        return self.status in OPEN


@dataclass(slots=True)
class Order:
    """One order; `held` stops its own movement because a hand or a cancel request took over."""

    id: int
    service: Service
    link: str
    quantity: int
    #: what it costs when all of it is delivered; units of 10^-5
    price: int
    #: what the account has paid for it as it stands; units of 10^-5
    charge: int
    created: float
    created_step: int
    start_count: int
    held: Reading | None = None
    #: the step at which an accepted cancel request takes effect
    cancel_step: int | None = None

    def reading(self, step: int) -> Reading:
        """How the order stands at a step."""
        return self.held or self._by_itself(step - self.created_step)

    def _by_itself(self, age: int) -> Reading:
        """Pending, then In progress with falling remains, then Completed; subscriptions are Active."""
        if self.service.type is ServiceType.SUBSCRIPTIONS:
            return self._subscription(age)
        if age < STARTS_AFTER_STEPS:
            return Reading(OrderStatus.PENDING, self.quantity, started=False)
        if age >= FINISHES_AFTER_STEPS:
            return Reading(OrderStatus.COMPLETED, 0, started=True)
        delivered = self.quantity * (age - STARTS_AFTER_STEPS + 1) // _PARTS
        return Reading(OrderStatus.IN_PROGRESS, self.quantity - delivered, started=True)

    def _subscription(self, age: int) -> Reading:
        """One post a step; without an end when no number of posts was given."""
        left = max(0, self.quantity - max(0, age))
        ended = self.quantity > 0 and left == 0
        return Reading(OrderStatus.COMPLETED if ended else OrderStatus.ACTIVE, left, started=True)

    def charge_at(self, reading: Reading) -> int:
        """Units the order costs as it stands: the delivered share of a Partial, nothing when canceled."""
        if reading.status in _COSTS_NOTHING:
            return 0
        if reading.status == OrderStatus.PARTIAL and self.quantity:
            remains = min(max(reading.remains, 0), self.quantity)
            return share(self.price, self.quantity - remains, self.quantity)
        return self.price


def advanced(order: Order, reading: Reading, percent: int) -> Reading:
    """A reading with `percent` of the quantity more delivered; Completed once nothing remains."""
    remains = max(0, reading.remains - order.quantity * percent // 100)
    if percent >= 100 or remains == 0:
        return Reading(OrderStatus.COMPLETED, 0, started=True)
    return Reading(OrderStatus.IN_PROGRESS, remains, started=True)


def next_part(order: Order, reading: Reading) -> Reading:
    """A held open order moved on by one step's part."""
    remains = max(0, reading.remains - max(1, order.quantity // _PARTS))
    return Reading(OrderStatus.IN_PROGRESS if remains else OrderStatus.COMPLETED, remains, started=True)


def with_status(order: Order, reading: Reading, status: str) -> Reading:
    """A reading with a status set by hand, and the remains that fit it."""
    started = reading.started or status not in {*_NOT_STARTED, *_COSTS_NOTHING}
    remains = reading.remains
    if status == OrderStatus.COMPLETED:
        remains = 0
    elif status == OrderStatus.PARTIAL and not 0 < remains < order.quantity:
        remains = order.quantity - order.quantity // 2
    elif status in _NOT_STARTED:
        remains, started = order.quantity, False
    return replace(reading, status=status, remains=remains, started=started)
