"""People: customers who tap twice, change their minds and try others' quotes; an operator who looks."""

from __future__ import annotations

import random
from typing import Final

from prove.simulation.laws import Laws
from prove.simulation.loop import Turns
from prove.simulation.panel import Panel
from prove.simulation.payers import Payers
from prove.simulation.telegram import Message, Telegram
from prove.simulation.verbs import OPERATOR

CUSTOMERS: Final = (1001, 1002, 1003)
SPAN: Final = 900.0


class People:
    """Everybody, acting on what they were told and on nothing else."""

    def __init__(self, turns: Turns, chance: random.Random, telegram: Telegram, panel: Panel, laws: Laws) -> None:
        self._turns = turns
        self._chance = chance
        self._telegram = telegram
        self._panel = panel
        self._laws = laws
        self._orders = 0
        self._tokens: set[str] = set()
        self._known: set[tuple[int, str]] = set()
        self._payers = Payers(turns, chance, telegram, laws, self._buy)
        self.active = True

    def rest(self) -> None:
        """Nobody does anything any more."""
        self.active = self._payers.active = self._telegram.stars.active = False

    def begin(self) -> None:
        """Line up what they came for."""
        chance = self._chance
        customers = CUSTOMERS[: chance.choice((2, 2, 3))]
        for customer in customers:
            at = chance.uniform(0, 60)
            for _ in range(chance.choice((1, 2, 2, 3))):
                self._turns.later(at, self._buy, customer)
                at += chance.choice((0.0, 5.0, chance.uniform(0, SPAN / 2)))
        for _ in range(chance.choice((1, 2, 3))):
            self._turns.later(chance.uniform(200, SPAN), self._look)
        self._payers.begin(customers)
        if chance.random() < 0.3:
            self._say_later(
                chance.uniform(0, 300), OPERATOR, f"credit {customers[0]} {chance.choice((100_000, 250_000))}"
            )

    def hear(self, message: Message) -> None:
        """Somebody reads an answer."""
        words = message.text.split()
        said = message.notice or message.text
        if message.edited or not self.active or len(words) < 2 or (message.chat, said) in self._known:
            return
        self._known.add((message.chat, said))
        self._payers.hear(message)
        if message.notice is not None:
            return
        chance = self._chance
        if words[0] == "quote" and chance.random() < 0.95:
            self._confirm(message.chat, words[1])
        elif words[0] == "order":
            if chance.random() < 0.2:
                self._say_later(chance.choice((0.0, 0.5, 20.0)), message.chat, f"withdraw {words[1]}")
            if chance.random() < 0.3:
                self._say_later(chance.uniform(30, 600), message.chat, f"cancel {words[1]}")
            if chance.random() < 0.2:
                self._say_later(chance.uniform(300, 900), message.chat, f"refill {words[1]}")

    def _confirm(self, person: int, token: str) -> None:
        chance = self._chance
        for _ in range(chance.choice((1, 2, 2, 3))):
            self._say_later(chance.choice((0.1, 0.1, 3.0, 40.0)), person, f"yes {token}")
        if chance.random() < 0.1:
            self._say_later(1.0, chance.choice(CUSTOMERS), f"yes {token}")

    def _buy(self, person: int) -> None:
        chance = self._chance
        self._orders += 1
        quantity = chance.choice((40, 100, 300)) + self._orders
        link = f"https://framely.example/p/{chance.randint(1, 4)}"
        self._say(person, f"buy {chance.randint(1, 2)} {link} {quantity}")

    def _say_later(self, seconds: float, person: int, text: str) -> None:
        self._turns.later(seconds, self._say, person, text)

    def _say(self, person: int, text: str) -> None:
        if self.active:
            self._telegram.say(person, text)

    def _look(self) -> None:
        """The operator goes through what waits for a decision, and looks at the panel's own pages for it."""
        if not self.active:
            return
        for row in self._laws.orders.values():
            choice = self._chance.random()
            if row.state == "unknown":
                key = self._laws.key_of(row)
                taken = self._panel.taken.get(key)
                if taken and choice < 0.6:
                    self._say(OPERATOR, f"attach {row.id} {taken[0].id}")
                elif choice < 0.15:
                    self._say(OPERATOR, f"attach {row.id} 6999")
                elif choice < 0.5 and not taken:
                    self._say(OPERATOR, f"not-placed {row.id}")
                elif choice < 0.7:
                    self._say(OPERATOR, f"goodwill {row.id}")
            elif row.state == "active" and choice < 0.08:
                self._say(OPERATOR, f"decide {row.id} {self._chance.choice((0, row.charge, row.charge // 2))}")
