"""The map of the operator's desk, in the order in which an update is offered to its handlers."""

from __future__ import annotations

from telegram.ext import ConversationHandler
from telegram.ext.filters import COMMAND, TEXT, UpdateType

from handlers.context import Context, Counter
from handlers.operator import (
    admission,
    approvals,
    asking,
    brake,
    broadcast,
    charges,
    desk,
    health,
    orders,
    panels,
    people,
    prices,
    questions,
    refills,
    resolve,
    statements,
    stats,
    support,
    wallets,
)
from handlers.operator import buttons as b
from handlers.operator import decision_buttons as d
from handlers.operator.buttons_people import AskErase, Erase, ExportPerson
from handlers.operator.guards import Handler, Press, command, message
from handlers.operator.routes_catalogue import catalogue_entries, catalogue_states
from handlers.operator.routes_pages import page_entries, page_states
from handlers.operator.routes_paying import paying_entries, paying_states
from handlers.operator.routes_refunds import refund_entries, refund_states
from handlers.operator.routes_ways import way_entries, way_states
from handlers.operator.steps import Asked
from handlers.statement_buttons import GetStatementOf, ShowStatementsOf

_WRITTEN = TEXT & ~COMMAND


def operator_handlers(counter: Counter) -> list[Handler]:
    """Every handler of the desk; who counts as an operator is read from `counter` at each update.

    Anybody else's update matches none of them and goes on to the customers' handlers. Answers to customers come
    before the open question, so that a reply is never taken for its answer.
    """
    return [
        message(counter, support.REPLY_TO_TICKET & ~COMMAND, support.answer),
        asking_in_writing(counter),
        *_commands(counter),
        *_looks(counter),
        *_decisions(counter),
        *_deeds(counter),
        message(counter, support.REPLY_TO_DESK & ~COMMAND, support.explain),
    ]


def asking_in_writing(counter: Counter) -> ConversationHandler[Context]:
    """The conversation that asks an operator for what is typed; at most one question is open, also after a restart."""
    return ConversationHandler(
        entry_points=[
            Press(counter, d.AskUpstream, questions.ask_upstream),
            Press(counter, d.AskAmount, questions.ask_amount),
            Press(counter, d.AskRefillId, refills.ask_refill_id),
            Press(counter, b.AskFor, asking.ask),
            Press(counter, b.AskMoney, asking.ask_money),
            *catalogue_entries(counter),
            *page_entries(counter),
            *refund_entries(counter),
            *way_entries(counter),
            *paying_entries(counter),
            command(counter, "broadcast", broadcast.broadcast),
            Press(counter, b.ShowBroadcast, broadcast.press_broadcast),
            Press(counter, b.ChangeBroadcast, broadcast.change),
        ],
        states={
            **_about_orders(counter),
            **_about_refills(counter),
            **_from_the_desk(counter),
            **catalogue_states(counter),
            **page_states(counter),
            **refund_states(counter),
            **way_states(counter),
            **paying_states(counter),
        },
        fallbacks=[
            command(counter, "cancel", questions.leave),
            command(counter, "resolve", questions.start_over),
            Press(counter, d.LeaveQuestion, questions.press_leave),
        ],
        allow_reentry=True,
        name=questions.NAME,
        persistent=True,
    )


def _about_orders(counter: Counter) -> dict[object, list[Handler]]:
    no_text = message(counter, ~TEXT & UpdateType.MESSAGE, questions.take_no_text)
    return {
        Asked.UPSTREAM: [message(counter, _WRITTEN, questions.take_upstream), no_text],
        Asked.AMOUNT: [message(counter, _WRITTEN, questions.take_amount), no_text],
    }


def _about_refills(counter: Counter) -> dict[object, list[Handler]]:
    return {
        Asked.REFILL: [
            message(counter, _WRITTEN, refills.take_refill_id),
            message(counter, ~TEXT & UpdateType.MESSAGE, refills.take_no_text),
            command(counter, "cancel", refills.leave),
            Press(counter, d.LeaveRefill, refills.press_leave),
        ]
    }


def _from_the_desk(counter: Counter) -> dict[object, list[Handler]]:
    ways_out = [
        message(counter, ~TEXT & UpdateType.MESSAGE, asking.take_no_text),
        command(counter, "cancel", asking.leave),
        Press(counter, b.ShowDesk, asking.press_leave),
    ]
    takers = {
        Asked.CUSTOMER: asking.take_customer,
        Asked.ORDER: asking.take_order,
        Asked.CREDIT: asking.take_credit,
        Asked.DEBIT: asking.take_debit,
        Asked.BROADCAST: broadcast.take_text,
    }
    return {asked: [message(counter, _WRITTEN, take), *ways_out] for asked, take in takers.items()}


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
        command(counter, "ban", admission.ban),
        command(counter, "unban", admission.unban),
        command(counter, "maintenance", admission.maintenance),
        command(counter, "brake", brake.brake),
        command(counter, "stats", stats.stats),
        command(counter, "audit", health.audit),
    ]


def _looks(counter: Counter) -> list[Handler]:
    return [
        Press(counter, b.ShowDesk, desk.refresh_desk),
        Press(counter, b.ShowPanels, panels.refresh_panels),
        Press(counter, b.ShowAlerts, health.show_alerts),
        Press(counter, b.ShowAudit, health.press_audit),
        Press(counter, b.ShowStats, stats.press_stats),
        Press(counter, b.ShowMaintenance, admission.show_maintenance),
        Press(counter, b.ShowBrake, brake.show_brake),
        Press(counter, b.ShowJumps, prices.show_jumps),
        Press(counter, b.ShowCharges, charges.show_charges),
        Press(counter, d.ShowDecision, orders.press_decision),
        Press(counter, d.DecideAnyway, orders.press_anyway),
        Press(counter, b.OpenOrder, orders.press_order),
        Press(counter, b.ShowCustomer, wallets.press_customer),
        Press(counter, ShowStatementsOf, statements.show_statements),
        Press(counter, GetStatementOf, statements.get_statement),
        Press(counter, b.Ticket, support.explain_ticket),
    ]


def _decisions(counter: Counter) -> list[Handler]:
    return [
        Press(counter, d.Attach, resolve.attach),
        Press(counter, d.AttachAnyway, resolve.attach_anyway),
        Press(counter, d.AskTeach, resolve.ask_teach),
        Press(counter, d.Teach, resolve.teach),
        Press(counter, d.Snooze, resolve.snooze),
        Press(counter, d.Grant, approvals.grant),
        Press(counter, d.Deny, approvals.deny),
        Press(counter, d.AskRelease, resolve.ask_release),
        Press(counter, d.Release, resolve.release),
        Press(counter, d.AskEnd, resolve.ask_end),
        Press(counter, d.End, resolve.end),
        Press(counter, d.LeaveQuestion, questions.press_leave),
        Press(counter, d.ReleaseRefill, refills.release),
        Press(counter, d.LeaveRefill, refills.press_leave),
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
        Press(counter, b.AgreeCharge, charges.agree_to_charge),
        Press(counter, b.MoveMoney, wallets.confirm),
        Press(counter, b.DropMoney, wallets.drop),
        Press(counter, b.AskBan, admission.press_ban),
        Press(counter, b.Ban, admission.confirm),
        Press(counter, b.Unban, admission.press_unban),
        Press(counter, ExportPerson, people.export),
        Press(counter, AskErase, people.ask_erase),
        Press(counter, Erase, people.erase),
        Press(counter, b.SetMaintenance, admission.set_maintenance),
        Press(counter, b.LetGo, brake.let_go),
        *_broadcasting(counter),
    ]


def _broadcasting(counter: Counter) -> list[Handler]:
    return [
        Press(counter, b.SendBroadcast, broadcast.send),
        Press(counter, b.DropBroadcast, broadcast.drop),
        Press(counter, b.PauseBroadcast, broadcast.pause),
        Press(counter, b.ResumeBroadcast, broadcast.resume),
        Press(counter, b.StopBroadcast, broadcast.stop),
    ]
