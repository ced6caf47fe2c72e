"""The map of payments, requests and what fits nobody: whatever is pressed, at most one question is open after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from telegram.ext.filters import COMMAND, TEXT, UpdateType

from handlers.context import Counter
from handlers.operator import asking, giving, payments, requests, suspense
from handlers.operator import payment_buttons as b
from handlers.operator.buttons import ShowDesk
from handlers.operator.guards import Handler, Press, command, message
from handlers.operator.steps import Asked
from handlers.visits import Visit

Act = Callable[[Visit], Awaitable[object]]


def refund_entries(counter: Counter) -> list[Handler]:
    """Every button; all but those that ask close what was asked."""
    return [
        Press(counter, b.ShowRequests, requests.show_requests),
        Press(counter, b.ShowRequest, requests.show_request),
        Press(counter, b.Agree, requests.agree),
        Press(counter, b.AskNo, requests.ask_no),
        Press(counter, b.ListPayments, payments.list_payments),
        Press(counter, b.ShowPayment, payments.press_payment),
        Press(counter, b.ShowSuspense, payments.show_suspense),
        Press(counter, b.AskGive, giving.ask_give),
        Press(counter, b.AskGiveOrder, giving.ask_give_order),
        Press(counter, b.Give, giving.give),
        Press(counter, b.AskWhose, suspense.ask_whose),
        Press(counter, b.AskAssign, suspense.ask_assign),
        Press(counter, b.Assign, suspense.assign),
    ]


def refund_states(counter: Counter) -> dict[object, list[Handler]]:
    """What answers the questions."""
    return {
        Asked.REFUND_NO: _answers(counter, requests.take_no, requests.take_no_text, requests.leave),
        Asked.GIVE_AMOUNT: _answers(counter, giving.take_amount, giving.take_no_text, giving.leave),
        Asked.GIVE_REASON: _answers(counter, giving.take_reason, giving.take_no_text, giving.leave),
        Asked.WHOSE: _answers(counter, suspense.take_whose, suspense.take_no_text, suspense.leave),
    }


def _answers(counter: Counter, take: Act, no_text: Act, leave: Act) -> list[Handler]:
    return [
        message(counter, TEXT & ~COMMAND, take),
        message(counter, ~TEXT & UpdateType.MESSAGE, no_text),
        command(counter, "cancel", leave),
        Press(counter, ShowDesk, asking.press_leave),
    ]
