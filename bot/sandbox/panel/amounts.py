"""A panel's money: whole numbers of 10^-5 of its currency, the five decimals its answers show."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

PLACES = 5
UNIT = 10**PLACES
RATE_PER = 1000  # a rate is the price of so many


def parse_amount(text: str) -> int:
    """Units of 10^-5 in a decimal text; ValueError when it is no finite decimal number."""
    return to_units(decimal_of(text))


def decimal_of(text: str) -> Decimal:
    """A finite decimal number from text; ValueError for anything else."""
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"not a decimal number: {text!r}") from error
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise ValueError(f"not an amount: {text!r}")
    return number


def to_units(number: Decimal) -> int:
    """A decimal number in units of 10^-5, half a unit rounded up."""
    return int(number.scaleb(PLACES).to_integral_value(ROUND_HALF_UP))


def amount_text(units: int) -> str:
    """An amount as answers write it: two to five decimals, `0.27819`, `100.00`."""
    whole, fraction = divmod(abs(units), UNIT)
    digits = f"{fraction:0{PLACES}d}".rstrip("0").ljust(2, "0")
    return f"{'-' if units < 0 else ''}{whole}.{digits}"


def price_of(rate: str, quantity: int) -> int:
    """Units that `quantity` costs at a rate per 1000; ValueError for a rate that is no number."""
    return to_units(decimal_of(rate) * quantity / RATE_PER)


def share(units: int, part: int, whole: int) -> int:
    """The `part`/`whole` share of an amount, half a unit rounded up."""
    return (2 * units * part + whole) // (2 * whole)
