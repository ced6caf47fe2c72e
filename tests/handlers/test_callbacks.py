"""Buttons fit Telegram's 64 bytes, come back as they went, and nothing a client sends breaks the reader."""

from __future__ import annotations

import secrets
from dataclasses import fields
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.inputs import Field
from bot.domain.topups import Gateway
from handlers import callbacks
from handlers.callbacks import DATA_MAX_BYTES, NUMBER_MAX, Button, ChangeAnswer, ConfirmQuote, kinds, parse
from handlers.texts import LANGUAGES

OURS = [kind for kind in kinds() if kind.__module__ == callbacks.__name__]
_LONGEST = {
    "token": "w" * 32, "field": max(Field, key=len).value, "language": max(LANGUAGES, key=len),
    "way": max(Gateway, key=len).value,
}  # fmt: skip
#: As long as any catalogue, page or order number will be.
_HIGH = 10**15


def at_its_longest(kind: type[Button]) -> Button:
    hints = get_type_hints(kind)
    return kind(*(_LONGEST.get(f.name, _HIGH if hints[f.name] is int else "") for f in fields(kind)))


@pytest.mark.parametrize("kind", OURS)
def test_a_button_fits_and_comes_back_the_same(kind: type[Button]) -> None:
    button = at_its_longest(kind)
    assert len(button.pack().encode()) <= DATA_MAX_BYTES
    assert parse(button.pack()) == button


def test_prefixes_are_distinct() -> None:
    assert len({kind.prefix for kind in OURS}) == len(OURS) > 15


def test_a_prefix_cannot_be_taken_twice() -> None:
    with pytest.raises(TypeError, match="prefix"):
        type("Impostor", (Button,), {"__module__": "elsewhere"}, prefix=ConfirmQuote.prefix)


def test_a_quote_token_survives_the_button() -> None:
    token = secrets.token_urlsafe(16)
    assert parse(ChangeAnswer(token, Field.LINK).pack()) == ChangeAnswer(token, "link")


_FOREIGN = (
    "", ":", "zz:1", "k:1", "k:1:2:3", "k:a:1", "k:\uff11:1", f"k:{NUMBER_MAX + 1}:0", "y:\ud800", "y:a b", "y:",
)  # fmt: skip


@pytest.mark.parametrize("data", _FOREIGN)
def test_what_is_no_button_of_ours_is_none(data: str) -> None:
    assert parse(data) is None


@given(st.text(st.characters(), max_size=80) | st.none() | st.integers() | st.binary())
def test_reading_never_fails(data: object) -> None:
    parse(data)


@given(st.sampled_from(OURS), st.lists(st.text(max_size=12), max_size=4))
def test_reading_never_fails_behind_a_known_prefix(kind: type[Button], words: list[str]) -> None:
    button = parse(":".join([kind.prefix, *words]))
    assert button is None or isinstance(button, kind)


@given(st.integers(-NUMBER_MAX, NUMBER_MAX), st.integers(-NUMBER_MAX, NUMBER_MAX))
def test_any_number_the_database_can_hold_comes_back(order: int, page: int) -> None:
    button = callbacks.ShowOrder(order, page)
    assert parse(button.pack()) == button
