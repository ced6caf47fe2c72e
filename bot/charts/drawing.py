"""The pictures themselves: legible at the width of a phone, told apart by people who see few colours, and no words.

Colours are of Okabe and Ito's palette (https://jfly.uni-koeln.de/color/); the caption of the message explains them.
Imported by the drawing process only.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

TURNOVER, COST, MARGIN = "#56b4e9", "#e69f00", "#009e73"
_INK, _QUIET, _GRID = "#3c4257", "#7a8096", "#e7e9f2"
_DPI: Final = 180
_WIDTH_INCHES: Final = 6.0
_TIME_HEIGHT: Final = 4.2
_ROW_HEIGHT: Final = 0.52
_FONT: Final = 13
#: Air around everything, in inches.
_PAD: Final = 0.14
#: So many labels fit side by side.
_LABELS_MOST: Final = 8
_FEW: Final = 20


def picture(chart: Mapping[str, Any]) -> bytes:
    """A chart as a PNG."""
    first = [amount / chart["scale"] for amount in chart["first"]]
    cost = [amount / chart["scale"] for amount in chart["cost"]]
    signs = chart["signs"]
    figure = (
        _over_time(chart["labels"], first, cost, signs) if chart["kind"] == "time" else _ranking(first, cost, signs)
    )
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", facecolor="white")
    return drawn.getvalue()


def _over_time(labels: Sequence[str], turnover: Sequence[float], cost: Sequence[float], signs: str) -> Figure:
    """Turnover as bars, cost as slimmer bars before them, the margin as a line."""
    figure, axes = _empty(_TIME_HEIGHT)
    places = range(len(labels))
    axes.bar(places, turnover, width=0.82, color=TURNOVER)
    axes.bar(places, cost, width=0.42, color=COST)
    margin = [t - c for t, c in zip(turnover, cost, strict=True)]
    axes.plot(places, margin, color="white", linewidth=5, solid_capstyle="round")
    axes.plot(places, margin, color=MARGIN, linewidth=2.6, marker="o", markersize=5, markeredgecolor="white")
    step = max(1, -(-len(labels) // _LABELS_MOST))
    shown = [place for place in places if (len(labels) - 1 - place) % step == 0]
    axes.set_xticks(shown, [labels[place] for place in shown])
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _number(value, max(turnover, default=0), signs)))
    axes.grid(axis="y", color=_GRID, linewidth=1)
    axes.set_xlim(-0.7, len(labels) - 0.3)
    if min(margin, default=0) < 0:
        axes.axhline(0, color=_QUIET, linewidth=1)
        axes.spines["bottom"].set_visible(False)
    if not any((*turnover, *cost)):
        axes.set_ylim(0, 1)
        axes.set_yticks([0])
    return figure


def _ranking(first: Sequence[float], cost: Sequence[float], signs: str) -> Figure:
    """One bar for each place, the first on top, with its number before it and its figure behind it."""
    figure, axes = _empty(0.5 + _ROW_HEIGHT * max(3, len(first)))
    places = range(len(first))
    axes.barh(places, first, height=0.72, color=TURNOVER)
    if cost:
        axes.barh(places, cost, height=0.34, color=COST)
    longest = max((*first, *cost), default=0) or 1
    if not first:
        axes.text(0.5, 0.5, "0", transform=axes.transAxes, ha="center", va="center", color=_QUIET, fontsize=3 * _FONT)
    for place, value in enumerate(first):
        end = max(value, cost[place] if cost else 0) + longest * 0.02
        axes.text(
            end, place, _number(value, longest, signs), va="center", color=_INK, fontsize=_FONT, fontweight="bold"
        )
    axes.set_yticks(places, [str(place + 1) for place in places])
    axes.set_ylim(max(3, len(first)) - 0.4, -0.6)
    axes.set_xlim(0, longest * 1.22)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    return figure


def _empty(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_WIDTH_INCHES, height), dpi=_DPI, layout=ConstrainedLayoutEngine(w_pad=_PAD, h_pad=_PAD))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_QUIET)
    axes.tick_params(colors=_INK, labelsize=_FONT, length=0, pad=6)
    return figure, axes


def _number(value: float, largest: float, signs: str) -> str:
    """A figure as short as its neighbours allow, with the reader's decimal point and grouping."""
    shown = f"{value:,.2f}" if largest < _FEW and value != int(value) else f"{value:,.0f}"
    return shown.translate(str.maketrans(".,", signs))
