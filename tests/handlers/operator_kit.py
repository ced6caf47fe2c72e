"""What the tests of the operator's desk share: texts, sample rows, and strings nobody wants to see."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bot.domain.catalog import Offer, Service, Unsold
from bot.domain.money import Money
from bot.domain.orders import Attention, Order, OrderState
from handlers.keyboards import Screen, width
from handlers.texts import MoneyStyle, Texts, load
from storage.catalog import PanelRecord
from storage.customers import Customer
from tests.handlers import telegram_html

NOW = datetime(2026, 5, 3, 7, 54, tzinfo=UTC)
#: Markup, direction marks, controls, lone surrogates and length: what a hostile name may hold.
HOSTILE = '<b>&lt;"\u202ex\x00\ud83d{order}\n<script>' + "&<>" * 900


def english(decimals: int = 4) -> Texts:
    return load(MoneyStyle("USD", decimals)).speak("en")


def sample_order(**changes: Any) -> Order:
    order = Order(
        id=17,
        customer_id=1001,
        service_number=3,
        service_name="Framely followers",
        panel="alpha",
        service_id="42",
        type="default",
        answers={"link": "https://framely.example/p/abc", "quantity": "1000"},
        quantity=1000,
        charge=Money(1_250_000),
        cost=Money(1_000_000),
        returned=Money(0),
        state=OrderState.UNKNOWN,
        version=3,
        reason=None,
        attempts=1,
        upstream_id=None,
        status_word=None,
        start_count=None,
        remains=None,
        attention=None,
        reading=None,
        reading_since=None,
        missing_since=None,
        missing_count=0,
        next_at=None,
        card_message_id=None,
        created_at=NOW,
        sent_at=NOW,
        changed_at=NOW,
        finished_at=None,
    )
    return replace(order, **changes)


def troubled_order(**changes: Any) -> Order:
    facts = {"state": OrderState.ACTIVE, "attention": Attention.TROUBLE, "upstream_id": "23501", "status_word": "Fail"}
    return sample_order(**{**facts, **changes})


def sample_customer(**changes: Any) -> Customer:
    return replace(Customer(1001, "Mina", "mina", "en", False, NOW, NOW), **changes)


def sample_jump(number: int = 1, name: str = "Framely likes", pending: str = "1.75", **changes: Any) -> Offer:
    service = Service("alpha", str(number), name, "default", "Framely", Decimal("0.90"), 10, 1000)
    return Offer(number, replace(service, **changes), 1, Unsold.JUMP, Decimal(pending))


def sample_panel(**changes: Any) -> PanelRecord:
    return replace(PanelRecord("alpha", "USD", Decimal("100.50"), NOW, NOW, 60), **changes)


def visible(screen: Screen) -> str:
    """The text people see; raises for broken markup."""
    return telegram_html.visible(str(screen.html))


def assert_sendable(screen: Screen) -> None:
    """Holds a screen within what Telegram takes, and free of what would garble it."""
    text = visible(screen)
    assert 0 < width(text) <= telegram_html.TEXT_MAX
    assert not re.search("[\0\ud800-\udfff\u202e]", text)
    rows = screen.keyboard.inline_keyboard if screen.keyboard else ()
    for button in (button for row in rows for button in row):
        assert button.text
        assert not isinstance(button.callback_data, str) or len(button.callback_data.encode()) <= 64
        assert button.copy_text is None or 1 <= len(button.copy_text.text) <= 256
    assert all(len(row) <= 8 for row in rows)
