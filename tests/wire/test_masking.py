from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.wire.masking import EXCERPT_MAX_CHARACTERS, KeyMask

KEY = 's3cr3t/Key+of the=panel\'s"own"&<ü>'
MASK = KeyMask(SecretStr(KEY))


def percent_lower(text: str) -> str:
    return "".join(part if i % 2 == 0 else part.lower() for i, part in enumerate(quote(text, safe="").split("%")))


FORMS = {
    "plain": KEY,
    "URL-encoded": quote(KEY, safe=""),
    "URL-encoded but for slashes": quote(KEY),
    "Python": repr(KEY)[1:-1],
    "JSON in Unicode": json.dumps(KEY, ensure_ascii=False)[1:-1],
    "URL-encoded in lower case": quote(KEY, safe="").lower(),
    "form-encoded": quote_plus(KEY),
    "JSON": json.dumps(KEY)[1:-1],
    "JSON with escaped slashes": json.dumps(KEY)[1:-1].replace("/", "\\/"),
    "HTML": html.escape(KEY),
    "upper case": KEY.upper(),
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 without padding": base64.b64encode(KEY.encode()).decode().rstrip("="),
    "URL-safe base64": base64.urlsafe_b64encode(KEY.encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_key_is_masked_in_every_form(form):
    text = f"before {FORMS[form]} after"
    masked = MASK(text)
    assert FORMS[form].rstrip("=") not in masked
    assert masked.startswith("before [key]")
    assert MASK.hides_in(text.encode())


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "key="])
def test_a_key_within_encoded_text_is_masked_too(before):
    encoded = base64.b64encode(f"{before}{KEY}&action=add".encode()).decode()
    masked = MASK(encoded)
    assert "[key]" in masked
    left = masked.split("[key]")
    assert all(len(part) <= len(encoded) - len(KEY) for part in left)


def test_a_body_without_the_key_hides_nothing():
    assert not MASK.hides_in(b'{"order": 1}')


def test_the_mask_itself_shows_nothing():
    assert KEY not in repr(MASK)


@given(st.binary(max_size=3000), st.booleans())
def test_an_excerpt_is_short_and_printable(body, whole):
    excerpt = MASK.excerpt(body, whole=whole)
    assert len(excerpt) <= EXCERPT_MAX_CHARACTERS
    assert all(c.isprintable() or c in "\n\t" for c in excerpt)


@given(st.integers(0, 40), st.integers(1, len(KEY.encode()) - 1))
def test_a_key_cut_in_two_by_the_end_is_left_out(padding, length):
    body = b"." * padding + KEY.encode()[:length]
    excerpt = MASK.excerpt(body, whole=False)
    assert set(excerpt) <= {"."}


def test_a_key_cut_in_two_by_the_reading_of_the_head_is_left_out():
    body = KEY.encode() * 10_000
    assert MASK.excerpt(body, whole=True).replace("[key]", "") in ("", "[", "[k", "[ke", "[key")
