"""A customer's payments, what became of each, and asking for one back. Pure: data to Screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from markupsafe import Markup

from bot.domain.reasons import TOLD_MOST
from bot.domain.standing import Chance, Look, Standing, Unspent
from bot.domain.topups import Gateway
from bot.engine.refunding import ASKS_MOST
from handlers.callbacks import AskSupport, ShowMenu
from handlers.customer.payment_buttons import AskRefund, GiveNoReason, OpenPayment, ShowPayments
from handlers.keyboards import BLANK, Screen, cut, key, keyboard, lines, pager, set_off
from handlers.texts import Texts
from storage.views import Page

PER_PAGE: Final = 5
CAN_GO_BACK: Final = frozenset({Chance.WHOLE, Chance.PART})


def payments_screen(texts: Texts, intro: Markup, page: Page[Look], unspent: Unspent) -> Screen:
    """Help with payments: the page's own text, what is unspent, and a page of the customer's payments."""
    first = (page.number - 1) * PER_PAGE + 1
    places = list(enumerate(page.items, first))
    html = lines(
        intro, BLANK, *_unspent(texts, unspent), BLANK, *_list(texts, places, page), *_dispute(texts, page.items)
    )
    rows = [
        key(_label(texts, place, look, unspent), OpenPayment(look.payment.id, page.number)) for place, look in places
    ]
    ways = [key(texts.plain("menu.support"), AskSupport()), key(texts.plain("menu.home"), ShowMenu())]
    return Screen(html, keyboard(*rows, pager(texts, page, ShowPayments), ways))


def payment_screen(texts: Texts, look: Look, unspent: Unspent, page: int, note: Markup | None = None) -> Screen:
    """What became of a payment, and whether it can go back."""
    payment, chance = look.payment, look.chance(unspent, ASKS_MOST)
    html = lines(
        *set_off(note),
        texts.html("payment.title", received=texts.received(payment.received, payment.currency)),
        texts.html("payment.what", time=payment.paid_at, gateway=texts.plain(f"gateway.{payment.gateway.value}")),
        texts.html("payment.worth", amount=payment.amount),
        BLANK,
        *_became(texts, look),
        *_chance(texts, look, unspent, chance),
    )
    ask = key(texts.plain("payment.key-ask"), AskRefund(payment.id), "primary") if chance in CAN_GO_BACK else None
    ways = [key(texts.plain("payment.key-all"), ShowPayments(page)), key(texts.plain("menu.support"), AskSupport())]
    return Screen(html, keyboard(ask, ways))


def reason_question(texts: Texts, look: Look, note: Markup | None = None) -> Screen:
    """Why it shall go back; who does not want to say needs not."""
    payment = look.payment
    html = texts.html("payment.ask-reason", received=texts.received(look.left.received, payment.currency))
    return Screen(
        lines(*set_off(note), html),
        keyboard(
            key(texts.plain("payment.key-no-reason"), GiveNoReason(payment.id)),
            key(texts.plain("menu.cancel"), OpenPayment(payment.id, 1)),
        ),
    )


def gone_screen(texts: Texts) -> Screen:
    """No such payment, or somebody else's."""
    return Screen(texts.html("payment.gone"), keyboard(key(texts.plain("payment.key-all"), ShowPayments(1))))


def _unspent(texts: Texts, unspent: Unspent) -> Iterator[Markup]:
    yield texts.html("payment.wallet", available=unspent.stars + unspent.own)
    if unspent.stars:
        yield texts.html("payment.unspent-stars", stars=unspent.stars)


def _list(texts: Texts, places: list[tuple[int, Look]], page: Page[Look]) -> Iterator[Markup]:
    if not places:
        yield texts.html("payment.none")
        return
    yield texts.html("payment.yours")
    for place, look in places:
        payment = look.payment
        yield texts.html(
            "payment.line",
            place=place,
            day=texts.day(payment.paid_at),
            gateway=texts.plain(f"gateway.{payment.gateway.value}"),
            received=texts.received(payment.received, payment.currency),
            amount=payment.amount,
            state=texts.plain(f"payment.state-{look.standing.value}"),
        )
    if page.pages > 1:
        yield texts.html("browse.page", page=page.number, pages=page.pages)


def _dispute(texts: Texts, looks: list[Look]) -> Iterator[Markup]:
    if looks:
        yield BLANK
        yield texts.html("payment.hint")
    if any(look.payment.gateway is Gateway.STARS for look in looks):
        yield texts.html("payment.dispute")


def _label(texts: Texts, place: int, look: Look, unspent: Unspent) -> str:
    back = look.chance(unspent, ASKS_MOST) in CAN_GO_BACK
    return texts.plain(
        "payment.key-back" if back else "payment.key-open",
        place=place,
        received=texts.received(look.payment.received, look.payment.currency),
        day=texts.day(look.payment.paid_at),
    )


def _became(texts: Texts, look: Look) -> Iterator[Markup]:
    """Where it stands, with the words of whoever spoke last."""
    standing, last = look.standing, look.last
    yield texts.html("payment.standing", state=texts.plain(f"payment.state-{standing.value}"))
    if last is None or standing in (Standing.REVERSED, Standing.SUSPENSE):
        return
    customer_id = look.payment.customer_id
    if last.asked_by == customer_id:
        yield texts.html("payment.asked-at", time=last.asked_at)
        if last.reason:
            yield texts.html("payment.reason", reason=cut(last.reason, TOLD_MOST))
    if standing is Standing.ASKED:
        yield texts.html("payment.waits")
    elif standing is Standing.SENDING:
        yield texts.html("payment.under-way")
    elif standing is Standing.TURNED_DOWN and last.answer:
        yield texts.html("payment.answer", answer=cut(last.answer, TOLD_MOST))
    elif last.ended_at is not None and standing in (Standing.BACK, Standing.PART_BACK):
        received = texts.received(last.received, look.payment.currency)
        yield texts.html("payment.ended", time=last.ended_at, received=received, amount=last.amount)


def _chance(texts: Texts, look: Look, unspent: Unspent, chance: Chance) -> Iterator[Markup]:
    """Whether it can go back: all of it, what leaves the wallet, and how long it takes; else why not."""
    if chance is Chance.CLOSED:
        return
    payment, left = look.payment, look.left
    yield BLANK
    name = chance.value
    if payment.gateway is Gateway.STARS and chance in (Chance.WHOLE, Chance.SPENT):
        name = f"{name}-stars"
    yield texts.html(
        f"payment.chance-{name}",
        received=texts.received(left.received, payment.currency),
        amount=left.amount,
        unspent=look.unspent(unspent),
        number=look.noes,
    )
    if chance in CAN_GO_BACK:
        yield texts.html("payment.how-long")
