"""What putting an order together looks like: questions, the confirm card, and what can come of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.domain.catalog import Offer
from bot.domain.errors import BadInput
from bot.domain.inputs import LISTS, Field, TypeRule, limits_of
from bot.domain.money import Money
from bot.domain.orders import Quote
from bot.domain.pricing import PriceRules, price
from handlers.callbacks import (
    ChangeAnswer,
    ConfirmQuote,
    DropQuote,
    KeepAnswer,
    LeaveOrder,
    PickQuantity,
    RenewQuote,
    ShowCategories,
    ShowMenu,
    StepBack,
)
from handlers.context import Draft
from handlers.customer.screens_answers import bought, so_far, wording
from handlers.customer.screens_topup import Gap, gap_rows
from handlers.keyboards import BLANK, Screen, Style, cut, key, keyboard, lines, width
from handlers.texts import Texts

_QUICK_STEPS: Final = tuple(digit * 10**zeros for zeros in range(1, 8) for digit in (1, 5))
_QUICK_COUNT: Final = 4
#: Most people order around so many: where the limits allow, it is among the steps.
_QUICK_USUAL: Final = 1000
_CHANGES_IN_A_ROW: Final = 2
#: A message has 4096 characters at most, and apps cut longer texts at the end of a line.
_NEARLY_FULL: Final = 3_500


@dataclass(frozen=True, slots=True)
class Checkout:
    """What a confirm card shows."""

    quote: Quote
    offer: Offer
    rule: TypeRule
    #: What the customer can spend now.
    available: Money
    now: datetime
    #: What that lacks for the quote.
    gap: Gap
    #: What was understood of the last answer, or what changed.
    note: Markup | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a question shows."""

    draft: Draft
    offer: Offer
    asked: Field
    rules: PriceRules
    #: What the customer can spend now.
    available: Money
    #: What was understood of the last answer, or what is wrong with this one.
    note: Markup | None = None


def question(texts: Texts, of: Question) -> Screen:
    """One question, under what is known so far."""
    draft, word = of.draft, wording(of.offer.service.type, of.asked)
    html = lines(
        texts.html("order.heading", name=of.offer.name),
        *so_far(texts, of.offer.service.type, draft.answers),
        *((BLANK, of.note) if of.note else ()),
        BLANK,
        texts.html(f"order.ask-{word}", **_limits(of.asked, of.offer)),
        *_current(texts, of),
    )
    keep = None
    if of.asked in draft.kept and draft.token is None:
        keep = key(texts.plain(f"order.keep-{word}"), KeepAnswer(draft.id))
    last = [
        key(texts.plain("menu.back"), StepBack(draft.id)),
        key(texts.plain("menu.cancel"), LeaveOrder(draft.id)),
    ]
    return Screen(html, keyboard(*_quick_rows(texts, of), keep, last))


def problem(texts: Texts, error: BadInput) -> Markup:
    """What is wrong with an answer."""
    facts = {name: cut(value) if isinstance(value, str) else value for name, value in error.facts.items()}
    return texts.html(f"problem.{error.problem.value}", **facts)


def understood(texts: Texts, field: Field, typed: str, answer: str) -> Markup | None:
    """What was made of an answer that is kept in another form than it was typed, where that is worth a line."""
    typed = typed.strip()
    if field in LISTS and (repeated := LISTS[field](typed).repeated):
        return texts.html("order.repeated", count=repeated)
    if field is Field.QUANTITY and typed not in (answer, texts.number(int(answer))):
        return texts.html("order.number-read", typed=cut(typed), quantity=int(answer))
    if field is not Field.LINK or typed == answer:
        return None
    if "://" not in typed[:8]:
        return texts.html("order.scheme-added")
    return texts.html("order.link-spelt") if "xn--" in answer and "xn--" not in typed else None


def perhaps_cut(texts: Texts, field: Field, typed: str) -> Markup | None:
    """A word about a list that fills a message: apps send the rest of a longer one in messages of their own."""
    return texts.html("order.perhaps-cut") if field in LISTS and width(typed) >= _NEARLY_FULL else None


def notes(*said: Markup | None) -> Markup | None:
    """What is to be said of an answer, as one note; None where nothing is."""
    return lines(*said) if any(said) else None


def quick_amounts(minimum: int, maximum: int) -> list[int]:
    """Quantities worth a button: the minimum, a few round steps above it, the maximum."""
    steps = [step for step in _QUICK_STEPS if minimum < step < maximum]
    below = sum(step < _QUICK_USUAL for step in steps)
    first = max(0, min(below - _QUICK_COUNT // 2, len(steps) - _QUICK_COUNT))
    return list(dict.fromkeys([minimum, *steps[first : first + _QUICK_COUNT], maximum]))


def confirm_card(texts: Texts, checkout: Checkout) -> Screen:
    """Everything that will be charged, and for what; buttons confirm, change or drop it."""
    quote = checkout.quote
    html = lines(
        texts.html("confirm.title"),
        *((checkout.note,) if checkout.note else ()),
        BLANK,
        *_subject(texts, checkout),
        BLANK,
        texts.html("confirm.price", charge=quote.charge),
        texts.html("confirm.balance", available=checkout.available),
        *_money(texts, checkout),
    )
    return Screen(html, _confirm_keys(texts, checkout))


def quote_expired(texts: Texts, token: str) -> Screen:
    """The price is no longer valid, and the way to a fresh one."""
    return Screen(
        texts.html("quote.expired"),
        keyboard(
            key(texts.plain("quote.renew"), RenewQuote(token), "primary"),
            key(texts.plain("menu.cancel"), DropQuote(token)),
        ),
    )


def start_over(texts: Texts, text: str) -> Screen:
    """One of the plain texts, with the ways to go on."""
    return Screen(
        texts.html(text),
        keyboard([key(texts.plain("order.new"), ShowCategories(1)), key(texts.plain("menu.home"), ShowMenu())]),
    )


def _limits(asked: Field, offer: Offer) -> dict[str, int]:
    minimum, maximum = limits_of(asked, offer.service)
    return {"minimum": minimum, "maximum": maximum}


def _current(texts: Texts, of: Question) -> Iterator[Markup]:
    """The answer that holds until there is another one."""
    if answer := of.draft.kept.get(of.asked):
        yield BLANK
        yield texts.html("order.current")
        yield from so_far(texts, of.offer.service.type, {of.asked.value: answer})


def _quick_rows(texts: Texts, of: Question) -> list[list[InlineKeyboardButton]]:
    if of.asked is not Field.QUANTITY:
        return []
    service = of.offer.service
    names = {service.minimum: "order.amount-minimum", service.maximum: "order.amount-maximum"}
    keys = []
    for quantity in quick_amounts(service.minimum, service.maximum):
        try:
            charge = price(of.offer, quantity, of.rules).charge
        except ValueError:
            continue  # more than the ledger can hold; typed, it is refused with the reason
        if service.minimum < quantity == service.maximum and charge > of.available:
            continue
        label = texts.plain(names.get(quantity, "order.amount-label"), quantity=quantity, price=charge)
        keys.append(key(label, PickQuantity(of.draft.id, quantity)))
    return [keys[place : place + 2] for place in range(0, len(keys), 2)]


def _subject(texts: Texts, checkout: Checkout) -> Iterator[Markup]:
    quote = checkout.quote
    yield texts.html("confirm.service", name=checkout.offer.name)
    yield from bought(texts, checkout.offer.service.type, quote.answers, quote.quantity)


def _money(texts: Texts, checkout: Checkout) -> Iterator[Markup]:
    quote, gap = checkout.quote, checkout.gap
    if gap.amount:
        yield BLANK
        yield texts.html("confirm.asked" if gap.asked else "confirm.short", gap=gap.amount)
        if gap.owed:
            yield texts.html("confirm.owed", owed=gap.owed)
        if gap.waits:
            yield texts.html("confirm.waits", waits=gap.waits)
    else:
        yield texts.html("confirm.after", after=checkout.available - quote.charge)
    yield BLANK
    yield texts.html("confirm.valid", span=texts.span(quote.expires_at - checkout.now))


def _confirm_keys(texts: Texts, checkout: Checkout) -> InlineKeyboardMarkup:
    quote = checkout.quote
    # What is pressed next comes first; a press on Confirm before the money is there says what lacks.
    style: Style | None = None if checkout.gap.amount else "success"
    return keyboard(
        *gap_rows(texts, checkout.gap),
        [
            key(texts.plain("confirm.yes"), ConfirmQuote(quote.token), style),
            key(texts.plain("confirm.no"), DropQuote(quote.token)),
        ],
        *_change_rows(texts, checkout),
    )


def _change_rows(texts: Texts, checkout: Checkout) -> Iterator[Sequence[InlineKeyboardButton]]:
    """A button to change each answer, so many in a row that their labels are read on a phone."""
    kind = checkout.offer.service.type
    keys = [
        key(texts.plain(f"confirm.change-{wording(kind, field)}"), ChangeAnswer(checkout.quote.token, field.value))
        for field in checkout.rule.asks
    ]
    for first in range(0, len(keys), _CHANGES_IN_A_ROW):
        yield keys[first : first + _CHANGES_IN_A_ROW]
