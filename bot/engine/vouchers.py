"""Vouchers: operators make codes, customers turn them into money. One transaction each, once for each update.

Whoever enters codes that are none is told the same whatever the reason, and after a few of them nothing for a while:
a code has 80 bits, so this only spares the shop the noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.acts import ActKind
from bot.domain.errors import AlreadyDecided, BadInput, NeedsSecond, NotFound, Problem
from bot.domain.money import Money, digits
from bot.domain.notices import Notice, NoticeKind
from bot.domain.topups import Gateway, Paid, Payment
from bot.domain.vouchers import EACH_MOST, USES_MOST, Redeemed, Voucher, code_of, read_code
from bot.engine import brake
from bot.engine.admission import admit_payer
from bot.engine.shop import Shop
from bot.engine.topups import credit_in
from storage import acts, outbox, payments, quotes, vouchers
from storage.database import Tx
from storage.payments import Home
from storage.vouchers import NewVoucher, Redemption

#: So many codes that are none are answered within this span; whatever is entered then is not looked at.
MISSES_MOST: Final = 5
MISSES_SPAN: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A voucher an operator wants to make."""

    #: The update that asked for it: it is one voucher.
    update_id: int
    made_by: int
    #: What one use brings.
    amount: Money
    uses: int = 1
    #: How often one customer may use it.
    each: int = 1
    expires_at: datetime | None = None

    @property
    def total(self) -> Money:
        """What all its uses bring together."""
        return Money(self.amount.micros * self.uses)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a code, and the payment where it brought money."""

    became: Redeemed
    payment: Payment | None = None


async def make(shop: Shop, wanted: Wanted, now: datetime) -> Voucher:
    """Make a voucher; the same update makes one.

    Raises BadInput out of bounds, Braked, or NeedsSecond where all its uses together are too much for one operator.
    """
    new = _new(shop, wanted, now)

    async def work(tx: Tx) -> Voucher:
        made = await vouchers.of_key(tx, str(wanted.update_id))
        if made is not None and made.opened_at is not None:
            return made
        await brake.refuse(tx)
        # What was proposed by this update is what would be opened, whatever is wanted by now.
        if shop.terms.needs_two(wanted.total if made is None else made.total):
            raise NeedsSecond
        if not await vouchers.add(tx, str(wanted.update_id), new, now, now) and made is not None:
            await vouchers.open_one(tx, made.id, now)
        made = await _get(tx, str(wanted.update_id))
        await _act(tx, made, wanted.made_by, now)
        return made

    return await shop.db.write(work)


async def propose(shop: Shop, wanted: Wanted, now: datetime) -> Voucher:
    """Keep a voucher that cannot be used until another operator agrees. Raises BadInput or Braked."""
    new = _new(shop, wanted, now)

    async def work(tx: Tx) -> Voucher:
        await brake.refuse(tx)
        await vouchers.add(tx, str(wanted.update_id), new, None, now)
        return await _get(tx, str(wanted.update_id))

    return await shop.db.write(work)


async def open_in(tx: Tx, voucher_id: int, operator_id: int, now: datetime) -> Voucher:
    """Another operator agreed: it can be used. Raises NotFound, AlreadyDecided or Braked."""
    await brake.refuse(tx)
    voucher = await waiting(tx, voucher_id)
    if not await vouchers.open_one(tx, voucher_id, now):
        raise AlreadyDecided
    await _act(tx, voucher, operator_id, now)
    return voucher


async def waiting(tx: Tx, voucher_id: int) -> Voucher:
    """A voucher that waits for a yes. Raises NotFound or AlreadyDecided."""
    voucher = await vouchers.get(tx, voucher_id)
    if voucher is None:
        raise NotFound
    if voucher.opened_at is not None or voucher.closed_at is not None:
        raise AlreadyDecided
    return voucher


async def close(shop: Shop, voucher_id: int, operator_id: int, now: datetime) -> Voucher:
    """Take a voucher back: nobody can use it any more. Raises NotFound, or AlreadyDecided where it was closed."""

    async def work(tx: Tx) -> Voucher:
        voucher = await vouchers.get(tx, voucher_id)
        if voucher is None:
            raise NotFound
        if not await vouchers.close(tx, voucher_id, now):
            raise AlreadyDecided
        detail = f"closed, {voucher.left} left"
        await acts.record(tx, operator_id, ActKind.VOUCHER, f"voucher {voucher_id}", detail, now)
        return await vouchers.get(tx, voucher_id) or voucher

    return await shop.db.write(work)


async def redeem(
    shop: Shop, update_id: int, customer_id: int, typed: str, now: datetime, quote_token: str | None = None
) -> Outcome:
    """Turn a code into money; the same update does it once, and the customer hears of it, with the order that waits.

    Raises TurnedAway where nothing can be paid in.
    """
    key = str(update_id)

    async def work(tx: Tx) -> Outcome:
        if done := await vouchers.redemption_of(tx, key):
            return await _done(tx, done)
        if await vouchers.is_miss(tx, key):
            return Outcome(Redeemed.NONE)
        await admit_payer(tx, customer_id)
        code = read_code(typed)
        if code is None:
            return Outcome(Redeemed.ODD)
        if await vouchers.misses_since(tx, customer_id, now - MISSES_SPAN) >= MISSES_MOST:
            return Outcome(Redeemed.LATER)
        outcome = await _redeem(tx, shop, code, customer_id, key, now)
        if outcome.payment is not None:
            await _tell(tx, shop, outcome.payment, customer_id, quote_token, now)
        return outcome

    outcome = await shop.db.write(work)
    shop.bells.notices.ring()
    return outcome


async def _redeem(tx: Tx, shop: Shop, code: str, customer_id: int, key: str, now: datetime) -> Outcome:
    voucher = await vouchers.of_code(tx, code)
    before = await vouchers.count_of(tx, voucher.id, customer_id) if voucher else 0
    # Whoever has used it knows that there is such a code: they may be told more than others.
    if voucher is not None and before >= voucher.each:
        return Outcome(Redeemed.MINE)
    if voucher is None or not await vouchers.take(tx, voucher.id, now):
        await vouchers.forget_misses(tx, customer_id, now - MISSES_SPAN)
        await vouchers.miss(tx, key, customer_id, now)
        return Outcome(Redeemed.NONE)
    use = Redemption(voucher.id, customer_id, before + 1)
    await vouchers.redeem(tx, use, key, now)
    paid = Paid(
        Gateway.VOUCHER, _payment_id(use), voucher.amount.decimal, shop.terms.currency, now, None, str(customer_id)
    )
    payment = await credit_in(tx, paid, Home(customer_id, None, voucher.amount), now)
    return Outcome(Redeemed.DONE, payment)


async def _tell(
    tx: Tx, shop: Shop, payment: Payment, customer_id: int, quote_token: str | None, now: datetime
) -> None:  # fmt: skip
    facts: dict[str, str | int] = {"payment": payment.id, "amount": payment.amount.micros}
    if quote_token:
        await quotes.extend(tx, quote_token, customer_id, now + shop.terms.quote_ttl)
        facts["quote"] = quote_token
    notice = Notice(f"payment:{payment.id}", customer_id, NoticeKind.TOPUP_PAID, None, facts)
    await outbox.post(tx, notice, now)


async def _done(tx: Tx, use: Redemption) -> Outcome:
    return Outcome(Redeemed.DONE, await payments.known(tx, Gateway.VOUCHER, _payment_id(use)))


def _payment_id(use: Redemption) -> str:
    return f"{use.voucher_id}:{use.customer_id}:{use.number}"


def _new(shop: Shop, wanted: Wanted, now: datetime) -> NewVoucher:
    for count, most in ((wanted.uses, USES_MOST), (wanted.each, EACH_MOST)):
        if not 0 < count <= most:
            raise BadInput(Problem.NUMBER_TOO_LARGE, quantity=count, maximum=most)
    if wanted.amount.micros <= 0:
        raise BadInput(Problem.AMOUNT_NOT_POSITIVE)
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise BadInput(Problem.TIME_PAST)
    code = code_of(shop.new_token())
    return NewVoucher(code, wanted.amount, wanted.uses, wanted.each, wanted.made_by, wanted.expires_at)


async def _get(tx: Tx, key: str) -> Voucher:
    made = await vouchers.of_key(tx, key)
    if made is None:
        raise LookupError(f"voucher of update {key}")  # it was there, or is now
    return made


async def _act(tx: Tx, voucher: Voucher, operator_id: int, now: datetime) -> None:
    detail = f"{digits(voucher.amount.decimal)} x {voucher.uses}"
    await acts.record(tx, operator_id, ActKind.VOUCHER, f"voucher {voucher.id}", detail, now)
