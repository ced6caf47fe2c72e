"""The pages that say the same to everybody: the shop's standard texts, or what an operator wrote in their place."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

_TAG: Final = re.compile(r"<[^>]*>")


class PageName(StrEnum):
    """The pages there are: each is a command of this name, and its standard text is `page.<name>`."""

    TERMS = "terms"
    PRIVACY = "privacy"
    PAYSUPPORT = "paysupport"


#: How long a page may be, by Telegram's count: a message takes 4096, and that about payments has more below its text.
LIMITS: Final[Mapping[PageName, int]] = {PageName.TERMS: 4000, PageName.PRIVACY: 4000, PageName.PAYSUPPORT: 1500}


@dataclass(frozen=True, slots=True)
class OwnPage:
    """What an operator wrote for a page in one language."""

    name: PageName
    language: str
    #: Telegram's HTML.
    text: str
    changed_by: int
    changed_at: datetime


def seen(text: str) -> str:
    """What is seen of a text of Telegram's HTML."""
    return html.unescape(_TAG.sub("", text))


def length(text: str) -> int:
    """How long Telegram finds it: in UTF-16 units of what is seen."""
    return len(seen(text).encode("utf-16-le", "surrogatepass")) // 2
