"""The simulator's own machinery: the same seed is the same world, and a law that is broken is told."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from prove.row import Share, Size
from prove.simulation import schedules
from prove.simulation.database import Disk, Snapshot, blank_disk, written
from prove.simulation.image import image
from prove.simulation.laws import CHECKED, Laws
from prove.simulation.schedules import play
from prove.simulation.world import Told, World

SEED = 20_261


def told(hash_seed: str) -> str:
    words = [sys.executable, "-m", "prove.simulation", "--seed", str(SEED), "--schedule", "3", "--count", "2"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(words, capture_output=True, text=True, check=True, env=environment).stdout


def test_the_same_schedule_is_the_same_story_in_every_process() -> None:
    assert told("1") == told("77")


def test_a_schedule_holds_and_tells_what_it_went_through() -> None:
    first, again = play(SEED, 1), play(SEED, 1, trace=True)
    assert first.broken == ()
    assert first.mark == again.mark
    assert first.crashes >= 3
    assert first.commits > first.orders > 0
    assert any("is killed" in line for line in again.story)


def test_a_share_in_which_too_little_goes_wrong_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calm = Told((), "", (), crashes=5, faults=9, commits=90, unknowns=1, orders=4)
    monkeypatch.setattr(schedules, "play", lambda *_: calm)
    share = Share("simulation", Size.SHORT, 0, 0, 100, SEED, tmp_path)
    assert schedules.run(share).broken == ("900 faults in 100 schedules, where there must be 10 for each",)


def test_what_a_statement_writes_to_is_read_from_its_text() -> None:
    assert written("UPDATE orders SET state = $1") == {"orders"}
    assert written("INSERT INTO notices (key) VALUES ($1) ON CONFLICT (key) DO UPDATE SET version = 1") == {"notices"}
    assert written("DELETE FROM quotes WHERE token = $1") == {"quotes"}


def test_a_reader_is_refused_what_would_write() -> None:
    disk = blank_disk()
    disk.execute("CREATE TABLE things (name TEXT)")
    reader = Snapshot(disk)
    assert reader.execute("SELECT COUNT(*) FROM things").fetchone() == (0,)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM things")


def laws() -> tuple[Laws, Disk]:
    world = World(SEED, 0, image())
    return world.laws, world.disk


def test_a_check_looks_when_one_of_its_tables_was_written() -> None:
    held, disk = laws()
    disk.execute("UPDATE accounts SET balance = balance + 1 WHERE customer_id IS NOT NULL")
    held.committed(frozenset({"notices"}))
    assert held.broken == []
    held.committed(frozenset({"accounts", "notices"}))
    assert {text.split(" ")[0] for text in held.broken} >= {"L1", "L2"}


def test_every_check_looks_now_and_then_whatever_was_written() -> None:
    held, disk = laws()
    disk.execute("UPDATE accounts SET balance = balance + 1 WHERE customer_id IS NOT NULL")
    for _ in range(50):
        held.committed(frozenset({"notices"}))
    assert held.broken


def test_the_tables_a_check_looks_at_are_read_from_its_text() -> None:
    tables = {check.name: tables for tables, check in CHECKED}
    assert tables["L1"] == {"accounts"}
    assert tables["L8"] == {"orders", "attempts", "transfers"}
    assert tables["L11"] == {"orders", "attempts", "quotes"}
    assert all(tables.values())
