"""What one sandbox panel is made of, fixed before it starts."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Dialect(StrEnum):
    """The panels whose documented answers the sandbox gives."""

    MARKENETS = "markenets"  # the older edition: no cancel, no lists of refills
    FIXEDMEMBER = "fixedmember"
    SOSYALZIRVEMEDYA = "sosyalzirvemedya"


@dataclass(frozen=True, slots=True)
class PanelConfig:
    """One sandbox panel: two equal configurations give two equal panels."""

    name: str
    dialect: Dialect
    key: str
    seed: int
    #: how many services the catalogue starts with
    services: int = 60
    currency: str = "USD"
    #: what the key's account holds at the start, in `currency`
    balance: str = "100.00"
    #: how long one step of an order lasts; None: steps are made by hand only
    seconds_per_step: float | None = 1.0
    #: every generated rate is multiplied by this decimal number
    rate_multiplier: str = "1"
    #: order ids count up from here
    first_order: int = 23501
    #: the file in which the panel keeps its state between two runs; None: it forgets
    memory: Path | None = None
