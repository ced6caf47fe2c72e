"""The operator's buttons. Those that decide about an order carry its version: a later state needs a new look."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.callbacks import Button

# Looking ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShowDesk(Button, prefix="oa"):
    """The dashboard, read anew."""


@dataclass(frozen=True, slots=True)
class ShowPanels(Button, prefix="op"):
    """Every panel in detail."""


@dataclass(frozen=True, slots=True)
class SyncPanels(Button, prefix="os"):
    """Read all catalogues now."""


@dataclass(frozen=True, slots=True)
class AgreeCurrency(Button, prefix="opc"):
    """Agree to a panel's new currency; `mark` stands for exactly that change."""

    mark: str


@dataclass(frozen=True, slots=True)
class ShowAlerts(Button, prefix="ol"):
    """A page of the open alerts."""

    page: int


@dataclass(frozen=True, slots=True)
class OpenOrder(Button, prefix="oo"):
    """An order in full."""

    order: int


@dataclass(frozen=True, slots=True)
class ShowCustomer(Button, prefix="ou"):
    """A customer's profile."""

    customer: int


@dataclass(frozen=True, slots=True)
class ShowDecision(Button, prefix="od"):
    """An order that needs a decision; 0 stands for the first of them."""

    order: int


@dataclass(frozen=True, slots=True)
class DecideAnyway(Button, prefix="odf"):
    """The choices about an active order that needs no decision."""

    order: int
    version: int


# Deciding about orders ----------------------------------------------------------------------------


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


# Alerts, prices, people, money --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Acknowledge(Button, prefix="ok"):
    """Close an alert, pressed under its own message."""

    alert: int


@dataclass(frozen=True, slots=True)
class AcknowledgeListed(Button, prefix="oK"):
    """Close an alert, pressed in the list of alerts."""

    alert: int
    page: int


@dataclass(frozen=True, slots=True)
class ShowJumps(Button, prefix="oj"):
    """A page of the price jumps that wait for a yes."""

    page: int


@dataclass(frozen=True, slots=True)
class AgreeOne(Button, prefix="oj1"):
    """Agree to one new price; `mark` stands for exactly that price."""

    service: int
    mark: str
    page: int


@dataclass(frozen=True, slots=True)
class AskAgreeAll(Button, prefix="oja"):
    """Show what agreeing to all new prices means; `mark` stands for exactly these."""

    mark: str


@dataclass(frozen=True, slots=True)
class AgreeAll(Button, prefix="ojA"):
    """Agree to all new prices that `mark` stands for."""

    mark: str


@dataclass(frozen=True, slots=True)
class ShowCharges(Button, prefix="og"):
    """A page of the services whose panel took another amount than computed."""

    page: int


@dataclass(frozen=True, slots=True)
class AgreeCharge(Button, prefix="ogA"):
    """Sell such a service again; `mark` stands for exactly what was found."""

    service: int
    mark: str
    page: int


@dataclass(frozen=True, slots=True)
class Ticket(Button, prefix="ot"):
    """Marks the message that holds a customer's question: replying to it answers."""

    ticket: int


@dataclass(frozen=True, slots=True)
class MoveMoney(Button, prefix="om"):
    """Confirm a large credit or debit; the command's update is the key under which it moves once."""

    update: int
    customer: int
    micros: int
    credit: int


@dataclass(frozen=True, slots=True)
class DropMoney(Button, prefix="ox"):
    """Leave a large credit or debit undone."""

    update: int


# The desk itself ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AskFor(Button, prefix="oq"):
    """Ask for what a command takes in writing; `what` is a step of the desk's conversation."""

    what: str


@dataclass(frozen=True, slots=True)
class AskMoney(Button, prefix="oqm"):
    """Ask for the amount and the reason of a credit or debit of one customer."""

    customer: int
    credit: int


@dataclass(frozen=True, slots=True)
class ShowAudit(Button, prefix="oi"):
    """The ledger's invariants and the last acts."""


@dataclass(frozen=True, slots=True)
class AskBan(Button, prefix="ob"):
    """Show what banning a customer means."""

    customer: int


@dataclass(frozen=True, slots=True)
class Ban(Button, prefix="obB"):
    """Ban a customer; `update` is the question's, which keeps the reason."""

    customer: int
    update: int


@dataclass(frozen=True, slots=True)
class Unban(Button, prefix="obu"):
    """Let a customer order again."""

    customer: int


@dataclass(frozen=True, slots=True)
class ShowMaintenance(Button, prefix="oz"):
    """Whether the shop takes orders, and what changing that means."""


@dataclass(frozen=True, slots=True)
class SetMaintenance(Button, prefix="ozZ"):
    """Begin (1) or end (0) the maintenance."""

    on: int


# Broadcasts ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShowBroadcast(Button, prefix="ow"):
    """A broadcast as it stands; 0 stands for the live one, and a new one where none is live."""

    broadcast: int


@dataclass(frozen=True, slots=True)
class SendBroadcast(Button, prefix="owS"):
    """Begin to send a draft."""

    broadcast: int


@dataclass(frozen=True, slots=True)
class ChangeBroadcast(Button, prefix="owc"):
    """Write another text in place of a draft."""

    broadcast: int


@dataclass(frozen=True, slots=True)
class DropBroadcast(Button, prefix="owx"):
    """Forget a draft."""

    broadcast: int


@dataclass(frozen=True, slots=True)
class PauseBroadcast(Button, prefix="owp"):
    """Send no more for now."""

    broadcast: int


@dataclass(frozen=True, slots=True)
class ResumeBroadcast(Button, prefix="owr"):
    """Go on after a pause."""

    broadcast: int


@dataclass(frozen=True, slots=True)
class StopBroadcast(Button, prefix="owE"):
    """End it for good."""

    broadcast: int


# Statistics ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShowStats(Button, prefix="ov"):
    """A view of the last so many days."""

    view: str
    days: int
