"""Orders, quotes and attempts in the database: every change is a compare-and-set, every promise a constraint."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.money import ZERO, Money
from bot.domain.orders import AttemptOutcome, Attention, OrderState, Reading, Reason, Status
from storage import attempts, orders, quotes
from storage.database import Tx
from storage.errors import Conflict, StorageError
from tests.engine.workshop import LIKES, NORD, SUED, Workshop, report, workshop
from tests.kit import LINK, MINA

pytestmark = pytest.mark.usefixtures("both_databases")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as made:
        await made.customer("100")
        yield made


async def test_an_order_is_read_as_it_was_written(bench: Workshop) -> None:
    answers = {"link": f"{LINK}?a='b'&c=\"d\"", "comments": "eins\nzwei 💬\n三"}
    order = await bench.order(3, **answers)
    assert order.answers == answers
    assert (order.type, order.quantity, order.link) == ("custom comments", 3, answers["link"])
    assert await bench.read(order.id) == order
    assert await bench.shop.db.read(lambda tx: orders.get(tx, 99)) is None
    assert await bench.shop.db.read(lambda tx: orders.need(tx, order.id)) == order
    with pytest.raises(LookupError, match="order 99"):
        await bench.shop.db.read(lambda tx: orders.need(tx, 99))


async def test_a_panels_newest_id_is_that_of_the_order_taken_last(bench: Workshop) -> None:
    assert await bench.shop.db.read(lambda tx: orders.last_upstream_id(tx, NORD)) is None
    sent = [await bench.sent(link=f"{LINK}{n}") for n in range(2)]
    await bench.order(link=f"{LINK}9")
    assert await bench.shop.db.read(lambda tx: orders.last_upstream_id(tx, NORD)) == sent[-1].upstream_id
    assert await bench.shop.db.read(lambda tx: orders.last_upstream_id(tx, SUED)) is None


async def test_many_orders_are_read_at_once_and_those_that_are_missing_are_left_out(bench: Workshop) -> None:
    placed = [await bench.order(link=f"{LINK}{n}") for n in range(3)]
    wanted = [*range(1, 251)]
    found = await bench.shop.db.read(lambda tx: orders.get_all(tx, wanted))
    assert found == {order.id: order for order in placed}
    assert await bench.shop.db.read(lambda tx: orders.get_all(tx, [])) == {}


async def test_a_change_takes_every_kind_of_value_and_back(bench: Workshop) -> None:
    order = await bench.order()
    later = bench.clock.forward(hours=1)
    changes = {
        "state": OrderState.SUBMITTING.value, "reason": Reason.GOODWILL.value, "attention": Attention.TROUBLE.value,
        "upstream_id": "x-1", "remains": 7, "reading": Reading(Status.PARTIAL, 7), "reading_since": later,
        "missing_count": 2, "returned": Money(5), "next_at": None,
    }  # fmt: skip
    assert await bench.shop.db.write(lambda tx: orders.change(tx, order, later, **changes))  # type: ignore[arg-type]
    found = await bench.read(order.id)
    assert (found.state, found.reason, found.attention) == (OrderState.SUBMITTING, Reason.GOODWILL, Attention.TROUBLE)
    assert (found.upstream_id, found.remains, found.reading, found.reading_since) == (
        "x-1",
        7,
        Reading(Status.PARTIAL, 7),
        later,
    )
    assert (found.missing_count, found.returned, found.next_at) == (2, Money(5), None)
    assert (found.version, found.changed_at) == (2, later)


async def test_a_card_is_remembered_whatever_has_become_of_its_order(bench: Workshop) -> None:
    order = await bench.order()
    await bench.claim()
    await bench.shop.db.write(lambda tx: orders.set_card(tx, order.id, 555))
    found = await bench.read(order.id)
    assert (found.card_message_id, found.version) == (555, order.version + 1), "the claim's version, and no other"


async def test_only_a_change_of_state_counts_the_version_up(bench: Workshop) -> None:
    order = await bench.order()
    await bench.shop.db.write(lambda tx: orders.change(tx, order, bench.clock(), remains=1))
    assert (await bench.read(order.id)).version == order.version


async def test_a_change_of_what_was_read_too_early_does_nothing(bench: Workshop) -> None:
    order = await bench.order()

    async def move(tx: Tx) -> bool:
        return await orders.change(tx, order, bench.clock(), state="submitting")

    outcomes = await asyncio.gather(*(bench.shop.db.write(move) for _ in range(50)))
    assert sum(outcomes) == 1
    assert (await bench.read(order.id)).version == 2


@pytest.mark.parametrize("column", ["id", "charge", "customer_id", "version", "state = 'failed', charge", "nonsense"])
async def test_what_an_order_was_confirmed_with_cannot_be_changed(bench: Workshop, column: str) -> None:
    order = await bench.order()
    with pytest.raises(ValueError, match="no such columns"):
        await bench.shop.db.write(lambda tx: orders.change(tx, order, bench.clock(), **{column: 1}))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders SET returned = charge + 1",
        "UPDATE orders SET returned = -1",
        "UPDATE orders SET charge = 0, returned = 0",
        "UPDATE orders SET quantity = 0",
        "UPDATE orders SET state = 'lost'",
        "UPDATE orders SET state = 'active'",  # without an upstream id
        "UPDATE orders SET customer_id = 77",
        "UPDATE orders SET state = NULL",
        "UPDATE orders SET charge = 'free'",
        "UPDATE quotes SET charge = 0",
        "INSERT INTO quotes SELECT 'x', update_id, 1001, 1, '1', '{}', 1, 1, 0, 'open', 1, 1 FROM quotes",
        "INSERT INTO attempts (order_id, number, epoch, started_at) VALUES (99, 1, 1, 1)",
        "UPDATE attempts SET outcome = 'maybe'",
    ],
)  # fmt: skip
async def test_the_schema_refuses_what_no_order_may_be(bench: Workshop, statement: str) -> None:
    await bench.order()
    await bench.claim()
    with pytest.raises(Conflict):
        await bench.sql(statement)


async def test_one_order_per_quote_and_per_upstream_id(bench: Workshop) -> None:
    first = await bench.sent()
    second = await bench.sent(link=f"{LINK}/2")
    for column in ("quote_token", "upstream_id"):
        with pytest.raises(Conflict):
            await bench.sql(
                f"UPDATE orders SET {column} = (SELECT {column} FROM orders WHERE id = $1) WHERE id = $2",
                first.id, second.id,
            )  # fmt: skip


async def test_a_quote_is_used_once_by_its_owner_in_time(bench: Workshop) -> None:
    quote = await bench.quote()
    token, end = quote.token, quote.expires_at

    async def use(tx: Tx, who: int, when: timedelta) -> bool:
        return await quotes.use(tx, token, who, end + when) is not None

    late, early = timedelta(0), timedelta(milliseconds=-1)
    assert not await bench.shop.db.write(lambda tx: use(tx, MINA, late))
    assert not await bench.shop.db.write(lambda tx: use(tx, MINA + 1, early))
    assert sum(await asyncio.gather(*(bench.shop.db.write(lambda tx: use(tx, MINA, early)) for _ in range(20)))) == 1


async def test_old_quotes_are_forgotten_but_never_the_used(bench: Workshop) -> None:
    await bench.order()
    dropped, left = await bench.quote(), await bench.quote()
    await bench.shop.db.write(lambda tx: quotes.drop(tx, dropped.token, MINA))
    soon = left.expires_at
    assert await bench.shop.db.write(lambda tx: quotes.forget_old(tx, soon)) == 0
    assert await bench.shop.db.write(lambda tx: quotes.forget_old(tx, soon + timedelta(seconds=1))) == 2
    assert len(await bench.rows("SELECT token FROM quotes")) == 1


async def test_the_next_to_submit_is_the_first_in_line_that_is_due(bench: Workshop) -> None:
    first = await bench.order(link=f"{LINK}/1")
    second = await bench.order(link=f"{LINK}/2")
    rested = bench.clock() + timedelta(seconds=5)
    await bench.shop.db.write(lambda tx: orders.put_off(tx, {first.id: rested}))

    async def up_next(tx: Tx) -> int | None:
        found = await orders.next_to_submit(tx, NORD, bench.clock())
        return found.id if found else None

    assert await bench.shop.db.read(up_next) == second.id
    assert await bench.shop.db.read(lambda tx: orders.next_to_wake(tx, NORD, bench.clock())) == rested
    bench.clock.time = rested
    assert await bench.shop.db.read(up_next) == first.id
    await bench.claim()
    assert await bench.shop.db.read(up_next) == second.id
    assert await bench.shop.db.read(lambda tx: orders.under_way(tx, NORD)) == (1, 0)
    assert await bench.shop.db.read(lambda tx: orders.under_way(tx, "sued")) == (0, 0)


async def test_what_is_followed_is_found_by_when_it_is_due(bench: Workshop) -> None:
    running, done = await bench.sent(), await bench.sent(link=f"{LINK}/2")
    await bench.tell(done, report("Completed"))
    waiting = await bench.order(link=f"{LINK}/3")

    async def due(tx: Tx, **ahead: float) -> list[int]:
        return [o.id for o in await orders.due_to_track(tx, NORD, bench.clock() + timedelta(**ahead), 10)]

    assert await bench.shop.db.read(lambda tx: due(tx, seconds=59)) == []
    assert await bench.shop.db.read(lambda tx: due(tx, seconds=60)) == [running.id]
    assert await bench.shop.db.read(lambda tx: due(tx, hours=6)) == [running.id, done.id]
    assert waiting.id not in await bench.shop.db.read(lambda tx: due(tx, days=9))
    assert [o.id for o in await bench.shop.db.read(lambda tx: orders.in_state(tx, OrderState.RESERVED))] == [waiting.id]


async def test_an_attempts_end_keeps_what_was_known_before(bench: Workshop) -> None:
    order = await bench.order()
    await bench.claim()

    async def end(tx: Tx, outcome: AttemptOutcome, **known: object) -> None:
        await attempts.end(tx, order.id, 1, outcome, bench.clock(), **known)  # type: ignore[arg-type]

    await bench.shop.db.write(
        lambda tx: end(tx, AttemptOutcome.UNKNOWN, detail="timeout", http_status=504, excerpt="<html>")
    )
    await bench.shop.db.write(lambda tx: end(tx, AttemptOutcome.RELEASED, detail="goodwill"))
    row = (await bench.rows("SELECT * FROM attempts"))[0]
    assert (row["outcome"], row["detail"], row["http_status"], row["excerpt"]) == (
        "released",
        "goodwill",
        504,
        "<html>",
    )


async def test_a_naive_time_and_a_float_are_never_stored(bench: Workshop) -> None:
    order = await bench.order()
    naive = bench.clock().replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware"):
        await bench.shop.db.write(lambda tx: orders.change(tx, order, bench.clock(), next_at=naive))
    with pytest.raises((TypeError, StorageError)):
        await bench.shop.db.write(lambda tx: orders.change(tx, order, bench.clock(), remains=1.5))  # type: ignore[arg-type]
    assert await bench.read(order.id) == order
    assert order.returned == ZERO
    assert bench.number(LIKES) == order.service_number
