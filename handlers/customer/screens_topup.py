"""What paying in looks like: the ways, the amounts, the question for another amount, the invoice. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.money import ZERO, Money, round_up
from bot.domain.topups import Gateway, Topup
from bot.engine.shop import Terms
from bot.engine.topups import STARS_MOST, credit_for, stars_for
from bot.engine.ways import Ways
from handlers.callbacks import (
    AddMoney,
    AskCredit,
    AskGap,
    ChooseWay,
    LeaveAmount,
    PayGap,
    PickAmount,
    ShowCategories,
    ShowWallet,
    TypeAmount,
)
from handlers.keyboards import BLANK, Screen, cut, key, keyboard, lines, set_off
from handlers.texts import Texts

#: The ways customers are offered, in this order, as far as they are on.
OFFERED: Final = (Gateway.STARS, Gateway.CRYPTOPAY, Gateway.BY_HAND, Gateway.VOUCHER)
#: What an invoice holds (core.telegram.org/bots/api#sendinvoice).
_TITLE_MAX: Final = 32
_ABOUT_MAX: Final = 255
_IN_A_ROW: Final = 2


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice in Stars as Telegram shows it."""

    title: str
    about: str
    #: Stands before the price.
    label: str
    #: What it carries: the top-up's token.
    token: str
    stars: int


@dataclass(frozen=True, slots=True)
class Gap:
    """What a wallet lacks for a quote, and the ways to pay it in."""

    token: str
    #: In the digits the shop shows; zero where nothing lacks.
    amount: Money
    ways: Ways
    #: Whether the operator was asked for it.
    asked: bool
    #: What the wallet has and cannot be spent yet.
    waits: Money = ZERO
    #: Whether Stars paid now could be spent for it at once.
    stars_help: bool = True
    #: What of it goes to a debt.
    owed: Money = ZERO


def gap_of(charge: Money, spendable: Money, decimals: int) -> Money:
    """What is missing, in whole digits of what the shop shows: so much paid in is enough."""
    return ZERO if spendable >= charge else round_up((charge - spendable).decimal, decimals)


def offered(ways: Ways) -> list[Gateway]:
    """The ways a customer is shown, the first one first."""
    return [gateway for gateway in OFFERED if ways.has(gateway)]


def ways_for(gap: Gap) -> list[Gateway]:
    """The ways in which a gap can be closed; Stars only where they can be spent at once."""
    return [way for way in offered(gap.ways) if way is not Gateway.STARS or gap.stars_help]


def ways_page(texts: Texts, ways: Ways, note: Markup | None = None) -> Screen:
    """The ways that are on; the operator comes last."""
    return Screen(
        lines(texts.html("topup.title"), *_noted(note), BLANK, texts.html("topup.choose")),
        keyboard(
            *(key(texts.plain(f"gateway.{way.value}"), ChooseWay(way.value)) for way in offered(ways)),
            key(texts.plain("topup.operator"), AskCredit()),
            key(texts.plain("menu.back"), ShowWallet(1)),
        ),
    )


def amounts_page(texts: Texts, gateway: Gateway, ways: Ways, terms: Terms, note: Markup | None = None) -> Screen:
    """The quick amounts of a way, in Stars what each takes, and the way to another amount."""
    keys = [
        key(label, PickAmount(gateway.value, amount.micros))
        for amount in terms.topup_amounts
        if (label := _amount_label(texts, gateway, ways, terms, amount))
    ]
    html = lines(
        texts.html("topup.title"),
        *_noted(note),
        BLANK,
        texts.html("topup.way", way=texts.plain(f"gateway.{gateway.value}")),
        BLANK if gateway is Gateway.BY_HAND else None,
        *_rate(texts, gateway, ways, terms),
        BLANK,
        texts.html("topup.how-much"),
    )
    return Screen(
        html,
        keyboard(
            *in_rows(keys),
            key(texts.plain("topup.another"), TypeAmount(gateway.value)),
            key(texts.plain("menu.back"), AddMoney()),
        ),
    )


def amount_question(
    texts: Texts, gateway: Gateway, ways: Ways, terms: Terms, note: Markup | None = None
) -> Screen:  # fmt: skip
    """The question for an amount, and the way out of it."""
    html = lines(
        texts.html("topup.title"),
        *_noted(note),
        BLANK,
        *set_off(lines(*_rate(texts, gateway, ways, terms))),
        texts.html("topup.ask-amount", least=terms.topup_least, most=_most(gateway, ways, terms)),
    )
    return Screen(html, keyboard(key(texts.plain("menu.cancel"), LeaveAmount())))


def stopped(texts: Texts) -> Screen:
    """Nothing was paid in, and the ways to go on."""
    wallet, order = key(texts.plain("menu.wallet"), ShowWallet(1)), key(texts.plain("menu.order"), ShowCategories(1))
    return Screen(
        texts.html("topup.stopped"), keyboard(key(texts.plain("wallet.add-money"), AddMoney()), [wallet, order])
    )


def gap_rows(texts: Texts, gap: Gap) -> Iterator[Sequence[InlineKeyboardButton]]:
    """A button for each way to pay what lacks; the operator comes last."""
    if not gap.amount:
        return
    rest = []
    for way in ways_for(gap):
        if way is Gateway.STARS and gap.ways.star is not None:
            label = texts.plain("topup.pay-stars", stars=stars_for(gap.amount, gap.ways.star))
            yield [key(label, PayGap(way.value, gap.token), "primary")]
        else:
            rest.append(key(texts.plain(f"gateway.{way.value}"), PayGap(way.value, gap.token)))
    if not gap.asked:
        rest.append(key(texts.plain("topup.operator"), AskGap(gap.token)))
    yield from in_rows(rest)


def invoice(texts: Texts, topup: Topup) -> Invoice:
    """The invoice of a top-up in Stars."""
    about = texts.plain("topup.invoice-about", amount=topup.amount, until=topup.expires_at)
    return Invoice(
        cut(texts.plain("topup.invoice-title", amount=topup.amount), _TITLE_MAX),
        cut(about, _ABOUT_MAX),
        texts.plain("topup.invoice-price"),
        topup.token,
        int(topup.asked),
    )


def in_rows(keys: Sequence[InlineKeyboardButton]) -> Iterator[Sequence[InlineKeyboardButton]]:
    """Buttons side by side, as many as a phone shows whole."""
    for first in range(0, len(keys), _IN_A_ROW):
        yield keys[first : first + _IN_A_ROW]


def _noted(note: Markup | None) -> Sequence[Markup]:
    return (BLANK, note) if note else ()


def _rate(texts: Texts, gateway: Gateway, ways: Ways, terms: Terms) -> Iterator[Markup]:
    if gateway is Gateway.STARS and ways.star is not None:
        yield texts.html("topup.star-rate", worth=f"{texts.amount(ways.star)} {terms.currency}")
        if (at_once := terms.fresh_stars.at_once) is not None:
            yield texts.html("topup.fresh", at_once=at_once, span=texts.span(terms.fresh_stars.days))
    if gateway is Gateway.BY_HAND and ways.instructions is not None:
        yield Markup(ways.instructions)  # noqa: S704 - made by PTB of an operator's words, which escapes


def _most(gateway: Gateway, ways: Ways, terms: Terms) -> Money:
    """The largest amount at a time; an invoice carries only so many Stars."""
    if gateway is not Gateway.STARS or ways.star is None:
        return terms.topup_most
    return min(terms.topup_most, credit_for(STARS_MOST, ways.star, terms.decimals))


def _amount_label(texts: Texts, gateway: Gateway, ways: Ways, terms: Terms, amount: Money) -> str | None:
    """What stands on an amount's button; None where so much cannot be paid in at once."""
    if not terms.topup_least <= amount <= terms.topup_most:
        return None
    if gateway is not Gateway.STARS or ways.star is None:
        return texts.money(amount)
    stars = stars_for(amount, ways.star)
    return texts.plain("topup.amount-stars", amount=amount, stars=stars) if stars <= STARS_MOST else None
