"""Gateways are told of refunds one by one; what one of them does keeps no other from its turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.refunds import Done, Refund, Said
from bot.domain.topups import Gateway, Payment, RefundState
from bot.engine import refunding
from bot.engine.refunding import Refunding
from bot.pollers.refunds import refunds_errand
from storage import refunds
from tests.engine import till
from tests.engine.workshop import Workshop, workshop
from tests.kit import IRIS, MINA


async def begun(bench: Workshop, gateway: Gateway, update: int) -> Refund:
    payment = await till.pay(bench, "5", gateway)
    return await refunding.begin(bench.shop, Refunding(update, IRIS, payment.id, None, "why"), bench.clock())


async def state(bench: Workshop, refund: Refund) -> RefundState:
    found = await bench.shop.db.read(lambda tx: refunds.get(tx, refund.id))
    assert found is not None
    return found.state


async def test_each_gateway_is_told_and_one_that_breaks_is_asked_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[int] = []
    broken = True

    async def crypto(refund: Refund, payment: Payment) -> Said:
        told.append(refund.id)
        if broken:
            raise OSError("no route")
        return Done()

    async def stars(refund: Refund, payment: Payment) -> Said:
        told.append(refund.id)
        return Done()

    async with workshop(tmp_path, till.TILL_TERMS) as bench:
        await bench.customer("0")
        await till.open_ways(bench)
        coins, starred = await begun(bench, Gateway.CRYPTOPAY, 1), await begun(bench, Gateway.STARS, 2)
        errand = refunds_errand(bench.shop, {Gateway.CRYPTOPAY: crypto, Gateway.STARS: stars}, bench.clock)
        await errand.step()
        assert told == [coins.id, starred.id]
        assert (await state(bench, coins), await state(bench, starred)) == (RefundState.SENDING, RefundState.DONE)
        assert "could not be told" in caplog.text
        await errand.step()
        assert told == [coins.id, starred.id]  # not before its time
        broken = False
        bench.clock.forward(seconds=5)
        await errand.step()
        assert await state(bench, coins) is RefundState.DONE
        assert (await bench.notices(MINA)).count("refund-done") == 2
        await bench.sound()


async def test_a_gateway_nobody_speaks_to_keeps_its_refunds_waiting(tmp_path: Path) -> None:
    async with workshop(tmp_path, till.TILL_TERMS) as bench:
        await bench.customer("0")
        await till.open_ways(bench)
        refund = await begun(bench, Gateway.STARS, 1)
        await refunds_errand(bench.shop, {}, bench.clock).step()
        assert await state(bench, refund) is RefundState.SENDING
