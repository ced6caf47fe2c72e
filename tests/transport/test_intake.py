"""Updates in: a real Application, real HTTP, a real database; processes die and go on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from telegram import Update
from telegram.ext import (
    CommandHandler,
    ConversationHandler,
    MessageHandler,
    PreCheckoutQueryHandler,
    filters,
)

from storage.inbox import Inbox
from tests.transport.kit import BotApi, MemoryRows, message
from tests.transport.life import decode, handler, living


def order_conversation() -> ConversationHandler[Any]:
    """/order, then a link, then a quantity."""

    async def begin(update: Update, context: Any) -> str:
        await update.effective_message.reply_text("link?")
        return "link"

    async def link(update: Update, context: Any) -> int:
        context.user_data.link = update.effective_message.text
        await update.effective_message.reply_text("quantity?")
        return 2

    async def quantity(update: Update, context: Any) -> int:
        await update.effective_message.reply_text(f"{update.effective_message.text} x {context.user_data.link}")
        context.user_data.link = ""
        return ConversationHandler.END

    return ConversationHandler(
        [CommandHandler("order", begin)],
        {"link": [MessageHandler(filters.TEXT, link)], 2: [MessageHandler(filters.TEXT, quantity)]},
        [],
        name="order",
        persistent=True,
    )


# The whole way ------------------------------------------------------------------------------------


async def test_polled_updates_are_stored_handled_and_answered_in_order(api: BotApi, address: str, inbox: Inbox):
    api.add(message(10, 7, "/order"), message(11, 7, "example.com"), message(12, 7, "100"))
    async with living(address, inbox, order_conversation()) as process:
        polling = asyncio.get_running_loop().create_task(process.intake.poll())
        texts = await api.sent_to_people(3)
        await process.intake.idle()
        await process.stop()
        await polling
    assert texts == ["link?", "quantity?", "100 x example.com"]
    assert api.polls[-1]["offset"] == "13"
    assert await inbox.pending() == []
    assert await inbox.load_conversations() == []
    assert await inbox.load_memory() == []


@pytest.mark.parametrize("steps_before", [1, 2])
async def test_a_conversation_goes_on_after_a_restart(api: BotApi, address: str, inbox: Inbox, steps_before: int):
    steps = [message(1, 7, "/order"), message(2, 7, "example.com"), message(3, 7, "100")]
    for part in (steps[:steps_before], steps[steps_before:]):
        async with living(address, inbox, order_conversation()) as process:
            await process.intake.receive(part)
            await process.intake.idle()
            await process.stop()
    assert [text for _, text in api.sent] == ["link?", "quantity?", "100 x example.com"]


async def test_killed_between_store_and_handling_the_update_is_handled_in_the_next_life(address: str, inbox: Inbox):
    handled: list[int] = []

    async def note(update: Update, context: Any) -> None:
        handled.append(update.update_id)

    async with living(address, inbox, handler(note)) as process:
        await process.intake.receive([message(1, 7, "x"), message(2, 7, "y"), message(3, 8, "z")])
        await process.kill()
    assert handled == []
    async with living(address, inbox, handler(note)) as process:
        await process.intake.resume()
        await process.intake.receive([message(3, 8, "z"), message(4, 7, "new")])
        await process.intake.idle()
    assert sorted(handled) == [1, 2, 3, 4]
    assert [number for number in handled if number != 3] == [1, 2, 4]


async def test_updates_out_of_order_and_far_apart_are_each_handled_once(address: str, inbox: Inbox):
    """Telegram begins to count somewhere else after a week, and forgets what nobody fetched for a day."""
    handled: list[int] = []

    async def note(update: Update, context: Any) -> None:
        handled.append(update.update_id)

    async with living(address, inbox, handler(note)) as process:
        for number in (900_000, 12, 900_001, 12, 2**31 - 1, 13):
            await process.intake.receive([message(number, number, "x")])
        await process.intake.idle()
    assert sorted(handled) == [12, 13, 900_000, 900_001, 2**31 - 1]


async def test_killed_between_handler_and_mark_the_update_is_replayed_from_the_same_state(address: str, inbox: Inbox):
    """The conversation has moved on in the dead process only; the replay finds the stored state and moves it again."""
    seen: list[str] = []

    class Dying:
        def __getattr__(self, name: str) -> Any:
            return getattr(inbox, name)

        async def finish(self, *_: Any) -> None:
            reached.set()
            await asyncio.Event().wait()

    async def begin(update: Update, context: Any) -> str:
        seen.append(f"begin {context.user_data.link!r}")
        context.user_data.link = "torn"
        return "open"

    async def again(update: Update, context: Any) -> None:
        raise AssertionError("the conversation was open already")

    def conversation() -> ConversationHandler[Any]:
        entry, inside = CommandHandler("order", begin), CommandHandler("order", again)
        return ConversationHandler([entry], {"open": [inside]}, [], name="order", persistent=True)

    reached = asyncio.Event()
    async with living(address, Dying(), conversation()) as process:
        await process.intake.receive([message(1, 7, "/order")])
        await reached.wait()
        await process.kill()
    async with living(address, inbox, conversation()) as process:
        await process.intake.resume()
        await process.intake.idle()
    assert seen == ["begin ''", "begin ''"]
    assert await inbox.load_conversations() == [("order", "7:7", '"open"')]
    assert await inbox.pending() == []


async def test_an_update_that_is_delivered_again_has_one_effect(address: str, inbox: Inbox):
    handled: list[int] = []

    async def note(update: Update, context: Any) -> None:
        handled.append(update.update_id)

    for _ in range(2):
        async with living(address, inbox, handler(note)) as process:
            for _ in range(2):
                await process.intake.receive([message(1, 7, "x"), message(1, 7, "x"), message(2, 7, "y")])
            await process.intake.idle()
            await process.intake.receive([message(1, 7, "x")])
            await process.intake.idle()
    assert handled == [1, 2]


async def test_update_kinds_nobody_knows_are_stored_and_finished(address: str):
    rows = MemoryRows()
    strange = {"update_id": 5, "of_the_future": {"text": "half \ud83d"}}
    async with living(address, rows, order_conversation()) as process:
        await process.intake.receive([strange, {"update_id": 6, "message": None}])
        await process.intake.idle()
    assert rows.done == {5, 6}
    assert rows.raw(5) == strange
    assert rows.rows[5].raw.isascii()


# Order and concurrency ----------------------------------------------------------------------------


async def test_one_persons_updates_go_in_order_while_others_run_beside_them(address: str):
    rows, order, gate = MemoryRows(), [], asyncio.Event()
    others = asyncio.Event()

    async def work(update: Update, context: Any) -> None:
        order.append(update.update_id)
        if update.update_id == 1:
            await gate.wait()
        if update.update_id == 3:
            others.set()

    async with living(address, rows, handler(work)) as process:
        await process.intake.receive([message(1, 7, "slow"), message(2, 7, "next"), message(3, 8, "other")])
        await others.wait()
        assert 2 not in order
        gate.set()
        await process.intake.idle()
    assert order.index(1) < order.index(2)


async def test_a_person_with_many_updates_takes_one_place_only(address: str):
    rows, gate, other = MemoryRows(), asyncio.Event(), asyncio.Event()

    async def work(update: Update, context: Any) -> None:
        if update.effective_user.id == 8:
            other.set()
        else:
            await gate.wait()

    async with living(address, rows, handler(work), concurrent=2) as process:
        await process.intake.receive([*(message(n, 7, "x") for n in range(50)), message(99, 8, "y")])
        await other.wait()
        gate.set()
        await process.intake.idle()
    assert len(rows.done) == 51


async def test_whether_a_payment_may_be_made_waits_for_nobody_elses_turn(address: str):
    """However many people do what takes long, Telegram waits for this answer for ten seconds only."""
    rows, gate, asked = MemoryRows(), asyncio.Event(), asyncio.Event()

    async def work(update: Update, context: Any) -> None:
        await gate.wait()

    async def answer(update: Update, context: Any) -> None:
        asked.set()

    who = {"id": 9, "is_bot": False, "first_name": "Ada"}
    query = {"id": "1", "from": who, "currency": "XTR", "total_amount": 5, "invoice_payload": "x"}
    async with living(address, rows, PreCheckoutQueryHandler(answer), handler(work), concurrent=2) as process:
        await process.intake.receive([message(n, n, "slow") for n in range(1, 5)])
        await process.intake.receive([{"update_id": 9, "pre_checkout_query": query}])
        async with asyncio.timeout(20):
            await asked.wait()
        gate.set()
        await process.intake.idle()
    assert len(rows.done) == 5


async def test_a_thousand_updates_of_fifty_persons(address: str, inbox: Inbox):
    async def note(update: Update, context: Any) -> None:
        await asyncio.sleep(0)
        context.user_data.texts.append(update.effective_message.text)

    updates = [message(number, 1 + number % 50, str(number)) for number in range(1000)]
    async with living(address, inbox, handler(note)) as process:
        for start in range(0, 1000, 100):
            await process.intake.receive(updates[start : start + 100])
        await process.intake.idle()
        assert not process.intake._queues
        assert process.application.update_processor.remembered == 0
    memories = {person: decode(text).texts for person, text in await inbox.load_memory()}
    expected = {person: [str(n) for n in range(1000) if 1 + n % 50 == person] for person in range(1, 51)}
    assert memories == expected
    assert await inbox.pending() == []
