"""The row of the replies sees what a careless decoder lets through."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from bot.panels import client, connection, wire_add
from bot.panels.wire_requests import CancelAccepted
from prove import replies
from prove.registry import named
from prove.row import Share, Size

FEW = Share("replies", Size.SHORT, 0, 0, 1500, 1, Path())


def test_every_labelled_reply_is_counted_and_there_are_seeds_for_every_action() -> None:
    assert named("labelled").targets[Size.SHORT] == named("labelled").targets[Size.LONG] == len(replies.labelled())
    assert {reply.action for reply in replies.labelled()} == {
        "services", "add", "status", "refill", "refill_status", "balance", "cancel"
    }  # fmt: skip


def test_a_sound_decoder_passes() -> None:
    tally = replies.run(FEW)
    assert tally.broken == ()
    assert tally.figures["believed"] > 100


def test_what_python_calls_true_is_not_an_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_add, "read_id", lambda value: str(value) if value else None)
    assert any("placed" in line for line in replies.run(FEW).broken)


def test_lax_json_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "parse_json", lambda body: json.loads(body, parse_float=Decimal))
    assert any("raised" in line for line in replies.run(FEW).broken)


def test_a_cancel_that_nobody_confirmed_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "read_cancels", lambda value, ids, clean: dict.fromkeys(ids, CancelAccepted()))
    assert any("out of nothing" in line for line in replies.run(FEW).broken)
