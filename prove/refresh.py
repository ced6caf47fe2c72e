"""`python -m prove.refresh [MUTANT ...]`: find schedules that kill each mutant on this tree, for `prove.killing.KNOWN`.

To be run when the engine changed and a mutant lives through the schedules known to kill it. A mutant that lives
through everything that is tried is printed with what there is, which may be nothing: then the simulator is blind to it.
"""

from __future__ import annotations

import sys

from prove.killing import KNOWN, KNOWN_SEED, apart, warm_up
from prove.mutant import SIMULATION
from prove.mutants import MUTANTS, named

_WANTED = 3
_TRIED_MOST = 400


def kills_of(name: str) -> tuple[int, ...]:
    """Schedules that kill a mutant: those known before first, then in their order."""
    before = KNOWN.get(name, ())
    left = [*before, *(number for number in range(_TRIED_MOST) if number not in before)]
    found: list[int] = []
    while left and len(found) < _WANTED:
        killed = apart(named(name), KNOWN_SEED, tuple(left))
        if killed is None:
            break
        found.append(killed)
        left = left[left.index(killed) + 1 :]
    return tuple(found)


def main() -> int:
    """Print the lines; 1 where a mutant lives."""
    warm_up()
    lives = False
    for name in sys.argv[1:] or [mutant.name for mutant in MUTANTS if mutant.row == SIMULATION]:
        found = kills_of(name)
        lives = lives or not found
        print(f'    "{name}": {found},', flush=True)
    return int(lives)


if __name__ == "__main__":
    sys.exit(main())
