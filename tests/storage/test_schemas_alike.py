"""Both databases' migrations say the same: tables, columns, nullability, defaults, keys, checks, indexes, triggers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from storage.database import Database, Kind
from storage.migrate import MIGRATIONS, migrate, read_migrations
from storage.schema import tables
from tests import databases

PLAIN_TYPES = {"INTEGER": "bigint", "TEXT": "text"}

COLUMNS = {
    Kind.SQLITE: 'SELECT t.name AS name, c.name AS col, c.type AS type, c."notnull" OR c.pk > 0 AS needed,'
    " c.dflt_value AS given FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c WHERE t.type = 'table'"
    " AND t.name NOT LIKE 'sqlite%'",
    Kind.POSTGRES: "SELECT table_name AS name, column_name AS col, data_type AS type, is_nullable = 'NO' AS needed,"
    " column_default AS given FROM information_schema.columns WHERE table_schema = 'public'",
}
INDEXES = {
    Kind.SQLITE: 'SELECT t.name AS name, i.name AS idx, i."unique" AS uniq, i.partial AS partial,'
    " (SELECT group_concat(c.name, ',') FROM pragma_index_info(i.name) AS c) AS cols"
    " FROM sqlite_master AS t JOIN pragma_index_list(t.name) AS i WHERE t.type = 'table'",
    Kind.POSTGRES: "SELECT CAST(CAST(indrelid AS regclass) AS TEXT) AS name, CAST(CAST(indexrelid AS regclass) AS TEXT)"
    " AS idx, indisunique AS uniq, indpred IS NOT NULL AS partial, (SELECT string_agg(attname, ',' ORDER BY"
    " array_position(CAST(indkey AS SMALLINT[]), attnum)) FROM pg_attribute WHERE attrelid = indrelid AND attnum ="
    " ANY (indkey)) AS cols FROM pg_index JOIN pg_class ON pg_class.oid = indrelid"
    " WHERE relnamespace = CAST('public' AS regnamespace)",
}
TRIGGERS = {
    Kind.SQLITE: "SELECT name, tbl_name AS tab FROM sqlite_master WHERE type = 'trigger'",
    Kind.POSTGRES: "SELECT tgname AS name, CAST(CAST(tgrelid AS regclass) AS TEXT) AS tab FROM pg_trigger"
    " WHERE NOT tgisinternal",
}


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[dict[Kind, Database]]:
    async with AsyncExitStack() as stack:
        opened = {Kind.SQLITE: await stack.enter_async_context(await Database.open(databases.address(tmp_path)))}
        stack.enter_context(databases.standing_on(Kind.POSTGRES))
        opened[Kind.POSTGRES] = await stack.enter_async_context(await Database.open(databases.address(tmp_path)))
        for db in opened.values():
            await migrate(db)
        yield opened


async def found(both: dict[Kind, Database], kind: Kind, queries: dict[Kind, str]) -> list[dict[str, object]]:
    return [dict(row) for row in await both[kind].read(lambda tx: tx.all(queries[kind])) if "schema_version" not in row]


async def test_the_columns_are_alike(both: dict[Kind, Database]) -> None:
    def line(row: dict[str, object]) -> tuple[object, ...]:
        given = str(row["given"] or "").partition("::")[0]
        kind = str(row["type"])
        return row["name"], row["col"], PLAIN_TYPES.get(kind, kind), bool(row["needed"]), given

    ours, theirs = [
        {line(row) for row in await found(both, kind, COLUMNS) if row["name"] != "schema_version"} for kind in Kind
    ]
    assert ours - theirs == set()
    assert theirs - ours == set()


async def test_the_indexes_are_alike(both: dict[Kind, Database]) -> None:
    def line(row: dict[str, object]) -> tuple[object, ...]:
        own = bool(re.search(r"autoindex|_pkey$|_key$", str(row["idx"])))
        return row["name"], "" if own else row["idx"], row["cols"], bool(row["uniq"]), bool(row["partial"])

    ours, theirs = [{line(row) for row in await found(both, kind, INDEXES)} for kind in Kind]
    assert ours - theirs == set()
    # A number that is SQLite's own row number has no index of its own there.
    assert {(line[1], line[3], line[4]) for line in theirs - ours} <= {("", True, False)}
    assert all("," not in str(line[2]) for line in theirs - ours)


async def test_keys_references_and_order_are_alike(both: dict[Kind, Database]) -> None:
    ours, theirs = [await tables(both[kind]) for kind in Kind]
    assert ours == theirs
    assert [table.name for table in ours if not table.key] == [], "whatever is copied needs a key"


async def test_the_triggers_are_alike(both: dict[Kind, Database]) -> None:
    ours, theirs = [{(row["name"], row["tab"]) for row in await found(both, kind, TRIGGERS)} for kind in Kind]
    assert ours == theirs
    assert len(ours) >= 2


async def test_the_checks_are_as_many(both: dict[Kind, Database]) -> None:
    made = await both[Kind.SQLITE].read(lambda tx: tx.all("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    ours = Counter({row["name"]: n for row in made if (n := len(re.findall(r"\bCHECK \(", row["sql"])))})
    rows = await both[Kind.POSTGRES].read(
        lambda tx: tx.all(
            "SELECT CAST(CAST(conrelid AS regclass) AS TEXT) AS name FROM pg_constraint WHERE contype = 'c'"
            " AND connamespace = CAST('public' AS regnamespace)"
        )
    )
    assert ours == Counter(row["name"] for row in rows)


def test_the_files_have_the_same_names_and_the_same_checks() -> None:
    ours, theirs = [read_migrations(MIGRATIONS / kind.value) for kind in Kind]
    assert [m.name for m in ours] == [m.name for m in theirs]
    before: tuple[str, ...] = ()
    for one, other in zip(ours, theirs, strict=True):
        repeated = checks(tuple(s for s in one.statements if made_anew(s, before)), before)
        assert checks(one.statements) - repeated == checks(other.statements)
        before += one.statements


def made_anew(statement: str, before: tuple[str, ...]) -> bool:
    """Whether SQLite repeats here what it had: it changes a table's check only by making the table anew."""
    if "_of_more_kinds (" in statement:
        return True
    index = re.search(r"INDEX (\w+)", statement)
    return index is not None and any(f"INDEX {index[1]} " in earlier for earlier in before)


def checks(statements: tuple[str, ...], known: tuple[str, ...] | None = None) -> Counter[str]:
    """Every condition statements state, of a check or of a partial index, to the word; only the `known`, if given."""
    found: list[str] = []
    for statement in statements:
        text = re.sub(r"\s+", " ", re.sub(r"--[^\n]*", "", statement))
        found += [_in_brackets(text, start.end()) for start in re.finditer(r"\bCHECK \(", text)]
        if " INDEX " in text and " WHERE " in text:
            found.append(text.partition(" WHERE ")[2].rstrip(";"))
    if known is not None:
        before = checks(known) if known else Counter[str]()
        return Counter(check for check in found if check in before)
    assert found or len(statements) < 3
    return Counter(found)


def _in_brackets(text: str, start: int) -> str:
    depth = 1
    for end in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if not depth:
            return text[start:end]
    raise ValueError(text)
