"""What every handler has at hand, typed: the shop, the clock, the person's language, and their memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, cast

import msgspec
from telegram.ext import Application, CallbackContext, ContextTypes, ExtBot

from bot.engine.shop import Shop
from bot.papers.process import Printer
from handlers.texts import Library, Texts


@dataclass(slots=True)
class Draft:
    """An order being put together; nothing in it is believed again when the quote is made."""

    service_number: int
    #: Answers so far, by the protocol's field names.
    answers: dict[str, str] = field(default_factory=dict)
    #: The quote shown last.
    token: str | None = None
    #: The update it was begun with: its buttons carry it, so that they touch no later draft.
    id: int = 0
    #: Answers set aside by a step back or a change, shown as what holds now.
    kept: dict[str, str] = field(default_factory=dict)
    #: The message that shows the quote.
    card_id: int | None = None


@dataclass(slots=True)
class Resolution:
    """A decision the operator is in the middle of."""

    order_id: int
    upstream_id: str | None = None
    #: The shop's number of the refill it is about; 0 where it is about the order.
    refill: int = 0
    #: The charge of the id that was looked up does not fit the order.
    odd: bool = False


@dataclass(slots=True)
class Transaction:
    """Money an operator asked to move by hand and has not confirmed yet."""

    #: Of the command: the key under which it moves once.
    update_id: int
    customer_id: int
    micros: int
    credit: bool
    reason: str


@dataclass(slots=True)
class BanAsked:
    """A customer an operator asked to ban and has not confirmed yet."""

    #: Of what asked for it: its button covers nothing else.
    update_id: int
    customer_id: int
    reason: str


@dataclass(slots=True)
class Arranging:
    """A title or a markup that is asked for."""

    #: Of what: the value of a domain Scope, and the word that stands for it in buttons.
    scope: str
    key: str
    #: The order being put together when it was asked: what is typed after another was begun is for that one.
    draft_id: int | None = None


@dataclass(slots=True)
class PageAsked:
    """A page an operator writes anew, and what they wrote until they save it."""

    name: str
    language: str
    #: Telegram's HTML; empty until it is written.
    text: str = ""
    #: Of what wrote it: its button saves nothing else.
    update_id: int = 0


@dataclass(slots=True)
class WayAsked:
    """What an operator wrote about a way of paying in and has not confirmed yet."""

    #: Of what wrote it: its button covers nothing else.
    update_id: int
    #: What a Star shall be worth, a decimal number; empty: what Telegram pays for it.
    rate: str = ""
    #: How to pay by hand, Telegram's HTML; empty where it is about the rate.
    instructions: str = ""


@dataclass(slots=True)
class ProofAsked:
    """A payment by hand an operator is asked about."""

    topup_id: int
    version: int


@dataclass(slots=True)
class VoucherAsked:
    """A voucher an operator is putting together."""

    #: Of what began it: its buttons touch no later one, and it is made once under it.
    update_id: int
    micros: int
    uses: int = 1
    each: int = 1
    #: Seconds since 1970, UTC; 0: it never ends.
    until: int = 0


@dataclass(slots=True)
class GivingAsked:
    """Money that an operator gives back, or a request they turn down, and has not confirmed yet."""

    #: Of what; `suspense` is a payment whose customer is asked for.
    kind: Literal["payment", "order", "request", "suspense"]
    number: int
    #: How much; 0: all that is left, or not said yet where a part is wanted.
    micros: int = 0
    part: bool = False
    reason: str = ""
    #: Of what completed it: its button covers nothing else.
    update_id: int = 0


@dataclass(slots=True)
class Memory:
    """What a person's conversations remember between updates."""

    draft: Draft | None = None
    resolution: Resolution | None = None
    transaction: Transaction | None = None
    ban: BanAsked | None = None
    #: Whose wallet the operator was asked about; 0 where the answer names the customer too.
    wallet_of: int = 0
    arranging: Arranging | None = None
    page: PageAsked | None = None
    way: WayAsked | None = None
    #: The gateway for which an amount to pay in is asked; empty where another question was asked since.
    paying_by: str = ""
    proof: ProofAsked | None = None
    voucher: VoucherAsked | None = None
    #: The top-up whose proof is waited for; 0 for none.
    proving: int = 0
    #: The quote that waits for a voucher's money; empty for none.
    redeeming: str = ""
    #: The album whose first picture was taken as a proof; empty for none.
    album: str = ""
    giving: GivingAsked | None = None
    #: The payment a customer is asked why it shall go back; 0 for none.
    refund_of: int = 0


def encode_memory(memory: Memory) -> str:
    """Memory as stored."""
    return msgspec.json.encode(memory).decode()


def decode_memory(text: str) -> Memory:
    """Memory as it was stored; a form this version does not know is forgotten, not fatal."""
    try:
        return msgspec.json.decode(text, type=Memory)
    except msgspec.DecodeError:
        return Memory()


@dataclass(frozen=True, slots=True)
class Counter:
    """What all handlers share."""

    shop: Shop
    library: Library
    now: Callable[[], datetime]
    printer: Printer = field(default_factory=Printer)


Nothing = dict[Any, Any]
#: Under this name a chat's data keeps the language its person chose; it is read anew with every update.
_CHOSEN: Final = "chosen language"


class Context(CallbackContext[ExtBot[None], Memory, Nothing, Counter]):
    """PTB's context with the shop's own names."""

    @property
    def shop(self) -> Shop:
        """The shop."""
        return self.bot_data.shop

    @property
    def now(self) -> datetime:
        """The time of this update."""
        return self.bot_data.now()

    @property
    def memory(self) -> Memory:
        """What this person's conversations remember."""
        if self.user_data is None:
            raise LookupError("an update without a person reached a conversation")
        return self.user_data

    @property
    def chosen_language(self) -> str | None:
        """The language the person chose, as the gate read it with this update; None: they never did."""
        return None if self.chat_data is None else self.chat_data.get(_CHOSEN)

    @chosen_language.setter
    def chosen_language(self, language: str | None) -> None:
        if self.chat_data is not None:
            self.chat_data[_CHOSEN] = language

    def texts(self, client_language: str | None) -> Texts:
        """The texts in the language the person chose, else in their client's."""
        return self.bot_data.library.speak(self.chosen_language or client_language)


ShopApplication = Application[Any, Context, Memory, Nothing, Counter, Any]


def context_types(counter: Counter) -> ContextTypes[Context, Memory, Nothing, Counter]:
    """PTB's recipe for contexts that know the shop."""
    # PTB calls what it types as a class; a function that hands out the one counter serves as well.
    make_counter = cast("type[Counter]", lambda: counter)
    return ContextTypes(context=Context, user_data=Memory, chat_data=dict, bot_data=make_counter)
