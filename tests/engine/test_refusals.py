"""Words a panel always means a refusal by: taught by an operator, for exactly these words of exactly this panel."""

from __future__ import annotations

import pytest

from bot.domain.errors import AlreadyDecided, Braked
from bot.domain.money import ZERO
from bot.domain.orders import Order, OrderState, Reason
from bot.engine import brake, desk, fulfilment
from bot.engine.refusals import evened
from bot.panels.outcomes import AddOutcome, Later, LaterKind, Lost, Placed
from bot.wire.reasons import HttpFacts, LostReason
from tests.engine.workshop import LIKES, OTHER, SUED, Workshop
from tests.kit import IRIS, LINK, money

WORDS = "Drip  feed is CLOSED today"


def refusal(text: str = WORDS, reason: LostReason = LostReason.UNRECOGNISED_ERROR) -> Lost:
    return Lost(reason, HttpFacts(200, "aa", f'{{"error": "{text}"}}'), text)


async def answered(bench: Workshop, outcome: AddOutcome, link: str = LINK) -> Order:
    await bench.order(bench.number(LIKES), link=link)
    return await bench.record(await bench.claim(), outcome)


async def taught(bench: Workshop) -> Order:
    order = await answered(bench, refusal())
    assert order.state is OrderState.UNKNOWN
    return await desk.teach(bench.shop, order.id, IRIS, bench.clock())


async def test_teaching_refuses_the_order_and_gives_all_of_it_back(rich: Workshop) -> None:
    order = await taught(rich)
    assert (order.state, order.reason, order.returned) == (OrderState.FAILED, Reason.REFUSED, order.charge)
    assert (await rich.money()).held == ZERO
    assert await rich.attempts(order) == ["refused"]
    assert await rich.alerts() == []
    [row] = await rich.rows("SELECT actor, object, detail FROM acts WHERE act = 'teach'")
    assert tuple(row.values()) == (str(IRIS), f"order {order.id}", "drip feed is closed today")
    await rich.sound()


async def test_the_same_words_are_a_refusal_from_then_on(rich: Workshop) -> None:
    await taught(rich)
    again = await answered(rich, refusal("DRIP feed is closed\ttoday"))
    assert (again.state, again.reason) == (OrderState.FAILED, Reason.REFUSED)
    assert (await rich.money()).held == ZERO
    assert await rich.attempts(again) == ["refused"]
    await rich.sound()


@pytest.mark.parametrize(
    "other",
    [
        refusal("Drip feed is closed today."),
        refusal("Drip feed is closed"),
        refusal("Drip feed is closed today", LostReason.AMBIGUOUS_ERROR),
        refusal("Drip feed is closed today", LostReason.SERVER_ERROR),
        refusal("Drip feed is closed today", LostReason.CONTRADICTION),
        refusal(""),
        Lost(LostReason.TIMEOUT, HttpFacts()),
    ],
)
async def test_nothing_else_is(rich: Workshop, other: Lost) -> None:
    await taught(rich)
    assert (await answered(rich, other)).state is OrderState.UNKNOWN


async def test_nor_the_same_words_of_another_panel(rich: Workshop) -> None:
    await rich.list_services(OTHER, panel=SUED)
    await taught(rich)
    await rich.order(rich.number(OTHER), quantity="100")
    assert (await rich.record(await rich.claim(SUED), refusal())).state is OrderState.UNKNOWN


async def test_other_outcomes_stay_what_they_are(rich: Workshop) -> None:
    await taught(rich)
    assert (await answered(rich, Placed("70", HttpFacts(200)))).state is OrderState.ACTIVE
    later = Later(LaterKind.RATE_LIMIT, WORDS, HttpFacts(429))
    assert (await answered(rich, later, f"{LINK}/2")).state is OrderState.RESERVED


async def test_only_an_order_with_such_words_can_teach(rich: Workshop) -> None:
    lost = await answered(rich, Lost(LostReason.TIMEOUT, HttpFacts()))
    with pytest.raises(AlreadyDecided):
        await desk.teach(rich.shop, lost.id, IRIS, rich.clock())
    assert await rich.rows("SELECT 1 AS yes FROM known_refusals") == []
    assert (await rich.read(lost.id)).state is OrderState.UNKNOWN


async def test_long_words_may_have_been_cut_and_teach_nothing(rich: Workshop) -> None:
    assert evened("x" * 200)
    assert not evened("x" * 201)
    order = await answered(rich, refusal("y" * 299))
    with pytest.raises(AlreadyDecided):
        await desk.teach(rich.shop, order.id, IRIS, rich.clock())


async def test_the_brake_holds_the_money_and_teaches_nothing(rich: Workshop) -> None:
    order = await answered(rich, refusal())
    await brake.engage(rich.shop, [brake.Broken("L1", "an entry")], rich.clock())
    with pytest.raises(Braked):
        await desk.teach(rich.shop, order.id, IRIS, rich.clock())
    assert await rich.rows("SELECT 1 AS yes FROM known_refusals") == []


async def test_a_late_truth_after_a_taught_refusal_is_too_late(rich: Workshop) -> None:
    await taught(rich)
    order = await rich.order(rich.number(LIKES))
    claimed = await rich.claim()
    await rich.record(claimed, refusal())
    with pytest.raises(AlreadyDecided):
        await fulfilment.record(rich.shop, claimed, refusal(), rich.clock())
    assert (await rich.read(order.id)).state is OrderState.FAILED
    assert (await rich.money()).available == money("10")


async def test_later_is_a_word_for_the_reminders_and_no_decision(rich: Workshop) -> None:
    order = await answered(rich, refusal())
    until = await desk.snooze(rich.shop, order.id, order.version, IRIS, rich.clock())
    assert until == rich.clock() + desk.SNOOZE
    assert await rich.read(order.id) == order
    [row] = await rich.rows("SELECT snoozed_until FROM orders")
    assert row["snoozed_until"] == int(until.timestamp()) * 1000
    with pytest.raises(AlreadyDecided):
        await desk.snooze(rich.shop, order.id, order.version - 1, IRIS, rich.clock())
