"""Sending: one `add` for each order, and another one only on proof that the first did nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.errors import AlreadyDecided, UpstreamMismatch
from bot.domain.money import ZERO
from bot.domain.orders import OrderState, Reason
from bot.engine import desk, fulfilment, recovery
from bot.engine.fulfilment import Claim, backoff
from bot.panels.outcomes import AddOutcome, Later, LaterKind, Lost, Placed, RefusalKind, Refused, Unsent
from bot.wire.reasons import HttpFacts, LostReason, UnsentReason
from storage.errors import Conflict
from tests.engine.workshop import LIKES, NORD, OTHER, SUED, Workshop, open_shop
from tests.kit import IRIS, LINK, MINA, money

FACTS = HttpFacts(200, "aa", "{}", None)
LOST = Lost(LostReason.TIMEOUT, FACTS)


async def test_a_claim_commits_one_attempt_before_anything_is_sent(bench: Workshop) -> None:
    claim = await bench.claimed()
    assert (claim.order.state, claim.attempt) == (OrderState.SUBMITTING, 1)
    assert (claim.request.service_id, dict(claim.request.fields)) == ("1", {"link": LINK, "quantity": "1000"})
    assert await bench.attempts(claim.order) == ["inflight"]
    rows = await bench.rows("SELECT epoch FROM attempts")
    assert [row["epoch"] for row in rows] == [bench.shop.epoch]
    assert await bench.try_claim() is None
    assert (await bench.money()).held == claim.order.charge


async def test_placed_makes_it_active_and_its_status_is_asked(bench: Workshop) -> None:
    claim = await bench.claimed()
    order = await bench.record(claim, Placed("abc-1", FACTS))
    assert (order.state, order.upstream_id) == (OrderState.ACTIVE, "abc-1")
    assert order.next_at == bench.clock() + bench.shop.terms.status_poll
    assert await bench.attempts(order) == ["placed"]
    assert (await bench.money()).held == order.charge
    assert await bench.alerts() == []
    await bench.sound()


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (RefusalKind.SERVICE, Reason.REFUSED_SERVICE), (RefusalKind.LINK, Reason.REFUSED_LINK),
        (RefusalKind.DUPLICATE_LINK, Reason.REFUSED_DUPLICATE), (RefusalKind.QUANTITY, Reason.REFUSED_QUANTITY),
        (RefusalKind.COMMENTS, Reason.REFUSED), (RefusalKind.REQUEST, Reason.REFUSED),
    ],
)  # fmt: skip
async def test_a_refusal_returns_the_whole_charge_and_says_why(
    bench: Workshop, kind: RefusalKind, reason: Reason
) -> None:
    claim = await bench.claimed()
    order = await bench.record(claim, Refused(kind, "no", FACTS))
    assert (order.state, order.reason, order.returned) == (OrderState.FAILED, reason, order.charge)
    balances = await bench.money()
    assert (balances.available, balances.held) == (money("10"), ZERO)
    assert await bench.attempts(order) == ["refused"]
    assert (await bench.notices(MINA)).count("failed") == 1
    assert await bench.try_claim() is None
    await bench.sound()


@pytest.mark.parametrize("reason", list(LostReason))
async def test_whatever_cannot_be_told_keeps_the_money_held_and_asks_the_operator(
    bench: Workshop, reason: LostReason
) -> None:
    claim = await bench.claimed()
    order = await bench.record(claim, Lost(reason, FACTS, "some words"))
    assert order.state is OrderState.UNKNOWN
    assert (await bench.money()).held == order.charge
    assert await bench.attempts(order) == ["unknown"]
    assert (await bench.notices(MINA)).count("unknown") == 1
    assert (await bench.notices(IRIS)).count("alert") == (2 if reason is LostReason.REDIRECTED else 1)
    assert f"order-unknown:{order.id}" in await bench.alerts()
    assert ("panel-misconfigured:nord" in await bench.alerts()) == (reason is LostReason.REDIRECTED)
    for _ in range(3):
        bench.clock.forward(minutes=9)
        assert await bench.try_claim() is None  # never a second `add`
    await bench.sound()


#: An address that cannot be used, and one where somebody answers who cannot prove to be the panel.
LOOKED_INTO = (UnsentReason.ADDRESS, UnsentReason.TLS)
LATERS: list[tuple[AddOutcome, str | None]] = [
    (Later(LaterKind.FUNDS, "no funds", FACTS), "panel-balance-low:nord"),
    (Later(LaterKind.KEY, "bad key", FACTS), "panel-key:nord"),
    (Later(LaterKind.ACCOUNT, "closed", FACTS), "panel-key:nord"),
    (Later(LaterKind.RATE_LIMIT, "slowly", FACTS), None),
    *((Unsent(reason, FACTS), "panel-misconfigured:nord") for reason in LOOKED_INTO),
    *((Unsent(reason, FACTS), None) for reason in UnsentReason if reason not in LOOKED_INTO),
]


@pytest.mark.parametrize(("outcome", "alert"), LATERS)
async def test_proof_that_nothing_was_placed_puts_it_back_in_line(
    bench: Workshop, outcome: AddOutcome, alert: str | None
) -> None:
    claim = await bench.claimed()
    order = await bench.record(claim, outcome)
    assert (order.state, order.next_at) == (OrderState.RESERVED, bench.clock() + timedelta(seconds=5))
    assert await bench.attempts(order) == ["postponed"]
    assert await bench.alerts() == ([alert] if alert else [])
    assert await bench.try_claim() is None
    assert await fulfilment.next_to_wake(bench.shop, NORD, bench.clock()) == order.next_at
    bench.clock.forward(seconds=5)
    again = await bench.claim()
    assert again.attempt == 2
    assert (await bench.record(again, Placed("1", FACTS))).state is OrderState.ACTIVE
    assert await bench.attempts(order) == ["postponed", "placed"]
    if alert != "panel-balance-low:nord":
        assert await bench.alerts() == []  # it takes orders again
    await bench.sound()


async def test_an_order_postponed_again_and_again_is_one_alert_and_ends_in_time(bench: Workshop) -> None:
    claim: Claim | None = await bench.claimed()
    start = bench.clock()
    sent = 0
    while claim:
        sent += 1
        assert bench.clock() < start + bench.shop.terms.reserve_ttl
        order = await bench.record(claim, Unsent(UnsentReason.CONNECT, FACTS))
        assert ("order-stuck:1" in await bench.alerts()) == (sent >= 5)
        assert order.next_at is not None
        bench.clock.time = order.next_at
        claim = await bench.try_claim()
    assert (await bench.read(order.id)).reason is Reason.NOT_SENT_IN_TIME
    assert await bench.alerts() == []
    assert (await bench.notices(IRIS)).count("alert") == 1
    await bench.sound()


def test_a_rest_doubles_from_five_seconds_to_five_minutes() -> None:
    seconds = [backoff(n).total_seconds() for n in (1, 2, 3, 4, 5, 6, 7, 8, 60)]
    assert seconds == [5, 10, 20, 40, 80, 160, 300, 300, 300]


async def test_a_second_live_attempt_cannot_be_stored_even_by_hand(bench: Workshop) -> None:
    claim = await bench.claimed()
    for outcome in ("inflight", "unknown", "placed"):
        await bench.sql("UPDATE attempts SET outcome = $1 WHERE order_id = $2", outcome, claim.order.id)
        for second in ("inflight", "unknown", "placed"):
            with pytest.raises(Conflict):
                await bench.sql(
                    "INSERT INTO attempts (order_id, number, epoch, outcome, started_at) VALUES ($1, 2, 1, $2, 1)",
                    claim.order.id, second,
                )  # fmt: skip


async def test_a_forced_state_cannot_be_claimed_while_an_attempt_lives(bench: Workshop) -> None:
    claim = await bench.claimed()
    await bench.record(claim, LOST)
    await bench.sql("UPDATE orders SET state = 'reserved', next_at = 0 WHERE id = $1", claim.order.id)
    with pytest.raises(Conflict):
        await bench.try_claim()


async def test_the_same_outcome_recorded_again_changes_nothing(bench: Workshop) -> None:
    claim = await bench.claimed()
    first = await bench.record(claim, Placed("1", FACTS))
    for outcome in (Placed("1", FACTS), LOST, Refused(RefusalKind.LINK, "", FACTS)):
        with pytest.raises(AlreadyDecided):
            await bench.record(claim, outcome)
    assert await bench.read(claim.order.id) == first
    await bench.sound()


async def test_the_truth_may_come_late_for_the_same_attempt(bench: Workshop) -> None:
    claim = await bench.claimed()
    await bench.record(claim, LOST)
    order = await bench.record(claim, Placed("1", FACTS))
    assert (order.state, order.upstream_id) == (OrderState.ACTIVE, "1")
    assert await bench.attempts(order) == ["placed"]
    assert await bench.alerts() == []  # the unknown is over
    await bench.sound()


@pytest.mark.parametrize(
    "late",
    [
        Refused(RefusalKind.LINK, "", FACTS),
        Later(LaterKind.FUNDS, "", FACTS),
        Unsent(UnsentReason.CONNECT, FACTS),
        LOST,
    ],
)
async def test_no_other_late_word_moves_an_unknown_order(bench: Workshop, late: AddOutcome) -> None:
    claim = await bench.claimed()
    unknown = await bench.record(claim, LOST)
    assert await bench.record(claim, late) == unknown
    assert await bench.attempts(unknown) == ["unknown"]
    assert (await bench.money()).held == unknown.charge
    await bench.sound()


async def test_an_outcome_of_an_older_attempt_is_ignored(bench: Workshop) -> None:
    first = await bench.claimed()
    await bench.record(first, Unsent(UnsentReason.CONNECT, FACTS))
    bench.clock.forward(seconds=5)
    second = await bench.claim()
    with pytest.raises(AlreadyDecided):
        await bench.record(first, LOST)
    assert (await bench.record(second, LOST)).state is OrderState.UNKNOWN


async def test_a_late_truth_after_the_release_leaves_the_customers_money_alone(bench: Workshop) -> None:
    claim = await bench.claimed()
    unknown = await bench.record(claim, LOST)
    released = await desk.release(bench.shop, unknown.id, Reason.GOODWILL, IRIS, bench.clock())
    for _ in range(2):
        assert await bench.record(claim, Placed("1", FACTS)) == released
    assert (await bench.money()).available == money("10")
    assert await bench.alerts() == ["orphan:nord:1"]
    assert (await bench.notices(IRIS)).count("alert") == 2  # the unknown, and the orphan once
    assert await orphans(bench) == [(NORD, "1", unknown.id, unknown.cost.micros)]
    await bench.sound()


async def test_an_id_that_differs_from_the_one_an_operator_attached_is_an_orphan(bench: Workshop) -> None:
    claim = await bench.claimed()
    unknown = await bench.record(claim, LOST)
    attached = await desk.attach(bench.shop, unknown.id, "5", IRIS, bench.clock())
    assert await bench.record(claim, Placed("6", FACTS)) == attached
    assert [each[1] for each in await orphans(bench)] == ["6"]
    with pytest.raises(AlreadyDecided):
        await bench.record(claim, Placed("5", FACTS))
    await bench.sound()


async def test_a_late_id_of_an_older_attempt_is_an_orphan_and_moves_nothing(bench: Workshop) -> None:
    first = await bench.claimed()
    waiting = await bench.record(first, Unsent(UnsentReason.CONNECT, FACTS))
    assert await bench.record(first, Placed("1", FACTS)) == waiting
    assert [each[1] for each in await orphans(bench)] == ["1"]


async def test_an_id_that_is_another_orders_is_no_orphan(bench: Workshop) -> None:
    await bench.record(await bench.claimed(), Placed("same", FACTS))
    await bench.order(bench.number(LIKES), link=f"{LINK}/2")
    claim = await bench.claim()
    unknown = await bench.record(claim, LOST)
    await desk.release(bench.shop, unknown.id, Reason.GOODWILL, IRIS, bench.clock())
    with pytest.raises(AlreadyDecided):
        await bench.record(claim, Placed("same", FACTS))
    assert await orphans(bench) == []


async def test_an_orphans_id_becomes_no_other_orders(bench: Workshop) -> None:
    """The operators were told to cancel it at the panel: whoever had it then would lose what they paid for."""
    first = await bench.claimed()
    unknown = await bench.record(first, LOST)
    await desk.release(bench.shop, unknown.id, Reason.GOODWILL, IRIS, bench.clock())
    await bench.record(first, Placed("1", FACTS))
    await bench.order(bench.number(LIKES), link=f"{LINK}/2")
    second = await bench.claim()
    assert (await bench.record(second, Placed("1", FACTS))).state is OrderState.UNKNOWN
    assert f"id-taken:{second.order.id}" in await bench.alerts()
    with pytest.raises(UpstreamMismatch):
        await desk.attach(bench.shop, second.order.id, "1", IRIS, bench.clock())
    await bench.sound()


async def orphans(bench: Workshop) -> list[tuple[object, ...]]:
    rows = await bench.rows("SELECT panel, upstream_id, order_id, cost FROM orphans ORDER BY upstream_id")
    return [tuple(row.values()) for row in rows]


async def test_an_upstream_id_another_order_has_makes_it_unknown(bench: Workshop) -> None:
    first = await bench.record(await bench.claimed(), Placed("same", FACTS))
    await bench.order(bench.number(LIKES), link=f"{LINK}/2")
    second = await bench.record(await bench.claim(), Placed("same", FACTS))
    assert (second.state, second.upstream_id) == (OrderState.UNKNOWN, None)
    assert (await bench.read(first.id)).upstream_id == "same"
    assert await bench.alerts() == [f"id-taken:{second.id}", f"order-unknown:{second.id}"]
    await bench.sound()


async def test_an_unknown_order_whose_answer_comes_late_with_anothers_id_stays_unknown(bench: Workshop) -> None:
    await bench.record(await bench.claimed(), Placed("same", FACTS))
    await bench.order(bench.number(LIKES), link=f"{LINK}/2")
    claim = await bench.claim()
    await bench.record(claim, LOST)
    told = await bench.notices(MINA)
    for _ in range(2):
        late = await bench.record(claim, Placed("same", FACTS))
        assert (late.state, late.upstream_id, late.returned) == (OrderState.UNKNOWN, None, ZERO)
    assert sorted(await bench.alerts()) == [f"id-taken:{late.id}", f"order-unknown:{late.id}"]
    assert await bench.notices(MINA) == told, "the customer knows it waits"
    await bench.sound()


async def test_two_panels_may_use_the_same_id(bench: Workshop) -> None:
    await bench.list_services(OTHER, panel=SUED)
    one = await bench.record(await bench.claimed(), Placed("7", FACTS))
    await bench.order(bench.number(OTHER))
    two = await bench.record(await bench.claim(SUED), Placed("7", FACTS))
    assert one.state is two.state is OrderState.ACTIVE


async def test_what_was_being_sent_when_the_shop_stopped_is_unknown_at_the_next_start(bench: Workshop) -> None:
    await bench.customer("100")
    orders = [await bench.order(bench.number(LIKES), link=f"{LINK}/{n}") for n in range(3)]
    await bench.claim()
    await bench.claim()
    bench.shop = await open_shop(bench.shop.db)
    assert await recovery.recover(bench.shop, bench.clock()) == 2
    states = [(await bench.read(order.id)).state for order in orders]
    assert states == [OrderState.UNKNOWN, OrderState.UNKNOWN, OrderState.RESERVED]
    assert await bench.alerts() == ["order-unknown:1", "order-unknown:2"]
    assert (await bench.notices(MINA)).count("unknown") == 2
    assert await recovery.recover(bench.shop, bench.clock()) == 0
    await bench.sound()


async def test_a_storm_of_unknown_orders_is_one_alert_each_and_one_message_for_each_operator(bench: Workshop) -> None:
    await bench.customer("100")
    for n in range(4):
        await bench.order(bench.number(LIKES), link=f"{LINK}/{n}")
    claims = [await bench.claim() for _ in range(4)]
    for claim in claims:
        await bench.record(claim, LOST)
        await bench.record(claim, LOST)
    assert len(await bench.alerts()) == 4
    for operator in bench.shop.terms.operator_ids:
        assert (await bench.notices(operator)).count("alert") == 4
