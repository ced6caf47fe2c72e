"""Every button of the bot: one frozen type each, packed into Telegram's 64 bytes as ids only.

A button is a claim, not a fact: whoever handles it checks everything again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import ClassVar, Final, Self, get_type_hints

DATA_MAX_BYTES: Final = 64
#: Numbers are ids and pages: what the database can hold, nothing longer.
NUMBER_MAX: Final = 2**63 - 1
_NUMBER: Final = re.compile(r"\A-?\d{1,19}\Z", re.ASCII)
_WORD: Final = re.compile(r"\A[A-Za-z0-9_-]+\Z")
_REGISTRY: Final[dict[str, type[Button]]] = {}


@dataclass(frozen=True, slots=True)
class Button:
    """The root of all buttons; a subclass names its prefix and its ids (int or str)."""

    prefix: ClassVar[str] = ""

    def __init_subclass__(cls, prefix: str = "") -> None:
        # A slotted dataclass is made twice, the second time without the keyword.
        if prefix:
            cls.prefix = prefix
        other = _REGISTRY.get(cls.prefix)
        if other is not None and (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"{cls.prefix!r} is the prefix of {other.__qualname__} already")
        _REGISTRY[cls.prefix] = cls

    def pack(self) -> str:
        """The button's data as Telegram keeps it."""
        return ":".join([self.prefix, *(str(getattr(self, f.name)) for f in fields(self))])

    @classmethod
    def unpack(cls, words: list[str]) -> Self:
        """The button of packed words; ValueError when they do not fit."""
        kinds = _kinds_of(cls)
        if len(words) != len(kinds):
            raise ValueError("another version's button")
        return cls(*map(_read, words, kinds))


def parse(data: object) -> Button | None:
    """The button somebody pressed, None for anything that is none of ours."""
    return _parsed(data) if isinstance(data, str) else None


# Many handlers ask about the same press.
@lru_cache(maxsize=1024)
def _parsed(data: str) -> Button | None:
    if len(data.encode(errors="replace")) > DATA_MAX_BYTES:
        return None
    prefix, *words = data.split(":")
    kind = _REGISTRY.get(prefix)
    if kind is None or not prefix:
        return None
    try:
        return kind.unpack(words)
    except ValueError:
        return None


def kinds() -> tuple[type[Button], ...]:
    """Every button there is, for the tests that hold them within Telegram's limits."""
    return tuple(kind for prefix, kind in sorted(_REGISTRY.items()) if prefix)


def _kinds_of(button: type[Button]) -> tuple[type, ...]:
    """The type of each of a button's ids, in order."""
    hints = get_type_hints(button)
    return tuple(hints[f.name] for f in fields(button))


def _read(word: str, kind: type) -> int | str:
    if kind is int:
        if not _NUMBER.match(word) or abs(number := int(word)) > NUMBER_MAX:
            raise ValueError("not a number")
        return number
    if not _WORD.match(word):
        raise ValueError("not a word the shop gives out")
    return word


# Around the shop ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShowMenu(Button, prefix="m"):
    """The main menu; ends what was open."""


@dataclass(frozen=True, slots=True)
class ShowHelp(Button, prefix="h"):
    """How the shop works."""


@dataclass(frozen=True, slots=True)
class ShowLanguages(Button, prefix="g"):
    """The languages there are."""


@dataclass(frozen=True, slots=True)
class ChooseLanguage(Button, prefix="d"):
    """Read everything in this language from now on."""

    language: str


@dataclass(frozen=True, slots=True)
class AskSupport(Button, prefix="u"):
    """Write to the operator."""


@dataclass(frozen=True, slots=True)
class LeaveMessage(Button, prefix="i"):
    """Write nothing to the operator after all."""


@dataclass(frozen=True, slots=True)
class AskCredit(Button, prefix="p"):
    """Write to the operator about adding money."""


@dataclass(frozen=True, slots=True)
class ShowWallet(Button, prefix="b"):
    """The wallet, with a page of its history."""

    page: int


# Choosing -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShowCategories(Button, prefix="c"):
    """A page of categories."""

    page: int


@dataclass(frozen=True, slots=True)
class ShowServices(Button, prefix="s"):
    """A page of a category's services."""

    category: int
    page: int


@dataclass(frozen=True, slots=True)
class ShowService(Button, prefix="v"):
    """A service's card."""

    service: int


# Ordering -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BeginOrder(Button, prefix="o"):
    """Start putting an order together."""

    service: int


@dataclass(frozen=True, slots=True)
class PickQuantity(Button, prefix="q"):
    """Answer the question for the quantity of a draft."""

    draft: int
    quantity: int


@dataclass(frozen=True, slots=True)
class LeaveOrder(Button, prefix="x"):
    """Give up the order being put together."""

    draft: int


@dataclass(frozen=True, slots=True)
class StepBack(Button, prefix="z"):
    """Leave a question for the one before it, or for the confirm card it came from."""

    draft: int


@dataclass(frozen=True, slots=True)
class KeepAnswer(Button, prefix="j"):
    """Answer the open question as it was answered before."""

    draft: int


@dataclass(frozen=True, slots=True)
class ConfirmQuote(Button, prefix="y"):
    """Buy what the quote says."""

    token: str


@dataclass(frozen=True, slots=True)
class DropQuote(Button, prefix="n"):
    """Turn the quote down."""

    token: str


@dataclass(frozen=True, slots=True)
class ChangeAnswer(Button, prefix="e"):
    """Answer one question of a quote anew."""

    token: str
    field: str


@dataclass(frozen=True, slots=True)
class RenewQuote(Button, prefix="r"):
    """The same order at today's price."""

    token: str


@dataclass(frozen=True, slots=True)
class AskGap(Button, prefix="t"):
    """Ask the operator for what the wallet lacks for a quote."""

    token: str


# Paying in ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AddMoney(Button, prefix="pa"):
    """The ways of paying in."""


@dataclass(frozen=True, slots=True)
class ChooseWay(Button, prefix="pw"):
    """Pay in by a way: a gateway's name."""

    way: str


@dataclass(frozen=True, slots=True)
class PickAmount(Button, prefix="pk"):
    """Pay in so many micro-units by a way."""

    way: str
    micros: int


@dataclass(frozen=True, slots=True)
class TypeAmount(Button, prefix="po"):
    """Type how much to pay in by a way."""

    way: str


@dataclass(frozen=True, slots=True)
class LeaveAmount(Button, prefix="px"):
    """Type no amount after all."""


@dataclass(frozen=True, slots=True)
class PayGap(Button, prefix="pg"):
    """Pay in by a way what the wallet lacks for a quote."""

    way: str
    token: str


# Orders -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShowOrders(Button, prefix="l"):
    """A page of the customer's orders; `apart` is 1 under a card that stays where it is."""

    page: int
    apart: int


@dataclass(frozen=True, slots=True)
class ShowOrder(Button, prefix="k"):
    """An order's card; `page` is the page of orders it was opened from, 0 for none."""

    order: int
    page: int


@dataclass(frozen=True, slots=True)
class RefreshOrder(Button, prefix="f"):
    """The same card as the order stands now."""

    order: int
    page: int


@dataclass(frozen=True, slots=True)
class WithdrawOrder(Button, prefix="w"):
    """Take back an order that was not sent."""

    order: int
    page: int


@dataclass(frozen=True, slots=True)
class AskRefill(Button, prefix="ra"):
    """Ask for a refill of a finished order."""

    order: int
    page: int


@dataclass(frozen=True, slots=True)
class AskCancel(Button, prefix="ca"):
    """Show what asking to cancel an order under way means."""

    order: int


@dataclass(frozen=True, slots=True)
class RequestCancel(Button, prefix="cy"):
    """Ask to cancel it."""

    order: int


@dataclass(frozen=True, slots=True)
class KeepOrder(Button, prefix="cn"):
    """Let it go on after all."""

    order: int


@dataclass(frozen=True, slots=True)
class OrderAgain(Button, prefix="a"):
    """The same order once more, to be confirmed at today's price."""

    order: int
