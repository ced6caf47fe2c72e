"""parse_mode MarkdownV2 and the older Markdown, refused where Telegram refuses (Bot API, "MarkdownV2 style")."""

import re
from dataclasses import dataclass
from typing import Final

from bot.sandbox.telegram.entities import Entity, EntityType, Formatted, utf16_length
from bot.sandbox.telegram.errors import ApiError, bad_request, cannot_parse
from bot.sandbox.telegram.html_markup import emoji_id, linked

_RESERVED: Final = frozenset("_*[]()~`>#+-=|{}.!")
_CODE: Final = frozenset({EntityType.CODE, EntityType.PRE})
_MARKS: Final = {
    "__": EntityType.UNDERLINE,
    "||": EntityType.SPOILER,
    "![": EntityType.CUSTOM_EMOJI,
    "```": EntityType.PRE,
    "_": EntityType.ITALIC,
    "*": EntityType.BOLD,
    "~": EntityType.STRIKETHROUGH,
    "[": EntityType.TEXT_LINK,
    "`": EntityType.CODE,
}
_ENDS: Final = {
    **{kind: mark for mark, kind in _MARKS.items()},
    EntityType.TEXT_LINK: "]",
    EntityType.CUSTOM_EMOJI: "]",
}
#: The names Telegram's refusals use.
_NAMES: Final = {
    EntityType.BOLD: "Bold",
    EntityType.ITALIC: "Italic",
    EntityType.UNDERLINE: "Underline",
    EntityType.STRIKETHROUGH: "Strikethrough",
    EntityType.SPOILER: "Spoiler",
    EntityType.CODE: "Code",
    EntityType.PRE: "Pre",
    EntityType.TEXT_LINK: "TextUrl",
    EntityType.CUSTOM_EMOJI: "CustomEmoji",
}
_LANGUAGE: Final = re.compile(r"([^\s`]+)(?=\s)")
_EMOJI_LINK: Final = re.compile(r"^tg://emoji/?\?(?:.*&)?id=(\d+)$")
_OLD_MARKS: Final = {"_": EntityType.ITALIC, "*": EntityType.BOLD, "`": EntityType.CODE, "[": EntityType.TEXT_LINK}


@dataclass(slots=True)
class _Open:
    kind: EntityType
    value: str
    offset: int
    source_place: int
    piece: int


def parse_markdown_v2(source: str) -> Formatted:
    """The text without marks and its entities. Raises ApiError (400 "can't parse entities: …")."""
    return _V2(source).parse()


def parse_markdown(source: str) -> Formatted:
    """The same for the older Markdown: no nesting, no escapes inside an entity."""
    return _V1(source).parse()


class _Reader:
    """One pass over one source; `length` counts the UTF-16 code units put out so far."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.place = 0
        self.pieces: list[str] = []
        self.length = 0
        self.entities: list[Entity] = []

    def put(self, text: str) -> None:
        self.pieces.append(text)
        self.length += utf16_length(text)

    def starts(self, mark: str) -> bool:
        return self.source.startswith(mark, self.place)

    def add(self, kind: EntityType | None, offset: int, value: str) -> None:
        if kind and self.length > offset:
            self.entities.append(Entity(kind, offset, self.length - offset, value))

    def byte(self, place: int) -> int:
        return len(self.source[:place].encode())

    def done(self) -> Formatted:
        return Formatted("".join(self.pieces), tuple(self.entities))


class _V2(_Reader):
    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.opened: list[_Open] = []
        self.quote: _Open | None = None

    def parse(self) -> Formatted:
        while self.place < len(self.source):
            self._line_start()
            if self.place < len(self.source):
                self._step()
        if self.opened:
            raise self._unended()
        self._end_quote()
        return self.done()

    def _line_start(self) -> None:
        """A `>` opens a block quotation at the start of the text or of a line, and is skipped while one goes on."""
        if self._in_code() or (self.place and self.source[self.place - 1] != "\n"):
            return
        if not self.starts(">") and not self.starts("**>"):
            self._end_quote()
            return
        fresh = self.starts("**>")
        if fresh:
            self._end_quote()
        if self.quote is None:
            self.quote = _Open(EntityType.BLOCKQUOTE, "", self.length, self.place, len(self.pieces))
        self.place += 3 if fresh else 1

    def _end_quote(self) -> None:
        quote, self.quote = self.quote, None
        if quote is None:
            return
        if self.opened:
            raise self._unended()
        self.add(quote.kind, quote.offset, "")

    def _step(self) -> None:
        char = self.source[self.place]
        following = self.source[self.place + 1 : self.place + 2]
        if char == "\\" and "\0" < following <= "~":
            self.put(following)
            self.place += 2
        elif self._in_code():
            self._code_step(char)
        elif char == "\n" or char not in _RESERVED:
            self.put(char)
            self.place += 1
        elif not self._wide_quote_ended():
            self._mark(char)

    def _in_code(self) -> bool:
        return bool(self.opened) and self.opened[-1].kind in _CODE

    def _code_step(self, char: str) -> None:
        end = _ENDS[self.opened[-1].kind]
        if self.starts(end):
            self.place += len(end)
            self._close()
        elif char == "`":
            raise self._reserved(char)
        else:
            self.put(char)
            self.place += 1

    def _wide_quote_ended(self) -> bool:
        """`||` at the end of a quotation's last line makes it expandable."""
        rest = self.source[self.place + 2 : self.place + 4]
        if not (self.quote and self.starts("||") and (rest == "" or (rest[0] == "\n" and rest[1:] != ">"))):
            return False
        if self.opened:
            return False
        self.quote.kind = EntityType.EXPANDABLE_BLOCKQUOTE
        self.place += 2
        return True

    def _mark(self, char: str) -> None:
        opened = self.opened[-1] if self.opened else None
        mark = next((mark for mark in _MARKS if self.starts(mark)), "")
        end = _ENDS[opened.kind] if opened else ""
        if opened and self.starts(end) and (mark == end or end == "]"):
            self.place += len(end)
            self._close()
        elif mark:
            self._open(mark)
        else:
            raise self._reserved(char)

    def _open(self, mark: str) -> None:
        begin = self.place
        self.place += len(mark)
        language = ""
        if mark == "```":
            found = _LANGUAGE.match(self.source, self.place)
            language = found[1] if found else ""
            self.place += len(language)
            self.place += 1 if self.starts("\n") else 0
        self.opened.append(_Open(_MARKS[mark], language, self.length, begin, len(self.pieces)))

    def _close(self) -> None:
        opened = self.opened.pop()
        match opened.kind:
            case EntityType.TEXT_LINK:
                url = self._url("a URL") if self.starts("(") else "".join(self.pieces[opened.piece :])
                kind, value = linked(url)
                self.add(kind, opened.offset, value)
            case EntityType.CUSTOM_EMOJI:
                if not self.starts("("):
                    raise cannot_parse("Custom emoji entity must contain a tg://emoji URL")
                self.add(opened.kind, opened.offset, _custom_emoji(self._url("a custom emoji URL")))
            case _:
                self.add(opened.kind, opened.offset, opened.value)

    def _url(self, name: str) -> str:
        self.place += 1
        begin, url = self.place, ""
        while not self.starts(")"):
            if self.place >= len(self.source):
                raise cannot_parse(f"Can't find end of {name} at byte offset {self.byte(begin)}")
            if self.starts("\\"):
                self.place += 1
            url += self.source[self.place : self.place + 1]
            self.place += 1
        self.place += 1
        return url

    def _reserved(self, char: str) -> ApiError:
        return cannot_parse(f"Character '{char}' is reserved and must be escaped with the preceding '\\'")

    def _unended(self) -> ApiError:
        opened = self.opened[-1]
        name = "PreCode" if opened.kind is EntityType.PRE and opened.value else _NAMES[opened.kind]
        return cannot_parse(f"Can't find end of {name} entity at byte offset {self.byte(opened.source_place)}")


class _V1(_Reader):
    def parse(self) -> Formatted:
        while self.place < len(self.source):
            char = self.source[self.place]
            following = self.source[self.place + 1 : self.place + 2]
            if char == "\\" and following in _OLD_MARKS:
                self.put(following)
                self.place += 2
            elif char in _OLD_MARKS:
                self._entity(char)
            else:
                self.put(char)
                self.place += 1
        return self.done()

    def _entity(self, mark: str) -> None:
        begin, offset = self.place, self.length
        pre = self.starts("```")
        end = "```" if pre else "]" if mark == "[" else mark
        self.place += 3 if pre else 1
        found = _LANGUAGE.match(self.source, self.place) if pre else None
        language = found[1] if found else ""
        self.place += len(language)
        self.place += 1 if pre and self.starts("\n") else 0
        stop = self.source.find(end, self.place)
        if stop < 0:
            raise cannot_parse(f"Can't find end of the entity starting at byte offset {self.byte(begin)}")
        self.put(self.source[self.place : stop])
        inner, self.place = self.source[self.place : stop], stop + len(end)
        if mark == "[":
            self.add(*self._link(inner, offset))
        else:
            self.add(EntityType.PRE if pre else _OLD_MARKS[mark], offset, language)

    def _link(self, inner: str, offset: int) -> tuple[EntityType | None, int, str]:
        url = inner
        if self.starts("("):
            stop = self.source.find(")", self.place)
            stop = len(self.source) if stop < 0 else stop
            url, self.place = self.source[self.place + 1 : stop], stop + 1
        kind, value = linked(url)
        return kind, offset, value


def _custom_emoji(url: str) -> str:
    found = _EMOJI_LINK.match(url)
    if not found:
        raise bad_request("can't parse entities: Custom emoji URL must have an emoji identifier")
    return emoji_id(found[1])
