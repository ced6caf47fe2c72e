"""`/ban`, `/unban` and `/maintenance`: who may order, and whether anybody may. To turn anybody away takes two taps."""

from __future__ import annotations

from typing import Final

from bot.domain.errors import BadInput, NotFound
from bot.domain.reasons import LINE_MOST
from bot.engine import admission
from handlers.context import BanAsked
from handlers.keyboards import Screen, lines
from handlers.operator import words
from handlers.operator.answers import argument_of, deny, refuse, show
from handlers.operator.arguments import Unreadable, read_customer
from handlers.operator.buttons import AskBan, Ban, SetMaintenance, ShowMaintenance, Unban
from handlers.operator.screens_admission import confirm_ban, maintenance_screen
from handlers.operator.wallets import customer_of, show_customer
from handlers.visits import Visit

_ON_OFF: Final = {"on": True, "off": False}


async def ban(visit: Visit) -> None:
    """`/ban <customer id> [reason]`."""
    named, _, reason = argument_of(visit).partition(" ")
    try:
        customer_id = read_customer(named)
    except Unreadable as refused:
        await refuse(visit, refused, "ban")
        return
    await _ask_ban(visit, customer_id, words.short(reason, LINE_MOST))


async def press_ban(visit: Visit, button: AskBan) -> None:
    """The same, by a button."""
    await _ask_ban(visit, button.customer, "")


async def _ask_ban(visit: Visit, customer_id: int, reason: str) -> None:
    if customer_id in visit.shop.terms.operator_ids:
        await deny(visit, "operator.problem.is-operator", id=str(customer_id))
        return
    customer = await customer_of(visit, customer_id)
    if customer is None:
        await deny(visit, "operator.problem.no-customer", id=str(customer_id))
        return
    if customer.banned_at is not None:
        await show_customer(visit, customer_id, visit.texts.html("operator.admission.banned-already"))
        return
    visit.memory.ban = BanAsked(visit.update.update_id, customer_id, reason)
    await show(visit, confirm_ban(visit.texts, customer, visit.memory.ban))


async def confirm(visit: Visit, button: Ban) -> None:
    """The second tap: the customer is banned."""
    asked, visit.memory.ban = visit.memory.ban, None
    if asked is None or Ban(asked.customer_id, asked.update_id) != button:
        await show_customer(visit, button.customer, visit.texts.html("operator.admission.ban-gone"))
        return
    try:
        fresh = await admission.ban(visit.shop, button.customer, visit.person.id, asked.reason, visit.now)
    except (NotFound, BadInput):
        await deny(visit, "operator.problem.no-customer", id=str(button.customer))
        return
    note = visit.texts.html(f"operator.admission.{'banned' if fresh else 'banned-already'}")
    await show_customer(visit, button.customer, note)


async def unban(visit: Visit) -> None:
    """`/unban <customer id>`."""
    try:
        customer_id = read_customer(argument_of(visit))
    except Unreadable as refused:
        await refuse(visit, refused, "unban")
        return
    await _unban(visit, customer_id)


async def press_unban(visit: Visit, button: Unban) -> None:
    """The same, by a button."""
    await _unban(visit, button.customer)


async def _unban(visit: Visit, customer_id: int) -> None:
    try:
        fresh = await admission.unban(visit.shop, customer_id, visit.person.id, visit.now)
    except NotFound:
        await deny(visit, "operator.problem.no-customer", id=str(customer_id))
        return
    note = visit.texts.html(f"operator.admission.{'unbanned' if fresh else 'unbanned-already'}")
    await show_customer(visit, customer_id, note)


async def maintenance(visit: Visit) -> None:
    """`/maintenance on|off`: off works at once, on is asked about; without a word it says how things stand."""
    word = argument_of(visit).casefold()
    if _ON_OFF.get(word) is False:
        await _set(visit, on=False)
        return
    since, note = await admission.maintained_since(visit.shop), None
    if word and word not in _ON_OFF:
        note = visit.texts.html("operator.usage.maintenance")
    elif word and since is None:
        note = visit.texts.html("operator.admission.maintenance-ask")
    screen = maintenance_screen(visit.texts, since)
    await visit.reply(Screen(lines(note, screen.html), screen.keyboard))


async def show_maintenance(visit: Visit, button: ShowMaintenance) -> None:
    """Whether the shop takes orders, by a button."""
    await _show(visit)


async def set_maintenance(visit: Visit, button: SetMaintenance) -> None:
    """Begin or end it."""
    await _set(visit, on=bool(button.on))


async def _set(visit: Visit, *, on: bool) -> None:
    await admission.set_maintenance(visit.shop, visit.person.id, visit.now, on=on)
    await _show(visit, visit.texts.plain(f"operator.admission.maintenance-{'begun' if on else 'ended'}"))


async def _show(visit: Visit, toast: str | None = None) -> None:
    await show(visit, maintenance_screen(visit.texts, await admission.maintained_since(visit.shop)), toast)
