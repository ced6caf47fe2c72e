"""Statements say `$1`; SQLite binds by position what they mean."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import ProgrammingError
from storage.statements import is_blank, statement

#: Texts in which a `$` means nothing.
OPAQUE = st.sampled_from([
    "'$1'", "'it''s $2'", "'--' ", "'/*$1'", "'a$10b'", "''", "'\"'", "'`$1['", "x'24'",
])  # fmt: skip
ALIASES = st.sampled_from(['"$1"', "`$2`", "[$3]", "a$1", '"do""llar$1"', "\u00e9$1", "_$1_$2"])
COMMENTS = st.sampled_from(["", " ", "\n", "-- $1 'it\n", '/* $2 " */', "/**/", "--\n", "/* -- $1 */ -- '\n"])


@st.composite
def selects(draw: st.DrawFn) -> tuple[str, list[int], list[object]]:
    """A SELECT of parameters and literals in any order, its arguments, and the row that must come out."""
    count = draw(st.integers(min_value=0, max_value=25))
    args = draw(st.lists(st.integers(0, 10**6), min_size=count, max_size=count, unique=True))
    wanted = [*range(1, count + 1), *draw(st.lists(st.integers(1, max(count, 1)), max_size=5 if count else 0))]
    columns: list[int | str] = draw(st.permutations([*wanted, *draw(st.lists(OPAQUE, min_size=1, max_size=6))]))
    parts, expected = [], []
    for column in columns:
        text = f"${column}" if isinstance(column, int) else column
        parts.append(f"{draw(COMMENTS)}{text}{draw(COMMENTS)} AS {draw(ALIASES)}{draw(COMMENTS)}")
        expected.append(args[column - 1] if isinstance(column, int) else literal(column))
    return f"{draw(COMMENTS)}SELECT {','.join(parts)}", args, expected


def literal(sql: str) -> object:
    with sqlite3.connect(":memory:") as plain:
        value = plain.execute(f"SELECT {sql}").fetchone()[0]
    plain.close()
    return value


@given(selects())
def test_every_parameter_reaches_its_places_and_nothing_else_changes(made: tuple[str, list[int], list[object]]) -> None:
    sql, args, expected = made
    known = statement(sql)
    plain = sqlite3.connect(":memory:")
    try:
        assert list(plain.execute(known.sql, args).fetchone()) == expected
    finally:
        plain.close()


@given(st.lists(st.one_of(OPAQUE, ALIASES, COMMENTS), max_size=20))
def test_text_without_parameters_stays_as_it_is(parts: list[str]) -> None:
    sql = "SELECT " + "\n".join(parts)
    assert statement(sql).sql == sql
    assert statement(sql).parameters == 0


def test_parameters_out_of_order_are_not_swapped() -> None:
    known = statement("UPDATE t SET a = $2 WHERE b = $1")
    assert known.sql == "UPDATE t SET a = ?2 WHERE b = ?1"
    assert known.parameters == 2


def test_ten_is_not_one_followed_by_a_zero() -> None:
    known = statement("SELECT " + ", ".join(f"${n}" for n in (10, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1)))
    assert known.sql == "SELECT ?10, ?1, ?9, ?8, ?7, ?6, ?5, ?4, ?3, ?2, ?1"


@pytest.mark.parametrize(
    "sql", ["SELECT 'open $1", 'SELECT "open $1', "SELECT 1 /* $1", "SELECT 1 -- $1", "SELECT [$1"]
)
def test_what_is_left_open_runs_to_the_end(sql: str) -> None:
    assert statement(sql).sql == sql


@pytest.mark.parametrize(
    "sql", ["SELECT $2", "SELECT $1, $3", "SELECT $0", "SELECT $01", "SELECT $one", "SELECT $1a", "SELECT $$"]
)
def test_numbers_with_a_gap_or_names_are_refused(sql: str) -> None:
    with pytest.raises(ProgrammingError, match=r"numbered without gaps|numbers like"):
        statement(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "BEGIN",
        "commit",
        " -- so\n END",
        "/* */ROLLBACK",
        ";COMMIT",
        "SAVEPOINT a",
        "RELEASE member",
        "Rollback TO member",
    ],
)
def test_a_statement_cannot_end_its_transaction(sql: str) -> None:
    with pytest.raises(ProgrammingError, match="begins and ends around its work"):
        statement(sql)


@pytest.mark.parametrize("args", [[], [1], [1, 2, 3]])
def test_the_number_of_arguments_is_exact(args: list[int]) -> None:
    with pytest.raises(ProgrammingError, match=f"2 parameters, not {len(args)}"):
        statement("SELECT $1, $2").check(args)


@pytest.mark.parametrize("value", [1.0, Decimal(1), object(), ["a"], bytearray(b"a")])
def test_types_that_are_never_stored_are_refused_without_showing_the_value(value: object) -> None:
    with pytest.raises(TypeError, match=f"not {type(value).__name__}$"):
        statement("SELECT $1").check([value])  # type: ignore[list-item]


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize("value", [0, -(2**63), 2**63 - 1, "", "text\x00", b"", None, True, Colour.RED])
def test_whole_numbers_texts_bytes_and_nothing_are_stored_as_they_are(value: int | str | bytes | None) -> None:
    known = statement("SELECT $1")
    plain = sqlite3.connect(":memory:")
    try:
        assert plain.execute(known.sql, [value]).fetchone()[0] == value
    finally:
        plain.close()


@pytest.mark.parametrize(
    ("sql", "blank"), [("", True), (" ;\n-- $1\n/* ; */;", True), ("-- a\nSELECT", False), ("''", False)]
)
def test_blank_is_what_would_run_nothing(sql: str, blank: bool) -> None:
    assert is_blank(sql) is blank
