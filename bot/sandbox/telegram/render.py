"""Text with entities as HTML for the chat page: everything that is not one of its own tags is escaped."""

from collections.abc import Iterable
from html import escape
from itertools import pairwise
from typing import Final

from bot.sandbox.telegram.entities import Entity, EntityType, Formatted, utf16_index

_TAGS: Final = {
    EntityType.BOLD: "b",
    EntityType.ITALIC: "i",
    EntityType.UNDERLINE: "u",
    EntityType.STRIKETHROUGH: "s",
    EntityType.CODE: "code",
    EntityType.PRE: "pre",
    EntityType.BLOCKQUOTE: "blockquote",
    EntityType.EXPANDABLE_BLOCKQUOTE: "blockquote",
}
_LINKS: Final = frozenset({EntityType.URL, EntityType.TEXT_LINK, EntityType.EMAIL})
_SCHEMES: Final = ("http://", "https://", "tg://")


def to_html(formatted: Formatted) -> str:
    """Sanitised HTML: b, i, u, s, code, pre, a[href], blockquote and span.spoiler, properly nested."""
    if not formatted.entities:
        return escape(formatted.text)
    index = utf16_index(formatted.text)
    shown = [entity for entity in formatted.entities if _start_tag(entity, formatted.text, index)]
    borders = sorted({0, len(index) - 1, *(e.offset for e in shown), *(e.end for e in shown)})
    pieces: list[str] = []
    opened: list[Entity] = []
    for start, end in pairwise(borders):
        wanted = [entity for entity in shown if entity.offset <= start and entity.end >= end]
        pieces += _change(opened, wanted, formatted.text, index)
        opened = wanted
        pieces.append(escape(formatted.text[index[start] : index[end]]))
    pieces += _change(opened, [], formatted.text, index)
    return "".join(pieces)


def _change(opened: list[Entity], wanted: list[Entity], text: str, index: list[int]) -> Iterable[str]:
    """The tags between two stretches: what ends is closed, and whatever was inside it is opened again."""
    common = 0
    while common < min(len(opened), len(wanted)) and opened[common] == wanted[common]:
        common += 1
    yield from (_end_tag(entity) for entity in reversed(opened[common:]))
    yield from (_start_tag(entity, text, index) for entity in wanted[common:])


def _start_tag(entity: Entity, text: str, index: list[int]) -> str:
    if entity.type is EntityType.SPOILER:
        return '<span class="spoiler">'
    if entity.type in _LINKS:
        address = _address(entity, text[index[entity.offset] : index[entity.end]])
        return f'<a href="{escape(address)}">'
    tag = _TAGS.get(entity.type)
    return f"<{tag}>" if tag else ""


def _end_tag(entity: Entity) -> str:
    if entity.type is EntityType.SPOILER:
        return "</span>"
    return "</a>" if entity.type in _LINKS else f"</{_TAGS[entity.type]}>"


def _address(entity: Entity, shown: str) -> str:
    if entity.type is EntityType.EMAIL:
        return f"mailto:{shown}"
    address = entity.value or shown
    return address if address.lower().startswith(_SCHEMES) else f"https://{address}"
