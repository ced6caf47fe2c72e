"""The operator's buttons about the ways of paying in."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.callbacks import Button


@dataclass(frozen=True, slots=True)
class ShowWays(Button, prefix="of"):
    """The ways there are."""


@dataclass(frozen=True, slots=True)
class ShowWay(Button, prefix="ofo"):
    """One way: how it stands, and what can be done."""

    gateway: str


@dataclass(frozen=True, slots=True)
class AskTurnOn(Button, prefix="oft"):
    """Show the rule a way is against, before it is turned on."""

    gateway: str


@dataclass(frozen=True, slots=True)
class TurnWay(Button, prefix="ofT"):
    """Turn a way on (1) or off (0)."""

    gateway: str
    on: int


@dataclass(frozen=True, slots=True)
class AskRate(Button, prefix="ofr"):
    """Ask what one Star shall be worth."""


@dataclass(frozen=True, slots=True)
class AskPayout(Button, prefix="ofp"):
    """Show what it means that a Star is worth what Telegram pays for it."""


@dataclass(frozen=True, slots=True)
class SetRate(Button, prefix="ofR"):
    """Let the rate that was shown hold; `update` is that of what was typed."""

    update: int


@dataclass(frozen=True, slots=True)
class AskInstructions(Button, prefix="ofi"):
    """Ask how customers pay by hand."""


@dataclass(frozen=True, slots=True)
class SaveInstructions(Button, prefix="ofI"):
    """Tell customers what was written; `update` is that of the text."""

    update: int


@dataclass(frozen=True, slots=True)
class AskRemove(Button, prefix="ofd"):
    """Show what removing the instructions means."""


@dataclass(frozen=True, slots=True)
class RemoveInstructions(Button, prefix="ofD"):
    """Remove them; `mark` stands for the text they are."""

    mark: str
