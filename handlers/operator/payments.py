"""Payments: a customer's, one in full, and finding one by its number, its top-up's or its gateway's own id."""

from __future__ import annotations

import re
from typing import Final

from markupsafe import Markup

from bot.domain.standing import Look
from handlers.operator import screens_payments as screens
from handlers.operator.answers import show
from handlers.operator.payment_buttons import ListPayments, ShowPayment, ShowSuspense
from handlers.operator.screens_payments import PER_PAGE
from handlers.operator.wallets import customer_of
from handlers.steps import END
from handlers.visits import Visit
from storage import payment_views
from storage.database import Tx
from storage.payment_views import PaymentView
from storage.views import Page

#: Payments and top-ups as the screens name them, and charge ids as gateways write them.
_NUMBERED: Final = re.compile(r"\A#?([PpTt])([1-9][0-9]{0,17})\Z", re.ASCII)
_CHARGE: Final = re.compile(r"\A[!-~]{1,256}\Z")


async def list_payments(visit: Visit, button: ListPayments) -> int:
    """A page of a customer's payments."""

    async def work(tx: Tx) -> Page[Look]:
        return await payment_views.payments_page(tx, button.customer, button.page, PER_PAGE)

    visit.memory.giving = None
    page, customer = await visit.shop.db.read(work), await customer_of(visit, button.customer)
    await show(visit, screens.list_screen(visit.texts, button.customer, customer, page))
    return END


async def press_payment(visit: Visit, button: ShowPayment) -> int:
    """A payment in full."""
    await show_payment(visit, button.payment)
    return END


async def show_suspense(visit: Visit, button: ShowSuspense) -> int:
    """The payments that fit nobody."""

    async def work(tx: Tx) -> Page[Look]:
        return await payment_views.suspense_page(tx, button.page, PER_PAGE)

    visit.memory.giving = None
    await show(visit, screens.suspense_screen(visit.texts, await visit.shop.db.read(work)))
    return END


async def show_payment(visit: Visit, payment_id: int, note: Markup | None = None) -> None:
    """A payment as it stands now, below what was said of it; whatever was asked about it is closed."""
    visit.memory.giving = None
    view = await view_of(visit, payment_id)
    if view is None:
        await show(visit, screens.gone_screen(visit.texts))
    else:
        await show(visit, screens.payment_screen(visit.texts, view, note))


async def show_found(visit: Visit, typed: str) -> bool:
    """What `/find` found of payments; False where nothing is called so."""

    async def work(tx: Tx) -> list[Look]:
        return await _found(tx, typed)

    looks = await visit.shop.db.read(work)
    if len(looks) == 1:
        await show_payment(visit, looks[0].payment.id)
    elif looks:
        await show(visit, screens.found_screen(visit.texts, looks))
    return bool(looks)


async def view_of(visit: Visit, payment_id: int) -> PaymentView | None:
    """Everything about a payment; None where there is none."""

    async def work(tx: Tx) -> PaymentView | None:
        return await payment_views.payment_view(tx, payment_id)

    return await visit.shop.db.read(work)


async def _found(tx: Tx, typed: str) -> list[Look]:
    if named := _NUMBERED.match(typed):
        number = int(named[2])
        if named[1] in "Pp":
            look = await payment_views.look_at(tx, number)
            return [] if look is None else [look]
        found = await payment_views.of_topup(tx, number)
    else:
        found = await payment_views.found(tx, typed) if _CHARGE.match(typed) else []
    looks = [await payment_views.look_at(tx, payment.id) for payment in found]
    return [look for look in looks if look is not None]
