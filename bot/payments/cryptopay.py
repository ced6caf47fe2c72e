"""The client of the gateway Crypto Pay (help.send.tg/en/articles/10279948-crypto-pay-api)."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final, TypeVar
from urllib.parse import urlencode

import httpx
from pydantic import SecretStr

from bot.domain.money import digits
from bot.payments.cryptopay_wire import (
    App,
    Balance,
    Currency,
    Invoice,
    Rate,
    Transfer,
    read_app,
    read_balance,
    read_invoice,
    read_one_currency,
    read_rate,
    read_rows,
    read_transfer,
    unwrapped,
)
from bot.payments.errors import Unreachable, Unreadable
from bot.wire.exchange import Bounds, Exchange, post
from bot.wire.reading import Json, Malformed, parse_json
from bot.wire.reasons import LostReason

_log: Final = logging.getLogger(__name__)
MAIN_URL: Final = "https://pay.crypt.bot/api"
TEST_URL: Final = "https://testnet-pay.crypt.bot/api"
#: How long an invoice may be open (createInvoice, `expires_in`).
SHORTEST, LONGEST = timedelta(seconds=1), timedelta(seconds=2_678_400)
#: The gateway gives up to a thousand invoices at once; fewer keep an answer small.
PAGE: Final = 100
_SPEND_ID_MOST: Final = 64
_DESCRIPTION_MOST: Final = 1024
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how large answers may be; for most of them somebody waits in a chat."""

    call: Bounds = Bounds(read_seconds=10, total_seconds=20)
    lists: Bounds = Bounds(read_seconds=20, total_seconds=40, body_bytes=2 * 1024 * 1024)


_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """What an invoice is asked for: so much of a fiat currency, for so long."""

    amount: Decimal
    fiat: str
    #: Comes back with the invoice, whoever asks for it: the top-up's token.
    payload: str
    expires_in: timedelta
    description: str = ""


@dataclass(frozen=True, slots=True)
class NewTransfer:
    """Coins for a person; the gateway carries out one transfer for each `spend_id`, however often it is asked."""

    user_id: int
    asset: str
    amount: Decimal
    spend_id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some invoices, and how many rows beside them could not be read."""

    invoices: tuple[Invoice, ...]
    unreadable: int

    @property
    def is_last(self) -> bool:
        """Whether fewer came than were asked for."""
        return len(self.invoices) + self.unreadable < PAGE


class CryptoPay:
    """Speaks with the gateway for one app; the token is in a header and nowhere else.

    Every method raises GatewayError (Unreachable, Refused, Unreadable). Only what changes nothing is asked again by
    itself, and that only where a kept connection had died.
    """

    def __init__(self, url: str, token: SecretStr, http: httpx.AsyncClient, limits: Limits = _LIMITS) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._http = http
        self._limits = limits

    def __repr__(self) -> str:
        return "CryptoPay(…)"

    async def me(self) -> App:
        """Whose token it is (`getMe`)."""
        return await self._ask("getMe", {}, read_app)

    async def create_invoice(self, new: NewInvoice) -> Invoice:
        """Make an invoice (`createInvoice`); what it asks for in coins is the gateway's to say.

        Not repeatable: after an error that does not prove that nothing happened there may be an invoice nobody was
        shown. ValueError for a time that the gateway does not take.
        """
        if not SHORTEST <= new.expires_in <= LONGEST:
            raise ValueError("an invoice is open for a second to a month")
        fields = {
            "currency_type": "fiat",
            "fiat": new.fiat,
            "amount": digits(new.amount),
            "payload": new.payload,
            "expires_in": str(int(new.expires_in.total_seconds())),
            "allow_comments": "false",
        }
        if new.description:
            fields["description"] = new.description[:_DESCRIPTION_MOST]
        return await self._ask("createInvoice", fields, read_invoice, repeatable=False)

    async def invoices(self, ids: Iterable[str]) -> Page:
        """Invoices by their ids, at most `PAGE` of them (`getInvoices`); what the gateway does not know is missing."""
        wanted = ",".join(ids)
        if not wanted:
            return Page((), 0)
        return await self._invoices({"invoice_ids": wanted, "count": str(PAGE)})

    async def paid(self, offset: int = 0) -> Page:
        """One page of all paid invoices (`getInvoices`)."""
        return await self._invoices({"status": "paid", "offset": str(offset), "count": str(PAGE)})

    async def delete_invoice(self, invoice_id: str) -> None:
        """Take back an invoice that nobody paid (`deleteInvoice`)."""
        await self._ask("deleteInvoice", {"invoice_id": invoice_id}, lambda value: value, repeatable=False)

    async def transfer(self, new: NewTransfer) -> Transfer:
        """Send coins to a person (`transfer`); safe to repeat with the same `spend_id`. ValueError for a long one."""
        if not 0 < len(new.spend_id) <= _SPEND_ID_MOST:
            raise ValueError("a spend_id has 1 to 64 characters")
        fields = {
            "user_id": str(new.user_id),
            "asset": new.asset,
            "amount": digits(new.amount),
            "spend_id": new.spend_id,
        }
        return await self._ask("transfer", fields, read_transfer, repeatable=False)

    async def transfer_of(self, spend_id: str) -> Transfer | None:
        """The transfer that was carried out for a `spend_id` (`getTransfers`); None where there is none."""
        found, unreadable = await self._rows("getTransfers", {"spend_id": spend_id, "count": "2"}, read_transfer)
        ours = [transfer for transfer in found if transfer.spend_id == spend_id]
        if unreadable or len(ours) > 1:
            raise Unreadable(LostReason.SHAPE)
        return ours[0] if ours else None

    async def rates(self) -> tuple[Rate, ...]:
        """Today's exchange rates (`getExchangeRates`); those that do not count now are left out."""
        return (await self._rows("getExchangeRates", {}, read_rate))[0]

    async def currencies(self) -> tuple[Currency, ...]:
        """What the gateway deals in (`getCurrencies`)."""
        return (await self._rows("getCurrencies", {}, read_one_currency))[0]

    async def balances(self) -> tuple[Balance, ...]:
        """What the app has (`getBalance`)."""
        return (await self._rows("getBalance", {}, read_balance))[0]

    def signed(self, body: bytes, signature: str) -> bool:
        """Whether a webhook's raw body was signed with this app's token, compared in constant time.

        The signature is the hexadecimal HMAC-SHA256 of the body under the SHA256 of the token.
        """
        key = hashlib.sha256(self._token.get_secret_value().encode()).digest()
        wanted = hmac.new(key, body, hashlib.sha256).hexdigest()
        # Where a header held bytes that are no text, they are told as surrogates.
        return hmac.compare_digest(wanted.encode(), signature.lower().encode("utf-8", "surrogateescape"))

    async def _invoices(self, fields: Mapping[str, str]) -> Page:
        return Page(*await self._rows("getInvoices", fields, read_invoice))

    async def _rows(
        self, method: str, fields: Mapping[str, str], read: Callable[[Json], Answer]
    ) -> tuple[tuple[Answer, ...], int]:
        rows, unreadable = await self._ask(method, fields, lambda value: read_rows(value, read), self._limits.lists)
        if unreadable:
            _log.warning("rows of the gateway cannot be read", extra={"method": method, "rows": unreadable})
        return rows, unreadable

    async def _ask(
        self,
        method: str,
        fields: Mapping[str, str],
        read: Callable[[Json], Answer],
        bounds: Bounds | None = None,
        *,
        repeatable: bool = True,
    ) -> Answer:
        within = bounds or self._limits.call
        exchange = await self._exchange(method, fields, within, fresh=not repeatable)
        if repeatable and exchange.died_idle:
            exchange = await self._exchange(method, fields, within, fresh=True)
        if exchange.breakdown is not None:
            raise Unreachable(exchange.breakdown)
        status = exchange.status or 0
        if exchange.flaw is not None:
            raise Unreadable(exchange.flaw)
        try:
            return read(unwrapped(parse_json(exchange.body)))
        except Malformed as malformed:
            raise Unreadable(LostReason.SERVER_ERROR if status >= 500 else malformed.reason) from None

    async def _exchange(self, method: str, fields: Mapping[str, str], bounds: Bounds, *, fresh: bool) -> Exchange:
        headers = {"Crypto-Pay-API-Token": self._token.get_secret_value()}
        form = urlencode(fields).encode("ascii")
        exchange = await post(self._http, f"{self._url}/{method}", form, bounds, fresh=fresh, headers=headers)
        _log.debug(
            "gateway exchange",
            extra={
                "method": method,
                "http_status": exchange.status,
                "bytes": exchange.size,
                "breakdown": exchange.breakdown,
                "error": exchange.error,
            },
        )
        return exchange
