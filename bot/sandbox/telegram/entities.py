"""Text with entities, measured as the Bot API measures it: in UTF-16 code units."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

#: Entities beyond this number are silently ignored (Bot API limits).
MAX_ENTITIES: Final = 100


class EntityType(StrEnum):
    """Kinds of `MessageEntity` (Bot API)."""

    MENTION = "mention"
    HASHTAG = "hashtag"
    CASHTAG = "cashtag"
    BOT_COMMAND = "bot_command"
    URL = "url"
    EMAIL = "email"
    PHONE_NUMBER = "phone_number"
    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKETHROUGH = "strikethrough"
    SPOILER = "spoiler"
    BLOCKQUOTE = "blockquote"
    EXPANDABLE_BLOCKQUOTE = "expandable_blockquote"
    CODE = "code"
    PRE = "pre"
    TEXT_LINK = "text_link"
    TEXT_MENTION = "text_mention"
    CUSTOM_EMOJI = "custom_emoji"


#: Inside these nothing else is looked for.
OPAQUE: Final = frozenset({EntityType.CODE, EntityType.PRE, EntityType.TEXT_LINK, EntityType.TEXT_MENTION})

_ORDER: Final = {
    kind: place
    for place, kind in enumerate(
        (
            EntityType.BLOCKQUOTE,
            EntityType.EXPANDABLE_BLOCKQUOTE,
            EntityType.TEXT_LINK,
            EntityType.TEXT_MENTION,
            EntityType.BOLD,
            EntityType.ITALIC,
            EntityType.UNDERLINE,
            EntityType.STRIKETHROUGH,
            EntityType.SPOILER,
            EntityType.CUSTOM_EMOJI,
            EntityType.PRE,
            EntityType.CODE,
        )
    )
}


@dataclass(frozen=True, slots=True)
class Entity:
    """One piece of formatting; `offset` and `length` in UTF-16 code units.

    `value` is the url, the language, the custom emoji id or the person's id, as the kind asks for.
    """

    type: EntityType
    offset: int
    length: int
    value: str = ""

    @property
    def end(self) -> int:
        """First code unit after the entity."""
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text and the entities in it, sorted by offset, longer ones first."""

    text: str
    entities: tuple[Entity, ...] = ()


def utf16_length(text: str) -> int:
    """How many UTF-16 code units the text takes."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf16_index(text: str) -> list[int]:
    """For each code unit of the text (and its end) the index of the character it belongs to."""
    index: list[int] = []
    for place, char in enumerate(text):
        index += (place, place) if char > "\uffff" else (place,)
    index.append(len(text))
    return index


def arranged(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """The entities in Telegram's order: by offset, longer first, then by kind."""
    return tuple(sorted(entities, key=lambda e: (e.offset, -e.length, _ORDER.get(e.type, len(_ORDER)))))


def tidy(formatted: Formatted) -> Formatted:
    """The text as Telegram keeps it: blanks at both ends removed, entities cut to what is left."""
    text = formatted.text
    left = text.lstrip()
    shift, kept = utf16_length(text) - utf16_length(left), left.rstrip()
    end = utf16_length(kept)
    cut = (_clipped(entity, shift, end) for entity in formatted.entities)
    return Formatted(kept, arranged(entity for entity in cut if entity.length > 0)[:MAX_ENTITIES])


def _clipped(entity: Entity, shift: int, end: int) -> Entity:
    start, stop = max(entity.offset - shift, 0), min(entity.end - shift, end)
    return entity if (shift, stop) == (0, entity.end) else replace(entity, offset=start, length=stop - start)


def entity_json(entity: Entity, person: dict[str, Any] | None = None) -> dict[str, Any]:
    """One `MessageEntity` of the Bot API; `person` is the `User` a text mention points to."""
    body: dict[str, Any] = {"type": entity.type.value, "offset": entity.offset, "length": entity.length}
    match entity.type:
        case EntityType.TEXT_LINK:
            body["url"] = entity.value
        case EntityType.PRE if entity.value:
            body["language"] = entity.value
        case EntityType.CUSTOM_EMOJI:
            body["custom_emoji_id"] = entity.value
        case EntityType.TEXT_MENTION:
            body["user"] = person
        case _:
            pass
    return body
