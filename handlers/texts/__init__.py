"""The words people read: one folder of TOML files per language, plural rules and formats by Babel.

A text is a string with `{placeholders}`, or a table of plural forms (`one`, `few`, `other` …) chosen by the
fact named `count`. `html` escapes every value; `plain` is for buttons and pop-ups, where Telegram takes no HTML.
No value keeps characters that turn or garble what stands around it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from importlib import resources
from typing import Final

from babel import Locale
from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup

from bot.domain.money import Money
from bot.domain.text import harmless
from bot.domain.topups import XTR, spelled

DEFAULT_LANGUAGE: Final = "en"
LANGUAGES: Final = ("en", "tr", "th")
#: Numbers of more digits before the point, or more zeros behind it, are nobody's money.
_SHOWN_MOST: Final = 8
_SHORTEST_SPAN: Final = timedelta(minutes=1)
#: Where years are counted from another beginning: Thai readers count from the Buddha's, which Babel does not write.
_YEARS_AHEAD: Final[Mapping[str, int]] = {"th": 543}

Fact = str | int | Decimal | Money | datetime | Markup
Template = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MoneyStyle:
    """How amounts look: at least two digits after the point (where the shop has them), at most the shop's."""

    currency: str
    decimals: int

    @property
    def pattern(self) -> str:
        """Babel's pattern for it."""
        fixed = min(2, self.decimals)
        digits = "0" * fixed + "#" * (self.decimals - fixed)
        return f"#,##0{'.' if digits else ''}{digits}"


class Texts:
    """All texts of one language. A missing key raises KeyError: a test holds them complete."""

    def __init__(self, language: str, templates: Mapping[str, Template], money: MoneyStyle) -> None:
        self.language = language
        self._templates = templates
        self._money = money

    @cached_property
    def _locale(self) -> Locale:
        return Locale.parse(self.language)

    def html(self, key: str, /, **facts: Fact) -> Markup:
        """The text as Telegram HTML; every value that is not Markup itself is escaped."""
        return Markup(self._template(key, facts)).format(**self._shown(facts))  # noqa: S704 - templates are ours

    def plain(self, key: str, /, **facts: Fact) -> str:
        """The text without any markup."""
        return self._template(key, facts).format(**self._shown(facts))

    def money(self, amount: Money) -> str:
        """An amount with its currency, such as `1,234.50 USD`."""
        return f"{_rounded(str(amount.decimal), self._money.pattern, self.language)} {self._money.currency}"

    def number(self, number: int | Decimal) -> str:
        """A number, grouped, with all the digits it has after the point."""
        return _whole(str(number), self.language)

    @property
    def signs(self) -> str:
        """The decimal point, then what groups thousands: `.,` in English."""
        shown = self.number(Decimal("1234.5"))
        return shown[5] + shown[1]

    def amount(self, amount: Decimal) -> str:
        """An amount that is not shop money: at least two digits after the point, as many as it has up to eight."""
        return _rounded(str(amount), "#,##0.00######", self.language)

    def received(self, received: Decimal, currency: str) -> str:
        """What a gateway received, in its own currency: `1,250 ⭐`, `12.50 USD`."""
        if abs(received.adjusted()) > _SHOWN_MOST:
            return spelled(received, currency)  # absurd, and shown as it came
        return f"{self.number(received)} ⭐" if currency == XTR else f"{self.amount(received)} {currency}"

    def percent(self, percent: int | Decimal, *, signed: bool = False) -> str:
        """A share of a hundred, such as `12.5%`; `signed` marks a rise with a plus."""
        plus = "+" if signed and percent > 0 else ""
        return plus + format_percent(Decimal(percent).scaleb(-2), locale=self._locale, decimal_quantization=False)

    def day(self, moment: datetime) -> str:
        """A day in UTC, such as `21 Nov 2026`."""
        return self._format(moment, self.plain("format.day"))

    def time(self, moment: datetime) -> str:
        """A day and time in UTC, such as `21 Nov 2026, 07:54 UTC`."""
        return f"{self._format(moment, self.plain('format.time'))} UTC"

    def clock(self, moment: datetime) -> str:
        """A time of day in UTC, such as `07:54 UTC`."""
        return f"{format_datetime(moment, 'HH:mm', locale=self._locale)} UTC"

    def span(self, length: timedelta) -> str:
        """A length of time, roughly: `12 minutes`, `3 hours`, `2 days`."""
        return format_timedelta(max(length, _SHORTEST_SPAN), granularity="minute", threshold=1.5, locale=self._locale)

    def _format(self, moment: datetime, pattern: str) -> str:
        year = str(moment.year + _YEARS_AHEAD.get(self.language, 0))
        return format_datetime(moment, pattern.replace("y", year), locale=self._locale)

    def _template(self, key: str, facts: Mapping[str, Fact]) -> str:
        template = self._templates[key]
        if isinstance(template, str):
            return template
        count = facts["count"]
        if not isinstance(count, int):
            raise TypeError(f"{key} needs a whole number as count")
        return template.get(self._locale.plural_form(count), template["other"])

    def _shown(self, facts: Mapping[str, Fact]) -> dict[str, str]:
        return {name: self._show(value) for name, value in facts.items()}

    def _show(self, value: Fact) -> str:
        if isinstance(value, Money):
            return self.money(value)
        if isinstance(value, datetime):
            return self.time(value)
        if isinstance(value, int | Decimal):
            return self.number(value)
        return value if isinstance(value, Markup) else harmless(value)


# Babel takes its patterns apart at each call, and a page shows the same few prices to everybody.
@lru_cache(maxsize=8192)
def _rounded(number: str, pattern: str, language: str) -> str:
    return format_decimal(Decimal(number), pattern, Locale.parse(language))


@lru_cache(maxsize=8192)
def _whole(number: str, language: str) -> str:
    return format_decimal(Decimal(number), "#,##0.#", Locale.parse(language), decimal_quantization=False)


@dataclass(frozen=True)
class Library:
    """Every language the shop speaks."""

    languages: Mapping[str, Texts]

    def speak(self, code: str | None) -> Texts:
        """The texts for a client's language code (`en-GB` is `en`), English where the shop lacks it."""
        wanted = (code or "").partition("-")[0].lower()
        return self.languages.get(wanted, self.languages[DEFAULT_LANGUAGE])


def load(money: MoneyStyle) -> Library:
    """Read every language's files."""
    return Library({language: Texts(language, templates(language), money) for language in LANGUAGES})


@lru_cache
def templates(language: str) -> Mapping[str, Template]:
    """Every text of a language by its dotted key: `[order]` `ask-link = "…"` is `order.ask-link`.

    A table that has `other` is a table of plural forms.
    """
    found: dict[str, Template] = {}
    for file in sorted(resources.files(__name__).joinpath(language).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            _flatten("", tomllib.loads(file.read_text(encoding="utf-8")), found)
    return found


def _flatten(prefix: str, table: Mapping[str, object], found: dict[str, Template]) -> None:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, str) or (isinstance(value, dict) and "other" in value):
            found[key] = value
        elif isinstance(value, dict):
            _flatten(f"{key}.", value, found)
        else:
            raise TypeError(f"{key} is neither a text nor a table")
