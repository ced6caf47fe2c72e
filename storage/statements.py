"""Statements are written once, with `$1`-style parameters; this is how SQLite gets them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

#: String literals, quoted names, comments: what may hold a `$` that is no parameter.
_TOKEN: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$(\d+)", re.DOTALL)

Value = int | str | bytes | None


@lru_cache(maxsize=1024)
def named(sql: str) -> str:
    """The statement with `:p1` for `$1`.

    SQLite binds `$2, $1` by order of appearance, which would swap values without a word; names cannot be swapped.
    """
    return _TOKEN.sub(lambda match: f":p{match[1]}" if match[1] else match[0], sql)


def bound(values: Sequence[Value]) -> Mapping[str, Value]:
    """The values under the names `named` uses. Raises TypeError for a float: no money and no time is one."""
    if any(isinstance(value, float) for value in values):
        raise TypeError("floats are not stored")
    return {f"p{number}": value for number, value in enumerate(values, 1)}
