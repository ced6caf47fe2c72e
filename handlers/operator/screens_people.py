"""Customers, their messages, and money moved by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.money import Money, round_up
from bot.domain.orders import Order
from bot.domain.text import sendable
from handlers.context import Transaction
from handlers.keyboards import Screen, copy_key, cut, key, keyboard, lines
from handlers.operator import words
from handlers.operator.buttons import AskBan, AskMoney, DropMoney, MoveMoney, OpenOrder, ShowCustomer, Unban
from handlers.operator.buttons import Ticket as TicketButton
from handlers.operator.buttons_people import AskErase, ExportPerson
from handlers.operator.keys import desk_key
from handlers.operator.payment_buttons import ListPayments
from handlers.statement_buttons import ShowStatementsOf
from handlers.texts import Texts
from storage.customers import Customer, Ticket
from storage.views import CustomerView
from storage.wallet import Balances

#: By Telegram's count, which finds emoji twice as long.
_TICKET_MAX_CHARACTERS: Final = 3500


def customer_screen(texts: Texts, view: CustomerView, note: Markup | None = None, *, bannable: bool = True) -> Screen:
    """A customer's profile, with the last orders and what can be done as buttons."""
    customer = view.customer
    orders = "orders-last" if view.last_orders else "orders"
    html = lines(
        note,
        texts.html(
            "operator.customer.title", name=words.short(customer.name, words.NAME_MAX_CHARACTERS), id=str(customer.id)
        ),
        texts.html("operator.customer.username", username=words.short(customer.username, 64))
        if customer.username
        else None,
        texts.html("operator.customer.blocked") if customer.blocked else None,
        texts.html("operator.customer.banned", time=customer.banned_at) if customer.banned_at else None,
        texts.html("operator.customer.seen", joined=customer.joined_at, seen=customer.seen_at),
        texts.html("operator.customer.language", language=words.short(customer.speaks, 16))
        if customer.speaks
        else None,
        texts.html(
            "operator.customer.money",
            available=view.balances.available,
            held=view.balances.held,
            spent=view.spent,
        ),
        texts.html("operator.payment.owes", owed=view.owed) if view.owed else None,
        texts.html(f"operator.customer.{orders}", count=view.orders),
    )
    keys = [key(_order_label(texts, order), OpenOrder(order.id)) for order in view.last_orders]
    refresh = key(texts.plain("operator.key.refresh"), ShowCustomer(customer.id))
    payments = key(texts.plain("operator.payment.key-list"), ListPayments(customer.id, 1))
    desk = desk_key(texts)
    data = [
        key(texts.plain("statement.key"), ShowStatementsOf(customer.id)),
        key(texts.plain("operator.people.key-export"), ExportPerson(customer.id)),
    ]
    if bannable:
        data.append(key(texts.plain("operator.people.key-erase"), AskErase(customer.id)))
    return Screen(html, keyboard(*keys, _deeds(texts, customer, bannable=bannable), payments, data, (refresh, desk)))


def _deeds(texts: Texts, customer: Customer, *, bannable: bool) -> list[InlineKeyboardButton]:
    """What an operator can do about a customer."""
    deeds = [
        key(texts.plain("operator.key.credit"), AskMoney(customer.id, 1)),
        key(texts.plain("operator.key.debit"), AskMoney(customer.id, 0)),
    ]
    if customer.banned_at:
        deeds.append(key(texts.plain("operator.key.unban"), Unban(customer.id)))
    elif bannable:
        deeds.append(key(texts.plain("operator.key.ban"), AskBan(customer.id)))
    return deeds


def _order_label(texts: Texts, order: Order) -> str:
    label = texts.plain(
        "operator.customer.order",
        order=str(order.id),
        state=words.state(texts, order),
        charge=order.charge,
        service=words.short(order.service_name),
    )
    return cut(label)


def ticket_screen(texts: Texts, ticket: Ticket | None, asker: Customer | None, answerer: Markup | None) -> Screen:
    """A customer's message; its first button marks it, so that a reply finds the customer."""
    if ticket is None:
        return Screen(texts.html("operator.support.ticket-gone"))
    html = lines(
        texts.html(
            "operator.support.ticket",
            ticket=str(ticket.id),
            person=words.person(texts, ticket.customer_id, asker),
            text=cut(sendable(ticket.text), _TICKET_MAX_CHARACTERS),
        ),
        texts.html("operator.support.answered", person=answerer) if answerer else None,
    )
    mark = key(texts.plain("operator.key.reply"), TicketButton(ticket.id))
    customer = key(texts.plain("operator.key.customer"), ShowCustomer(ticket.customer_id))
    return Screen(html, keyboard(mark, customer))


def topup_screen(
    texts: Texts, customer_id: int, asker: Customer | None, gap: Money, charge: Money, decimals: int
) -> Screen:
    """A customer asks to be credited; the command for it is ready to copy."""
    amount = commanded(round_up(gap.decimal, decimals))
    html = texts.html(
        "operator.support.topup",
        person=words.person(texts, customer_id, asker),
        gap=gap,
        charge=charge,
        id=str(customer_id),
        amount=amount,
    )
    copy = copy_key(
        texts.plain("operator.key.copy-credit", id=str(customer_id), amount=amount), f"/credit {customer_id} {amount} "
    )
    return Screen(html, keyboard(copy, key(texts.plain("operator.key.customer"), ShowCustomer(customer_id))))


def commanded(amount: Money) -> str:
    """An amount as the commands take it: digits and a point, before three of which it could group thousands."""
    text = words.decimal_text(amount.decimal + Decimal(0))
    return f"{text}0" if text[-4:-3] == "." else text


def moved_screen(texts: Texts, asked: Transaction, customer: Customer | None, balances: Balances) -> Screen:
    """What a credit or debit did."""
    html = texts.html(
        "operator.money.credited" if asked.credit else "operator.money.debited",
        amount=Money(asked.micros),
        person=words.person(texts, asked.customer_id, customer),
        reason=words.short(asked.reason),
        available=balances.available,
        held=balances.held,
    )
    return Screen(html, keyboard(key(texts.plain("operator.key.customer"), ShowCustomer(asked.customer_id))))


def confirm_money(texts: Texts, asked: Transaction, customer: Customer | None) -> Screen:
    """A large amount needs a second tap."""
    html = texts.html(
        "operator.money.confirm-credit" if asked.credit else "operator.money.confirm-debit",
        amount=Money(asked.micros),
        person=words.person(texts, asked.customer_id, customer),
        reason=words.short(asked.reason),
    )
    button = MoveMoney(asked.update_id, asked.customer_id, asked.micros, int(asked.credit))
    confirm = key(texts.plain("operator.key.confirm-amount", amount=Money(asked.micros)), button, "danger")
    return Screen(html, keyboard(confirm, key(texts.plain("operator.key.cancel"), DropMoney(asked.update_id))))
