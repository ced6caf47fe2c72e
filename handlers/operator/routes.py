"""The map of the operator's desk, in the order in which an update is offered to its handlers."""

from __future__ import annotations

from telegram.ext import ConversationHandler
from telegram.ext.filters import COMMAND, TEXT, UpdateType

from handlers.context import Context, Counter
from handlers.operator import buttons as b
from handlers.operator import desk, health, orders, panels, prices, questions, resolve, support, wallets
from handlers.operator.guards import Handler, Press, command, message


def operator_handlers(counter: Counter) -> list[Handler]:
    """Every handler of the desk; who counts as an operator is read from `counter` at each update.

    Anybody else's update matches none of them and goes on to the customers' handlers. Answers to customers come
    before the open question, so that a reply is never taken for its answer.
    """
    return [
        message(counter, support.REPLY_TO_TICKET & ~COMMAND, support.answer),
        resolving(counter),
        *_commands(counter),
        *_looks(counter),
        *_decisions(counter),
        *_deeds(counter),
        message(counter, support.REPLY_TO_DESK & ~COMMAND, support.explain),
    ]


def resolving(counter: Counter) -> ConversationHandler[Context]:
    """The conversation that asks for an upstream id or an amount; it goes on after a restart."""
    no_text = message(counter, ~TEXT & UpdateType.MESSAGE, questions.take_no_text)
    return ConversationHandler(
        entry_points=[
            Press(counter, b.AskUpstream, questions.ask_upstream),
            Press(counter, b.AskAmount, questions.ask_amount),
        ],
        states={
            questions.Asked.UPSTREAM: [message(counter, TEXT & ~COMMAND, questions.take_upstream), no_text],
            questions.Asked.AMOUNT: [message(counter, TEXT & ~COMMAND, questions.take_amount), no_text],
        },
        fallbacks=[
            command(counter, "cancel", questions.leave),
            command(counter, "resolve", questions.start_over),
            Press(counter, b.LeaveQuestion, questions.press_leave),
        ],
        allow_reentry=True,
        name=questions.NAME,
        persistent=True,
    )


def _commands(counter: Counter) -> list[Handler]:
    return [
        command(counter, "admin", desk.open_desk),
        command(counter, "panels", panels.open_panels),
        command(counter, "sync", panels.sync),
        command(counter, "credit", wallets.credit),
        command(counter, "debit", wallets.debit),
        command(counter, "user", wallets.open_customer),
        command(counter, "find", orders.find),
        command(counter, "resolve", orders.resolve),
        command(counter, "audit", health.audit),
    ]


def _looks(counter: Counter) -> list[Handler]:
    return [
        Press(counter, b.ShowDesk, desk.refresh_desk),
        Press(counter, b.ShowPanels, panels.refresh_panels),
        Press(counter, b.ShowAlerts, health.show_alerts),
        Press(counter, b.ShowJumps, prices.show_jumps),
        Press(counter, b.ShowDecision, orders.press_decision),
        Press(counter, b.DecideAnyway, orders.press_anyway),
        Press(counter, b.OpenOrder, orders.press_order),
        Press(counter, b.ShowCustomer, wallets.press_customer),
        Press(counter, b.Ticket, support.explain_ticket),
    ]


def _decisions(counter: Counter) -> list[Handler]:
    return [
        Press(counter, b.Attach, resolve.attach),
        Press(counter, b.AskRelease, resolve.ask_release),
        Press(counter, b.Release, resolve.release),
        Press(counter, b.AskEnd, resolve.ask_end),
        Press(counter, b.End, resolve.end),
        Press(counter, b.LeaveQuestion, questions.press_leave),
    ]


def _deeds(counter: Counter) -> list[Handler]:
    return [
        Press(counter, b.SyncPanels, panels.press_sync),
        Press(counter, b.AgreeCurrency, panels.agree_to_currency),
        Press(counter, b.Acknowledge, health.acknowledge),
        Press(counter, b.AcknowledgeListed, health.acknowledge_listed),
        Press(counter, b.AgreeOne, prices.agree_to_one),
        Press(counter, b.AskAgreeAll, prices.ask_about_all),
        Press(counter, b.AgreeAll, prices.agree_to_all),
        Press(counter, b.MoveMoney, wallets.confirm),
        Press(counter, b.DropMoney, wallets.drop),
    ]
