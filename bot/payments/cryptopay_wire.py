"""Decoding what Crypto Pay writes (help.send.tg/en/articles/10279948-crypto-pay-api).

Amounts are decimal numbers, never floats; moments carry their zone. What is missing or of another kind makes its row
unreadable, and an unreadable row of a list does not take the others with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import urlsplit

from bot.payments.errors import Refused
from bot.wire.reading import Json, Malformed, read_currency, read_decimal, read_id, read_whole
from bot.wire.reasons import LostReason

#: What a gateway's word may look like; anything else would be a stranger's text in our messages.
_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_URL_MOST: Final = 512
_TEXT_MOST: Final = 256
#: Where an invoice may be paid, the best first; `pay_url` is the old name of the first.
_URLS: Final = ("bot_invoice_url", "mini_app_invoice_url", "web_app_invoice_url", "pay_url")
Row = TypeVar("Row")


class InvoiceStatus(StrEnum):
    """Where an invoice stands at the gateway; it knows no partial payments."""

    ACTIVE = "active"
    PAID = "paid"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class App:
    """Whose token it is."""

    app_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice as the gateway has it."""

    invoice_id: str
    status: InvoiceStatus
    #: What it asks for: so much of a fiat currency, or of a coin.
    amount: Decimal
    currency: str
    created_at: datetime
    #: Where a person pays it; None where the gateway names no usable address.
    url: str | None
    #: What we gave it at its making: a top-up's token.
    payload: str | None
    paid_at: datetime | None
    #: The coin it was paid with, and how much of it.
    paid_asset: str | None
    paid_amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Coins sent to a person; the gateway knows no other outcome than done."""

    transfer_id: str
    user_id: str
    asset: str
    amount: Decimal
    spend_id: str | None


@dataclass(frozen=True, slots=True)
class Rate:
    """What one coin is worth in another currency now."""

    source: str
    target: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency the gateway knows, and how many digits after the point it has there."""

    code: str
    decimals: int
    is_fiat: bool


@dataclass(frozen=True, slots=True)
class Balance:
    """What the app has of a coin at the gateway."""

    code: str
    available: Decimal
    on_hold: Decimal


@dataclass(frozen=True, slots=True)
class Update:
    """What a webhook brings: a claim, to be checked against the gateway."""

    invoice: Invoice
    requested_at: datetime


def unwrapped(value: Json) -> Json:
    """The result of an answer. Raises Refused for `{"ok": false}`, Malformed for what is neither."""
    if not isinstance(value, dict) or not isinstance(value.get("ok"), bool):
        raise Malformed(LostReason.SHAPE)
    if value["ok"]:
        if "result" not in value:
            raise Malformed(LostReason.SHAPE)
        return value["result"]
    error = value.get("error")
    if not isinstance(error, dict):
        raise Malformed(LostReason.SHAPE)
    code, name = error.get("code"), error.get("name")
    if type(code) is not int or not 100 <= code < 1000:
        raise Malformed(LostReason.SHAPE)
    raise Refused(code, name if isinstance(name, str) and _NAME.fullmatch(name) else "UNNAMED")


def read_app(value: Json) -> App:
    """Decode `getMe`. Raises Malformed."""
    row = _object(value)
    return App(_needed(read_id(row.get("app_id"))), _text(row.get("name")) or "")


def read_invoice(value: Json) -> Invoice:
    """Decode one invoice. Raises Malformed."""
    row = _object(value)
    status = row.get("status")
    if not isinstance(status, str) or status not in set(InvoiceStatus):
        raise Malformed(LostReason.SHAPE)
    return Invoice(
        invoice_id=_needed(read_id(row.get("invoice_id"))),
        status=InvoiceStatus(status),
        amount=_amount(row.get("amount")),
        currency=_needed(read_currency(row.get("fiat" if row.get("currency_type") == "fiat" else "asset"))),
        created_at=_moment(row.get("created_at")),
        url=next((url for name in _URLS if (url := _url(row.get(name)))), None),
        payload=_text(row.get("payload")),
        paid_at=_moment(row.get("paid_at")) if status == InvoiceStatus.PAID else None,
        paid_asset=read_currency(row.get("paid_asset")),
        paid_amount=None if row.get("paid_amount") is None else _amount(row.get("paid_amount")),
    )


def read_transfer(value: Json) -> Transfer:
    """Decode one transfer. Raises Malformed."""
    row = _object(value)
    if row.get("status") != "completed":
        raise Malformed(LostReason.SHAPE)
    return Transfer(
        transfer_id=_needed(read_id(row.get("transfer_id"))),
        user_id=_needed(read_id(row.get("user_id"))),
        asset=_needed(read_currency(row.get("asset"))),
        amount=_amount(row.get("amount")),
        spend_id=_text(row.get("spend_id")),
    )


def read_rate(value: Json) -> Rate:
    """Decode one exchange rate; one that is no longer valid counts as unreadable. Raises Malformed."""
    row = _object(value)
    if row.get("is_valid") is not True:
        raise Malformed(LostReason.SHAPE)
    source, target = (_needed(read_currency(row.get(name))) for name in ("source", "target"))
    return Rate(source, target, _amount(row.get("rate")))


def read_one_currency(value: Json) -> Currency:
    """Decode one currency. Raises Malformed."""
    row = _object(value)
    decimals = _needed(read_whole(row.get("decimals")))
    return Currency(_needed(read_currency(row.get("code"))), decimals, row.get("is_fiat") is True)


def read_balance(value: Json) -> Balance:
    """Decode what there is of one coin. Raises Malformed."""
    row = _object(value)
    available, on_hold = (_needed(read_decimal(row.get(name))) for name in ("available", "onhold"))
    return Balance(_needed(read_currency(row.get("currency_code"))), available, on_hold)


def read_update(value: Json) -> Update:
    """Decode what a webhook brings. Raises Malformed, also for an update of a kind that is none of ours."""
    row = _object(value)
    if row.get("update_type") != "invoice_paid":
        raise Malformed(LostReason.SHAPE)
    return Update(read_invoice(row.get("payload")), _moment(row.get("request_date")))


def read_rows(value: Json, read: Callable[[Json], Row]) -> tuple[tuple[Row, ...], int]:
    """What can be read of a list, bare or under `items`, and how many rows cannot. Raises Malformed for no list."""
    rows = value.get("items") if isinstance(value, dict) else value
    if not isinstance(rows, list):
        raise Malformed(LostReason.SHAPE)
    found: list[Row] = []
    for row in rows:
        try:
            found.append(read(row))
        except Malformed:
            continue
    return tuple(found), len(rows) - len(found)


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise Malformed(LostReason.SHAPE)
    return value


Value = TypeVar("Value")


def _needed(value: Value | None) -> Value:
    if value is None:
        raise Malformed(LostReason.SHAPE)
    return value


def _amount(value: Json) -> Decimal:
    amount = read_decimal(value)
    if amount is None or amount <= 0:
        raise Malformed(LostReason.SHAPE)
    return amount


def _moment(value: Json) -> datetime:
    """A moment with its zone, as ISO 8601 writes it."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= _TEXT_MOST else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Malformed(LostReason.SHAPE)
    return moment


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= _TEXT_MOST and value.isprintable() else None


def _url(value: Json) -> str | None:
    if not isinstance(value, str) or len(value) > _URL_MOST or not value.isascii() or not value.isprintable():
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in ("https", "http") and parts.hostname and " " not in value else None
