"""Row "replies": mutated replies to every action, judged by a second reading; and replies labelled by hand."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from bot.panels.errors import PanelError
from bot.panels.outcomes import Placed
from prove import oracle
from prove.asking import Parrot, heard, told
from prove.mutating import mutated
from prove.row import Share, Tally

_FIXTURES: Final = Path(__file__).parent / "fixtures"
_STATUSES: Final = (200,) * 12 + (201, 202, 204, 301, 302, 400, 401, 403, 404, 422, 429, 500, 502, 503)
_LONGEST_SEED: Final = 2000
_SHOWN: Final = 300
_ONE_IN: Final = 10


@dataclass(frozen=True, slots=True)
class Labelled:
    """One reply and what it means, by hand."""

    name: str
    action: str
    ids: tuple[str, ...]
    status: int
    body: bytes
    outcome: str


@cache
def labelled() -> tuple[Labelled, ...]:
    """Every labelled reply: to `add` first, then to the other actions."""
    rows = _read("add_replies.json") + _read("other_replies.json")
    return tuple(
        Labelled(row["name"], row.get("action", "add"), tuple(row.get("ids", ())), row["status"], _body(row),
                 row["outcome"])
        for row in rows
    )  # fmt: skip


def _read(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((_FIXTURES / name).read_text(encoding="utf-8"))
    return found


def _body(row: dict[str, Any]) -> bytes:
    return bytes.fromhex(row["hex"]) if "hex" in row else row["body"].encode("utf-8", "surrogatepass")


def run_labelled(share: Share) -> Tally:
    """Every labelled reply through the client."""
    return asyncio.run(_labelled(share))


async def _labelled(share: Share) -> Tally:
    logging.disable(logging.WARNING)
    parrot, broken = Parrot(), []
    for reply in labelled()[share.first : share.first + share.count]:
        said = told(await heard(parrot, reply.action, reply.ids, reply.status, reply.body))
        if said != reply.outcome:
            broken.append(f"{reply.action}, {reply.name}: {said}, not {reply.outcome}")
    await parrot.close()
    return Tally(share.count, tuple(broken))


def run(share: Share) -> Tally:
    """Mutate and judge; each reply follows from the seed and its number."""
    return asyncio.run(_run(share))


async def _run(share: Share) -> Tally:
    logging.disable(logging.WARNING)
    parrot, broken = Parrot(), []
    believed: Counter[str] = Counter()
    for number in range(share.first, share.first + share.count):
        chance = share.chance(number)
        seed, status, body = made(chance)
        try:
            thin = bool(number % _ONE_IN)
            answer = await heard(parrot, seed.action, seed.ids, status, body, through_httpx=not thin)
        except Exception as error:  # noqa: BLE001 - nothing but what is documented may be raised
            problem: str | None = f"raised {error!r}"
        else:
            problem = judged(seed, status, body, answer, parrot.calls)
            believed["believed"] += not isinstance(answer, PanelError) and not told(answer).startswith("lost")
        if problem:
            shown = f"{seed.action} {' '.join(seed.ids)}, HTTP {status}, {body[:_SHOWN]!r}"
            broken.append(f"reply {number}, seed {share.seed}: {problem}: {shown}")
    await parrot.close()
    return Tally(share.count, tuple(broken), dict(believed))


def made(chance: random.Random) -> tuple[Labelled, int, bytes]:
    """A seed, an HTTP status and a mutated body."""
    seeds = _seeds()
    seed = seeds[chance.choice(sorted(seeds))]
    chosen = chance.choice(seed)
    status = chosen.status if chance.random() < 0.5 else chance.choice(_STATUSES)
    return chosen, status, mutated(chosen.body, [each.body for each in seed], chance)


@cache
def _seeds() -> dict[str, list[Labelled]]:
    found: dict[str, list[Labelled]] = {}
    for reply in labelled():
        if len(reply.body) <= _LONGEST_SEED:
            found.setdefault(reply.action, []).append(reply)
    return found


def judged(seed: Labelled, status: int, body: bytes, answer: object, calls: int) -> str | None:
    """What is wrong about an answer; None where nothing is."""
    if seed.action == "add":
        plain = oracle.must_place(status, body)
        if plain and not (isinstance(answer, Placed) and answer.upstream_id == plain):
            return "a plain confirmation was not believed"
    if isinstance(answer, PanelError):
        return "raised by add" if seed.action == "add" else None
    single = calls > 1 or len(seed.ids) == 1
    return oracle.wrong(seed.action, list(seed.ids), status, body, answer, calls if single else 0)
