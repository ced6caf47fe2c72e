"""`python -m prove.kills.nursery`: reads all of the shop's code once and forks; each child is `panelgram run`.

A child has an environment, a folder and threads of its own: everything that a start makes is made after the fork, only
the second of importing is saved. Told by lines of JSON, tells by lines of JSON.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from typing import Any, Final

from prove.row import MUTANT

_PR_SET_PTRACER: Final = 0x59616D61
_ANYBODY: Final = ctypes.c_ulong(-1)
#: What a start imports by and by; reading it here keeps the children from doing so each for itself.
_READ_BEFORE: Final = ("prove.kills.shop", "aiohttp", "uvloop", "aiosqlite", "telegram.ext", "babel.localedata")


def main() -> None:
    """Fork a child for each order, tell of births and deaths, until the orders end; then no child is left."""
    if mutant := os.environ.get(MUTANT):
        importlib.import_module("prove.mutants").turn_on(mutant)
    for name in _READ_BEFORE:
        importlib.import_module(name)
    gc.freeze()
    woken, wakes = socket.socketpair()
    for end in (woken, wakes):
        end.setblocking(False)  # noqa: FBT003 - the socket's own signature
    signal.set_wakeup_fd(wakes.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    gates: dict[int, int] = {}
    orders = _Lines(sys.stdin.fileno())
    while True:
        ready, _, _ = select.select([orders.file, woken.fileno()], [], [])
        if woken.fileno() in ready:
            with contextlib.suppress(BlockingIOError):
                woken.recv(64)
            _bury(gates)
        if orders.file in ready:
            lines = orders.read()
            if lines is None:
                break
            for line in lines:
                _obey(json.loads(line), gates)
    for pid in gates:
        os.kill(pid, signal.SIGKILL)


class _Lines:
    """Whole lines of what has arrived."""

    def __init__(self, file: int) -> None:
        self.file, self._rest = file, b""

    def read(self) -> list[bytes] | None:
        """The lines that are complete now; None at the end."""
        chunk = os.read(self.file, 65536)
        if not chunk:
            return None
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return lines


def _obey(order: dict[str, Any], gates: dict[int, int]) -> None:
    if "go" in order:
        with contextlib.suppress(BrokenPipeError):  # it may be dead already; its death is told
            os.write(gates[order["go"]], b"!")
        return
    waits, opens = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(opens)
        _live(order, waits)
    os.close(waits)
    gates[pid] = opens
    _tell({"born": pid})


def _bury(gates: dict[int, int]) -> None:
    while gates:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        os.close(gates.pop(pid))
        _tell({"died": pid, "status": os.waitstatus_to_exitcode(status)})


def _tell(fact: dict[str, int]) -> None:
    os.write(sys.stdout.fileno(), json.dumps(fact).encode() + b"\n")


def _live(order: dict[str, Any], gate: int) -> None:
    """Be the process that was ordered, once the gate opens."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANYBODY, 0, 0, 0)  # where only parents may trace
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environment"])
        os.read(gate, 1)
        module, _, function = order["run"].partition(":")
        status = getattr(importlib.import_module(module), function)(order["arguments"])
    except BaseException:  # noqa: BLE001 - a process of its own ends here, whatever happened
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
