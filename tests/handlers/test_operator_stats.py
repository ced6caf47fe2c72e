"""`/stats`: pictures in the chat, replaced in place, with figures in words; and words alone where nothing is drawn."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.charts.process import PNG
from bot.domain.money import Money
from bot.domain.orders import OrderState
from bot.sandbox.telegram.files import image_size
from handlers.operator.buttons import ShowStats
from handlers.operator.screens_stats import look_at_categories, look_at_money, look_at_states
from handlers.operator.stats import stretch_of
from storage.statistics import CategoryTurnover
from storage.views import Turnover
from tests.handlers.operator_desk import Desk, desk
from tests.handlers.operator_kit import HOSTILE, NOW, assert_sendable, english, visible
from tests.kit import IRIS, MINA

TEXTS = english()
CAPTION_MAX = 1024
LARGE = Turnover(Money(2**61), Money(2**60), 10**9)


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        order = await found.bench.active_order()
        await found.bench.panel.set_order(order.upstream_id, status="Completed")
        found.bench.clock.forward(minutes=2)
        await found.bench.track()
        yield found


async def messages(at_desk: Desk) -> list[dict[str, Any]]:
    async with at_desk.counter.http.get(f"{at_desk.counter.url}/chat/{IRIS}/history") as answer:
        return (await answer.json())["messages"]


async def picture(at_desk: Desk, message: dict[str, Any]) -> bytes:
    async with at_desk.counter.http.get(f"{at_desk.counter.url}/chat/files/{message['photo']['file_id']}") as answer:
        return await answer.read()


async def test_a_picture_comes_and_is_replaced_in_its_place(at_desk: Desk) -> None:
    shown = await at_desk.say("/stats")
    first = (await messages(at_desk))[-1]
    drawn = await picture(at_desk, first)
    assert drawn.startswith(PNG)
    assert (image_size(drawn) or (0, 0))[0] == 1080
    for words in ("the last 7 days", "🟦 Turnover", "🟧 Cost", "🟩 Margin", "1 order ended"):
        assert words in shown.text
    states = await at_desk.after("Orders", shown)
    assert "1 order confirmed" in states.text
    assert "1. completed: 1" in states.text
    month = await at_desk.after("30 days", await at_desk.after("Categories", states))
    assert "the last 30 days" in month.text
    assert "By category" in month.text
    last = (await messages(at_desk))[-1]
    assert (last["message_id"], last["photo"] == first["photo"]) == (first["message_id"], False)


async def test_the_dashboard_leads_to_the_statistics_and_the_picture_leads_back_below(at_desk: Desk) -> None:
    board = await at_desk.say("/admin")
    shown = await at_desk.press("Statistics", board)
    assert shown.id != board.id
    back = await at_desk.press("Dashboard", shown)
    assert "Customers: 3" in back.text
    assert (await at_desk.counter.message(shown.id, IRIS)).text == shown.text


async def test_the_last_day_is_told_by_the_hour(at_desk: Desk) -> None:
    shown = await at_desk.after("1 day", await at_desk.say("/stats"))
    assert "the last 24 hours (UTC)" in shown.text
    assert "1 order ended" in shown.text


async def test_where_nothing_can_be_drawn_the_figures_come_in_words(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    shown = await at_desk.say("/stats")
    assert "could not be drawn" in shown.text
    assert "🟦 Turnover" in shown.text
    assert (await messages(at_desk))[-1]["photo"] is None
    monkeypatch.undo()
    await at_desk.press("30 days", shown)
    assert (await messages(at_desk))[-1]["photo"] is not None


async def test_a_forged_view_shows_the_first_one_and_a_customer_sees_nothing(at_desk: Desk) -> None:
    shown = await at_desk.say("/stats")
    await at_desk.counter.press_data(shown, ShowStats("wallets", 365).pack(), IRIS)
    assert "the last 7 days" in (await at_desk.counter.last(IRIS)).text
    mine = await at_desk.counter.last(MINA)
    await at_desk.counter.press_data(mine, ShowStats("money", 7).pack(), MINA)
    assert "out of date" in (await at_desk.counter.last(MINA)).text


@pytest.mark.parametrize("days", [1, 7, 30])
def test_a_caption_fits_whatever_the_figures_and_names(days: int) -> None:
    stretch = stretch_of(days, NOW)
    many = [CategoryTurnover(HOSTILE, LARGE) for _ in range(500)]
    looks = [
        look_at_money(TEXTS, ShowStats("money", days), stretch, [LARGE] * stretch.steps),
        look_at_states(TEXTS, ShowStats("states", days), dict.fromkeys(OrderState, 10**9)),
        look_at_categories(TEXTS, ShowStats("categories", days), many),
    ]
    for look in looks:
        assert_sendable(look.screen)
        assert len(visible(look.screen)) <= CAPTION_MAX
    assert len(looks[2].chart.labels) == 9


def test_spans_end_with_the_hour_or_the_day_that_runs() -> None:
    day, week = stretch_of(1, NOW), stretch_of(7, NOW)
    assert (day.until, day.until - day.since) == (NOW.replace(hour=8, minute=0), timedelta(days=1))
    assert (week.until, week.until - week.since) == (NOW.replace(day=4, hour=0, minute=0), timedelta(days=7))
