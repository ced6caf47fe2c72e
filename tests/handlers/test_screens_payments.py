"""The screens of payments, requests and ways: valid and short enough whatever they hold, in every language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from markupsafe import Markup

from bot.domain.money import Money
from bot.domain.pages import LIMITS, PageName
from bot.domain.refunds import Refund
from bot.domain.standing import Look, Unspent
from bot.domain.topups import Gateway, Payment, PaymentState, RefundState, Topup, TopupState
from bot.domain.wallet import Kind
from bot.engine.star_deals import StarDeal
from bot.engine.ways import Settled, Ways
from handlers.customer import screens_payments as customers
from handlers.keyboards import Screen
from handlers.operator import screens_giving, screens_payments, screens_requests, screens_ways
from handlers.operator.buttons import ShowDesk
from handlers.operator.screens_requests import RequestView
from handlers.operator.screens_ways import TURNED, WaysView
from handlers.texts import LANGUAGES, MoneyStyle, Texts, load
from storage.payment_views import PaymentView
from storage.views import Page
from storage.wallet import Entry
from tests.handlers.operator_kit import HOSTILE, NOW, assert_sendable, sample_customer

HUGE = Money(2**61)
CUSTOMER = sample_customer(name=HOSTILE, username=HOSTILE, id=10**15)
PAYMENT = Payment(
    10**15, Gateway.CRYPTOPAY, HOSTILE, 10**15, 10**15, HOSTILE, Decimal("9" * 30), "USDT", HUGE,
    PaymentState.CREDITED, NOW, NOW,
)  # fmt: skip
REFUND = Refund(
    10**15, 10**15, 10**15, HUGE, Decimal("9" * 30), RefundState.ASKED, HOSTILE[:500], 10**15, NOW, 10**15, NOW,
    HOSTILE[:500], 10**9, NOW, NOW,
)  # fmt: skip
TOPUP = Topup(
    10**15, "token", 10**15, Gateway.CRYPTOPAY, HUGE, Decimal("9" * 30), "USDT", TopupState.PAID_PARTIALLY, 1, HOSTILE,
    None, None, None, None, HOSTILE, None, NOW, NOW, NOW,
)  # fmt: skip
LOOKS = [
    Look(replace(PAYMENT, state=state, gateway=gateway), [replace(REFUND, state=became)] * 9)
    for state in PaymentState
    for gateway in Gateway
    for became in RefundState
]
NOTE = Markup("x")


def of_customers(texts: Texts, unspent: Unspent) -> Iterator[Screen]:
    intro = NOTE * LIMITS[PageName.PAYSUPPORT]
    yield customers.payments_screen(texts, intro, Page(LOOKS[:5], 99, 100), unspent)
    for look in [*LOOKS, Look(PAYMENT, ())]:
        yield customers.payment_screen(texts, look, unspent, 10**6, NOTE)
        yield customers.reason_question(texts, look, NOTE)
    yield customers.gone_screen(texts)


def of_operators(texts: Texts, unspent: Unspent) -> Iterator[Screen]:
    entries = tuple(Entry(kind, HUGE, None, None, NOW) for kind in Kind if kind.value in _ENTRIES)
    for look in LOOKS:
        view = PaymentView(look, CUSTOMER, unspent, TOPUP, 10**15, entries)
        yield screens_payments.payment_screen(texts, view, NOTE)
        yield screens_payments.whose_screen(texts, view, CUSTOMER, NOTE)
    for refund in [*(replace(REFUND, state=state) for state in RefundState), replace(REFUND, decided_by=None)]:
        request = RequestView(refund, PAYMENT, CUSTOMER, CUSTOMER, Money(1))
        yield screens_requests.request_screen(texts, request, NOW, NOTE)
        yield screens_requests.ask_no_screen(texts, request, NOTE)
    yield screens_requests.requests_screen(texts, [request] * 20, 10**9, NOW)
    yield screens_requests.requests_screen(texts, [], 0, NOW)
    yield screens_payments.list_screen(texts, 10**15, CUSTOMER, Page(LOOKS[:8], 99, 100))
    yield screens_payments.list_screen(texts, 10**15, None, Page([], 1, 1))
    yield screens_payments.suspense_screen(texts, Page(LOOKS[:8], 99, 100))
    yield screens_payments.suspense_screen(texts, Page([], 1, 1))
    yield screens_payments.confirm_whose_screen(texts, PAYMENT, CUSTOMER)
    yield screens_payments.found_screen(texts, LOOKS[:4])
    yield screens_payments.gone_screen(texts)
    yield screens_requests.gone_screen(texts)
    for kind in ("payment", "order"):
        giving = screens_giving.GivingView("P1", kind, Markup("x"), HUGE, HUGE, "9" * 60, Money(1), ShowDesk())
        yield screens_giving.amount_question(texts, giving, NOTE)
        yield screens_giving.reason_question(texts, giving, NOTE)
        yield screens_giving.confirm_screen(texts, giving, HOSTILE[:500], 10**9)


_ENTRIES = {"deposit", "assign", "refund", "unrefund", "settle", "chargeback"}


def of_ways(texts: Texts) -> Iterator[Screen]:
    rate, deal = Decimal("0.01200493"), StarDeal(Decimal("0.03"), 10_000, HUGE, Money(1), Money(1))
    blind = replace(deal, payout=None, price=None)
    for star, payout, said in ((rate, rate, deal), (rate, None, blind), (None, None, None)):
        settled = Settled(Ways(star), star, star, "x" if star else None)
        for on in (True, False):
            view = WaysView(settled, on, HOSTILE[:12].replace("<", ""), payout, said, 10**12)
            yield screens_ways.ways_screen(texts, view)
            yield from (screens_ways.way_screen(texts, view, way, NOTE) for way in TURNED)
            yield screens_ways.ask_rate_screen(texts, view, NOTE)
            yield screens_ways.confirm_rate_screen(texts, view, rate, said or deal, 10**9)
    yield from (screens_ways.rule_screen(texts, way) for way in TURNED)
    yield screens_ways.ask_instructions_screen(texts, NOTE)
    yield screens_ways.confirm_instructions_screen(texts, 10**9)
    yield screens_ways.confirm_remove_screen(texts, HOSTILE)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("left", [0, 2**61])
def test_every_screen_can_be_sent_whatever_it_holds(language: str, left: int) -> None:
    texts = load(MoneyStyle("USD", 4)).speak(language)
    unspent = Unspent(Money(left), Money(left))
    for screen in (*of_customers(texts, unspent), *of_operators(texts, unspent), *of_ways(texts)):
        assert_sendable(screen)


def test_a_list_of_payments_leads_to_each_of_them_and_on() -> None:
    texts = load(MoneyStyle("USD", 4)).speak("en")
    screen = customers.payments_screen(texts, NOTE, Page(LOOKS[:5], 2, 3), Unspent(HUGE, HUGE))
    assert screen.keyboard is not None
    assert [len(row) for row in screen.keyboard.inline_keyboard] == [1, 1, 1, 1, 1, 2, 2]
