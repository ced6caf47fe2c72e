"""Look for keys, tokens and passwords in every file of the repository; no network, and nothing found is printed.

`.secrets.baseline` holds the hash of each made-up one that tests and papers use, in detect-secrets' own form. A value
that was looked at once may stand anywhere; anything else fails. `--accept` writes the baseline anew: read its
difference before you commit it, for whatever it lists has been called harmless by you.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

HOME: Final = Path(__file__).parent.parent
BASELINE: Final = HOME / ".secrets.baseline"
#: Pictures hold no text; the baseline and the pinned requirements hold hashes.
_SKIPPED: Final = (".png", ".svg")
_PINNED: Final = Path("requirements")
_GENERATED: Final = {".git", ".venv", "__pycache__", ".demo", ".prove", "build", "dist"}


def main() -> int:
    """Scan; 1 when something was found that nobody looked at."""
    accepted = json.loads(BASELINE.read_text(encoding="utf-8"))
    found = scan(accepted, [str(path) for path in files()])
    if "--accept" in sys.argv[1:]:
        BASELINE.write_text(json.dumps({**accepted, "results": found}, indent=2) + "\n", encoding="utf-8")
        sys.stdout.write(f"secret scan: {sum(map(len, found.values()))} values accepted in {len(found)} files\n")
        return 0
    problems = list(unknown(accepted["results"], found))
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    sys.stdout.write(f"secret scan: {len(problems)} new values that look like secrets\n")
    return 1 if problems else 0


def scan(baseline: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """What looks like a secret, by file: its kind, its line and its hash; with the baseline's plugins and filters."""
    with transient_settings({key: baseline[key] for key in ("plugins_used", "filters_used")}):
        found = SecretsCollection(root=str(HOME))
        found.scan_files(*names)
        # The tool names each file by its place on this machine; the baseline is everybody's.
        return {name: [{**secret, "filename": name} for secret in secrets] for name, secrets in found.json().items()}


def unknown(accepted: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    """A line for each value whose hash the baseline does not hold."""
    known = {secret["hashed_secret"] for secrets in accepted.values() for secret in secrets}
    for name, secrets in sorted(found.items()):
        for secret in secrets:
            if secret["hashed_secret"] not in known:
                yield f"{name}:{secret['line_number']}: {secret['type']}"


def files() -> Iterator[Path]:
    """Every file of the repository, also those not committed yet; without git, all that nobody generated."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
            cwd=HOME, capture_output=True, text=True, check=True,
        ).stdout.split("\0")  # fmt: skip
        paths = [Path(name) for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path.relative_to(HOME) for path in HOME.rglob("*") if not _GENERATED & set(path.parts)]
    for path in sorted(paths):
        pinned = path.parent == _PINNED and path.suffix == ".txt"
        if (HOME / path).is_file() and path.suffix not in _SKIPPED and path.name != BASELINE.name and not pinned:
            yield path


if __name__ == "__main__":
    raise SystemExit(main())
