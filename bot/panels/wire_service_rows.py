"""Reading one row of `services` (panel API v2): believed as a `Service`, or rejected by name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import msgspec

from bot.domain.catalog import Service, normal_type
from bot.domain.money import parse_decimal
from bot.wire.reading import Clean, read_id, read_whole

NAME_MAX_CHARACTERS: Final = 200
DESCRIPTION_MAX_CHARACTERS: Final = 1000
_LONGEST_READ: Final = 4000
_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TYPE_MAX_CHARACTERS: Final = 64
_DEFAULT_TYPE: Final = "default"
_PACKAGE_TYPE: Final = "package"
_NO: Final = frozenset({"0", "false", "no", "off", "n", "disabled"})
_YES: Final = frozenset({"1", "true", "yes", "on", "y", "enabled"})


class RowFault(StrEnum):
    """Why a row cannot be believed."""

    UNREADABLE = "unreadable"  # not an object, or broken inside
    ID = "id"
    NAME = "name"
    RATE = "rate"  # not a number; zero and less are read, and judged by the shop
    LIMITS = "limits"  # not whole numbers
    DUPLICATE = "duplicate"  # two rows of one id with different terms: neither is believed


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is left out; `id` is None where even that is unreadable."""

    id: str | None
    reason: RowFault


class _Row(msgspec.Struct, gc=False):
    """The fields the shop reads, as they come; their kinds are checked one by one."""

    service: Any = None
    service_id: Any = msgspec.field(default=None, name="serviceId")
    name: Any = None
    type: Any = None
    category: Any = None
    # Raw, because the digits must stay exactly as written.
    rate: msgspec.Raw = msgspec.Raw()
    rate_per_thousand: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="rate1K")
    min: Any = None
    max: Any = None
    refill: Any = None
    cancel: Any = None
    dripfeed: Any = None
    desc: Any = None
    description: Any = None


class _BadRow(Exception):
    def __init__(self, reason: RowFault, service_id: str | None = None) -> None:
        super().__init__(reason.value)
        self.row = RejectedRow(service_id, reason)


_ROW: Final = msgspec.json.Decoder(_Row)


@dataclass(slots=True)
class RowReader:
    """Reads the rows of one answer; repeated texts and numbers are read once."""

    panel: str
    clean: Clean
    services: dict[str, Service] = field(default_factory=dict)
    rejected: list[RejectedRow] = field(default_factory=list)
    doubled: set[str] = field(default_factory=set)
    rates: dict[bytes, Decimal | None] = field(default_factory=dict)
    wholes: dict[str, int | None] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)

    def read(self, written: bytes) -> Service | None:
        """One row; None, and a line in `rejected`, for one that cannot be believed."""
        try:
            return self._service(_ROW.decode(written))
        except _BadRow as bad:
            self.rejected.append(bad.row)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.rejected.append(RejectedRow(None, RowFault.UNREADABLE))
        return None

    def keep(self, service: Service) -> None:
        """Add a service; of two with one id the first stays if both ask the same terms."""
        first = self.services.setdefault(service.id, service)
        if first is not service and _terms(first) != _terms(service):
            self.doubled.add(service.id)

    def believed(self) -> tuple[tuple[Service, ...], tuple[RejectedRow, ...]]:
        """What was read, and what was rejected."""
        for service_id in sorted(self.doubled):
            del self.services[service_id]
            self.rejected.append(RejectedRow(service_id, RowFault.DUPLICATE))
        return tuple(self.services.values()), tuple(self.rejected)

    def _service(self, row: _Row) -> Service:
        service_id = read_id(row.service if row.service is not None else row.service_id)
        if service_id is None:
            raise _BadRow(RowFault.ID)
        name = _shortened(self.clean(_text(row.name), _LONGEST_READ), NAME_MAX_CHARACTERS)
        if not name:
            raise _BadRow(RowFault.NAME, service_id)
        kind = self._type(row.type)
        minimum, maximum = self._limits(row.min, row.max, kind, service_id)
        return Service(
            panel=self.panel,
            id=service_id,
            name=name,
            type=kind,
            category=self._category(_text(row.category)),
            rate=self._rate(row, service_id),
            minimum=minimum,
            maximum=maximum,
            refill=_flag(row.refill, other_text=True),
            cancel=_flag(row.cancel),
            dripfeed=_flag(row.dripfeed),
            description=self._description(row),
        )

    def _rate(self, row: _Row, service_id: str) -> Decimal:
        """Where a panel writes both, `rate` is for one unit and `rate1K` for a thousand."""
        written = bytes(row.rate_per_thousand) or bytes(row.rate)
        if written not in self.rates:
            self.rates[written] = _parse_rate(written)
        rate = self.rates[written]
        if rate is None:
            raise _BadRow(RowFault.RATE, service_id)
        return rate

    def _limits(self, low: object, high: object, kind: str, service_id: str) -> tuple[int, int]:
        """A package is one package; panels leave its limits out or empty."""
        minimum, maximum = self._whole(low), self._whole(high)
        if kind == _PACKAGE_TYPE:
            return minimum or 1, maximum or 1
        if minimum is None or maximum is None:
            raise _BadRow(RowFault.LIMITS, service_id)
        return minimum, maximum

    def _whole(self, value: object) -> int | None:
        if type(value) is not str:
            return read_whole(value)
        if value not in self.wholes:
            self.wholes[value] = read_whole(value)
        return self.wholes[value]

    def _type(self, raw: object) -> str:
        """A missing type is the ordinary one; its limits are checked like those of any other."""
        if not isinstance(raw, str):
            return _DEFAULT_TYPE
        if raw not in self.types:
            self.types[raw] = normal_type(self.clean(raw, _TYPE_MAX_CHARACTERS)) or _DEFAULT_TYPE
        return self.types[raw]

    def _category(self, raw: str) -> str:
        if raw not in self.categories:
            self.categories[raw] = self.clean(raw, NAME_MAX_CHARACTERS)
        return self.categories[raw]

    def _description(self, row: _Row) -> str:
        text = _text(row.description) or _text(row.desc)
        return self._lines(text) if text else ""

    def _lines(self, text: str) -> str:
        """A text of several lines keeps them; panels write them as they are or as `<br>`."""
        if "\n" not in text and "<" not in text:
            return _shortened(self.clean(text, _LONGEST_READ), DESCRIPTION_MAX_CHARACTERS)
        raw = _BREAK.sub("\n", text[:_LONGEST_READ]).splitlines()
        return _shortened(
            "\n".join(self.clean(line, _LONGEST_READ) for line in raw).strip(), DESCRIPTION_MAX_CHARACTERS
        )


def _terms(service: Service) -> tuple[str, Decimal, int, int]:
    return service.type, service.rate, service.minimum, service.maximum


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _parse_rate(written: bytes) -> Decimal | None:
    try:
        text = msgspec.json.decode(written, type=str) if written[:1] == b'"' else written.decode("ascii")
        return parse_decimal(text)
    except (msgspec.DecodeError, ValueError):
        return None


def _flag(value: object, *, other_text: bool | None = None) -> bool | None:
    """What a panel says of a feature; `other_text` is what words that are neither yes nor no mean ("30 days")."""
    if value is None or isinstance(value, bool):
        return value
    if not isinstance(value, str | int):
        return None
    word = str(value).strip().lower()
    if word in _NO or word in _YES:
        return word in _YES
    return other_text if word else None


def _shortened(text: str, limit: int) -> str:
    """The text, cut between words and marked with `…` where it is too long: half a sentence may say the opposite."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    head, _, tail = kept.rpartition(" ")
    return f"{(head if head and len(tail) < limit // 4 else kept).rstrip()}…"
