"""A customer's orders: the list, a card, taking one back before it is sent."""

from __future__ import annotations

from typing import Final

from bot.domain.errors import AlreadyDecided, NotFound
from bot.domain.orders import Order
from bot.engine.ordering import withdraw
from handlers.callbacks import RefreshOrder, ShowOrder, ShowOrders, WithdrawOrder
from handlers.cards import read_card
from handlers.customer import screens_account as screens
from handlers.customer.reading import own_order
from handlers.keyboards import Screen
from handlers.steps import Next
from handlers.visits import Visit
from storage import views
from storage.database import Tx
from storage.views import Page

PAGE_SIZE: Final = 8


async def orders_command(visit: Visit) -> Next:
    """`/orders`: the newest ones."""
    await visit.show(await _list(visit, 1))
    return None


async def show_orders(visit: Visit, button: ShowOrders) -> Next:
    """A page of orders; under a live card in a message of its own, for the card must stay."""
    await visit.put(await _list(visit, button.page), anew=bool(button.apart))
    return None


async def show_order(visit: Visit, button: ShowOrder) -> Next:
    """An order's card, opened from a list or a notice."""
    return await _open(visit, button.order, button.page)


async def refresh_order(visit: Visit, button: RefreshOrder) -> Next:
    """The card as the order stands now."""
    return await _open(visit, button.order, button.page, visit.texts.plain("card.fresh-toast"))


async def withdraw_order(visit: Visit, button: WithdrawOrder) -> Next:
    """`Cancel order`: works until the order is on its way, and then says so."""
    try:
        order = await withdraw(visit.shop, button.order, visit.person.id, visit.now)
    except NotFound:
        await visit.show(screens.ways_on(visit.texts, "card.not-found"))
        return None
    except AlreadyDecided:
        return await _too_late(visit, button)
    await show_card(visit, order, button.page, visit.texts.plain("card.canceled-toast", charge=order.charge))
    return None


async def _too_late(visit: Visit, button: WithdrawOrder) -> Next:
    order = await own_order(visit, button.order)
    if order is None:
        return None
    await show_card(visit, order, button.page, visit.texts.plain("card.too-late-toast"))
    return None


async def _open(visit: Visit, order_id: int, page: int, toast: str | None = None) -> Next:
    order = await own_order(visit, order_id)
    if order is None:
        await visit.show(screens.ways_on(visit.texts, "card.not-found"))
    else:
        await show_card(visit, order, page, toast)
    return None


async def _list(visit: Visit, number: int) -> Screen:
    async def work(tx: Tx) -> Page[Order]:
        return await views.orders_page(tx, visit.person.id, number, PAGE_SIZE)

    return screens.orders_list(visit.texts, await visit.shop.db.read(work))


async def show_card(visit: Visit, order: Order, page: int, toast: str | None) -> None:
    """An order's card in place of the pressed message."""
    message = visit.pressed_message
    live = message is not None and message.message_id == order.card_message_id
    await visit.show(await read_card(visit.shop, visit.texts, order, visit.now, live=live, page=page), toast)
