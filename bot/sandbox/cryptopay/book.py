"""What the gateway knows: invoices, transfers and what the app has."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from bot.sandbox.cryptopay.config import CryptoPayConfig

#: Digits after the point of every coin here.
COIN_DECIMALS: Final = 6
LONGEST: Final = 2_678_400
_STEP: Final = Decimal(1).scaleb(-COIN_DECIMALS)
_FIRST_ID: Final = 50_001
#: Ids left out after a restart: more than are given away in the second a killed one may have forgotten.
IDS_SKIPPED: Final = 1000
#: How long after its end a late payment comes.
_LATE: Final = timedelta(seconds=30)


class Status(StrEnum):
    """Where an invoice stands."""

    ACTIVE = "active"
    PAID = "paid"
    EXPIRED = "expired"


class RefusedError(Exception):
    """The gateway's no, as its API says it."""

    def __init__(self, code: int, name: str) -> None:
        super().__init__(name)
        self.code = code
        self.name = name


@dataclass(slots=True)
class Invoice:
    """One invoice; amounts are decimal numbers as they are written."""

    id: int
    hash: str
    fiat: str
    amount: str
    payload: str
    description: str
    created_at: datetime
    expires_at: datetime | None
    paid_at: datetime | None = None
    paid_asset: str | None = None
    paid_amount: str | None = None
    deleted: bool = False

    def status(self, now: datetime) -> Status:
        """Where it stands at a moment."""
        if self.paid_at is not None:
            return Status.PAID
        return Status.EXPIRED if self.expires_at is not None and self.expires_at <= now else Status.ACTIVE


@dataclass(slots=True)
class Transfer:
    """Coins sent to a person."""

    id: int
    spend_id: str
    user_id: int
    asset: str
    amount: str
    completed_at: datetime


@dataclass(slots=True)
class Switches:
    """How the gateway misbehaves until told otherwise."""

    #: Whether the method `transfer` is on; the real gateway has it off for new apps.
    transfers: bool = True
    #: Updates are not sent at all.
    lose: bool = False
    #: How often an update comes beyond the first time.
    repeats: int = 0
    #: An update waits for the next one, and comes after it.
    reorder: bool = False
    #: Signatures are made with another token.
    forge: bool = False


@dataclass(slots=True)
class Book:
    """Everything the gateway keeps for one app."""

    config: CryptoPayConfig
    invoices: dict[int, Invoice] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    balances: dict[str, str] = field(default_factory=dict)
    switches: Switches = field(default_factory=Switches)
    webhook: str | None = None
    next_id: int = _FIRST_ID

    def create(self, form: dict[str, str], now: datetime) -> Invoice:
        """A new invoice in a fiat currency. Raises RefusedError."""
        if form.get("currency_type") != "fiat":
            raise RefusedError(400, "CURRENCY_TYPE_INVALID")  # the real one knows coins too, which no shop asks for
        if form.get("fiat") not in self.config.fiats:
            raise RefusedError(400, "FIAT_INVALID")
        seconds = whole(form, "expires_in", 0)
        if "expires_in" in form and not 1 <= seconds <= LONGEST:
            raise RefusedError(400, "EXPIRES_IN_INVALID")
        if len(form.get("payload", "").encode()) > 4096:
            raise RefusedError(400, "PAYLOAD_TOO_LONG")
        invoice = Invoice(
            id=self._new_id(), hash=secrets.token_hex(8), fiat=form["fiat"], amount=f"{positive(form, 'amount'):f}",
            payload=form.get("payload", ""), description=form.get("description", ""), created_at=now,
            expires_at=now + timedelta(seconds=seconds) if seconds else None,
        )  # fmt: skip
        self.invoices[invoice.id] = invoice
        return invoice

    def by_hash(self, name: str) -> Invoice | None:
        """The invoice whose page has this name."""
        return next((i for i in self.invoices.values() if i.hash == name and not i.deleted), None)

    def listed(self, form: dict[str, str], now: datetime) -> list[Invoice]:
        """What `getInvoices` gives: newest first, by ids or status, a page of it."""
        ids = form.get("invoice_ids")
        wanted = None if ids is None else {part.strip() for part in ids.split(",")}
        status, offset, count = form.get("status"), whole(form, "offset", 0), whole(form, "count", 100)
        if not 1 <= count <= 1000:
            raise RefusedError(400, "COUNT_INVALID")
        found = [
            invoice
            for invoice in reversed(self.invoices.values())
            if not invoice.deleted
            and (wanted is None or str(invoice.id) in wanted)
            and (status is None or invoice.status(now) == status)
        ]
        return found[offset : offset + count]

    def delete(self, form: dict[str, str], now: datetime) -> bool:
        """Take an invoice back. Raises RefusedError."""
        invoice = self.invoices.get(whole(form, "invoice_id", 0))
        if invoice is None or invoice.deleted:
            raise RefusedError(400, "INVOICE_NOT_FOUND")
        if invoice.status(now) is Status.PAID:
            raise RefusedError(400, "INVOICE_ALREADY_PAID")
        invoice.deleted = True
        return True

    def price(self, invoice: Invoice, coin: str) -> Decimal:
        """What an invoice costs in a coin, rounded up to its digits."""
        dollars = Decimal(invoice.amount) * Decimal(self.config.fiats[invoice.fiat])
        return (dollars / Decimal(self.config.coins[coin])).quantize(_STEP, ROUND_UP)

    def pay(self, invoice: Invoice, coin: str, now: datetime, *, late: bool = False) -> bool:
        """A person pays; `late` is just after its end. False when it is paid already, or cannot be paid."""
        status = invoice.status(now)
        if coin not in self.config.coins or status is Status.PAID or (status is Status.EXPIRED and not late):
            return False
        price = self.price(invoice, coin)
        invoice.paid_at = max(now, invoice.expires_at + _LATE) if late and invoice.expires_at else now
        invoice.paid_asset, invoice.paid_amount = coin, f"{price:f}"
        self.balances[coin] = f"{Decimal(self.balances.get(coin, '0')) + price:f}"
        return True

    def transfer(self, form: dict[str, str], now: datetime) -> Transfer:
        """Send coins to a person, once for each spend_id. Raises RefusedError."""
        if not self.switches.transfers:
            raise RefusedError(403, "METHOD_DISABLED")
        asset, spend_id = form.get("asset", ""), form.get("spend_id", "")
        if asset not in self.config.coins:
            raise RefusedError(400, "ASSET_INVALID")
        if not 1 <= len(spend_id) <= 64:
            raise RefusedError(400, "SPEND_ID_INVALID")
        if any(transfer.spend_id == spend_id for transfer in self.transfers):
            raise RefusedError(400, "SPEND_ID_ALREADY_USED")
        user_id, amount = whole(form, "user_id", 0), positive(form, "amount")
        if user_id <= 0:
            raise RefusedError(400, "USER_NOT_FOUND")
        left = Decimal(self.balances.get(asset, "0")) - amount
        if left < 0:
            raise RefusedError(400, "NOT_ENOUGH_COINS")
        self.balances[asset] = f"{left:f}"
        done = Transfer(self._new_id(), spend_id, user_id, asset, f"{amount:f}", now)
        self.transfers.append(done)
        return done

    def rate(self, coin: str, fiat: str) -> Decimal:
        """What a coin is worth in a fiat currency."""
        exact = Decimal(self.config.coins[coin]) / Decimal(self.config.fiats[fiat])
        return exact.quantize(Decimal(1).scaleb(-8), ROUND_DOWN)

    def _new_id(self) -> int:
        self.next_id += 1
        return self.next_id - 1


def new_book(config: CryptoPayConfig) -> Book:
    """A gateway at its start."""
    return Book(config, balances=dict.fromkeys(config.coins, config.balance), webhook=config.webhook)


def whole(form: dict[str, str], name: str, otherwise: int) -> int:
    """A whole number of zero or more of a request. Raises RefusedError."""
    text = form.get(name)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise RefusedError(400, f"{name.upper()}_INVALID")
    return int(text)


def positive(form: dict[str, str], name: str) -> Decimal:
    """A decimal number above zero of a request. Raises RefusedError."""
    try:
        number = Decimal(form.get(name, ""))
    except InvalidOperation:
        raise RefusedError(400, f"{name.upper()}_INVALID") from None
    if not number.is_finite() or not 0 < number < 10**12:
        raise RefusedError(400, f"{name.upper()}_INVALID")
    return number
