"""Asking to cancel what is under way: one request, never a promise, and money only by the order's status."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.domain.cancels import Cancel, CancelState
from bot.domain.errors import AlreadyDecided, NotFound, NotOffered
from bot.domain.money import ZERO, Money
from bot.domain.orders import Order, OrderState
from bot.engine import cancelling
from bot.panels.client import PanelClient
from bot.panels.denials import Denial
from bot.panels.dialects import Capabilities
from bot.panels.errors import Denied, Unreachable, Unusable
from bot.panels.wire_requests import CancelAccepted
from bot.wire.exchange import open_http
from bot.wire.reasons import LostReason, UnsentReason
from storage import cancels as rows
from storage.times import to_ms
from tests.engine.workshop import CANCELED, DONE, LIKES, NORD, RUNNING, SHORT, Workshop, open_shop, report, workshop
from tests.kit import LINK, MINA, THEO

CANCELABLE = replace(LIKES, cancel=True)
FIXED = replace(LIKES, id="9", name="Framely Plain Likes", cancel=False)
SILENT = replace(LIKES, id="10", name="Framely Other Likes", cancel=None)
LOST = Unreachable(LostReason.TIMEOUT)
REFUSED = Denied(Denial.CANCEL, "The order cannot be canceled")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path, services=(CANCELABLE, FIXED, SILENT)) as made:
        await made.customer("100")
        async with panel_that_can(made):
            yield made


@asynccontextmanager
async def panel_that_can(bench: Workshop, *, cancel: bool | None = None) -> AsyncIterator[None]:
    """A client that is asked what its panel can do, and never called."""
    async with open_http() as http:
        client = PanelClient(NORD, "http://127.0.0.1:1/", SecretStr("k"), http, Capabilities(cancel=cancel))
        bench.shop = replace(bench.shop, panels={NORD: client})
        yield


async def ask(bench: Workshop, order: Order, person: int = MINA) -> Cancel:
    return await cancelling.ask_cancel(bench.shop, order.id, person, bench.clock())


async def claim(bench: Workshop) -> tuple[Cancel, ...]:
    return await cancelling.claim(bench.shop, NORD, bench.clock())


async def answered(bench: Workshop, order: Order, *replies: cancelling.Reply) -> Cancel:
    """A request that was sent and answered, again and again."""
    await ask(bench, order)
    for reply in replies:
        bench.clock.forward(minutes=1)
        (claimed,) = await claim(bench)
        await cancelling.record(bench.shop, {claimed.order_id: reply}, bench.clock())
    return await read(bench, order)


async def read(bench: Workshop, order: Order) -> Cancel:
    found = await bench.shop.db.read(lambda tx: rows.get(tx, order.id))
    assert found is not None
    return found


async def possible(bench: Workshop, order: Order) -> bool:
    return (await bench.shop.db.read(lambda tx: cancelling.look(tx, bench.shop, order))).possible


# When it can be asked -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("able", "found"),
    [(None, (True, False, False)), (True, (True, False, True)), (False, (False, False, False))],
)
async def test_it_is_offered_only_where_panel_and_service_may_cancel(
    bench: Workshop, able: bool | None, found: tuple[bool, ...]
) -> None:
    orders = [await bench.sent(service, f"{LINK}/{service.id}") for service in (CANCELABLE, FIXED, SILENT)]
    async with panel_that_can(bench, cancel=able):
        assert tuple([await possible(bench, order) for order in orders]) == found
        for order, may in zip(orders, found, strict=True):
            if not may:
                with pytest.raises(NotOffered):
                    await ask(bench, order)


async def test_it_is_offered_only_while_the_order_is_under_way_and_waits_for_nobody(bench: Workshop) -> None:
    order = await bench.sent(CANCELABLE)
    assert await possible(bench, order)
    troubled = await bench.tell(order, report("Fail"))
    assert troubled.attention is not None
    assert not await possible(bench, troubled)
    over = await bench.tell(order, DONE)
    assert not await possible(bench, over)
    with pytest.raises(NotOffered):
        await ask(bench, order)
    await bench.order(bench.number(CANCELABLE), link=f"{LINK}/2")
    unsent = await bench.read(2)
    assert unsent.state is OrderState.RESERVED
    assert not await possible(bench, unsent), "the shop itself takes it back"


async def test_nobody_cancels_somebody_elses_order(bench: Workshop) -> None:
    await bench.customer("0", THEO)
    order = await bench.sent(CANCELABLE)
    with pytest.raises(NotFound):
        await ask(bench, order, THEO)


async def test_however_often_it_is_pressed_there_is_one_request(bench: Workshop) -> None:
    order = await bench.sent(CANCELABLE)
    await ask(bench, order)
    for _ in range(3):
        with pytest.raises(AlreadyDecided):
            await ask(bench, order)
    assert len(await claim(bench)) == 1
    assert await claim(bench) == ()
    with pytest.raises(AlreadyDecided):
        await ask(bench, order)


# What the panel says --------------------------------------------------------------------------------


async def test_accepted_is_no_cancel_and_moves_no_money(bench: Workshop) -> None:
    order = await bench.sent(CANCELABLE)
    request = await answered(bench, order, CancelAccepted())
    assert request.state is CancelState.ACCEPTED
    found = await bench.read(order.id)
    assert (found.state, found.returned) == (OrderState.ACTIVE, ZERO)
    assert (await bench.money()).held == order.charge
    assert await bench.notices(MINA) == ["credited", "card"], "nothing is promised"
    await bench.sound()


async def test_an_accepted_cancel_that_comes_too_late_keeps_the_whole_charge(bench: Workshop) -> None:
    order = await bench.sent(CANCELABLE)
    await answered(bench, order, CancelAccepted())
    over = await bench.tell(order, DONE)
    assert (over.state, over.returned) == (OrderState.COMPLETED, ZERO)
    assert await bench.entries(order) == {"hold": order.charge.micros, "post": order.charge.micros}
    await bench.sound()


async def test_what_was_not_delivered_returns_by_the_orders_status_alone(bench: Workshop) -> None:
    whole = await bench.sent(CANCELABLE, quantity="1000")
    part = await bench.sent(CANCELABLE, f"{LINK}/2", quantity="1000")
    ends = ((whole, CANCELED, OrderState.CANCELED, 1000), (part, SHORT, OrderState.PARTIAL, 400))
    for order, said, state, remains in ends:
        await answered(bench, order, CancelAccepted())
        over = await bench.settled(order, said)
        assert over.state is state
        assert over.returned == Money(order.charge.micros * remains // 1000)
    assert (await bench.money()).held == ZERO
    await bench.sound()


async def test_an_order_about_to_be_canceled_is_looked_at_often_for_a_day(bench: Workshop) -> None:
    order, other = await bench.sent(CANCELABLE), await bench.sent(CANCELABLE, f"{LINK}/2")
    soon = bench.shop.terms.status_poll * 2
    await answered(bench, order, CancelAccepted())
    for hours in (0, 10, 10):
        bench.clock.forward(hours=hours)
        await bench.sql("UPDATE orders SET next_at = $1", to_ms(bench.clock() + soon * 15))
        await cancelling.hurry(bench.shop, NORD, bench.clock())
        assert (await bench.read(order.id)).next_at == bench.clock() + soon
        assert (await bench.read(other.id)).next_at == bench.clock() + soon * 15
    bench.clock.forward(hours=10)
    await bench.sql("UPDATE orders SET next_at = $1", to_ms(bench.clock() + soon * 15))
    await cancelling.hurry(bench.shop, NORD, bench.clock())
    assert (await bench.read(order.id)).next_at == bench.clock() + soon * 15


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (REFUSED, CancelState.REFUSED), (Denied(Denial.UNRECOGNISED, "no"), CancelState.REFUSED),
        (Denied(Denial.UNSUPPORTED, ""), CancelState.UNSUPPORTED),
    ],
)  # fmt: skip
async def test_a_refusal_is_told_and_the_order_goes_on(
    bench: Workshop, reply: cancelling.Reply, state: CancelState
) -> None:
    order = await bench.sent(CANCELABLE)
    assert (await answered(bench, order, reply)).state is state
    assert (await bench.notices(MINA)).count("cancel-refused") == 1
    assert not await possible(bench, order)
    assert (await bench.tell(order, RUNNING)).state is OrderState.ACTIVE
    await bench.sound()


@pytest.mark.parametrize("lost", [LOST, None, Unusable(LostReason.NOT_JSON)])
async def test_a_lost_reply_is_asked_again_three_times_at_most_and_then_only_the_status_tells(
    bench: Workshop, lost: cancelling.Reply
) -> None:
    order = await bench.sent(CANCELABLE)
    request = await answered(bench, order, lost, lost, lost)
    assert (request.state, request.lost) == (CancelState.UNKNOWN, 3)
    bench.clock.forward(hours=5)
    assert await claim(bench) == ()
    assert "cancel-refused" not in await bench.notices(MINA)
    assert (await bench.settled(order, CANCELED)).state is OrderState.CANCELED
    await bench.sound()


async def test_a_lost_reply_may_be_followed_by_the_answer(bench: Workshop) -> None:
    order = await bench.sent(CANCELABLE)
    assert (await answered(bench, order, LOST, CancelAccepted())).state is CancelState.ACCEPTED


async def test_a_refusal_after_a_lost_reply_proves_nothing(bench: Workshop) -> None:
    """The first request may have been taken, and panels refuse the second for the first."""
    order = await bench.sent(CANCELABLE)
    assert (await answered(bench, order, LOST, REFUSED)).state is CancelState.UNKNOWN
    assert "cancel-refused" not in await bench.notices(MINA)


async def test_what_was_surely_not_sent_is_sent_again_as_often_as_it_takes(bench: Workshop) -> None:
    order = await bench.sent(CANCELABLE)
    await ask(bench, order)
    for _ in range(6):
        bench.clock.forward(minutes=6)
        (claimed,) = await claim(bench)
        await cancelling.record(bench.shop, {order.id: Unreachable(UnsentReason.CONNECT)}, bench.clock())
    request = await read(bench, order)
    assert (request.state, request.lost, request.tries) == (CancelState.ASKED, 0, 6)
    assert claimed.order_id == order.id


async def test_an_order_that_ended_before_anybody_was_asked_is_not_asked_about(bench: Workshop) -> None:
    order = await bench.sent(CANCELABLE)
    await ask(bench, order)
    await bench.tell(order, DONE)
    assert await claim(bench) == ()
    assert (await read(bench, order)).state is CancelState.MOOT


async def test_a_request_under_way_when_the_shop_stopped_is_made_again(bench: Workshop) -> None:
    order = await bench.sent(CANCELABLE)
    await ask(bench, order)
    await claim(bench)
    bench.shop = await open_shop(bench.shop.db)
    assert await cancelling.recover(bench.shop, bench.clock()) == 1
    request = await read(bench, order)
    assert (request.state, request.lost) == (CancelState.ASKED, 1)
    await cancelling.record(bench.shop, {order.id: REFUSED}, bench.clock())
    assert await read(bench, order) == request, "a zombie's answer changes nothing"
