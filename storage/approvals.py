"""What one operator asked another's yes for; each is decided once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.domain.money import Money
from storage.database import Row, Tx
from storage.times import from_ms, maybe_time, to_ms


class WishKind(StrEnum):
    """What is asked for; each has a text of the same name."""

    RELEASE = "release"  # an unknown order's money back
    TEACH = "teach"  # the same, and the panel's words always mean so
    DECIDE = "decide"  # money back of an active order
    CREDIT = "credit"
    DEBIT = "debit"
    GIVE_BACK = "give-back"  # money of an order that ended, to the wallet
    TOPUP = "topup"  # a payment by hand is credited
    REFUND = "refund"  # a payment goes back to where it came from
    ASSIGN = "assign"  # a payment that fitted nobody is a customer's
    VOUCHER = "voucher"

    @property
    def of_order(self) -> bool:
        """Whether it is about an order."""
        return self in {WishKind.RELEASE, WishKind.TEACH, WishKind.DECIDE, WishKind.GIVE_BACK}

    @property
    def noun(self) -> str:
        """What its subject is the number of."""
        return "order" if self.of_order else _NOUNS.get(self, "customer")


_NOUNS: Final = {
    WishKind.TOPUP: "top-up",
    WishKind.REFUND: "payment",
    WishKind.ASSIGN: "payment",
    WishKind.VOUCHER: "voucher",
}


class ApprovalState(StrEnum):
    """What became of it; each has a text of the same name."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    MOOT = "moot"  # there was nothing left to do


@dataclass(frozen=True, slots=True)
class Wish:
    """What one operator wants done."""

    kind: WishKind
    #: The number of what `kind.noun` says.
    subject: int
    #: Of the order or the top-up as it stood; for a payment the request a customer made, if it is agreed to thereby; 0
    #: for everything else.
    version: int
    amount: Money
    #: A Reason's value for an order, the operator's own words for a customer, the customer whose a payment in suspense
    #: is, and nothing where a number says it all.
    why: str


@dataclass(frozen=True, slots=True)
class Approval:
    """A wish, who has it, and what became of it."""

    id: int
    wish: Wish
    #: The update that asked: the key under which money moves once.
    update_id: int
    asked_by: int
    asked_at: datetime
    expires_at: datetime
    state: ApprovalState
    decided_by: int | None
    decided_at: datetime | None


async def ask(tx: Tx, update_id: int, wish: Wish, asked_by: int, now: datetime, expires_at: datetime) -> int | None:
    """Store a wish; its number, or None where the same update asked already."""
    row = await tx.one(
        "INSERT INTO approvals (key, kind, subject, version, amount, why, asked_by, asked_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (key) DO NOTHING RETURNING id",
        str(update_id), wish.kind.value, wish.subject, wish.version, wish.amount.micros, wish.why, asked_by,
        to_ms(now), to_ms(expires_at),
    )  # fmt: skip
    return None if row is None else int(row["id"])


async def get(tx: Tx, approval_id: int) -> Approval | None:
    """The approval of this number."""
    row = await tx.one("SELECT * FROM approvals WHERE id = $1", approval_id)
    return None if row is None else _approval(row)


async def of_update(tx: Tx, update_id: int) -> Approval | None:
    """What an update asked for."""
    row = await tx.one("SELECT * FROM approvals WHERE key = $1", str(update_id))
    return None if row is None else _approval(row)


async def open_like(tx: Tx, wish: Wish, now: datetime) -> Approval | None:
    """An open one for exactly the same, whoever asked."""
    row = await tx.one(
        "SELECT * FROM approvals WHERE state = 'open' AND kind = $1 AND subject = $2 AND version = $3 AND amount = $4"
        " AND why = $5 AND expires_at > $6 ORDER BY id LIMIT 1",
        wish.kind.value, wish.subject, wish.version, wish.amount.micros, wish.why, to_ms(now),
    )  # fmt: skip
    return None if row is None else _approval(row)


async def decide(tx: Tx, approval_id: int, state: ApprovalState, by: int | None, now: datetime) -> bool:
    """Settle an open one; False when it is not open any more."""
    return bool(
        await tx.run(
            "UPDATE approvals SET state = $2, decided_by = $3, decided_at = $4 WHERE id = $1 AND state = 'open'",
            approval_id, state.value, by, to_ms(now),
        )
    )  # fmt: skip


def _approval(row: Row) -> Approval:
    wish = Wish(WishKind(row["kind"]), row["subject"], row["version"], Money(row["amount"]), row["why"])
    return Approval(
        row["id"], wish, int(row["key"]), row["asked_by"], from_ms(row["asked_at"]), from_ms(row["expires_at"]),
        ApprovalState(row["state"]), row["decided_by"], maybe_time(row["decided_at"]),
    )  # fmt: skip
