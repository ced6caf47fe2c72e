"""What panels sell (service) and what the shop shows of it (offer)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final

from bot.domain.arranging import AS_LISTED, Arrangement
from bot.domain.markups import Markup
from bot.domain.text import plain_name


class Unsold(StrEnum):
    """Why a service in the catalogue is not for sale."""

    TYPE = "type"  # the shop does not sell this type, or does not know it
    RATE = "rate"  # zero, negative or nonsense
    LIMITS = "limits"  # minimum above maximum, or not positive
    CURRENCY = "currency"  # no exchange rate for the panel's currency
    JUMP = "jump"  # the price moved further than PRICE_JUMP_PERCENT; the operator decides
    GONE = "gone"  # the panel no longer lists it
    CHARGE = "charge"  # its first order cost something else than computed; the operator decides


@dataclass(frozen=True, slots=True)
class Service:
    """One row of a panel's `services` answer, decoded (panel API v2, action `services`)."""

    panel: str
    #: The panel's id, an opaque string.
    id: str
    name: str
    #: The type as normalised by `normal_type`.
    type: str
    category: str
    #: Price per 1000 units (flat for packages) in the panel's currency, exactly as written.
    rate: Decimal
    minimum: int
    maximum: int
    #: None where the panel does not say.
    refill: bool | None = None
    cancel: bool | None = None
    dripfeed: bool | None = None
    description: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What identifies the service among all panels."""
        return self.panel, self.id


@dataclass(frozen=True, slots=True)
class Offer:
    """A service as the shop holds it: with its own number, category and price, and whether it is for sale."""

    #: The shop's own number, stable for ever; buttons carry it.
    number: int
    service: Service
    category_number: int
    unsold: Unsold | None = None
    #: What the panel asks now, where it is not believed: a jump waiting for the operator's yes, or nonsense.
    pending_rate: Decimal | None = None
    own: Arrangement = AS_LISTED
    #: The operator hid its whole category.
    category_hidden: bool = False
    #: The narrowest that applies; None where the shop's does.
    markup: Markup | None = None
    #: The rate its panel really took for the first order, where it is another and no operator has agreed.
    charged_rate: Decimal | None = None

    @property
    def name(self) -> str:
        """What people read: the operator's title, else the panel's name."""
        return self.own.title or self.service.name

    @property
    def hidden(self) -> bool:
        """Whether the operator keeps it from customers, alone or with its category."""
        return self.own.hidden or self.category_hidden

    @property
    def for_sale(self) -> bool:
        """Whether a customer may buy it now."""
        return self.unsold is None and not self.hidden


@dataclass(frozen=True, slots=True)
class Category:
    """One button of the shop: all panels' categories of the same normalised name."""

    number: int
    #: What people read: the operator's title, else the panels' name.
    name: str
    offers: tuple[Offer, ...] = field(default=(), compare=False)
    own: Arrangement = AS_LISTED
    #: What the panels call it.
    given: str = ""


_SPACES = re.compile(r"[\s_]+")
_WORDS: Final = re.compile(r"\d+|[^\W\d_]+")
_DIGITS_MAX: Final = 18


def normal_type(raw: str) -> str:
    """Bring the spellings of a type to one: trimmed, lower case, `_` and runs of spaces as one space."""
    return _SPACES.sub(" ", raw.strip()).strip().lower()


def normal_category(name: str) -> str:
    """The key under which panels' categories fall together."""
    return folded(plain_name(name))


def folded(name: str) -> str:
    """A name in the form in which spellings of one fall together."""
    return unicodedata.normalize("NFKC", name).casefold()


# The same names are sorted at every refresh.
@lru_cache(maxsize=4096)
def kin(name: str) -> tuple[tuple[int, str], ...]:
    """Sorts names of kin together: letter case, signs and emoji do not part them, and 2 comes before 10."""
    words = _WORDS.findall(name.casefold())
    return tuple((int(word[:_DIGITS_MAX]), "") if word.isdecimal() else (-1, word) for word in words)
