"""The operator's buttons about payments by hand. Each carries the version that was shown: one decision only."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.callbacks import Button


@dataclass(frozen=True, slots=True)
class ShowProofs(Button, prefix="oh"):
    """The payments that wait to be looked for."""


@dataclass(frozen=True, slots=True)
class ShowProof(Button, prefix="oho"):
    """One of them, with what the customer sent."""

    topup: int


@dataclass(frozen=True, slots=True)
class ApproveProof(Button, prefix="ohA"):
    """It was found: credit so many micro-units."""

    topup: int
    version: int
    micros: int


@dataclass(frozen=True, slots=True)
class AskReceived(Button, prefix="oha"):
    """Another amount came: ask which."""

    topup: int
    version: int


@dataclass(frozen=True, slots=True)
class AskTurnDown(Button, prefix="ohr"):
    """It was not found: ask why, for the customer."""

    topup: int
    version: int


@dataclass(frozen=True, slots=True)
class LeaveProof(Button, prefix="ohx"):
    """Answer the open question later."""

    topup: int
