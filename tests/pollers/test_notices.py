"""The courier: nothing is told twice because of our own disk, and nobody waits for somebody else's trouble."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.engine import broadcasting
from bot.engine.notices import Delivery, Sent
from bot.pollers.loop import Loops
from bot.pollers.notices import BROADCASTS_AT_ONCE, Courier
from storage.errors import DiskTrouble
from storage.outbox import Waiting
from tests.kit import IRIS, MINA, THEO, Bench, bench


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        await made.customer("1")
        await made.customer("1", THEO)
        yield made


async def watch(_name: str, _error: Exception | None) -> None:
    """Nobody is told here."""


class Post:
    """Delivers by remembering."""

    def __init__(self) -> None:
        self.delivered: list[str] = []
        self.asked = asyncio.Semaphore(0)
        self.hold: asyncio.Event | None = None
        self.chokes_on: int | None = None

    async def __call__(self, waiting: Waiting) -> Delivery:
        self.asked.release()
        if waiting.notice.chat_id == self.chokes_on:
            raise OverflowError("no words for it")
        if self.hold:
            await self.hold.wait()
        self.delivered.append(waiting.notice.key)
        return Sent(None)


async def both_asked(post: Post) -> None:
    for _ in (MINA, THEO):
        await post.asked.acquire()


async def test_a_notice_that_cannot_be_marked_sent_is_not_sent_again(
    shop: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    loops, post = Loops(watch), Post()
    real, refusals = shop.shop.db.write, 3

    async def refuse_at_first(work):  # type: ignore[no-untyped-def]
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise DiskTrouble("disk is full")
        return await real(work)

    courier = Courier(shop.shop, post, loops, shop.clock)
    monkeypatch.setattr("bot.pollers.storing.RETRY_SECONDS", 0)
    monkeypatch.setattr(type(shop.shop.db), "write", lambda _db, work: refuse_at_first(work))
    loops.every("notices", courier.step)
    await both_asked(post)
    await courier.stop(5)
    left = await shop.shop.db.read(lambda tx: tx.all("SELECT key FROM notices WHERE state = 'waiting'"))
    assert left == []
    assert len(post.delivered) == len(set(post.delivered)) == 2
    await loops.stop()


async def test_a_notice_that_cannot_be_made_holds_up_nobody_else(shop: Bench) -> None:
    loops, post = Loops(watch), Post()
    post.chokes_on = MINA
    courier = Courier(shop.shop, post, loops, shop.clock)
    loops.every("notices", courier.step)
    await both_asked(post)
    await courier.stop(5)
    assert len(post.delivered) == 1
    row = await shop.shop.db.read(
        lambda tx: tx.one("SELECT tries, state FROM notices WHERE chat_id = $1 AND kind = 'credited'", MINA)
    )
    assert row is not None
    assert (row["tries"], row["state"]) == (1, "waiting"), "put off once, not tried in a circle"
    await loops.stop()


async def test_a_polite_stop_waits_for_what_is_on_its_way(shop: Bench) -> None:
    loops, post = Loops(watch), Post()
    post.hold = asyncio.Event()
    courier = Courier(shop.shop, post, loops, shop.clock)
    loops.every("notices", courier.step)
    await both_asked(post)
    asyncio.get_running_loop().call_soon(post.hold.set)
    await courier.stop(5)
    assert len(post.delivered) == 2
    left = await shop.shop.db.read(lambda tx: tx.all("SELECT key FROM notices WHERE state = 'waiting'"))
    assert left == []
    await loops.stop()


async def test_a_row_read_before_it_was_marked_sent_is_not_sent_again(
    shop: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader is slow: what was on its way when it looked is through when it answers."""
    loops, post, through = Loops(watch), Post(), asyncio.Event()
    post.hold = asyncio.Event()
    courier = Courier(shop.shop, post, loops, shop.clock)
    real = shop.shop.db.read
    await courier.step()
    await both_asked(post)

    async def slow(work):  # type: ignore[no-untyped-def]
        found = await real(work)
        post.hold.set()
        await through.wait()
        return found

    monkeypatch.setattr(type(shop.shop.db), "read", lambda _db, work: slow(work))
    looking = asyncio.ensure_future(courier.step())  # noqa: TID251 - a test's own
    await asyncio.wait(list(courier._on_the_way.values()))
    through.set()
    await looking
    await courier.stop(5)
    assert len(post.delivered) == 2
    await loops.stop()


async def test_a_broadcast_takes_few_places_and_the_news_finds_room(shop: Bench) -> None:
    loops, post = Loops(watch), Post()
    for n in range(30):
        await shop.customer("0", 5000 + n)
    await shop.shop.db.write(lambda tx: tx.run("DELETE FROM notices"))
    drafted, _ = await broadcasting.draft(shop.shop, 1, IRIS, "News", shop.clock())
    await broadcasting.start(shop.shop, drafted.id, IRIS, None, shop.clock())
    await broadcasting.go_on(shop.shop, shop.clock())
    await shop.credit("1")
    post.hold = asyncio.Event()
    courier = Courier(shop.shop, post, loops, shop.clock)
    await courier.step()
    kinds = [key.partition(":")[0] for key in started(courier)]
    assert kinds.count("broadcast") == BROADCASTS_AT_ONCE
    assert kinds.count("credit") == 1
    post.hold.set()
    await courier.stop(5)
    await loops.stop()


def started(courier: Courier) -> list[str]:
    """The keys of what is on its way."""
    return [task.get_name().removeprefix("notice ") for task in courier._on_the_way.values()]
