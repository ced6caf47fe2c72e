"""From a draft to a frozen price."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bot.domain.catalog import Offer
from bot.domain.errors import BadInput, NotForSale, Problem, QuoteGone
from bot.domain.inputs import Field, TypeRule, check, quantity_of, sold_rule
from bot.domain.orders import Quote
from bot.domain.pricing import price
from bot.engine.admission import admit
from bot.engine.shop import Shop
from storage import quotes
from storage.database import Tx

#: Nobody weighs so many at a time. Each holds a whole list, and asking for a fresh one costs a tap.
_KEPT: Final = 300


def for_sale(shop: Shop, service_number: int) -> tuple[Offer, TypeRule]:
    """The offer and what it asks; NotForSale when it cannot be bought now."""
    offer = shop.shelf.catalogue.offer(service_number)
    rule = sold_rule(offer.service.type) if offer else None
    if offer is None or rule is None or not offer.for_sale:
        raise NotForSale
    return offer, rule


async def make_quote(
    shop: Shop, customer_id: int, update_id: int, service_number: int, answers: Mapping[str, str], now: datetime
) -> Quote:
    """Freeze the price of a filled-in draft; the same update always gets the same quote.

    Every answer is checked once more against the service as it is now. Raises NotForSale, BadInput or TurnedAway.
    """
    offer, rule = for_sale(shop, service_number)
    checked = {field.value: check(field, answers[field], offer.service) for field in _asked(rule, answers)}
    quantity = quantity_of(rule, checked)
    try:
        cost = price(offer, quantity, shop.price_rules)
    except ValueError:
        raise BadInput(Problem.NUMBER_TOO_LARGE, maximum=offer.service.maximum, quantity=quantity) from None
    quote = Quote(
        token=shop.new_token(),
        customer_id=customer_id,
        service_number=service_number,
        rate=offer.service.rate,
        answers=checked,
        quantity=quantity,
        charge=cost.charge,
        cost=cost.cost,
        expires_at=now + shop.terms.quote_ttl,
    )

    async def work(tx: Tx) -> Quote:
        await admit(tx, customer_id)
        await quotes.add(tx, quote, update_id, now)
        await quotes.forget_most(tx, customer_id, _KEPT)
        return await quotes.of_update(tx, update_id) or quote

    return await shop.db.write(work, of=customer_id)


async def read_quote(shop: Shop, token: str, customer_id: int) -> Quote:
    """The customer's own quote, in whatever state; QuoteGone when there is none."""

    async def work(tx: Tx) -> Quote | None:
        return await quotes.get(tx, token, customer_id)

    if quote := await shop.db.read(work):
        return quote
    raise QuoteGone


async def drop_quote(shop: Shop, token: str, customer_id: int) -> None:
    """The customer turned a quote down; harmless when it is gone or used."""

    async def work(tx: Tx) -> bool:
        return await quotes.drop(tx, token, customer_id)

    await shop.db.write(work)


def _asked(rule: TypeRule, answers: Mapping[str, str]) -> tuple[Field, ...]:
    if any(field not in answers for field in rule.asks):
        raise NotForSale  # the panel changed the service's type while the draft was filled in
    return rule.asks
