"""Telegram Stars: invoices, what was paid for them, and the bot's balance.

The bot's Stars are its transactions, so what `getMyStarBalance` says is their sum and nothing is counted twice.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

CURRENCY: Final = "XTR"
#: What a person of the sandbox has to begin with.
POCKET_MONEY: Final = 2500
LINK: Final = "https://t.me/$"


@dataclass(frozen=True, slots=True)
class Invoice:
    """What is asked for; `amount` in whole Stars, `payload` is the bot's own and nobody else sees it."""

    title: str
    description: str
    payload: str
    amount: int
    #: Where it is set, a forwarded copy opens the bot and cannot be paid by others.
    start_parameter: str = ""


class ReceiptKind(StrEnum):
    """Which way the Stars went."""

    PAID = "paid"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a service message about money says; `amount` in whole Stars."""

    kind: ReceiptKind
    charge_id: str
    title: str
    payload: str
    amount: int


@dataclass(frozen=True, slots=True)
class Charge:
    """One payment of one person.

    `told` says whether the bot's `successful_payment` is on its way; one that is late by a number of seconds comes at
    `due` (Unix time).
    """

    charge_id: str
    payer_id: int
    invoice: Invoice
    date: int
    message_id: int
    told: bool = False
    due: float | None = None
    refunded: bool = False

    def receipt(self, kind: ReceiptKind) -> Receipt:
        """What the chat says of it."""
        return Receipt(kind, self.charge_id, self.invoice.title, self.invoice.payload, self.invoice.amount)


@dataclass(frozen=True, slots=True)
class Transaction:
    """Stars that came from a person or went back to one; a refund has the id of its payment."""

    charge_id: str
    person_id: int
    payload: str
    amount: int
    date: int
    incoming: bool


@dataclass(slots=True)
class Till:
    """Everything about Stars that is not in a chat."""

    links: dict[str, Invoice] = field(default_factory=dict)
    charges: dict[str, Charge] = field(default_factory=dict)
    #: Oldest first.
    transactions: list[Transaction] = field(default_factory=list)
    #: Pre-checkout queries that wait for the bot; the answer is empty for yes, else the bot's words.
    checkouts: dict[str, asyncio.Future[str]] = field(default_factory=dict)
    #: What goes off when a late payment is to be told.
    alarms: list[asyncio.TimerHandle] = field(default_factory=list)

    @property
    def balance(self) -> int:
        """The bot's Stars."""
        return sum(each.amount if each.incoming else -each.amount for each in self.transactions)

    def linked(self, link: str) -> Invoice | None:
        """The invoice behind a link of `createInvoiceLink`."""
        return self.links.get(link.removeprefix(LINK))

    @property
    def newest(self) -> list[Charge]:
        """Everybody's payments, newest first."""
        return list(reversed(self.charges.values()))

    def enter(self, charge: Charge) -> None:
        """A payment has gone through."""
        self.charges[charge.charge_id] = charge
        self._note(charge, charge.date, incoming=True)

    def give_back(self, charge: Charge, now: int) -> Charge:
        """The payment's Stars leave the bot; `now` in Unix seconds."""
        self._note(charge, now, incoming=False)
        return self.change(replace(charge, refunded=True))

    def change(self, charge: Charge) -> Charge:
        """Keeps what has become of a payment."""
        self.charges[charge.charge_id] = charge
        return charge

    def take_over(self, links: dict[str, Invoice], charges: Iterable[Charge], moves: Iterable[Transaction]) -> None:
        """Goes on where an earlier till ended."""
        self.links, self.transactions = links, list(moves)
        self.charges = {charge.charge_id: charge for charge in charges}

    def close(self) -> None:
        """Lets everybody go who waits for an answer of the bot; nothing goes off any more."""
        for alarm in self.alarms:
            alarm.cancel()
        for waiting in self.checkouts.values():
            if not waiting.done():
                waiting.set_exception(TimeoutError())

    def _note(self, charge: Charge, date: int, *, incoming: bool) -> None:
        invoice = charge.invoice
        entry = Transaction(charge.charge_id, charge.payer_id, invoice.payload, invoice.amount, date, incoming)
        self.transactions.append(entry)
