"""Numbers, money, days, times and spans as each language writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.domain.money import Money
from handlers.texts import LANGUAGES, MoneyStyle, Texts, load

MOMENT = datetime(2026, 11, 21, 7, 54, tzinfo=UTC)


def speaking(language: str, currency: str = "USD", decimals: int = 4) -> Texts:
    return load(MoneyStyle(currency, decimals)).speak(language)


@pytest.mark.parametrize(
    ("language", "whole", "broken"),
    [("en", "1,234,567", "1,234.5678"), ("tr", "1.234.567", "1.234,5678"), ("th", "1,234,567", "1,234.5678")],
)
def test_numbers_are_grouped_and_keep_their_digits(language: str, whole: str, broken: str) -> None:
    texts = speaking(language)
    assert texts.number(1_234_567) == whole
    assert texts.number(Decimal("1234.5678")) == broken
    assert texts.number(Decimal("0.10")) == broken[5].join(("0", "1"))
    assert texts.amount(Decimal(1234)) == broken[:6] + "00"
    assert texts.signs == broken[5] + broken[1]
    assert texts.amount(Decimal("1234.5678")) == broken
    assert texts.number(Decimal("1E+3")) == whole[:5].replace("234", "000")


@pytest.mark.parametrize(
    ("language", "amount", "fine"),
    [
        ("en", "1,234.50 USD", "1.2346 USD"),
        ("tr", "1.234,50 USD", "1,2346 USD"),
        ("th", "1,234.50 USD", "1.2346 USD"),
    ],
)
def test_an_amount_stands_before_its_currency(language: str, amount: str, fine: str) -> None:
    assert speaking(language).money(Money(1_234_500_000)) == amount
    assert speaking(language).money(Money(1_234_567)) == fine


def test_a_currency_without_small_units_shows_none() -> None:
    assert speaking("en", "JPY", 0).money(Money(1_234_000_000)) == "1,234 JPY"
    assert speaking("tr", "TRY", 2).money(Money(-1_234_500_000)) == "-1.234,50 TRY"


@pytest.mark.parametrize(
    ("language", "share", "rise", "fall"),
    [("en", "12.5%", "+94%", "-7%"), ("tr", "%12,5", "+%94", "-%7"), ("th", "12.5%", "+94%", "-7%")],
)
def test_percents(language: str, share: str, rise: str, fall: str) -> None:
    texts = speaking(language)
    assert texts.percent(Decimal("12.50")) == share
    assert (texts.percent(94, signed=True), texts.percent(-7, signed=True)) == (rise, fall)


@pytest.mark.parametrize(
    ("language", "time", "day"),
    [
        ("en", "21 Nov 2026, 07:54 UTC", "21 Nov 2026"),
        ("tr", "21 Kas 2026 07:54 UTC", "21 Kas 2026"),
        # Thai years are those of the Buddhist era, 543 ahead.
        ("th", "21 พ.ย. 2569 07:54 UTC", "21 พ.ย. 2569"),
    ],
)
def test_days_and_times_are_in_utc_and_in_the_readers_era(language: str, time: str, day: str) -> None:
    texts = speaking(language)
    assert (texts.time(MOMENT), texts.day(MOMENT), texts.clock(MOMENT)) == (time, day, "07:54 UTC")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_leap_day_is_a_day_in_every_era(language: str) -> None:
    assert speaking(language).day(datetime(2028, 2, 29, tzinfo=UTC)).startswith("29 ")


@pytest.mark.parametrize(
    ("language", "minute", "minutes", "hours", "days"),
    [
        ("en", "1 minute", "12 minutes", "3 hours", "2 days"),
        ("tr", "1 dakika", "12 dakika", "3 saat", "2 gün"),
        ("th", "1 นาที", "12 นาที", "3 ชั่วโมง", "2 วัน"),
    ],
)
def test_spans(language: str, minute: str, minutes: str, hours: str, days: str) -> None:
    texts = speaking(language)
    spans = (timedelta(seconds=5), timedelta(minutes=12), timedelta(hours=3), timedelta(days=2))
    assert tuple(texts.span(span) for span in spans) == (minute, minutes, hours, days)


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        ("en", "1 order", "1,000 orders"),
        ("tr", "1 sipariş", "1.000 sipariş"),
        ("th", "1 คำสั่งซื้อ", "1,000 คำสั่งซื้อ"),
    ],
)
def test_plurals(language: str, one: str, many: str) -> None:
    texts = speaking(language)
    assert texts.plain("operator.customer.orders", count=1) == one
    assert texts.plain("operator.customer.orders", count=1000) == many
