"""Reading what panels and gateways write: strict JSON, and the few kinds of value it holds.

Strict in what is believed, tolerant in how it may be written: numbers come as strings or numbers, ids are opaque.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final, TypeAlias

from bot.domain.money import parse_decimal
from bot.domain.text import plain_name
from bot.wire.reasons import LostReason

#: What strict JSON turns into; numbers with a point or an exponent are Decimal, never float.
Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | Decimal | bool | None"
#: Makes a panel's text fit to show, within a number of characters.
Clean: TypeAlias = Callable[[str, int], str]

#: Brackets and commas in one answer at most. A hundred orders need a few thousand; a megabyte of nothing else would
#: become a hundred of objects.
_MOST_PARTS: Final = 20_000
_BLANK: Final = "\ufeff \t\r\n"
_CHALLENGE: Final = re.compile(
    r"just a moment|challenge-platform|attention required! \| cloudflare|captcha", re.IGNORECASE
)
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SIGNED: Final = re.compile(r"-[0-9]+")
#: What programs print where an id should be.
_NOT_IDS: Final = frozenset(
    {"null", "none", "nil", "true", "false", "nan", "undefined", "error", "failed", "success", "infinity", "-infinity"}
)
_WHOLE: Final = re.compile(r"[0-9]{1,18}")
_CURRENCY: Final = re.compile(r"[A-Z]{3,5}")


class Malformed(Exception):
    """An answer that cannot be believed, and why; turned into an outcome or an error by who asked."""

    def __init__(self, reason: LostReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def clean_text(raw: str, limit: int) -> str:
    """The same as `plain_name`, without its walk through every character where none needs removing."""
    if not raw.isprintable():
        return plain_name(raw, limit)
    if "  " in raw or raw[:1] == " " or raw[-1:] == " ":
        raw = " ".join(raw.split())
    return raw[:limit].rstrip(" ")


def parse_json(body: bytes) -> Json:
    """Read one JSON value; a leading byte order mark and blanks are forgiven, nothing else is.

    Raises Malformed: not UTF-8, not JSON, nested absurdly, of absurdly many parts, NaN or Infinity, the same key twice.
    """
    if sum(body.count(mark) for mark in (b",", b"[", b"{")) > _MOST_PARTS:
        raise Malformed(LostReason.TOO_LARGE)
    try:
        text = body.decode("utf-8").lstrip(_BLANK)
    except UnicodeDecodeError:
        raise Malformed(LostReason.CHARSET) from None
    if not text:
        raise Malformed(LostReason.EMPTY)
    try:
        value: Json = json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_parse_fraction
        )
    except (ValueError, RecursionError):
        raise Malformed(LostReason.CHALLENGE if _CHALLENGE.search(text) else LostReason.NOT_JSON) from None
    return value


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed(LostReason.DUPLICATE_KEYS)
    return found


def _refuse_constant(_: str) -> Json:
    raise Malformed(LostReason.NOT_FINITE)


def _parse_fraction(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Malformed(LostReason.NOT_FINITE) from None


def read_id(value: Json) -> str | None:
    """An id as an opaque string: a positive integer, or 1 to 64 of `A-Z a-z 0-9 _ -`; None for all else.

    Nothing but zeros, a negative number or a programmer's word for "nothing" is not an id.
    """
    if type(value) is int:
        return str(value) if 0 < value < 10**64 else None
    if not isinstance(value, str):
        return None
    if not _ID.fullmatch(value) or _SIGNED.fullmatch(value) or value.lower() in _NOT_IDS:
        return None
    return value if value.strip("0_-") else None


def read_decimal(value: Json) -> Decimal | None:
    """A finite decimal number written as a number or as a string; None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        return parse_decimal(str(value))
    except ValueError:
        return None


def read_whole(value: object) -> int | None:
    """A whole number of zero or more without a sign, as a number or as ASCII digits; None for all else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value < 10**18 else None
    return int(value) if isinstance(value, str) and _WHOLE.fullmatch(value := value.strip()) else None


def read_currency(value: Json) -> str | None:
    """A currency's code in capitals; None for what cannot be one."""
    return _currency(value) if isinstance(value, str) else None


# One panel writes one currency into every row.
@lru_cache(maxsize=64)
def _currency(written: str) -> str | None:
    code = written.strip().upper()
    return code if _CURRENCY.fullmatch(code) else None
