"""`python -m prove.simulation --seed N --schedule N [--count N] [--trace] [--mutant NAME]`: its story."""

from __future__ import annotations

import argparse
import importlib
import sys


def main() -> int:
    """Play some schedules; 1 where a law broke."""
    parser = argparse.ArgumentParser(prog="python -m prove.simulation")
    parser.add_argument("--seed", type=int, default=20_261)
    parser.add_argument("--schedule", type=int, default=0)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--trace", action="store_true", help="tell the story step by step")
    parser.add_argument("--mutant", help="break the shop in a known way first")
    options = parser.parse_args()
    if options.mutant:
        importlib.import_module("prove.mutants").turn_on(options.mutant)
    play = importlib.import_module("prove.simulation.schedules").play
    broken = 0
    for number in range(options.schedule, options.schedule + options.count):
        told = play(options.seed, number, trace=options.trace)
        for line in told.story:
            print(line)
        print(
            f"schedule {number}: {told.orders} orders, {told.crashes} crashes, {told.faults} faults, {told.commits}"
            f" commits, {told.unknowns} unknown, mark {told.mark}"
        )
        for text in told.broken:
            broken += 1
            print(f"  BROKEN: {text}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
