"""One person who wants everything: what they can store, queue and use up is bounded, and others come in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import BadInput
from bot.domain.inputs import Field, check
from bot.domain.notices import Notice, NoticeKind
from bot.engine import customers, notices
from bot.panels.outcomes import Placed
from bot.wire.reasons import HttpFacts
from handlers.callbacks import BeginOrder, ShowCategories, ShowMenu
from handlers.customer import files
from storage import outbox
from storage.database import Kind
from tests.engine.workshop import Workshop, workshop
from tests.handlers.counter import Counter
from tests.handlers.samples import service
from tests.kit import LINK, MINA, THEO

NORA = 1003


@pytest.fixture
async def bench(both_databases: Kind, tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as made:
        for person in (MINA, THEO, NORA):
            await made.customer("1000", person)
        yield made


async def _served(bench: Workshop, many: int) -> list[int]:
    """Whose order the submitter takes, one after the other."""
    found = []
    for number in range(many):
        claimed = await bench.claim()
        order = await bench.record(claimed, Placed(f"up-{len(found)}-{number}-{claimed.order.id}", HttpFacts(200)))
        found.append(order.customer_id)
    return found


async def _orders(bench: Workshop, person: int, many: int, start: int = 0) -> None:
    for number in range(start, start + many):
        await bench.order(person=person, link=f"{LINK}/{person}/{number}")


async def test_a_customer_with_many_orders_keeps_nobody_waiting(bench: Workshop) -> None:
    await _orders(bench, MINA, 40)
    assert await _served(bench, 3) == [MINA] * 3
    await _orders(bench, THEO, 1)
    assert THEO in await _served(bench, 2), "served at once, though 37 came before"


async def test_customers_are_served_in_turn_and_nobody_is_put_off_for_ever(bench: Workshop) -> None:
    await _orders(bench, MINA, 10)
    await _orders(bench, THEO, 10)
    served = await _served(bench, 6)
    assert sorted(served) == [MINA] * 3 + [THEO] * 3
    for number in range(5):  # somebody who always has a fresh one does not go before all others for ever
        await _orders(bench, NORA, 1, number)
        served += await _served(bench, 3)
    assert min(served.count(person) for person in (MINA, THEO)) >= 7
    assert served.count(NORA) == 5


async def test_an_order_that_rests_holds_up_nobody_of_its_line(bench: Workshop) -> None:
    await _orders(bench, MINA, 3)
    await bench.sql("UPDATE orders SET next_at = next_at + 60000 WHERE id IN (1, 2)")
    claimed = await bench.claim()
    assert claimed.order.id == 3


async def test_news_reach_everybody_in_turn(bench: Workshop) -> None:
    """A thousand waiting messages of one person are one at a time among those of others."""
    for person, many in ((MINA, 300), (THEO, 1), (NORA, 1)):
        for number in range(many):
            notice = Notice(f"answer:{person}:{number}", person, NoticeKind.ANSWER, None, {"ticket": 1, "text": "x"})
            await bench.shop.db.write(lambda tx, notice=notice: outbox.post(tx, notice, bench.clock()))
    due = await notices.due(bench.shop, bench.clock() + timedelta(seconds=1), 10)
    assert sorted(each.notice.chat_id for each in due) == [MINA, THEO, NORA]


# Rows ---------------------------------------------------------------------------------------------


async def _rows(shop: Counter) -> dict[str, int]:
    """How many rows each table holds, but for the inbox, whose texts are emptied and which is cleared out weekly."""

    async def work(tx: Any) -> dict[str, int]:
        names = [row["name"] for row in await tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {n: (await tx.one(f"SELECT COUNT(*) AS n FROM {n}"))["n"] for n in names if n != "inbox"}

    return await shop.bench.shop.db.read(work)


async def test_taps_without_end_leave_no_rows(shop: Counter) -> None:
    await shop.say("/start")
    card = await shop.say("/order")
    for button in (ShowMenu(), ShowCategories(1), BeginOrder(shop.bench.service())):
        await shop.press_data(card, button.pack())
    before = await _rows(shop)
    for _ in range(40):
        for button in (ShowMenu(), ShowCategories(1), BeginOrder(shop.bench.service())):
            await shop.press_data(card, button.pack())
        await shop.say("no link at all")
    after = await _rows(shop)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {}


async def test_somebody_new_is_three_rows_however_often_they_come(shop: Counter) -> None:
    before = await _rows(shop)
    for person in (MINA, THEO):
        for _ in range(3):
            await shop.say("/start", person)
    after = await _rows(shop)
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert grown == {"customers": 2, "accounts": 4}


async def test_a_message_to_the_operators_is_bounded_in_length_and_number(bench: Workshop) -> None:
    for number in range(30):
        await customers.ask_operator(bench.shop, 5000 + number, MINA, "x" * 10_000, bench.clock())
    rows = await bench.rows("SELECT text FROM tickets")
    assert len(rows) <= customers.TICKETS_MAX
    assert all(len(row["text"]) <= customers.TICKET_MAX_CHARACTERS for row in rows)


# Files --------------------------------------------------------------------------------------------


async def test_a_flood_of_files_is_fetched_so_often_and_the_question_stays(shop: Counter) -> None:
    await shop.say("/start")
    await shop.to_question("mentions custom list")
    await shop.say(LINK)
    for number in range(files.UPLOADS_MAX + 5):
        answer = await shop.upload(b"mina", f"names{number}.txt")
    assert "many files in a short time" in answer.text
    assert "Send the usernames" in answer.text
    assert len(await shop.journal("getFile")) == files.UPLOADS_MAX
    shop.bench.clock.forward(minutes=6)
    again = await shop.upload("\n".join(f"mina{n}" for n in range(20)).encode(), "names.txt")
    assert "I read names.txt" in again.text


def test_more_links_than_can_be_taken_are_counted_and_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """128 kB of links would keep everybody waiting for half a second."""
    looked = []
    monkeypatch.setattr("bot.domain.lists.check_link", looked.append)
    many = "\n".join(f"https://nestchat.example/g/{n}" for n in range(4000))
    with pytest.raises(BadInput) as refused:
        check(Field.GROUPS, many, service(type="invites from groups"))
    assert refused.value.facts == {"maximum": 1000, "count": 4000}
    assert looked == []
