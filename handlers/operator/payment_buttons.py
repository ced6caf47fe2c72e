"""The operator's buttons about payments, what customers ask back, and what fits nobody."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.callbacks import Button


@dataclass(frozen=True, slots=True)
class ShowRequests(Button, prefix="onl"):
    """What customers ask back and nobody decided."""


@dataclass(frozen=True, slots=True)
class ShowRequest(Button, prefix="onr"):
    """A customer's request, as it stands now."""

    refund: int


@dataclass(frozen=True, slots=True)
class Agree(Button, prefix="onY"):
    """Give back what the customer asks for."""

    refund: int


@dataclass(frozen=True, slots=True)
class AskNo(Button, prefix="onn"):
    """Ask why a request is turned down."""

    refund: int


@dataclass(frozen=True, slots=True)
class ListPayments(Button, prefix="onp"):
    """A page of a customer's payments."""

    customer: int
    page: int


@dataclass(frozen=True, slots=True)
class ShowPayment(Button, prefix="ono"):
    """Everything about a payment."""

    payment: int


@dataclass(frozen=True, slots=True)
class AskGive(Button, prefix="ong"):
    """Give a payment back that nobody asked for: ask how much of it (`part` is 1), and why."""

    payment: int
    part: int


@dataclass(frozen=True, slots=True)
class AskGiveOrder(Button, prefix="onq"):
    """Give money of an order that ended back to the wallet: ask how much of it (`part` is 1), and why."""

    order: int
    part: int


@dataclass(frozen=True, slots=True)
class Give(Button, prefix="onG"):
    """Give back what was shown; `update` is that of what was typed."""

    update: int


@dataclass(frozen=True, slots=True)
class ShowSuspense(Button, prefix="onu"):
    """A page of the payments that fit nobody."""

    page: int


@dataclass(frozen=True, slots=True)
class AskWhose(Button, prefix="onw"):
    """Ask whose a payment is that fits nobody."""

    payment: int


@dataclass(frozen=True, slots=True)
class AskAssign(Button, prefix="ona"):
    """Show what saying whose it is means."""

    payment: int
    customer: int


@dataclass(frozen=True, slots=True)
class Assign(Button, prefix="onA"):
    """Credit it to that customer."""

    payment: int
    customer: int
