"""What operators type after a command, read strictly: every refusal says what is expected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.amounts import parse_amount
from bot.domain.errors import BadInput, Problem, ShopError
from bot.domain.markups import PERCENT_MAX, Scope
from bot.domain.money import Money
from bot.domain.reasons import LINE_MOST
from handlers.operator import words

#: Telegram's ids and the shop's order numbers stay far below what the database holds.
_NUMBER: Final = re.compile(r"\A[1-9][0-9]{0,17}\Z", re.ASCII)
_PERCENT: Final = re.compile(r"\A\+?([0-9]{1,6}(?:[.,][0-9]{1,2})?)\s*%?\Z", re.ASCII)
#: Take a markup away.
_OFF: Final = frozenset({"off", "none", "reset"})
_SHOWN_MAX_CHARACTERS: Final = 40


class Unreadable(ShopError):
    """An argument that cannot be read; `problem` names its text under `operator.problem`, `facts` fill it."""

    def __init__(self, problem: str, **facts: str | int | Money) -> None:
        super().__init__(problem)
        self.problem = problem
        self.facts = facts


@dataclass(frozen=True, slots=True)
class MarkupRequest:
    """What `/markup` asks for."""

    scope: Scope
    #: Of the panel, category or service, as typed; empty for the shop, and where one is to be picked.
    name: str = ""
    #: None to take it away, and where nothing was given.
    percent: Decimal | None = None
    given: bool = False


@dataclass(frozen=True, slots=True)
class MoneyRequest:
    """What `/credit` and `/debit` ask for."""

    customer_id: int
    amount: Money
    reason: str


def read_money_request(argument: str, decimals: int) -> MoneyRequest:
    """Read `<customer id> <amount> <reason>`; Unreadable says what is wrong with it."""
    parts = argument.split(None, 2)
    if not parts:
        raise Unreadable("customer-missing")
    customer_id = read_customer(parts[0])
    if len(parts) < 2:
        raise Unreadable("amount-missing")
    amount = read_amount(parts[1], decimals)
    reason = words.short(parts[2], LINE_MOST) if len(parts) > 2 else ""
    if not reason:
        raise Unreadable("reason-missing")
    return MoneyRequest(customer_id, amount, reason)


def read_customer(typed: str) -> int:
    """Read a customer's Telegram id."""
    if not typed:
        raise Unreadable("customer-missing")
    if not _NUMBER.match(typed):
        raise Unreadable("customer-unreadable", typed=_shown(typed))
    return int(typed)


def read_order(typed: str) -> int:
    """Read an order's number, with or without its #."""
    if not typed:
        raise Unreadable("order-missing")
    if not _NUMBER.match(number := typed.removeprefix("#")):
        raise Unreadable("order-unreadable", typed=_shown(typed))
    return int(number)


def read_amount(typed: str, decimals: int, most: Money | None = None) -> Money:
    """Read an amount of the shop's currency, at most a charge."""
    try:
        amount = parse_amount(typed, decimals)
    except BadInput as refused:
        facts = dict(refused.facts)
        if refused.problem is Problem.AMOUNT_TOO_FINE:
            facts = {"count": decimals}
        raise Unreadable(refused.problem.value, typed=_shown(typed), **facts) from None
    if most is not None and amount > most:
        raise Unreadable("amount-above-charge", charge=most)
    return amount


def read_markup_request(argument: str) -> MarkupRequest:
    """Read `[shop | panel … | category … | service …] [percent | off]`; Unreadable says what is wrong with it."""
    first, _, rest = argument.partition(" ")
    if first.lower() not in tuple(Scope):
        return MarkupRequest(Scope.SHOP, percent=_percent_or_off(argument), given=True)
    scope, parts = Scope(first.lower()), rest.split()
    if scope is Scope.SHOP:
        return MarkupRequest(scope, percent=_percent_or_off(rest) if rest.strip() else None, given=bool(rest.strip()))
    if len(parts) > 1 and (parts[-1].lower() in _OFF or _PERCENT.match(parts[-1])):
        return MarkupRequest(scope, " ".join(parts[:-1]), _percent_or_off(parts[-1]), given=True)
    return MarkupRequest(scope, " ".join(parts))


def is_percent(typed: str) -> bool:
    """Whether it is written like a percentage."""
    return _PERCENT.match(typed) is not None


def read_percent(typed: str) -> Decimal:
    """Read a percentage: zero or more, at most two digits after the point."""
    if not (found := _PERCENT.match(typed)):
        raise Unreadable("percent-unreadable", typed=_shown(typed))
    if (percent := Decimal(found[1].replace(",", "."))) > PERCENT_MAX:
        raise Unreadable("percent-too-large", limit=int(PERCENT_MAX))
    return percent


def _percent_or_off(typed: str) -> Decimal | None:
    return None if typed.strip().lower() in _OFF else read_percent(typed.strip())


def _shown(typed: str) -> str:
    return words.short(typed, _SHOWN_MAX_CHARACTERS)
