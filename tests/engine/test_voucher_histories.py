"""Whatever people do with vouchers, in whatever order: every code brings what a plain account of it says, no more."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.domain.vouchers import Redeemed, Voucher, code_of
from bot.engine import vouchers
from bot.engine.vouchers import MISSES_MOST, MISSES_SPAN, Wanted
from tests.engine.workshop import Workshop
from tests.kit import IRIS, Clock, money

PEOPLE = (7001, 7002, 7003)
DEEDS = 120


@dataclass
class Account:
    """What a careful clerk would write down of one voucher."""

    voucher: Voucher
    closed: bool = False
    uses: list[int] = field(default_factory=list)

    def is_open(self, now: datetime) -> bool:
        ends = self.voucher.expires_at
        return not self.closed and len(self.uses) < self.voucher.uses and (ends is None or now < ends)


@dataclass
class Clerk:
    clock: Clock
    accounts: list[Account] = field(default_factory=list)
    misses: dict[int, list[datetime]] = field(default_factory=dict)
    wallets: dict[int, int] = field(default_factory=dict)

    def expect(self, person: int, account: Account | None) -> Redeemed:
        now, misses = self.clock(), self.misses.setdefault(person, [])
        if sum(now - at < MISSES_SPAN for at in misses) >= MISSES_MOST:
            return Redeemed.LATER
        if account and account.uses.count(person) >= account.voucher.each:
            return Redeemed.MINE
        if account is None or not account.is_open(now):
            misses.append(now)
            return Redeemed.NONE
        account.uses.append(person)
        self.wallets[person] = self.wallets.get(person, 0) + account.voucher.amount.micros
        return Redeemed.DONE


@pytest.mark.parametrize("seed", range(6))
async def test_a_history_comes_out_as_the_clerk_has_it(bench: Workshop, seed: int) -> None:
    chance, clerk = random.Random(seed), Clerk(bench.clock)
    for person in PEOPLE:
        await bench.customer("0", person)
    for update in range(1, DEEDS):
        match chance.choices(("make", "close", "wait", "redeem", "guess"), (2, 1, 2, 12, 3))[0]:
            case "make":
                days = chance.choice((None, 1, 3))
                ends = bench.clock() + timedelta(days=days) if days else None
                wanted = Wanted(update, IRIS, money("5"), chance.randint(1, 4), chance.randint(1, 2), ends)
                clerk.accounts.append(Account(await vouchers.make(bench.shop, wanted, bench.clock())))
            case "close" if still := [account for account in clerk.accounts if not account.closed]:
                account = chance.choice(still)
                account.closed = True
                await vouchers.close(bench.shop, account.voucher.id, IRIS, bench.clock())
            case "wait":
                bench.clock.forward(minutes=chance.choice((1, 4, 11, 700)))
            case "redeem" if clerk.accounts:
                await redeem(bench, clerk, update, chance.choice(PEOPLE), chance.choice(clerk.accounts))
            case _:
                await redeem(bench, clerk, update, chance.choice(PEOPLE), None)
    for person in PEOPLE:
        assert (await bench.money(person)).available.micros == clerk.wallets.get(person, 0)
    used = {row["id"]: row["used"] for row in await bench.rows("SELECT id, used FROM vouchers")}
    assert used == {account.voucher.id: len(account.uses) for account in clerk.accounts}
    await bench.sound()


async def redeem(bench: Workshop, clerk: Clerk, update: int, person: int, account: Account | None) -> None:
    code = account.voucher.code if account else code_of(f"guess {update}")
    expected = clerk.expect(person, account)
    for _ in range(2):  # the second time it is handed in again
        found = await vouchers.redeem(bench.shop, update, person, code, bench.clock())
        assert found.became is expected
    assert (found.payment is not None) == (expected is Redeemed.DONE)
