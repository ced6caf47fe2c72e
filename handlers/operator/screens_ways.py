"""The ways of paying in as the desk shows them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain import marks
from bot.domain.topups import Gateway
from bot.engine.star_deals import StarDeal
from bot.engine.ways import INSTRUCTIONS_MAX, RATE_DIGITS, Settled
from handlers.keyboards import BLANK, Screen, key, keyboard, lines
from handlers.operator.keys import desk_key
from handlers.operator.way_buttons import (
    AskInstructions,
    AskPayout,
    AskRate,
    AskRemove,
    AskTurnOn,
    RemoveInstructions,
    SaveInstructions,
    SetRate,
    ShowWay,
    ShowWays,
    TurnWay,
)
from handlers.texts import Texts

#: The ways that are turned on and off.
TURNED = (Gateway.STARS, Gateway.CRYPTOPAY, Gateway.BY_HAND)


@dataclass(frozen=True, slots=True)
class WaysView:
    """The ways and what Stars come to."""

    settled: Settled
    #: Whether Crypto Pay's settings are there.
    cryptopay: bool
    currency: str
    #: What Telegram pays for a Star, in the shop's currency; None where no exchange rate tells.
    payout: Decimal | None
    #: A usual top-up at the rate of now; None where there is no rate.
    deal: StarDeal | None
    #: How many Stars the bot has at Telegram; None where it was not asked, or does not tell.
    stars: int | None = None


def ways_screen(texts: Texts, view: WaysView) -> Screen:
    """Every way with its state and what it lacks."""
    rows = [key(texts.plain(f"gateway.{way}"), ShowWay(way)) for way in TURNED]
    html = lines(
        texts.html("operator.ways.title"),
        BLANK,
        *(
            texts.html("operator.ways.line", way=texts.plain(f"gateway.{way}"), state=_state(texts, view, way))
            for way in TURNED
        ),
    )
    return Screen(html, keyboard(*rows, desk_key(texts)))


def way_screen(texts: Texts, view: WaysView, way: Gateway, note: Markup | None = None) -> Screen:
    """One way: how it stands, what it needs, and what can be done."""
    title = texts.html("operator.ways.line", way=texts.plain(f"gateway.{way}"), state=_state(texts, view, way))
    about = {Gateway.STARS: _stars, Gateway.CRYPTOPAY: _cryptopay}.get(way, _by_hand)(texts, view)
    back = (key(texts.plain("operator.ways.key-all"), ShowWays()), desk_key(texts))
    return Screen(lines(note, title, BLANK, *about), keyboard(*_keys(texts, view, way), back))


def _state(texts: Texts, view: WaysView, way: Gateway) -> str:
    if view.settled.ways.has(way):
        return texts.plain("operator.ways.on")
    if way is Gateway.CRYPTOPAY and not view.cryptopay:
        return texts.plain("operator.ways.off-settings")
    if way is Gateway.BY_HAND and view.settled.instructions is None:
        return texts.plain("operator.ways.off-instructions")
    if way is Gateway.STARS and view.settled.star is None:
        return texts.plain("operator.ways.off-rate")
    return texts.plain("operator.ways.off")


def _stars(texts: Texts, view: WaysView) -> Iterator[Markup]:
    rate = view.settled.star
    if rate is None:
        yield texts.html("operator.ways.no-rate", currency=view.currency)
        return
    own = "rate-own" if view.settled.own_star is not None else "rate-payout"
    yield texts.html(f"operator.ways.{own}", rate=shown_rate(texts, rate, view.currency))
    if view.deal is not None:
        yield from deal_lines(texts, view, view.deal)
    if view.stars is not None:
        yield BLANK
        yield texts.html("operator.ways.balance", stars=view.stars)


def deal_lines(texts: Texts, view: WaysView, deal: StarDeal) -> Iterator[Markup]:
    """What a usual top-up means for the customer, the wallet and the operator, and whether it gives money away."""
    if view.payout is not None and (deal.rate != view.payout or view.currency != "USD"):
        yield texts.html("operator.ways.payout", rate=shown_rate(texts, view.payout, view.currency))
    yield BLANK
    if view.payout is None or deal.payout is None or deal.price is None or deal.loss is None:
        yield texts.html("operator.ways.deal-blind", stars=deal.stars, credit=deal.credit)
        yield texts.html("operator.ways.no-dollar", currency=view.currency)
        return
    yield texts.html("operator.ways.deal", stars=deal.stars, price=deal.price, credit=deal.credit, payout=deal.payout)
    if deal.credit > deal.price:
        yield texts.html("operator.ways.loss-price", loss=deal.loss)
    elif deal.rate > view.payout:
        yield texts.html("operator.ways.loss", loss=deal.loss)
    elif deal.rate < view.payout:
        yield texts.html("operator.ways.gain", gain=-deal.loss)
    else:
        yield texts.html("operator.ways.even")
    yield texts.html("operator.ways.hold")


def _cryptopay(texts: Texts, view: WaysView) -> Iterator[Markup]:
    yield texts.html("operator.ways.about-cryptopay")
    if not view.cryptopay:
        yield texts.html("operator.ways.needs-settings")


def _by_hand(texts: Texts, view: WaysView) -> Iterator[Markup]:
    yield texts.html("operator.ways.about-by-hand")
    if view.settled.instructions is None:
        yield texts.html("operator.ways.needs-instructions")
    else:
        yield texts.html("operator.ways.instructions-above")


def _keys(texts: Texts, view: WaysView, way: Gateway) -> Iterator[InlineKeyboardButton | None]:
    if way is Gateway.STARS:
        yield key(texts.plain("operator.ways.key-rate"), AskRate(), "primary")
    if way is Gateway.BY_HAND:
        written = view.settled.instructions is not None
        label = texts.plain("operator.ways.key-rewrite" if written else "operator.ways.key-write")
        yield key(label, AskInstructions(), "primary")
        yield key(texts.plain("operator.ways.key-remove"), AskRemove()) if written else None
    yield _switch(texts, view, way)


def _switch(texts: Texts, view: WaysView, way: Gateway) -> InlineKeyboardButton | None:
    """On or off; nothing where it lacks what it needs."""
    settled = view.settled
    if settled.ways.has(way):
        return key(texts.plain("operator.ways.key-off"), TurnWay(way, 0))
    if way is Gateway.STARS:
        return key(texts.plain("operator.ways.key-on"), TurnWay(way, 1)) if settled.star else None
    ready = view.cryptopay if way is Gateway.CRYPTOPAY else settled.instructions is not None
    return key(texts.plain("operator.ways.key-on"), AskTurnOn(way)) if ready else None


def rule_screen(texts: Texts, way: Gateway) -> Screen:
    """What Telegram's rules say of a way, before it is turned on."""
    return Screen(
        texts.html("operator.ways.rule", way=texts.plain(f"gateway.{way}")),
        keyboard(
            key(texts.plain("operator.ways.key-on-anyway"), TurnWay(way, 1), "danger"),
            key(texts.plain("operator.ways.key-leave-off"), ShowWay(way)),
        ),
    )


def ask_rate_screen(texts: Texts, view: WaysView, note: Markup | None = None) -> Screen:
    """The question for what one Star is worth."""
    example = f"{(view.payout or view.settled.star or Decimal(1)):f}"
    html = texts.html("operator.ways.ask-rate", currency=view.currency, example=example, digits=RATE_DIGITS)
    payout = None
    if view.payout is not None:
        rate = shown_rate(texts, view.payout, view.currency)
        payout = key(texts.plain("operator.ways.key-payout", rate=rate), AskPayout())
    cancel = key(texts.plain("operator.key.cancel"), ShowWay(Gateway.STARS))
    return Screen(lines(note, html), keyboard(payout, cancel))


def confirm_rate_screen(texts: Texts, view: WaysView, rate: Decimal, deal: StarDeal, update_id: int) -> Screen:
    """What a rate would mean, and the tap that lets it hold."""
    html = lines(
        texts.html("operator.ways.confirm-rate", rate=shown_rate(texts, rate, view.currency)),
        *deal_lines(texts, view, deal),
        BLANK,
        texts.html("operator.ways.confirm-rate-end"),
    )
    return Screen(
        html,
        keyboard(
            key(texts.plain("operator.ways.key-set-rate"), SetRate(update_id), "primary"),
            (
                key(texts.plain("operator.ways.key-rate"), AskRate()),
                key(texts.plain("operator.key.cancel"), ShowWay(Gateway.STARS)),
            ),
        ),
    )


def ask_instructions_screen(texts: Texts, note: Markup | None = None) -> Screen:
    """The question for how customers pay by hand."""
    html = texts.html("operator.ways.ask-instructions", limit=INSTRUCTIONS_MAX)
    return Screen(lines(note, html), keyboard(key(texts.plain("operator.key.cancel"), ShowWay(Gateway.BY_HAND))))


def confirm_instructions_screen(texts: Texts, update_id: int) -> Screen:
    """Below what was written: the tap that shows it to customers."""
    return Screen(
        texts.html("operator.ways.confirm-instructions"),
        keyboard(
            key(texts.plain("operator.ways.key-save"), SaveInstructions(update_id), "primary"),
            (
                key(texts.plain("operator.ways.key-rewrite"), AskInstructions()),
                key(texts.plain("operator.key.cancel"), ShowWay(Gateway.BY_HAND)),
            ),
        ),
    )


def confirm_remove_screen(texts: Texts, text: str) -> Screen:
    """What removing the instructions means."""
    return Screen(
        texts.html("operator.ways.confirm-remove"),
        keyboard(
            key(texts.plain("operator.ways.key-remove"), RemoveInstructions(marks.of(text)), "danger"),
            key(texts.plain("operator.key.cancel"), ShowWay(Gateway.BY_HAND)),
        ),
    )


def shown_rate(texts: Texts, rate: Decimal, currency: str) -> str:
    """What one Star is worth, as the reader writes numbers."""
    return f"{texts.amount(rate)} {currency}"
