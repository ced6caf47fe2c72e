"""Money: whole micro-units of the shop's currency, and the one home of rounding."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Final

MICROS_PER_UNIT: Final = 1_000_000
#: The largest amount anything may hold; the database checks the same bound.
MONEY_MAX_MICROS: Final = 2**62
_MAX_DIGITS: Final = 64
#: Wide enough for products of everything `parse_decimal` lets in; the default context would round at 28 digits.
EXACT: Final = Context(prec=1024, traps=[InvalidOperation, Inexact])


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of the shop's currency in micro-units (10^-6).

    Amounts of other currencies are never Money: they stay `Decimal` until an exchange rate turns them.
    """

    micros: int

    def __post_init__(self) -> None:
        if type(self.micros) is not int:
            raise TypeError("Money counts whole micro-units")

    def __add__(self, other: Money) -> Money:
        return Money(self.micros + other.micros)

    def __sub__(self, other: Money) -> Money:
        return Money(self.micros - other.micros)

    def __neg__(self) -> Money:
        return Money(-self.micros)

    def __bool__(self) -> bool:
        return self.micros != 0

    @property
    def decimal(self) -> Decimal:
        """The amount in whole units, exactly."""
        return Decimal(self.micros).scaleb(-6)


ZERO: Final = Money(0)


def digits(number: Decimal) -> str:
    """A number in plain digits: no exponent, and no zeros that say nothing behind the point."""
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def parse_decimal(text: str | int) -> Decimal:
    """Read a finite decimal number as panels and people write it.

    Raises ValueError for anything else: NaN, infinities, Unicode digits, underscores, absurd lengths.
    """
    raw = str(text).strip()
    if not raw.isascii() or "_" in raw or len(raw) > _MAX_DIGITS:
        raise ValueError("not a plain decimal number")
    try:
        number = Decimal(raw)
    except InvalidOperation:
        raise ValueError("not a decimal number") from None
    if not number.is_finite() or abs(number.adjusted()) > _MAX_DIGITS:
        raise ValueError("not a finite number")
    return number


def round_up(amount: Decimal, decimals: int) -> Money:
    """Round an exact amount of shop currency up to `decimals` digits: the only rounding money knows.

    Raises ValueError when the amount is beyond what the ledger can hold.
    """
    scaled = EXACT.scaleb(amount, decimals)
    whole = int(scaled)  # towards zero
    return _checked((whole + (scaled > whole)) * 10 ** (6 - decimals))


def exact(amount: Decimal) -> Money:
    """Turn an amount that needs no rounding into Money; ValueError when it has more than six decimals."""
    scaled = EXACT.scaleb(amount, 6)
    micros = int(scaled)
    if scaled != micros:
        raise ValueError("more than six decimals")
    return _checked(micros)


def share_back(charge: Money, remains: int, quantity: int, decimals: int) -> Money:
    """What a customer gets back for `remains` undelivered units of `quantity`.

    The exact quotient, rounded up to the shop's digits and capped at the charge: rounding never costs
    the customer, and never gives back more than was paid.

    Raises ValueError when remains is not within 0..quantity.
    """
    if not 0 <= remains <= quantity or quantity <= 0:
        raise ValueError("remains must lie between zero and the quantity")
    step = 10 ** (6 - decimals)
    steps = -(-(charge.micros * remains) // (quantity * step))
    return min(charge, Money(steps * step))


def _checked(micros: int) -> Money:
    if abs(micros) >= MONEY_MAX_MICROS:
        raise ValueError("amount too large")
    return Money(micros)
