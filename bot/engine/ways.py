"""The ways of paying in: which are on, and at what rate. Operators turn them on, off and about in their chat."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.topups import Gateway
from bot.engine.shop import Shop
from storage import switches
from storage.database import Tx

#: What one Star brings its bot, in US dollars (Bot Platform Developer Terms, 6.2.4).
STAR_PAYOUT_USD: Final = Decimal("0.013")
#: Notes among the switches.
ON: Final = "on"
OFF: Final = "off"
STARS_RATE: Final = "way.stars.rate"
INSTRUCTIONS: Final = "way.by-hand.instructions"


def switch_of(gateway: Gateway) -> str:
    """The name of the note that says whether operators turned a way on or off."""
    return f"way.{gateway.value}"


@dataclass(frozen=True, slots=True)
class Ways:
    """Which ways of paying in are open to customers."""

    #: What one Star is worth in the shop's currency; None: Stars are off.
    star: Decimal | None = None
    cryptopay: bool = False
    #: How to pay by hand, as Telegram's HTML; None: by hand is off.
    instructions: str | None = None

    def has(self, gateway: Gateway) -> bool:
        """Whether a way is open."""
        match gateway:
            case Gateway.STARS:
                return self.star is not None
            case Gateway.CRYPTOPAY:
                return self.cryptopay
            case Gateway.BY_HAND:
                return self.instructions is not None
            case Gateway.VOUCHER:
                return True


async def read(tx: Tx, shop: Shop) -> Ways:
    """The ways as they are now.

    Stars are on unless an operator turned them off, wherever their rate is known. The others are against Telegram's
    rules for digital goods (Bot Platform Developer Terms, 6.2): on only where an operator turned them on.
    """
    stars_off = await switches.noted(tx, switch_of(Gateway.STARS)) == OFF
    crypto_on = await switches.noted(tx, switch_of(Gateway.CRYPTOPAY)) == ON
    hand_on = await switches.noted(tx, switch_of(Gateway.BY_HAND)) == ON
    return Ways(
        None if stars_off else await star_rate(tx, shop),
        crypto_on and shop.terms.cryptopay,
        await switches.noted(tx, INSTRUCTIONS) if hand_on else None,
    )


async def star_rate(tx: Tx, shop: Shop) -> Decimal | None:
    """What one Star is worth in the shop's currency: what an operator settled, else what Telegram pays for it.

    None where nobody settled it and the shop's currency has no exchange rate for US dollars.
    """
    if noted := await switches.noted(tx, STARS_RATE):
        return Decimal(noted)
    return payout(shop)


def payout(shop: Shop) -> Decimal | None:
    """What Telegram pays for a Star, in the shop's currency; None without an exchange rate for US dollars."""
    dollar = Decimal(1) if shop.terms.currency == "USD" else shop.terms.exchange_rates.get("USD")
    return None if dollar is None else STAR_PAYOUT_USD * dollar
