"""What operators wrote for the shop's pages; a page without a row has its standard text."""

from __future__ import annotations

from datetime import datetime

from bot.domain.pages import OwnPage, PageName
from storage.database import Row, Tx
from storage.times import from_ms, to_ms


async def get(tx: Tx, name: PageName, language: str) -> OwnPage | None:
    """An operator's text of a page in a language; None while the standard one holds."""
    row = await tx.one("SELECT * FROM pages WHERE name = $1 AND language = $2", name.value, language)
    return _page(row) if row else None


async def every(tx: Tx) -> list[OwnPage]:
    """Whatever was written; a page that this version does not know is left out."""
    rows = await tx.all("SELECT * FROM pages ORDER BY name, language")
    return [_page(row) for row in rows if row["name"] in frozenset(PageName)]


async def put(tx: Tx, name: PageName, language: str, text: str, operator_id: int, now: datetime) -> None:
    """Write a page's text in place of whatever it was."""
    await tx.run(
        "INSERT INTO pages (name, language, text, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (name, language) DO UPDATE SET text = excluded.text, changed_by = excluded.changed_by,"
        " changed_at = excluded.changed_at",
        name.value, language, text, operator_id, to_ms(now),
    )  # fmt: skip


async def drop(tx: Tx, name: PageName, language: str) -> bool:
    """Forget an operator's text; False where there is none."""
    return bool(await tx.run("DELETE FROM pages WHERE name = $1 AND language = $2", name.value, language))


def _page(row: Row) -> OwnPage:
    name, at = PageName(row["name"]), from_ms(row["changed_at"])
    return OwnPage(name, row["language"], row["text"], row["changed_by"], at)
