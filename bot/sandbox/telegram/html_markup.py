"""parse_mode HTML: tags to entities, refused exactly where Telegram refuses.

The rules and the texts of the refusals are those of Telegram's own parser (Bot API, "HTML style").
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from bot.sandbox.telegram.entities import Entity, EntityType, Formatted, utf16_length
from bot.sandbox.telegram.errors import ApiError, cannot_parse
from bot.sandbox.telegram.links import checked_link, linked_person

_SIMPLE: Final = {
    "b": EntityType.BOLD,
    "strong": EntityType.BOLD,
    "i": EntityType.ITALIC,
    "em": EntityType.ITALIC,
    "u": EntityType.UNDERLINE,
    "ins": EntityType.UNDERLINE,
    "s": EntityType.STRIKETHROUGH,
    "strike": EntityType.STRIKETHROUGH,
    "del": EntityType.STRIKETHROUGH,
    "tg-spoiler": EntityType.SPOILER,
    "span": EntityType.SPOILER,
}
_TAGS: Final = frozenset(_SIMPLE) | {"a", "tg-emoji", "pre", "code", "blockquote"}
_TEXT: Final = re.compile(r"[^<&]+")
_REFERENCE: Final = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot)(?![A-Za-z]));?")
_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_NAME: Final = re.compile(r"[^\s>]*")
_BLANK: Final = re.compile(r"\s*")
_ATTRIBUTE_NAME: Final = re.compile(r"[^\s=>]*")
_TOKEN: Final = re.compile(r"[A-Za-z0-9.-]*")
#: Greatest custom emoji id: a positive 64-bit number.
_MAX_ID: Final = 2**63 - 1


@dataclass(slots=True)
class _Open:
    """A start tag whose end tag has not come yet."""

    tag: str
    argument: str
    offset: int
    place: int


def parse_html(source: str) -> Formatted:
    """The text without tags and its entities.

    Raises ApiError (400 "can't parse entities: …") when the markup is not well formed.
    """
    return _Parser(source).parse()


class _Parser:
    """One pass over one source; `length` counts the UTF-16 code units put out so far."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.place = 0
        self.pieces: list[str] = []
        self.length = 0
        self.opened: list[_Open] = []
        self.entities: list[Entity] = []

    def parse(self) -> Formatted:
        while self.place < len(self.source):
            match self.source[self.place]:
                case "<":
                    self._tag()
                case "&":
                    self._put(self._reference() or "&")
                case _:
                    self._text()
        if self.opened:
            raise cannot_parse(f'Can\'t find end tag corresponding to start tag "{self.opened[-1].tag}"')
        return Formatted("".join(self.pieces), tuple(_without_language(entity) for entity in self.entities))

    def _put(self, text: str) -> None:
        self.pieces.append(text)
        self.length += utf16_length(text)

    def _text(self) -> None:
        found = _TEXT.match(self.source, self.place)
        if found:
            self.place = found.end()
            self._put(found[0])

    def _reference(self) -> str:
        """The character a reference stands for; a lone or unknown `&…` is text and only the `&` is taken."""
        found = _REFERENCE.match(self.source, self.place)
        char = _referenced(found) if found else ""
        self.place = found.end() if found and char else self.place + 1
        return char

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.source, self.place)
        taken = found[0] if found else ""
        self.place += len(taken)
        return taken

    def _next(self) -> str:
        return self.source[self.place : self.place + 1]

    def _tag(self) -> None:
        begin = self.place
        self.place += 1
        if self._next() == "/":
            self.place += 1
            self._end_tag(begin)
        else:
            self._start_tag(begin)

    def _start_tag(self, begin: int) -> None:
        tag = self._skip(_NAME).lower()
        if not self._next():
            raise self._broken("Unclosed start tag at byte offset", begin)
        if tag not in _TAGS:
            raise self._broken(f'Unsupported start tag "{tag}" at byte offset', begin)
        argument = self._attributes(tag, begin)
        if tag == "span" and argument != "spoiler":
            raise self._broken('Tag "span" must have class "tg-spoiler" at byte offset', begin)
        self.place += 1
        self.opened.append(_Open(tag, argument, self.length, len(self.pieces)))

    def _attributes(self, tag: str, begin: int) -> str:
        argument = ""
        while True:
            self._skip(_BLANK)
            if self._next() == ">":
                return argument
            name = self._skip(_ATTRIBUTE_NAME).lower()
            self._skip(_BLANK)
            if not self._next():
                raise self._broken(f'Unclosed start tag "{tag}" at byte offset', begin)
            if not name:
                raise self._broken(f'Empty attribute name in the tag "{tag}" at byte offset', begin)
            if self._next() == "=":
                self.place += 1
                argument = _argument(tag, name, self._value(tag, begin), argument)
            elif (tag, name) == ("blockquote", "expandable"):
                argument = name
            else:
                raise self._broken(
                    f'Expected equal sign in declaration of an attribute of the tag "{tag}" at byte offset', begin
                )

    def _value(self, tag: str, begin: int) -> str:
        self._skip(_BLANK)
        quote = self._next()
        if not quote:
            raise self._broken(f'Unclosed start tag "{tag}" at byte offset', begin)
        if quote in "'\"":
            return self._quoted(quote, begin)
        start = self.place
        token = self._skip(_TOKEN).lower()
        if self._next() and not self._next().isspace() and self._next() != ">":
            raise self._broken("Unexpected end of name token at byte offset", start)
        return token

    def _quoted(self, quote: str, begin: int) -> str:
        self.place += 1
        pieces: list[str] = []
        while (char := self._next()) != quote:
            if not char:
                raise self._broken("Unclosed start tag at byte offset", begin)
            if char == "&":
                pieces.append(self._reference() or "&")
            else:
                pieces.append(char)
                self.place += 1
        self.place += 1
        return "".join(pieces)

    def _end_tag(self, begin: int) -> None:
        if not self.opened:
            raise self._broken("Unexpected end tag at byte offset", begin)
        tag = self._skip(_NAME).lower()
        self._skip(_BLANK)
        if self._next() != ">":
            raise self._broken("Unclosed end tag at byte offset", begin)
        self.place += 1
        opened = self.opened[-1]
        if tag not in ("", opened.tag):
            at = f"Unmatched end tag at byte offset {self._bytes(begin)}"
            raise cannot_parse(f'{at}, expected "</{opened.tag}>", found "</{tag}>"')
        self._close(self.opened.pop())

    def _close(self, opened: _Open) -> None:
        length = self.length - opened.offset
        if not length:
            return
        kind, value = self._meaning(opened, length)
        if kind:
            self.entities.append(Entity(kind, opened.offset, length, value))

    def _meaning(self, opened: _Open, length: int) -> tuple[EntityType | None, str]:
        match opened.tag:
            case "a":
                return linked(opened.argument or "".join(self.pieces[opened.place :]))
            case "tg-emoji":
                return EntityType.CUSTOM_EMOJI, emoji_id(opened.argument)
            case "blockquote":
                wide = opened.argument == "expandable"
                return EntityType.EXPANDABLE_BLOCKQUOTE if wide else EntityType.BLOCKQUOTE, ""
            case "pre" | "code":
                return self._preformatted(opened, length)
            case _:
                return _SIMPLE[opened.tag], ""

    def _preformatted(self, opened: _Open, length: int) -> tuple[EntityType, str]:
        """`<pre><code class="language-…">` (either way round) is one entity that names the language."""
        twin = EntityType.CODE if opened.tag == "pre" else EntityType.PRE
        inner = self.entities[-1] if self.entities else None
        kind = EntityType.PRE if opened.tag == "pre" else EntityType.CODE
        if inner and (inner.type, inner.offset, inner.length) == (twin, opened.offset, length):
            language = inner.value or opened.argument
            if language:
                self.entities.pop()
                return EntityType.PRE, language
        return kind, opened.argument

    def _broken(self, reason: str, place: int) -> ApiError:
        return cannot_parse(f"{reason} {self._bytes(place)}")

    def _bytes(self, place: int) -> int:
        return len(self.source[:place].encode())


def _referenced(found: re.Match[str]) -> str:
    hexadecimal, decimal, name = found.groups()
    if name:
        return _NAMED[name]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code < 0x10FFFF and not 0xD800 <= code <= 0xDFFF else ""


def _without_language(entity: Entity) -> Entity:
    """Inline code has no language of its own."""
    return replace(entity, value="") if entity.type is EntityType.CODE and entity.value else entity


def _argument(tag: str, name: str, value: str, argument: str) -> str:
    match tag, name:
        case "a", "href":
            return value
        case "code", "class" if value.startswith("language-"):
            return value.removeprefix("language-")
        case "span", "class" if value.startswith("tg-"):
            return value.removeprefix("tg-")
        case "tg-emoji", "emoji-id":
            return value
        case "blockquote", "expandable":
            return name
        case _:
            return argument


def linked(url: str) -> tuple[EntityType | None, str]:
    """What a link's text becomes: a mention of a person, a link, or plain text when the address is refused."""
    person = linked_person(url)
    if person is not None:
        return EntityType.TEXT_MENTION, str(person)
    checked = checked_link(url)
    return (EntityType.TEXT_LINK, checked) if checked else (None, "")


def emoji_id(text: str) -> str:
    """A custom emoji's id. Raises ApiError when it is not a positive 64-bit number."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _MAX_ID:
        raise cannot_parse("Invalid custom emoji identifier specified")
    return text
