"""What a sandbox Bot API server is made with."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final


class Role(StrEnum):
    """On which side of the shop a person sits; only the chat page cares."""

    CUSTOMER = "customer"
    OPERATOR = "operator"


class Stage(StrEnum):
    """Where in a call the `on_call` hook stands."""

    BEFORE = "before"  # the call is read, nothing has happened yet
    AFTER = "after"  # everything has happened, the answer is not written yet


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who may write to the bot; `id` is also the id of the private chat with them."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str = "en"
    role: Role = Role.CUSTOMER


PEOPLE: Final = (
    Person(1001, "Mina", username="mina"),
    Person(1002, "Theo", username="theo"),
    Person(9001, "Iris", username="iris", role=Role.OPERATOR),
)


@dataclass(frozen=True, slots=True)
class PanelLink:
    """A sandbox panel the page may steer; `url` is the same-origin prefix of its control API."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Drawer:
    """What the page's drawer may do to the bot's process: kill is -9, stop is orderly."""

    kill: Callable[[], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]
    start: Callable[[], Awaitable[None]]
    running: Callable[[], Awaitable[bool]]
    panels: tuple[PanelLink, ...] = ()


#: Awaited with a call's method, its parameters (JSON decoded, no token) and the stage.
CallHook = Callable[[str, Mapping[str, object], Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class TelegramConfig:
    """One bot and its people. All times in seconds."""

    people: tuple[Person, ...] = PEOPLE
    bot_id: int = 7_000_000_001
    bot_username: str = "panelgram_sandbox_bot"
    bot_name: str = "Panelgram"
    drawer: Drawer | None = None
    on_call: CallHook | None = None
    #: Unix time; the sandbox reads no other clock for what it stamps and what it lets expire.
    clock: Callable[[], float] = time.time
    #: How long a press can be answered, and how long it waits for a bot that is away.
    callback_life: float = 150
    #: How long a bot may take to answer a pre-checkout query.
    checkout_life: float = 10
    #: How long any other update waits.
    update_life: float = 24 * 60 * 60
    #: First wait before a webhook delivery is repeated; doubles up to `webhook_retry_max`.
    webhook_retry: float = 1
    webhook_retry_max: float = 60
    #: How long a webhook may take to answer.
    webhook_timeout: float = 60
    #: A bot counts as online this long after its last getUpdates ended.
    online_grace: float = 3
    #: The journal keeps this many calls.
    journal_size: int = 20_000
    #: The file in which people and chats are kept between two runs, a folder of files beside it; None: nothing is kept.
    memory: Path | None = None
