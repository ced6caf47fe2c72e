"""Confirming and withdrawing: the two things a customer can do to an order, one transaction each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain import wallet as ledger
from bot.domain.catalog import Offer
from bot.domain.errors import AlreadyDecided, NotForSale, NotFound, PriceChanged, QuoteGone, ShortOfMoney
from bot.domain.inputs import is_package, quantity_of, sold_rule
from bot.domain.money import ZERO, Money
from bot.domain.notices import AlertKind, Notice, NoticeKind
from bot.domain.orders import Order, OrderEvent, OrderState, Quote, Reason, move
from bot.domain.pricing import price
from bot.domain.targets import same_target
from bot.engine import funds
from bot.engine.admission import admit
from bot.engine.alerts import end_alert
from bot.engine.debts import credit
from bot.engine.shop import Shop
from storage import orders, outbox, quotes, wallet
from storage.database import Tx

#: The handler edits the card itself; the notice only stands in for it after a crash.
_CARD_GRACE = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The order of a quote, and whether this very call placed it."""

    order: Order
    fresh: bool


async def place_order(
    shop: Shop, token: str, customer_id: int, card_message_id: int | None, now: datetime
) -> Confirmed:
    """Turn a quote into a reserved order and hold its charge, in one transaction and without the network.

    A second call finds the order of the first. Raises QuoteGone, TurnedAway, NotForSale, PriceChanged or
    ShortOfMoney, and then nothing has changed.
    """

    async def work(tx: Tx) -> Confirmed:
        quote = await quotes.use(tx, token, customer_id, now)
        if quote is None:
            return Confirmed(await _confirmed_before(tx, token, customer_id), fresh=False)
        await admit(tx, customer_id)
        offer = _still_as_quoted(shop, quote)
        from_stars = await _require_money(tx, shop, quote, now)
        order = await _reserve(tx, quote, offer, from_stars, card_message_id, now)
        return Confirmed(order, fresh=True)

    # Nothing of it is anybody else's: the quote, the wallet, the order and its card.
    confirmed = await shop.db.write(work, of=customer_id)
    if confirmed.fresh:
        shop.bells.submit.ring()
    return confirmed


async def withdraw(shop: Shop, order_id: int, customer_id: int, now: datetime) -> Order:
    """The customer takes back an order that was not sent; the charge returns at once.

    Raises NotFound for somebody else's order, AlreadyDecided once it is on its way.
    """

    async def work(tx: Tx) -> Order:
        order = await orders.get(tx, order_id)
        if order is None or order.customer_id != customer_id:
            raise NotFound
        if order.state is not OrderState.RESERVED:
            raise AlreadyDecided
        await undo_reserved(tx, order, Reason.BY_CUSTOMER, now, tell=False)
        return await orders.get(tx, order_id) or order

    order = await shop.db.write(work)
    shop.bells.notices.ring()
    return order


async def expire_reserved(shop: Shop, now: datetime) -> int:
    """Give back what could not be sent within RESERVE_TTL_SECONDS; how many orders that were."""

    async def look(tx: Tx) -> bool:
        return bool(await orders.reserved_before(tx, now - shop.terms.reserve_ttl))

    if not await shop.db.read(look):
        return 0

    async def work(tx: Tx) -> int:
        waiting = await orders.reserved_before(tx, now - shop.terms.reserve_ttl)
        for order in waiting:
            await undo_reserved(tx, order, Reason.NOT_SENT_IN_TIME, now)
        return len(waiting)

    if count := await shop.db.write(work):
        shop.bells.notices.ring()
        return count
    return 0


async def undo_reserved(tx: Tx, order: Order, reason: Reason, now: datetime, *, tell: bool = True) -> None:
    """Cancel an order that was never sent: void, state and notice together. AlreadyDecided when it moved on."""
    state = move(order.state, OrderEvent.WITHDRAW)
    if not await orders.change(
        tx, order, now, state=state.value, reason=reason.value, next_at=None, returned=order.charge, finished_at=now
    ):
        raise AlreadyDecided
    await credit(tx, order.customer_id, void_of(order), now)
    await outbox.post_card(tx, order.id, order.customer_id, now)
    await end_alert(tx, AlertKind.ORDER_STUCK, order.id, now)
    if tell:
        key = f"{order.id}:canceled:{order.version + 1}"
        await outbox.post(tx, Notice(key, order.customer_id, NoticeKind.CANCELED, order.id), now)


def void_of(order: Order) -> list[ledger.Transfer]:
    """The entries that give an order's whole charge back."""
    return ledger.void(order.id, order.customer_id, order.charge, order.from_stars)


async def _confirmed_before(tx: Tx, token: str, customer_id: int) -> Order:
    if await quotes.get(tx, token, customer_id) and (order := await orders.of_quote(tx, token)):
        return order
    raise QuoteGone


def _still_as_quoted(shop: Shop, quote: Quote) -> Offer:
    offer = shop.shelf.catalogue.offer(quote.service_number)
    if offer is None or not offer.for_sale:
        raise NotForSale
    if not _fits(offer, quote) or would_lose(shop, offer, quote.quantity, quote.charge):
        raise PriceChanged
    return offer


def would_lose(shop: Shop, offer: Offer, quantity: int, charge: Money) -> bool:
    """Whether the panel would now take more for a quantity than the customer was quoted.

    Any smaller change leaves the quote as it stands: its price is frozen until it expires. What the panel asks, or
    really took for the service's first order, counts even while the operator has not agreed to it.
    """
    asked = offer.service.rate if offer.pending_rate is None else offer.pending_rate
    offer = replace(offer, service=replace(offer.service, rate=max(asked, offer.charged_rate or asked)))
    rules = shop.price_rules
    if offer.service.panel not in rules.exchange:
        return True
    try:
        return price(offer, quantity, rules).cost > charge
    except ValueError:  # beyond what the ledger can hold, so beyond any charge
        return True


def _fits(offer: Offer, quote: Quote) -> bool:
    """Whether the service still asks what the quote answers, and takes its quantity."""
    rule = sold_rule(offer.service.type)
    if rule is None or set(rule.asks) != set(quote.answers) or quantity_of(rule, quote.answers) != quote.quantity:
        return False
    return is_package(offer.service.type) or offer.service.minimum <= quote.quantity <= offer.service.maximum


async def _require_money(tx: Tx, shop: Shop, quote: Quote, now: datetime) -> Money:
    """How much of the charge has to come out of the Stars credit, which is spent last."""
    found = await funds.read(tx, shop, quote.customer_id, now)
    if found.spendable < quote.charge:
        raise ShortOfMoney(quote.charge, found.spendable, found.waits)
    return max(ZERO, quote.charge - found.balances.own)


async def _reserve(
    tx: Tx, quote: Quote, offer: Offer, from_stars: Money, card_message_id: int | None, now: datetime
) -> Order:
    order = await orders.add(
        tx,
        quote,
        panel=offer.service.panel,
        service_id=offer.service.id,
        service_type=offer.service.type,
        service_name=offer.name,
        target=same_target(quote.answers.get("link", "")),
        from_stars=from_stars,
        card_message_id=card_message_id,
        now=now,
    )
    for entry in ledger.hold(order.id, order.customer_id, order.charge, order.from_stars):
        await wallet.write(tx, entry, now)
    await outbox.post_card(tx, order.id, order.customer_id, now, now + _CARD_GRACE)
    return order
