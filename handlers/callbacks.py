"""Every button of the bot: one frozen type each, packed into Telegram's 64 bytes as ids only.

A button is a claim, not a fact: whoever handles it checks everything again.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar, Final, Self, get_type_hints

DATA_MAX_BYTES: Final = 64
_REGISTRY: Final[dict[str, type[Button]]] = {}


@dataclass(frozen=True, slots=True)
class Button:
    """The root of all buttons; a subclass names its prefix and its ids (int or str)."""

    prefix: ClassVar[str] = ""

    def __init_subclass__(cls, prefix: str = "") -> None:
        # A slotted dataclass is made twice, the second time without the keyword.
        if prefix:
            cls.prefix = prefix
        _REGISTRY[cls.prefix] = cls

    def pack(self) -> str:
        """The button's data as Telegram keeps it."""
        return ":".join([self.prefix, *(str(getattr(self, f.name)) for f in fields(self))])

    @classmethod
    def unpack(cls, words: list[str]) -> Self:
        """The button of packed words; ValueError when they do not fit."""
        hints = get_type_hints(cls)
        names = [f.name for f in fields(cls)]
        if len(words) != len(names):
            raise ValueError("another version's button")
        return cls(**{name: _read(word, hints[name]) for name, word in zip(names, words, strict=True)})


def parse(data: object) -> Button | None:
    """The button somebody pressed, None for anything that is none of ours."""
    if not isinstance(data, str) or len(data.encode(errors="replace")) > DATA_MAX_BYTES:
        return None
    prefix, *words = data.split(":")
    kind = _REGISTRY.get(prefix)
    if kind is None or not prefix:
        return None
    try:
        return kind.unpack(words)
    except ValueError:
        return None


def kinds() -> tuple[type[Button], ...]:
    """Every button there is, for the tests that hold them within Telegram's limits."""
    return tuple(kind for prefix, kind in sorted(_REGISTRY.items()) if prefix)


def _read(word: str, kind: type) -> int | str:
    if kind is int:
        if not (word.isascii() and word.removeprefix("-").isdigit() and len(word) <= 19):
            raise ValueError("not a number")
        return int(word)
    return word
