"""Customers who order again and again: each waits for the bot's whole answer before the next tap."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from bench.town import BOT, Town


class Step(NamedTuple):
    """One thing a customer does: say something, or press a button whose data begins with a prefix."""

    say: str = ""
    press: str = ""


#: The whole order flow: 7 updates, 11 calls (a message is answered by one, a press by two).
FLOW: Final = (
    Step(say="/order"), Step(press="s"), Step(press="v"), Step(press="o"), Step(say="link"), Step(say="100"),
    Step(press="y"),
)  # fmt: skip
CALLS: Final = sum(2 if step.press else 1 for step in FLOW)
#: Whoever waits longer than this for an answer counts as a failed conversation.
PATIENCE_SECONDS: Final = 15.0

#: A button as it stands in a form: the JSON of the keyboard, percent-encoded.
_BUTTONS: Final = {
    step.press: re.compile(rb"%22callback_data%22%3A(?:\+|%20)?%22(" + step.press.encode() + rb"%3A[\w.%-]*?)%22")
    for step in FLOW
    if step.press
}
FIRST_CUSTOMER: Final = 5_000_001
#: Told of every answer how many seconds it took and how many calls it was made of; says whether to go on.
Note = Callable[["Customer", float, int], bool]


class Customer:
    """One person: at most one order at a time, begun by `begin`."""

    def __init__(self, town: Town, number: int, note: Note) -> None:
        self._town, self.number, self._note = town, number, note
        self._who = {"id": number, "is_bot": False, "first_name": "Mina", "language_code": "en"}
        self._chat = {"id": number, "type": "private", "first_name": "Mina"}
        self._choose = random.Random(number).choice
        self._orders = 0
        self._step = 0
        self._pressed = 0
        self._query = 0
        self._shown: tuple[int, bytes] | None = None
        #: When the last tap was; None while nothing is open.
        self.since: float | None = None
        #: Whether an answer had no button to go on with.
        self.lost = False
        #: How many orders came to their end.
        self.through = 0

    @property
    def is_through(self) -> bool:
        """Whether the last order came to its end."""
        return self._step == len(FLOW)

    def begin(self) -> None:
        """Start an order."""
        self._orders += 1
        self._step = 0
        self._say(FLOW[0].say)

    def sent(self, message: int, form: bytes) -> None:
        """A new message: an answer where something was said, else a notice."""
        if self.since is not None and not self._pressed:
            self._shown = (message, form)
            self._look()

    def edited(self, message: int, form: bytes) -> None:
        """A changed message: an answer where its button was pressed, else a notice."""
        if self.since is not None and message == self._pressed:
            self._shown = (message, form)
            self._look()

    def answered(self, query: int) -> None:
        """The button stops waiting."""
        if query == self._query:
            self._query = 0
            self._look()

    def _look(self) -> None:
        """Go on when the answer is whole."""
        if self.since is None or self._shown is None or self._query:
            return
        took, self.since = time.perf_counter() - self.since, None
        (message, form), self._shown = self._shown, None
        calls = 2 if FLOW[self._step].press else 1
        self._step += 1
        self.through += self.is_through
        if self._note(self, took, calls):
            if self.is_through:
                self.begin()
            else:
                self._go_on(message, form, FLOW[self._step])

    def _go_on(self, message: int, form: bytes, step: Step) -> None:
        if step.press:
            self._press(message, form, step.press)
        elif step.say == "link":
            self._say(f"https://framely.example/p/{self.number}-{self._orders}")
        else:
            self._say(step.say)

    def _say(self, text: str) -> None:
        self._pressed = self._query = 0
        message = {
            "message_id": self._town.message_id(), "from": self._who, "chat": self._chat, "date": int(time.time()),
            "text": text,
        }  # fmt: skip
        if text.startswith("/"):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text)}]
        self.since = time.perf_counter()
        self._town.happens("message", message, self)

    def _press(self, message: int, form: bytes, prefix: str) -> None:
        buttons = _BUTTONS[prefix].findall(form)
        if not buttons:
            self.lost = True
            return
        self._pressed, self._query = message, message * 100 + self._step
        body: dict[str, Any] = {
            "id": str(self._query), "from": self._who, "chat_instance": str(self.number),
            "data": self._choose(buttons).replace(b"%3A", b":").decode("ascii"),
            "message": {
                "message_id": message, "from": BOT, "chat": self._chat, "date": int(time.time()),
                "text": "What the message says is not looked at.",
            },
        }  # fmt: skip
        self.since = time.perf_counter()
        self._town.happens("callback_query", body, self, self._query)
