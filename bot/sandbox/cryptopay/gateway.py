"""One sandbox gateway: everything it knows, in one bundle."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from bot.sandbox.cryptopay.book import Book, new_book
from bot.sandbox.cryptopay.config import Clock, CryptoPayConfig
from bot.sandbox.cryptopay.faults import Faults
from bot.sandbox.cryptopay.webhook import Sender

_JOURNAL_KEPT: Final = 2_000


@dataclass(slots=True)
class Gateway:
    """The state behind one API address."""

    config: CryptoPayConfig
    clock: Clock
    book: Book
    sender: Sender
    faults: Faults = field(default_factory=Faults)
    #: the last requests: their method and fields, never the token
    journal: deque[tuple[str, Mapping[str, str]]] = field(default_factory=lambda: deque(maxlen=_JOURNAL_KEPT))


#: Where an application keeps its gateway.
GATEWAY: Final = web.AppKey("gateway", Gateway)


def new_gateway(config: CryptoPayConfig, clock: Clock) -> Gateway:
    """A gateway at its start."""
    book = new_book(config)
    return Gateway(config, clock, book, Sender(book, clock))
