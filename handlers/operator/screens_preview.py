"""What a change of markup would do, and that it was done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup

from bot.domain.pricing import is_flat
from bot.engine.markups import Example, Preview
from bot.engine.shop import Shop
from handlers.keyboards import BLANK, Screen, key, keyboard, lines, set_off
from handlers.operator import words
from handlers.operator.catalogue_buttons import OpenCategory, OpenMarkup, OpenService, SetMarkup, ShowMarkups
from handlers.operator.keys import desk_key
from handlers.operator.screens_markups import way_back
from handlers.operator.words_catalogue import hundredths_of, name_of, one_of, word_of
from handlers.texts import Texts

_EXAMPLE_NAME_MAX: Final = 90


def preview_screen(texts: Texts, shop: Shop, seen: Preview, note: Markup | None = None) -> Screen:
    """What a change would do; the yes below covers exactly this."""
    subject, percent = seen.change.subject, seen.change.percent
    html = lines(
        *set_off(note),
        texts.html("operator.markup.of", name=name_of(texts, shop, subject)),
        texts.html(
            "operator.markup.change",
            before=one_of(texts, shop, subject, seen.before),
            after=one_of(texts, shop, subject, percent),
        ),
        BLANK,
        *_effects(texts, seen),
        *_examples(texts, seen.examples),
        BLANK,
        texts.html("operator.markup.nothing-yet"),
    )
    yes = SetMarkup(subject.scope.value, word_of(subject), hundredths_of(percent), seen.mark)
    leave = OpenMarkup(subject.scope.value, word_of(subject))
    return Screen(
        html,
        keyboard(
            (key(texts.plain("operator.key.cancel"), leave), key(texts.plain("operator.key.confirm"), yes, "primary"))
        ),
    )


def set_screen(texts: Texts, shop: Shop, seen: Preview, *, fresh: bool) -> Screen:
    """A markup was set, or was so already."""
    subject, percent = seen.change.subject, seen.change.percent
    kind = "dropped" if percent is None else "set-to"
    html = lines(
        texts.html(
            f"operator.markup.{kind}", name=name_of(texts, shop, subject), percent=one_of(texts, shop, subject, percent)
        ),
        texts.html("operator.markup.changed-prices", count=seen.changes)
        if fresh
        else texts.html("operator.markup.already"),
    )
    ways = [key(texts.plain("operator.key.markups"), ShowMarkups())]
    if isinstance(back := way_back(subject), OpenCategory | OpenService):
        ways.insert(0, key(texts.plain(f"operator.key.{subject.scope.value}"), back))
    return Screen(html, keyboard(ways, desk_key(texts)))


def _effects(texts: Texts, seen: Preview) -> Iterator[Markup]:
    if not seen.changes:
        yield texts.html("operator.markup.no-change")
    if seen.dearer:
        yield texts.html("operator.markup.dearer", count=seen.dearer)
    if seen.cheaper:
        yield texts.html("operator.markup.cheaper", count=seen.cheaper)
    if seen.changes and seen.same:
        yield texts.html("operator.markup.same", count=seen.same)
    if seen.narrower:
        yield texts.html("operator.markup.narrower", count=seen.narrower)


def _examples(texts: Texts, examples: Sequence[Example]) -> Iterator[Markup]:
    if examples:
        yield BLANK
        yield texts.html("operator.markup.examples")
    for example in examples:
        kind = "package" if is_flat(example.offer.service) else "thousand"
        name = words.short(example.offer.name, _EXAMPLE_NAME_MAX)
        yield texts.html(f"operator.markup.example-{kind}", name=name, old=example.old, new=example.new)
