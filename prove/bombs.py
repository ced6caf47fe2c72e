"""Row "bombs": replies made to exhaust memory or time, each through the real client in a process of its own."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from bot.panels.client import PanelClient
from bot.panels.dialects import Capabilities
from bot.panels.errors import PanelError
from bot.panels.limits import Limits
from bot.wire.exchange import Bounds, open_http
from prove.asking import call
from prove.bomb_makers import BOMBS, Bomb
from prove.raw import ORDER
from prove.row import Share, Tally

_MEGABYTE: Final = 1_000_000
#: What a call may take at most. A catalogue may be 32 MiB long, and while it is read there are copies of it.
_MOST: Final = 10 * _MEGABYTE
_MOST_OF_A_CATALOGUE: Final = 200 * _MEGABYTE
_MOST_SECONDS: Final = 5.0
#: The slow ones end at a deadline; it is short here.
_DEADLINE: Final = Bounds(total_seconds=0.5)
_SOON: Final = Limits(add=_DEADLINE, batch=_DEADLINE)


def run(share: Share) -> Tally:
    """Let every one of them go off."""
    broken: list[str] = []
    worst: dict[bool, int] = {True: 0, False: 0}
    with _panel() as urls:
        for bomb in BOMBS[share.first : share.first + share.count]:
            peak, kept, seconds, told = _apart(bomb, urls[f"{bomb.name} in {bomb.action}"])
            catalogue = bomb.action == "services"
            worst[catalogue] = max(worst[catalogue], peak)
            said = f"{bomb.name} in {bomb.action}: {told}, {peak:,} B at the most, {kept:,} B kept, {seconds:.1f} s"
            if peak >= (_MOST_OF_A_CATALOGUE if catalogue else _MOST) or kept >= _MOST or seconds >= _MOST_SECONDS:
                broken.append(f"too much: {said}")
            elif told not in bomb.told:
                broken.append(f"not {' or '.join(bomb.told)}: {said}")
    figures = {"kB at most": worst[False] // 1000, "kB at most for a catalogue": worst[True] // 1000}
    return Tally(share.count, tuple(broken), figures)


@contextmanager
def _panel() -> Iterator[dict[str, str]]:
    """The hostile panel in a process of its own; its addresses by the bombs' names."""
    words = [sys.executable, "-c", "from prove import bomb_makers; bomb_makers.main()"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as panel:  # noqa: S603 - this very program
        try:
            yield json.loads(panel.stdout.readline() if panel.stdout else "{}")
        finally:
            panel.terminate()


def _apart(bomb: Bomb, url: str) -> tuple[int, int, float, str]:
    """Call in a child of this process, so that nobody's memory was used before; what it took and what came of it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.write(writing, json.dumps(asyncio.run(_call(bomb, url))).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    if not answer:
        return 0, 0, 0.0, "the process died"
    peak, kept, seconds, told = json.loads(answer)
    return peak, kept, seconds, told


async def _call(bomb: Bomb, url: str) -> tuple[int, int, float, str]:
    http = open_http()
    client = PanelClient("nord", url, SecretStr("a-panel-key"), http, Capabilities(), _SOON if bomb.slow else Limits())
    ids = [str(int(ORDER) + more) for more in range(bomb.ids)]
    await _told(lambda: call(client, "balance", ()))  # what a first call loads is not the bomb's
    if bomb.action == "services":
        await _told(lambda: call(client, bomb.action, ids))  # the client keeps a catalogue's rows, once
    _tidy()
    _forget_peak()
    before, begun = _memory("VmRSS"), time.monotonic()
    told = await _told(lambda: call(client, bomb.action, ids))
    seconds = time.monotonic() - begun
    peak = _memory("VmHWM") - before
    _tidy()
    kept = _memory("VmRSS") - before
    await http.aclose()
    return max(peak, 0), max(kept, 0), round(seconds, 2), told


async def _told(ask: Callable[[], Awaitable[object]]) -> str:
    """What came of it, in one word."""
    try:
        answer = await ask()
    except PanelError as error:
        return f"{type(error).__name__.lower()} {getattr(error, 'reason', None) or getattr(error, 'kind', '')}"
    except Exception as error:  # noqa: BLE001 - whatever else is raised breaks the promise
        return f"raised {type(error).__name__}"
    reason = getattr(answer, "reason", None) or getattr(answer, "kind", None)
    return f"{type(answer).__name__.lower()} {reason}" if reason else type(answer).__name__.lower()


def _tidy() -> None:
    """Give back what nobody holds: also the allocator's own spare room, which is no growth."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _memory(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) * 1024 if found else 0
