"""The JSON examples of the panels' own API pages, in the order of the pages."""

from __future__ import annotations

import json
from pathlib import Path

PAGES = Path(__file__).parent.parent / "fixtures" / "panel_docs"
PANELS = ("markenets", "fixedmember", "sosyalzirvemedya")
_MARK = "Example response"


def examples(panel: str) -> list[bytes]:
    """Each example's own bytes."""
    text = (PAGES / f"{panel}.txt").read_bytes().decode("utf-8")
    found = []
    for part in text.split(_MARK)[1:]:
        example = part.lstrip()
        _, end = json.JSONDecoder().raw_decode(example)
        found.append(example[:end].encode())
    return found
