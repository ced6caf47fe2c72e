"""Crypto Pay for the shop: invoices for top-ups, what of them was paid, and coins back for refunds.

The gateway is always asked outside of transactions. Every invoice carries its top-up's token, so that money paid for
one whose making nobody noted, a crash in between say, still finds its home. What is credited is what `getInvoices`
says; nothing that was sent to the shop is believed before.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Final

from bot.domain.errors import NotFound, NotOffered
from bot.domain.notices import Alert, AlertKind, Facts, alert_key
from bot.domain.refunds import Done, NotNow, Refund, Refused, Said
from bot.domain.topups import Gateway, Paid, Payment, Topup, TopupState, spelled
from bot.engine import topups
from bot.engine.alerts import alert_about_payment, alert_operators, end_alert
from bot.engine.shop import Shop
from bot.engine.topups import Recorded
from bot.payments import errors
from bot.payments.cryptopay import LONGEST, SHORTEST, CryptoPay, NewInvoice, NewTransfer
from bot.payments.cryptopay_wire import Invoice, InvoiceStatus
from bot.wire.reasons import LostReason
from storage import outbox, payments
from storage import topups as rows
from storage.database import Tx

log = logging.getLogger(__name__)

GATEWAY: Final = Gateway.CRYPTOPAY
#: What may differ between a payment here and at the gateway.
_DIFFERENCES: Final = (AlertKind.PAYMENT_MISSING, AlertKind.PAYMENT_ODD)
#: Refusals that somebody can mend at the gateway, so that the refund is tried again.
_MENDABLE: Final = frozenset({"NOT_ENOUGH_COINS"})
#: How refusals begin that are about a transfer's name: coins may be on their way under it that nobody lists yet.
_OF_NAME: Final = "SPEND_ID"
#: A refund the gateway cannot carry out now is tried again after so long, and operators hear of it meanwhile.
_MEND_AFTER: Final = timedelta(minutes=15)


def client_of(shop: Shop) -> CryptoPay:
    """The gateway. Raises NotOffered where it is not configured."""
    if shop.cryptopay is None:
        raise NotOffered
    return shop.cryptopay


async def invoice_for(shop: Shop, topup: Topup, now: datetime) -> Topup:
    """Create a top-up's invoice at the gateway unless it has one; the top-up comes back with `url`, where it is paid.

    Harmless to repeat. Asks the gateway, so it is called outside of any transaction; a top-up that is over stays as it
    is. Raises NotOffered where the gateway is not configured, NotFound, or GatewayError (bot/payments/errors.py): after
    Refused `for_good` the top-up is invalid, after all others the shop itself tries again and `url` is there later.
    """
    client = client_of(shop)
    topup = await _read(shop, topup.id)
    left = topup.expires_at - now
    if topup.gateway is not GATEWAY or topup.invoice is not None or not topup.state.is_open or left < SHORTEST:
        return topup
    about = f"{shop.terms.name}: {spelled(topup.asked, topup.currency)}"
    new = NewInvoice(topup.asked, topup.currency, topup.token, min(left, LONGEST), about)
    try:
        made = await client.create_invoice(new)
    except errors.Refused as refused:
        if refused.for_good:
            await _turn_down(shop, topup, refused.name, now)
        raise
    if made.url is None:
        log.warning("an invoice without an address to pay it at", extra={"invoice": made.invoice_id})
        raise errors.Unreadable(LostReason.SHAPE)
    url = made.url

    async def note(tx: Tx) -> bool:
        return await rows.set_invoice(tx, topup.id, made.invoice_id, url)

    if not await shop.db.write(note):
        await _discard(client, made)  # somebody was faster, and theirs is the one that is shown
    return await _read(shop, topup.id)


async def record(shop: Shop, invoice: Invoice, now: datetime) -> Recorded | None:
    """Credit what the gateway says was paid, once; None where it was not paid. Harmless to repeat."""
    paid = paid_of(invoice)
    return None if paid is None else await topups.record(shop, paid, now)


def paid_of(invoice: Invoice) -> Paid | None:
    """A paid invoice as the payment it is; the invoice's id is the payment's, for it can be paid once and whole."""
    if invoice.status is not InvoiceStatus.PAID or invoice.paid_at is None:
        return None
    return Paid(GATEWAY, invoice.invoice_id, invoice.amount, invoice.currency, invoice.paid_at, invoice.payload)


async def check(shop: Shop, invoice_id: str, now: datetime) -> Recorded | None:
    """Ask the gateway about one invoice and credit it if it was paid; None where it was not. Raises GatewayError."""
    page = await client_of(shop).invoices([invoice_id])
    found = next((invoice for invoice in page.invoices if invoice.invoice_id == invoice_id), None)
    return None if found is None else await record(shop, found, now)


async def waiting(shop: Shop, limit: int) -> list[Topup]:
    """Top-ups that wait for money, the one that expires first first."""

    async def work(tx: Tx) -> list[Topup]:
        return await rows.open_of(tx, GATEWAY, limit)

    return await shop.db.read(work)


async def known(shop: Shop, since: datetime) -> list[Payment]:
    """What the shop took for paid since a moment of the gateway's clock."""

    async def work(tx: Tx) -> list[Payment]:
        return await payments.since(tx, GATEWAY, since)

    return await shop.db.read(work)


async def compare(shop: Shop, known: Sequence[Payment], found: Sequence[Invoice], now: datetime) -> None:
    """Hold payments the shop knows against what the gateway says of their ids; operators hear of what differs.

    `found` is everything the gateway answered when it was asked for them.
    """
    at_gateway = {invoice.invoice_id: invoice for invoice in found}
    wrong = {payment.id: _difference(payment, at_gateway.get(payment.payment_id)) for payment in known}

    async def look(tx: Tx) -> set[str]:
        return {key for kind in _DIFFERENCES for key in await outbox.lasting(tx, kind)}

    told = await shop.db.read(look)
    changed = [p for p in known if wrong[p.id] or not told.isdisjoint(alert_key(kind, p.id) for kind in _DIFFERENCES)]
    if not changed:
        return

    async def work(tx: Tx) -> None:
        for payment in changed:
            for kind in _DIFFERENCES:
                await alert_about_payment(tx, shop, kind, payment, now, on=wrong[payment.id] is kind)

    await shop.db.write(work)
    shop.bells.notices.ring()


def _difference(payment: Payment, invoice: Invoice | None) -> AlertKind | None:
    if invoice is None or paid_of(invoice) is None:
        return AlertKind.PAYMENT_MISSING
    same = (invoice.amount, invoice.currency) == (payment.received, payment.currency)
    return None if same else AlertKind.PAYMENT_ODD


async def failing(shop: Shop, detail: str, now: datetime) -> None:
    """The gateway has not answered for a while; told once until it does."""
    facts: Facts = {"gateway": GATEWAY.value, "detail": detail}
    await alert_operators(shop, Alert.about(AlertKind.GATEWAY_FAILING, GATEWAY.value, facts), now)


async def answering(shop: Shop, now: datetime) -> None:
    """The gateway answers again."""

    async def work(tx: Tx) -> None:
        await end_alert(tx, AlertKind.GATEWAY_FAILING, GATEWAY.value, now)

    await shop.db.write(work)


async def give_back(shop: Shop, refund: Refund, payment: Payment) -> Said:
    """Send a refund's worth in the coin the payment came in, at the gateway's rate of now, to the customer.

    Told any number of times it sends once: the gateway carries out one transfer for each spend_id, and whether it did
    is asked before and after. The id names refund and invoice, for a shop that was restored counts refunds anew.
    Raises NotOffered where the gateway is not configured.
    """
    spend_id = f"ref:{refund.id}:{payment.payment_id}"
    client = client_of(shop)
    try:
        if said := await _sent(client, spend_id, refund):
            return said
        new = await _transfer(client, spend_id, refund, payment)
        if not isinstance(new, NewTransfer):
            return new
        return await _send(client, new, refund)
    except errors.GatewayError as error:
        return NotNow(str(error))


async def _send(client: CryptoPay, new: NewTransfer, refund: Refund) -> Said:
    try:
        await client.transfer(new)
    except errors.Refused as refused:
        if not refused.for_good:
            raise
        # An earlier try whose answer was lost may have arrived after we asked for it.
        if said := await _sent(client, new.spend_id, refund):
            return said
        return NotNow(refused.name, _MEND_AFTER) if _is_open(refused, refund) else Refused(refused.name)
    return Done()


def _is_open(refused: errors.Refused, refund: Refund) -> bool:
    """Whether a refusal leaves open what becomes of a refund.

    After a try of which nobody knows how it ended, which may still be on its way in there, it has to be heard again.
    """
    if refused.name in _MENDABLE or refused.name.startswith(_OF_NAME):
        return True
    return refund.tries > 0 and refund.answer != refused.name


async def _sent(client: CryptoPay, spend_id: str, refund: Refund) -> Said | None:
    transfer = await client.transfer_of(spend_id)
    if transfer is None:
        return None
    if transfer.user_id != str(refund.customer_id):
        return NotNow("the gateway has a transfer of this name to somebody else", _MEND_AFTER)
    return Done()


async def _transfer(client: CryptoPay, spend_id: str, refund: Refund, payment: Payment) -> NewTransfer | Said:
    page = await client.invoices([payment.payment_id])
    invoice = next((each for each in page.invoices if each.invoice_id == payment.payment_id), None)
    if invoice is None or invoice.paid_asset is None:
        return NotNow("the gateway does not say what the payment came in", _MEND_AFTER)
    asset = invoice.paid_asset
    rates = [r.rate for r in await client.rates() if (r.source, r.target) == (asset, payment.currency)]
    if asset == payment.currency:  # an invoice in coins, made at the gateway by hand
        rates = [Decimal(1)]
    digits = [currency.decimals for currency in await client.currencies() if currency.code == asset]
    if not rates or not digits:
        return NotNow(f"the gateway has no rate for {asset} in {payment.currency}", _MEND_AFTER)
    amount = (refund.received / rates[0]).quantize(Decimal(1).scaleb(-digits[0]), ROUND_DOWN)
    if amount <= 0:
        why = f"{spelled(refund.received, payment.currency)} is less than the gateway can send"
        # Nothing can be out there before the first try; after that coins may be that were worth more by then.
        return NotNow(why, _MEND_AFTER) if refund.tries else Refused(why)
    return NewTransfer(refund.customer_id, asset, amount, spend_id)


async def _turn_down(shop: Shop, topup: Topup, why: str, now: datetime) -> None:
    async def work(tx: Tx) -> None:
        await rows.move(tx, topup, TopupState.INVALID, now, reason=why)

    await shop.db.write(work)


async def _discard(client: CryptoPay, invoice: Invoice) -> None:
    try:
        await client.delete_invoice(invoice.invoice_id)
    except errors.GatewayError as error:
        # It carries the token and can be paid by nobody who was not shown it; it expires by itself.
        log.warning("an invoice too many stays", extra={"invoice": invoice.invoice_id, "problem": str(error)})


async def _read(shop: Shop, topup_id: int) -> Topup:
    async def work(tx: Tx) -> Topup | None:
        return await rows.get(tx, topup_id)

    topup = await shop.db.read(work)
    if topup is None:
        raise NotFound
    return topup
