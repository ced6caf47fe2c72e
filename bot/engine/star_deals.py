"""What paying in with Stars comes to: for the customer who buys them, the wallet, and the operator Telegram pays."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.money import MICROS_PER_UNIT, Money
from bot.engine import ways
from bot.engine.shop import Shop
from bot.engine.topups import STARS_MOST, credit_for, stars_for

#: About what a customer pays for a Star in the apps, in US dollars: Telegram's price differs by store and packet.
STAR_PRICE_USD: Final = Decimal("0.02")


@dataclass(frozen=True, slots=True)
class StarDeal:
    """One top-up by Stars, from all three sides."""

    #: What one Star is worth in the wallet.
    rate: Decimal
    stars: int
    #: What the wallet gets.
    credit: Money
    #: What Telegram pays the operator for them; None without an exchange rate for US dollars.
    payout: Money | None
    #: About what the customer pays for them; None as above.
    price: Money | None

    @property
    def loss(self) -> Money | None:
        """By how much the wallet gets more than Telegram pays; below zero where it gets less."""
        return None if self.payout is None else self.credit - self.payout


def deal(shop: Shop, rate: Decimal, amount: Money | None = None) -> StarDeal:
    """What a top-up of an amount means at a rate; of a usual one where none is given."""
    amounts = shop.terms.topup_amounts or (shop.terms.topup_least,)
    wanted = amount or amounts[(len(amounts) - 1) // 2]
    stars = min(max(1, stars_for(wanted, rate)), STARS_MOST)
    pays = ways.payout(shop)
    payout = None if pays is None else _worth(stars, pays)
    price = None if pays is None else _worth(stars, pays * STAR_PRICE_USD / ways.STAR_PAYOUT_USD)
    return StarDeal(rate, stars, credit_for(stars, rate, shop.terms.decimals), payout, price)


def _worth(stars: int, each: Decimal) -> Money:
    return Money(int(stars * each * MICROS_PER_UNIT))
