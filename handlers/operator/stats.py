"""`/stats`: what a day, a week or a month brought, as a picture with its figures in words."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from bot.charts.process import Chart, NotDrawn, draw
from handlers.keyboards import Screen, lines
from handlers.operator.answers import show
from handlers.operator.buttons import ShowStats
from handlers.operator.screens_stats import SPANS, VIEWS, Look, look_at_categories, look_at_money, look_at_states
from handlers.visits import Visit
from storage import statistics
from storage.database import Tx
from storage.statistics import Stretch

log = logging.getLogger(__name__)

_FIRST: Final = ShowStats("money", 7)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


async def stats(visit: Visit) -> None:
    """`/stats`."""
    await _show(visit, _FIRST)


async def press_stats(visit: Visit, button: ShowStats) -> None:
    """Another view or another span: the picture is replaced."""
    known = button.view in VIEWS and button.days in SPANS
    await visit.answer(visit.texts.plain("operator.stats.drawing"))
    await _show(visit, button if known else _FIRST)


async def _show(visit: Visit, wanted: ShowStats) -> None:
    look = await _look(visit, wanted)
    picture = await _drawn(look.chart)
    if picture is not None:
        await visit.show_picture(picture, look.screen)
        return
    html = lines(look.screen.html, visit.texts.html("operator.stats.not-drawn"))
    await show(visit, Screen(html, look.screen.keyboard))


async def _look(visit: Visit, wanted: ShowStats) -> Look:
    stretch, texts = stretch_of(wanted.days, visit.now), visit.texts

    async def work(tx: Tx) -> Look:
        if wanted.view == "states":
            return look_at_states(texts, wanted, await statistics.by_state(tx, stretch))
        if wanted.view == "categories":
            return look_at_categories(texts, wanted, await statistics.by_category(tx, stretch))
        return look_at_money(texts, wanted, stretch, await statistics.over_time(tx, stretch))

    return await visit.shop.db.read(work)


async def _drawn(chart: Chart) -> bytes | None:
    try:
        return await draw(chart)
    except NotDrawn as error:
        log.warning("a chart could not be drawn", extra={"problem": str(error)})
        return None


def stretch_of(days: int, now: datetime) -> Stretch:
    """The last day in hours, more days in days, up to the end of the one that runs; all in UTC."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    if days == 1:
        return Stretch(hour + _HOUR - _DAY, _HOUR, 24)
    return Stretch(hour.replace(hour=0) + _DAY - days * _DAY, _DAY, days)
