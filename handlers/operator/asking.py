"""What the desk's buttons ask for in writing: the same that the commands take after their name."""

from __future__ import annotations

from typing import Final

from handlers.operator import desk, orders, wallets, words
from handlers.operator.answers import EXAMPLE_ID, show
from handlers.operator.buttons import AskFor, AskMoney, ShowDesk
from handlers.operator.screens_asking import asked_screen, with_desk
from handlers.operator.steps import Asked
from handlers.steps import END
from handlers.texts import Fact
from handlers.visits import Visit

_FROM_THE_DESK: Final = frozenset({Asked.CUSTOMER, Asked.ORDER, Asked.CREDIT, Asked.DEBIT})


async def ask(visit: Visit, button: AskFor) -> Asked | None:
    """A button of the desk: ask for what its command takes."""
    if button.what not in _FROM_THE_DESK:
        return None
    visit.memory.wallet_of = 0
    return await _put(visit, Asked(button.what), str(button.what), example=EXAMPLE_ID)


async def ask_money(visit: Visit, button: AskMoney) -> Asked:
    """Credit or debit under a customer's profile: ask how much, and why."""
    visit.memory.wallet_of = button.customer
    asked = Asked.CREDIT if button.credit else Asked.DEBIT
    person = words.person(visit.texts, button.customer, await wallets.customer_of(visit, button.customer))
    return await _put(visit, asked, f"{asked.value}-one", person=person)


async def _put(visit: Visit, asked: Asked, text: str, **facts: Fact) -> Asked:
    await show(visit, asked_screen(visit.texts, text, **facts))
    return asked


async def take_customer(visit: Visit) -> int | None:
    """The customer's id was typed."""
    return END if await wallets.open_named(visit, visit.text.strip()) else None


async def take_order(visit: Visit) -> int | None:
    """The order's number was typed."""
    return END if await orders.find_named(visit, visit.text.strip()) else None


async def take_credit(visit: Visit) -> int | None:
    """What to credit was typed."""
    return await _take_money(visit, credit=True)


async def take_debit(visit: Visit) -> int | None:
    """What to debit was typed."""
    return await _take_money(visit, credit=False)


async def _take_money(visit: Visit, *, credit: bool) -> int | None:
    of = visit.memory.wallet_of
    if not await wallets.move_typed(visit, f"{of} {visit.text}" if of else visit.text, credit=credit):
        return None
    visit.memory.wallet_of = 0
    return END


async def take_no_text(visit: Visit) -> None:
    """Neither text nor a command: the question stays open."""
    await visit.reply(with_desk(visit.texts, visit.texts.html("operator.ask.text-only")))


async def leave(visit: Visit) -> int:
    """`/cancel`: the question is closed."""
    await visit.reply(with_desk(visit.texts, visit.texts.html("operator.ask.left")))
    return END


async def press_leave(visit: Visit, button: ShowDesk) -> int:
    """Back to the dashboard: the question is closed."""
    await desk.refresh_desk(visit, button)
    return END
