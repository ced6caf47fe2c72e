"""How far each table has numbered its rows: a number given once is never given again, in no database."""

from __future__ import annotations

from collections.abc import Mapping

from storage.database import Database, Kind, Tx


async def last_numbers(db: Database) -> dict[str, int]:
    """The highest number each numbered table ever gave; tables that gave none are missing."""
    return await db.read(lambda tx: numbers_of(tx, db.kind))


async def numbers_of(tx: Tx, kind: Kind) -> dict[str, int]:
    """The same in a transaction at hand."""
    return await (_of_sqlite(tx) if kind is Kind.SQLITE else _of_postgres(tx))


async def number_on(db: Database, last: Mapping[str, int]) -> None:
    """Go on after these numbers, wherever the database numbers by itself."""

    async def work(tx: Tx) -> None:
        for table, number in last.items():
            if db.kind is Kind.SQLITE:
                await _set_in_sqlite(tx, table, number)
            else:
                await _set_in_postgres(tx, table, number)

    await db.write(work)


async def _of_sqlite(tx: Tx) -> dict[str, int]:
    return {row["name"]: row["seq"] for row in await tx.all("SELECT name, seq FROM sqlite_sequence WHERE seq > 0")}


async def _of_postgres(tx: Tx) -> dict[str, int]:
    rows = await tx.all(
        "SELECT table_name AS name, pg_sequence_last_value(CAST(pg_get_serial_sequence(quote_ident(table_name),"
        " column_name) AS regclass)) AS last FROM information_schema.columns"
        " WHERE is_identity = 'YES' AND table_schema = current_schema()"
    )
    return {row["name"]: row["last"] for row in rows if row["last"] is not None}


async def _set_in_sqlite(tx: Tx, table: str, number: int) -> None:
    if not await tx.run("UPDATE sqlite_sequence SET seq = $2 WHERE name = $1 AND seq < $2", table, number):
        await tx.run(
            "INSERT INTO sqlite_sequence (name, seq) SELECT name, $2 FROM sqlite_master WHERE name = $1"
            " AND sql LIKE '%AUTOINCREMENT%' AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = $1)",
            table, number,
        )  # fmt: skip


async def _set_in_postgres(tx: Tx, table: str, number: int) -> None:
    await tx.all(
        "SELECT setval(CAST(pg_get_serial_sequence(quote_ident(table_name), column_name) AS regclass), $2)"
        " FROM information_schema.columns"
        " WHERE table_name = $1 AND is_identity = 'YES' AND table_schema = current_schema()",
        table, number,
    )  # fmt: skip
