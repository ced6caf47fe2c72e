"""Vouchers: a code brings its money so many times and never more, and guessing brings nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import AlreadyDecided, BadInput, Banned, Braked, NeedsSecond, NotFound
from bot.domain.vouchers import ALPHABET, CODE_LENGTH, Redeemed, Voucher, code_of, read_code, shown_code
from bot.engine import admission, approvals, brake, vouchers
from bot.engine.brake import Broken
from bot.engine.vouchers import MISSES_MOST, MISSES_SPAN, Outcome, Wanted
from storage.approvals import Wish, WishKind
from tests.engine.workshop import TERMS, Workshop, workshop
from tests.kit import IRIS, MINA, THEO, money

OTHER = IRIS + 1


async def make(bench: Workshop, update: int = 1, **more: object) -> Voucher:
    wanted = Wanted(update, IRIS, money("5"))
    return await vouchers.make(bench.shop, replace(wanted, **more), bench.clock())  # type: ignore[arg-type]


async def redeem(bench: Workshop, code: str, update: int, person: int = MINA) -> Outcome:
    return await vouchers.redeem(bench.shop, update, person, code, bench.clock())


async def available(bench: Workshop, person: int = MINA) -> str:
    return f"{(await bench.money(person)).available.decimal.normalize():f}"


@pytest.fixture
async def mina(bench: Workshop) -> AsyncIterator[Workshop]:
    await bench.customer("0")
    yield bench
    await bench.sound()


async def test_a_code_brings_its_money_once_for_each_update(mina: Workshop) -> None:
    made = await make(mina)
    for _ in range(2):
        outcome = await redeem(mina, made.code, 10)
        assert outcome.became is Redeemed.DONE
        assert outcome.payment is not None
        assert outcome.payment.payment_id == f"{made.id}:{MINA}:1"
    assert await available(mina) == "5"
    assert [(r["gateway"], r["state"]) for r in await mina.rows("SELECT * FROM payments")] == [("voucher", "credited")]
    entry = (await mina.rows("SELECT * FROM transfers WHERE kind = 'deposit'"))[0]
    assert entry["id"] == f"dep:voucher:{made.id}:{MINA}:1"
    assert (entry["source"], entry["target"]) == ("sys:in:voucher", f"user:{MINA}:available")


async def test_making_is_one_voucher_for_each_update_and_leaves_an_act(mina: Workshop) -> None:
    first = await make(mina, uses=3)
    assert await make(mina, uses=3) == first
    acts = await mina.rows("SELECT act, object, detail FROM acts")
    assert [(a["act"], a["object"], a["detail"]) for a in acts] == [("voucher", f"voucher {first.id}", "5 x 3")]


async def test_one_customer_uses_it_as_often_as_one_may(mina: Workshop) -> None:
    made = await make(mina, uses=10, each=2)
    became = [(await redeem(mina, made.code, update)).became for update in (10, 11, 12)]
    assert became == [Redeemed.DONE, Redeemed.DONE, Redeemed.MINE]
    assert await available(mina) == "10"
    numbers = [row["number"] for row in await mina.rows("SELECT number FROM redemptions ORDER BY number")]
    assert numbers == [1, 2]


@pytest.mark.parametrize("how", ["unknown", "expired", "used up", "closed"])
async def test_every_code_that_is_none_looks_the_same(mina: Workshop, how: str) -> None:
    await mina.customer("0", THEO)
    made = await make(mina, expires_at=mina.clock() + timedelta(days=1))
    code = made.code
    match how:
        case "unknown":
            code = code_of("another secret")
        case "expired":
            mina.clock.forward(days=1)
        case "used up":
            assert (await redeem(mina, code, 9, THEO)).became is Redeemed.DONE
        case "closed":
            await vouchers.close(mina.shop, made.id, IRIS, mina.clock())
    assert await redeem(mina, code, 10) == Outcome(Redeemed.NONE)
    assert await available(mina) == "0"


async def test_after_a_few_misses_nothing_is_looked_at_for_a_while_not_even_a_true_code(mina: Workshop) -> None:
    made = await make(mina)
    for update in range(MISSES_MOST):
        assert (await redeem(mina, code_of(f"guess {update}"), 10 + update)).became is Redeemed.NONE
        assert (await redeem(mina, code_of(f"guess {update}"), 10 + update)).became is Redeemed.NONE  # a replay
    for _ in range(3):
        assert (await redeem(mina, made.code, 20)).became is Redeemed.LATER
    assert await available(mina) == "0"
    mina.clock.forward(seconds=MISSES_SPAN.total_seconds())
    assert (await redeem(mina, made.code, 20)).became is Redeemed.DONE


async def test_guessing_slows_down_only_whoever_guesses(mina: Workshop) -> None:
    await mina.customer("0", THEO)
    made = await make(mina)
    for update in range(MISSES_MOST + 1):
        await redeem(mina, code_of(f"guess {update}"), 10 + update)
    assert (await redeem(mina, made.code, 30, THEO)).became is Redeemed.DONE


async def test_what_is_no_code_at_all_is_no_miss(mina: Workshop) -> None:
    for update, typed in enumerate(("", "hello", "v_", "A" * 17, "0O1I" * 4, "'; DROP TABLE vouchers; --", "🎁" * 16)):
        assert (await redeem(mina, typed, 10 + update)).became is Redeemed.ODD
    assert await mina.rows("SELECT * FROM voucher_misses") == []


async def test_many_at_once_take_no_more_than_there_is(mina: Workshop) -> None:
    crowd = range(5001, 5061)
    for person in crowd:
        await mina.customer("0", person)
    made = await make(mina, uses=5)
    found = await asyncio.gather(*(redeem(mina, made.code, person, person) for person in crowd))
    assert sorted(outcome.became for outcome in found).count(Redeemed.DONE) == 5
    (row,) = await mina.rows("SELECT used FROM vouchers")
    assert row["used"] == 5
    (paid,) = await mina.rows("SELECT COUNT(*) AS n, CAST(SUM(amount) AS BIGINT) AS total FROM payments")
    assert (paid["n"], paid["total"]) == (5, money("25").micros)


async def test_one_customer_with_many_updates_at_once_stays_within_their_share(mina: Workshop) -> None:
    made = await make(mina, uses=50, each=2)
    found = await asyncio.gather(*(redeem(mina, made.code, 100 + n) for n in range(20)))
    assert [outcome.became for outcome in found].count(Redeemed.DONE) == 2
    assert await available(mina) == "10"


async def test_closing_is_done_once_and_written_down(mina: Workshop) -> None:
    made = await make(mina, uses=5)
    closed = await vouchers.close(mina.shop, made.id, IRIS, mina.clock())
    assert closed.closed_at == mina.clock()
    with pytest.raises(AlreadyDecided):
        await vouchers.close(mina.shop, made.id, OTHER, mina.clock())
    with pytest.raises(NotFound):
        await vouchers.close(mina.shop, made.id + 1, IRIS, mina.clock())
    acts = await mina.rows("SELECT detail FROM acts ORDER BY id")
    assert [act["detail"] for act in acts] == ["5 x 5", "closed, 5 left"]


async def test_nothing_out_of_bounds_is_made(mina: Workshop) -> None:
    for more in (
        {"uses": 0}, {"uses": 100_001}, {"each": 0}, {"each": 101}, {"amount": money("0")},
        {"expires_at": mina.clock()},
    ):  # fmt: skip
        with pytest.raises(BadInput):
            await make(mina, **more)
    assert await mina.rows("SELECT * FROM vouchers") == []


async def test_the_banned_and_the_brake_get_nothing(mina: Workshop) -> None:
    made = await make(mina)
    await admission.ban(mina.shop, MINA, IRIS, "why", mina.clock())
    with pytest.raises(Banned):
        await redeem(mina, made.code, 10)
    await admission.unban(mina.shop, MINA, IRIS, mina.clock())
    await brake.engage(mina.shop, [Broken("L1", "sum 1")], mina.clock())
    with pytest.raises(Braked):
        await redeem(mina, made.code, 10)
    with pytest.raises(Braked):
        await make(mina, update=2)
    assert await available(mina) == "0"


async def test_whoever_owes_can_redeem_and_the_debt_is_paid_first(bench: Workshop) -> None:
    """The debt is planted: what was taken back for it is not in this ledger."""
    await bench.customer("0")
    made = await make(bench)
    await bench.sql("UPDATE customers SET owed = $2 WHERE id = $1", MINA, money("2").micros)
    assert (await redeem(bench, made.code, 10)).became is Redeemed.DONE
    assert await available(bench) == "3"
    assert (await bench.rows("SELECT owed FROM customers WHERE id = $1", MINA))[0]["owed"] == 0


@pytest.fixture
async def careful(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path, replace(TERMS, second_operator_above=money("10"))) as made:
        await made.customer("0")
        yield made


async def test_a_large_one_needs_another_operator_and_brings_nothing_until_then(careful: Workshop) -> None:
    assert (await make(careful, update=1, uses=2)).opened_at is not None
    wanted = Wanted(2, IRIS, money("5"), uses=3)
    with pytest.raises(NeedsSecond):
        await vouchers.make(careful.shop, wanted, careful.clock())
    proposed = await vouchers.propose(careful.shop, wanted, careful.clock())
    assert await vouchers.propose(careful.shop, wanted, careful.clock()) == proposed
    assert (await redeem(careful, proposed.code, 10)).became is Redeemed.NONE
    wish = Wish(WishKind.VOUCHER, proposed.id, 0, proposed.total, "")
    asked = await approvals.ask(careful.shop, 2, wish, IRIS, careful.clock())
    with pytest.raises(NeedsSecond):
        await approvals.grant(careful.shop, asked.id, IRIS, careful.clock())
    await approvals.grant(careful.shop, asked.id, OTHER, careful.clock())
    with pytest.raises(AlreadyDecided):
        await approvals.grant(careful.shop, asked.id, OTHER, careful.clock())
    assert (await redeem(careful, proposed.code, 11)).became is Redeemed.DONE
    # What was granted is found by the update that asked for it.
    assert (await vouchers.make(careful.shop, wanted, careful.clock())).id == proposed.id


async def test_what_waits_for_a_yes_is_not_opened_by_asking_for_less(careful: Workshop) -> None:
    """The screen that put it together may still stand after the wish was stored."""
    proposed = await vouchers.propose(careful.shop, Wanted(2, IRIS, money("5"), uses=100), careful.clock())
    with pytest.raises(NeedsSecond):
        await make(careful, update=2, uses=1)
    assert (await redeem(careful, proposed.code, 10)).became is Redeemed.NONE


async def test_what_was_closed_meanwhile_is_not_opened_by_a_yes(careful: Workshop) -> None:
    proposed = await vouchers.propose(careful.shop, Wanted(2, IRIS, money("50")), careful.clock())
    wish = Wish(WishKind.VOUCHER, proposed.id, 0, proposed.total, "")
    asked = await approvals.ask(careful.shop, 2, wish, IRIS, careful.clock())
    await vouchers.close(careful.shop, proposed.id, IRIS, careful.clock())
    with pytest.raises(AlreadyDecided):
        await approvals.grant(careful.shop, asked.id, OTHER, careful.clock())


@given(st.text())
def test_whatever_is_typed_is_a_code_or_none(typed: str) -> None:
    code = read_code(typed)
    assert code is None or (len(code) == CODE_LENGTH and set(code) <= set(ALPHABET))


@given(st.text(), st.sampled_from([" ", "-", "\n", "–", " - "]), st.booleans())
def test_a_code_is_read_however_it_is_written(secret: str, between: str, lower: bool) -> None:
    code = code_of(secret)
    written = between.join(code) if between != "\n" else f"\n{shown_code(code)} "
    assert read_code(written.lower() if lower else written) == code


def test_codes_are_spread_over_all_there_are() -> None:
    codes = {code_of(f"secret {n}") for n in range(2000)}
    assert len(codes) == 2000
    for place in range(CODE_LENGTH):
        assert {code[place] for code in codes} == set(ALPHABET)
