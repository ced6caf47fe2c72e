"""Paying by hand: one decision, made once, and what is credited is what the operator says came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import (
    AlreadyDecided,
    BadInput,
    Banned,
    Braked,
    NeedsSecond,
    NotFound,
    NotOffered,
    TooMany,
)
from bot.domain.money import Money
from bot.domain.topups import Gateway, Paid, Proof, ProofKind, Topup, TopupState, outcome, worth
from bot.engine import admission, approvals, brake, by_hand, topups, ways
from bot.engine.brake import Broken
from bot.engine.topups import Asked
from storage import switches
from storage.approvals import Wish, WishKind
from storage.database import Tx
from tests.engine.workshop import TERMS, Workshop, workshop
from tests.kit import IRIS, MINA, START, THEO, money

OTHER = IRIS + 1
PHOTO = Proof("AgACphoto", ProofKind.PHOTO)


async def open_by_hand(bench: Workshop) -> None:
    async def work(tx: Tx) -> None:
        await switches.note(tx, ways.switch_of(Gateway.BY_HAND), ways.ON)
        await switches.note(tx, ways.INSTRUCTIONS, "Nordbank 12345")

    await bench.shop.db.write(work)


@pytest.fixture
async def mina(bench: Workshop) -> AsyncIterator[Workshop]:
    await open_by_hand(bench)
    await bench.customer("0")
    yield bench
    await bench.sound()


async def ask(bench: Workshop, amount: str = "25", update: int = 100, person: int = MINA) -> Topup:
    asked = Asked(person, update, Gateway.BY_HAND, money(amount))
    return await topups.ask(bench.shop, asked, bench.clock())


async def shown(bench: Workshop, amount: str = "25", update: int = 100) -> Topup:
    """A payment with its proof, waiting for an operator."""
    topup = await ask(bench, amount, update)
    return await by_hand.prove(bench.shop, topup.id, MINA, PHOTO, bench.clock())


async def approve(bench: Workshop, topup: Topup, amount: str = "25", by: int = IRIS) -> Topup:
    return await by_hand.approve(bench.shop, topup.id, topup.version, money(amount), by, bench.clock())


async def turn_down(bench: Workshop, topup: Topup, reason: str = "nothing came", by: int = IRIS) -> Topup:
    return await by_hand.turn_down(bench.shop, topup.id, topup.version, reason, by, bench.clock())


async def available(bench: Workshop) -> str:
    return f"{(await bench.money()).available.decimal.normalize():f}"


async def test_a_proof_reaches_every_operator_and_moves_nothing(mina: Workshop) -> None:
    topup = await shown(mina)
    assert (topup.state, topup.proof) == (TopupState.PENDING, PHOTO)
    assert await mina.notices(IRIS) == ["proof"]
    assert await mina.notices(OTHER) == ["proof"]
    assert await available(mina) == "0"


async def test_what_is_approved_is_credited_once(mina: Workshop) -> None:
    topup = await shown(mina)
    decided = await approve(mina, topup)
    assert (decided.state, decided.decided_by) == (TopupState.PAID, IRIS)
    assert await available(mina) == "25"
    (payment,) = await mina.rows("SELECT * FROM payments")
    assert (payment["gateway"], payment["payment_id"], payment["topup_id"]) == ("by-hand", str(topup.id), topup.id)
    assert await mina.notices(MINA) == ["topup-paid"]
    for again in (topup, decided):
        with pytest.raises(AlreadyDecided):
            await approve(mina, again)
    with pytest.raises(AlreadyDecided):
        await turn_down(mina, topup)
    assert await available(mina) == "25"


@pytest.mark.parametrize(
    ("came", "state"),
    [("30", TopupState.PAID_OVER), ("25", TopupState.PAID), ("0.01", TopupState.PAID_PARTIALLY)],
)
async def test_what_came_is_what_the_operator_says(mina: Workshop, came: str, state: TopupState) -> None:
    decided = await approve(mina, await shown(mina), came)
    assert decided.state is state
    assert await available(mina) == came
    assert decided.amount == money("25")


async def test_two_operators_at_once_decide_once(mina: Workshop) -> None:
    topup = await shown(mina)
    found = await asyncio.gather(
        approve(mina, topup), turn_down(mina, topup, by=OTHER), approve(mina, topup, "26", OTHER),
        return_exceptions=True,
    )  # fmt: skip
    decided = [outcome for outcome in found if isinstance(outcome, Topup)]
    assert len(decided) == 1
    assert all(isinstance(outcome, Topup | AlreadyDecided) for outcome in found)
    credited = {TopupState.PAID: "25", TopupState.PAID_OVER: "26", TopupState.INVALID: "0"}
    assert await available(mina) == credited[decided[0].state]
    assert len(await mina.rows("SELECT * FROM acts WHERE act = 'topup'")) == 1


async def test_one_that_was_not_found_says_why_and_can_be_asked_for_again(mina: Workshop) -> None:
    topup = await shown(mina)
    decided = await turn_down(mina, topup, "  the name\ndoes not fit ")
    assert (decided.state, decided.reason) == (TopupState.INVALID, "the name\ndoes not fit")
    assert await mina.notices(MINA) == ["topup-turned-down"]
    with pytest.raises(AlreadyDecided):
        await approve(mina, topup)
    with pytest.raises(NotOffered):
        await by_hand.prove(mina.shop, topup.id, MINA, PHOTO, mina.clock())
    again = await by_hand.ask_again(mina.shop, 101, topup.id, MINA, mina.clock())
    assert (again.amount, again.state) == (topup.amount, TopupState.NEW)
    assert again.id != topup.id
    assert (await by_hand.ask_again(mina.shop, 101, topup.id, MINA, mina.clock())).id == again.id


async def test_a_second_picture_changes_nothing(mina: Workshop) -> None:
    topup = await shown(mina)
    second = Proof("AgACsecond", ProofKind.PHOTO)
    assert await by_hand.prove(mina.shop, topup.id, MINA, second, mina.clock()) == topup


async def test_what_is_somebody_elses_or_no_payment_by_hand_is_not_there(mina: Workshop) -> None:
    await mina.customer("0", THEO)
    topup = await ask(mina)
    stars = await topups.ask(mina.shop, Asked(MINA, 101, Gateway.STARS, money("5")), mina.clock())
    for topup_id, person in ((topup.id, THEO), (stars.id, MINA), (999, MINA)):
        with pytest.raises(NotFound):
            await by_hand.prove(mina.shop, topup_id, person, PHOTO, mina.clock())
    with pytest.raises(NotFound):
        await approve(mina, stars)


async def test_what_was_not_shown_cannot_be_decided(mina: Workshop) -> None:
    with pytest.raises(AlreadyDecided):
        await approve(mina, await ask(mina))


async def test_a_proof_that_comes_after_the_end_counts_as_late(mina: Workshop) -> None:
    topup = await ask(mina)
    mina.clock.forward(days=4)
    assert await topups.expire(mina.shop, mina.clock(), [Gateway.BY_HAND]) == 1
    topup = await by_hand.prove(mina.shop, topup.id, MINA, PHOTO, mina.clock())
    decided = await approve(mina, topup)
    assert decided.state is TopupState.PAID_LATE
    assert await available(mina) == "25"


async def test_what_waits_for_a_person_does_not_expire(mina: Workshop) -> None:
    topup = await shown(mina)
    mina.clock.forward(days=30)
    assert await topups.expire(mina.shop, mina.clock(), [Gateway.BY_HAND]) == 0
    assert (await approve(mina, topup)).state is TopupState.PAID


async def test_no_customer_can_bury_the_operators(mina: Workshop) -> None:
    for n in range(by_hand.WAITING_MOST):
        await shown(mina, update=200 + n)
    topup = await ask(mina, update=300)
    with pytest.raises(TooMany):
        await by_hand.prove(mina.shop, topup.id, MINA, PHOTO, mina.clock())


async def test_the_banned_prove_nothing_and_the_brake_approves_nothing(mina: Workshop) -> None:
    topup = await ask(mina)
    await admission.ban(mina.shop, MINA, IRIS, "why", mina.clock())
    with pytest.raises(Banned):
        await by_hand.prove(mina.shop, topup.id, MINA, PHOTO, mina.clock())
    await admission.unban(mina.shop, MINA, IRIS, mina.clock())
    topup = await by_hand.prove(mina.shop, topup.id, MINA, PHOTO, mina.clock())
    await brake.engage(mina.shop, [Broken("L1", "sum 1")], mina.clock())
    with pytest.raises(Braked):
        await approve(mina, topup)
    assert (await turn_down(mina, topup)).state is TopupState.INVALID  # it moves no money


async def test_whoever_has_paid_can_show_it_in_a_maintenance_and_while_the_brake_is_on(mina: Workshop) -> None:
    first, second = await ask(mina), await ask(mina, update=101)
    await admission.set_maintenance(mina.shop, THEO, mina.clock(), on=True)
    assert (await by_hand.prove(mina.shop, first.id, MINA, PHOTO, mina.clock())).state is TopupState.PENDING
    await brake.engage(mina.shop, [Broken("L1", "sum 1")], mina.clock())
    assert (await by_hand.prove(mina.shop, second.id, MINA, PHOTO, mina.clock())).state is TopupState.PENDING


async def test_nothing_is_no_amount_and_no_reason_is_none(mina: Workshop) -> None:
    topup = await shown(mina)
    with pytest.raises(BadInput):
        await approve(mina, topup, "0")
    with pytest.raises(BadInput):
        await turn_down(mina, topup, " \n")
    assert (await approve(mina, topup)).state is TopupState.PAID


async def test_a_large_one_needs_another_operator(tmp_path: Path) -> None:
    async with workshop(tmp_path, replace(TERMS, second_operator_above=money("10"))) as bench:
        await open_by_hand(bench)
        await bench.customer("0")
        topup = await shown(bench)
        with pytest.raises(NeedsSecond):
            await approve(bench, topup)
        wish = Wish(WishKind.TOPUP, topup.id, topup.version, money("25"), "")
        asked = await approvals.ask(bench.shop, 7, wish, IRIS, bench.clock())
        await approvals.grant(bench.shop, asked.id, OTHER, bench.clock())
        assert await available(bench) == "25"
        with pytest.raises(AlreadyDecided):
            await approvals.ask(bench.shop, 8, wish, IRIS, bench.clock())


async def test_a_yes_to_what_was_decided_meanwhile_does_nothing(tmp_path: Path) -> None:
    async with workshop(tmp_path, replace(TERMS, second_operator_above=money("10"))) as bench:
        await open_by_hand(bench)
        await bench.customer("0")
        topup = await shown(bench)
        wish = Wish(WishKind.TOPUP, topup.id, topup.version, money("25"), "")
        asked = await approvals.ask(bench.shop, 7, wish, IRIS, bench.clock())
        await turn_down(bench, topup)
        with pytest.raises(AlreadyDecided):
            await approvals.grant(bench.shop, asked.id, OTHER, bench.clock())
        assert await available(bench) == "0"


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_what_is_credited_is_what_came_to_the_last_digit(asked: int, came: int) -> None:
    amount, received = Money(asked), Money(came)
    topup = Topup(
        1, "t", MINA, Gateway.BY_HAND, amount, amount.decimal, "USD", TopupState.PENDING, 2, None, None, None, None,
        PHOTO, None, None, START, START, START,
    )  # fmt: skip
    assert worth(topup, received.decimal) == received
    paid = Paid(Gateway.BY_HAND, "1", received.decimal, "USD", START, "t")
    expected = TopupState.PAID if came == asked else TopupState.PAID_OVER if came > asked else TopupState.PAID_PARTIALLY
    assert outcome(topup, paid) is expected
