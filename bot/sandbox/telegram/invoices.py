"""Bot API methods about Stars: invoices, the answer before a payment, refunds, transactions, the balance."""

import secrets
from collections.abc import Mapping
from typing import Final

from bot.sandbox.telegram.calls import Call
from bot.sandbox.telegram.entities import Formatted
from bot.sandbox.telegram.errors import STALE_QUERY, bad_request
from bot.sandbox.telegram.keyboards import read_inline, with_pay_button
from bot.sandbox.telegram.paying import give_back
from bot.sandbox.telegram.sending import send
from bot.sandbox.telegram.stars import CURRENCY, LINK, Invoice
from bot.sandbox.telegram.views import Json, transaction_json
from bot.sandbox.telegram.world import World

MAX_TITLE: Final = 32
MAX_DESCRIPTION: Final = 255
#: In bytes.
MAX_PAYLOAD: Final = 128
MAX_TRANSACTIONS: Final = 100
_MAX_AMOUNT: Final = 9999_9999_9999
_MAX_OFFSET: Final = 2**31 - 1
#: Stars know neither tips nor a provider; what the Bot API ignores for them is not listed.
_NOT_WITH_STARS: Final = ("provider_token", "max_tip_amount", "suggested_tip_amounts")


def send_invoice(world: World, call: Call) -> Json:
    """`sendInvoice`, in Stars only; without reply_markup it has one button to pay with."""
    invoice = _read_invoice(call)
    markup = with_pay_button(invoice, read_inline(call.decoded("reply_markup")))
    return send(world, call, Formatted(""), markup, invoice=invoice)


def create_invoice_link(world: World, call: Call) -> str:
    """`createInvoiceLink`: whoever has the link can pay, as often as they like."""
    if call.number("subscription_period"):
        raise bad_request("the sandbox sells no subscriptions")
    invoice = _read_invoice(call)
    slug = secrets.token_urlsafe(12)
    world.till.links[slug] = invoice
    return LINK + slug


def _read_invoice(call: Call) -> Invoice:
    title, description, payload = (_required(call, name) for name in ("title", "description", "payload"))
    currency = _required(call, "currency")
    amounts = _amounts(call)
    if sum(amounts) <= 0:
        raise bad_request("total price must be positive")
    if len(title) > MAX_TITLE or len(description) > MAX_DESCRIPTION:
        raise bad_request("MESSAGE_TOO_LONG")
    if len(payload.encode()) > MAX_PAYLOAD:
        raise bad_request("INVOICE_PAYLOAD_INVALID")
    if currency != CURRENCY:
        raise bad_request("PAYMENT_PROVIDER_INVALID")
    if len(amounts) > 1 or any(call.text(name) not in ("", "0") for name in _NOT_WITH_STARS):
        raise bad_request("STARS_INVOICE_INVALID")
    return Invoice(title, description, payload, amounts[0], call.text("start_parameter"))


def _required(call: Call, name: str) -> str:
    if not call.text(name):
        raise bad_request(f'parameter "{name}" is required')
    return call.text(name)


def _amounts(call: Call) -> list[int]:
    _required(call, "prices")
    prices = call.decoded("prices")
    if not isinstance(prices, list):
        raise bad_request("expected an Array of labeled prices")
    if not prices:
        raise bad_request("there must be at least one price")
    return [_amount(price) for price in prices]


def _amount(price: object) -> int:
    if not isinstance(price, Mapping):
        raise _unreadable("LabeledPrice must be an Object")
    for name in ("label", "amount"):
        if name not in price:
            raise _unreadable(f'Can\'t find field "{name}"')
    if not price["label"]:
        raise _unreadable("LabeledPrice label must be non-empty")
    amount = price["amount"]
    if isinstance(amount, str) and amount.removeprefix("-").isascii() and amount.removeprefix("-").isdigit():
        amount = int(amount)
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise _unreadable('Field "amount" must be a valid Number')
    if abs(amount) > _MAX_AMOUNT:
        raise bad_request("too big amount of the currency specified")
    return amount


def _unreadable(reason: str) -> Exception:
    return bad_request(f"can't parse labeled price: {reason}")


def answer_pre_checkout_query(world: World, call: Call) -> bool:
    """`answerPreCheckoutQuery`: once, and before the ten seconds are over."""
    refusal = "" if call.flag("ok") else _required(call, "error_message")
    waiting = world.till.checkouts.pop(call.text("pre_checkout_query_id"), None)
    if waiting is None or waiting.done():
        raise bad_request(STALE_QUERY)
    waiting.set_result(refusal)
    return True


def refund_star_payment(world: World, call: Call) -> bool:
    """`refundStarPayment`: the whole payment, once."""
    if call.number("user_id") <= 0:
        raise bad_request("invalid user_id specified")
    charge = world.till.charges.get(_required(call, "telegram_payment_charge_id"))
    if charge is None or charge.payer_id != call.number("user_id"):
        raise bad_request("CHARGE_NOT_FOUND")
    if charge.refunded:
        raise bad_request("CHARGE_ALREADY_REFUNDED")
    give_back(world, charge)
    return True


def get_star_transactions(world: World, call: Call) -> Json:
    """`getStarTransactions`: oldest first, `offset` of them passed over, at most 100."""
    offset = min(max(call.number("offset"), 0), _MAX_OFFSET)
    limit = min(max(call.number("limit", MAX_TRANSACTIONS), 1), MAX_TRANSACTIONS)
    found = world.till.transactions[offset : offset + limit]
    return {"transactions": [transaction_json(world, each) for each in found]}


def get_my_star_balance(world: World, call: Call) -> Json:
    """`getMyStarBalance`."""
    return {"amount": world.till.balance}
