"""The operator's buttons about vouchers."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.callbacks import Button


@dataclass(frozen=True, slots=True)
class ShowVouchers(Button, prefix="oy"):
    """A page of the vouchers there are."""

    page: int


@dataclass(frozen=True, slots=True)
class ShowVoucher(Button, prefix="oyo"):
    """One voucher: its code, its link, what is left."""

    voucher: int


@dataclass(frozen=True, slots=True)
class AskVoucher(Button, prefix="oya"):
    """Ask what a new voucher is worth."""


@dataclass(frozen=True, slots=True)
class SetVoucher(Button, prefix="oys"):
    """Change one thing of the voucher being made: `what` is uses, each or days; days 0 never end."""

    update: int
    what: str
    value: int


@dataclass(frozen=True, slots=True)
class MakeVoucher(Button, prefix="oyM"):
    """Make the voucher that was shown; `update` is that of what began it."""

    update: int


@dataclass(frozen=True, slots=True)
class AskClose(Button, prefix="oyc"):
    """Show what closing a voucher means."""

    voucher: int


@dataclass(frozen=True, slots=True)
class CloseVoucher(Button, prefix="oyC"):
    """Nobody can use it any more."""

    voucher: int
