"""Refunds by Crypto Pay: the coin it came in, worth what left the wallet, once, whatever breaks off."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from bot.domain.refunds import Done, NotNow, Refund, Refused
from bot.domain.topups import Gateway, PaymentState, RefundState
from bot.engine import cryptopay, refunding
from bot.engine.refunding import Refunding
from bot.payments.cryptopay import NewTransfer
from bot.payments.cryptopay_wire import Rate
from bot.pollers.refunds import refunds_errand
from storage import refunds
from storage.database import Kind
from tests.gateway_kit import Till, till
from tests.kit import IRIS, MINA, money

_updates = itertools.count(8_000_001)


@pytest.fixture
async def desk(tmp_path: Path, both_databases: Kind) -> AsyncIterator[Till]:
    async with till(tmp_path) as made:
        yield made


async def begun(desk: Till, amount: str | None = None, coin: str = "TON") -> Refund:
    """A payment of 8.00 in coins that an operator gives back."""
    topup = await desk.invoiced("8")
    await desk.pay(topup, coin=coin)
    recorded = await cryptopay.check(desk.shop, topup.invoice or "", desk.clock())
    assert recorded is not None
    part = None if amount is None else money(amount)
    giving = Refunding(next(_updates), IRIS, recorded.payment.id, part, "as asked")
    return await refunding.begin(desk.shop, giving, desk.clock())


async def round_of(desk: Till) -> None:
    ways = {Gateway.CRYPTOPAY: partial(cryptopay.give_back, desk.shop)}
    await refunds_errand(desk.shop, ways, desk.clock).step()


async def state(desk: Till, refund: Refund) -> tuple[RefundState, str | None]:
    found = await desk.shop.db.read(lambda tx: refunds.get(tx, refund.id))
    assert found is not None
    return found.state, found.answer


async def sent(desk: Till) -> list[tuple[str, str, str]]:
    transfers = (await desk.gateway.control("state", method="GET"))["transfers"]
    return [(row["user_id"], row["asset"], row["amount"]) for row in transfers]


async def test_a_refund_is_sent_in_the_coin_it_came_in_at_the_rate_of_now(desk: Till) -> None:
    refund = await begun(desk)
    await round_of(desk)
    assert await state(desk, refund) == (RefundState.DONE, None)
    assert await sent(desk) == [(str(MINA), "TON", "2.5")]
    assert (await desk.bench.money()).available == money("0")
    [payment] = await desk.payments()
    assert payment.state is PaymentState.REFUNDED


async def test_a_part_goes_back_rounded_down_to_the_coins_digits(desk: Till) -> None:
    refund = await begun(desk, "1")
    await round_of(desk)
    assert (await state(desk, refund))[0] is RefundState.DONE
    assert await sent(desk) == [(str(MINA), "TON", "0.3125")]
    assert (await desk.bench.money()).available == money("7")


async def test_a_transfer_whose_answer_was_lost_is_found_and_not_sent_again(desk: Till) -> None:
    refund = await begun(desk)
    await desk.gateway.control("faults", {"kind": "lost", "method": "transfer", "count": 1})
    await round_of(desk)
    assert (await state(desk, refund))[0] is RefundState.SENDING
    desk.clock.forward(minutes=1)
    await round_of(desk)
    assert (await state(desk, refund))[0] is RefundState.DONE
    assert len(await sent(desk)) == 1


async def test_a_transfer_that_arrives_after_it_was_asked_for_is_found_by_its_refusal(desk: Till) -> None:
    """The gateway refuses the second of one name; what that means is asked, not guessed."""
    refund = await begun(desk)
    [payment] = await desk.payments()
    client = desk.shop.cryptopay
    assert client is not None
    asked, looks = client.transfer_of, itertools.count()

    async def blind_at_first(spend_id: str):
        if next(looks) == 0:
            await client.transfer(NewTransfer(MINA, "TON", refund.received / 4, spend_id))
            return None
        return await asked(spend_id)

    client.transfer_of = blind_at_first  # type: ignore[method-assign]
    assert await cryptopay.give_back(desk.shop, refund, payment) == Done()
    assert len(await sent(desk)) == 1


async def test_a_name_that_was_used_is_no_refusal_even_while_nothing_is_listed_under_it(desk: Till) -> None:
    """The coins left, and the gateway's list lags: the wallet must not have the money too."""
    refund = await begun(desk)
    [payment] = await desk.payments()
    client = desk.shop.cryptopay
    assert client is not None
    await client.transfer(NewTransfer(MINA, "TON", refund.received / 4, f"ref:{refund.id}:{payment.payment_id}"))
    client.transfer_of = _lists_nothing  # type: ignore[method-assign]
    await round_of(desk)
    assert await state(desk, refund) == (RefundState.SENDING, "SPEND_ID_ALREADY_USED")
    del client.transfer_of
    desk.clock.forward(minutes=15)
    await round_of(desk)
    assert (await state(desk, refund))[0] is RefundState.DONE
    assert len(await sent(desk)) == 1


@pytest.mark.parametrize("arrives", [True, False])
async def test_after_a_try_whose_answer_was_lost_a_refusal_counts_when_it_is_heard_again(
    desk: Till, arrives: bool
) -> None:  # fmt: skip
    """The first try may still be on its way in there while the second one is refused."""
    refund = await begun(desk)
    [payment] = await desk.payments()
    await desk.gateway.control("faults", {"kind": "down", "method": "transfer", "count": 1})
    await round_of(desk)
    desk.clock.forward(minutes=1)
    await desk.gateway.control("transfers", {"enabled": False})
    await round_of(desk)
    assert await state(desk, refund) == (RefundState.SENDING, "METHOD_DISABLED")
    if arrives:
        await desk.gateway.control("transfers", {"enabled": True})
        name = f"ref:{refund.id}:{payment.payment_id}"
        await desk.gateway.api("transfer", user_id=MINA, asset="TON", amount="2.5", spend_id=name)
        await desk.gateway.control("transfers", {"enabled": False})
    desk.clock.forward(minutes=15)
    await round_of(desk)
    assert (await state(desk, refund))[0] is (RefundState.DONE if arrives else RefundState.FAILED)
    assert len(await sent(desk)) == arrives
    assert (await desk.bench.money()).available == money("0" if arrives else "8")


async def test_what_is_too_little_to_send_is_in_the_wallet_again(desk: Till) -> None:
    refund = await begun(desk, "0.000001")
    client = desk.shop.cryptopay
    assert client is not None
    client.rates = _dear  # type: ignore[method-assign]
    await round_of(desk)
    assert (await state(desk, refund))[0] is RefundState.FAILED
    assert (await desk.bench.money()).available == money("8")


async def test_a_gateway_that_sends_nothing_gives_the_money_back_to_the_wallet(desk: Till) -> None:
    await desk.gateway.control("transfers", {"enabled": False})
    refund = await begun(desk)
    await round_of(desk)
    assert await state(desk, refund) == (RefundState.FAILED, "METHOD_DISABLED")
    assert (await desk.bench.money()).available == money("8")
    assert await desk.alerts() == ["refund-failed"]
    assert await sent(desk) == []


async def test_what_somebody_can_mend_is_tried_again(desk: Till) -> None:
    refund = await begun(desk)
    [payment] = await desk.payments()
    await desk.gateway.api("transfer", user_id=1, asset="TON", amount="101", spend_id="the operator's own")
    assert await cryptopay.give_back(desk.shop, refund, payment) == NotNow("NOT_ENOUGH_COINS", cryptopay._MEND_AFTER)
    await round_of(desk)
    assert await state(desk, refund) == (RefundState.SENDING, "NOT_ENOUGH_COINS")


async def test_a_gateway_that_does_not_answer_is_asked_again(desk: Till) -> None:
    refund = await begun(desk)
    for kind in ("down", "junk", "reset"):
        await desk.gateway.control("faults", {"kind": kind})
        await round_of(desk)
        assert (await state(desk, refund))[0] is RefundState.SENDING
        desk.clock.forward(minutes=5)
    await desk.gateway.control("faults", method="DELETE")
    await round_of(desk)
    assert (await state(desk, refund))[0] is RefundState.DONE
    assert len(await sent(desk)) == 1


async def test_a_transfer_of_the_same_name_to_somebody_else_is_no_proof(desk: Till) -> None:
    refund = await begun(desk)
    [payment] = await desk.payments()
    name = f"ref:{refund.id}:{payment.payment_id}"
    await desk.gateway.api("transfer", user_id=1, asset="TON", amount="1", spend_id=name)
    said = await cryptopay.give_back(desk.shop, refund, payment)
    assert isinstance(said, NotNow)
    assert not isinstance(said, Refused)
    assert len(await sent(desk)) == 1


async def test_a_payment_the_gateway_no_longer_names_waits(desk: Till) -> None:
    refund = await begun(desk)
    [payment] = await desk.payments()
    client = desk.shop.cryptopay
    assert client is not None
    client.rates = partial(_nothing)  # type: ignore[method-assign]
    said = await cryptopay.give_back(desk.shop, refund, payment)
    assert said == NotNow("the gateway has no rate for TON in USD", cryptopay._MEND_AFTER)


async def _lists_nothing(_spend_id: str) -> None:
    return None


async def _dear() -> tuple[Rate, ...]:
    return (Rate("TON", "USD", Decimal(10**12)),)


async def _nothing() -> tuple[()]:
    return ()
