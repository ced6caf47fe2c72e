"""Conversations and memories: gathered customer by customer, read back as they were."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

import pytest

from bot.transport.persistence import Changes, ConversationStore
from tests.transport.kit import MemoryRows


class Step(StrEnum):
    LINK = "link"


class Page(IntEnum):
    SECOND = 2


@dataclass(slots=True)
class Memory:
    draft: dict[str, str] = field(default_factory=dict)
    seen: int = 0


def encode(memory: Memory) -> str:
    return json.dumps(asdict(memory))


def decode(text: str) -> Memory:
    return Memory(**json.loads(text))


def store_on(rows: MemoryRows) -> ConversationStore[Memory]:
    return ConversationStore(rows, memory=Memory, encode=encode, decode=decode)


@pytest.mark.parametrize("state", [Step.LINK, "plain", 3, Page.SECOND, 'odd "text" é'])
async def test_a_state_is_read_back_as_it_was(state: Any):
    rows = MemoryRows()
    store = store_on(rows)
    await store.update_conversation("order", (7, 7), state)
    await rows.finish(1, store.take(7), None)
    again = await store_on(rows).get_conversations("order")
    assert again == {(7, 7): state}
    assert {state: "found"}[again[7, 7]] == "found"
    assert await store_on(rows).get_conversations("other") == {}


async def test_an_ended_conversation_is_a_row_to_delete():
    store = store_on(MemoryRows())
    await store.update_conversation("order", (7, 7), None)
    assert store.take(7) == Changes((("order", "7:7", None),), ())


async def test_only_the_customers_own_changes_are_taken_and_only_once():
    store = store_on(MemoryRows())
    await store.update_conversation("order", (-100, 7), "link")
    await store.update_conversation("order", (8, 8), "link")
    await store.update_user_data(8, Memory(seen=1))
    assert store.take(7) == Changes((("order", "-100:7", '"link"'),), ())
    assert store.take(7) == Changes()
    assert store.take(8) == Changes((("order", "8:8", '"link"'),), ((8, encode(Memory(seen=1))),))


async def test_the_newest_state_is_the_one_that_is_taken():
    store = store_on(MemoryRows())
    for state in ("link", "quantity", None, "confirm"):
        await store.update_conversation("order", (7, 7), state)
    assert store.take(7).conversations == (("order", "7:7", '"confirm"'),)


async def test_a_memory_is_written_when_it_changed_and_deleted_when_it_is_empty():
    rows = MemoryRows()
    store = store_on(rows)
    await store.update_user_data(7, Memory())
    assert store.take(7) == Changes()
    await store.update_user_data(7, Memory(seen=1))
    assert store.take(7).memories == ((7, encode(Memory(seen=1))),)
    await store.update_user_data(7, Memory(seen=1))
    assert store.take(7) == Changes()
    await store.update_user_data(7, Memory())
    assert store.take(7).memories == ((7, None),)


async def test_a_change_that_is_undone_before_it_is_taken_is_not_written():
    store = store_on(MemoryRows(memories={7: encode(Memory(seen=1))}))
    await store.get_user_data()
    await store.update_user_data(7, Memory(seen=2))
    await store.update_user_data(7, Memory(seen=1))
    assert store.take(7) == Changes()


async def test_a_dropped_memory_is_deleted_where_there_was_one():
    store = store_on(MemoryRows(memories={7: encode(Memory(seen=1))}))
    await store.get_user_data()
    await store.drop_user_data(7)
    await store.drop_user_data(8)
    assert store.take(7).memories == ((7, None),)
    assert store.take(8) == Changes()


async def test_memories_are_loaded_and_one_that_cannot_be_read_starts_empty(caplog: pytest.LogCaptureFixture):
    store = store_on(MemoryRows(memories={7: encode(Memory(seen=4)), 8: "{broken"}))
    assert await store.get_user_data() == {7: Memory(seen=4)}
    assert "cannot be read" in caplog.text


async def test_after_a_failure_the_memory_is_again_what_was_written_last():
    store = store_on(MemoryRows(memories={7: encode(Memory(seen=4))}))
    memory = (await store.get_user_data())[7]
    memory.seen, memory.draft = 5, {"half": "done"}
    await store.update_user_data(7, memory)
    store.roll_back(7)
    await store.refresh_user_data(7, memory)
    assert memory == Memory(seen=4)
    assert store.take(7) == Changes()


async def test_a_memory_that_was_never_written_is_rolled_back_to_empty():
    store = store_on(MemoryRows())
    memory = Memory(seen=5)
    store.roll_back(7)
    await store.refresh_user_data(7, memory)
    assert memory == Memory()
    memory.seen = 6
    await store.refresh_user_data(7, memory)
    assert memory.seen == 6


async def test_what_cannot_be_written_is_raised_to_who_takes_it():
    store = store_on(MemoryRows())
    await store.update_conversation("order", (7, 7), object())
    with pytest.raises(TypeError, match="order"):
        store.take(7)
    store.roll_back(7)
    await store.update_user_data(7, Memory(draft={"x": object()}))  # type: ignore[dict-item]
    with pytest.raises(TypeError):
        store.take(7)
    store.roll_back(7)
    assert store.take(7) == Changes()


async def test_nothing_else_is_kept():
    store = store_on(MemoryRows())
    kept = store.store_data
    assert (kept.user_data, kept.chat_data, kept.bot_data, kept.callback_data) == (True, False, False, False)
    for call in (
        store.update_chat_data(1, {}), store.update_bot_data({}), store.update_callback_data(([], {})),
        store.drop_chat_data(1), store.refresh_chat_data(1, {}), store.refresh_bot_data({}), store.flush(),
        store.get_bot_data(), store.get_callback_data(),
    ):  # fmt: skip
        assert await call is None
    assert await store.get_chat_data() == {}
