"""The operator's buttons, but for those of decisions and of the catalogue."""

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


@dataclass(frozen=True, slots=True)
class ShowBrake(Button, prefix="ob!"):
    """Whether the brake is on, and what broke."""


@dataclass(frozen=True, slots=True)
class LetGo(Button, prefix="ob!Z"):
    """Let go of the brake, where an audit finds nothing."""


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
