"""Small words of the operator's screens: people, states, reasons; capped and free of control characters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from bot.domain.orders import Order, Reason
from bot.domain.text import plain_name
from bot.engine.audit import FILE
from bot.engine.fulfilment import ABANDONED, ID_TAKEN, INTERRUPTED
from bot.engine.replies import LEFT_OUT
from bot.wire.reasons import LostReason, UnsentReason
from handlers.keyboards import cut
from handlers.texts import Texts
from storage.customers import Customer
from storage.ledger_checks import CHECKS

NAME_MAX_CHARACTERS: Final = 64
DETAIL_MAX_CHARACTERS: Final = 200
#: Beyond these no panel's number makes sense, nor does Babel group it.
_NUMBER_MAX_CHARACTERS: Final = 24
_INVARIANTS: Final = frozenset({FILE, *(check.name for check in CHECKS)})
#: Who attached an id by hand, as an attempt keeps it.
_ATTACHED: Final = re.compile(r"attached by (?P<id>[0-9]+)")
_WHYS: Final = frozenset({INTERRUPTED, ABANDONED, ID_TAKEN, LEFT_OUT, *LostReason, *UnsentReason})


def row(parts: Iterable[Markup | str]) -> Markup:
    """Facts side by side."""
    return Markup(" · ").join(parts)


def short(text: str, limit: int = DETAIL_MAX_CHARACTERS) -> str:
    """Foreign text in one line, cut with `…`."""
    return cut(plain_name(text, limit + 1), limit)


def name_of(texts: Texts, customer: Customer | None) -> str:
    """A person's name and @username, as plain text."""
    if customer is None:
        return texts.plain("operator.unknown-name")
    name = short(customer.name, NAME_MAX_CHARACTERS) or texts.plain("operator.none")
    return f"{name} (@{short(customer.username, NAME_MAX_CHARACTERS)})" if customer.username else name


def person(texts: Texts, person_id: int | str, customer: Customer | None) -> Markup:
    """A person with the id that commands take."""
    return texts.html("operator.person", name=name_of(texts, customer), id=str(person_id))


def state(texts: Texts, order: Order) -> str:
    """Where an order stands."""
    return texts.plain(f"operator.state.{order.state.value}")


def why(texts: Texts, detail: str) -> str:
    """What became of an exchange: in words where the shop named it, else what the panel said."""
    if found := _ATTACHED.fullmatch(detail):
        return texts.plain("operator.order.attached-by", id=found["id"])
    if detail in _WHYS:
        return texts.plain(f"operator.why.{detail}")
    return texts.plain(f"operator.reason.{detail}") if detail in frozenset(Reason) else short(detail)


def promise(texts: Texts, invariant: str) -> str:
    """What an invariant of the ledger, or of the file it is in, promises."""
    return texts.plain(f"operator.promise.{invariant}") if invariant in _INVARIANTS else ""


def number(texts: Texts, amount: Decimal) -> str:
    """A number that is not shop money, as the reader writes numbers; an absurdly long one as it came, cut."""
    plain = decimal_text(amount)
    return texts.number(amount) if len(plain) <= _NUMBER_MAX_CHARACTERS else plain


def panel_money(texts: Texts, amount: Decimal, currency: str) -> str:
    """An amount of a panel's own money; an absurdly long one as it came, cut."""
    plain = decimal_text(amount)
    shown = texts.amount(amount) if len(plain) <= _NUMBER_MAX_CHARACTERS else plain
    return f"{shown} {short(currency, 12)}".rstrip()


def decimal_text(amount: Decimal) -> str:
    """A number as commands take it: digits and a point, without needless zeros."""
    text = f"{amount:f}"
    return short(text.rstrip("0").rstrip(".") if "." in text else text, 32)
