"""One schedule: a shop, its panel, Telegram and people, and everything that may go wrong, all from one seed."""

from __future__ import annotations

import hashlib
import logging
import random
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from prove.simulation.database import Disk, Killed, blank_disk
from prove.simulation.laws import Laws
from prove.simulation.loop import ProcessLoop, Turns
from prove.simulation.panel import PROOFS, Panel, PanelWire
from prove.simulation.people import SPAN, People
from prove.simulation.process import TERMS, Process
from prove.simulation.telegram import Message, Telegram, TelegramWire
from storage.errors import StorageError
from storage.receipts import Receipt

START: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_DAY: Final = 86_400.0
#: Until then every story of the panel has been told, and every correction after an end read twice.
LONG_ENOUGH: Final = 11_000.0
#: Nobody acts any more: pollers may look this seldom. What waits for a deadline counts no more of a longer leap.
_QUIET_LEAP: Final = 600.0
_LEAPS: Final = ((0.0, 4), (0.5, 3), (5.0, 4), (30.0, 5), (90.0, 2))
_DISK_ERRORS: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY)
#: A schedule that gives so many turns goes round in circles.
_TURNS_MOST: Final = 400_000


@dataclass(slots=True)
class Plan:
    """How a process is to die."""

    kind: str
    left: int


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a schedule."""

    broken: tuple[str, ...]
    mark: str
    story: tuple[str, ...]
    crashes: int
    faults: int
    commits: int
    unknowns: int
    orders: int


class World:
    """Everything there is in one schedule."""

    def __init__(self, seed: int, number: int, image: bytes, *, trace: bool = False) -> None:
        logging.disable(logging.CRITICAL)
        self._chance = random.Random(f"{seed}:{number}")
        self.turns = Turns(random.Random(f"{seed}:{number}:turns"))
        self.turns.before = self._before
        self.disk = _disk(image)
        self._sealed = hashlib.sha256()
        self._trace: list[str] | None = [] if trace else None
        self._jump = 0.0
        self._disk_faulty = 0.0
        self.faults = self.crashes = self.budget = 0
        self._running: Process | None = None
        self._processes: dict[ProcessLoop, tuple[Process, Plan]] = {}
        self._count = 0
        self._turns_given = 0
        self._doubled = False
        self._sends_before_take_over = 0
        self._kept: dict[Receipt, None] = {}
        self.panel = Panel(self.turns, self._chance, self.note)
        self.telegram = Telegram(self.turns, self._chance, self.note)
        self.laws = Laws(self.disk, self.panel, self.telegram, TERMS.settle.total_seconds(), TERMS.decimals)
        self.people = People(self.turns, self._chance, self.telegram, self.panel, self.laws)
        self._wire()

    def _wire(self) -> None:
        self.panel.wall = self.laws.wall = lambda: self.turns.now + self._jump
        self.panel.on_add = self._adds
        self.panel.on_taken = self.laws.taken
        self.telegram.on_message = self._message
        self.telegram.on_confirmed = self.laws.confirmed
        self.disk.before_commit = self._before_commit
        self.disk.after_commit = self._after_commit

    def now(self) -> datetime:
        """What the wall's clock shows."""
        return START + timedelta(seconds=round(self.turns.now + self._jump, 3))

    def note(self, text: str) -> None:
        """Add a line to the story."""
        self._sealed.update(f"{self.turns.now:.6f} {text}\n".encode())
        if self._trace is not None:
            self._trace.append(f"{self.turns.now:9.3f} {text}")

    # The schedule -------------------------------------------------------------------------------------

    def run(self) -> Told:
        """From the first start to the last notice."""
        self._trouble()
        self.quiet()
        faults = self.faults + self.panel.faults + self.telegram.faults + self.telegram.stars.faults
        return Told(
            tuple(dict.fromkeys(self.laws.broken)), self._sealed.hexdigest()[:16], tuple(self._trace or ()),
            self.crashes, faults, self.laws.commits, self.laws.unknowns, len(self.laws.orders),
        )  # fmt: skip

    def _trouble(self) -> None:
        chance = self._chance
        self.budget = chance.randint(4, 8)
        self.panel.faulty, self.telegram.faulty = chance.choice((0.1, 0.25, 0.4)), chance.choice((0.02, 0.08, 0.15))
        self._disk_faulty = chance.choice((0.0, 0.0, 0.01, 0.03))
        self.people.begin()
        if chance.random() < 0.35:
            # Some take over while an order is being sent, the others at any time.
            self._sends_before_take_over = chance.choice((1, 1, 2, 3))
            self.turns.later(chance.uniform(20, SPAN), self._take_over)
        if chance.random() < 0.3:
            self.turns.later(chance.uniform(20, SPAN), self._set_clock, chance.choice((_DAY, -_DAY)))
        self._start()
        leaps, weights = zip(*_LEAPS, strict=True)
        end = SPAN + chance.uniform(0, 300)
        while self.turns.now < end and not self.laws.broken:
            self.turns.settle()
            self.turns.leap(chance.choices(leaps, weights)[0])

    def quiet(self) -> None:
        """Nothing goes wrong any more, and time goes on until everything has found its place."""
        self.people.rest()
        self.panel.faulty = self.telegram.faulty = self._disk_faulty = 0.0
        self.budget = 0
        if self.laws.jumped_at >= 0:
            self._jump = _DAY  # what waits for a moment that the wrong clock named must see it come
        self.note("all faults are over")
        for loop in [*self._processes]:
            self._kill(loop, "all is begun anew")
        self.turns.settle()
        self._start()
        end = self.turns.now + LONG_ENOUGH
        while self.turns.now < end and not self.laws.broken:
            self.turns.settle()
            self.turns.leap(_QUIET_LEAP)
        self.turns.settle()
        if not self.laws.broken:
            self.laws.quiet()
        for loop in [*self._processes]:
            loop.kill()
            loop.bury()

    # Life and death -----------------------------------------------------------------------------------

    def _start(self) -> None:
        if any(not loop.dead for loop in self._processes):
            return
        self._launch()

    def _launch(self) -> None:
        chance = self._chance
        self._count += 1
        loop = ProcessLoop(self.turns, f"run {self._count}", self._unheard)  # type: ignore[abstract]  # all that asyncio asks for is there
        process = Process(
            loop.name, loop, self.disk, self._kept,
            panel=PanelWire(self.panel, self.turns, loop, chance, self._kill_if_allowed),
            telegram=self.telegram,
            wire=TelegramWire(self.telegram, self.turns, loop, chance, self._kill_if_allowed),
            chance=chance, wall=self.now, trouble=self._disk_refuses, odd=self._odd,
        )  # fmt: skip
        self._processes[loop] = (process, self._plan())
        self.note(f"{loop.name} starts")
        task = loop.create_task(process.live(), name="main")
        task.add_done_callback(lambda done: self._opened(loop, done))

    def _plan(self) -> Plan:
        chance = self._chance
        if self.budget <= 0:
            return Plan("never", 0)
        kind = chance.choice(("turn", "turn", "before commit", "after commit", "wire"))
        most = {"turn": 500, "before commit": 14, "after commit": 14, "wire": 1}[kind]
        return Plan(kind, chance.randint(1, most))

    def _opened(self, loop: ProcessLoop, done: Any) -> None:  # noqa: ANN401
        if not loop.dead and not done.cancelled() and (error := done.exception()) is not None:
            if not isinstance(error, Exception) or type(error).__module__ != "storage.errors":
                self._odd(f"the start met {type(error).__name__}: {error}")
            self._kill(loop, f"it could not start: {type(error).__name__}")

    def _before(self, loop: ProcessLoop) -> bool:
        self._turns_given += 1
        if self._turns_given > _TURNS_MOST:
            raise RuntimeError("the schedule goes round in circles")
        plan = self._processes[loop][1]
        if plan.kind == "turn":
            plan.left -= 1
            if plan.left <= 0 and self.budget > 0:
                self._kill(loop, "in mid-work")
                return False
        self._running = self._processes[loop][0]
        return True

    def _before_commit(self) -> None:
        if self._disk_refuses():
            error = sqlite3.OperationalError("as the world would have it")
            error.sqlite_errorcode = self._chance.choice(_DISK_ERRORS)
            self.note("the disk refuses a commit")
            raise error
        self._perhaps("before commit")

    def _after_commit(self, touched: frozenset[str]) -> None:
        before = len(self.laws.broken)
        self.laws.committed(touched)
        name = self._running.name if self._running else "?"
        self.note(f"{name} commits {', '.join(sorted(touched))}")
        for text in (*self.laws.changed(), *(f"BROKEN {text}" for text in self.laws.broken[before:])):
            self.note(f"  {text}")
        self._perhaps("after commit")

    def _perhaps(self, kind: str) -> None:
        if self._running is None:
            return
        loop = self._running.loop
        plan = self._processes[loop][1]
        if plan.kind == kind:
            plan.left -= 1
            if plan.left <= 0 and self.budget > 0:
                self._kill(loop, kind)
                raise Killed

    def _kill_if_allowed(self, loop: ProcessLoop, why: str) -> None:
        if self.budget > 0 and not loop.dead:
            self._kill(loop, why)

    def _kill(self, loop: ProcessLoop, why: str) -> None:
        if loop.dead:
            return
        loop.kill()
        self.crashes += 1
        self.budget -= 1
        self.note(f"{loop.name} is killed: {why}")
        self.turns.later(self._chance.choice((0.1, 2.0, 20.0)), self._start)

    def _take_over(self) -> None:
        """Another process starts while the old one does not know that its time is over."""
        old = [loop for loop in self._processes if not loop.dead]
        if len(old) != 1 or not self.people.active or self._doubled:
            return
        self._doubled = True
        self._launch()
        self.turns.later(self._chance.uniform(1, 120), self._end_old, old[0])

    def _end_old(self, loop: ProcessLoop) -> None:
        self._kill(loop, "its time was over")

    def _set_clock(self, seconds: float) -> None:
        if not self.people.active:
            return
        self.faults += 1
        self._jump += seconds
        self.laws.jumped_at = self.turns.now
        self.note(f"the clock is set by {seconds:.0f} s")

    def _disk_refuses(self) -> bool:
        if self._chance.random() >= self._disk_faulty:
            return False
        self.faults += 1
        return True

    def _message(self, message: Message) -> None:
        self.laws.message(message)
        self.people.hear(message)

    def _adds(self, add: Any) -> None:  # noqa: ANN401
        self.note(f"{add.process} sends {add.key}: {add.fate}")
        if self._sends_before_take_over > 0:
            # What proves something is what a run that was superseded must not act upon.
            self._sends_before_take_over -= 3 if add.fate in PROOFS else 1
            if self._sends_before_take_over <= 0:
                self.turns.later(0.0, self._take_over)
        self.laws.add(add)

    def _odd(self, text: str) -> None:
        self.note(f"ODD {text}")
        self.laws.broken.append(text)

    def _unheard(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        # The disk's trouble may reach somebody who was called off meanwhile: that is nobody's defect.
        if isinstance(error, StorageError) or (error is not None and not isinstance(error, Exception)):
            return
        self._odd(f"nobody took {context.get('message')}: {error!r}")


def _disk(image: bytes) -> Disk:
    disk = blank_disk()
    disk.deserialize(image)
    disk.execute("PRAGMA foreign_keys = ON")
    return disk
