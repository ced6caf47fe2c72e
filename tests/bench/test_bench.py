"""The benchmark's parts run and measure something; how fast anything is, no test says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench import __main__ as command
from bench import paper, placing, rounds, stock
from bench.crowd import Crowd
from bench.figures import MILLISECONDS, Curve, Figure, Found, Unmeasured
from bench.ground import QUICK, Ground, ground
from bench.processes import Died, child

TINY = replace(QUICK, people=(2, 3, 4), services=(20, 30, 40), orders=(100, 100, 100), placed=50)


@pytest.fixture
async def place() -> AsyncIterator[Ground]:
    async with ground(TINY) as opened:
        yield opened


async def test_every_bot_answers_a_whole_conversation(place: Ground) -> None:
    for kind in ("reference", "swift", "bare", "shop"):
        async with place.bot(kind, settle=0) as bot:
            assert await Crowd(place.town, 2, bot.cpu).once() == 0
            assert bot.cpu() > 0
            assert bot.memory() > 1
    assert place.town.calls["answerCallbackQuery"] == 8


async def test_customers_who_are_not_answered_are_counted(place: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.crowd.PATIENCE_SECONDS", 0.1)
    talk = await Crowd(place.town, 3, lambda: 0.0).keep_busy(0, 0.1)
    assert (talk.failed, talk.rate, talk.orders) == (3, 0, 0)


async def test_work_without_conversations_is_measured(place: Ground) -> None:
    here, floor = await placing._sqlite(place, 50, {})
    assert min(*here, floor) > 0
    for way in ("shop", "floor"):
        assert await rounds._round(place, way, 100) > 0
    async with rounds._panel(place, 40) as panel:
        for way in ("shop", "floor", "page"):
            database = stock.copy_of(place.database, place.new_path("some.db"))
            told = await rounds._told(place, "bench.work.refreshing", way, panel, database, 2)
            assert min(told.values()) >= 0


async def test_a_process_that_breaks_says_why(tmp_path: Path) -> None:
    async with child(tmp_path, "bench.work.placing", "nonsense") as worker:
        with pytest.raises(Died, match="nonsense"):
            await worker.rest()


async def test_the_slow_disk_is_left_out_without_a_compiler(tmp_path: Path) -> None:
    with pytest.raises(Unmeasured, match="compiler"):
        await placing._slow_fsync(tmp_path, which=lambda name: None)


@pytest.mark.parametrize(
    ("values", "more", "verdict"),
    [
        ((1.0, 9.0, 3.0), True, "beyond"), ((2.0,), True, "met"), ((1.9,), True, "MISSED"),
        ((2.0,), False, "met"), ((2.1,), False, "MISSED"),
    ],
)  # fmt: skip
def test_the_middle_one_is_held_against_the_bounds(values: tuple[float, ...], more: bool, verdict: str) -> None:
    assert Figure("speed", values, 2.0, 3.0 if more else None, more=more).verdict == verdict


def test_a_report_shows_what_was_measured_and_what_failed() -> None:
    found = {
        "P1": Found(
            [Figure("wait", (1.0, 2.0, 4.0), 3.0, form=MILLISECONDS, more=False)], [Curve("by size", (("1", "2"),))]
        ),
        "P2": "nobody answered",
    }
    for text in (command.report(found), paper.figures(found)):
        assert "2.0 ms" in text
        assert "1.0 ms … 4.0 ms" in text
        assert "by size: 1: 2" in text
        assert "nobody answered" in text
        assert "FAILED" in text


def test_the_paper_keeps_the_words_around_its_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "PERFORMANCE.md"
    copy.write_text(paper.PAPER.read_text())
    monkeypatch.setattr(paper, "PAPER", copy)
    paper.write({"P1": Found([Figure("speed", (7.77,), 2.0)])})
    paper.write({"P1": Found([Figure("speed", (8.88,), 2.0)])})
    written = copy.read_text()
    assert "8.88x" in written
    assert "7.77x" not in written
    assert written.partition(paper._BEGIN)[0] == paper.PAPER.read_text().partition(paper._BEGIN)[0]
    assert written.count(paper._END) == 1
