"""Decoding `refill`, `refill_status`, `cancel` and `balance` (panel API v2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias, TypeVar

from bot.domain.orders import even_word
from bot.domain.refills import STATUSES as REFILL_STATUSES
from bot.domain.refills import RefillReport
from bot.panels.denials import Denial
from bot.panels.errors import Denied
from bot.panels.wire import error_text, rows_by_id
from bot.panels.wire_status import denial
from bot.wire.reading import Clean, Json, Malformed, read_currency, read_decimal, read_id
from bot.wire.reasons import LostReason

_WORD_MAX_CHARACTERS: Final = 64


@dataclass(frozen=True, slots=True)
class Balance:
    """What the shop has at a panel, in the panel's currency; `currency` is empty where the panel does not name it."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class RefillAccepted:
    """The panel took the request for a refill and named it."""

    refill_id: str


@dataclass(frozen=True, slots=True)
class CancelAccepted:
    """The panel took the request to cancel; only a later status tells whether it was done."""


RefillResult: TypeAlias = RefillAccepted | Denied
RefillStatusResult: TypeAlias = RefillReport | Denied
CancelResult: TypeAlias = CancelAccepted | Denied
Result = TypeVar("Result")


def read_balance(value: Json) -> Balance:
    """Decode `balance`; a number or a string, the currency perhaps missing. Raises Malformed."""
    amount = read_decimal(value.get("balance")) if isinstance(value, dict) else None
    if amount is None or not isinstance(value, dict):
        raise Malformed(LostReason.SHAPE)
    return Balance(amount, read_currency(value.get("currency")) or "")


def read_refill(value: Json, order_id: str, clean: Clean) -> RefillResult:
    """The answer to a refill of one order. Raises Malformed."""
    return _one(value, order_id, "order", lambda row: _refill(row, clean), clean)


def read_refills(value: Json, ids: Sequence[str], clean: Clean) -> dict[str, RefillResult] | None:
    """The answer to a refill of many orders; None where the panel refused a question about many.

    Raises Malformed for anything else: who can tell what such an answer has set going?
    """
    found: dict[str, RefillResult] | None = _many(value, ids, "order", lambda row: _refill(row, clean))
    if found is None and value is not None and error_text(value) is None:
        raise Malformed(LostReason.SHAPE)
    return found


def read_refill_status(value: Json, refill_id: str, clean: Clean) -> RefillStatusResult:
    """The answer for one refill; `null` where the panel knows of none. Raises Malformed."""
    if value is None:
        return Denied(Denial.REFILL, "")
    return _one(value, refill_id, "refill", lambda row: _refill_report(row, clean), clean)


def read_refill_statuses(value: Json, ids: Sequence[str], clean: Clean) -> dict[str, RefillStatusResult] | None:
    """The answer for many refills; None where the panel did not understand a question about many."""
    return _many(value, ids, "refill", lambda row: _refill_report(row, clean))


def read_cancels(value: Json, ids: Sequence[str], clean: Clean) -> dict[str, CancelResult] | None:
    """The answer to `cancel`: rows, a list under `canceled`, or one object where one id was asked.

    None for anything else.
    """
    if isinstance(value, dict):
        return _canceled_object(value, ids)
    return _many(value, ids, "order", lambda row: _cancel(row, clean))


def _canceled_object(value: dict[str, Json], ids: Sequence[str]) -> dict[str, CancelResult] | None:
    canceled = value.get("canceled")
    if isinstance(canceled, list):
        named = {read_id(entry) for entry in canceled}
        return {order_id: CancelAccepted() for order_id in ids if order_id in named}
    if len(ids) == 1 and "error" not in value and read_id(value.get("cancel")) in (ids[0], "1"):
        return {ids[0]: CancelAccepted()}
    return None


def _one(
    value: Json, asked: str, name: str, read: Callable[[dict[str, Json]], Result | None], clean: Clean
) -> Result | Denied:
    """One answer for one id: its object, a list of just that, or a refusal."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        raise Malformed(LostReason.SHAPE)
    if (text := error_text(value)) is not None:
        return denial(text, clean)
    if name == "order" and "order" in value and read_id(value["order"]) != asked:
        raise Malformed(LostReason.SHAPE)
    result = read(value)
    if result is None:
        raise Malformed(LostReason.SHAPE)
    return result


def _many(
    value: Json, ids: Sequence[str], name: str, read: Callable[[dict[str, Json]], Result | None]
) -> dict[str, Result] | None:
    """Rows for those asked about; what is missing or unreadable is left out. None where rows carry no ids."""
    rows = rows_by_id(value, name)
    if rows is None:
        return None
    results = {asked: read(rows[asked]) for asked in ids if asked in rows}
    return {asked: result for asked, result in results.items() if result is not None}


def _nested_error(value: Json) -> str | None:
    text = value.get("error") if isinstance(value, dict) else None
    return text if isinstance(text, str) else None


def _refill(row: dict[str, Json], clean: Clean) -> RefillResult | None:
    refill = row.get("refill")
    if (text := _nested_error(refill) or _nested_error(row)) is not None:
        return denial(text, clean)
    refill_id = read_id(refill)
    return RefillAccepted(refill_id) if refill_id and not row.get("error") else None


def _refill_report(row: dict[str, Json], clean: Clean) -> RefillStatusResult | None:
    status = row.get("status")
    if (text := _nested_error(status) or _nested_error(row)) is not None:
        return denial(text, clean)
    if row.get("error") or not isinstance(status, str) or not status.strip():
        return None
    return RefillReport(clean(status, _WORD_MAX_CHARACTERS), REFILL_STATUSES.get(even_word(status)))


def _cancel(row: dict[str, Json], clean: Clean) -> CancelResult | None:
    cancel = row.get("cancel")
    if (text := _nested_error(cancel) or _nested_error(row)) is not None:
        return denial(text, clean)
    return CancelAccepted() if (cancel is True or read_id(cancel)) and not row.get("error") else None
