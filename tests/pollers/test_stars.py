"""Stars held against Telegram's list: what no update told of is credited, and what Telegram lacks is an alert."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.domain.money import ZERO, Money
from bot.domain.refunds import Done, NotNow, Refund, Refused, Said
from bot.domain.topups import XTR, Gateway, Listing, Paid, Payment, PaymentState, RefundState, TopupState, WentBack
from bot.engine import star_books, topups
from bot.engine.topups import Asked
from bot.pollers.stars import PULL_EVERY, StarsWatch, expire_invoices
from bot.transport.stars import Stars
from handlers.telegram import stars_of
from storage import topups as rows
from tests.handlers.counter import Counter, counter
from tests.handlers.paying import bill_for, bills, news, pay
from tests.kit import MINA, Bench, bench


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Counter]:
    async with counter(tmp_path) as found:
        found.bench.clock.time = datetime.now(UTC).replace(microsecond=0)
        await found.say("/start")
        yield found


@pytest.fixture
async def on_bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path, refresh=False) as found:
        await found.customer("0")
        yield found


def watch(shop: Counter) -> StarsWatch:
    return StarsWatch(shop.bench.shop, Stars(shop.application.bot).listed, shop.bench.clock)


async def alerts(on: Bench) -> list[tuple[str, bool]]:
    """Kinds of alerts, and whether each is open."""
    found = await on.shop.db.read(lambda tx: tx.all("SELECT kind, closed_at FROM alerts ORDER BY id"))
    return [(row["kind"], row["closed_at"] is None) for row in found]


# With Telegram's sandbox -----------------------------------------------------------------------------------------


async def test_a_payment_that_no_update_told_of_is_credited_and_told(shop: Counter) -> None:
    bill = await bill_for(shop, "5.00 USD")
    await pay(shop, bill["message_id"], how="lost")
    assert (await shop.bench.money()).available == ZERO
    assert await watch(shop).step() == PULL_EVERY
    assert (await shop.bench.money()).available == Money(5_005_000)
    assert "came in" in (await news(shop)).text
    await watch(shop).step()
    assert (await shop.bench.money()).available == Money(5_005_000)
    await shop.bench.sound()


async def test_the_update_that_comes_after_all_changes_nothing(shop: Counter) -> None:
    bill = await bill_for(shop, "5.00 USD")
    paid = await pay(shop, bill["message_id"], how="late")
    await watch(shop).step()
    await shop.post(f"/chat/{MINA}/release", charge_id=paid["charge_id"])
    await shop.settle()
    assert (await shop.bench.money()).available == Money(5_005_000)


async def test_a_refund_that_no_update_told_of_leaves_the_wallet(shop: Counter) -> None:
    bill = await bill_for(shop, "5.00 USD")
    paid = await pay(shop, bill["message_id"])
    await shop.post(f"/chat/{MINA}/take-back", charge_id=paid["charge_id"], quiet=True)
    await watch(shop).step()
    assert (await shop.bench.money()).available == ZERO
    assert ("chargeback", True) in await alerts(shop.bench)
    await shop.bench.sound()


async def test_a_payment_is_given_back_once_however_often_it_is_asked_for(shop: Counter) -> None:
    bill = await bill_for(shop, "5.00 USD")
    paid = await pay(shop, bill["message_id"])
    stars = Stars(shop.application.bot)
    assert await stars_of(shop.application.bot) == 385
    payment = a_payment(paid["charge_id"])
    assert await stars.give_back(a_refund(), payment) == Done()
    assert await stars.give_back(a_refund(), payment) == Done()
    assert await stars_of(shop.application.bot) == 0
    assert isinstance(await stars.give_back(a_refund(), a_payment("nobody's")), Refused)


async def test_an_expired_invoice_leaves_the_chat(shop: Counter) -> None:
    await bill_for(shop, "5.00 USD")
    kept = await bill_for(shop, "10.00 USD")
    await pay(shop, kept["message_id"])
    stars = Stars(shop.application.bot)
    await expire_invoices(shop.bench.shop, stars.take_away, shop.bench.clock)
    assert len(await bills(shop)) == 2
    shop.bench.clock.forward(minutes=61)
    for _ in range(2):
        await expire_invoices(shop.bench.shop, stars.take_away, shop.bench.clock)
        assert [bill["message_id"] for bill in await bills(shop)] == [kept["message_id"]]
    assert len(await shop.journal("deleteMessage")) == 1
    found = await shop.bench.shop.db.read(lambda tx: rows.of_customer(tx, MINA, 5))
    assert [topup.state for topup in found] == [TopupState.PAID, TopupState.EXPIRED]


async def test_an_invoice_that_cannot_be_taken_away_now_is_taken_away_later(shop: Counter) -> None:
    await bill_for(shop, "5.00 USD")
    shop.bench.clock.forward(minutes=61)

    async def unreachable(_chat: int, _message: int) -> bool:
        return False

    await expire_invoices(shop.bench.shop, unreachable, shop.bench.clock)
    assert len(await bills(shop)) == 1
    await expire_invoices(shop.bench.shop, Stars(shop.application.bot).take_away, shop.bench.clock)
    assert await bills(shop) == []


# With a list of our own ----------------------------------------------------------------------------------------------


class Ledger:
    """Telegram's list, and what was asked of it."""

    def __init__(self, *facts: Paid | WentBack) -> None:
        self.facts = list(facts)
        self.away = False
        self.asked: list[tuple[int, int]] = []

    async def __call__(self, offset: int, limit: int) -> Listing | None:
        self.asked.append((offset, limit))
        if self.away:
            return None
        found = self.facts[offset : offset + limit]
        first = next((fact.paid_at for fact in found if isinstance(fact, Paid)), None)
        return Listing(tuple(found), len(found), first)


async def a_topup(on: Bench, update_id: int) -> str:
    asked = Asked(MINA, update_id, Gateway.STARS, Money(1_000_000))
    return (await topups.ask(on.shop, asked, on.clock())).token


def paid(on: Bench, charge: str, token: str | None, stars: int = 77, ago: timedelta = timedelta()) -> Paid:
    return Paid(Gateway.STARS, charge, Decimal(stars), XTR, on.clock() - ago, token, str(MINA))


async def test_all_of_a_long_list_is_read_and_later_only_its_end(on_bench: Bench) -> None:
    facts = [WentBack(f"old-{number}") for number in range(200)]
    listed = Ledger(*facts)
    round_ = StarsWatch(on_bench.shop, listed, on_bench.clock)
    assert await round_.step() == PULL_EVERY
    assert listed.asked[:3] == [(0, 100), (100, 100), (200, 100)]
    listed.asked.clear()
    token = await a_topup(on_bench, 1)
    listed.facts.append(paid(on_bench, "new", token))
    assert await round_.step() == PULL_EVERY
    assert listed.asked == [(100, 100), (200, 100)]
    assert (await on_bench.money()).available == Money(1_001_000)


async def test_a_list_that_became_shorter_is_read_from_its_beginning(on_bench: Bench) -> None:
    listed = Ledger(*(WentBack(f"old-{number}") for number in range(250)))
    round_ = StarsWatch(on_bench.shop, listed, on_bench.clock)
    await round_.step()
    listed.facts = [paid(on_bench, "new", await a_topup(on_bench, 1))]
    await round_.step()
    assert (await on_bench.money()).available == Money(1_001_000)
    assert await star_books.read_so_far(on_bench.shop) == 1


async def test_what_telegram_does_not_know_is_an_alert_until_it_does(on_bench: Bench) -> None:
    gone = paid(on_bench, "gone", await a_topup(on_bench, 1))
    await topups.record(on_bench.shop, gone, on_bench.clock())
    on_bench.clock.forward(minutes=11)
    just_now = paid(on_bench, "just now", await a_topup(on_bench, 2))
    await topups.record(on_bench.shop, just_now, on_bench.clock())
    listed = Ledger()
    round_ = StarsWatch(on_bench.shop, listed, on_bench.clock)
    await round_.step()
    assert await alerts(on_bench) == [("payment-missing", True)]
    on_bench.clock.forward(hours=23)
    await round_.step()
    assert len(await alerts(on_bench)) == 1
    listed.facts = [gone, just_now]
    on_bench.clock.forward(hours=1)
    await round_.step()
    assert await alerts(on_bench) == [("payment-missing", False)]


async def test_another_amount_than_was_credited_is_an_alert_and_moves_nothing(on_bench: Bench) -> None:
    token = await a_topup(on_bench, 1)
    await topups.record(on_bench.shop, paid(on_bench, "odd", token), on_bench.clock())
    before = (await on_bench.money()).available
    await StarsWatch(on_bench.shop, Ledger(paid(on_bench, "odd", token, 700)), on_bench.clock).step()
    assert ("payment-odd", True) in await alerts(on_bench)
    assert (await on_bench.money()).available == before


async def test_what_a_bot_took_before_it_was_a_shop_is_none_of_its_business(on_bench: Bench) -> None:
    """A bot may have sold something else for years: nobody wants a thousand alerts at the first start."""
    old = [paid(on_bench, f"old-{number}", "of other software", ago=timedelta(days=3)) for number in range(120)]
    listed = Ledger(*old, WentBack("old-7"))
    round_ = StarsWatch(on_bench.shop, listed, on_bench.clock)
    await round_.step()
    listed.facts.append(paid(on_bench, "new", await a_topup(on_bench, 1)))
    listed.facts.append(paid(on_bench, "odd", "no token of ours"))
    await round_.step()
    on_bench.clock.forward(days=2)
    await round_.step()
    assert await alerts(on_bench) == [("payment-homeless", True)]
    assert (await on_bench.money()).available == Money(1_001_000)
    rows_ = await on_bench.shop.db.read(lambda tx: tx.all("SELECT payment_id FROM payments ORDER BY id"))
    assert [row["payment_id"] for row in rows_] == ["new", "odd"]
    await on_bench.sound()


async def test_money_that_fits_nobody_is_kept_apart(on_bench: Bench) -> None:
    await a_topup(on_bench, 1)
    await StarsWatch(on_bench.shop, Ledger(paid(on_bench, "x", "no token of ours")), on_bench.clock).step()
    assert await alerts(on_bench) == [("payment-homeless", True)]
    assert (await on_bench.money()).available == ZERO
    await on_bench.sound()


async def test_while_telegram_cannot_be_asked_it_is_asked_again_soon(on_bench: Bench) -> None:
    listed = Ledger()
    listed.away = True
    round_ = StarsWatch(on_bench.shop, listed, on_bench.clock)
    assert await round_.step() < PULL_EVERY
    assert await star_books.compared_at(on_bench.shop) is None
    listed.away = False
    assert await round_.step() == PULL_EVERY
    assert await star_books.compared_at(on_bench.shop) == on_bench.clock()


# What refusals mean ----------------------------------------------------------------------------------------------


def a_payment(charge: str) -> Payment:
    now = datetime.now(UTC)
    return Payment(
        1, Gateway.STARS, charge, 1, MINA, str(MINA), Decimal(385), XTR, Money(5_005_000), PaymentState.CREDITED, now,
        now,
    )  # fmt: skip


def a_refund() -> Refund:
    now = datetime.now(UTC)
    return Refund(
        1, 1, MINA, Money(5_005_000), Decimal(385), RefundState.SENDING, "please", MINA, now, None, None, None, 0, None,
        None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (BadRequest("CHARGE_ALREADY_REFUNDED"), Done),
        (BadRequest("CHARGE_NOT_FOUND"), Refused),
        (BadRequest("BALANCE_TOO_LOW"), NotNow),
        (Forbidden("user is deactivated"), Refused),
        (TimedOut(), NotNow),
        (NetworkError("no route"), NotNow),
    ],
)
async def test_what_telegram_says_of_a_refund(error: TelegramError, said: type) -> None:
    assert isinstance(await said_of_refund(error), said)


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
async def test_telegram_names_the_time_to_wait() -> None:
    said = await said_of_refund(RetryAfter(timedelta(seconds=7)))
    assert isinstance(said, NotNow)
    assert said.after == timedelta(seconds=7)


async def said_of_refund(error: TelegramError) -> Said:
    class Bot:
        async def refund_star_payment(self, *_: Any) -> bool:
            raise error

    bot: Any = Bot()
    return await Stars(bot).give_back(a_refund(), a_payment("x"))
