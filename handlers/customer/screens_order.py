"""What putting an order together looks like: questions, the confirm card, and what can come of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.domain.catalog import Offer
from bot.domain.errors import BadInput
from bot.domain.inputs import Count, Field, TypeRule, lines_of
from bot.domain.money import Money
from bot.domain.orders import Quote
from bot.domain.pricing import PriceRules, price
from bot.domain.targets import LINK_MAX_CHARACTERS
from handlers.callbacks import (
    AskTopup,
    ChangeAnswer,
    ConfirmQuote,
    DropQuote,
    LeaveOrder,
    PickQuantity,
    RenewQuote,
    ShowCategories,
    ShowMenu,
    ShowService,
)
from handlers.keyboards import Screen, cut, key, keyboard, lines
from handlers.texts import Texts

_BLANK: Final = Markup("")
_QUICK_STEPS: Final = tuple(digit * 10**zeros for zeros in range(1, 8) for digit in (1, 5))
_QUICK_COUNT: Final = 3
#: Steps reach so many times the minimum: further up hardly anybody orders, whatever the maximum.
_QUICK_REACH: Final = 2000
_COMMENTS_SHOWN: Final = 5
_COMMENT_MAX: Final = 80


@dataclass(frozen=True, slots=True)
class Checkout:
    """What a confirm card shows."""

    quote: Quote
    offer: Offer
    rule: TypeRule
    #: What the customer can spend now.
    available: Money
    #: What was understood of the last answer, or what changed.
    note: Markup | None = None
    #: Whether the operator was just asked for the gap.
    asked: bool = False


def question(
    texts: Texts, offer: Offer, answers: Mapping[str, str], asked: Field, rules: PriceRules, note: Markup | None = None
) -> Screen:
    """One question, under what is known so far; `note` says what was understood, or what is wrong."""
    service = offer.service
    html = lines(
        texts.html("order.heading", name=service.name),
        *_so_far(texts, answers),
        *((_BLANK, note) if note else ()),
        _BLANK,
        texts.html(f"order.ask-{asked.value}", **_limits(asked, offer)),
    )
    rows = _quick_rows(texts, offer, rules) if asked is Field.QUANTITY else []
    last = [
        key(texts.plain("menu.back"), ShowService(offer.number)),
        key(texts.plain("menu.cancel"), LeaveOrder()),
    ]
    return Screen(html, keyboard(*rows, last))


def problem(texts: Texts, error: BadInput) -> Markup:
    """What is wrong with an answer."""
    facts = {name: cut(value) if isinstance(value, str) else value for name, value in error.facts.items()}
    return texts.html(f"problem.{error.problem.value}", **facts)


def understood(texts: Texts, field: Field, typed: str, answer: str) -> Markup | None:
    """What was made of an answer that is kept in another form than it was typed."""
    typed = typed.strip()
    if typed == answer:
        return None
    if field is Field.QUANTITY:
        return texts.html("order.number-read", typed=cut(typed), quantity=int(answer))
    if field is Field.LINK:
        return texts.html("order.scheme-added" if "://" not in typed[:8] else "order.link-tidied")
    return None


def quick_amounts(minimum: int, maximum: int) -> list[int]:
    """Quantities worth a button: the minimum, a few round steps above it, the maximum."""
    steps = [step for step in _QUICK_STEPS if minimum < step < min(maximum, minimum * _QUICK_REACH)]
    if len(steps) > _QUICK_COUNT:
        steps = [steps[len(steps) * place // (_QUICK_COUNT + 1)] for place in range(1, _QUICK_COUNT + 1)]
    return list(dict.fromkeys([minimum, *steps, maximum]))


def confirm_card(texts: Texts, checkout: Checkout) -> Screen:
    """Everything that will be charged, and for what; buttons confirm, change or drop it."""
    quote = checkout.quote
    html = lines(
        texts.html("confirm.title"),
        *((checkout.note,) if checkout.note else ()),
        _BLANK,
        *_subject(texts, checkout),
        _BLANK,
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


def _so_far(texts: Texts, answers: Mapping[str, str]) -> Iterator[Markup]:
    if link := answers.get(Field.LINK):
        yield texts.html("order.so-far-link", link=link)
    if comments := answers.get(Field.COMMENTS):
        yield texts.html("order.so-far-comments", count=len(lines_of(comments)))
    if quantity := answers.get(Field.QUANTITY):
        yield texts.html("order.so-far-quantity", quantity=int(quantity))


def _limits(asked: Field, offer: Offer) -> dict[str, int]:
    if asked is Field.LINK:
        return {}
    return {"minimum": offer.service.minimum, "maximum": offer.service.maximum}


def _quick_rows(texts: Texts, offer: Offer, rules: PriceRules) -> list[list[InlineKeyboardButton]]:
    service = offer.service
    names = {service.minimum: "order.amount-minimum", service.maximum: "order.amount-maximum"}
    keys = []
    for quantity in quick_amounts(service.minimum, service.maximum):
        try:
            charge = price(service, quantity, rules).charge
        except ValueError:
            continue  # more than the ledger can hold; typed, it is refused with the reason
        label = texts.plain(names.get(quantity, "order.amount-label"), quantity=quantity, price=charge)
        keys.append(key(label, PickQuantity(offer.number, quantity)))
    return [keys[place : place + 2] for place in range(0, len(keys), 2)]


def _subject(texts: Texts, checkout: Checkout) -> Iterator[Markup]:
    quote = checkout.quote
    yield texts.html("confirm.service", name=checkout.offer.service.name)
    if link := quote.answers.get(Field.LINK):
        yield texts.html("confirm.link", link=cut(link, LINK_MAX_CHARACTERS))
    if checkout.rule.count is Count.ONE:
        yield texts.html("confirm.package")
    else:
        yield texts.html("confirm.quantity", quantity=quote.quantity)
    if comments := lines_of(quote.answers.get(Field.COMMENTS, "")):
        yield texts.html("confirm.comments", count=len(comments))
        yield from (Markup("• {}").format(cut(comment, _COMMENT_MAX)) for comment in comments[:_COMMENTS_SHOWN])
        if (more := len(comments) - _COMMENTS_SHOWN) > 0:
            yield texts.html("confirm.comments-more", count=more)


def _money(texts: Texts, checkout: Checkout) -> Iterator[Markup]:
    quote = checkout.quote
    gap = quote.charge - checkout.available
    if gap.micros > 0:
        yield _BLANK
        yield texts.html("confirm.asked" if checkout.asked else "confirm.short", gap=gap)
    else:
        yield texts.html("confirm.after", after=checkout.available - quote.charge)
    yield _BLANK
    yield texts.html("confirm.valid", until=texts.clock(quote.expires_at))


def _confirm_keys(texts: Texts, checkout: Checkout) -> InlineKeyboardMarkup:
    quote = checkout.quote
    gap = quote.charge - checkout.available
    topup = None
    if gap.micros > 0 and not checkout.asked:
        topup = key(texts.plain("confirm.topup", gap=gap), AskTopup(quote.token))
    return keyboard(
        [
            key(texts.plain("confirm.yes"), ConfirmQuote(quote.token), "success"),
            key(texts.plain("confirm.no"), DropQuote(quote.token)),
        ],
        topup,
        [
            key(texts.plain(f"confirm.change-{field.value}"), ChangeAnswer(quote.token, field.value))
            for field in checkout.rule.asks
        ],
    )
