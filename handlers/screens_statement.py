"""Statements in the reader's words: what can be chosen, and what stands in the paper. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.statement import Span, Statement
from bot.papers.process import Form, Paper, Row
from handlers.callbacks import Button, ShowWallet
from handlers.keyboards import Screen, key, keyboard, lines
from handlers.operator.buttons import ShowCustomer
from handlers.statement_buttons import GetStatement, GetStatementOf
from handlers.texts import Texts
from storage.customers import Customer

#: Kinds that have words of their own; any other is "other". Those of the second row read as they moved.
KINDS: Final = frozenset({
    "hold", "return", "void", "adjust", "deposit", "assign", "refund", "unrefund", "chargeback", "recovery",
})  # fmt: skip
TWO_WAYS: Final = frozenset({"manual", "other"})
#: What the paper's own words are called in the texts.
WORDS: Final = (
    "title", "opening", "closing", "in", "out", "held", "stars", "time", "what", "order", "reason", "amount", "balance",
    "currency", "totals", "nothing",
)  # fmt: skip
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def choose(texts: Texts) -> Screen:
    """One's own statements: a row for each span, a button for each form."""
    back = key(texts.plain("menu.wallet"), ShowWallet(1))
    made = _choices(texts, lambda span, form: GetStatement(span.value, form.value))
    return Screen(texts.html("statement.choose"), keyboard(*made, back))


def choose_of(texts: Texts, customer_id: int, person: Markup) -> Screen:
    """The same of a customer, for an operator."""
    back = key(texts.plain("operator.key.customer"), ShowCustomer(customer_id))
    made = _choices(texts, lambda span, form: GetStatementOf(customer_id, span.value, form.value))
    return Screen(texts.html("statement.choose-of", person=person), keyboard(*made, back))


def _choices(texts: Texts, button: Callable[[Span, Form], Button]) -> Iterator[list[InlineKeyboardButton]]:
    for span in Span:
        name = texts.plain(f"statement.span-{span}")
        yield [
            key(texts.plain("statement.key-one", span=name, form=form.value.upper()), button(span, form))
            for form in (Form.PDF, Form.CSV)
        ]


def caption(texts: Texts, statement: Statement) -> Screen:
    """What stands below the file."""
    html = lines(
        texts.html("statement.caption", span=_span(texts, statement)),
        texts.html("statement.caption-sums", opening=statement.opening, closing=statement.closing),
    )
    return Screen(html)


def file_name(statement: Statement, form: Form) -> str:
    """What the file is called: whose it is, up to when."""
    end = statement.until - _MILLISECOND
    month = f"{end:%Y-%m}" if statement.span is Span.LAST_MONTH else f"{end:%Y-%m-%d}"
    return f"statement-{statement.customer_id}-{month}{'-all' if statement.span is Span.ALL else ''}.{form.value}"


def paper_of(texts: Texts, statement: Statement, customer: Customer, shop_name: str, currency: str) -> Paper:
    """What stands in the paper besides its rows."""
    words = {name: texts.plain(f"statement.{name}") for name in WORDS}
    words["page"] = texts.plain("statement.page", page="%page%", pages="%pages%")
    words["foot"] = texts.plain("statement.foot", shop=shop_name, customer=str(customer.id))
    words["all-in"] = texts.plain("statement.all-in", currency=currency)
    person = texts.plain("statement.person", name=customer.name, id=str(customer.id)) if customer.name else ""
    sums = {
        "opening": statement.opening, "in": statement.came_in, "out": statement.went_out,
        "closing": statement.closing, "held": statement.held, "stars": statement.stars,
    }  # fmt: skip
    return Paper(
        shop=shop_name,
        currency=currency,
        signs=texts.signs,
        words=words,
        facts=[
            (texts.plain("statement.customer"), person or str(customer.id)),
            (texts.plain("statement.span"), _span(texts, statement, customer.joined_at)),
            (texts.plain("statement.drawn-up"), texts.time(statement.drawn_up)),
            (texts.plain("statement.currency"), currency),
        ],
        sums={name: amount.micros for name, amount in sums.items()},
        kinds=[_kind(texts, total.kind, came_in=total.came_in) for total in statement.totals],
        totals=[
            (_kind(texts, total.kind, came_in=total.came_in), total.count, total.amount.micros)
            for total in statement.totals
        ],
    )


def rows_of(statement: Statement) -> Iterator[Row]:
    """The movements as the paper's rows, one after the other as they are asked for."""
    numbers: Mapping[tuple[str, bool], int] = {
        (total.kind, total.came_in): number for number, total in enumerate(statement.totals)
    }
    for line in statement.lines:
        moved = line.movement
        number = numbers[moved.kind, moved.amount.micros > 0]
        at = (moved.at - _EPOCH) // _MILLISECOND
        yield at, number, moved.order_id, moved.reason, moved.amount.micros, line.balance.micros


def _kind(texts: Texts, kind: str, *, came_in: bool) -> str:
    """A kind of movement in the reader's words, also one that this version does not know."""
    if kind in KINDS:
        return texts.plain(f"statement.kind-{kind}")
    known = kind if kind in TWO_WAYS else "other"
    return texts.plain(f"statement.kind-{known}-in" if came_in else f"statement.kind-{known}-out")


def _span(texts: Texts, statement: Statement, joined: datetime | None = None) -> str:
    first = statement.since or (statement.lines[0].movement.at if statement.lines else joined or statement.until)
    last = statement.until - _MILLISECOND
    days = texts.day(first), texts.day(last)
    return days[0] if days[0] == days[1] else texts.plain("statement.from-to", first=days[0], last=days[1])
