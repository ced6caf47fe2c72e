"""Audit the pinned dependencies for known vulnerabilities.

Fails on an advisory that has a fixed version. One that has none yet is shown and is not fatal, and neither is an
advisory service that cannot be reached from here: both are printed, so that silence is never mistaken for safety.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

REQUIREMENTS = Path(__file__).parent.parent / "requirements" / "runtime.txt"


def main() -> int:
    """Audit; 1 when something can and must be upgraded."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--format", "json"]
    done = subprocess.run([*command, "-r", str(REQUIREMENTS)], capture_output=True, text=True, check=False)  # noqa: S603
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (done.stderr.strip() or "no answer").splitlines()[-1].split(":")[0]
        sys.stdout.write(f"dependency audit: the advisory service gave no answer ({last}); nothing was audited\n")
        return 0
    return report(found)


def report(found: list[dict[str, Any]]) -> int:
    """Print what was found; 1 when an advisory has a fixed version."""
    fatal = False
    skipped = [entry["name"] for entry in found if "skip_reason" in entry]
    for entry in found:
        for advisory in entry.get("vulns", []):
            fixed = ", ".join(advisory["fix_versions"])
            fatal = fatal or bool(fixed)
            sys.stdout.write(
                f"{entry['name']} {entry['version']}: {advisory['id']}, fixed in {fixed or 'no version'}\n"
            )
    sys.stdout.write(f"dependency audit: {len(found) - len(skipped)} of {len(found)} packages audited\n")
    if skipped:
        sys.stdout.write(f"not known to the advisory service: {', '.join(skipped)}\n")
    return 1 if fatal else 0


if __name__ == "__main__":
    raise SystemExit(main())
