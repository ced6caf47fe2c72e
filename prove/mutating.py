"""Replies made a little wrong: in their bytes, in their tokens, in their structure."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from typing import Any, Final

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null|[{}\[\],:]')
_PIECES: Final = (
    b'"order":', b'"error":', b'"order":1', b'"error":"Bad link"', b'"status":"error"', b'"status":"Completed"',
    b"null", b"true", b"false", b"NaN", b"Infinity", b"-1", b"0", b"-0", b"00", b"1e9", b"1e400", b"12.5", b"[]", b"{}",
    b",", b":", b'"', b"{", b"}", b"[", b"]", b"\\u0000", b"\\ud800", b"\xef\xbb\xbf", b"\xff", b"\x00", b"<html>",
    "１２".encode(), b'"00"', b'"order":2,"order":3', b" ", b'"1"', b"9223372036854775808", b"1" * 70, b'"\\u0031"',
    b'"1":', b'"cancel":1', b'"refill":"1"', b'"remains":"0"', b'"balance":"9"', b'"rate":"0.01"', b"'", b"//", b"1_0",
)  # fmt: skip
_VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 12.5, 10**20, "", " ", "0", "-2", "+2", "1", "null", "error", "Completed", "Canceled",
    "Partial", "１２", "1e3", "Incorrect order ID", "Not enough funds on balance", "x" * 600, [], {}, [1], ["1"],
    {"error": "Incorrect order ID"}, {"order": 7}, {"error": None},
)  # fmt: skip
_NAMES: Final = (
    "order",
    "error",
    "status",
    "remains",
    "charge",
    "refill",
    "cancel",
    "balance",
    "rate",
    "1",
    "Order",
    "id",
)
_MOST: Final = 4


def mutated(body: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """The body after one to four mutations."""
    for _ in range(min(chance.randint(1, _MOST), chance.randint(1, _MOST))):
        body = chance.choice((_bytes, _tokens, _structure, _structure))(body, others, chance)
    return body


def _bytes(body: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    start = chance.randint(0, len(body))
    end = min(len(body), start + chance.randint(0, 8))
    kind = chance.randrange(7)
    if kind == 0 and body:
        at = min(start, len(body) - 1)
        return body[:at] + bytes([body[at] ^ 1 << chance.randrange(8)]) + body[at + 1 :]
    if kind == 1:
        return body[:start]
    if kind == 2:
        return body[:start] + chance.choice(others)[start:]
    piece = (b"", body[start:end] * 2, chance.randbytes(chance.randint(1, 3)), chance.choice(_PIECES))[kind - 3]
    return body[:start] + piece + body[end:]


def _tokens(body: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    found = list(_TOKEN.finditer(body))
    if not found:
        return _bytes(body, others, chance)
    token, other = chance.choice(found), chance.choice(found)
    piece = chance.choice((b"", token[0] * 2, other[0], token[0] + other[0], chance.choice(_PIECES)))
    return body[: token.start()] + piece + body[token.end() :]


def _structure(body: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    value = _read(body)
    places = list(_places(value))
    if not places:
        return _tokens(body, others, chance)
    holder, key = chance.choice(places)
    _change(holder, key, _read(chance.choice(others)), chance)
    if chance.randrange(20) == 0:
        value = chance.choice(([value], {"1": value}, {"order": value}, [value, value]))
    return json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def _read(body: bytes) -> Any:  # noqa: ANN401 - whatever it holds
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _places(value: Any) -> Any:  # noqa: ANN401 - every holder with each of its keys
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def _change(holder: Any, key: Any, other: Any, chance: random.Random) -> None:  # noqa: ANN401 - see above
    kind = chance.randrange(6)
    if kind == 0:
        del holder[key]
    elif kind == 1:
        holder[key] = [holder[key]]
    elif kind == 2:
        holder[key] = other
    elif kind == 3 and isinstance(holder, dict):
        holder[chance.choice(_NAMES)] = holder.pop(key)
    elif kind == 4 and isinstance(holder, dict):
        holder[chance.choice(_NAMES)] = chance.choice(_VALUES)
    else:
        holder[key] = chance.choice(_VALUES)
