"""A person's data: handed over as a document, and erased on their request. To erase takes two taps."""

from __future__ import annotations

from bot.domain import marks
from bot.domain.errors import BadInput, NotFound, StillRunning
from bot.engine import people
from handlers import telegram
from handlers.operator.answers import deny, show
from handlers.operator.buttons_people import AskErase, Erase, ExportPerson
from handlers.operator.screens_people_data import confirm_erase, exported_screen
from handlers.operator.wallets import customer_of, show_customer
from handlers.visits import Visit
from storage.customers import Customer


async def export(visit: Visit, button: ExportPerson) -> None:
    """Everything that is kept of a customer, as a JSON document in this chat."""
    try:
        data = await people.export(visit.shop, button.customer, visit.person.id, visit.now)
    except NotFound:
        await deny(visit, "operator.problem.no-customer", id=str(button.customer))
        return
    await visit.answer()
    name = f"customer-{button.customer}.json"
    screen = exported_screen(visit.texts, button.customer)
    await telegram.send_document(visit.context.bot, visit.person.id, data, name, screen)


async def ask_erase(visit: Visit, button: AskErase) -> None:
    """What erasing means, with the second tap."""
    if button.customer in visit.shop.terms.operator_ids:
        await deny(visit, "operator.problem.is-operator", id=str(button.customer))
        return
    customer = await customer_of(visit, button.customer)
    if customer is None:
        await deny(visit, "operator.problem.no-customer", id=str(button.customer))
        return
    await show(visit, confirm_erase(visit.texts, customer, _mark(customer)))


async def erase(visit: Visit, button: Erase) -> None:
    """The second tap: it covers the person as they were shown, and nobody who has come by since."""
    customer = await customer_of(visit, button.customer)
    if customer is None or _mark(customer) != button.mark:
        await show_customer(visit, button.customer, visit.texts.html("operator.people.erase-gone"))
        return
    try:
        await people.erase(visit.shop, button.customer, visit.person.id, visit.now)
    except StillRunning:
        await show_customer(visit, button.customer, visit.texts.html("operator.people.erase-running"))
        return
    except (NotFound, BadInput):
        await deny(visit, "operator.problem.no-customer", id=str(button.customer))
        return
    visit.context.application.drop_user_data(button.customer)
    await show_customer(visit, button.customer, visit.texts.html("operator.people.erased"))


def _mark(customer: Customer) -> str:
    return marks.of(f"{customer.id} {customer.name} {customer.username} {customer.seen_at}")
