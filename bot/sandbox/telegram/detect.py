"""Entities that Telegram finds by itself: commands, mentions, tags, links, addresses, phone numbers."""

import re
from collections.abc import Iterator
from typing import Final

from bot.sandbox.telegram.entities import (
    OPAQUE,
    Entity,
    EntityType,
    Formatted,
    arranged,
    utf16_index,
    utf16_length,
)
from bot.sandbox.telegram.links import checked_link

#: Combining marks of Thai, Arabic and others are no word characters for `re`, but belong to a tag.
_TAG: Final = r"[^\s!-/:-@\[-^`{-~«»“”‘’…]"
_WORD_BEFORE: Final = r"(?<![\w/<>@])"
_PATTERNS: Final = (
    (EntityType.URL, re.compile(r"(?<![\w@.])(?:https?|tg|ton)://[^\s<>\"«»]+", re.IGNORECASE)),
    (EntityType.EMAIL, re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}(?![\w@])")),
    (
        EntityType.URL,
        re.compile(
            r"(?<![\w@./:-])(?:[\w-]+\.)+(?:com|net|org|me|io|ru|app|dev|info|shop)(?![\w.@-])(?:/[^\s<>\"«»]*)?"
        ),
    ),
    (EntityType.BOT_COMMAND, re.compile(_WORD_BEFORE + r"/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/@<>])")),
    (EntityType.MENTION, re.compile(r"(?<![\w@])@[A-Za-z0-9_]{3,32}(?![\w@])")),
    (EntityType.HASHTAG, re.compile(rf"(?<![\w#&])#(?={_TAG}*[^\W\d]){_TAG}{{1,256}}(?![\w#])")),
    (EntityType.CASHTAG, re.compile(r"(?<![\w$])\$[A-Z]{3,8}(?![\w$])")),
    (EntityType.PHONE_NUMBER, re.compile(r"(?<![\w+])\+\d(?:[ -]?\d){8,14}(?!\w)")),
)
#: One of these must be in a text for any pattern to match it.
_HINT: Final = re.compile(r"[/@#$+]|\w\.\w")
_TRAILING: Final = ".,:;!?'\"…)]}»”’"


def with_found(formatted: Formatted) -> Formatted:
    """The same text with the entities Telegram finds by itself, where they do not cross the given ones."""
    if not _HINT.search(formatted.text):
        return formatted
    offsets = _offsets(formatted.text)
    kept = list(formatted.entities)
    for found in _found(formatted.text, offsets):
        if not any(_clashes(given, found) for given in kept):
            kept.append(found)
    return Formatted(formatted.text, arranged(kept))


def _clashes(given: Entity, found: Entity) -> bool:
    """Whether a found entity may not stand beside a given one: crossing it, or inside an opaque one."""
    if found.end <= given.offset or given.end <= found.offset:
        return False
    inside = given.offset <= found.offset and found.end <= given.end
    around = found.offset <= given.offset and given.end <= found.end
    automatic = given.type in _AUTOMATIC
    return automatic or given.type in OPAQUE or not (inside or around)


_AUTOMATIC: Final = frozenset(kind for kind, _ in _PATTERNS)


def _found(text: str, offsets: list[int] | None) -> Iterator[Entity]:
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.start(), match.end()
            if kind is EntityType.URL:
                end = start + len(_without_tail(match[0]))
                if checked_link(text[start:end]) is None:
                    continue
            yield Entity(kind, _at(offsets, start), _at(offsets, end) - _at(offsets, start))


def _without_tail(url: str) -> str:
    """A link does not take the punctuation after it, but keeps a bracket that it opened itself."""
    while url and url[-1] in _TRAILING and not (url[-1] == ")" and url.count("(") >= url.count(")")):
        url = url[:-1]
    return url


def _offsets(text: str) -> list[int] | None:
    """UTF-16 offset of each character; None when they are the characters' own places."""
    if utf16_length(text) == len(text):
        return None
    offsets = [0] * (len(text) + 1)
    for unit, place in enumerate(utf16_index(text)):
        offsets[place] = offsets[place] or unit
    offsets[0] = 0
    return offsets


def _at(offsets: list[int] | None, place: int) -> int:
    return place if offsets is None else offsets[place]
