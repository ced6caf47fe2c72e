"""Whose update it is, and that each customer's updates are handled one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any, Final

from telegram import Update
from telegram.ext import BaseUpdateProcessor

#: The key of updates that are nobody's; they keep their order among themselves.
NOBODY: Final = 0


def owner_of(update: Mapping[str, Any]) -> int:
    """The id of the person, else of the chat, an update of any kind is from; NOBODY where it names neither.

    Every kind but `poll` names its person in `from` or `user`, or its `chat` (core.telegram.org/bots/api#update).
    Questions whether a payment may be made are apart, under the id below zero: Telegram waits ten seconds for the
    answer, so they do not stand behind what the person did before; nothing that is remembered of them changes by one.
    """
    apart = -1 if "pre_checkout_query" in update else 1
    for body in update.values():
        if isinstance(body, Mapping):
            for name in ("from", "user", "chat"):
                source = body.get(name)
                if isinstance(source, Mapping) and isinstance(source.get("id"), int):
                    return apart * int(source["id"])
    return NOBODY


class _Turn:
    __slots__ = ("lock", "users")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0


class PerCustomer(BaseUpdateProcessor):
    """Handles different customers' updates side by side, up to `max_concurrent_updates`, and one customer's in order.

    Order is what keeps ConversationHandler right: it reads the state of a conversation before the handler runs.
    """

    def __init__(self, max_concurrent_updates: int = 256) -> None:
        super().__init__(max_concurrent_updates)
        self._turns: dict[int, _Turn] = {}

    @property
    def remembered(self) -> int:
        """How many customers have an update under way."""
        return len(self._turns)

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Await the coroutine when the customer's earlier updates are done."""
        key = _customer(update)
        turn = self._turns.setdefault(key, _Turn())
        turn.users += 1
        try:
            async with turn.lock:
                await coroutine
        finally:
            turn.users -= 1
            if not turn.users:
                del self._turns[key]

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""


def _customer(update: object) -> int:
    if not isinstance(update, Update):
        return NOBODY
    source = update.effective_user or update.effective_chat
    apart = -1 if update.pre_checkout_query else 1
    return apart * source.id if source else NOBODY
