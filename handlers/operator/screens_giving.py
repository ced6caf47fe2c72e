"""Giving back what nobody asked for: how much, why, and what it means. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from bot.domain.money import Money
from handlers.callbacks import Button
from handlers.keyboards import BLANK, Screen, key, keyboard, lines, set_off
from handlers.operator import words
from handlers.operator.payment_buttons import Give
from handlers.texts import Texts


@dataclass(frozen=True, slots=True)
class GivingView:
    """What is given back, as every step of it shows it."""

    #: Its name for operators: `P12`, `#7`.
    name: str
    #: Texts are called by it.
    kind: Literal["payment", "order"]
    person: Markup
    #: All that can go back.
    most: Money
    #: What is asked for now.
    amount: Money
    #: What the gateway gives for it; empty for money that goes to the wallet.
    received: str
    #: What of it is unspent; None where that does not matter.
    unspent: Money | None
    #: Where it leads back to.
    back: Button
    #: Of an order as it stands; 0 for everything else.
    version: int = 0


def amount_question(texts: Texts, view: GivingView, note: Markup | None = None) -> Screen:
    """How much."""
    return _question(texts, view, texts.html("operator.giving.ask-amount", name=view.name, most=view.most), note)


def reason_question(texts: Texts, view: GivingView, note: Markup | None = None) -> Screen:
    """Why: the customer of an order reads it, and so does whoever looks into it later."""
    html = texts.html(f"operator.giving.ask-reason-{view.kind}", name=view.name, amount=view.amount)
    return _question(texts, view, html, note)


def confirm_screen(texts: Texts, view: GivingView, reason: str, update_id: int) -> Screen:
    """What it means, and the tap that does it."""
    about = texts.html(
        f"operator.giving.confirm-{view.kind}",
        name=view.name, amount=view.amount, person=view.person, received=view.received,
    )  # fmt: skip
    short = view.unspent is not None and view.unspent < view.amount
    html = lines(
        about,
        texts.html("operator.refunds.reason", reason=words.short(reason)),
        BLANK if short else None,
        texts.html("operator.refunds.short", unspent=view.unspent or Money(0), amount=view.amount) if short else None,
    )
    label = texts.plain("operator.giving.key-give", amount=view.amount)
    cancel = key(texts.plain("operator.key.cancel"), view.back)
    return Screen(html, keyboard(key(label, Give(update_id), "danger"), cancel))


def _question(texts: Texts, view: GivingView, html: Markup, note: Markup | None) -> Screen:
    cancel = key(texts.plain("operator.key.cancel"), view.back)
    return Screen(lines(*set_off(note), html), keyboard(cancel))
