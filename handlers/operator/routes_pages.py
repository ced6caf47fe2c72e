"""The map of the pages' editor: whatever is pressed, at most one question is open after it."""

from __future__ import annotations

from telegram.ext.filters import COMMAND, TEXT, UpdateType

from handlers.context import Counter
from handlers.operator import asking, pages
from handlers.operator import page_buttons as b
from handlers.operator.buttons import ShowDesk
from handlers.operator.guards import Handler, Press, command, message
from handlers.operator.steps import Asked


def page_entries(counter: Counter) -> list[Handler]:
    """The command and every button; all but the one that asks close what was asked."""
    return [
        command(counter, "pages", pages.pages_command),
        Press(counter, b.ShowPages, pages.show_pages),
        Press(counter, b.ShowPage, pages.show_page),
        Press(counter, b.OpenPage, pages.open_page),
        Press(counter, b.AskPage, pages.ask_page),
        Press(counter, b.SavePage, pages.save),
        Press(counter, b.AskStandard, pages.ask_standard),
        Press(counter, b.SetStandard, pages.set_standard),
    ]


def page_states(counter: Counter) -> dict[object, list[Handler]]:
    """What answers the question."""
    return {
        Asked.PAGE: [
            message(counter, TEXT & ~COMMAND, pages.take_text),
            message(counter, ~TEXT & UpdateType.MESSAGE, pages.take_no_text),
            command(counter, "cancel", pages.leave),
            Press(counter, ShowDesk, asking.press_leave),
        ]
    }
