"""Amounts as people type them, customers and operators alike."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from bot.domain.errors import BadInput, Problem
from bot.domain.money import ZERO, Money, exact, parse_decimal

_MOST: Final = Decimal(1_000_000)
_PLAIN: Final = re.compile(r"\A\d{1,12}(?:\.\d{1,6})?\Z", re.ASCII)


def parse_amount(text: str, decimals: int) -> Money:
    """Read a typed amount of the shop's currency; BadInput when it is not plain, positive, and coarse enough."""
    if not _PLAIN.match(text):
        raise BadInput(Problem.AMOUNT_UNREADABLE)
    amount = parse_decimal(text)
    if amount <= 0:
        raise BadInput(Problem.AMOUNT_NOT_POSITIVE)
    if amount > _MOST:
        raise BadInput(Problem.AMOUNT_TOO_LARGE, limit=int(_MOST))
    if amount != round(amount, decimals):
        raise BadInput(Problem.AMOUNT_TOO_FINE, decimals=decimals)
    return exact(amount)


def part_of(most: Money, wanted: Money | None) -> Money:
    """So much of what there is, all of it for None; BadInput for nothing, and for more than there is."""
    amount = most if wanted is None else wanted
    if amount <= ZERO:
        raise BadInput(Problem.AMOUNT_NOT_POSITIVE)
    if amount > most:
        raise BadInput(Problem.AMOUNT_TOO_LARGE, limit=most)
    return amount
