"""`/credit`, `/debit` and `/user`: customers and money moved by hand. A large amount needs a second tap."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from markupsafe import Markup

from bot.domain import wallet as ledger
from bot.domain.errors import Braked, NeedsSecond, NotFound, ShortOfMoney
from bot.domain.money import Money
from bot.engine import desk
from bot.engine.desk import Movement
from handlers.context import Transaction
from handlers.keyboards import Screen
from handlers.operator.answers import argument_of, deny, refuse, show
from handlers.operator.approvals import ask_another
from handlers.operator.arguments import Unreadable, read_customer, read_money_request
from handlers.operator.buttons import DropMoney, MoveMoney, ShowCustomer
from handlers.operator.screens_asking import with_desk
from handlers.operator.screens_brake import braked_screen
from handlers.operator.screens_people import commanded, confirm_money, customer_screen, moved_screen
from handlers.texts import Fact
from handlers.visits import Visit
from storage import customers, views, wallet
from storage.approvals import Wish, WishKind
from storage.customers import Customer
from storage.database import Tx
from storage.views import CustomerView

#: From this amount on a second tap is asked for.
LARGE: Final = Money(1000 * 1_000_000)


async def credit(visit: Visit) -> None:
    """`/credit <customer id> <amount> <reason>`."""
    await move_typed(visit, argument_of(visit), credit=True)


async def debit(visit: Visit) -> None:
    """`/debit <customer id> <amount> <reason>`."""
    await move_typed(visit, argument_of(visit), credit=False)


async def open_customer(visit: Visit) -> None:
    """`/user <customer id>`."""
    await open_named(visit, argument_of(visit))


async def open_named(visit: Visit, typed: str) -> bool:
    """The customer somebody typed the id of; False, and said why, when that is nobody's."""
    try:
        customer_id = read_customer(typed)
    except Unreadable as refused:
        await refuse(visit, refused, "user")
        return False
    return await show_customer(visit, customer_id)


async def press_customer(visit: Visit, button: ShowCustomer) -> None:
    """The same as `/user`, by a button."""
    await show_customer(visit, button.customer)


async def show_customer(visit: Visit, customer_id: int, note: Markup | None = None) -> bool:
    """A customer's profile; False, and said so, when there is no such customer."""

    async def work(tx: Tx) -> CustomerView | None:
        return await views.customer_view(tx, customer_id)

    view = await visit.shop.db.read(work)
    if view is None:
        await deny(visit, "operator.problem.no-customer", id=str(customer_id))
        return False
    ours = customer_id in visit.shop.terms.operator_ids
    await show(visit, customer_screen(visit.texts, view, note, bannable=not ours))
    return True


async def move_typed(visit: Visit, typed: str, *, credit: bool) -> bool:
    """Move what was typed, after a second tap where it is much; False, and said why, when it was not understood."""
    try:
        wanted = read_money_request(typed, visit.shop.terms.decimals)
        _refuse_grouped(visit, typed.split()[1], wanted.amount)
    except Unreadable as refused:
        await refuse(visit, refused, "credit" if credit else "debit")
        return False
    update_id = visit.update.update_id
    asked = Transaction(update_id, wanted.customer_id, wanted.amount.micros, credit, wanted.reason)
    if wanted.amount < LARGE:
        await _move(visit, asked)
        return True
    try:
        await desk.check(visit.shop, _movement(visit, asked))
    except (NotFound, ShortOfMoney) as refused:
        await visit.reply(_impossible(visit, asked, refused))
        return True
    visit.memory.transaction = asked
    await visit.reply(confirm_money(visit.texts, asked, await customer_of(visit, wanted.customer_id)))
    return True


def _refuse_grouped(visit: Visit, written: str, amount: Money) -> None:
    """Raise Unreadable for `1.250` where the reader's own screens write a thousand and a quarter of one so."""
    whole = written.replace(".", "")
    if whole != written and visit.texts.number(int(whole)) == written:
        raise Unreadable("amount-grouped", typed=written, whole=whole, small=amount, exact=commanded(amount))


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
    said = visit.texts.html(f"operator.money.{'moved-already' if moved else 'dropped'}")
    await visit.show(with_desk(visit.texts, said))


def _button(asked: Transaction) -> MoveMoney:
    return MoveMoney(asked.update_id, asked.customer_id, asked.micros, int(asked.credit))


async def _closed(visit: Visit, button: MoveMoney) -> None:
    """An old button, or a second tap."""
    moved = await _has_moved(visit, button.update)
    said = visit.texts.html(f"operator.money.{'moved-already' if moved else 'gone'}")
    await visit.show(with_desk(visit.texts, said))


async def _has_moved(visit: Visit, update_id: int) -> bool:
    async def work(tx: Tx) -> bool:
        return await wallet.has_transfer(tx, ledger.manual_id(str(update_id)))

    return await visit.shop.db.read(work)


async def _move(visit: Visit, asked: Transaction) -> None:
    try:
        balances = await desk.move_money(
            visit.shop, asked.update_id, visit.person.id, asked.customer_id, Money(asked.micros), asked.reason,
            visit.now, credit=asked.credit,
        )  # fmt: skip
    except (NotFound, ShortOfMoney) as refused:
        await visit.show(_impossible(visit, asked, refused))
        return
    except NeedsSecond:
        kind = WishKind.CREDIT if asked.credit else WishKind.DEBIT
        await ask_another(visit, asked.update_id, Wish(kind, asked.customer_id, 0, Money(asked.micros), asked.reason))
        return
    except Braked:
        await visit.show(braked_screen(visit.texts))
        return
    customer = await customer_of(visit, asked.customer_id)
    await visit.show(moved_screen(visit.texts, asked, customer, balances))


def _movement(visit: Visit, asked: Transaction) -> Movement:
    amount = Money(asked.micros)
    return Movement(asked.update_id, visit.person.id, asked.customer_id, amount, asked.reason, asked.credit)


def _impossible(visit: Visit, asked: Transaction, refused: NotFound | ShortOfMoney) -> Screen:
    """Why it cannot be done, now or after any number of taps."""
    facts: dict[str, Fact] = {"id": str(asked.customer_id)}
    if isinstance(refused, ShortOfMoney):
        facts |= {"available": refused.available, "amount": Money(asked.micros)}
    name = "short" if isinstance(refused, ShortOfMoney) else "no-customer"
    return with_desk(visit.texts, visit.texts.html(f"operator.problem.{name}", **facts))


async def customer_of(visit: Visit, customer_id: int) -> Customer | None:
    """The customer of this Telegram id."""

    async def work(tx: Tx) -> Customer | None:
        return await customers.get(tx, customer_id)

    return await visit.shop.db.read(work)
