"""A customer's statement in an operator's hands, chosen under the customer's profile."""

from __future__ import annotations

from bot.engine import statements as engine
from handlers import screens_statement as screens
from handlers.operator import words
from handlers.operator.answers import deny, show
from handlers.operator.wallets import customer_of
from handlers.statement_buttons import GetStatementOf, ShowStatementsOf
from handlers.statements import hand_over, wanted
from handlers.visits import Visit


async def show_statements(visit: Visit, button: ShowStatementsOf) -> None:
    """Which time, and which file."""
    customer = await customer_of(visit, button.customer)
    if customer is None:
        await deny(visit, "operator.problem.no-customer", id=str(button.customer))
        return
    person = words.person(visit.texts, customer.id, customer)
    await show(visit, screens.choose_of(visit.texts, customer.id, person))


async def get_statement(visit: Visit, button: GetStatementOf) -> None:
    """The statement, made and sent; it is an act."""
    customer, found = await customer_of(visit, button.customer), wanted(button.span, button.form)
    if customer is None or found is None:
        await show_statements(visit, ShowStatementsOf(button.customer))
        return
    span, form = found
    drawing = engine.for_operator(visit.shop, customer.id, span, visit.person.id, visit.now)
    await hand_over(visit, customer, drawing, form)
