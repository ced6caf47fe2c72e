"""A second reading of JSON, written for the proof alone: slow, strict, and sharing nothing with what it judges.

Numbers stay as they were written. Of a name that comes twice an object keeps both values, for whoever asks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

Value: TypeAlias = "Object | list[Value] | Number | str | bool | None"
_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_TEXT: Final = re.compile(r'"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"')
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_ESCAPED: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS: Final = {"true": True, "false": False, "null": None}
_DEEPEST: Final = 200


class NotJson(Exception):
    """The text is no JSON by the letter of RFC 8259."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written."""

    text: str


@dataclass(frozen=True, slots=True)
class Object:
    """An object's members, in their order."""

    members: tuple[tuple[str, Value], ...]

    def all(self, name: str) -> list[Value]:
        """Every value under a name."""
        return [value for key, value in self.members if key == name]

    def get(self, name: str) -> Value:
        """The value under a name that comes once; None where there is none."""
        found = self.all(name)
        return found[0] if found else None

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self.members)

    @property
    def doubled(self) -> bool:
        """Whether a name comes twice, here or further down."""
        names = [name for name, _ in self.members]
        return len(set(names)) < len(names) or any(doubled(value) for _, value in self.members)


def doubled(value: Value) -> bool:
    """Whether any object in a value names something twice."""
    if isinstance(value, Object):
        return value.doubled
    return isinstance(value, list) and any(doubled(each) for each in value)


def read(body: bytes, errors: str = "strict") -> Value:
    """The one value in a body; a byte order mark and blanks before it are passed over. Raises NotJson."""
    try:
        text = body.decode("utf-8", errors).lstrip("\ufeff \t\r\n")
    except UnicodeDecodeError as error:
        raise NotJson from error
    value, end = _value(text, 0, 0)
    if _blank(text, end) != len(text):
        raise NotJson
    return value


def _blank(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int, depth: int) -> tuple[Value, int]:
    at = _blank(text, at)
    mark = text[at : at + 1]
    if depth > _DEEPEST or not mark:
        raise NotJson
    if mark == "{":
        return _object(text, at + 1, depth)
    if mark == "[":
        return _array(text, at + 1, depth)
    if mark == '"':
        return _string(text, at)
    for word, meaning in _WORDS.items():
        if text.startswith(word, at):
            return meaning, at + len(word)
    found = _NUMBER.match(text, at)
    if not found:
        raise NotJson
    return Number(found[0]), found.end()


def _string(text: str, at: int) -> tuple[str, int]:
    found = _TEXT.match(text, at)
    if not found:
        raise NotJson
    raw = found[1]
    return (_ESCAPE.sub(_unescaped, raw) if "\\" in raw else raw), found.end()


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else _ESCAPED.get(found[2], found[2])


def _array(text: str, at: int, depth: int) -> tuple[Value, int]:
    items: list[Value] = []
    at = _blank(text, at)
    if text[at : at + 1] == "]":
        return items, at + 1
    while True:
        item, at = _value(text, at, depth + 1)
        items.append(item)
        at = _blank(text, at)
        if text[at : at + 1] == "]":
            return items, at + 1
        if text[at : at + 1] != ",":
            raise NotJson
        at += 1


def _object(text: str, at: int, depth: int) -> tuple[Value, int]:
    members: list[tuple[str, Value]] = []
    at = _blank(text, at)
    if text[at : at + 1] == "}":
        return Object(()), at + 1
    while True:
        name, at = _string(text, _blank(text, at))
        at = _blank(text, at)
        if text[at : at + 1] != ":":
            raise NotJson
        value, at = _value(text, at + 1, depth + 1)
        members.append((name, value))
        at = _blank(text, at)
        if text[at : at + 1] == "}":
            return Object(tuple(members)), at + 1
        if text[at : at + 1] != ",":
            raise NotJson
        at += 1
