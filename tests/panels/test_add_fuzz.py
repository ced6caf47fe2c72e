"""Thousands of mutated replies to `add`, against a second reading of the rules that shares no code with the first."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.panels.outcomes import Later, Lost, Placed, Refused
from bot.panels.wire_add import read_add
from bot.wire.reading import clean_text
from bot.wire.reasons import HttpFacts

FIXTURES = Path(__file__).parents[2] / "prove" / "fixtures"
REPLIES: list[dict[str, Any]] = json.loads((FIXTURES / "add_replies.json").read_text())
SEEDS = [(bytes.fromhex(r["hex"]) if "hex" in r else r["body"].encode()) for r in REPLIES]
SEEDS = [seed for seed in SEEDS if len(seed) < 2000]
STATUSES = [200, 201, 301, 400, 401, 403, 422, 429, 500, 503]
#: What a refusal must at least say to be one, each in lower case.
KNOWN_WORDS = re.compile(
    r"error\.[a-z]|link|service|quantity|comment|request|action|method|required|parameter|interval|"
    r"funds|balance|too many|rate limit|api|authentication|account"
)

SNIPPETS = [
    b'"order":', b'"error":', b'"order":1', b'"error":"Bad link"', b'"status":"error"', b"null", b"true", b"NaN", b"-1",
    b"0", b"1e9", b"[]", b"{}", b",", b":", b'"', b"{", b"}", b"\\u0000", b"\xef\xbb\xbf", b"\xff", b"<html>", b"12.5",
    "１２".encode(), b'"00"', b'"order":2,"order":3', b"Infinity", b" ",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A reply with a few bytes cut, doubled, flipped or replaced by what likely matters."""
    body = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(len(body), start + 12)))
        piece = draw(
            st.sampled_from(SNIPPETS) | st.binary(max_size=3) | st.sampled_from(SEEDS) | st.just(body[start:end] * 2)
        )
        body = body[:start] + piece + body[end:]
    return body


def may_be_placed(status: int, body: bytes) -> str | None:
    """The id that may be believed at most: read with another JSON reader and written from the rules."""
    text = body.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n\xef\xbb\xbf")
    if status not in (200, 201):
        return None
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if type(value) is not dict or "error" in value or text.count(b'"order"') + text.count(b"\\") == 0:
        return None
    order = value.get("order")
    if type(order) is int and order > 0:
        return str(order)
    if type(order) is str and re.fullmatch("[A-Za-z0-9_-]{1,64}", order) and set(order) - set("0-_"):
        return order
    return None


@settings(max_examples=4000, deadline=None)
@given(mutated(), st.sampled_from(STATUSES))
def test_no_mutation_is_believed_that_must_not_be(body, status):
    outcome = read_add(status, body, HttpFacts(), clean_text)
    match outcome:
        case Placed(upstream_id=upstream_id):
            assert upstream_id == may_be_placed(status, body)
        case Refused() | Later():
            assert status < 500
            assert not 300 <= status < 400
            value = json.loads(body.decode().lstrip("\ufeff \t\r\n"))
            assert type(value) is dict
            assert "order" not in value
            said = " ".join(str(value.get(name, "")) for name in ("error", "message", "msg")).lower()
            assert status in (401, 429) or KNOWN_WORDS.search(said)
        case Lost():
            pass
        case _:
            raise AssertionError(outcome)


@settings(max_examples=2000, deadline=None)
@given(st.binary(max_size=200), st.integers(100, 599))
def test_any_bytes_at_any_status_have_an_outcome(body, status):
    read_add(status, body, HttpFacts(), clean_text)


_IDS = st.integers(1, 10**18) | st.from_regex(r"\A[A-Za-z0-9]*[1-9][A-Za-z0-9]*\Z").filter(lambda t: len(t) <= 64)


@given(_IDS, st.dictionaries(st.sampled_from(["charge", "currency", "x"]), st.integers() | st.text(max_size=5)))
def test_every_ordinary_confirmation_is_believed(order, more):
    outcome = read_add(200, json.dumps({**more, "order": order}).encode(), HttpFacts(), clean_text)
    assert isinstance(outcome, Placed)
    assert outcome.upstream_id == str(order)
