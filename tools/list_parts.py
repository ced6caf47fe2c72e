"""`make sbom`: the software bill of materials as CycloneDX JSON, made from the pinned requirements without a network.

One component a package, with its version, its purl and every hash its file may have. Source of the form:
https://cyclonedx.org/docs/1.5/json/
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, Final

REQUIREMENTS: Final = Path(__file__).parent.parent / "requirements" / "runtime.txt"
_PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[.*?\])?==([^ ;\\\n]+)", re.MULTILINE)
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def main() -> int:
    """Print the bill, or write it to the file that is named."""
    text = json.dumps(bill(REQUIREMENTS.read_text(encoding="utf-8")), indent=2) + "\n"
    if sys.argv[1:]:
        Path(sys.argv[1]).parent.mkdir(parents=True, exist_ok=True)
        Path(sys.argv[1]).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{sys.argv[1]}: {text.count('purl')} components\n")
    else:
        sys.stdout.write(text)
    return 0


def bill(pinned: str) -> dict[str, Any]:
    """The bill of a set of pinned requirements."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "panelgram"}},
        "components": [_component(*found) for found in _requirements(pinned)],
    }


def _requirements(pinned: str) -> list[tuple[str, str, list[str]]]:
    starts = list(_PINNED.finditer(pinned))
    ends = [start.start() for start in starts[1:]] + [len(pinned)]
    return [
        (start[1].lower(), start[2], _HASH.findall(pinned, start.end(), end))
        for start, end in zip(starts, ends, strict=True)
    ]


def _component(name: str, version: str, hashes: list[str]) -> dict[str, Any]:
    return {
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
        "hashes": [{"alg": "SHA-256", "content": content} for content in hashes],
    }


if __name__ == "__main__":
    raise SystemExit(main())
