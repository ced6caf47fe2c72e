"""The ways of paying in: which are on, and at what rate. Operators turn them on, off and about in their chat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.domain.acts import ActKind
from bot.domain.errors import NotOffered
from bot.domain.money import digits
from bot.domain.pages import length, seen
from bot.domain.text import is_storable
from bot.domain.topups import Gateway
from bot.engine.shop import Shop
from storage import acts, switches
from storage.database import Tx

#: What one Star brings its bot, in US dollars (Bot Platform Developer Terms, 6.2.4).
STAR_PAYOUT_USD: Final = Decimal("0.013")
#: So long may what customers read about paying by hand be; their screen has more below it.
INSTRUCTIONS_MAX: Final = 1500
#: A rate is typed with at most so many digits after the point.
RATE_DIGITS: Final = 8
#: Below and above this many times what Telegram pays, a rate is a slip of the finger.
_RATE_SPAN: Final = 10
_RATE_BOUNDS: Final = (Decimal("0.000001"), Decimal(1_000_000))
_SHOWN_IN_ACT: Final = 120
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


@dataclass(frozen=True, slots=True)
class Settled:
    """What operators settled about paying in, also of the ways that are off."""

    ways: Ways
    #: What one Star is worth while Stars are on; None: nobody settled it, and no exchange rate tells.
    star: Decimal | None
    #: What an operator made of it; None: it is what Telegram pays.
    own_star: Decimal | None
    instructions: str | None


async def settled(tx: Tx, shop: Shop) -> Settled:
    """Everything about the ways, as their own screens show it."""
    own = await switches.noted(tx, STARS_RATE)
    return Settled(
        await read(tx, shop), await star_rate(tx, shop), Decimal(own) if own else None,
        await switches.noted(tx, INSTRUCTIONS),
    )  # fmt: skip


def can_be_on(shop: Shop, now: Settled, gateway: Gateway) -> bool:
    """Whether a way has what it needs: a rate, settings, or instructions."""
    match gateway:
        case Gateway.STARS:
            return now.star is not None
        case Gateway.CRYPTOPAY:
            return shop.terms.cryptopay
        case Gateway.BY_HAND:
            return now.instructions is not None
        case Gateway.VOUCHER:
            return True


async def set_way(
    shop: Shop, gateway: Gateway, operator_id: int, update_id: int, now: datetime, *, on: bool
) -> bool:  # fmt: skip
    """Turn a way on or off; False where it is so already, or this update did it.

    Raises NotOffered for what cannot be turned: a way that lacks what it needs, and vouchers.
    """

    async def work(tx: Tx) -> bool:
        found = await settled(tx, shop)
        if gateway is Gateway.VOUCHER or (on and not can_be_on(shop, found, gateway)):
            raise NotOffered
        word = ON if on else OFF
        if found.ways.has(gateway) is on:
            return False
        if not await _acted(tx, gateway, word, operator_id, update_id, now):
            return False
        await switches.note(tx, switch_of(gateway), word)
        return True

    return await shop.db.write(work)


class OddRate(ValueError):
    """A rate beyond what can be meant: it lies between `least` and `most`."""

    def __init__(self, least: Decimal, most: Decimal) -> None:
        super().__init__(f"a Star is worth between {least} and {most}")
        self.least = least
        self.most = most


def rate_bounds(shop: Shop) -> tuple[Decimal, Decimal]:
    """Between what a Star's rate may be, in the shop's currency."""
    pays = payout(shop)
    return _RATE_BOUNDS if pays is None else (pays / _RATE_SPAN, pays * _RATE_SPAN)


def refuse_odd_rate(shop: Shop, rate: Decimal) -> None:
    """Raise OddRate for a rate that cannot be meant."""
    least, most = rate_bounds(shop)
    if not least <= rate <= most:
        raise OddRate(least, most)


async def set_star_rate(
    shop: Shop, rate: Decimal | None, operator_id: int, update_id: int, now: datetime
) -> bool:  # fmt: skip
    """What one Star is worth from now on, in the shop's currency; None: what Telegram pays for it.

    Invoices that were made keep their own numbers. False when this update did so already. Raises OddRate.
    """
    if rate is not None:
        refuse_odd_rate(shop, rate)

    async def work(tx: Tx) -> bool:
        before = await star_rate(tx, shop)
        detail = f"{_plain(before)} to {_plain(payout(shop) if rate is None else rate)}"
        if not await _acted(tx, Gateway.STARS, detail, operator_id, update_id, now):
            return False
        if rate is None:
            await switches.turn_off(tx, STARS_RATE)
        else:
            await switches.note(tx, STARS_RATE, f"{rate:f}")
        return True

    return await shop.db.write(work)


class UnfitInstructions(ValueError):
    """A text that cannot tell how to pay: nothing in it, too long, or with what no database takes."""

    def __init__(self, length: int) -> None:
        super().__init__(f"instructions of {length} characters")
        self.length = length


def refuse_unfit_instructions(text: str) -> None:
    """Raise UnfitInstructions for a text that cannot tell how to pay."""
    if not 0 < (long := length(text)) <= INSTRUCTIONS_MAX or not is_storable(text):
        raise UnfitInstructions(long)


async def set_instructions(
    shop: Shop, text: str | None, operator_id: int, update_id: int, now: datetime
) -> bool:  # fmt: skip
    """How to pay by hand, as Telegram's HTML; None: nothing is told, and the way is off.

    False when this update did so already. Raises UnfitInstructions.
    """
    if text is not None:
        refuse_unfit_instructions(text)

    async def work(tx: Tx) -> bool:
        detail = f"instructions: {seen(text)[:_SHOWN_IN_ACT]}" if text else "instructions removed"
        if not await _acted(tx, Gateway.BY_HAND, detail, operator_id, update_id, now):
            return False
        if text is None:
            await switches.turn_off(tx, INSTRUCTIONS)
            await switches.note(tx, switch_of(Gateway.BY_HAND), OFF)
        else:
            await switches.note(tx, INSTRUCTIONS, text)
        return True

    return await shop.db.write(work)


async def _acted(tx: Tx, gateway: Gateway, detail: str, operator_id: int, update_id: int, now: datetime) -> bool:
    """Write the act down; False where this update has left it already."""
    key = f"{ActKind.WAY}:{update_id}"
    if await acts.is_known(tx, key):
        return False
    await acts.record(tx, operator_id, ActKind.WAY, f"way {gateway.value}", detail, now, key)
    return True


def _plain(rate: Decimal | None) -> str:
    return "none" if rate is None else f"{digits(rate)}"
