"""Mutants break the source that there is, and the simulator turns red on one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from prove.killing import shows
from prove.mutant import Mutant
from prove.mutants import MUTANTS, mutated, named, turn_on
from prove.registry import named as row_named
from prove.row import Size


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_every_snippet_is_in_its_module_exactly_once(mutant: Mutant) -> None:
    for module in {edit.module: edit for edit in mutant.edits}.values():
        text = mutated(mutant, module.module, module.path.read_text())
        compile(text, module.module, "exec")


def test_every_mutant_is_in_the_row() -> None:
    row = row_named("mutants")
    assert set(row.targets.values()) == {len(MUTANTS)}
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 20
    assert row.shares[Size.LONG] <= len(MUTANTS)


def test_a_mutant_is_refused_once_its_modules_are_imported() -> None:
    import bot.engine.ordering  # noqa: F401 - that it is there is what this is about

    with pytest.raises(RuntimeError, match=r"bot\.engine\.ordering"):
        turn_on("debit-after-post")
    with pytest.raises(LookupError):
        named("no-such-mutant")


def test_a_mutant_that_stumbles_over_its_own_text_was_not_seen() -> None:
    assert not shows(("a poller met NameError: name 'wallet' is not defined",))
    assert shows(("a poller met NameError: x", "L5 (what a customer has held …): user:1001:held"))


def test_the_simulator_sees_a_mutant() -> None:
    words = [sys.executable, "-m", "prove.simulation", "--seed", "20261", "--mutant", "no-lease"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 1
    assert "is sent and stands as reserved" in done.stdout
