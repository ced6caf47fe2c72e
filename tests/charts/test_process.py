"""Pictures come from a process of their own, in time or not at all, and the shop never loads what draws them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bot.charts.process import PNG, Chart, NotDrawn, draw
from bot.sandbox.telegram.files import image_size

WEEK = tuple(f"11-{day:02}" for day in range(20, 27))


@pytest.mark.parametrize(
    "chart",
    [
        Chart("time", WEEK, [5_000_000, 0, 7_500_000, 1, 2, 3, 4], [4_000_000, 0, 8_000_000, 1, 2, 3, 4], 10**6),
        Chart("time", WEEK, [0] * 7, [0] * 7, 10**6),
        Chart("ranking", "123", [10**18, 5, 0], [10**17, 9, 0], 10**6),
        Chart("ranking", "1", [1_234_500_000], scale=10**6, signs=",."),
        Chart("ranking", "1", [1]),
        Chart("ranking", "", []),
    ],
)
async def test_a_chart_is_a_png_as_wide_as_a_phone_shows_sharply(chart: Chart) -> None:
    picture = await draw(chart)
    assert picture.startswith(PNG)
    width, height = image_size(picture) or (0, 0)
    assert width == 1080
    assert 250 < height < 1400
    assert len(picture) < 300_000


async def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(NotDrawn, match="ValueError"):
        await draw(Chart("time", WEEK, [1, 2], [1], 10**6))


async def test_nobody_waits_for_a_picture_for_ever() -> None:
    with pytest.raises(NotDrawn, match="too long"):
        await draw(Chart("ranking", "1", [1]), seconds=0.001)


async def test_without_a_way_to_start_a_process_there_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(NotDrawn, match="FileNotFoundError"):
        await draw(Chart("ranking", "1", [1]))


async def test_the_drawing_process_gets_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.charts import process

    monkeypatch.setenv("BOT_TOKEN", "100001:secret")
    assert not {"BOT_TOKEN", "PANELS__EAST__KEY", "DATABASE_URL"} & set(process._ENVIRONMENT)


def test_the_shop_runs_without_ever_loading_the_drawing_library() -> None:
    program = "import bot.running, handlers.routes, sys; print('matplotlib' in sys.modules, 'numpy' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "False"]


async def test_figures_are_written_with_the_readers_signs() -> None:
    english, turkish, thai = [
        await draw(Chart("ranking", "1", [1_234_500], scale=10**5, signs=signs)) for signs in (".,", ",.", ".,")
    ]
    assert english == thai != turkish
