"""Foreign text is made fit to show and to store, and says nothing less than it did."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.text import decoded, is_storable, plain_name, sendable

_ANY = st.text(st.characters(exclude_categories=()))


@given(_ANY)
def test_what_is_sendable_is_storable_and_stays_as_it_is(raw: str) -> None:
    sent = sendable(raw)
    assert is_storable(sent)
    assert sent.encode().decode() == sent
    assert sendable(sent) == sent


@given(st.text(st.characters(categories=("L", "N", "P"), max_codepoint=0x2000)))
def test_letters_are_kept_in_their_lines(raw: str) -> None:
    assert sendable(f" {raw}\n\t{raw}") == f"{raw}\n\t{raw}".strip()


@pytest.mark.parametrize("raw", ["a\0b", "a\ud800b", "\udfff"])
def test_what_no_database_takes_is_known_and_left_out(raw: str) -> None:
    assert not is_storable(raw)
    assert is_storable(plain_name(raw))
    assert sendable(raw) == raw.replace("\0", "").replace("\ud800", "").replace("\udfff", "")


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\ufeff")))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_file_says_what_was_written_into_it(encoding: str, text: str) -> None:
    assert decoded(text.encode(encoding)) == text


@pytest.mark.parametrize("data", [b"\x89PNG\r\n", "çöp".encode("cp1254"), b"\xff\xfea", b"a\xc3"])
def test_what_is_no_text_is_not_guessed_at(data: bytes) -> None:
    assert decoded(data) is None
