"""Vouchers at the counter: made by operators in a line or by taps, redeemed in the chat or by a link."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.vouchers import Voucher, code_of, shown_code
from handlers.operator.arguments import Unreadable
from handlers.operator.voucher_arguments import read_voucher
from storage import vouchers
from tests.handlers.counter import Seen
from tests.handlers.operator_desk import Desk, desk
from tests.handlers.test_by_hand import replayed
from tests.kit import IRIS, MINA, THEO, money

NOW = datetime(2026, 5, 3, 7, 54, tzinfo=UTC)


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        await found.counter.deliver()
        yield found
        assert found.counter.errors == []
        await found.bench.sound()


async def make(at_desk: Desk, line: str = "5") -> Voucher:
    shown = await at_desk.say(f"/voucher {line}")
    await at_desk.press("Make it", shown)
    return await newest(at_desk)


async def newest(at_desk: Desk) -> Voucher:
    return (await at_desk.bench.shop.db.read(lambda tx: vouchers.opened(tx, 1, 0)))[0]


async def balance(at_desk: Desk, person: int = MINA) -> str:
    return f"{(await at_desk.bench.money(person)).available.decimal.normalize():f}"


async def told(at_desk: Desk) -> Seen:
    await at_desk.counter.deliver()
    return await at_desk.counter.last(MINA)


async def test_one_line_makes_one_after_a_look_at_it(at_desk: Desk) -> None:
    shown = await at_desk.say("/voucher 5 x10 each 2 30d")
    assert "One use brings 5.00 USD" in shown.text
    assert "It can be used 10 times" in shown.text
    assert "All of it together: 50.00 USD" in shown.text
    assert [label for label in shown.labels if label.startswith("✓")] == ["✓ 10×", "✓ 2 each", "✓ 30 days"]
    made = await at_desk.after("Make it", shown)
    voucher = await newest(at_desk)
    assert shown_code(voucher.code) in made.text
    link, code = made.keyboard[1]["copy_text"]["text"], made.keyboard[0]["copy_text"]["text"]
    assert code == shown_code(voucher.code)
    assert link.startswith("https://t.me/")
    assert link.endswith(f"?start=v_{voucher.code}")
    assert (voucher.uses, voucher.each) == (10, 2)
    assert voucher.expires_at == at_desk.bench.clock() + timedelta(days=30)
    await at_desk.press_data_of(shown, shown.data("Make it"))  # a second tap
    assert (await newest(at_desk)).id == voucher.id


async def test_taps_put_one_together_also_across_a_restart(at_desk: Desk) -> None:
    listed = await at_desk.press("Vouchers", await at_desk.say("/admin"))
    assert "no vouchers yet" in listed.text
    await at_desk.press("New voucher", listed)
    assert "is not an amount" in (await at_desk.say("five")).text
    shown = await at_desk.say("2.50")
    shown = await at_desk.press("10×", shown)
    await at_desk.counter.restart()
    shown = await at_desk.press("2 each", shown)
    shown = await at_desk.press("7 days", shown)
    assert "All of it together: 25.00 USD" in shown.text
    await at_desk.press("Make it", shown)
    voucher = await newest(at_desk)
    assert (voucher.amount, voucher.uses, voucher.each) == (money("2.5"), 10, 2)
    assert voucher.expires_at == at_desk.bench.clock() + timedelta(days=7)


async def test_they_are_listed_and_closed(at_desk: Desk) -> None:
    voucher = await make(at_desk, "5 x3")
    listed = await at_desk.say("/voucher")
    assert "0/3 · open" in listed.labels[0]
    asked = await at_desk.press("Close it", await at_desk.press("open", listed))
    assert "Nobody can use it any more" in asked.text
    closed = await at_desk.press("Close it", asked)
    assert "closed" in closed.text
    assert "Close it" not in closed.labels
    said = await at_desk.say(f"/redeem {voucher.code}", MINA)
    assert "cannot be redeemed" in said.text
    assert await balance(at_desk) == "10"


async def test_a_code_is_typed_however_people_write_it(at_desk: Desk) -> None:
    voucher = await make(at_desk)
    at = at_desk.counter
    asked = await at.press("Voucher", await at.press("Add money", await at.say("/wallet")))
    assert "code of your voucher" in asked.text
    assert "does not look like a code" in (await at.say("hello")).text
    await at.say(f" {shown_code(voucher.code).lower().replace('-', ' ')}\n")
    assert "5.00 USD came in" in (await told(at_desk)).text
    assert await balance(at_desk) == "15"
    assert "used this voucher already" in (await at.say(f"/redeem {voucher.code}")).text


async def test_a_link_redeems_and_what_else_it_carries_is_ignored(at_desk: Desk) -> None:
    voucher = await make(at_desk, "5 x2")
    at = at_desk.counter
    await at.say(f"/start v_{voucher.code}")
    assert "5.00 USD came in" in (await told(at_desk)).text
    assert await balance(at_desk) == "15"
    for payload in ("", "v", "v_", f"x_{voucher.code}", f"v_{voucher.code}!", "ref_17", "v_" + "A" * 80):
        assert "Good to see you" in (await at.say(f"/start {payload}".strip())).text
    assert "does not look like a code" in (await at.say("/start v_short")).text
    assert "cannot be redeemed" in (await at.say(f"/start v_{code_of('a guess')}")).text
    assert await balance(at_desk) == "15"
    newcomer = 1777
    await at.post("/chat/people", id=newcomer, first_name="Nora", role="customer", language_code="en")
    await at.say(f"/start v_{voucher.code}", newcomer)
    assert await balance(at_desk, newcomer) == "5"


async def test_what_is_handed_in_again_after_a_crash_is_done_once(at_desk: Desk) -> None:
    shown = await at_desk.say("/voucher 5 x5 each 5")
    await replayed(at_desk, lambda: at_desk.press("Make it", shown))
    assert len(await at_desk.bench.shop.db.read(lambda tx: vouchers.opened(tx, 10, 0))) == 1
    code = (await newest(at_desk)).code
    await replayed(at_desk, lambda: at_desk.say(f"/redeem {code}", MINA))
    await replayed(at_desk, lambda: at_desk.say(f"/start v_{code}", MINA))
    assert await balance(at_desk) == "20"
    assert (await newest(at_desk)).used == 2


async def test_guessing_ends_in_silence_for_a_while(at_desk: Desk) -> None:
    voucher = await make(at_desk)
    for number in range(5):
        assert "cannot be redeemed" in (await at_desk.say(f"/redeem {code_of(f'guess {number}')}", MINA)).text
    assert "try again in about ten minutes" in (await at_desk.say(f"/redeem {voucher.code}", MINA)).text
    assert await balance(at_desk) == "10"
    at_desk.bench.clock.forward(minutes=10)
    await at_desk.say(f"/redeem {voucher.code}", MINA)
    assert await balance(at_desk) == "15"


async def test_an_order_that_waits_goes_on(at_desk: Desk) -> None:
    voucher = await make(at_desk)
    at = at_desk.counter
    await at_desk.say(f"/debit {MINA} 10 everything")
    await at.deliver()
    card = await at.to_confirm()
    await at.press("Voucher", card)
    await at.say(voucher.code)
    waits = await told(at_desk)
    assert "Your order waited for it" in waits.text
    assert "Order #1" in (await at.press("Confirm", waits)).text


async def test_a_question_that_was_interrupted_goes_on(at_desk: Desk) -> None:
    voucher = await make(at_desk)
    at = at_desk.counter
    await at.to_question()
    await at.say(f"/redeem {voucher.code}")
    assert "link" in (await at.last()).text.lower()
    assert await balance(at_desk) == "15"


async def test_a_large_one_waits_for_the_others_yes(tmp_path: Path) -> None:
    async with desk(tmp_path, "20") as at_desk:
        shown = await at_desk.say("/voucher 5 x5")
        assert "needs another operator's yes" in shown.text
        waits = await at_desk.press("Make it", shown)
        assert "needs a second operator" in waits.text
        assert "25.00 USD together" in waits.text
        assert "no vouchers yet" in (await at_desk.say("/voucher")).text
        await at_desk.counter.deliver()
        card = await at_desk.newest("Your yes is needed", THEO)
        await at_desk.press("Yes", card, THEO)
        await at_desk.counter.deliver()
        granted = await at_desk.newest("Agreed to by Theo", IRIS)
        opened = await at_desk.press("Voucher", granted)
        assert shown_code((await newest(at_desk)).code) in opened.text


@pytest.mark.parametrize(
    ("typed", "uses", "each", "ends"),
    [
        ("5", 1, 1, None),
        ("5 x10", 10, 1, None),
        ("5 10x EACH 3", 10, 3, None),
        ("5 × 1", 1, 1, "unreadable"),
        ("5 ×7 each3 1d", 7, 3, NOW + timedelta(days=1)),
        ("5 2026-05-03", 1, 1, datetime(2026, 5, 4, tzinfo=UTC)),
    ],
)
def test_a_line_is_read(typed: str, uses: int, each: int, ends: datetime | str | None) -> None:
    if ends == "unreadable":
        with pytest.raises(Unreadable):
            read_voucher(typed, 4, NOW)
        return
    request = read_voucher(typed, 4, NOW)
    assert (request.amount, request.uses, request.each, request.expires_at) == (money("5"), uses, each, ends)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "amount-missing"), ("x10", "amount-unreadable"), ("0", "amount-not-positive"),
        ("5 ten", "voucher-unreadable"),
        ("5 x0", "voucher-uses"), ("5 x100001", "voucher-uses"), ("5 each 0", "voucher-each"), ("5 0d", "voucher-days"),
        ("5 4000d", "voucher-days"), ("5 2026-02-30", "voucher-date"), ("5 2026-05-02", "voucher-past"),
        ("5 2226-05-02", "voucher-days"), ("5 x999999999", "voucher-uses"), ("5 -3", "voucher-unreadable"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_read_says_what_is_wrong(typed: str, problem: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_voucher(typed, 4, NOW)
    assert refused.value.problem == problem
