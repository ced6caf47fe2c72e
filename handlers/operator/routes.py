"""The map of the operator's desk, in the order in which an update is offered to its handlers."""

from __future__ import annotations

from telegram.ext import ConversationHandler
from telegram.ext.filters import COMMAND, TEXT, UpdateType

from handlers.context import Context, Room
from handlers.operator import buttons as b
from handlers.operator import desk, health, orders, panels, prices, questions, resolve, support, wallets
from handlers.operator.guards import Handler, Press, command, message


def operator_handlers(room: Room) -> list[Handler]:
    """Every handler of the desk; who counts as an operator is read from `room` at each update.

    Anybody else's update matches none of them and goes on to the customers' handlers. Answers to customers come
    before the open question, so that a reply is never taken for its answer.
    """
    return [
        message(room, support.REPLY_TO_TICKET & ~COMMAND, support.answer),
        resolving(room),
        *_commands(room),
        *_looks(room),
        *_decisions(room),
        *_deeds(room),
        message(room, support.REPLY_TO_DESK & ~COMMAND, support.explain),
    ]


def resolving(room: Room) -> ConversationHandler[Context]:
    """The conversation that asks for an upstream id or an amount; it goes on after a restart."""
    no_text = message(room, ~TEXT & UpdateType.MESSAGE, questions.take_no_text)
    return ConversationHandler(
        entry_points=[
            Press(room, b.AskUpstream, questions.ask_upstream),
            Press(room, b.AskAmount, questions.ask_amount),
        ],
        states={
            questions.Asked.UPSTREAM: [message(room, TEXT & ~COMMAND, questions.take_upstream), no_text],
            questions.Asked.AMOUNT: [message(room, TEXT & ~COMMAND, questions.take_amount), no_text],
        },
        fallbacks=[
            command(room, "cancel", questions.leave),
            command(room, "resolve", questions.start_over),
            Press(room, b.LeaveQuestion, questions.press_leave),
        ],
        allow_reentry=True,
        name=questions.NAME,
        persistent=True,
    )


def _commands(room: Room) -> list[Handler]:
    return [
        command(room, "admin", desk.open_desk),
        command(room, "panels", panels.open_panels),
        command(room, "sync", panels.sync),
        command(room, "credit", wallets.credit),
        command(room, "debit", wallets.debit),
        command(room, "user", wallets.open_customer),
        command(room, "find", orders.find),
        command(room, "resolve", orders.resolve),
        command(room, "audit", health.audit),
    ]


def _looks(room: Room) -> list[Handler]:
    return [
        Press(room, b.ShowDesk, desk.refresh_desk),
        Press(room, b.ShowPanels, panels.refresh_panels),
        Press(room, b.ShowAlerts, health.show_alerts),
        Press(room, b.ShowJumps, prices.show_jumps),
        Press(room, b.ShowDecision, orders.press_decision),
        Press(room, b.OpenOrder, orders.press_order),
        Press(room, b.ShowCustomer, wallets.press_customer),
        Press(room, b.Ticket, support.explain_ticket),
    ]


def _decisions(room: Room) -> list[Handler]:
    return [
        Press(room, b.Attach, resolve.attach),
        Press(room, b.AskRelease, resolve.ask_release),
        Press(room, b.Release, resolve.release),
        Press(room, b.AskEnd, resolve.ask_end),
        Press(room, b.End, resolve.end),
        Press(room, b.LeaveQuestion, questions.press_leave),
    ]


def _deeds(room: Room) -> list[Handler]:
    return [
        Press(room, b.SyncPanels, panels.press_sync),
        Press(room, b.Acknowledge, health.acknowledge),
        Press(room, b.AcknowledgeListed, health.acknowledge_listed),
        Press(room, b.AgreeOne, prices.agree_to_one),
        Press(room, b.AskAgreeAll, prices.ask_about_all),
        Press(room, b.AgreeAll, prices.agree_to_all),
        Press(room, b.MoveMoney, wallets.confirm),
        Press(room, b.DropMoney, wallets.drop),
    ]
