"""Decoding `status` (panel API v2) for one order and for many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, TypeAlias

from bot.domain.orders import StatusReport, understood
from bot.panels.denials import PANEL_WIDE, Denial, recognise
from bot.panels.errors import Denied
from bot.panels.wire import ERROR_MAX_CHARACTERS, error_text, read_signed, rows_by_id
from bot.wire.reading import Clean, Json, Malformed, read_currency, read_decimal, read_id, read_whole
from bot.wire.reasons import LostReason

_WORD_MAX_CHARACTERS: Final = 64

#: What an unrecognised refusal means by its HTTP status alone.
_BY_HTTP_STATUS: Final = {401: Denial.KEY, 429: Denial.RATE_LIMIT}

StatusResult: TypeAlias = StatusReport | Denied


def denial(text: str, clean: Clean) -> Denied:
    """A panel's text as a refusal."""
    return Denied(recognise(text), clean(text, ERROR_MAX_CHARACTERS))


def panel_wide(value: Json, http_status: int, clean: Clean) -> Denied | None:
    """The refusal in an answer that refuses everything, whatever was asked; None for other answers."""
    text = error_text(value)
    if text is None:
        return None
    denied = denial(text, clean)
    if denied.kind in PANEL_WIDE:
        return denied
    by_status = _BY_HTTP_STATUS.get(http_status)
    return Denied(by_status, denied.text) if by_status and denied.kind is Denial.UNRECOGNISED else None


def read_one(value: Json, order_id: str, clean: Clean) -> StatusResult:
    """The answer for one order: its object, a list of just that, an object under its id, or a bare error text.

    Raises Malformed for anything else, and where the object names another order.
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict) and "status" not in value and isinstance(value.get(order_id), dict | str):
        value = value[order_id]
    if isinstance(value, dict) and value.get("order", order_id) != order_id and read_id(value["order"]) != order_id:
        raise Malformed(LostReason.SHAPE)
    result = read_row(value, clean)
    if result is None:
        raise Malformed(LostReason.SHAPE)
    return result


def read_many(value: Json, ids: Iterable[str], clean: Clean) -> dict[str, StatusResult] | None:
    """The answer for many orders, only for those asked about; what is missing or unreadable is left out.

    None where the panel did not understand a question about many.
    """
    rows: Mapping[str, Json] | None = value if isinstance(value, dict) else rows_by_id(value, "order")
    if rows is None:
        return None
    asked = {order_id: rows[order_id] for order_id in ids if order_id in rows}
    if not asked and not all(name.isdigit() for name in rows):
        return None
    read = {order_id: read_row(row, clean) for order_id, row in asked.items()}
    return {order_id: result for order_id, result in read.items() if result is not None}


def read_row(row: Json, clean: Clean) -> StatusResult | None:
    """One order's report, or its refusal as an object or a bare text; None for what is neither."""
    if isinstance(row, str):
        return denial(row, clean)
    if not isinstance(row, dict):
        return None
    if (text := error_text(row)) is not None:
        return denial(text, clean)
    word = row.get("status")
    if row.get("error") or not isinstance(word, str):
        return None
    shown = clean(word, _WORD_MAX_CHARACTERS)
    return _report(row, word, shown) if shown.strip() else None


def _report(row: Mapping[str, Json], word: str, shown: str) -> StatusReport:
    remains = row.get("remains")
    return StatusReport(
        word=shown,
        status=understood(word),
        charge=_charge(row.get("charge")),
        start_count=read_whole(row.get("start_count", row.get("start_counter"))),
        remains=read_whole(remains),
        over=read_signed(remains) or 0,
        currency=read_currency(row.get("currency")),
    )


def _charge(value: Json) -> Decimal | None:
    charge = read_decimal(value)
    return charge if charge is not None and charge >= 0 else None
