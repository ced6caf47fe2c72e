"""Conversations and memories between python-telegram-bot and storage, gathered customer by customer."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, Protocol, TypeVar

from telegram.ext import BasePersistence, PersistenceInput

if TYPE_CHECKING:
    from telegram.ext._utils.types import CDCData, ConversationDict, ConversationKey

_LOG: Final = logging.getLogger(__name__)

M = TypeVar("M")


class ConversationRows(Protocol):
    """What the store reads at start."""

    async def load_conversations(self) -> Sequence[tuple[str, str, str]]:
        """Every open conversation: its handler's name, its key and its state, the last two as `Changes` wrote them."""

    async def load_memory(self) -> Sequence[tuple[int, str]]:
        """Every memory: the person's id and the text that `encode` gave."""


class Changes(NamedTuple):
    """What one customer's update changed; to be written in one transaction with the update's mark."""

    #: Handler's name, key and new state as text; state None: the conversation ended, delete the row.
    conversations: tuple[tuple[str, str, str | None], ...] = ()
    #: Person's id and encoded memory; None: it holds nothing, delete the row.
    memories: tuple[tuple[int, str | None], ...] = ()


class _Pending:
    """What was gathered for one customer since the last `take`."""

    __slots__ = ("conversations", "error", "memories")

    def __init__(self) -> None:
        self.conversations: dict[tuple[str, str], str | None] = {}
        self.memories: dict[int, str | None] = {}
        self.error: Exception | None = None


class ConversationStore(BasePersistence[M, Any, Any], Generic[M]):
    """Conversation states and user data (a dataclass, `memory`), loaded at start; writing is the intake's business.

    python-telegram-bot hands over everybody's changes at once; they wait here until `take` fetches those of the
    customer whose update is done. The owner of a conversation is the last part of its key: (chat_id, user_id).
    """

    def __init__(
        self,
        rows: ConversationRows,
        *,
        memory: Callable[[], M],
        encode: Callable[[M], str],
        decode: Callable[[str], M],
    ) -> None:
        super().__init__(PersistenceInput(bot_data=False, chat_data=False, user_data=True, callback_data=False))
        self._rows = rows
        self._memory = memory
        self._encode = encode
        self._decode = decode
        self._empty = encode(memory())
        self._kept: dict[int, str] = {}
        self._pending: dict[int, _Pending] = {}
        self._torn: set[int] = set()

    def take(self, owner: int) -> Changes:
        """The owner's changes; they are forgotten here and must be written. Raises what made one unwritable."""
        pending = self._pending.get(owner)
        if pending is None:
            return Changes()
        if pending.error is not None:
            raise pending.error
        del self._pending[owner]
        for person, memory in pending.memories.items():
            self._keep(person, memory)
        return Changes(
            tuple((name, key, state) for (name, key), state in pending.conversations.items()),
            tuple(pending.memories.items()),
        )

    def roll_back(self, owner: int) -> None:
        """The owner's update failed: their memory becomes again what was written last, before the next handler."""
        self._torn.add(owner)
        if (pending := self._pending.get(owner)) is not None:
            pending.memories.clear()
            pending.error = None

    def _keep(self, person: int, memory: str | None) -> None:
        if memory is None:
            self._kept.pop(person, None)
        else:
            self._kept[person] = memory

    def _of(self, owner: int) -> _Pending:
        return self._pending.setdefault(owner, _Pending())

    # What python-telegram-bot calls -------------------------------------------------------------------

    async def get_user_data(self) -> dict[int, M]:
        """Every person's memory; one that cannot be decoded (written by another version) starts empty."""
        memories: dict[int, M] = {}
        for person, text in await self._rows.load_memory():
            try:
                memories[person] = self._decode(text)
            except ValueError:
                _LOG.warning("a memory cannot be read and starts empty", extra={"person": person})
            else:
                self._kept[person] = text
        return memories

    async def get_conversations(self, name: str) -> ConversationDict:
        """The open conversations of the handler of this name."""
        rows = await self._rows.load_conversations()
        return {_key(key): json.loads(state) for handler, key, state in rows if handler == name}

    async def update_conversation(self, name: str, key: ConversationKey, new_state: object | None) -> None:
        """Gather a new state: text or a whole number; None ended the conversation."""
        pending = self._of(int(key[-1]))
        if new_state is None or isinstance(new_state, str | int):
            pending.conversations[name, _key_text(key)] = None if new_state is None else json.dumps(new_state)
        else:
            pending.error = TypeError(f"a state of {name} must be text or a whole number, not {type(new_state)}")

    async def update_user_data(self, user_id: int, data: M) -> None:
        """Gather a memory that differs from what is written."""
        try:
            text = self._encode(data)
        except (TypeError, ValueError) as error:
            self._of(user_id).error = error
            return
        memory = None if text == self._empty else text
        if memory != self._kept.get(user_id):
            self._of(user_id).memories[user_id] = memory
        elif (pending := self._pending.get(user_id)) is not None:
            pending.memories.pop(user_id, None)

    async def drop_user_data(self, user_id: int) -> None:
        """Gather that the memory is to be deleted."""
        if user_id in self._kept:
            self._of(user_id).memories[user_id] = None

    async def refresh_user_data(self, user_id: int, user_data: M) -> None:
        """Before a handler runs: undo what a failed one left behind."""
        if user_id in self._torn:
            self._torn.discard(user_id)
            kept = self._kept.get(user_id)
            _copy(self._memory() if kept is None else self._decode(kept), user_data)

    async def flush(self) -> None:
        """Nothing: what is not taken belongs to an update that is not done, and its replay brings it again."""

    async def get_chat_data(self) -> dict[int, Any]:
        """Not kept."""
        return {}

    async def get_bot_data(self) -> None:
        """Not kept."""

    async def get_callback_data(self) -> CDCData | None:
        """Not kept."""
        return None

    async def update_chat_data(self, chat_id: int, data: object) -> None:
        """Not kept."""

    async def update_bot_data(self, data: object) -> None:
        """Not kept."""

    async def update_callback_data(self, data: CDCData) -> None:
        """Not kept."""

    async def drop_chat_data(self, chat_id: int) -> None:
        """Not kept."""

    async def refresh_chat_data(self, chat_id: int, chat_data: object) -> None:
        """Not kept."""

    async def refresh_bot_data(self, bot_data: object) -> None:
        """Not kept."""


def _key_text(key: ConversationKey) -> str:
    return ":".join(str(part) for part in key)


def _key(text: str) -> ConversationKey:
    return tuple(int(part) for part in text.split(":"))


def _copy(source: M, target: M) -> None:
    for field in dataclasses.fields(source):  # type: ignore[arg-type]  # the memory is a dataclass by contract
        setattr(target, field.name, getattr(source, field.name))
