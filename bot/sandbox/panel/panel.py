"""One sandbox panel: everything it knows, in one bundle."""

import asyncio
from dataclasses import dataclass, field

from bot.sandbox.panel.account import Account
from bot.sandbox.panel.amounts import parse_amount
from bot.sandbox.panel.catalogue import Catalogue
from bot.sandbox.panel.config import PanelConfig
from bot.sandbox.panel.dialects import CAPABILITIES, Capabilities
from bot.sandbox.panel.faults import Faults
from bot.sandbox.panel.generation import generate
from bot.sandbox.panel.inputs import Form
from bot.sandbox.panel.journal import Entry, Journal
from bot.sandbox.panel.steps import Clock, Steps


@dataclass(frozen=True, slots=True)
class Late:
    """A request whose client is gone and which is carried out at a moment in unix seconds."""

    due: float
    form: Form
    entry: Entry


@dataclass(slots=True)
class Panel:
    """The state behind one API address."""

    config: PanelConfig
    can: Capabilities
    catalogue: Catalogue
    steps: Steps
    account: Account
    faults: Faults = field(default_factory=Faults)
    journal: Journal = field(default_factory=Journal)
    late: list[Late] = field(default_factory=list)
    #: set when the server stops, so that nobody is kept waiting
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    #: the encoded `services` answer and the catalogue version it shows
    encoded_services: tuple[int, bytes] | None = None


def new_panel(config: PanelConfig, clock: Clock) -> Panel:
    """A panel at its start; ValueError for a configuration whose amounts are no numbers."""
    catalogue = Catalogue(generate(config, config.services))
    steps = Steps(clock, config.seconds_per_step)
    balance = parse_amount(config.balance)
    account = Account(catalogue, steps, balance, config.first_order, config.seed)
    return Panel(config, CAPABILITIES[config.dialect], catalogue, steps, account)
