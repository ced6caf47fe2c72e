"""Room on the disk: nothing is sent without it, the operators hear of it once, and it ends by itself."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.orders import OrderState
from bot.engine import room
from tests.engine.workshop import LIKES, Workshop
from tests.kit import IRIS, money


async def test_an_order_waits_for_room_and_is_sent_when_there_is_some(bench: Workshop) -> None:
    await bench.customer("10")
    order = await bench.order(bench.number(LIKES), quantity="1000")
    free = [room.LEAST_BYTES - 1]
    bench.shop = replace(bench.shop, room=lambda: free[0])
    assert await bench.try_claim() is None
    for _ in range(3):
        assert await room.watch(bench.shop, bench.clock())
    assert await bench.alerts() == ["disk-low:database"]
    assert (await bench.notices(IRIS)).count("alert") == 1
    assert (await bench.read(order.id)).state is OrderState.RESERVED
    assert (await bench.money()).held == money("1.125")
    free[0] += 1
    rung = bench.shop.bells.submit.rung
    assert not await room.watch(bench.shop, bench.clock())
    assert bench.shop.bells.submit.rung > rung
    assert await bench.alerts() == []
    assert await bench.try_claim()
    await bench.sound()


async def test_a_disk_of_somebody_else_is_not_looked_at(bench: Workshop) -> None:
    assert not room.is_short(bench.shop)
    assert not await room.watch(bench.shop, bench.clock())
