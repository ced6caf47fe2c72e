"""A customer and an operator get the same statement through the whole shop; its sums are the ledger's."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import aiohttp

from tests.journeys.kit import Phone, Seen
from tests.journeys.shopping import Market, has, market
from tests.kit import MINA


async def chosen(phone: Phone, said: str) -> Seen:
    """As far as the choice of a statement."""
    number = await phone.say(said)
    page = await phone.until(lambda m: m.from_bot and m.id > number and has(m, "Statement"))
    await phone.press("Statement", page)
    return await phone.until(lambda m: m.id >= page.id and has(m, "Everything · CSV"))


async def file_of(open_shop: Market, phone: Phone, label: str, choice: Seen) -> tuple[str, bytes]:
    await phone.press(label, choice)
    seen = await phone.until(
        lambda m: bool(m.raw.get("document")) and m.raw["document"]["name"].endswith(label[-3:].lower())
    )
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{open_shop.place.base}/chat/files/{seen.raw['document']['file_id']}") as answer,
    ):
        return seen.raw["document"]["name"], await answer.read()


async def test_a_customer_and_an_operator_get_a_statement_as_table_and_as_paper(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        mina, iris = open_shop.mina, open_shop.iris
        await open_shop.active()
        choice = await chosen(mina, "/wallet")
        name, table = await file_of(open_shop, mina, "Everything · CSV", choice)
        assert name.startswith(f"statement-{MINA}-")
        rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline="")))
        moved = sum(Decimal(row["Amount"]) for row in rows if row["row"] == "movement")
        ends = {row["row"]: Decimal(row["Balance"]) for row in rows if row["row"] in ("opening", "closing")}
        (held,) = (Decimal(row["Amount"]) for row in rows if row["row"] == "held")
        available, held_now = await open_shop.money()
        assert ends["closing"] - ends["opening"] == moved
        assert (ends["closing"], held) == (available, held_now)
        assert {row["Order"] for row in rows if row["What"] == "Order" and row["row"] == "movement"} == {"1"}
        _, paper = await file_of(open_shop, mina, "This month · PDF", choice)
        assert paper.startswith(b"%PDF-")
        _, theirs = await file_of(open_shop, iris, "Everything · CSV", await chosen(iris, f"/user {MINA}"))
        assert theirs == table
        acts = await open_shop.rows("SELECT detail FROM acts WHERE act = 'export'")
        assert [row["detail"] for row in acts] == ["statement all"]
