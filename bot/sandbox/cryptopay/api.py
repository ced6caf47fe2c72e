"""The gateway's API: a token in a header, fields in the address, a form or JSON, and answers in one envelope."""

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from aiohttp import web

from bot.sandbox.cryptopay.book import Book, Invoice, RefusedError
from bot.sandbox.cryptopay.faults import FaultKind
from bot.sandbox.cryptopay.gateway import GATEWAY, Gateway
from bot.sandbox.cryptopay.shown import balance_rows, currency_rows, invoice_row, rate_rows, transfer_row

TOKEN_HEADER: Final = "Crypto-Pay-API-Token"  # noqa: S105 - a header's name


def page_of(request: web.Request, invoice: Invoice) -> str:
    """Where an invoice is paid: beside the API, wherever that is mounted."""
    return f"{request.url.origin()}{request.app.router['page'].url_for(hash=invoice.hash)}"


async def call(request: web.Request) -> web.StreamResponse:
    """One API call."""
    gateway, method = request.app[GATEWAY], request.match_info["method"]
    form = await _fields(request)
    gateway.journal.append((method, form))
    fault = gateway.faults.take(method)
    if fault in (FaultKind.RESET, FaultKind.HANG):
        if fault is FaultKind.HANG:
            await gateway.faults.closing.wait()
        return _drop(request)
    if fault is FaultKind.DOWN:
        return web.Response(text="<html>Service Unavailable</html>", status=503, content_type="text/html")
    if fault is FaultKind.JUNK:
        return web.Response(text='{"ok": true, "result": ', content_type="application/json")
    answer = _answer(gateway, request, method, form)
    return _drop(request) if fault is FaultKind.LOST else answer


def _answer(gateway: Gateway, request: web.Request, method: str, form: dict[str, str]) -> web.Response:
    try:
        _authorized(request, gateway.config.token)
        return web.json_response({"ok": True, "result": _result(gateway, request, method, form)})
    except RefusedError as refusal:
        error = {"code": refusal.code, "name": refusal.name}
        return web.json_response({"ok": False, "error": error}, status=refusal.code)


def _authorized(request: web.Request, token: str) -> None:
    if not hmac.compare_digest(request.headers.get(TOKEN_HEADER, "").encode(), token.encode()):
        raise RefusedError(401, "UNAUTHORIZED")


def _result(gateway: Gateway, request: web.Request, method: str, form: dict[str, str]) -> object:
    book, now = gateway.book, gateway.clock()

    def row(invoice: Invoice) -> dict[str, object]:
        return invoice_row(invoice, page_of(request, invoice), now)

    if method == "createInvoice":
        return row(book.create(form, now))
    if method == "getInvoices":
        return {"items": [row(invoice) for invoice in book.listed(form, now)]}
    found = _METHODS.get(method)
    if found is None:
        raise RefusedError(405, "METHOD_NOT_FOUND")
    return found(book, form, now)


def _me(book: Book, _form: Mapping[str, str], _now: datetime) -> object:
    return {"app_id": int(book.config.token.partition(":")[0] or 1), "name": book.config.name}


def _transfers(book: Book, form: Mapping[str, str], _now: datetime) -> object:
    wanted = form.get("spend_id")
    return {"items": [transfer_row(t) for t in reversed(book.transfers) if wanted in (None, t.spend_id)]}


_METHODS: Final[Mapping[str, Callable[[Book, dict[str, str], datetime], object]]] = {
    "getMe": _me,
    "deleteInvoice": lambda book, form, now: book.delete(form, now),
    "transfer": lambda book, form, now: transfer_row(book.transfer(form, now)),
    "getTransfers": _transfers,
    "getBalance": lambda book, _form, _now: balance_rows(book),
    "getExchangeRates": lambda book, _form, _now: rate_rows(book),
    "getCurrencies": lambda book, _form, _now: currency_rows(book),
}


async def _fields(request: web.Request) -> dict[str, str]:
    found = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            body = {}
        found |= {name: str(value) for name, value in body.items()} if isinstance(body, dict) else {}
    else:
        found |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    return found


def _drop(request: web.Request) -> web.Response:
    """The connection breaks without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
