"""Text that others wrote, made fit to show and to store."""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import Final

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
#: Joins emoji and shapes Arabic and Indic letters; harmless, and names look broken without it.
_KEPT_FORMAT: Final = frozenset({"\u200d", "\u200c"})
#: What joins nothing at either end, and alone would make a name that nobody sees.
_STRIPPED: Final = " \u200d\u200c"
#: NUL and halves of surrogate pairs: no database and no panel takes them.
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
#: Those, the other controls but tab and line feed, and marks that turn the direction of what follows.
_UNSENDABLE: Final = re.compile("[\0-\x08\x0b-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def plain_name(raw: str, limit: int = 200) -> str:
    """One line fit to show: no control or direction characters, single spaces, capped."""
    kept = "".join(" " if c in "\r\n\t" else c for c in raw if _shown(c) or c in "\r\n\t")
    return " ".join(kept.split())[:limit].strip(_STRIPPED)


def sendable(raw: str) -> str:
    """A person's text without what no database takes and what would garble the rest of a screen; lines stay."""
    return harmless(raw).strip()


def harmless(raw: str) -> str:
    """The same with the blanks around it: what a value within a sentence must not hold, whoever wrote it."""
    return _UNSENDABLE.sub("", raw)


def is_storable(raw: str) -> bool:
    """Whether a text can be stored and sent on as it is."""
    return _UNSTORABLE.search(raw) is None


def decoded(data: bytes) -> str | None:
    """What a text file says: UTF-8, or UTF-16 with the mark that Windows puts at its start; None for anything else."""
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _shown(character: str) -> bool:
    return unicodedata.category(character) not in _INVISIBLE or character in _KEPT_FORMAT
