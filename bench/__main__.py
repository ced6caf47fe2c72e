"""`python -m bench [P1 P5 …] [--quick]`: measures, prints one table; a whole run also writes docs/PERFORMANCE.md."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import uvloop

from bench import footprint, paper, placing, rounds, talks
from bench.figures import HEAD, Found, Unmeasured, rows_of, table
from bench.ground import QUICK, Ground, Size, ground
from bench.machine import machine

PARTS: Final[Mapping[str, Callable[[Ground], Awaitable[Found]]]] = {
    "P1": talks.whole_flow,
    "P2": talks.far_away,
    "P3": talks.patience,
    "P4": talks.crowds,
    "P5": placing.placing,
    "P6": rounds.catalogue,
    "P7": rounds.statuses,
    "P8": footprint.footprint,
}


async def measure(names: Sequence[str], size: Size) -> dict[str, Found | str]:
    """What each part found, or why it could not be measured."""
    found: dict[str, Found | str] = {}
    async with ground(size) as place:
        for name in names:
            begun = time.perf_counter()
            print(f"{name}: {(PARTS[name].__doc__ or '').partition(': ')[2]}", file=sys.stderr, flush=True)
            try:
                found[name] = await PARTS[name](place)
            except Unmeasured as reason:
                found[name] = str(reason)
            except Exception as error:  # noqa: BLE001 - one part that breaks is told as failed, and the others go on
                traceback.print_exc()
                found[name] = f"{type(error).__name__}, see above"
            for figure in getattr(found[name], "figures", ()):
                print(f"    {figure.what}: {figure.result:.2f} {figure.verdict}", file=sys.stderr)
            print(f"    {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
    return found


def report(found: Mapping[str, Found | str]) -> str:
    """Everything for the eye."""
    rows = [HEAD]
    for name, part in found.items():
        rows.extend(rows_of(name, part) if isinstance(part, Found) else [[name, part, "", "", "", "", "FAILED"]])
    parts = [part for part in found.values() if isinstance(part, Found)]
    below = [str(curve) for part in parts for curve in part.curves] + [text for part in parts for text in part.remarks]
    return "\n".join([machine(), "", table(rows), "", *below])


def main() -> int:
    """Measure what was asked for; 1 where a part failed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="The shop's speed against floors.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"some of {' '.join(PARTS)}; all where none is named")
    parser.add_argument("--quick", action="store_true", help="short runs: to see that it works, not to quote")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    names = [name for name in PARTS if not options.parts or name in options.parts]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(measure(names, QUICK if options.quick else Size()))
    print(report(found))
    if len(names) == len(PARTS) and not options.quick:
        paper.write(found)
    return 1 if any(isinstance(part, str) for part in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
