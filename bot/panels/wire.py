"""The kinds of value that only panels write (panel API v2, all actions); the rest is read as everybody's JSON is.

JSON counts at any HTTP status and under any Content-Type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from bot.wire.reading import Json, read_id

ERROR_MAX_CHARACTERS: Final = 300
_SIGNED_WHOLE: Final = re.compile(r"[+-][0-9]{1,18}")


def read_signed(value: Json) -> int | None:
    """The amount of a whole number that carries a sign; None for all else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return -value if -(10**18) < value < 0 else None
    return abs(int(value)) if isinstance(value, str) and _SIGNED_WHOLE.fullmatch(value := value.strip()) else None


def error_text(value: Json) -> str | None:
    """The panel's refusal in an answer: `{"error": text}` or `{"status": "error", "message" or "msg": text}`.

    A `status` beside an `error` is a code, not an order's status. Where a framework's own reason phrase stands as the
    error, its message says more. None for an answer that is no refusal.
    """
    if not isinstance(value, dict):
        return None
    error = value.get("error")
    if isinstance(error, str) and error.strip():
        said = _said(value)
        return said if said and error.strip().lower() in _REASON_PHRASES else error
    if "error" not in value and is_error_word(value.get("status")):
        return _said(value)
    return None


def _said(value: Mapping[str, Json]) -> str | None:
    return next((text for name in ("message", "msg") if isinstance(text := value.get(name), str)), None)


_REASON_PHRASES: Final = frozenset({"unauthorized", "forbidden", "bad request", "too many requests"})


def is_error_word(status: Json) -> bool:
    """Whether a top-level `status` announces a refusal."""
    return isinstance(status, str) and status.strip().lower() == "error"


def rows_by_id(value: Json, name: str) -> Mapping[str, dict[str, Json]] | None:
    """The rows of a list by the id each carries under `name`; None when one carries none, or two the same."""
    if not isinstance(value, list):
        return None
    found: dict[str, dict[str, Json]] = {}
    for row in value:
        row_id = read_id(row.get(name)) if isinstance(row, dict) else None
        if row_id is None or row_id in found or not isinstance(row, dict):
            return None
        found[row_id] = row
    return found
