"""What people of this world can say: each text is a verb of the engine, and is answered with what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from telegram import Update
from telegram.ext import ExtBot

from bot.domain.errors import ShopError
from bot.domain.money import Money
from bot.domain.orders import Reason
from bot.domain.topups import XTR, Gateway, Paid
from bot.engine import cancelling, desk, ordering, quoting, refills, refunding, reversals, topups
from bot.engine.refunding import Refunding
from bot.engine.shop import Shop
from bot.engine.topups import Asked
from bot.panels.errors import PanelError
from bot.transport.ordering import PerCustomer

OPERATOR: Final = 9001
#: What is about paying in; two of them are Telegram's own words, which reach the shop like anybody's.
_OF_STARS: Final = frozenset({"topup", "checkout", "paid", "taken-back", "ask-refund"})


class Application:
    """What the intake needs of python-telegram-bot's application; its handler speaks to the engine."""

    def __init__(self, shop: Shop, bot: ExtBot[Any], now: Callable[[], datetime]) -> None:
        self.bot = bot
        self.update_processor = PerCustomer()
        self._shop = shop
        self._now = now
        self._on_error: Callable[[object, Any], Awaitable[None]]

    def add_error_handler(self, handler: Callable[[object, Any], Awaitable[None]]) -> None:
        """The intake's own."""
        self._on_error = handler

    async def update_persistence(self) -> None:
        """Nothing is kept between updates."""

    async def process_update(self, update: Update) -> None:
        """Do what the text says, then answer."""
        message = update.message
        if message is None or message.text is None:
            raise LookupError("this world's updates are all messages")
        try:
            try:
                answer = await self._do(update.update_id, message.chat_id, message.text.split())
            except (ShopError, PanelError) as refused:
                answer = f"no {type(refused).__name__} {message.text}"
            await self.bot.send_message(message.chat_id, answer)
        except Exception as error:  # noqa: BLE001 - as the application's dispatcher does
            await self._on_error(update, _Told(error))

    async def _do(self, update_id: int, person: int, words: list[str]) -> str:
        shop, now, verb = self._shop, self._now(), words[0]
        if verb == "buy":
            answers = {"link": words[2], "quantity": words[3]}
            quote = await quoting.make_quote(shop, person, update_id, int(words[1]), answers, now)
            return f"quote {quote.token}"
        if verb == "yes":
            done = await ordering.place_order(shop, words[1], person, None, now)
            return f"order {done.order.id}"
        if verb in _OF_STARS:
            return await self._pay_in(update_id, person, words, now)
        number = int(words[1])
        if verb == "withdraw":
            await ordering.withdraw(shop, number, person, now)
        elif verb == "cancel":
            await cancelling.ask_cancel(shop, number, person, now)
        elif verb == "refill":
            await refills.ask_refill(shop, number, person, update_id, now)
        else:
            await self._operate(update_id, person, words, now)
        return f"done {' '.join(words)}"

    async def _pay_in(self, update_id: int, person: int, words: list[str], now: datetime) -> str:
        shop, verb = self._shop, words[0]
        if verb == "topup":
            asked = Asked(person, update_id, Gateway.STARS, Money(int(words[1])))
            topup = await topups.ask(shop, asked, now)
            return f"invoice {topup.token} {topup.asked:f}"
        if verb == "checkout":
            turned = await topups.may_pay(shop, words[1], person, Decimal(words[2]), XTR, now)
            return f"checkout {words[1]} {words[2]} {words[3]} {turned or 'yes'}"
        if verb == "paid":
            at = datetime.fromtimestamp(int(words[4]), UTC)
            paid = Paid(Gateway.STARS, words[1], Decimal(words[3]), XTR, at, words[2], str(person))
            await topups.record(shop, paid, now)
        elif verb == "taken-back":
            await reversals.took_back(shop, Gateway.STARS, words[1], now)
        else:
            await refunding.ask(shop, update_id, person, int(words[1]), "as we agreed", now)
        return f"done {' '.join(words)}"

    async def _operate(self, update_id: int, person: int, words: list[str], now: datetime) -> None:
        shop, verb, number = self._shop, words[0], int(words[1])
        if person != OPERATOR:
            raise LookupError("only the operator")
        if verb == "attach":
            await desk.inspect_upstream(shop, number, words[2])
            await desk.attach(shop, number, words[2], person, now)
        elif verb in ("not-placed", "goodwill"):
            await desk.release(shop, number, Reason(verb), person, now)
        elif verb == "decide":
            await desk.decide(shop, number, Money(int(words[2])), person, now)
        elif verb == "give-back":
            await refunding.begin(shop, Refunding(update_id, person, number, None, "as asked"), now)
        elif verb == "no-refund":
            await refunding.turn_down(shop, number, person, "it was spent", now)
        elif verb == "credit":
            await desk.move_money(
                shop, update_id, person, number, Money(int(words[2])), "as asked", now, credit=True
            )  # fmt: skip
        else:
            raise LookupError(verb)


class _Told:
    def __init__(self, error: Exception) -> None:
        self.error = error
