"""What operators are told after a run that broke off."""

from __future__ import annotations

from typing import cast

import pytest

from bot.domain.notices import Notice, NoticeKind
from handlers.context import Counter
from handlers.operator.screens import notice_screen
from handlers.texts import MoneyStyle, load

LIBRARY = load(MoneyStyle("USD", 4))


@pytest.mark.parametrize("language", ["en", "tr", "th"])
@pytest.mark.parametrize("unknown", [0, 12])
async def test_a_restart_is_told_in_numbers_and_leads_to_what_needs_a_decision(language: str, unknown: int) -> None:
    facts = {"unknown": unknown, "reserved": 34, "unsent": 56}
    notice = Notice("restarted:2:9001", 9001, NoticeKind.RESTARTED, None, facts)
    screen = await notice_screen(LIBRARY.speak(language), cast("Counter", None), notice)
    assert all(str(count) in screen.html for count in facts.values())
    assert bool(screen.keyboard) == bool(unknown)
