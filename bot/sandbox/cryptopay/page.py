"""The page where a person pays an invoice, in place of the gateway's own chat."""

from html import escape
from typing import Final

from aiohttp import web

from bot.sandbox.cryptopay.api import page_of
from bot.sandbox.cryptopay.book import Invoice, Status
from bot.sandbox.cryptopay.gateway import GATEWAY, Gateway

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Invoice {number}</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText }}
main {{ box-sizing: border-box; width: min(24rem, 92vw); padding: 1.5rem;
  border: 1px solid color-mix(in srgb, CanvasText 20%, Canvas);
  border-radius: 1rem }}
h1 {{ margin: 0; font-size: 1.75rem }}
p {{ margin: .25rem 0; overflow-wrap: anywhere }}
small {{ opacity: .7 }}
form {{ display: grid; gap: .5rem; margin-top: 1rem }}
select, button {{ font: inherit; padding: .6rem; border-radius: .6rem; border: 1px solid transparent }}
select {{ border-color: color-mix(in srgb, CanvasText 30%, Canvas) }}
button {{ background: #2a7be4; color: #fff; cursor: pointer }}
button.other {{ background: transparent; color: inherit; border-color: color-mix(in srgb, CanvasText 30%, Canvas) }}
</style></head>
<body><main>
<p><small>{shop} · sandbox of Crypto Pay</small></p>
<h1>{amount} {fiat}</h1>
<p>{description}</p>
<p><small>Invoice {number}{until}</small></p>
{body}
</main></body></html>"""
_FORM: Final = """<form method="post">
<label for="coin"><small>Paid with</small></label>
<select id="coin" name="coin">{coins}</select>
{buttons}
</form>"""
_BUTTONS: Final = (
    ("pay", "Pay", "", False),
    ("lost", "Pay and lose the callback", ' class="other"', False),
    ("late", "Pay late, after it expired", ' class="other"', True),
)


async def show(request: web.Request) -> web.Response:
    """The invoice as it stands."""
    gateway = request.app[GATEWAY]
    text = _written(gateway, _invoice(gateway, request))
    return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})


async def pay(request: web.Request) -> web.Response:
    """A person pays: `how` is pay, late or lost. Back to the page, whatever came of it."""
    gateway = request.app[GATEWAY]
    invoice, form = _invoice(gateway, request), await request.post()
    coin, how = str(form.get("coin", "")), form.get("how")
    if gateway.book.pay(invoice, coin, gateway.clock(), late=how == "late") and how != "lost":
        gateway.sender.paid(invoice, page_of(request, invoice))
    raise web.HTTPSeeOther(request.path)


def _invoice(gateway: Gateway, request: web.Request) -> Invoice:
    invoice = gateway.book.by_hash(request.match_info["hash"])
    if invoice is None:
        raise web.HTTPNotFound(text="There is no such invoice.")
    return invoice


def _written(gateway: Gateway, invoice: Invoice) -> str:
    until = f", open until {invoice.expires_at:%Y-%m-%d %H:%M:%S} UTC" if invoice.expires_at else ""
    return _PAGE.format(
        number=invoice.id, shop=escape(gateway.config.name), amount=escape(invoice.amount), fiat=escape(invoice.fiat),
        description=escape(invoice.description), until=until, body=_body(gateway, invoice),
    )  # fmt: skip


def _body(gateway: Gateway, invoice: Invoice) -> str:
    status = invoice.status(gateway.clock())
    if status is Status.PAID:
        return f"<p><strong>Paid</strong> with {invoice.paid_amount} {invoice.paid_asset}.</p>"
    said = "<p><strong>Expired</strong></p>" if status is Status.EXPIRED else ""
    coins = "".join(
        f'<option value="{escape(coin)}">{gateway.book.price(invoice, coin):f} {escape(coin)}</option>'
        for coin in gateway.config.coins
    )
    buttons = "".join(
        f'<button name="how" value="{how}"{style}>{label}</button>'
        for how, label, style, late in _BUTTONS
        if late or status is Status.ACTIVE
    )
    return said + _FORM.format(coins=coins, buttons=buttons)
