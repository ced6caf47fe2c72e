"""Payments as screens show them: with their refunds, what they wrote into the ledger, and how they are found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.domain.money import Money
from bot.domain.standing import Look, Unspent
from bot.domain.topups import Gateway, Payment, Topup
from bot.domain.wallet import Kind
from storage import customers, orders, payments, proofs, refunds, topups, wallet
from storage.customers import Customer
from storage.database import Tx, Value
from storage.times import from_ms
from storage.views import Page, spread
from storage.wallet import Entry


@dataclass(frozen=True, slots=True)
class Counts:
    """What of paying in waits for an operator."""

    proofs: int
    refunds: int
    suspense: int


NOTHING_WAITS: Final = Counts(0, 0, 0)
_IN_SUSPENSE: Final = "SELECT COUNT(*) AS n FROM payments WHERE state = 'suspense'"


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment with everything known about it."""

    look: Look
    customer: Customer | None
    #: What its customer has that could go back.
    unspent: Unspent
    topup: Topup | None = None
    #: The number of the order that waited for it, once it was placed.
    order_id: int | None = None
    entries: tuple[Entry, ...] = ()


async def payments_page(tx: Tx, customer_id: int, wanted: int, size: int) -> Page[Look]:
    """A page of a customer's payments, newest first, each with its refunds."""
    count = await _count(tx, "SELECT COUNT(*) AS n FROM payments WHERE customer_id = $1", customer_id)
    number, pages = spread(wanted, count, size)
    found = await payments.of_customer(tx, customer_id, size, (number - 1) * size)
    return Page([Look(payment, await refunds.of_payment(tx, payment.id)) for payment in found], number, pages)


async def suspense_page(tx: Tx, wanted: int, size: int) -> Page[Look]:
    """A page of the payments that fit nobody, oldest first."""
    number, pages = spread(wanted, await _count(tx, _IN_SUSPENSE), size)
    found = await payments.in_suspense(tx, size, (number - 1) * size)
    return Page([Look(payment, ()) for payment in found], number, pages)


async def counts(tx: Tx) -> Counts:
    """How much waits for an operator."""
    return Counts(
        await proofs.count_waiting(tx),
        await _count(tx, "SELECT COUNT(*) AS n FROM refunds WHERE state = 'asked'"),
        await _count(tx, _IN_SUSPENSE),
    )


async def look_at(tx: Tx, payment_id: int) -> Look | None:
    """A payment of the shop's own number, with its refunds."""
    payment = await payments.get(tx, payment_id)
    return None if payment is None else Look(payment, await refunds.of_payment(tx, payment.id))


async def unspent_of(tx: Tx, customer_id: int) -> Unspent:
    """What a customer has that could go back."""
    have = await wallet.balances(tx, customer_id)
    return Unspent(have.stars, have.own)


async def payment_view(tx: Tx, payment_id: int) -> PaymentView | None:
    """Everything about a payment; None where there is none."""
    look = await look_at(tx, payment_id)
    if look is None:
        return None
    payment = look.payment
    customer = None if payment.customer_id is None else await customers.get(tx, payment.customer_id)
    topup = None if payment.topup_id is None else await topups.get(tx, payment.topup_id)
    order = await orders.of_quote(tx, topup.quote_token) if topup and topup.quote_token else None
    return PaymentView(
        look, customer, await unspent_of(tx, payment.customer_id or 0), topup, order.id if order else None,
        tuple(await _entries(tx, look)),
    )  # fmt: skip


async def found(tx: Tx, charge_id: str) -> list[Payment]:
    """The payments that their gateways know by this id."""
    known = [await payments.known(tx, gateway, charge_id) for gateway in Gateway]
    return [payment for payment in known if payment is not None]


async def of_topup(tx: Tx, topup_id: int) -> list[Payment]:
    """What was paid for a top-up, oldest first."""
    rows = await tx.all("SELECT * FROM payments WHERE topup_id = $1 ORDER BY id", topup_id)
    return [payments.payment_of(row) for row in rows]


async def _entries(tx: Tx, look: Look) -> list[Entry]:
    """What a payment and its refunds wrote into the ledger, oldest first, each with the amount it moved."""
    payment = look.payment
    of_gateway = f"{payment.gateway.value}:{payment.payment_id}"
    names = [f"dep:{of_gateway}", f"sus:{of_gateway}", f"cb:{of_gateway}"]
    names += [f"{kind}:{refund.id}" for refund in look.made for kind in ("ref", "out", "unref")]
    rows = [await tx.one("SELECT kind, amount, at FROM transfers WHERE id = $1", name) for name in names]
    entries = [Entry(Kind(row["kind"]), Money(row["amount"]), None, None, from_ms(row["at"])) for row in rows if row]
    return sorted(entries, key=lambda entry: entry.at)


async def _count(tx: Tx, statement: str, *values: Value) -> int:
    row = await tx.one(statement, *values)
    return int(row["n"]) if row else 0
