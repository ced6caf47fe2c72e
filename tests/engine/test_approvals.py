"""Two operators above an amount: one asks, another agrees, and it is done once or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.errors import AlreadyDecided, Braked, NeedsSecond, NotFound, ShortOfMoney
from bot.domain.money import ZERO
from bot.domain.orders import Order, OrderState, Reason
from bot.engine import approvals, brake, desk
from bot.panels.outcomes import Lost
from bot.wire.reasons import HttpFacts, LostReason
from storage.approvals import Approval, ApprovalState, Wish, WishKind
from tests.engine.workshop import LIKES, TERMS, Workshop, workshop
from tests.kit import IRIS, MINA, money

THEO, NIRA = IRIS + 1, IRIS + 2
_FIRST_UPDATE = 700_000


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workshop]:
    terms = replace(TERMS, operator_ids=(IRIS, THEO, NIRA), second_operator_above=money("1"))
    async with workshop(tmp_path, terms) as made:
        await desk_free(made)
        yield made
        await made.sound()


async def desk_free(bench: Workshop) -> None:
    """A customer with money that no rule of two kept from them."""
    await bench.customer("0")
    for _ in range(10):
        await bench.credit("1")


async def lost(bench: Workshop, quantity: str = "1000") -> Order:
    await bench.order(bench.number(LIKES), quantity=quantity)
    return await bench.record(await bench.claim(), Lost(LostReason.TIMEOUT, HttpFacts()))


def release_of(order: Order) -> Wish:
    return Wish(WishKind.RELEASE, order.id, order.version, order.charge, Reason.GOODWILL.value)


async def ask(bench: Workshop, wish: Wish, update: int = 1, by: int = IRIS) -> Approval:
    return await approvals.ask(bench.shop, _FIRST_UPDATE + update, wish, by, bench.clock())


async def grant(bench: Workshop, asked: Approval, by: int = THEO) -> Approval:
    return await approvals.grant(bench.shop, asked.id, by, bench.clock())


async def move(bench: Workshop, update: int, amount: str, *, credit: bool) -> None:
    await desk.move_money(
        bench.shop, _FIRST_UPDATE + update, IRIS, MINA, money(amount), "why", bench.clock(), credit=credit
    )


async def test_up_to_the_amount_one_operator_is_enough(bench: Workshop) -> None:
    await move(bench, 1, "1", credit=True)
    await move(bench, 2, "1", credit=False)
    order = await lost(bench, quantity="100")
    await desk.release(bench.shop, order.id, Reason.GOODWILL, IRIS, bench.clock())
    assert (await bench.money()).available == money("10")


async def test_above_it_no_verb_moves_money_alone(bench: Workshop) -> None:
    for credit in (True, False):
        with pytest.raises(NeedsSecond):
            await move(bench, 1, "1.0001", credit=credit)
    order = await lost(bench)
    with pytest.raises(NeedsSecond):
        await desk.release(bench.shop, order.id, Reason.NOT_PLACED, IRIS, bench.clock())
    active = await bench.sent(quantity="1000", link="https://framely.example/p/other")
    with pytest.raises(NeedsSecond):
        await desk.decide(bench.shop, active.id, active.charge, IRIS, bench.clock())
    assert (await bench.money()).held == order.charge + active.charge
    await desk.decide(bench.shop, active.id, ZERO, IRIS, bench.clock())  # nothing goes back: no second is needed


async def test_another_operators_yes_does_it_once(bench: Workshop) -> None:
    order = await lost(bench)
    asked = await ask(bench, release_of(order))
    assert await bench.notices(THEO) == ["alert", "approval"]
    assert (await bench.read(order.id)).state is OrderState.UNKNOWN
    granted = await grant(bench, asked)
    assert (granted.state, granted.decided_by) == (ApprovalState.GRANTED, THEO)
    assert (await bench.read(order.id)).state is OrderState.FAILED
    assert (await bench.money()).available == money("10")
    assert await bench.notices(IRIS) == ["alert", "approval"]
    acts = [(r["actor"], r["act"]) for r in await bench.rows("SELECT actor, act FROM acts ORDER BY id DESC LIMIT 3")]
    assert acts == [(str(THEO), "approve"), (str(IRIS), "release"), (str(IRIS), "ask")]
    with pytest.raises(AlreadyDecided):
        await grant(bench, asked, NIRA)


async def test_one_alone_cannot_ask_and_agree(bench: Workshop) -> None:
    asked = await ask(bench, release_of(await lost(bench)))
    with pytest.raises(NeedsSecond):
        await grant(bench, asked, IRIS)
    assert (await ask(bench, asked.wish, update=2)).id == asked.id  # nor ask twice and agree with oneself
    with pytest.raises(NotFound):
        await approvals.grant(bench.shop, asked.id + 1, THEO, bench.clock())


async def test_all_who_agree_at_once_move_the_money_once(bench: Workshop) -> None:
    asked = await ask(bench, Wish(WishKind.CREDIT, MINA, 0, money("500"), "a transfer"))
    answers = await asyncio.gather(*(grant(bench, asked, by) for by in (THEO, NIRA) * 10), return_exceptions=True)
    assert sum(isinstance(answer, Approval) for answer in answers) == 1
    assert all(isinstance(answer, Approval | AlreadyDecided) for answer in answers)
    assert (await bench.money()).available == money("510")
    assert len(await bench.rows("SELECT 1 AS yes FROM transfers WHERE reason = 'a transfer'")) == 1


async def test_the_command_handed_in_again_finds_its_money_moved(bench: Workshop) -> None:
    await grant(bench, await ask(bench, Wish(WishKind.CREDIT, MINA, 0, money("500"), "why"), update=5))
    await move(bench, 5, "500", credit=True)
    assert (await bench.money()).available == money("510")
    again = await ask(bench, Wish(WishKind.CREDIT, MINA, 0, money("500"), "why"), update=5)
    assert again.state is ApprovalState.GRANTED


async def test_a_no_ends_it_and_whoever_asked_may_take_it_back(bench: Workshop) -> None:
    order = await lost(bench)
    asked = await ask(bench, release_of(order))
    refused = await approvals.refuse(bench.shop, asked.id, THEO, bench.clock())
    assert (refused.state, refused.decided_by) == (ApprovalState.REFUSED, THEO)
    with pytest.raises(AlreadyDecided):
        await grant(bench, asked, NIRA)
    anew = await ask(bench, release_of(order), update=2)
    assert anew.id != asked.id
    await approvals.refuse(bench.shop, anew.id, IRIS, bench.clock())
    with pytest.raises(AlreadyDecided):
        await grant(bench, anew)
    assert (await bench.read(order.id)).state is OrderState.UNKNOWN


async def test_after_a_day_it_is_open_no_more(bench: Workshop) -> None:
    asked = await ask(bench, Wish(WishKind.CREDIT, MINA, 0, money("500"), "why"))
    bench.clock.forward(hours=24)
    with pytest.raises(AlreadyDecided):
        await grant(bench, asked)
    assert (await bench.money()).available == money("10")
    assert (await ask(bench, asked.wish, update=2)).id != asked.id


async def test_a_yes_to_an_order_that_moved_on_does_nothing(bench: Workshop) -> None:
    order = await lost(bench)
    asked = await ask(bench, release_of(order))
    await desk.attach(bench.shop, order.id, "up-1", NIRA, bench.clock())
    with pytest.raises(AlreadyDecided):
        await grant(bench, asked)
    found = await approvals.find(bench.shop, asked.id)
    assert found is not None
    assert found.state is ApprovalState.MOOT
    assert (await bench.notices(IRIS)).count("approval") == 1, "whoever asked hears that nothing is left to do"
    assert (await bench.read(order.id)).state is OrderState.ACTIVE
    with pytest.raises(AlreadyDecided):
        await ask(bench, release_of(order), update=2)


async def test_what_cannot_be_done_now_stays_open(bench: Workshop) -> None:
    debit = await ask(bench, Wish(WishKind.DEBIT, MINA, 0, money("10"), "why"), update=1)
    credit = await ask(bench, Wish(WishKind.CREDIT, MINA, 0, money("5"), "why"), update=2)
    await move(bench, 3, "1", credit=False)
    with pytest.raises(ShortOfMoney):
        await grant(bench, debit)
    await brake.engage(bench.shop, [brake.Broken("L1", "an entry")], bench.clock())
    with pytest.raises(Braked):
        await grant(bench, credit)
    await brake.let_go(bench.shop, IRIS, bench.clock())
    await grant(bench, credit)
    await grant(bench, debit)
    assert (await bench.money()).available == money("4")


async def test_what_somebody_asked_for_who_is_no_operator_any_more_is_not_done(bench: Workshop) -> None:
    asked = await ask(bench, Wish(WishKind.CREDIT, MINA, 0, money("500"), "why"))
    fewer = replace(bench.shop, terms=replace(bench.shop.terms, operator_ids=(THEO, NIRA)))
    with pytest.raises(AlreadyDecided):
        await approvals.grant(fewer, asked.id, THEO, bench.clock())
    assert (await bench.money()).available == money("10")


async def test_money_back_of_an_active_order_goes_back_with_a_yes(bench: Workshop) -> None:
    order = await bench.sent(quantity="1000")
    wish = Wish(WishKind.DECIDE, order.id, order.version, order.charge, "")
    await grant(bench, await ask(bench, wish))
    ended = await bench.read(order.id)
    assert (ended.state, ended.returned) == (OrderState.CANCELED, order.charge)


async def test_teaching_a_refusal_above_the_amount_needs_a_yes_as_well(bench: Workshop) -> None:
    await bench.order(bench.number(LIKES), quantity="1000")
    outcome = Lost(LostReason.UNRECOGNISED_ERROR, HttpFacts(200), "closed today")
    order = await bench.record(await bench.claim(), outcome)
    with pytest.raises(NeedsSecond):
        await desk.teach(bench.shop, order.id, IRIS, bench.clock())
    wish = Wish(WishKind.TEACH, order.id, order.version, order.charge, "closed today")
    await grant(bench, await ask(bench, wish))
    assert (await bench.read(order.id)).reason is Reason.REFUSED
    assert len(await bench.rows("SELECT 1 AS yes FROM known_refusals")) == 1
