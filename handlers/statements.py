"""Hands a statement over as a file in the reader's chat."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import Final

from bot.domain.statement import Span, Statement
from bot.engine.statements import Unbalanced
from bot.papers.process import Form, NotMade
from handlers import screens_statement as screens
from handlers import telegram
from handlers.visits import Visit
from storage.customers import Customer

log: Final = logging.getLogger(__name__)

#: Hundreds of pages nobody reads take a minute to set; a longer statement is a table.
PDF_LINES_MAX: Final = 20_000


def wanted(span: str, form: str) -> tuple[Span, Form] | None:
    """What a button speaks of; None for what there is not."""
    known = span in frozenset(Span) and form in frozenset(Form)
    return (Span(span), Form(form)) if known else None


async def hand_over(visit: Visit, customer: Customer, drawing: Awaitable[Statement], form: Form) -> None:
    """Draw it up, have the file made and send it; where that cannot be, say so and what helps."""
    await visit.answer(visit.texts.plain("statement.making"))
    try:
        statement = await drawing
    except Unbalanced as error:
        log.warning("a statement does not come to its balance", extra={"problem": str(error)})
        await visit.say("statement.not-made")
        return
    if form is Form.PDF and len(statement.lines) > PDF_LINES_MAX:
        await visit.say("statement.too-long")
        return
    terms = visit.shop.terms
    paper = screens.paper_of(visit.texts, statement, customer, terms.name, terms.currency)
    try:
        made = await visit.context.bot_data.printer.make(paper, screens.rows_of(statement), form)
    except NotMade as error:
        log.warning("a statement could not be made", extra={"problem": str(error), "form": form.value})
        await visit.say("statement.not-made")
        return
    name = screens.file_name(statement, form)
    await telegram.send_document(
        visit.context.bot, visit.person.id, made, name, screens.caption(visit.texts, statement)
    )
