"""Faults of the wire, switched on from the drawer or a test and used up call by call."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

#: Never flooded; dropped or failed only when named, because it is always under way.
_POLL: Final = "getupdates"


class When(StrEnum):
    """On which side of the work a connection is dropped."""

    BEFORE = "before"
    AFTER = "after"


class How(StrEnum):
    """How a payment goes that the bot has agreed to."""

    NORMAL = "normal"
    DECLINED = "declined"  # no Star moves
    LATE = "late"  # paid now, the bot hears of it later
    LOST = "lost"  # paid and listed, the bot never hears of it
    TWICE = "twice"  # the same invoice, agreed to twice before either is paid


@dataclass(frozen=True, slots=True)
class NextPayment:
    """How the next `count` payments go; a late one is told after `seconds`, or when it is released (None)."""

    how: How
    seconds: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Flood:
    """429 for the next `count` calls, of one chat or of all; `retry_after` in seconds."""

    chat_id: int | None
    retry_after: int
    count: int


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection closes without an answer for the next `count` calls of these methods (None: all)."""

    methods: tuple[str, ...] | None
    when: When
    count: int


@dataclass(frozen=True, slots=True)
class ServerError:
    """500 without any work done for the next `count` calls of these methods (None: all)."""

    methods: tuple[str, ...] | None
    count: int


class Faults:
    """The current settings. A count that is used up is back to None."""

    def __init__(self) -> None:
        self.flood: Flood | None = None
        self.drop: Drop | None = None
        self.server_error: ServerError | None = None
        self.payment: NextPayment | None = None
        self.delay_ms = 0

    def to_json(self) -> dict[str, Any]:
        """What GET /faults answers."""
        return {
            "flood": asdict(self.flood) if self.flood else None,
            "drop": asdict(self.drop) if self.drop else None,
            "delay_ms": self.delay_ms,
            "server_error": asdict(self.server_error) if self.server_error else None,
            "payment": asdict(self.payment) if self.payment else None,
        }

    def change(self, wanted: Mapping[str, Any]) -> None:
        """Takes the settings that are named; the others stay. Raises ValueError, KeyError or TypeError."""
        flood, drop, error, paying = (_section(wanted, name) for name in ("flood", "drop", "server_error", "payment"))
        if "flood" in wanted:
            self.flood = _flood(flood) if flood else None
        if "drop" in wanted:
            self.drop = _drop(drop) if drop else None
        if "server_error" in wanted:
            self.server_error = ServerError(_methods(error), _count(error)) if error else None
        if "payment" in wanted:
            self.payment = _payment(paying) if paying else None
        if "delay_ms" in wanted:
            self.delay_ms = int(wanted["delay_ms"])

    def take_flood(self, method: str, chat_id: int) -> int:
        """The seconds this call has to wait, or 0; uses one up."""
        flood = self.flood
        if flood is None or method == _POLL or flood.chat_id not in (None, chat_id):
            return 0
        self.flood = replace(flood, count=flood.count - 1) if flood.count > 1 else None
        return flood.retry_after

    def take_drop(self, method: str) -> When | None:
        """When this call's connection is to be dropped; uses one up."""
        drop = self.drop
        if drop is None or not _meant(method, drop.methods):
            return None
        self.drop = replace(drop, count=drop.count - 1) if drop.count > 1 else None
        return drop.when

    def take_server_error(self, method: str) -> bool:
        """Whether this call fails with 500; uses one up."""
        error = self.server_error
        if error is None or not _meant(method, error.methods):
            return False
        self.server_error = replace(error, count=error.count - 1) if error.count > 1 else None
        return True

    def take_payment(self) -> NextPayment:
        """How this payment goes; uses one up."""
        payment = self.payment
        if payment is None:
            return NextPayment(How.NORMAL, None, 1)
        self.payment = replace(payment, count=payment.count - 1) if payment.count > 1 else None
        return payment

    def delay(self, method: str) -> float:
        """How long this call is held back, in seconds."""
        return 0 if method == _POLL else self.delay_ms / 1000


def _meant(method: str, methods: tuple[str, ...] | None) -> bool:
    return method != _POLL if methods is None else method in methods


def _section(wanted: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = wanted.get(name) or {}
    if not isinstance(section, Mapping):
        raise TypeError(f"{name} must be an object or null")
    return section


def _count(section: Mapping[str, Any]) -> int:
    count = int(section.get("count", 1))
    if count < 1:
        raise ValueError("count must be at least 1")
    return count


def _methods(section: Mapping[str, Any]) -> tuple[str, ...] | None:
    methods = section.get("methods")
    return None if methods is None else tuple(str(method).lower() for method in methods)


def _flood(section: Mapping[str, Any]) -> Flood:
    chat_id = section.get("chat_id")
    return Flood(None if chat_id is None else int(chat_id), int(section.get("retry_after", 1)), _count(section))


def _payment(section: Mapping[str, Any]) -> NextPayment:
    seconds = section.get("seconds")
    return NextPayment(How(section["how"]), None if seconds is None else float(seconds), _count(section))


def _drop(section: Mapping[str, Any]) -> Drop:
    return Drop(_methods(section), When(section.get("when", When.BEFORE)), _count(section))
