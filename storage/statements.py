"""Statements are written once with `$1`-style parameters, as PostgreSQL takes them; SQLite binds what they become here.

SQLite reads `$2` as a name and numbers names by their first appearance, so `$2, $1` bound by position would swap values
silently (https://www.sqlite.org/lang_expr.html#varparam). Hence `?2, ?1`, which are positions wherever they appear.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType
from typing import Final

from storage.errors import ProgrammingError

#: What a parameter may be; bool counts as int, a float is refused: money and times are whole.
Value = int | str | bytes | None

_STORABLE: Final = (int, str, bytes, NoneType)
_KNOWN_STATEMENTS: Final = 1024

# SQLite's tokens, as far as a `$` can hide in them (https://www.sqlite.org/lang_keywords.html, tokenize.c's rules);
# what the text leaves open runs to its end, as SQLite reads it. A doubled quote reads as two quoted parts side by side.
_TOKENS: Final = re.compile(
    r"""
    (?P<comment> --[^\n]*+ | /\*.*?(?:\*/|\Z) )
  | (?P<quoted> '[^']*+'? | "[^"]*+"? | `[^`]*+`? | \[[^\]]*+\]? )
  | (?P<word> [A-Za-z_\u0080-\U0010ffff][\w$\u0080-\U0010ffff]*+ )
  | (?P<parameter> \$[\w$\u0080-\U0010ffff]++ )
  | (?P<other> [^\s;] )
    """,
    re.VERBOSE | re.DOTALL,
)
_NUMBERED: Final = re.compile(r"\$([1-9][0-9]*)")
_ENDS_TRANSACTIONS: Final = frozenset({"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"})


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as SQLite binds it, and how many parameters it has."""

    sql: str
    parameters: int

    def check(self, args: Sequence[Value]) -> None:
        """Raise ProgrammingError for a wrong number of parameters, TypeError for a type never stored."""
        if len(args) != self.parameters:
            raise ProgrammingError(f"the statement has {self.parameters} parameters, not {len(args)}")
        for value in args:
            if not isinstance(value, _STORABLE):
                raise TypeError(f"a parameter may be int, str, bytes or None, not {type(value).__name__}")


@lru_cache(maxsize=_KNOWN_STATEMENTS)
def statement(sql: str) -> Statement:
    """Look a statement through, whatever the database, and rewrite it for SQLite.

    Raises ProgrammingError when the numbers are not 1, 2, 3 … without a gap, or when the statement would end the
    transaction it runs in.
    """
    if _first_word(sql) in _ENDS_TRANSACTIONS:
        raise ProgrammingError("a transaction begins and ends around its work, not in it")
    numbers: set[int] = set()

    def rewrite(token: re.Match[str]) -> str:
        if token.lastgroup != "parameter":
            return token.group()
        number = _number(token.group())
        numbers.add(number)
        return f"?{number}"

    rewritten = _TOKENS.sub(rewrite, sql)
    if numbers != set(range(1, len(numbers) + 1)):
        raise ProgrammingError(f"parameters are numbered without gaps from $1, not {sorted(numbers)}")
    return Statement(rewritten, len(numbers))


def is_blank(sql: str) -> bool:
    """Whether nothing but blanks, comments and semicolons is left."""
    return all(token.lastgroup == "comment" for token in _TOKENS.finditer(sql))


def _number(parameter: str) -> int:
    if not (numbered := _NUMBERED.fullmatch(parameter)):
        raise ProgrammingError(f"parameters are numbers like $1, not {parameter}")
    return int(numbered[1])


def _first_word(sql: str) -> str:
    for token in _TOKENS.finditer(sql):
        if token.lastgroup != "comment":
            return token.group().upper()
    return ""
