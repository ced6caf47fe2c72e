"""A panel that answers at once: `python -m bench.panel <services>` prints its address and serves until it is ended."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from itertools import count
from typing import Final

import uvloop

from bench.wire import Respond, serve

_ACTION: Final = re.compile(rb"(?:^|&)action=(\w+)")
_ORDERS: Final = re.compile(rb"(?:^|&)orders?=([\d%C,]+)")
_PER_CATEGORY: Final = 10
#: In each round of questions, one order in so many has moved on.
_ONE_IN: Final = 10
_KINDS: Final = ("Followers", "Likes", "Views", "Saves", "Shares")


def catalogue(services: int, shift: int = 0) -> list[dict[str, object]]:
    """So many services in the shape panels list them; every hundredth's price is another for another `shift`."""
    return [_service(number, shift if number % 100 == 0 else 0) for number in range(1, services + 1)]


def _service(number: int, shift: int) -> dict[str, object]:
    group = (number - 1) // _PER_CATEGORY + 1
    kind = _KINDS[group % len(_KINDS)]
    return {
        "service": number,
        "name": f"Framely {kind} | plan {number} | 30 days refill | starts at once",
        "type": "Default",
        "category": f"Framely {kind} of collection {group}",
        "rate": f"{0.5 + (number % 400) / 1000 + shift / 10000:.4f}",
        "min": "10",
        "max": "100000",
        "refill": True,
        "cancel": number % 2 == 0,
        "dripfeed": False,
        "description": f"Steady pace, quality {number % 7}.",
    }


class Panel:
    """Takes every order, and says of every one that it is under way."""

    def __init__(self, services: int) -> None:
        self._bodies = [json.dumps(catalogue(services, shift), separators=(",", ":")).encode() for shift in (0, 1)]
        self._turns = count()
        self._rounds = count()
        self._numbers = count(1_000_000)
        self.adds = 0

    def handle(self, path: str, body: bytes, respond: Respond) -> None:
        """Carry out one action; the catalogue's prices change a little each time it is read."""
        found = _ACTION.search(body)
        match found[1] if found else b"":
            case b"add":
                self.adds += 1
                respond(b'{"order":%d}' % next(self._numbers))
            case b"status":
                respond(self._statuses(body))
            case b"services":
                respond(self._bodies[next(self._turns) % 2])
            case b"balance":
                respond(b'{"balance":"1000000.00","currency":"USD"}')
            case b"renumber":  # every service comes back under another id
                self._bodies = [body.replace(b'"service":', b'"service":1') for body in self._bodies]
                respond(b"{}")
            case b"tally":
                respond(b"%d" % self.adds)
            case _:
                respond(b'{"error":"Incorrect request"}')

    def _statuses(self, body: bytes) -> bytes:
        found = _ORDERS.search(body)
        ids = (found[1] if found else b"").replace(b"%2C", b",").split(b",")
        turn = next(self._rounds)
        rows = (
            b'"%b":{"charge":"0.07","start_count":"1200","status":"In progress","remains":"%d","currency":"USD"}'
            % (each, 40 + (turn % 50 if int(each) % _ONE_IN == turn % _ONE_IN else 0))
            for each in ids
        )
        return b"{" + b",".join(rows) + b"}"


async def _main(services: int) -> None:
    async with serve(Panel(services).handle) as url:
        print(url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_main(int(sys.argv[1])))
