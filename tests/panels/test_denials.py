from __future__ import annotations

from datetime import timedelta

import pytest

from bot.panels.denials import PANEL_WIDE, Denial, recognise, waiting_time
from bot.panels.outcomes import LaterKind, RefusalKind

TEXTS = {
    Denial.ORDER: ["Incorrect order ID", "Order not found.", "Invalid Order Id(s)"],
    Denial.REFILL_DISABLED: ["Refill is disabled for this service"],
    Denial.REFILL_EARLY: ["The order was completed or refill was requested less than 24 hours ago"],
    Denial.REFILL_OPEN: ["The refill task is not completed for this order"],
    Denial.NOT_COMPLETED: ["The order is not completed"],
    Denial.REFILL: ["Refill not found", "Incorrect refill ID"],
    Denial.CANCEL: ["Cancel is disabled for this service", "The order cannot be canceled", "It cannot be cancelled"],
    Denial.UNSUPPORTED: ["Cancellation via API is not supported. Contact support."],
    Denial.MAINTENANCE: ["MAINTENANCE_MODE", "Hệ thống đang bảo trì!"],
    Denial.REQUEST: ["Missing order parameter", "Invalid action: cancel", "Incorrect request"],
    Denial.UNRECOGNISED: ["", "   ", "Сервис не найден", "link", "error", "error.", "service"],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in TEXTS.items() for text in texts])
def test_texts_around_other_actions_than_add_are_recognised(kind, text):
    assert recognise(text) is kind


def test_kinds_of_outcomes_are_kinds_of_denials():
    denials = {denial.value for denial in Denial}
    assert {kind.value for kind in RefusalKind} <= denials
    assert {kind.value for kind in LaterKind} <= denials


def test_what_may_be_tried_again_is_never_a_refusal_for_good():
    assert not {kind.value for kind in RefusalKind} & {kind.value for kind in LaterKind}
    assert not {kind.value for kind in RefusalKind} & {kind.value for kind in PANEL_WIDE}


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("The order was completed or refill was requested less than 24 hours ago", timedelta(hours=24)),
        ("Refill was requested less  than 1 HOUR ago", timedelta(hours=1)),
        ("refill was requested less than 3 days ago", timedelta(days=3)),
        ("refill was requested less than 5000 hours ago", None),
        ("The order is not completed", None),
    ],
)
def test_a_refusal_may_say_how_long_to_wait(text, wait):
    assert waiting_time(text) == wait


def test_a_text_too_long_for_a_refusal_is_not_searched():
    assert recognise("Bad link " + "x" * 500) is Denial.UNRECOGNISED
