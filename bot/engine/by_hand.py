"""Paying by hand: a customer shows that they paid, and one operator decides, once, what came.

Nothing is downloaded: a proof is the name Telegram gave the file. What an operator names as received is the record of
this gateway, and what is credited follows from it and the stored top-up.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.domain.acts import ActKind
from bot.domain.errors import AlreadyDecided, BadInput, Banned, NeedsSecond, NotFound, NotOffered, Problem, TooMany
from bot.domain.money import Money, digits
from bot.domain.notices import Facts, Notice, NoticeKind
from bot.domain.reasons import needed
from bot.domain.topups import Gateway, Paid, Proof, Topup, TopupState
from bot.engine import brake
from bot.engine.shop import Shop
from bot.engine.topups import Asked, ask, record_in
from storage import acts, customers, outbox, proofs, topups
from storage.database import Tx

#: So many of a customer's payments may wait for an operator at once, that no customer can bury them.
WAITING_MOST: Final = 5


async def prove(shop: Shop, topup_id: int, customer_id: int, proof: Proof, now: datetime) -> Topup:
    """Take what shows that a customer paid; from now on operators look for it.

    Whoever has paid can show it whatever the shop is doing: nothing moves before an operator decides.
    A second proof of the same payment changes nothing. Raises NotFound, NotOffered where the payment was decided
    already, TooMany, or Banned.
    """

    async def work(tx: Tx) -> Topup:
        topup = await _of_hand(tx, topup_id)
        if topup.customer_id != customer_id:
            raise NotFound
        if topup.proof is not None and topup.state is TopupState.PENDING:
            return topup
        # Whoever comes too late for the invoice has paid all the same: it is credited as late.
        if not (topup.state.is_open or topup.state is TopupState.EXPIRED):
            raise NotOffered
        if await customers.is_banned(tx, customer_id):
            raise Banned
        if len(await proofs.waiting_of(tx, customer_id)) >= WAITING_MOST:
            raise TooMany
        changes = {"proof": proof.file_id, "proof_kind": proof.kind.value}
        await topups.move(tx, topup, TopupState.PENDING, now, **changes)
        await _show(tx, shop, topup_id, now)
        return await _of_hand(tx, topup_id)

    proven = await shop.db.write(work)
    shop.bells.notices.ring()
    return proven


async def ask_again(shop: Shop, update_id: int, topup_id: int, customer_id: int, now: datetime) -> Topup:
    """The same payment once more, for one that was not found. Raises NotFound, and what asking does."""

    async def work(tx: Tx) -> Topup:
        return await _of_hand(tx, topup_id)

    before = await shop.db.read(work)
    if before.customer_id != customer_id:
        raise NotFound
    asked = Asked(customer_id, update_id, Gateway.BY_HAND, before.amount, before.quote_token)
    return await ask(shop, asked, now)


async def approve(
    shop: Shop, topup_id: int, version: int, received: Money, operator_id: int, now: datetime
) -> Topup:  # fmt: skip
    """A payment was found, with this amount: credit it.

    Raises NotFound, AlreadyDecided where the payment is not at this version, Braked, NeedsSecond, or BadInput for an
    amount that is none.
    """

    async def work(tx: Tx) -> Topup:
        await undecided(tx, topup_id, version)
        await brake.refuse(tx)
        if shop.terms.needs_two(received):
            raise NeedsSecond
        return await approve_in(tx, shop, topup_id, version, received, operator_id, now)

    decided = await shop.db.write(work)
    shop.bells.notices.ring()
    return decided


async def approve_in(
    tx: Tx, shop: Shop, topup_id: int, version: int, received: Money, operator_id: int, now: datetime
) -> Topup:
    """The same in a transaction at hand, whatever the amount."""
    topup = await undecided(tx, topup_id, version)
    if received.micros <= 0:
        raise BadInput(Problem.AMOUNT_NOT_POSITIVE)
    await brake.refuse(tx)
    await topups.move(tx, topup, TopupState.PENDING, now, decided_by=operator_id)
    # When the customer showed it is when they had paid at the latest.
    paid = Paid(
        Gateway.BY_HAND, str(topup.id), received.decimal, topup.currency, topup.changed_at, topup.token,
        str(topup.customer_id),
    )  # fmt: skip
    await record_in(tx, shop, paid, now)
    detail = f"{digits(received.decimal)} {topup.currency}"
    await acts.record(tx, operator_id, ActKind.TOPUP, f"top-up {topup_id}", detail, now)
    await _show(tx, shop, topup_id, now)
    return await _of_hand(tx, topup_id)


async def turn_down(shop: Shop, topup_id: int, version: int, reason: str, operator_id: int, now: datetime) -> Topup:
    """A payment was not found, and the customer hears why.

    Raises NotFound, AlreadyDecided where it is not at this version, or BadInput without a reason.
    """
    why = needed(reason)

    async def work(tx: Tx) -> Topup:
        topup = await undecided(tx, topup_id, version)
        await topups.move(tx, topup, TopupState.INVALID, now, reason=why, decided_by=operator_id)
        facts: Facts = {"topup": topup.id, "amount": topup.amount.micros, "reason": why}
        notice = Notice(f"turned-down:{topup.id}", topup.customer_id, NoticeKind.TOPUP_TURNED_DOWN, None, facts)
        await outbox.post(tx, notice, now)
        await acts.record(tx, operator_id, ActKind.TOPUP, f"top-up {topup_id}", f"not found: {why}", now)
        await _show(tx, shop, topup_id, now)
        return await _of_hand(tx, topup_id)

    decided = await shop.db.write(work)
    shop.bells.notices.ring()
    return decided


async def undecided(tx: Tx, topup_id: int, version: int) -> Topup:
    """A payment that waits for a decision, as it was shown. Raises NotFound or AlreadyDecided."""
    topup = await _of_hand(tx, topup_id)
    if topup.state is not TopupState.PENDING or topup.version != version:
        raise AlreadyDecided
    return topup


async def _of_hand(tx: Tx, topup_id: int) -> Topup:
    topup = await topups.get(tx, topup_id)
    if topup is None or topup.gateway is not Gateway.BY_HAND:
        raise NotFound
    return topup


async def _show(tx: Tx, shop: Shop, topup_id: int, now: datetime) -> None:
    """Every operator's card of a payment is to show how it stands now."""
    for operator_id in shop.terms.operator_ids:
        notice = Notice(f"proof:{topup_id}:{operator_id}", operator_id, NoticeKind.PROOF, None, {"topup": topup_id})
        await outbox.renew(tx, notice, now)
