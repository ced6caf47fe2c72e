"""Statistics: the figures in words, which explain the picture and stand in for it, and what is to be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardMarkup

from bot.charts.process import Chart, Kind
from bot.domain.money import MICROS_PER_UNIT
from bot.domain.orders import OrderState
from handlers.keyboards import Screen, Style, key, keyboard, lines
from handlers.operator import words
from handlers.operator.buttons import ShowStats
from handlers.operator.keys import desk_key
from handlers.texts import Texts
from storage.statistics import CategoryTurnover, Stretch, total
from storage.views import Turnover

VIEWS: Final = ("money", "states", "categories")
SPANS: Final = (1, 7, 30)
_CATEGORIES_SHOWN: Final = 8
_NAME_MAX: Final = 28


@dataclass(frozen=True, slots=True)
class Look:
    """A view of a span: its words and buttons, and the chart to draw."""

    screen: Screen
    chart: Chart


def look_at_money(texts: Texts, wanted: ShowStats, stretch: Stretch, parts: list[Turnover]) -> Look:
    """Turnover, cost and margin over time."""
    whole = total(parts)
    percent = whole.margin.micros * 100 // whole.charged.micros if whole.charged.micros else 0
    html = lines(
        _title(texts, wanted),
        texts.html("operator.stats.turnover", charged=whole.charged),
        texts.html("operator.stats.cost", cost=whole.cost),
        texts.html("operator.stats.margin", margin=whole.margin, percent=texts.percent(percent)),
        texts.html("operator.stats.ended", count=whole.orders),
    )
    shape = "%H" if wanted.days == 1 else "%m-%d"
    labels = [f"{stretch.since + stretch.step * step:{shape}}" for step in range(stretch.steps)]
    return Look(Screen(html, _keys(texts, wanted)), _of_money(texts, "time", labels, parts))


def look_at_states(texts: Texts, wanted: ShowStats, counts: Mapping[OrderState, int]) -> Look:
    """Orders by where they stand."""
    found = sorted(((n, state) for state, n in counts.items() if n), key=lambda pair: (-pair[0], pair[1].value))
    rows = [
        texts.html(
            "operator.stats.state", place=place, state=texts.plain(f"operator.state.{state.value}"), number=number
        )
        for place, (number, state) in enumerate(found, 1)
    ]
    html = lines(_title(texts, wanted), texts.html("operator.stats.confirmed", count=sum(n for n, _ in found)), *rows)
    chart = Chart(
        "ranking",
        [str(place) for place in range(1, len(found) + 1)],
        [number for number, _ in found],
        signs=texts.signs,
    )
    return Look(Screen(html, _keys(texts, wanted)), chart)


def look_at_categories(texts: Texts, wanted: ShowStats, found: Sequence[CategoryTurnover]) -> Look:
    """Turnover and cost by category: the largest, and the rest in one."""
    shown = list(found[:_CATEGORIES_SHOWN])
    if rest := found[_CATEGORIES_SHOWN:]:
        name = texts.plain("operator.stats.others", count=len(rest))
        shown.append(CategoryTurnover(name, total([one.turnover for one in rest])))
    html = lines(
        _title(texts, wanted),
        texts.html("operator.stats.by-category") if shown else texts.html("operator.stats.ended", count=0),
        *(_category(texts, place, one) for place, one in enumerate(shown, 1)),
    )
    labels = [str(place) for place in range(1, len(shown) + 1)]
    return Look(
        Screen(html, _keys(texts, wanted)), _of_money(texts, "ranking", labels, [one.turnover for one in shown])
    )


def _category(texts: Texts, place: int, one: CategoryTurnover) -> Markup:
    return texts.html(
        "operator.stats.category",
        place=place,
        name=words.short(one.name, _NAME_MAX),
        charged=one.turnover.charged,
        margin=one.turnover.margin,
    )


def _of_money(texts: Texts, kind: Kind, labels: Sequence[str], parts: Sequence[Turnover]) -> Chart:
    charged = [part.charged.micros for part in parts]
    cost = [part.cost.micros for part in parts]
    return Chart(kind, labels, charged, cost, MICROS_PER_UNIT, texts.signs)


def _title(texts: Texts, wanted: ShowStats) -> Markup:
    if wanted.days == 1:
        return texts.html("operator.stats.title-day")
    return texts.html("operator.stats.title-days", count=wanted.days)


def _keys(texts: Texts, wanted: ShowStats) -> InlineKeyboardMarkup:
    views = [
        key(texts.plain(f"operator.stats.view-{view}"), ShowStats(view, wanted.days), _chosen(view, wanted.view))
        for view in VIEWS
    ]
    spans = [
        key(texts.plain("operator.stats.span", count=days), ShowStats(wanted.view, days), _chosen(days, wanted.days))
        for days in SPANS
    ]
    return keyboard(views, spans, desk_key(texts))


def _chosen(one: object, chosen: object) -> Style | None:
    return "primary" if one == chosen else None
