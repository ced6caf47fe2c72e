"""The map of the catalogue's editor and of markups: whatever is pressed, at most one question is open after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec

from telegram.ext.filters import COMMAND, TEXT, UpdateType

from handlers.context import Counter
from handlers.operator import asking, catalogue, markups, titles
from handlers.operator import catalogue_buttons as b
from handlers.operator.buttons import ShowDesk
from handlers.operator.guards import Handler, Press, command, message
from handlers.operator.steps import Asked
from handlers.steps import END
from handlers.visits import Visit

P = ParamSpec("P")


def catalogue_entries(counter: Counter) -> list[Handler]:
    """Every command and button; all but those that ask close what was asked."""
    return [
        command(counter, "markup", markups.markup),
        command(counter, "hide", _closing(catalogue.hide_command)),
        command(counter, "show", _closing(catalogue.show_command)),
        Press(counter, b.AskTitle, titles.ask_title),
        Press(counter, b.OpenMarkup, markups.open_markup),
        Press(counter, b.ShowCatalogue, _closing(catalogue.show_catalogue)),
        Press(counter, b.OpenCategory, _closing(catalogue.open_category)),
        Press(counter, b.OpenListing, _closing(catalogue.open_listing)),
        Press(counter, b.OpenService, _closing(catalogue.open_service)),
        Press(counter, b.Move, _closing(catalogue.move)),
        Press(counter, b.DropTitle, _closing(catalogue.drop_title)),
        Press(counter, b.Hide, _closing(catalogue.press_hide)),
        Press(counter, b.HideCategory, _closing(catalogue.hide_category)),
        Press(counter, b.Unhide, _closing(catalogue.press_unhide)),
        Press(counter, b.ShowMarkups, _closing(markups.show_markups)),
        Press(counter, b.PickSubject, _closing(markups.pick_subject)),
        Press(counter, b.PickService, _closing(markups.pick_service)),
        Press(counter, b.PreviewMarkup, _closing(markups.preview)),
        Press(counter, b.SetMarkup, _closing(markups.set_markup)),
    ]


def catalogue_states(counter: Counter) -> dict[object, list[Handler]]:
    """What answers the two questions."""
    ways_out = [
        message(counter, ~TEXT & UpdateType.MESSAGE, titles.take_no_text),
        command(counter, "cancel", titles.leave),
        Press(counter, ShowDesk, asking.press_leave),
    ]
    return {
        Asked.TITLE: [message(counter, TEXT & ~COMMAND, titles.take_title), *ways_out],
        Asked.PERCENT: [message(counter, TEXT & ~COMMAND, markups.take_percent), *ways_out],
    }


def _closing(
    act: Callable[Concatenate[Visit, P], Awaitable[object]],
) -> Callable[Concatenate[Visit, P], Awaitable[int]]:
    async def closed(visit: Visit, /, *args: P.args, **kwargs: P.kwargs) -> int:
        visit.memory.arranging = None
        await act(visit, *args, **kwargs)
        return END

    return closed
