"""Row "vouchers": ten thousand people at once on a code of five uses, one of them a thousand times, and guessers.

Of three shares in a row two are crowds, on a database each, and one is guesses. Of a crowd's units ten in eleven are
customers, and one is a call of a single customer, each of whose updates is handed over twice.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter as Count
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.domain.money import Money
from bot.domain.vouchers import ALPHABET, CODE_LENGTH, Redeemed, Voucher, shown_code
from bot.engine import vouchers
from bot.engine.shop import Shop
from bot.engine.vouchers import MISSES_MOST, MISSES_SPAN, Wanted
from prove.counter import OPERATOR, START, Counter, address, counter
from prove.postgres import Lacking
from prove.row import Share, Tally
from prove.till import in_wallet
from storage import customers, wallet
from storage.database import Database, Kind, Tx

_PARTS: Final = 11
#: What the shares are about, in turn; None is for guesses.
_CROWDS: Final = (Kind.SQLITE, Kind.POSTGRES, None)
_USES: Final = 5
_AMOUNT: Final = Money(2_000_000)
_FIRST: Final = 10_000
_MINA: Final = 1001
#: So many people share the guesses.
_GUESSERS: Final = 100
_FIRST_GUESSER: Final = 5000
_TOGETHER: Final = 500


def run(share: Share) -> Tally:
    """Crowds on one of the databases, or guesses."""
    crowd = _CROWDS[share.index % len(_CROWDS)]
    kind = crowd or Kind.SQLITE
    try:
        with address(kind, share.scratch) as url:
            broken = asyncio.run(_crowds(url, share) if crowd else _guessers(url, share))
    except Lacking as lacking:
        return Tally(0, skipped=str(lacking))
    told = tuple(f"{problem}; on {kind.value}, python -m prove vouchers --seed {share.seed}" for problem in broken)
    return Tally(share.count, told, {f"redemptions on {kind.value}" if crowd else "guesses": share.count})


async def _crowds(url: str, share: Share) -> list[str]:
    one = share.count // _PARTS
    async with counter(url) as shop, await Database.open(url) as second:
        other = replace(shop.shop, db=second)
        broken = await _crowd(shop, other, share.count - one) + await _one(shop, other, one)
        return broken + await shop.sound()


async def _guessers(url: str, share: Share) -> list[str]:
    async with counter(url) as shop:
        return await _guesses(shop, share.count, share.chance(share.index)) + await shop.sound()


async def _crowd(shop: Counter, other: Shop, count: int) -> list[str]:
    """So many customers redeem one code at once: as many as it has uses get its money."""
    people = range(_FIRST, _FIRST + count)
    await _enter(shop, people)
    voucher = await vouchers.make(shop.shop, Wanted(1, OPERATOR, _AMOUNT, _USES), START)
    works = [_answer((shop.shop, other)[person % 2], person, person, voucher.code) for person in people]
    answers = Count(await asyncio.gather(*works))
    most = min(_USES, count)
    wanted = Count({Redeemed.DONE.value: most, Redeemed.NONE.value: count - most})
    broken = [] if answers == +wanted else [f"a code of {_USES} uses was answered {dict(answers)}"]
    return broken + await _paid_out(shop, voucher, most)


async def _one(shop: Counter, other: Shop, count: int) -> list[str]:
    """One customer redeems a code of one use each, again and again at once: once."""
    await _enter(shop, [_MINA])
    voucher = await vouchers.make(shop.shop, Wanted(2, OPERATOR, _AMOUNT, _USES), START)
    works = [
        _answer((shop.shop, other)[number % 2], 10_000_000 + number // 2, _MINA, voucher.code)
        for number in range(count)
    ]  # fmt: skip
    answers = Count(await asyncio.gather(*works))
    wanted = Count({Redeemed.DONE.value: 2, Redeemed.MINE.value: count - 2})  # the update that won comes twice
    broken = [] if answers == +wanted else [f"one customer with one use was answered {dict(answers)}"]
    if (have := await in_wallet(shop, _MINA)) != _AMOUNT:
        broken.append(f"one use of {_AMOUNT.micros} brought {have.micros}")
    return broken + await _paid_out(shop, voucher, 1)


async def _guesses(shop: Counter, count: int, chance: random.Random) -> list[str]:
    """So many codes that are none: nothing is found, nobody is told more than a few, then not even the right one."""
    people = range(_FIRST_GUESSER, _FIRST_GUESSER + _GUESSERS)
    await _enter(shop, people)
    voucher = await vouchers.make(shop.shop, Wanted(3, OPERATOR, _AMOUNT, _USES), START)
    works = [
        _answer(shop.shop, 20_000_000 + number, people[number % _GUESSERS], _guess(voucher.code, chance))
        for number in range(count)
    ]  # fmt: skip
    answers: Count[tuple[int, str]] = Count()
    for number, answer in enumerate(await asyncio.gather(*works)):
        answers[people[number % _GUESSERS], answer] += 1
    heard = {answer for _, answer in answers}
    broken = [] if heard <= {"none", "odd", "later"} else [f"guesses were answered {sorted(heard)}"]
    told = max((answers[person, "none"] for person in people), default=0)
    broken += [] if told <= MISSES_MOST else [f"a guesser was told {told} times in a row that there is no such code"]
    blocked = [person for person in people if answers[person, "none"] >= MISSES_MOST]
    if blocked:
        soon = await _answer(shop.shop, 30_000_000, blocked[0], voucher.code)
        later = await _answer(shop.shop, 30_000_001, blocked[0], voucher.code, after=MISSES_SPAN * 2)
        broken += [] if (soon, later) == ("later", "done") else [f"the right code after guesses: {soon}, then {later}"]
    return broken + await _paid_out(shop, voucher, min(1, len(blocked)))


def _guess(code: str, chance: random.Random) -> str:
    """What somebody tries who knows what codes look like, or saw all of one but a sign."""
    place = chance.randrange(CODE_LENGTH)
    near = code[:place] + chance.choice(ALPHABET.replace(code[place], "")) + code[place + 1 :]
    blind = "".join(chance.choice(ALPHABET) for _ in range(CODE_LENGTH))
    turned = code[::-1] if code != code[::-1] else near
    return chance.choice((
        blind, blind, shown_code(blind).lower(), near, shown_code(near), turned, code[:-1], f"{code}A",
        f"'{code}' OR 1", f"{code}%", "%" * CODE_LENGTH, "_" * CODE_LENGTH, "", "\x00", blind[:8],
        blind.replace("A", "А"),
    ))  # fmt: skip


async def _answer(
    shop: Shop, update_id: int, person: int, code: str, after: timedelta = timedelta()
) -> str:  # fmt: skip
    try:
        return (await vouchers.redeem(shop, update_id, person, code, START + after)).became.value
    except Exception as error:  # noqa: BLE001 - whatever it is, it is no clean answer
        return f"{type(error).__name__}: {error}"


async def _paid_out(shop: Counter, voucher: Voucher, uses: int) -> list[str]:
    """Whether the book has just so many uses of a voucher, and money for just so many."""
    used = await shop.count("SELECT used AS n FROM vouchers WHERE id = $1", voucher.id)
    stored = await shop.count("SELECT COUNT(*) AS n FROM redemptions WHERE voucher_id = $1", voucher.id)
    entries = await shop.count(
        "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS n FROM transfers WHERE id LIKE $1",
        f"dep:voucher:{voucher.id}:%",
    )
    if (used, stored, entries) == (uses, uses, uses * voucher.amount.micros):
        return []
    return [f"voucher {voucher.id} was used {used} times, stored {stored} times, and paid {entries}, for {uses} uses"]


async def _enter(shop: Counter, people: Iterable[int]) -> None:
    """These people have been here before."""
    left: Sequence[int] = list(people)
    while left:
        some, left = left[:_TOGETHER], left[_TOGETHER:]
        await shop.shop.db.write(lambda tx, some=some: _entered(tx, some))  # type: ignore[misc]


async def _entered(tx: Tx, people: Sequence[int]) -> None:
    for person in people:
        await customers.save(tx, person, "Mina", None, "en", START)
        await wallet.open_accounts(tx, person)
