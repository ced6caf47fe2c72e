"""People who pay in: they ask, pay what they were asked for or something else, and some want it back."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from prove.simulation.laws import Laws
from prove.simulation.loop import Turns
from prove.simulation.telegram import Message, Telegram
from prove.simulation.verbs import OPERATOR

_AMOUNTS: Final = (100_000, 300_000, 500_000)
#: Only so much of a schedule is spent with asking: what is asked for must have its time.
_ASKED_BY: Final = 600.0


class Payers:
    """Everybody with Stars, acting on what they were told."""

    def __init__(
        self, turns: Turns, chance: random.Random, telegram: Telegram, laws: Laws, buy: Callable[[int], None]
    ) -> None:  # fmt: skip
        self._turns, self._chance = turns, chance
        self._telegram, self._stars, self._laws, self._buy = telegram, telegram.stars, laws, buy
        self._checkouts = 0
        self.active = True

    def begin(self, customers: tuple[int, ...]) -> None:
        """Line up what they came for, and when the operator looks at what they ask for."""
        chance = self._chance
        for customer in customers:
            for _ in range(chance.choice((0, 1, 2, 2))):
                self._say_later(chance.uniform(0, _ASKED_BY), customer, f"topup {chance.choice(_AMOUNTS)}")
        for _ in range(chance.choice((2, 3))):
            self._turns.later(chance.uniform(200, 900), self._look)

    def hear(self, message: Message) -> None:
        """Somebody reads something new: an answer, or that money came."""
        words = message.text.split()
        chance = self._chance
        if message.notice is not None:
            about = message.notice.split(":")
            if about[0] == "payment" and len(about) == 2:
                self._has_money(message.chat, about[1])
        elif words[0] == "invoice":
            self._go_to_pay(message.chat, words[1], int(words[2]))
        elif words[0] == "checkout" and words[4] == "yes" and self.active:
            self._turns.later(chance.choice((0.1, 5.0)), self._stars.pay, message.chat, words[1], int(words[2]))

    def _has_money(self, person: int, payment: str) -> None:
        """Money came: it is spent, or wanted back, or both."""
        chance = self._chance
        if chance.random() < 0.6:
            self._turns.later(chance.choice((1.0, 20.0, 200.0)), self._buy, person)
        if chance.random() < 0.45:
            self._say_later(chance.uniform(1, 300), person, f"ask-refund {payment}")

    def _go_to_pay(self, person: int, token: str, stars: int) -> None:
        chance = self._chance
        for _ in range(chance.choice((0, 1, 1, 1, 1, 2))):
            self._check_out(person, token, stars)
        odd = chance.random()
        if odd < 0.05:
            self._check_out(person, token, stars + 1)
        elif odd < 0.1:
            self._check_out(person, f"{token}0", stars)

    def _check_out(self, person: int, token: str, stars: int) -> None:
        self._checkouts += 1
        at = self._chance.choice((0.5, 0.5, 30.0, 300.0))
        self._say_later(at, person, f"checkout {token} {stars} {self._checkouts}")

    def _look(self) -> None:
        """The operator goes through what customers want back, and now and then gives back what nobody asked for."""
        if not self.active:
            return
        chance = self._chance
        for refund, payment in self._laws.stars.asked():
            verb = chance.choice((f"give-back {payment}", f"give-back {payment}", f"no-refund {refund}"))
            for _ in range(chance.choice((1, 1, 2))):
                self._say_later(chance.choice((0.0, 1.0, 20.0)), OPERATOR, verb)
        for payment in self._laws.stars.credited():
            if chance.random() < 0.08:
                self._say_later(0.0, OPERATOR, f"give-back {payment}")

    def _say_later(self, seconds: float, person: int, text: str) -> None:
        self._turns.later(seconds, self._say, person, text)

    def _say(self, person: int, text: str) -> None:
        if self.active:
            self._telegram.say(person, text)
