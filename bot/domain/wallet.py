"""The double-entry ledger: accounts, transfers, and which entries each event writes.

A wallet has two accounts that can be spent: Stars credit, which is spent last and comes back first, and all other
money. Of an order's charge `from_stars` came out of the former, and of what returned in total so much went back there
first: how each entry splits follows from the totals.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.money import ZERO, Money
from bot.domain.topups import Gateway


class Kind(StrEnum):
    """What a transfer is for."""

    HOLD = "hold"
    POST = "post"
    RETURN = "return"
    VOID = "void"
    ADJUST = "adjust"
    MANUAL = "manual"
    DEPOSIT = "deposit"  # a payment is credited, or kept in suspense
    ASSIGN = "assign"  # out of suspense, to the customer whose it is
    REFUND = "refund"  # out of a wallet, on its way back to where it came from
    UNREFUND = "unrefund"  # its gateway would not take it: into the wallet again
    SETTLE = "settle"  # the gateway took it
    CHARGEBACK = "chargeback"  # a payment was taken back without us
    RECOVERY = "recovery"  # the wallet pays for what was taken back
    SHIFT = "shift"  # Stars credit that has no payment behind it any more becomes money like any other


REVENUE: Final = "sys:revenue"
MANUAL_ACCOUNT: Final = "sys:adjust"
#: Payments that fit nobody.
SUSPENSE: Final = "sys:suspense"
#: Refunds on their way.
REFUNDS: Final = "sys:refunds"
#: Ends the id of the part of a movement that concerns the Stars credit.
_STARS_SIDE: Final = ":stars"
#: Below zero by what gateways took back and customers still owe.
CHARGEBACKS: Final = "sys:chargeback"


def available(customer_id: int) -> str:
    """The account a customer can spend from."""
    return f"user:{customer_id}:available"


def stars(customer_id: int) -> str:
    """The account of a customer's unspent Stars credit; it can be spent like the other one, and is spent last."""
    return f"user:{customer_id}:stars"


def incoming(gateway: Gateway) -> str:
    """The account that stands for a gateway: below zero by what came in through it and did not go back."""
    return f"sys:in:{gateway.value}"


def home_of(gateway: Gateway, customer_id: int) -> str:
    """The account of a customer that payments of a gateway are credited to."""
    return stars(customer_id) if gateway is Gateway.STARS else available(customer_id)


def held(customer_id: int) -> str:
    """The account that keeps the charges of a customer's running orders."""
    return f"user:{customer_id}:held"


@dataclass(frozen=True, slots=True)
class Transfer:
    """One ledger entry: `amount` leaves `source` and reaches `target`.

    The id is deterministic, so that writing the same fact twice is impossible.
    """

    id: str
    source: str
    target: str
    amount: Money
    kind: Kind
    order_id: int | None = None
    actor: str | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.amount.micros <= 0:
            raise ValueError("a transfer moves a positive amount")
        if self.source == self.target:
            raise ValueError("a transfer needs two accounts")


def hold(order_id: int, customer_id: int, charge: Money, from_stars: Money) -> list[Transfer]:
    """Confirm: the charge moves from spendable to held, so much of it out of the Stars credit."""
    target = held(customer_id)
    return [
        Transfer(name, source, target, amount, Kind.HOLD, order_id)
        for name, source, amount in _sides(f"hold:{order_id}", customer_id, charge, from_stars)
    ]


def void(order_id: int, customer_id: int, charge: Money, from_stars: Money) -> list[Transfer]:
    """Never placed: the whole charge goes back, each part to where it came from."""
    source = held(customer_id)
    return [
        Transfer(name, source, target, amount, Kind.VOID, order_id)
        for name, target, amount in _sides(f"void:{order_id}", customer_id, charge, from_stars)
    ]


def finish(order_id: int, customer_id: int, charge: Money, back: Money, from_stars: Money) -> list[Transfer]:
    """The end of an order: the delivered part becomes revenue, the rest returns, to the Stars credit first.

    Raises ValueError when `back` is not within 0..charge.
    """
    if not 0 <= back.micros <= charge.micros:
        raise ValueError("what returns lies between nothing and the charge")
    entries = []
    if kept := charge - back:
        entries.append(Transfer(f"post:{order_id}", held(customer_id), REVENUE, kept, Kind.POST, order_id))
    for name, target, amount in _sides(f"ret:{order_id}", customer_id, back, min(back, from_stars)):
        entries.append(Transfer(name, held(customer_id), target, amount, Kind.RETURN, order_id))
    return entries


def adjust(order_id: int, customer_id: int, returned_before: Money, extra: Money, from_stars: Money) -> list[Transfer]:
    """A correction after the end: only the difference moves, and only towards the customer.

    The ids name the total returned before it, so that the same correction cannot be written twice.
    """
    name = f"adj:{order_id}:{returned_before.micros}"
    to_stars = min(returned_before + extra, from_stars) - min(returned_before, from_stars)
    return [
        Transfer(side, REVENUE, target, amount, Kind.ADJUST, order_id)
        for side, target, amount in _sides(name, customer_id, extra, to_stars)
    ]


def manual_id(key: str) -> str:
    """The entry that shows whether an operator's credit or debit was made; `key` is the update that asked for it."""
    return f"man:{key}"


def manual(key: str, customer_id: int, amount: Money, *, actor: str, reason: str) -> Transfer:
    """The operator's credit; `key` is the update that asked for it, so that a replay finds it done."""
    return Transfer(manual_id(key), MANUAL_ACCOUNT, available(customer_id), amount, Kind.MANUAL, None, actor, reason)


def debit(key: str, customer_id: int, amount: Money, own: Money, *, actor: str, reason: str) -> list[Transfer]:
    """The operator's debit: of what is no Stars credit (`own`) first; its first entry is named as a credit is."""
    first = max(ZERO, min(amount, own))
    parts = [(available(customer_id), first), (stars(customer_id), amount - first)]
    moved = [(source, part) for source, part in parts if part]
    names = (manual_id(key), f"{manual_id(key)}{_STARS_SIDE}")
    return [
        Transfer(name, source, MANUAL_ACCOUNT, part, Kind.MANUAL, None, actor, reason)
        for name, (source, part) in zip(names, moved, strict=False)
    ]


def _sides(name: str, customer_id: int, amount: Money, of_stars: Money) -> list[tuple[str, str, Money]]:
    """An entry's id, account and amount for each of a wallet's two accounts that takes part in a movement."""
    both = [
        (name, available(customer_id), amount - of_stars), (f"{name}{_STARS_SIDE}", stars(customer_id), of_stars),
    ]  # fmt: skip
    return [side for side in both if side[2]]


def deposit(gateway: Gateway, payment_id: str, customer_id: int | None, amount: Money) -> Transfer:
    """A gateway's payment is credited, or kept in suspense where it fits nobody."""
    target = SUSPENSE if customer_id is None else home_of(gateway, customer_id)
    return Transfer(f"dep:{gateway.value}:{payment_id}", incoming(gateway), target, amount, Kind.DEPOSIT)


def assign(
    gateway: Gateway, payment_id: str, customer_id: int, amount: Money, *, actor: str, reason: str
) -> Transfer:  # fmt: skip
    """A payment that fitted nobody is a customer's after all."""
    name = f"sus:{gateway.value}:{payment_id}"
    return Transfer(name, SUSPENSE, home_of(gateway, customer_id), amount, Kind.ASSIGN, None, actor, reason)


def refund(number: int, gateway: Gateway, customer_id: int, amount: Money) -> Transfer:
    """A payment is on its way back; it leaves the account that its gateway pays into."""
    return Transfer(f"ref:{number}", home_of(gateway, customer_id), REFUNDS, amount, Kind.REFUND)


def unrefund(number: int, gateway: Gateway, customer_id: int, amount: Money) -> Transfer:
    """The gateway would not take it: it is in the wallet again."""
    return Transfer(f"unref:{number}", REFUNDS, home_of(gateway, customer_id), amount, Kind.UNREFUND)


def settle(number: int, gateway: Gateway, amount: Money) -> Transfer:
    """The gateway gave a refund back."""
    return Transfer(f"out:{number}", REFUNDS, incoming(gateway), amount, Kind.SETTLE)


def chargeback(gateway: Gateway, payment_id: str, amount: Money, *, suspense: bool) -> Transfer:
    """A gateway took a payment back: out of suspense where it fitted nobody, else somebody is to pay for it."""
    source = SUSPENSE if suspense else CHARGEBACKS
    return Transfer(f"cb:{gateway.value}:{payment_id}", source, incoming(gateway), amount, Kind.CHARGEBACK)


def recovery(key: str, customer_id: int, owed: Money, credit: Money, own: Money) -> list[Transfer]:
    """A wallet pays what it owes as far as it can, the Stars credit first; `key` names what it pays with, or for."""
    first = min(owed, credit)
    rest = min(owed - first, own)
    parts = ((f"cbr:{key}{_STARS_SIDE}", stars(customer_id), first), (f"cbr:{key}", available(customer_id), rest))
    return [Transfer(name, source, CHARGEBACKS, amount, Kind.RECOVERY) for name, source, amount in parts if amount]


def shift(key: str, customer_id: int, amount: Money) -> Transfer:
    """Stars credit that no payment stands behind any more is money like any other."""
    return Transfer(f"shift:{key}", stars(customer_id), available(customer_id), amount, Kind.SHIFT)
