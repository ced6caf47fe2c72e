"""How long and how large an exchange with a panel may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.wire.exchange import Bounds

_KILOBYTE: Final = 1024
_MEGABYTE: Final = 1024 * 1024

#: The protocol's own bound for `orders` and `refills`.
MOST_IDS: Final = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of every action.

    `add` reads long on purpose: panels that ask their own upstream take their time, and every answer that is waited
    for is one order less that nobody can tell the fate of.
    """

    add: Bounds = Bounds(read_seconds=60, total_seconds=90)
    balance: Bounds = Bounds()
    #: status, refill_status, refill and cancel: up to 100 ids
    batch: Bounds = Bounds(body_bytes=_MEGABYTE)
    services: Bounds = Bounds(total_seconds=120, body_bytes=32 * _MEGABYTE)
    #: single calls under way at once, where a panel cannot answer for many ids
    singles_at_once: int = 4
    #: a catalogue larger than this is decoded beside the event loop, not on it
    decode_inline_bytes: int = 128 * _KILOBYTE
