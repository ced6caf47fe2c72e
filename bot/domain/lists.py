"""Lists and names as customers paste them: split, counted, freed of their signs, and checked entry by entry.

What is sent is what panels document and their sample clients show: usernames bare, hashtags with `#`, the one hashtag
to look for without it, groups as links or names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.domain.errors import BadInput, Problem
from bot.domain.targets import LINK_MAX_CHARACTERS, check_link

COMMENT_MAX_CHARACTERS: Final = 500
KEYWORD_MAX_CHARACTERS: Final = 120
NAME_MAX_CHARACTERS: Final = 64
#: Of the one person whose comment or followers an order is about: networks have names of several words.
PERSON_MAX_CHARACTERS: Final = 200
#: A poll has no more answers to choose from.
ANSWERS_MAX: Final = 100

_NAMES_APART: Final = re.compile(r"[\s,;،、]+")
_HASHTAGS_APART: Final = re.compile(r"[\s,;،、#]+")
_SIGN: Final = re.compile(r"\A[@\s]+")
_ANSWER: Final = re.compile(r"\A#?(\d{1,6})[.)]?\Z", re.ASCII)
_NAME_SIGNS: Final = frozenset("._-·")
#: Joins the parts of an emoji.
_JOINER: Final = "\u200d"
#: One family of panels takes these two characters for the end of a line, and bills one line more.
_WRITTEN_BREAK: Final = re.compile(r"(?:\\r)?\\n")
#: Blanks, and what nobody sees either: joiners, marks of direction and order, fillers, selectors.
_UNSEEN: Final = re.compile(
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\x00-\x1f\x7f-\x9f]*\Z"
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A list as it will be sent."""

    items: tuple[str, ...]
    #: So many entries were left out because they were there already.
    repeated: int = 0


def read_comments(text: str) -> Listed:
    """Comments or replies, one a line; the same one twice is meant so."""
    return Listed(tuple(_checked(numbered(text), COMMENT_MAX_CHARACTERS, _as_it_is)))


def read_keywords(text: str) -> Listed:
    """Search terms, one a line."""
    return _once(_checked(numbered(text), KEYWORD_MAX_CHARACTERS, _as_it_is), str.casefold)


def read_usernames(text: str) -> Listed:
    """Usernames without `@`, however they were set apart: lines, commas, blanks."""
    return _once((_username(line, entry) for line, entry in _entries(text, _NAMES_APART)), str.casefold)


def read_hashtags(text: str) -> Listed:
    """Hashtags with `#`, however they were set apart."""
    found = _once((_hashtag(line, entry) for line, entry in _entries(text, _HASHTAGS_APART)), str.casefold)
    return Listed(tuple(f"#{tag}" for tag in found.items), found.repeated)


def read_groups(text: str) -> Listed:
    """Groups, one a line: a link, or a name as it is. Invitations differ by letter case."""
    return _once(_checked(numbered(text), LINK_MAX_CHARACTERS, _group), str)


def check_hashtag(text: str) -> str:
    """The one hashtag people are looked up by, without `#`."""
    found = read_hashtags(text).items
    if len(found) > 1:
        raise BadInput(Problem.HASHTAG_ONE)
    if not found:
        raise BadInput(Problem.LINES_EMPTY)
    return found[0].removeprefix("#")


def check_username(text: str, *, or_link: bool) -> str:
    """One person's name without `@`; with `or_link` the link of their page will do as well."""
    name = _SIGN.sub("", text.strip())
    if _UNSEEN.match(name):
        raise BadInput(Problem.LINES_EMPTY)
    if _is_link(name) and "\n" not in name:
        if or_link:
            return check_link(name)
        raise BadInput(Problem.USERNAME_IS_LINK)
    if len(name.splitlines()) > 1 or "," in name or ";" in name:
        raise BadInput(Problem.USERNAME_ONE)
    name = " ".join(name.split())
    if len(name) > PERSON_MAX_CHARACTERS:
        raise BadInput(Problem.NAME_TOO_LONG, line=1, text=name, limit=PERSON_MAX_CHARACTERS)
    return name


def check_answer_number(text: str) -> str:
    """Which answer of a poll, counted from 1."""
    typed = _ANSWER.match(text.strip())
    if typed is None or not 1 <= int(typed[1]) <= ANSWERS_MAX:
        raise BadInput(Problem.ANSWER_UNREADABLE, maximum=ANSWERS_MAX)
    return str(int(typed[1]))


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """The lines that count, each with its number in what was sent; blank ones are dropped, for panels bill them."""
    lines = enumerate(_WRITTEN_BREAK.sub("\n", text).splitlines(), 1)
    return ((number, raw.strip()) for number, raw in lines if not _UNSEEN.match(raw))


def _entries(text: str, apart: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    for number, line in numbered(text):
        yield from ((number, entry) for entry in apart.split(line) if entry)


def _checked(entries: Iterable[tuple[int, str]], longest: int, check: Callable[[int, str], str]) -> Iterator[str]:
    for line, entry in entries:
        if len(entry) > longest:
            raise BadInput(Problem.LINE_TOO_LONG, line=line, limit=longest)
        yield check(line, entry)


def _once(items: Iterable[str], same: Callable[[str], str]) -> Listed:
    listed = tuple(items)
    found: dict[str, str] = {}
    for item in listed:
        found.setdefault(same(item), item)
    return Listed(tuple(found.values()), len(listed) - len(found))


def _as_it_is(_line: int, entry: str) -> str:
    return entry


def _username(line: int, entry: str) -> str:
    if _is_link(entry):
        raise BadInput(Problem.NAME_IS_LINK, line=line, text=entry)
    _refuse_long(line, entry)
    name = entry.lstrip("@")
    if not any(c.isalnum() or c == "_" for c in name) or not all(_in_word(c) or c in _NAME_SIGNS for c in name):
        raise BadInput(Problem.NAME_UNREADABLE, line=line, text=entry)
    return name


def _hashtag(line: int, entry: str) -> str:
    _refuse_long(line, entry)
    if _UNSEEN.match(entry) or not all(_in_hashtag(c) for c in entry):
        raise BadInput(Problem.HASHTAG_UNREADABLE, line=line, text=entry)
    return entry


def _refuse_long(line: int, entry: str) -> None:
    """Several may stand on a line, so which of them it is has to be said."""
    if len(entry) > NAME_MAX_CHARACTERS:
        raise BadInput(Problem.NAME_TOO_LONG, line=line, text=entry, limit=NAME_MAX_CHARACTERS)


def _group(line: int, entry: str) -> str:
    if not _is_link(entry):
        return entry
    try:
        return check_link(entry)
    except BadInput:
        raise BadInput(Problem.GROUP_UNREADABLE, line=line, text=entry) from None


def _in_hashtag(character: str) -> bool:
    """Emoji as well."""
    return _in_word(character) or character == _JOINER or unicodedata.category(character) in ("So", "Sk")


def _in_word(character: str) -> bool:
    """Letters, digits, `_`, and the marks without which Thai and others cannot be written."""
    return character.isalnum() or character == "_" or unicodedata.category(character).startswith("M")


def _is_link(text: str) -> bool:
    return "/" in text or text.lower().startswith("www.")
