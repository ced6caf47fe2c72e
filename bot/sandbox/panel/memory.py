"""What a panel remembers between two runs: everything but its faults, requests they hold back, and its journal."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from bot.sandbox.memory import Memory
from bot.sandbox.panel.catalogue import Change
from bot.sandbox.panel.generation import generate
from bot.sandbox.panel.orders import Order
from bot.sandbox.panel.panel import Panel
from bot.sandbox.panel.refills import Refill

#: Ids left out after a restart: more than a panel gives away in the second a killed one may have forgotten.
IDS_SKIPPED: Final = 1000


@dataclass(frozen=True, slots=True)
class SavedPanel:
    """The file; another `format` than this is not read."""

    format: Literal[1]
    #: units of 10^-5
    balance: int
    orders: list[Order]
    refills: list[Refill]
    next_order: int
    next_refill: int
    services: int
    changes: dict[int, Change]
    steps_made: int
    #: unix seconds; the panel's time goes on while nobody serves it
    steps_since: float
    seconds_per_step: float | None


def panel_memory(panel: Panel, path: Path) -> Memory[SavedPanel]:
    """The memory of one panel in a file of its own."""
    return Memory(path, SavedPanel, lambda: _snapshot(panel), lambda saved: _restore(panel, saved))


def _snapshot(panel: Panel) -> SavedPanel:
    account, steps = panel.account, panel.steps
    return SavedPanel(
        format=1,
        balance=account.balance,
        orders=list(account.orders.values()),
        refills=list(account.refills.values()),
        next_order=account.next_order,
        next_refill=account.next_refill,
        services=panel.catalogue.generated,
        changes=panel.catalogue.changes,
        steps_made=steps.made,
        steps_since=steps.since,
        seconds_per_step=steps.seconds_per_step,
    )


def _restore(panel: Panel, saved: SavedPanel) -> None:
    account, steps = panel.account, panel.steps
    account.balance = saved.balance
    account.take_over(saved.orders, saved.refills)
    account.next_order = saved.next_order + IDS_SKIPPED
    account.next_refill = saved.next_refill + IDS_SKIPPED
    if saved.services != panel.catalogue.generated:
        panel.catalogue.regenerate(generate(panel.config, saved.services))
    panel.catalogue.change(saved.changes)
    steps.made, steps.since, steps.seconds_per_step = saved.steps_made, saved.steps_since, saved.seconds_per_step
