"""The customer's buttons about paying by hand and about vouchers."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.callbacks import Button


@dataclass(frozen=True, slots=True)
class SendProof(Button, prefix="hs"):
    """Show that a top-up was paid: what is sent next is the proof."""

    topup: int


@dataclass(frozen=True, slots=True)
class LeaveProof(Button, prefix="hx"):
    """Show nothing for now."""


@dataclass(frozen=True, slots=True)
class TryAgain(Button, prefix="hr"):
    """The same payment once more, where it was not found."""

    topup: int


@dataclass(frozen=True, slots=True)
class LeaveVoucher(Button, prefix="hv"):
    """Enter no code after all."""


@dataclass(frozen=True, slots=True)
class AskVoucher(Button, prefix="hV"):
    """Enter a voucher's code."""
