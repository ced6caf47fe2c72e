"""From a panel's rate to what a customer is charged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.catalog import Offer, Service
from bot.domain.inputs import RULES, Basis
from bot.domain.money import EXACT, Money, round_up

_HUNDRED: Final = Decimal(100)
_MICRO_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class PriceRules:
    """What holds for the whole shop: digits, its markup, and what one unit of each panel's currency is worth here."""

    #: Digits shown and charged.
    decimals: int
    #: For services without a narrower markup.
    markup_percent: Decimal
    #: Shop units for one unit of the panel's currency, by panel; a panel that is missing is off sale.
    exchange: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Price:
    """What a quantity of a service comes to."""

    #: What the customer pays, rounded up once to the shop's digits.
    charge: Money
    #: What the panel takes, in shop currency, rounded up to a micro-unit.
    cost: Money


def price(offer: Offer, quantity: int, rules: PriceRules) -> Price:
    """Price a quantity: rate x units x exchange x (1 + markup), and never below cost.

    Raises KeyError when the panel has no exchange rate, ValueError when the amount is beyond what the ledger can hold.
    """
    cost = EXACT.multiply(panel_cost(offer.service, quantity), rules.exchange[offer.service.panel])
    factor = EXACT.scaleb(EXACT.add(percent_of(offer, rules), _HUNDRED), -2)
    charge = max(cost, EXACT.multiply(cost, factor))
    return Price(round_up(charge, rules.decimals), round_up(cost, _MICRO_DECIMALS))


def percent_of(offer: Offer, rules: PriceRules) -> Decimal:
    """The markup in force for an offer: the narrowest wins, and the shop's is the widest."""
    return rules.markup_percent if offer.markup is None else offer.markup.percent


def label_price(offer: Offer, rules: PriceRules) -> Money:
    """The price a button shows: of a thousand units, or of the package."""
    return price(offer, 1 if is_flat(offer.service) else 1000, rules).charge


def is_flat(service: Service) -> bool:
    """Whether the rate is the price of the whole package."""
    rule = RULES.get(service.type)
    return rule is not None and rule.basis is Basis.FLAT


def jumped(old: Decimal, new: Decimal, limit_percent: Decimal) -> bool:
    """Whether a rate moved further than the operator lets pass unseen, in either direction."""
    return abs(new - old) * 100 > old * limit_percent


def panel_cost(service: Service, quantity: int) -> Decimal:
    """What a panel takes for a quantity by its rate, exactly, in its own currency."""
    if is_flat(service):
        return service.rate
    return EXACT.scaleb(EXACT.multiply(service.rate, Decimal(quantity)), -3)
