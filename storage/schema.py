"""The shop's tables, asked of the database itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from storage.database import Database, Kind, Tx

#: What the migrations keep for themselves.
BOOKKEEPING: Final = "schema_version"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the shop."""

    name: str
    columns: tuple[str, ...]
    #: The columns of its primary key, in their order.
    key: tuple[str, ...]
    #: The tables whose rows its own refer to.
    refers_to: frozenset[str]


# SQLite keeps a table's names apart from its rows in pragmas that read like tables.
_QUERIES: Final[Mapping[Kind, tuple[str, str, str]]] = {
    Kind.SQLITE: (
        (
            "SELECT tables.name AS name, columns.name AS col FROM sqlite_master AS tables"
            " JOIN pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
            " AND tables.name NOT LIKE 'sqlite%' ORDER BY tables.name, columns.cid"
        ),
        (
            "SELECT tables.name AS name, columns.name AS col FROM sqlite_master AS tables"
            " JOIN pragma_table_info(tables.name) AS columns WHERE tables.type = 'table' AND columns.pk > 0"
            " AND tables.name NOT LIKE 'sqlite%' ORDER BY tables.name, columns.pk"
        ),
        (
            'SELECT tables.name AS name, target."table" AS target FROM sqlite_master AS tables'
            " JOIN pragma_foreign_key_list(tables.name) AS target WHERE tables.type = 'table'"
        ),
    ),
    Kind.POSTGRES: (
        (
            "SELECT table_name AS name, column_name AS col FROM information_schema.columns"
            " WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position"
        ),
        (
            "SELECT CAST(CAST(conrelid AS regclass) AS TEXT) AS name, attname AS col FROM pg_constraint"
            " JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey) WHERE contype = 'p'"
            " AND connamespace = CAST(current_schema() AS regnamespace) ORDER BY name, array_position(conkey, attnum)"
        ),
        (
            "SELECT CAST(CAST(conrelid AS regclass) AS TEXT) AS name,"
            " CAST(CAST(confrelid AS regclass) AS TEXT) AS target FROM pg_constraint WHERE contype = 'f'"
            " AND connamespace = CAST(current_schema() AS regnamespace)"
        ),
    ),
}


async def tables(db: Database) -> list[Table]:
    """The shop's tables, each after those it refers to."""
    of_columns, of_keys, of_references = _QUERIES[db.kind]

    async def work(tx: Tx) -> list[Table]:
        columns = _grouped([(row["name"], row["col"]) for row in await tx.all(of_columns)])
        keys = _grouped([(row["name"], row["col"]) for row in await tx.all(of_keys)])
        references = _grouped([(row["name"], row["target"]) for row in await tx.all(of_references)])
        return [
            Table(name, tuple(columns[name]), tuple(keys[name]), frozenset(references.get(name, ())))
            for name in sorted(columns.keys() - {BOOKKEEPING})
        ]

    return _in_order(await db.read(work))


def _grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _in_order(found: Sequence[Table]) -> list[Table]:
    placed: list[Table] = []
    waiting = list(found)
    while waiting:
        names = {table.name for table in placed}
        ready = [table for table in waiting if table.refers_to <= names | {table.name}]
        if not ready:
            raise ValueError(f"tables that refer to each other in a ring: {sorted(table.name for table in waiting)}")
        placed += ready
        waiting = [table for table in waiting if table not in ready]
    return placed
