"""Orders, services and quotes to draw screens of, hostile names among them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.domain.catalog import Category, Offer, Service
from bot.domain.money import Money
from bot.domain.orders import Order, OrderState, Quote
from bot.domain.pricing import PriceRules
from bot.domain.text import plain_name
from handlers.texts import MoneyStyle, Texts, load

NOW = datetime(2026, 11, 21, 7, 54, tzinfo=UTC)
RULES = PriceRules(4, Decimal(25), {"east": Decimal(1)})
TOKEN = "AbCdEfGhIjKlMnOpQrStUv"
LINK = "https://framely.example/p/abc"
#: Names as panels really write them, and worse; each as the catalogue keeps it.
HOSTILE = tuple(
    plain_name(name, 300)
    for name in (
        "<b>Followers</b> & <script>alert(1)</script>",
        "متابعين حقيقيين \u200fRTL\u200f {0} {name} %s",
        "F" * 300,
        "👩‍👩‍👧‍👦✨" * 40,
        "`*_[Markdown](x)_*`",
        "&lt;already&gt; escaped &amp;",
        "</b></i></a>" * 25,
        "",
    )
)


def texts() -> Texts:
    return load(MoneyStyle("USD", 4)).speak("en")


def service(**changes: Any) -> Service:
    facts: dict[str, Any] = {
        "panel": "east", "id": "7", "name": "Framely Followers", "type": "default", "category": "Framely",
        "rate": Decimal("1.2"), "minimum": 100, "maximum": 10_000, "refill": True, "cancel": None,
    }  # fmt: skip
    return Service(**{**facts, **changes})


def offer(number: int = 7, **changes: Any) -> Offer:
    return Offer(number, service(**changes), 1)


def category(*offers: Offer, name: str = "Framely") -> Category:
    return Category(1, name, offers)


def quote(**changes: Any) -> Quote:
    facts: dict[str, Any] = {
        "token": TOKEN, "customer_id": 1001, "service_number": 7, "rate": Decimal("1.2"),
        "answers": {"link": LINK, "quantity": "1000"}, "quantity": 1000, "charge": Money(1_500_000),
        "cost": Money(1_200_000), "expires_at": NOW + timedelta(minutes=10),
    }  # fmt: skip
    return Quote(**{**facts, **changes})


def order(state: OrderState = OrderState.ACTIVE, **changes: Any) -> Order:
    facts: dict[str, Any] = {
        "id": 1234, "customer_id": 1001, "service_number": 7, "service_name": "Framely Followers", "panel": "east",
        "service_id": "7", "type": "default", "answers": {"link": LINK, "quantity": "1000"}, "quantity": 1000,
        "charge": Money(1_500_000), "cost": Money(1_200_000), "returned": Money(0), "state": state, "version": 3,
        "reason": None, "attempts": 1, "upstream_id": "99", "status_word": None, "start_count": None,
        "remains": None, "attention": None, "reading": None, "reading_since": None, "missing_since": None,
        "missing_count": 0, "next_at": None, "card_message_id": 5, "created_at": NOW, "sent_at": NOW,
        "changed_at": NOW, "finished_at": None,
    }  # fmt: skip
    return Order(**{**facts, **changes})
