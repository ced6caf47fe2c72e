"""The operator's verbs: once per update, never beyond the balance, never on a stale order, always written down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.domain.amounts import parse_amount
from bot.domain.errors import AlreadyDecided, BadInput, NotFound, Problem, ShortOfMoney, UpstreamMismatch
from bot.domain.money import ZERO, Money
from bot.domain.orders import FINAL, Attention, Order, OrderState, Reason
from bot.domain.reasons import LINE_MOST
from bot.engine import desk, fulfilment, tracking
from storage.wallet import Balances
from tests.engine.workshop import LIKES, NORD, Workshop, report
from tests.kit import IRIS, LINK, MINA, THEO, money

#: Beyond the updates of the bench itself.
_FIRST_UPDATE = 500_000

Verb = Callable[[Workshop, Order], Awaitable[Order]]


async def move(
    bench: Workshop, update: int, amount: str, *, credit: bool, person: int = MINA, reason: str = "why"
) -> Balances:
    return await desk.move_money(
        bench.shop, _FIRST_UPDATE + update, IRIS, person, money(amount), reason, bench.clock(), credit=credit
    )


async def acts(bench: Workshop) -> list[tuple[str, str, str]]:
    return [(r["actor"], r["act"], r["object"]) for r in await bench.rows("SELECT * FROM acts ORDER BY id")]


# Amounts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "micros"), [("1", 1_000_000), ("0.0001", 100), ("10.50", 10_500_000), ("007", 7_000_000)]
)
def test_a_plain_amount_is_read(text: str, micros: int) -> None:
    assert parse_amount(text, 4) == Money(micros)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        *((t, Problem.AMOUNT_UNREADABLE) for t in (
            "", " ", "abc", "-5", "+5", "1,5", "1.000,00", "1 000", "1_000", "1e3", "NaN", "inf", "0x10", ".5", "5.",
            "1.2.3", "٣", "１", "½", "5$", "1\n", "\n1", "1\x00", "0.0000001", "9" * 13, "9" * 5000, "--1", "1k",
        )),
        ("0", Problem.AMOUNT_NOT_POSITIVE), ("0.00", Problem.AMOUNT_NOT_POSITIVE),
        ("0.00001", Problem.AMOUNT_TOO_FINE), ("1.23456", Problem.AMOUNT_TOO_FINE),
        ("1000000.0001", Problem.AMOUNT_TOO_LARGE), ("999999999999", Problem.AMOUNT_TOO_LARGE),
    ],
)  # fmt: skip
def test_a_hostile_amount_is_refused(text: str, problem: Problem) -> None:
    with pytest.raises(BadInput) as refused:
        parse_amount(text, 4)
    assert refused.value.problem is problem


def test_amounts_follow_the_shops_digits() -> None:
    assert parse_amount("1000000", 0) == money("1000000")
    assert parse_amount("1.100000", 1) == money("1.1")
    with pytest.raises(BadInput):
        parse_amount("1.1", 0)


# Money by hand -----------------------------------------------------------------------------------


async def test_a_credit_moves_money_once_per_update_and_tells_its_customer(bench: Workshop) -> None:
    await bench.customer("0")
    for _ in range(3):
        assert (await move(bench, 1, "2.5", credit=True)).available == money("2.5")
    assert (await move(bench, 2, "2.5", credit=True)).available == money("5")
    assert await bench.notices(MINA) == ["credited", "credited"]
    assert await acts(bench) == [(str(IRIS), "credit", f"customer {MINA}")] * 2
    await bench.sound()


async def test_a_debit_takes_what_is_there_and_not_more(bench: Workshop) -> None:
    await bench.customer("1")
    with pytest.raises(ShortOfMoney) as short:
        await move(bench, 1, "1.0001", credit=False)
    assert short.value.gap == money("0.0001")
    assert (await move(bench, 2, "1", credit=False)).available == ZERO
    assert (await move(bench, 2, "1", credit=False)).available == ZERO  # a replay, though nothing is left
    await bench.sound()


async def test_held_money_cannot_be_debited(bench: Workshop) -> None:
    await bench.customer("2")
    order = await bench.order(bench.number(LIKES), quantity="1000")
    with pytest.raises(ShortOfMoney) as short:
        await move(bench, 1, "2", credit=False)
    assert short.value.available == money("2") - order.charge


@pytest.mark.parametrize("credit", [True, False])
async def test_money_by_hand_needs_a_reason_and_a_customer(bench: Workshop, credit: bool) -> None:
    await bench.customer("1")
    for reason in ("", "   ", "\n\t"):
        with pytest.raises(BadInput) as refused:
            await move(bench, 1, "1", credit=credit, reason=reason)
        assert refused.value.problem is Problem.REASON_MISSING
    with pytest.raises(NotFound):
        await move(bench, 2, "1", credit=credit, person=THEO)
    assert await acts(bench) == [(str(IRIS), "credit", f"customer {MINA}")]  # the first credit only


async def test_a_thousand_copies_of_a_credit_are_one(bench: Workshop) -> None:
    await bench.customer("0")
    await asyncio.gather(*(move(bench, 7, "1", credit=True) for _ in range(1000)))
    assert (await bench.money()).available == money("1")
    await bench.sound()


async def test_a_long_reason_is_capped(bench: Workshop) -> None:
    await bench.customer("0")
    await move(bench, 1, "1", credit=True, reason="x" * 5000)
    row = (await bench.rows("SELECT reason FROM transfers"))[0]
    assert len(row["reason"]) == LINE_MOST


# Unknown orders ----------------------------------------------------------------------------------


async def attach(bench: Workshop, order: Order) -> Order:
    return await desk.attach(bench.shop, order.id, "up-1", IRIS, bench.clock())


async def not_placed(bench: Workshop, order: Order) -> Order:
    return await desk.release(bench.shop, order.id, Reason.NOT_PLACED, IRIS, bench.clock())


async def goodwill(bench: Workshop, order: Order) -> Order:
    return await desk.release(bench.shop, order.id, Reason.GOODWILL, IRIS + 1, bench.clock())


async def all_back(bench: Workshop, order: Order) -> Order:
    return await desk.decide(bench.shop, order.id, order.charge, IRIS, bench.clock())


async def delivered(bench: Workshop, order: Order) -> Order:
    return await desk.decide(bench.shop, order.id, ZERO, IRIS, bench.clock())


async def test_an_attached_order_is_active_and_its_status_is_asked(bench: Workshop) -> None:
    await bench.customer("10")
    order = await attach(bench, await bench.unknown())
    assert (order.state, order.upstream_id) == (OrderState.ACTIVE, "up-1")
    assert await bench.attempts(order) == ["placed"]
    assert await bench.alerts() == []
    bench.clock.forward(minutes=2)
    assert [o.id for o in await tracking.due(bench.shop, NORD, bench.clock())] == [order.id]
    assert await acts(bench) == [(str(IRIS), "credit", f"customer {MINA}"), (str(IRIS), "attach", "order 1")]
    await bench.sound()


@pytest.mark.parametrize(("verb", "reason"), [(not_placed, Reason.NOT_PLACED), (goodwill, Reason.GOODWILL)])
async def test_a_released_order_gives_its_whole_charge_back(bench: Workshop, verb: Verb, reason: Reason) -> None:
    await bench.customer("10")
    order = await verb(bench, await bench.unknown())
    assert (order.state, order.reason, order.returned) == (OrderState.FAILED, reason, order.charge)
    assert (await bench.money()).available == money("10")
    assert await bench.attempts(order) == ["released"]
    assert (await bench.notices(MINA)).count("failed") == 1
    assert await bench.alerts() == []
    assert await fulfilment.claim(bench.shop, NORD, bench.clock()) is None
    await bench.sound()


@pytest.mark.parametrize("first", [attach, not_placed, goodwill])
@pytest.mark.parametrize("second", [attach, not_placed, goodwill, all_back, delivered])
async def test_a_stale_button_decides_nothing(bench: Workshop, first: Verb, second: Verb) -> None:
    await bench.customer("10")
    order = await bench.unknown()
    decided = await first(bench, order)
    if decided.state is OrderState.ACTIVE and second in (all_back, delivered):
        assert (await second(bench, order)).state is not OrderState.ACTIVE  # any active order can be decided
    else:
        with pytest.raises(AlreadyDecided):
            await second(bench, order)
        assert await bench.read(order.id) == decided
    await bench.sound()


async def test_of_many_decisions_at_once_one_holds(bench: Workshop) -> None:
    await bench.customer("100")
    for n in range(10):
        order = await bench.unknown(f"{LINK}/{n}")
        verbs = [not_placed, goodwill, lambda b, o: desk.attach(b.shop, o.id, f"u{o.id}", IRIS, b.clock())]
        answers = await asyncio.gather(*(verb(bench, order) for verb in verbs * 3), return_exceptions=True)
        assert sum(isinstance(a, Order) for a in answers) == 1
        assert sum(isinstance(a, AlreadyDecided) for a in answers) == 8
        if (await bench.read(order.id)).state is OrderState.ACTIVE:
            await bench.tell(order, report("Completed"))
    await bench.sound()


async def test_an_id_of_another_order_is_not_attached(bench: Workshop) -> None:
    await bench.customer("10")
    taken = (await bench.sent()).upstream_id
    order = await bench.unknown(f"{LINK}/2")
    assert taken is not None
    for verb in (
        desk.attach(bench.shop, order.id, taken, IRIS, bench.clock()),
        desk.inspect_upstream(bench.shop, order.id, taken),
    ):
        with pytest.raises(UpstreamMismatch) as mismatch:
            await verb
        assert mismatch.value.problem == "taken"
    assert (await bench.read(order.id)).state is OrderState.UNKNOWN


@pytest.mark.parametrize(
    "wrong", ["", " ", "a b", "x" * 65, "1;2", "../1", "１２", "1\n", "<b>", "#7", "0", "none", "-7", "error", "+7"]
)
async def test_an_id_that_can_be_none_is_not_even_asked_about(bench: Workshop, wrong: str) -> None:
    await bench.customer("10")
    order = await bench.unknown()
    with pytest.raises(UpstreamMismatch) as mismatch:
        await desk.inspect_upstream(bench.shop, order.id, wrong)
    assert mismatch.value.problem == "malformed"


async def test_an_order_of_a_panel_that_is_configured_no_more_cannot_be_inspected(bench: Workshop) -> None:
    await bench.customer("10")
    order = await bench.unknown()
    with pytest.raises(UpstreamMismatch) as mismatch:
        await desk.inspect_upstream(bench.shop, order.id, "123")
    assert mismatch.value.problem == "no-panel"


async def test_orders_that_are_not_there_or_not_unknown_are_refused(bench: Workshop) -> None:
    await bench.customer("10")
    order = await bench.sent()
    with pytest.raises(NotFound):
        await desk.inspect_upstream(bench.shop, 99, "1")
    for verb in (attach, not_placed):
        with pytest.raises(AlreadyDecided):
            await verb(bench, order)
    with pytest.raises(NotFound):
        await desk.decide(bench.shop, 99, ZERO, IRIS, bench.clock())


# Orders with a problem ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("back", "state"),
    [("0", OrderState.COMPLETED), ("0.5", OrderState.PARTIAL), ("1.125", OrderState.CANCELED)],
)
async def test_a_decision_ends_the_order_and_splits_the_charge(bench: Workshop, back: str, state: OrderState) -> None:
    await bench.customer("10")
    order = await bench.tell(await bench.sent(quantity="1000"), report("Fail"))
    ended = await desk.decide(bench.shop, order.id, money(back), IRIS, bench.clock())
    assert (ended.state, ended.returned, ended.attention) == (state, money(back), None)
    assert ended.reason is Reason.DECIDED
    balances = await bench.money()
    assert (balances.available, balances.held) == (money("8.875") + money(back), ZERO)
    assert await bench.alerts() == []
    assert (await bench.notices(MINA)).count(state.value) == 1
    with pytest.raises(AlreadyDecided):
        await desk.decide(bench.shop, order.id, order.charge, IRIS, bench.clock())
    assert await bench.settled(ended, report("Canceled")) == ended  # the operator's word is the last
    await bench.sound()


@pytest.mark.parametrize("back", ["0", "0.5", "1.125"])
async def test_an_active_order_can_be_decided_without_a_problem(bench: Workshop, back: str) -> None:
    await bench.customer("10")
    order = await bench.sent(quantity="1000")
    await bench.tell(order, report("In progress", 600))
    decided = await desk.decide(bench.shop, order.id, money(back), IRIS, bench.clock())
    assert (decided.state in FINAL, decided.returned, decided.next_at) == (True, money(back), None)
    assert await bench.tell(order, report("In progress", 100), minutes=5) == decided
    await bench.sound()


async def test_no_more_than_the_charge_comes_back(bench: Workshop) -> None:
    await bench.customer("10")
    order = await bench.sent(quantity="1000")
    await bench.tell(order, report("Error"))
    with pytest.raises(BadInput) as refused:
        await desk.decide(bench.shop, order.id, order.charge + Money(1), IRIS, bench.clock())
    assert refused.value.problem is Problem.AMOUNT_TOO_LARGE
    assert (await bench.read(order.id)).attention is Attention.TROUBLE
    await bench.sound()


async def test_an_alert_is_closed_once_for_all_operators(bench: Workshop) -> None:
    await bench.balance("1")
    assert await desk.acknowledge(bench.shop, 1, IRIS, bench.clock())
    assert not await desk.acknowledge(bench.shop, 1, IRIS + 1, bench.clock())
    with pytest.raises(NotFound):
        await desk.acknowledge(bench.shop, 99, IRIS, bench.clock())
    assert (await bench.rows("SELECT closed_by FROM alerts"))[0]["closed_by"] == str(IRIS)
