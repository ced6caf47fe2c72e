"""Marks: what stands in a button for exactly what was shown, so that a yes covers nothing that came later."""

from __future__ import annotations

import hashlib
from typing import Final

#: Enough that no two things on one desk share one, and short enough for a button.
_CHARACTERS: Final = 12


def of(text: str) -> str:
    """The mark of what a text says in full; another text has another mark."""
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:_CHARACTERS]
