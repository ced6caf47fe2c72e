"""The control API: the hand that pays invoices, breaks the wire and steers the webhook."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.sandbox.cryptopay.api import page_of
from bot.sandbox.cryptopay.book import Invoice
from bot.sandbox.cryptopay.faults import ANY_METHOD, Fault, FaultKind
from bot.sandbox.cryptopay.gateway import GATEWAY, Gateway
from bot.sandbox.cryptopay.shown import invoice_row, transfer_row
from bot.sandbox.panel.wishes import WishError, Wishes, read_wishes
from bot.sandbox.telegram.webhook import is_loopback


def add_control(app: web.Application) -> None:
    """Adds every control route to a gateway's application."""
    app.router.add_get("/control/state", _get_state)
    app.router.add_get("/control/journal", _get_journal)
    app.router.add_post("/control/invoices/{id}/pay", _post_pay)
    app.router.add_post("/control/invoices/{id}/alter", _post_alter)
    app.router.add_post("/control/webhook", _post_webhook)
    app.router.add_post("/control/transfers", _post_transfers)
    app.router.add_post("/control/faults", _post_faults)
    app.router.add_delete("/control/faults", _delete_faults)


@web.middleware
async def answer_bad_wishes(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """400 for a control request that cannot be read."""
    try:
        return await handler(request)
    except WishError as error:
        return web.json_response({"error": str(error)}, status=400)


async def _get_state(request: web.Request) -> web.Response:
    return _state(request)


async def _get_journal(request: web.Request) -> web.Response:
    return web.json_response([{"method": method, "fields": f} for method, f in request.app[GATEWAY].journal])


async def _post_pay(request: web.Request) -> web.Response:
    """`coin`, and `how`: pay (the default), late or lost; `amount` and `fiat` alter what the gateway then says."""
    gateway, wishes = request.app[GATEWAY], await read_wishes(request)
    invoice = _invoice(gateway, request)
    coin, how = wishes.text("coin") or next(iter(gateway.config.coins)), wishes.text("how") or "pay"
    if not gateway.book.pay(invoice, coin, gateway.clock(), late=how == "late"):
        raise WishError("the invoice cannot be paid")
    _alter(invoice, wishes)
    if how != "lost":
        gateway.sender.paid(invoice, page_of(request, invoice))
    return _state(request)


async def _post_alter(request: web.Request) -> web.Response:
    """`amount` and `fiat`: the gateway says something else of an invoice from now on."""
    invoice, wishes = _invoice(request.app[GATEWAY], request), await read_wishes(request)
    _alter(invoice, wishes)
    return _state(request)


def _alter(invoice: Invoice, wishes: Wishes) -> None:
    invoice.amount, invoice.fiat = wishes.text("amount") or invoice.amount, wishes.text("fiat") or invoice.fiat


async def _post_webhook(request: web.Request) -> web.Response:
    """`url` on this machine, and how badly updates reach it: `lose`, `repeats`, `reorder`, `forge`."""
    gateway, wishes = request.app[GATEWAY], await read_wishes(request)
    url, repeats, switches = wishes.text("url"), wishes.number("repeats"), gateway.book.switches
    if url is not None and not is_loopback(url):
        raise WishError("url: not on this machine")
    if repeats is not None and not 0 <= repeats <= 100:
        raise WishError("repeats: not between 0 and 100")
    gateway.book.webhook = url or gateway.book.webhook
    switches.repeats = switches.repeats if repeats is None else repeats
    for name in ("lose", "reorder", "forge"):
        if (on := wishes.flag(name)) is not None:
            setattr(switches, name, on)
    return _state(request)


async def _post_transfers(request: web.Request) -> web.Response:
    """`enabled`: whether the method `transfer` is on."""
    gateway, wishes = request.app[GATEWAY], await read_wishes(request)
    enabled = wishes.flag("enabled")
    gateway.book.switches.transfers = gateway.book.switches.transfers if enabled is None else enabled
    return _state(request)


async def _post_faults(request: web.Request) -> web.Response:
    gateway, wishes = request.app[GATEWAY], await read_wishes(request)
    kind, count = wishes.text("kind"), wishes.number("count")
    if kind not in set(FaultKind):
        raise WishError(f"kind: {kind} is none of {', '.join(FaultKind)}")
    if count is not None and count < 1:
        raise WishError("count: below one")
    gateway.faults.waiting[wishes.text("method") or ANY_METHOD] = Fault(FaultKind(kind), count)
    return _state(request)


async def _delete_faults(request: web.Request) -> web.Response:
    request.app[GATEWAY].faults.waiting.clear()
    return _state(request)


def _invoice(gateway: Gateway, request: web.Request) -> Invoice:
    number = request.match_info["id"]
    found = gateway.book.invoices.get(int(number)) if number.isascii() and number.isdigit() else None
    if found is None:
        raise WishError("there is no such invoice")
    return found


def _state(request: web.Request) -> web.Response:
    """Everything there is, newest first."""
    gateway = request.app[GATEWAY]
    book, now = gateway.book, gateway.clock()
    invoices = [i for i in reversed(book.invoices.values()) if not i.deleted]
    return web.json_response(
        {
            "invoices": [invoice_row(invoice, page_of(request, invoice), now) for invoice in invoices],
            "transfers": [transfer_row(transfer) for transfer in reversed(book.transfers)],
            "balances": book.balances,
            "webhook": book.webhook,
            "switches": {
                "transfers": book.switches.transfers,
                "lose": book.switches.lose,
                "repeats": book.switches.repeats,
                "reorder": book.switches.reorder,
                "forge": book.switches.forge,
            },
            "faults": {m: {"kind": f.kind.value, "count": f.count} for m, f in gateway.faults.waiting.items()},
        }
    )
