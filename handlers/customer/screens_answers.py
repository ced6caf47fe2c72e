"""How answers are worded and shown: what is known so far, and what is about to be bought. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from markupsafe import Markup

from bot.domain.inputs import LISTS, RULES, Count, Field, lines_of
from bot.domain.targets import LINK_MAX_CHARACTERS
from bot.domain.text import harmless
from handlers.keyboards import cut
from handlers.texts import Texts

#: What a field is called for people, where that is not its name: the last part of every text about it.
_WORDS: Final[Mapping[Field, str]] = {Field.ANSWER_NUMBER: "answer"}
_WORDS_OF_TYPE: Final[Mapping[tuple[str, Field], str]] = {
    ("comment replies", Field.COMMENTS): "replies",
    ("mentions user followers", Field.USERNAME): "account",
}
#: Short entries of which many fit on a line.
_NAMES: Final = frozenset({Field.USERNAMES, Field.HASHTAGS})
_NAMES_SHOWN: Final = 20
_NAMES_MAX_CHARACTERS: Final = 300
#: One line more is shown rather than said to be cut.
_LINES_SHOWN: Final = 10
_LINE_MAX_CHARACTERS: Final = 80


def wording(service_type: str, field: Field) -> str:
    """What the texts call a field: `order.ask-…` and its kin end in it."""
    return _WORDS_OF_TYPE.get((service_type, field)) or _WORDS.get(field, field.value)


def so_far(texts: Texts, service_type: str, answers: Mapping[str, str]) -> Iterator[Markup]:
    """One line for each answer, lists by their number and how they begin."""
    for field in _asked(service_type):
        if answer := answers.get(field):
            yield texts.html(f"order.so-far-{wording(service_type, field)}", **_facts(field, answer))


def bought(texts: Texts, service_type: str, answers: Mapping[str, str], quantity: int) -> Iterator[Markup]:
    """Everything that goes to the panel: the link, how much, then the rest; long lists are cut and counted."""
    if link := answers.get(Field.LINK):
        yield texts.html("confirm.link", link=cut(link, LINK_MAX_CHARACTERS))
    if RULES[service_type].count is Count.ONE:
        yield texts.html("confirm.package")
    else:
        yield texts.html("confirm.quantity", quantity=quantity)
    for field in _asked(service_type):
        if field not in (Field.LINK, Field.QUANTITY):
            answer = answers.get(field, "")
            yield texts.html(f"confirm.{wording(service_type, field)}", **_facts(field, answer))
            if field in LISTS:
                yield from _entries(texts, field, lines_of(answer))


def _asked(service_type: str) -> tuple[Field, ...]:
    rule = RULES.get(service_type)
    return rule.asks if rule else ()


def _facts(field: Field, answer: str) -> dict[str, str | int]:
    if field is Field.QUANTITY:
        return {"quantity": int(answer)}
    if field in LISTS:
        entries = lines_of(answer)
        return {"count": len(entries), "first": cut(", ".join(entries[:_NAMES_SHOWN]))}
    return {field.value: cut(answer, LINK_MAX_CHARACTERS)}


def _entries(texts: Texts, field: Field, entries: Sequence[str]) -> Iterator[Markup]:
    if field in _NAMES:
        shown = _NAMES_SHOWN
        while shown > 1 and len(", ".join(entries[:shown])) > _NAMES_MAX_CHARACTERS:
            shown -= 1
        yield Markup("{}").format(harmless(", ".join(entries[:shown])))
    else:
        shown = len(entries) if len(entries) <= _LINES_SHOWN + 1 else _LINES_SHOWN
        yield from (Markup("• {}").format(harmless(cut(entry, _LINE_MAX_CHARACTERS))) for entry in entries[:shown])
    if (more := len(entries) - shown) > 0:
        yield texts.html("confirm.more", count=more)
