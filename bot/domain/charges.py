"""What a panel says an order cost, held against what it should have cost; both in the panel's own currency."""

from __future__ import annotations

from decimal import ROUND_CEILING, Context, Decimal
from typing import Final

from bot.domain.catalog import Service
from bot.domain.money import EXACT
from bot.domain.orders import Order, OrderState, Status, StatusReport
from bot.domain.pricing import is_flat

#: Before money comes back, which a panel takes off the figure.
_ORIGINAL: Final = frozenset({Status.PENDING, Status.PROCESSING, Status.IN_PROGRESS, Status.COMPLETED})
_FOLLOWED: Final = frozenset({OrderState.ACTIVE, OrderState.COMPLETED})
#: The coarsest that panels round small amounts to, and large ones, as in currencies without small coins.
_CENT, _WHOLE, _LARGE = Decimal("0.01"), Decimal(1), Decimal(10)
_UPWARDS: Final = Context(prec=EXACT.prec, rounding=ROUND_CEILING)
_RATE_DIGITS: Final = Decimal("0.000001")


def original_charge(order: Order, report: StatusReport) -> Decimal | None:
    """The whole price of an order as its panel reports it; None where the figure is missing, or may be less by now.

    Nothing taken while an order still runs is not a price yet.
    """
    if report.charge is None or report.status not in _ORIGINAL:
        return None
    if order.state not in _FOLLOWED or order.reading is not None:
        return None
    return None if not report.charge and report.status is not Status.COMPLETED else report.charge


def fits(expected: Decimal, reported: Decimal) -> bool | None:
    """Whether a panel took what it should have: within a percent, or the last digit it shows.

    None where that digit is coarser than the whole amount, so that nothing can be told from it.
    """
    places = reported.as_tuple().exponent
    if not isinstance(places, int):
        return None
    coarsest = _CENT if expected < _LARGE else _WHOLE
    digit = min(coarsest, _WHOLE.scaleb(max(places, -28)))
    if abs(EXACT.subtract(reported, expected)) > max(digit, EXACT.scaleb(expected, -2)):
        return False
    return True if digit < expected else None


def rate_taken(service: Service, quantity: int, charge: Decimal) -> Decimal:
    """The rate a charge amounts to, rounded up to six digits: per 1000 units, or for the whole package."""
    units = Decimal(1) if is_flat(service) else Decimal(quantity).scaleb(-3)
    return _UPWARDS.quantize(_UPWARDS.divide(charge, units), _RATE_DIGITS).normalize(EXACT)
