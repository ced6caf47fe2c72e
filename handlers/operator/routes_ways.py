"""The map of the ways of paying in: whatever is pressed, at most one question is open after it."""

from __future__ import annotations

from telegram.ext.filters import COMMAND, TEXT, UpdateType

from handlers.context import Counter
from handlers.operator import asking, ways, ways_instructions, ways_rate
from handlers.operator import way_buttons as b
from handlers.operator.buttons import ShowDesk
from handlers.operator.guards import Handler, Press, command, message
from handlers.operator.steps import Asked


def way_entries(counter: Counter) -> list[Handler]:
    """The command and every button; all but those that ask close what was asked."""
    return [
        command(counter, "topups", ways.topups_command),
        Press(counter, b.ShowWays, ways.show_ways),
        Press(counter, b.ShowWay, ways.show_way),
        Press(counter, b.AskTurnOn, ways.ask_turn_on),
        Press(counter, b.TurnWay, ways.turn),
        Press(counter, b.AskRate, ways_rate.ask_rate),
        Press(counter, b.AskPayout, ways_rate.ask_payout),
        Press(counter, b.SetRate, ways_rate.set_rate),
        Press(counter, b.AskInstructions, ways_instructions.ask_instructions),
        Press(counter, b.SaveInstructions, ways_instructions.save),
        Press(counter, b.AskRemove, ways_instructions.ask_remove),
        Press(counter, b.RemoveInstructions, ways_instructions.remove),
    ]


def way_states(counter: Counter) -> dict[object, list[Handler]]:
    """What answers the two questions."""
    desk = Press(counter, ShowDesk, asking.press_leave)
    return {
        Asked.RATE: [
            message(counter, TEXT & ~COMMAND, ways_rate.take_rate),
            message(counter, ~TEXT & UpdateType.MESSAGE, ways_rate.take_no_text),
            command(counter, "cancel", ways_rate.leave),
            desk,
        ],
        Asked.INSTRUCTIONS: [
            message(counter, TEXT & ~COMMAND, ways_instructions.take_instructions),
            message(counter, ~TEXT & UpdateType.MESSAGE, ways_instructions.take_no_text),
            command(counter, "cancel", ways_instructions.leave),
            desk,
        ],
    }
