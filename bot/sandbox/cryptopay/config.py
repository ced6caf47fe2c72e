"""What a sandbox gateway is made of, fixed before it starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

#: Gives the time, with its zone.
Clock = Callable[[], datetime]


def _coins() -> Mapping[str, str]:
    return {"USDT": "1", "TON": "3.2"}


def _fiats() -> Mapping[str, str]:
    return {"USD": "1", "EUR": "1.08", "GBP": "1.27", "TRY": "0.025", "THB": "0.03"}


@dataclass(frozen=True, slots=True)
class CryptoPayConfig:
    """One app at the gateway."""

    token: str
    name: str = "Sandbox shop"
    #: What a coin, and a unit of a fiat currency, is worth in US dollars: decimal numbers.
    coins: Mapping[str, str] = field(default_factory=_coins)
    fiats: Mapping[str, str] = field(default_factory=_fiats)
    #: What the app has of each coin at the start.
    balance: str = "100"
    #: Where updates go; None until the control API says so.
    webhook: str | None = None
    #: How long an update waits before it is sent once more, in seconds.
    webhook_retry: float = 1.0
    #: The file in which the gateway keeps its state between two runs; None: it forgets.
    memory: Path | None = None
