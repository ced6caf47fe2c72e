"""Receipts in the life of an order: a crash after the panel's answer makes no order unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.errors import AlreadyDecided
from bot.domain.orders import OrderState
from bot.engine import fulfilment, recovery
from bot.engine.fulfilment import Claim
from bot.panels.outcomes import Lost, Placed, Unsent
from bot.wire.reasons import HttpFacts, LostReason, UnsentReason
from storage.database import Database
from storage.errors import Conflict, DiskTrouble
from storage.receipts import Receipt, ReceiptsInMemory
from tests.engine.workshop import LIKES, Workshop, open_shop
from tests.kit import LINK

FACTS = HttpFacts(200, "aa", "{}", None)


class Full(ReceiptsInMemory):
    """A disk without room."""

    async def write(self, receipt: Receipt) -> None:
        raise DiskTrouble("full")


class Broken:
    """The database, which refuses everything that writes from now on."""

    def __init__(self, db: Database) -> None:
        self.read = db.read

    async def write(self, work: Any, *, of: int | None = None) -> Any:
        raise DiskTrouble("full")


def kept(bench: Workshop) -> dict[Receipt, None]:
    receipts = bench.shop.receipts
    assert isinstance(receipts, ReceiptsInMemory)
    return receipts.kept


async def answered_then_crashed(bench: Workshop, claim: Claim, upstream_id: str = "abc-1") -> None:
    """The panel named the order, its receipt was written, and the commit never came."""
    with pytest.raises(DiskTrouble):
        await fulfilment.record(
            replace(bench.shop, db=Broken(bench.shop.db)),  # type: ignore[arg-type]
            claim, Placed(upstream_id, FACTS), bench.clock(),
        )  # fmt: skip
    assert [receipt.upstream_id for receipt in kept(bench)] == [upstream_id]


async def restart(bench: Workshop) -> int:
    bench.shop = replace(await open_shop(bench.shop.db), receipts=bench.shop.receipts)
    return await recovery.recover(bench.shop, bench.clock.forward(seconds=30))


async def test_a_crash_between_the_receipt_and_the_commit_ends_active(bench: Workshop) -> None:
    claim = await bench.claimed()
    await answered_then_crashed(bench, claim)
    assert (await bench.read(claim.order.id)).state is OrderState.SUBMITTING
    assert await restart(bench) == 0
    order = await bench.read(claim.order.id)
    assert (order.state, order.upstream_id) == (OrderState.ACTIVE, "abc-1")
    assert await bench.attempts(order) == ["placed"]
    assert await bench.alerts() == []
    assert not kept(bench)
    await bench.sound()


async def test_an_order_already_made_unknown_becomes_active_by_its_receipt(bench: Workshop) -> None:
    claim = await bench.claimed()
    await answered_then_crashed(bench, claim)
    await bench.record(claim, Lost(LostReason.UNEXPECTED, FACTS))
    assert await restart(bench) == 0
    assert (await bench.read(claim.order.id)).upstream_id == "abc-1"
    assert await bench.alerts() == []
    await bench.sound()


async def test_a_receipt_whose_order_was_recorded_changes_nothing(bench: Workshop) -> None:
    claim = await bench.claimed()
    await answered_then_crashed(bench, claim)
    receipt = next(iter(kept(bench)))
    before = await bench.record(claim, Placed("abc-1", FACTS))
    assert not kept(bench), "what is recorded is let go of"
    await bench.shop.receipts.write(receipt)
    assert await restart(bench) == 0
    assert await bench.read(claim.order.id) == before


@pytest.mark.parametrize(
    "change", [{"attempt": 2}, {"epoch": 99}, {"claimed_at": 1}, {"order_id": 77}, {"panel": "sued"}]
)
async def test_a_receipt_of_another_attempt_is_not_believed(bench: Workshop, change: dict[str, Any]) -> None:
    claim = await bench.claimed()
    await answered_then_crashed(bench, claim)
    receipt = next(iter(kept(bench)))
    kept(bench).clear()
    await bench.shop.receipts.write(replace(receipt, **change))
    assert await restart(bench) == 1
    assert (await bench.read(claim.order.id)).state is OrderState.UNKNOWN
    await bench.sound()


async def test_a_receipt_of_a_first_attempt_does_not_speak_for_the_second(bench: Workshop) -> None:
    first = await bench.claimed()
    await bench.record(first, Unsent(UnsentReason.CONNECT, FACTS))
    bench.clock.forward(seconds=5)
    second = await bench.claim()
    await bench.shop.receipts.write(second.receipt("abc-2", bench.shop.epoch))
    assert await restart(bench) == 0
    assert (await bench.read(first.order.id)).upstream_id == "abc-2"
    await bench.sound()


async def test_two_orders_in_flight_end_each_by_what_is_known_of_it(bench: Workshop) -> None:
    named = await bench.claimed()
    await bench.order(bench.number(LIKES), link=f"{LINK}/2")
    silent = await bench.claim()
    await answered_then_crashed(bench, named)
    assert await restart(bench) == 1
    assert (await bench.read(named.order.id)).state is OrderState.ACTIVE
    assert (await bench.read(silent.order.id)).state is OrderState.UNKNOWN
    await bench.sound()


async def test_without_its_receipt_nothing_is_recorded(bench: Workshop) -> None:
    """The commit may outlive the process only after the receipt does, so a refusal there stops both."""
    claim = await bench.claimed()
    shop = replace(bench.shop, receipts=Full())
    with pytest.raises(DiskTrouble):
        await fulfilment.record(shop, claim, Placed("abc-1", FACTS), bench.clock())
    assert (await bench.read(claim.order.id)).state is OrderState.SUBMITTING
    assert (await bench.record(claim, Placed("abc-1", FACTS))).state is OrderState.ACTIVE
    with pytest.raises(AlreadyDecided):
        await bench.record(claim, Placed("abc-1", FACTS))
    assert not kept(bench)


class Picky(Broken):
    """A database that will never take one order's answer."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self._db, self._refused = db, False

    async def write(self, work: Any, *, of: int | None = None) -> Any:
        if not self._refused:
            self._refused = True
            raise Conflict("a value does not fit its column")
        return await self._db.write(work, of=of)


async def test_no_receipt_keeps_a_shop_from_opening(bench: Workshop) -> None:
    """What can never be recorded makes its order unknown, and the others are recorded all the same."""
    await bench.customer("100")
    claims = []
    for n in range(2):
        await bench.order(bench.number(LIKES), link=f"{LINK}/{n}")
        claims.append(await bench.claim())
    for n, claim in enumerate(claims):
        await bench.shop.receipts.write(claim.receipt(f"abc-{n}", bench.shop.epoch))
    bench.shop = replace(await open_shop(bench.shop.db), receipts=bench.shop.receipts)
    picky = replace(bench.shop, db=Picky(bench.shop.db))  # type: ignore[arg-type]
    assert await recovery.recover(picky, bench.clock()) == 1
    assert [(await bench.read(claim.order.id)).state for claim in claims] == [OrderState.UNKNOWN, OrderState.ACTIVE]
    await bench.sound()
