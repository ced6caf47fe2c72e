"""A customer's own statement: chosen under the wallet, sent as a file."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bot.domain.errors import NotFound
from bot.engine import customers
from bot.engine import statements as engine
from handlers import lately
from handlers import screens_statement as screens
from handlers.statement_buttons import GetStatement, ShowStatements
from handlers.statements import hand_over, wanted
from handlers.steps import Next
from handlers.visits import Visit

#: So many statements of one customer are made within this span: each is a process of its own.
STATEMENTS_MAX: Final = 6
STATEMENTS_SPAN: Final = timedelta(minutes=5)
_STATEMENTS: Final = "statements"


async def show_statements(visit: Visit, button: ShowStatements) -> Next:
    """Which time, and which file."""
    await visit.show(screens.choose(visit.texts))
    return None


async def get_statement(visit: Visit, button: GetStatement) -> Next:
    """The statement, made and sent."""
    found = wanted(button.span, button.form)
    if found is None:
        return await show_statements(visit, ShowStatements())
    if not lately.allow(visit, _STATEMENTS, STATEMENTS_MAX, STATEMENTS_SPAN):
        await visit.answer(visit.texts.plain("statement.wait"), alert=True)
        return None
    span, form = found
    customer = await customers.recognise(visit.shop, visit.person.id)
    if customer is None:
        raise NotFound
    await hand_over(visit, customer, engine.of_customer(visit.shop, customer.id, span, visit.now), form)
    return None
