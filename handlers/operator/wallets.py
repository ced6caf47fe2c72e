"""`/credit`, `/debit` and `/user`: customers and money moved by hand. A large amount needs a second tap."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.domain import wallet as ledger
from bot.domain.errors import NotFound, ShortOfMoney
from bot.domain.money import Money
from bot.engine import desk
from handlers.context import Transaction
from handlers.keyboards import Screen, lines
from handlers.operator.answers import argument_of, show, tell
from handlers.operator.arguments import Unreadable, read_customer, read_money_request
from handlers.operator.buttons import DropMoney, MoveMoney, ShowCustomer
from handlers.operator.screens_people import confirm_money, customer_screen, moved_screen
from handlers.visits import Visit
from storage import customers, views, wallet
from storage.customers import Customer
from storage.database import Tx
from storage.views import CustomerView

#: From this amount on a second tap is asked for.
LARGE: Final = Money(1000 * 1_000_000)


async def credit(visit: Visit) -> None:
    """`/credit <customer id> <amount> <reason>`."""
    await _ask(visit, credit=True)


async def debit(visit: Visit) -> None:
    """`/debit <customer id> <amount> <reason>`."""
    await _ask(visit, credit=False)


async def open_customer(visit: Visit) -> None:
    """`/user <customer id>`."""
    try:
        customer_id = read_customer(argument_of(visit))
    except Unreadable as refused:
        await _refuse(visit, refused, "user")
        return
    await _show_customer(visit, customer_id)


async def press_customer(visit: Visit, button: ShowCustomer) -> None:
    """The same as `/user`, by a button."""
    await _show_customer(visit, button.customer)


async def _show_customer(visit: Visit, customer_id: int) -> None:
    async def work(tx: Tx) -> CustomerView | None:
        return await views.customer_view(tx, customer_id)

    view = await visit.shop.db.read(work)
    if view is None:
        await tell(visit, "operator.problem.no-customer", id=str(customer_id))
        return
    await show(visit, customer_screen(visit.texts, view))


async def _ask(visit: Visit, *, credit: bool) -> None:
    try:
        wanted = read_money_request(argument_of(visit), visit.shop.terms.decimals)
    except Unreadable as refused:
        await _refuse(visit, refused, "credit" if credit else "debit")
        return
    update_id = visit.update.update_id
    asked = Transaction(update_id, wanted.customer_id, wanted.amount.micros, credit, wanted.reason)
    if wanted.amount < LARGE:
        await _move(visit, asked)
        return
    customer = await _customer(visit, wanted.customer_id)
    if customer is None:
        await tell(visit, "operator.problem.no-customer", id=str(wanted.customer_id))
        return
    visit.memory.transaction = asked
    await visit.reply(confirm_money(visit.texts, asked, customer))


async def confirm(visit: Visit, button: MoveMoney) -> None:
    """The second tap: what it moves is what was asked, under the key of the command."""
    asked = visit.memory.transaction
    if asked is None or _button(asked) != button:
        await _closed(visit, button)
        return
    await _move(visit, replace(asked))
    visit.memory.transaction = None


async def drop(visit: Visit, button: DropMoney) -> None:
    """Leave it undone."""
    asked = visit.memory.transaction
    if asked is not None and asked.update_id == button.update:
        visit.memory.transaction = None
    moved = await _has_moved(visit, button.update)
    await visit.show(Screen(visit.texts.html(f"operator.money.{'moved-already' if moved else 'dropped'}")))


def _button(asked: Transaction) -> MoveMoney:
    return MoveMoney(asked.update_id, asked.customer_id, asked.micros, int(asked.credit))


async def _closed(visit: Visit, button: MoveMoney) -> None:
    """An old button, or a second tap."""
    moved = await _has_moved(visit, button.update)
    await visit.show(Screen(visit.texts.html(f"operator.money.{'moved-already' if moved else 'gone'}")))


async def _has_moved(visit: Visit, update_id: int) -> bool:
    # Of a transfer's parts only the key makes its id.
    named = ledger.manual(str(update_id), visit.person.id, LARGE, credit=True, actor="", reason="")

    async def work(tx: Tx) -> bool:
        return await wallet.has_transfer(tx, named.id)

    return await visit.shop.db.read(work)


async def _move(visit: Visit, asked: Transaction) -> None:
    try:
        balances = await desk.move_money(
            visit.shop, asked.update_id, visit.person.id, asked.customer_id, Money(asked.micros), asked.reason,
            visit.now, credit=asked.credit,
        )  # fmt: skip
    except NotFound:
        html = visit.texts.html("operator.problem.no-customer", id=str(asked.customer_id))
        await visit.show(Screen(html))
        return
    except ShortOfMoney as short:
        facts = {"available": short.available, "amount": Money(asked.micros)}
        html = visit.texts.html("operator.problem.short", id=str(asked.customer_id), **facts)
        await visit.show(Screen(html))
        return
    customer = await _customer(visit, asked.customer_id)
    await visit.show(moved_screen(visit.texts, asked, customer, balances))


async def _customer(visit: Visit, customer_id: int) -> Customer | None:
    async def work(tx: Tx) -> Customer | None:
        return await customers.get(tx, customer_id)

    return await visit.shop.db.read(work)


async def _refuse(visit: Visit, refused: Unreadable, usage: str) -> None:
    """What is wrong, and how it is written; the example takes the operator's own id."""
    problem = visit.texts.html(f"operator.problem.{refused.problem}", **refused.facts)
    example = visit.texts.html(f"operator.usage.{usage}", example=str(visit.person.id))
    await visit.reply(Screen(lines(problem, example)))
