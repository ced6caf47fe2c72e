"""A good two hundred replies to `add`, each labelled by hand with what it proves."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.panels.outcomes import AddOutcome, Later, Lost, Placed, Refused
from bot.panels.wire_add import read_add
from bot.wire.reading import clean_text
from bot.wire.reasons import HttpFacts, LostReason

FIXTURES = Path(__file__).parents[2] / "prove" / "fixtures"
REPLIES: list[dict[str, Any]] = json.loads((FIXTURES / "add_replies.json").read_text())
FACTS = HttpFacts()


def body_of(reply: dict[str, Any]) -> bytes:
    return bytes.fromhex(reply["hex"]) if "hex" in reply else reply["body"].encode("utf-8", "surrogatepass")


def label(outcome: AddOutcome) -> str:
    match outcome:
        case Placed(upstream_id=upstream_id):
            return f"placed {upstream_id}"
        case Refused(kind=kind):
            return f"refused {kind}"
        case Later(kind=kind):
            return f"later {kind}"
        case Lost(reason=reason):
            return f"lost {reason}"
    raise AssertionError(outcome)


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply["name"])
def test_a_reply_proves_what_its_label_says(reply):
    assert label(read_add(reply["status"], body_of(reply), FACTS, clean_text)) == reply["outcome"]


def test_there_are_enough_replies_of_each_class():
    classes = Counter(reply["outcome"].split()[0] for reply in REPLIES)
    assert sum(classes.values()) >= 150
    assert min(classes.values()) >= 15
    assert set(classes) == {"placed", "refused", "later", "lost"}


def test_every_reason_an_answer_can_be_lost_for_has_a_reply():
    before_the_answer = {
        LostReason.NO_ANSWER,
        LostReason.TIMEOUT,
        LostReason.UNEXPECTED,
        LostReason.TOO_LARGE,
        LostReason.ENCODED,
    }
    labelled = {reply["outcome"].split()[1] for reply in REPLIES if reply["outcome"].startswith("lost")}
    assert labelled == {reason.value for reason in set(LostReason) - before_the_answer}


def test_refusals_keep_the_panels_words_cleaned_and_capped():
    body = json.dumps({"error": "Bad link\u202e\n" + "x" * 400}).encode()
    outcome = read_add(200, body, FACTS, clean_text)
    assert isinstance(outcome, Refused)
    assert outcome.text.startswith("Bad link xxx")
    assert len(outcome.text) == 300


def test_a_refusal_nested_as_deep_as_json_goes_is_read_to_the_bottom():
    for depth in range(900, 1100, 7):
        body = b'{"error":"Bad link","a":' + b'{"a":' * depth + b'{"order":1}' + b"}" * depth + b"}"
        assert isinstance(read_add(200, body, FACTS, clean_text), Lost)
