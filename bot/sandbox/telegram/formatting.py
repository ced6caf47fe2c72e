"""From what a call says about a text (parse_mode or entities) to the text Telegram keeps."""

import re
from collections.abc import Mapping
from typing import Final

from bot.sandbox.telegram.detect import with_found
from bot.sandbox.telegram.entities import Entity, EntityType, Formatted, tidy, utf16_length
from bot.sandbox.telegram.errors import ApiError, bad_request
from bot.sandbox.telegram.html_markup import parse_html
from bot.sandbox.telegram.links import BadLinkError, check_link
from bot.sandbox.telegram.markdown import parse_markdown, parse_markdown_v2

#: Longest source of a text, in bytes, before parsing.
_MAX_SOURCE: Final = 1 << 15
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f]")
_PARSERS: Final = {"html": parse_html, "markdownv2": parse_markdown_v2, "markdown": parse_markdown}
_VALUE_FIELDS: Final = {
    EntityType.TEXT_LINK: "url",
    EntityType.CUSTOM_EMOJI: "custom_emoji_id",
    EntityType.TEXT_MENTION: "user",
}


def formatted_text(source: str, parse_mode: str, entities: object) -> Formatted:
    """The text with its entities as Telegram keeps it, found ones included.

    `entities` is what the call's `entities` holds, decoded; it is ignored beside a parse_mode.
    Raises ApiError for broken markup, an unknown parse_mode or impossible entities.
    """
    if len(source.encode("utf-8", "replace")) > _MAX_SOURCE:
        raise bad_request("text is too long")
    source = _CONTROL.sub(" ", source.replace("\r", ""))
    mode = parse_mode.lower()
    if source and mode not in ("", "none"):
        if mode not in _PARSERS:
            raise bad_request("unsupported parse_mode")
        return with_found(tidy(_PARSERS[mode](source)))
    return with_found(tidy(Formatted(source, given_entities(source, entities))))


def plain_text(source: str) -> Formatted:
    """What a person typed, with the entities Telegram finds in it."""
    return formatted_text(source, "", None)


def given_entities(text: str, items: object) -> tuple[Entity, ...]:
    """The call's own list of entities. Raises ApiError when one does not fit the text."""
    if not isinstance(items, list):
        return ()
    length = utf16_length(text)
    entities = [entity for item in items if (entity := _given(item)) is not None]
    for entity in entities:
        _check_place(entity, length)
    return tuple(entity for entity in entities if entity.length > 0)


def _given(item: object) -> Entity | None:
    if not isinstance(item, Mapping):
        raise _unreadable("expected an Object")
    offset, length, name = (_required(item, field) for field in ("offset", "length", "type"))
    try:
        kind = EntityType(str(name))
    except ValueError:
        raise _unreadable("Unsupported type specified") from None
    if not isinstance(offset, int) or not isinstance(length, int):
        raise _unreadable('Field "offset" must be of type Number')
    return Entity(kind, offset, length, _given_value(kind, item)) if kind in _USER_GIVEN else None


_USER_GIVEN: Final = frozenset(EntityType) - {
    EntityType.MENTION,
    EntityType.HASHTAG,
    EntityType.CASHTAG,
    EntityType.BOT_COMMAND,
    EntityType.URL,
    EntityType.EMAIL,
    EntityType.PHONE_NUMBER,
}


def _given_value(kind: EntityType, item: Mapping[str, object]) -> str:
    if kind is EntityType.PRE:
        return str(item.get("language", ""))
    if kind not in _VALUE_FIELDS:
        return ""
    value = _required(item, _VALUE_FIELDS[kind])
    if isinstance(value, Mapping):
        return str(value.get("id", 0))
    if kind is not EntityType.TEXT_LINK:
        return str(value)
    try:
        return check_link(str(value))
    except BadLinkError as refusal:
        raise bad_request(f"entity URL '{value}' is invalid: {refusal}") from None


def _required(item: Mapping[str, object], name: str) -> object:
    if name not in item:
        raise _unreadable(f'Can\'t find field "{name}"')
    return item[name]


def _check_place(entity: Entity, length: int) -> None:
    if entity.offset < 0:
        raise bad_request(f"receive an entity with incorrect offset {entity.offset}")
    if entity.length < 0:
        raise bad_request(f"receive an entity with incorrect length {entity.length}")
    if entity.offset > length:
        raise bad_request(f"entity begins after the end of the text at UTF-16 offset {entity.offset}")
    if entity.end > length:
        raise bad_request(
            f"entity beginning at UTF-16 offset {entity.offset} ends after the end of the text "
            f"at UTF-16 offset {entity.end}"
        )


def _unreadable(reason: str) -> ApiError:
    return bad_request(f"can't parse MessageEntity: {reason}")
