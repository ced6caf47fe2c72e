"""A customer's buttons about their payments."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.callbacks import Button


@dataclass(frozen=True, slots=True)
class ShowPayments(Button, prefix="fp"):
    """Help with payments, with a page of one's own."""

    page: int


@dataclass(frozen=True, slots=True)
class OpenPayment(Button, prefix="fo"):
    """What became of a payment, opened from a page of them."""

    payment: int
    page: int


@dataclass(frozen=True, slots=True)
class AskRefund(Button, prefix="fr"):
    """Ask why a payment shall go back."""

    payment: int


@dataclass(frozen=True, slots=True)
class GiveNoReason(Button, prefix="fs"):
    """Ask for it back without a reason."""

    payment: int
