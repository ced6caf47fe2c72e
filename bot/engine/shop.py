"""The shop: a frozen bundle of collaborators that every verb takes first."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Final

from bot.domain.money import MICROS_PER_UNIT, Money
from bot.domain.orders import Order
from bot.domain.pricing import PriceRules
from bot.domain.topups import FreshRule
from bot.engine.sending import Sending
from bot.engine.shelf import Shelf
from bot.panels.client import PanelClient
from bot.payments.cryptopay import CryptoPay
from storage.database import Database
from storage.disk import unmeasured
from storage.receipts import Receipts, ReceiptsInMemory

_LOOK_AGAIN: Final = timedelta(seconds=1)
_TOPUP_LEAST: Final = Money(MICROS_PER_UNIT)
_TOPUP_MOST: Final = Money(1000 * MICROS_PER_UNIT)
_TOPUP_AMOUNTS: Final = tuple(Money(units * MICROS_PER_UNIT) for units in (5, 10, 25, 50))
_FRESH_STARS: Final = FreshRule()


@dataclass(frozen=True, slots=True)
class PanelTerms:
    """What the operator settled for one panel."""

    #: The configured currency; None means what its balance says.
    currency: str | None = None
    #: A canceled order gives back only the undelivered part, where the panel works that way.
    canceled_returns_remains: bool = False
    #: Below this, in the panel's currency, the operator is alerted.
    low_balance: Decimal = Decimal(5)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator settled for the shop."""

    name: str
    currency: str
    decimals: int
    #: Of the settings: for as long as the operators set no markup for the whole shop.
    markup_percent: Decimal
    exchange_rates: Mapping[str, Decimal]
    operator_ids: tuple[int, ...]
    panels: Mapping[str, PanelTerms]
    price_jump_percent: Decimal = Decimal(50)
    status_poll: timedelta = timedelta(seconds=60)
    settle: timedelta = timedelta(seconds=300)
    quote_ttl: timedelta = timedelta(seconds=600)
    reserve_ttl: timedelta = timedelta(seconds=1800)
    #: An unknown order that nobody decided gives its money back then.
    unknown_deadline: timedelta = timedelta(hours=24)
    #: An order that by all evidence was never placed goes back after an hour, without an operator.
    release_on_evidence: bool = False
    catalog_refresh: timedelta = timedelta(seconds=900)
    #: Above this an operator moves no money alone; None: each may move any amount.
    second_operator_above: Money | None = None
    #: What customers may pay in at a time.
    topup_least: Money = _TOPUP_LEAST
    topup_most: Money = _TOPUP_MOST
    #: Amounts that take one tap.
    topup_amounts: tuple[Money, ...] = _TOPUP_AMOUNTS
    #: So long an invoice can be paid.
    topup_ttl: timedelta = timedelta(hours=1)
    fresh_stars: FreshRule = _FRESH_STARS
    #: Whether the gateway Crypto Pay is configured.
    cryptopay: bool = False

    def needs_two(self, amount: Money) -> bool:
        """Whether so much moves by hand only with a second operator's yes."""
        return self.second_operator_above is not None and amount > self.second_operator_above

    @property
    def look_again(self) -> timedelta:
        """How soon a poller looks once more for what has become due: each second, or often within a status round."""
        return min(_LOOK_AGAIN, self.status_poll / 4)


class Bell:
    """Wakes everybody who waits; a ring between a look and the wait for it is not missed."""

    def __init__(self) -> None:
        self.rung = 0
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake all who wait now."""
        self.rung += 1
        event, self._event = self._event, asyncio.Event()
        event.set()

    async def wait(self, seen: int, seconds: float) -> None:
        """Wait until the bell rang more often than `seen`, at most so many seconds."""
        if self.rung != seen:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()


@dataclass(frozen=True, slots=True)
class Bells:
    """Rung after a commit, so that nobody waits for the clock."""

    submit: Bell = field(default_factory=Bell)
    notices: Bell = field(default_factory=Bell)
    refresh: Bell = field(default_factory=Bell)
    refills: Bell = field(default_factory=Bell)
    cancels: Bell = field(default_factory=Bell)
    broadcast: Bell = field(default_factory=Bell)
    evidence: Bell = field(default_factory=Bell)
    #: A top-up waits for its gateway.
    topups: Bell = field(default_factory=Bell)
    #: A refund is to be sent.
    refunds: Bell = field(default_factory=Bell)


@dataclass(frozen=True, slots=True)
class Shop:
    """Everything a verb may need; nothing in it is global."""

    db: Database
    panels: Mapping[str, PanelClient]
    terms: Terms
    shelf: Shelf
    #: This run's number; attempts of older runs are nobody's.
    epoch: int
    #: Makes quote tokens: 128 bits nobody can guess.
    new_token: Callable[[], str]
    #: The gateway Crypto Pay; None where it is not configured.
    cryptopay: CryptoPay | None = None
    bells: Bells = field(default_factory=Bells)
    #: Where a panel's answer is safe before it is in the database.
    receipts: Receipts = field(default_factory=ReceiptsInMemory)
    sending: Sending = field(default_factory=Sending)
    #: The free bytes where the database lies; None where that is not this machine's business.
    room: Callable[[], int | None] = unmeasured

    @property
    def price_rules(self) -> PriceRules:
        """How prices follow from rates in the catalogue as it is shown now."""
        picture = self.shelf.catalogue
        markup = self.terms.markup_percent if picture.markups.shop is None else picture.markups.shop
        return PriceRules(self.terms.decimals, markup, picture.exchange)

    def panel_terms(self, order: Order) -> PanelTerms:
        """What the operator settled for an order's panel; plain terms for a panel that is configured no more."""
        return self.terms.panels.get(order.panel, PanelTerms())
