"""Two operators for a large amount: one asks, another one agrees, and only then is it done, once.

What may be asked for is what an operator may do alone below `Terms.second_operator_above`. The yes does it in its own
transaction, so that two of them at once do it once, and what has changed since it was asked for is not done at all.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bot.domain.acts import ActKind
from bot.domain.errors import AlreadyDecided, NeedsSecond, NotFound
from bot.domain.money import digits
from bot.domain.notices import Notice, NoticeKind
from bot.domain.orders import Reason
from bot.engine import by_hand, desk, giving_back, refunding, suspense, vouchers
from bot.engine.desk import Movement
from bot.engine.giving_back import GivingBack
from bot.engine.refunding import Refunding
from bot.engine.shop import Shop
from bot.engine.suspense import Assigning
from storage import acts, approvals, orders, outbox
from storage.approvals import Approval, ApprovalState, Wish, WishKind
from storage.database import Tx

EXPIRES_AFTER: Final = timedelta(hours=24)


async def ask(shop: Shop, update_id: int, wish: Wish, operator_id: int, now: datetime) -> Approval:
    """Ask every other operator for a yes. The same update asks once, and what is asked for already is not asked again.

    Raises NotFound, or AlreadyDecided where the order is not at the version the wish is for.
    """

    async def work(tx: Tx) -> Approval:
        before = await approvals.of_update(tx, update_id) or await approvals.open_like(tx, wish, now)
        if before is not None:
            return before
        await _refuse_stale(tx, wish)
        approval_id = await approvals.ask(tx, update_id, wish, operator_id, now, now + EXPIRES_AFTER)
        asked = await _get(tx, approval_id or 0)
        for other in shop.terms.operator_ids:
            if other != operator_id:
                await _tell(tx, asked, other, now)
        await _act(tx, operator_id, ActKind.ASK, asked, now)
        return asked

    found = await shop.db.write(work)
    shop.bells.notices.ring()
    return found


async def grant(shop: Shop, approval_id: int, operator_id: int, now: datetime) -> Approval:
    """Another operator's yes: what was asked for is done, in the name of whoever asked.

    Raises NotFound, NeedsSecond for the one who asked, AlreadyDecided when it was decided, expired or left nothing to
    do, Braked, or ShortOfMoney; after the latter two it stays open.
    """

    async def work(tx: Tx) -> Approval:
        asked = await _decidable(tx, shop, approval_id, operator_id, now)
        await _refuse_stale(tx, asked.wish)
        await _do(tx, shop, asked, now)
        return await _settle(tx, asked, ApprovalState.GRANTED, operator_id, now)

    try:
        granted = await shop.db.write(work)
    except AlreadyDecided:
        await _close_moot(shop, approval_id, now)
        raise
    for bell in (shop.bells.submit, shop.bells.notices, shop.bells.refunds):
        bell.ring()
    return granted


async def refuse(shop: Shop, approval_id: int, operator_id: int, now: datetime) -> Approval:
    """A no, also by the one who asked and takes it back: nothing is done. Raises NotFound or AlreadyDecided."""

    async def work(tx: Tx) -> Approval:
        asked = await _open(tx, approval_id, now)
        by = None if operator_id == asked.asked_by else operator_id
        return await _settle(tx, asked, ApprovalState.REFUSED, by, now, actor=operator_id)

    refused = await shop.db.write(work)
    shop.bells.notices.ring()
    return refused


async def find(shop: Shop, approval_id: int) -> Approval | None:
    """The approval of this number."""

    async def work(tx: Tx) -> Approval | None:
        return await approvals.get(tx, approval_id)

    return await shop.db.read(work)


def is_open(asked: Approval, now: datetime) -> bool:
    """Whether it still can be decided."""
    return asked.state is ApprovalState.OPEN and now < asked.expires_at


async def _do(tx: Tx, shop: Shop, asked: Approval, now: datetime) -> None:
    wish, by = asked.wish, asked.asked_by
    match wish.kind:
        case WishKind.RELEASE:
            await desk.release_in(tx, wish.subject, Reason(wish.why), by, now)
        case WishKind.TEACH:
            await desk.teach_in(tx, wish.subject, by, now)
        case WishKind.DECIDE:
            await desk.decide_in(tx, shop, wish.subject, wish.amount, by, now)
        case WishKind.CREDIT | WishKind.DEBIT:
            credit = wish.kind is WishKind.CREDIT
            movement = Movement(asked.update_id, by, wish.subject, wish.amount, wish.why, credit)
            await desk.move_in(tx, shop, movement, now)
        case WishKind.TOPUP:
            await by_hand.approve_in(tx, shop, wish.subject, wish.version, wish.amount, by, now)
        case WishKind.VOUCHER:
            await vouchers.open_in(tx, wish.subject, by, now)
        case WishKind.REFUND:
            await refunding.begin_in(tx, shop, _refunding(asked), now)
        case WishKind.GIVE_BACK:
            giving = GivingBack(asked.update_id, by, wish.subject, wish.amount, wish.why)
            await giving_back.give_back_in(tx, shop, giving, now)
        case WishKind.ASSIGN:
            await suspense.assign_in(tx, shop, Assigning(by, wish.subject, int(wish.why)), now)


def _refunding(asked: Approval) -> Refunding:
    return Refunding(asked.update_id, asked.asked_by, asked.wish.subject, asked.wish.amount, asked.wish.why)


async def _decidable(tx: Tx, shop: Shop, approval_id: int, by: int, now: datetime) -> Approval:
    asked = await _open(tx, approval_id, now)
    if asked.asked_by not in shop.terms.operator_ids:
        raise AlreadyDecided  # whoever is an operator no more gets nothing done
    if asked.asked_by == by:
        raise NeedsSecond
    return asked


async def _open(tx: Tx, approval_id: int, now: datetime) -> Approval:
    asked = await _get(tx, approval_id)
    if not is_open(asked, now):
        raise AlreadyDecided
    return asked


async def _get(tx: Tx, approval_id: int) -> Approval:
    found = await approvals.get(tx, approval_id)
    if found is None:
        raise NotFound
    return found


async def _refuse_stale(tx: Tx, wish: Wish) -> None:
    """Raise AlreadyDecided where what it is about moved on: the yes would be for something else."""
    if wish.kind is WishKind.TOPUP:
        await by_hand.undecided(tx, wish.subject, wish.version)
    if wish.kind is WishKind.VOUCHER:
        await vouchers.waiting(tx, wish.subject)
    if wish.kind is WishKind.REFUND:
        await refunding.still(tx, wish.subject, wish.version, wish.amount)
    if wish.kind is WishKind.ASSIGN:
        await suspense.waiting(tx, Assigning(0, wish.subject, int(wish.why)))
    if not wish.kind.of_order:
        return
    order = await orders.get(tx, wish.subject)
    if order is None:
        raise NotFound
    if order.version != wish.version:
        raise AlreadyDecided


async def _settle(
    tx: Tx, asked: Approval, state: ApprovalState, by: int | None, now: datetime, actor: int | None = None
) -> Approval:
    if not await approvals.decide(tx, asked.id, state, by, now):
        raise AlreadyDecided
    who = by if actor is None else actor
    if who is not None:
        await _act(tx, who, ActKind.APPROVE if state is ApprovalState.GRANTED else ActKind.DENY, asked, now)
    if who != asked.asked_by:
        await _tell(tx, asked, asked.asked_by, now)
    return await _get(tx, asked.id)


async def _close_moot(shop: Shop, approval_id: int, now: datetime) -> None:
    """What was asked for cannot be done any more: nobody is to be asked about it, and whoever asked hears so."""

    async def work(tx: Tx) -> None:
        asked = await approvals.get(tx, approval_id)
        if asked is not None and is_open(asked, now):
            await approvals.decide(tx, approval_id, ApprovalState.MOOT, None, now)
            await _tell(tx, asked, asked.asked_by, now)

    await shop.db.write(work)
    shop.bells.notices.ring()


async def _tell(tx: Tx, asked: Approval, chat_id: int, now: datetime) -> None:
    key = f"approval:{asked.id}:{chat_id}"
    await outbox.post(tx, Notice(key, chat_id, NoticeKind.APPROVAL, None, {"approval": asked.id}), now)


async def _act(tx: Tx, operator_id: int, kind: ActKind, asked: Approval, now: datetime) -> None:
    noun = asked.wish.kind.noun
    detail = f"{asked.wish.kind.value} {digits(asked.wish.amount.decimal)}"
    await acts.record(tx, operator_id, kind, f"{noun} {asked.wish.subject}", detail, now)
