"""The buttons of decisions about orders and refills. Each carries a version: a later state needs a new look."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.callbacks import Button


@dataclass(frozen=True, slots=True)
class ShowDecision(Button, prefix="od"):
    """An order that needs a decision; 0 stands for the first of them."""

    order: int


@dataclass(frozen=True, slots=True)
class DecideAnyway(Button, prefix="odf"):
    """The choices about an active order that needs no decision."""

    order: int
    version: int


@dataclass(frozen=True, slots=True)
class AskUpstream(Button, prefix="oda"):
    """Ask for the upstream id of an unknown order."""

    order: int
    version: int


@dataclass(frozen=True, slots=True)
class Attach(Button, prefix="odA"):
    """Give an unknown order the upstream id just inspected; `mark` stands for that id."""

    order: int
    version: int
    mark: str


@dataclass(frozen=True, slots=True)
class AttachAnyway(Button, prefix="odB"):
    """The same for an id whose charge does not fit the order, once that was said."""

    order: int
    version: int
    mark: str


@dataclass(frozen=True, slots=True)
class AskTeach(Button, prefix="odt"):
    """Show what it means that the panel's words always are a refusal; `mark` stands for the words."""

    order: int
    version: int
    mark: str


@dataclass(frozen=True, slots=True)
class Teach(Button, prefix="odT"):
    """These words of the panel always are a refusal, and so is this order."""

    order: int
    version: int
    mark: str


@dataclass(frozen=True, slots=True)
class Snooze(Button, prefix="odl"):
    """Decide about an unknown order later."""

    order: int
    version: int


@dataclass(frozen=True, slots=True)
class Grant(Button, prefix="oay"):
    """Another operator's yes to what one asked for."""

    approval: int


@dataclass(frozen=True, slots=True)
class Deny(Button, prefix="oan"):
    """A no to it."""

    approval: int


@dataclass(frozen=True, slots=True)
class AskRelease(Button, prefix="odr"):
    """Show what giving an unknown order's money back means; `why` is the value of a domain Reason."""

    order: int
    version: int
    why: str


@dataclass(frozen=True, slots=True)
class Release(Button, prefix="odR"):
    """Give an unknown order's money back."""

    order: int
    version: int
    why: str


@dataclass(frozen=True, slots=True)
class AskAmount(Button, prefix="odm"):
    """Ask how much of an active order's charge goes back."""

    order: int
    version: int


@dataclass(frozen=True, slots=True)
class AskEnd(Button, prefix="ode"):
    """Show what ending an active order means; `back` micro-units return."""

    order: int
    version: int
    back: int


@dataclass(frozen=True, slots=True)
class End(Button, prefix="odE"):
    """End an active order; `back` micro-units return."""

    order: int
    version: int
    back: int


@dataclass(frozen=True, slots=True)
class LeaveQuestion(Button, prefix="odx"):
    """Answer the open question later and go back to the order."""

    order: int


@dataclass(frozen=True, slots=True)
class AskRefillId(Button, prefix="ora"):
    """Ask for the panel's name of a refill nobody can tell the fate of."""

    refill: int
    version: int


@dataclass(frozen=True, slots=True)
class ReleaseRefill(Button, prefix="orR"):
    """The panel never took that refill; the customer may ask for another."""

    refill: int
    version: int


@dataclass(frozen=True, slots=True)
class LeaveRefill(Button, prefix="orx"):
    """Answer the open question about a refill later and go back to its order."""

    order: int
