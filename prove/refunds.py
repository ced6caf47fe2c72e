"""Row "refunds": what comes back for undelivered units, for random charges, quantities and remains."""

from __future__ import annotations

import random
from collections.abc import Iterator

from bot.domain.money import Money, share_back
from bot.domain.wallet import Kind, finish, stars
from prove.row import Share, Tally

_QUANTITY_BITS = 30
_CHARGE_BITS = 62
_DECIMALS_MOST = 6


def run(share: Share) -> Tally:
    """Try triples, each from its own number; every one with a second remains beside it."""
    broken: list[str] = []
    for number in range(share.first, share.first + share.count):
        chance = share.chance(number)
        broken += (f"triple {number}, seed {share.seed}: {problem}" for problem in _problems(chance))
    return Tally(share.count, tuple(broken))


def _problems(chance: random.Random) -> Iterator[str]:
    quantity = chance.getrandbits(chance.randint(1, _QUANTITY_BITS)) + 1
    charge = Money(chance.getrandbits(chance.randint(1, _CHARGE_BITS)) % (2**_CHARGE_BITS - 1) + 1)
    decimals = chance.randint(0, _DECIMALS_MOST)
    less, more = sorted((chance.randint(0, quantity), chance.choice((0, quantity, chance.randint(0, quantity)))))
    back, back_of_more = (share_back(charge, remains, quantity, decimals) for remains in (less, more))
    told = f"charge {charge.micros}, quantity {quantity}, decimals {decimals}, remains {less} and {more}"
    if not 0 <= back.micros <= charge.micros:
        yield f"{back.micros} returns: {told}"
    if back > back_of_more:
        yield f"more is undelivered and less returns: {told}"
    if (less == 0 and back.micros) or (more == quantity and back_of_more != charge):
        yield f"nothing or all is undelivered: {told}"
    if back.micros * quantity < min(charge.micros * less, charge.micros * quantity):
        yield f"rounding cost the customer: {told}"
    if (back.micros - 10 ** (_DECIMALS_MOST - decimals)) * quantity >= charge.micros * less and less:
        yield f"more than one step was rounded: {told}"
    from_stars = Money(chance.choice((0, charge.micros, chance.randint(0, charge.micros))))
    entries = finish(1, 1, charge, back, from_stars)
    if sum(entry.amount.micros for entry in entries) != charge.micros:
        yield f"kept and returned are not the charge: {told}"
    if sum(entry.amount.micros for entry in entries if entry.kind is Kind.RETURN) != back.micros:
        yield f"the entry that returns is another amount: {told}"
    to_stars = sum(entry.amount.micros for entry in entries if entry.target == stars(1))
    if to_stars != min(back, from_stars).micros:
        yield f"{to_stars} returns to the Stars credit, of which {from_stars.micros} came: {told}"
