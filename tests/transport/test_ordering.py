"""Whose an update is, and that one customer's updates never overlap."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from telegram import Update

from bot.transport.ordering import NOBODY, PerCustomer, owner_of
from tests.transport.kit import message

PERSON = {"id": 7, "is_bot": False, "first_name": "Ada"}
CHAT = {"id": 70, "type": "private"}


@pytest.mark.parametrize(
    ("kind", "body", "owner"),
    [
        ("message", {"chat": CHAT, "from": PERSON}, 7),
        ("channel_post", {"chat": CHAT}, 70),
        ("callback_query", {"from": PERSON, "message": {"chat": CHAT}}, 7),
        ("pre_checkout_query", {"from": PERSON}, -7),
        ("my_chat_member", {"chat": CHAT, "from": PERSON}, 7),
        ("poll_answer", {"poll_id": "1", "user": PERSON}, 7),
        ("message_reaction", {"chat": CHAT, "user": PERSON}, 7),
        ("poll", {"id": "1"}, NOBODY),
        ("of_the_future", "text", NOBODY),
        ("of_the_future", {"from": "somebody"}, NOBODY),
    ],
)
def test_an_updates_owner_is_its_person_else_its_chat(kind: str, body: Any, owner: int):
    assert owner_of({"update_id": 1, kind: body}) == owner


async def test_one_customers_updates_go_one_by_one_and_others_beside_them():
    processor = PerCustomer(10)
    order: list[str] = []
    gates = [asyncio.Event() for _ in range(3)]

    async def work(number: int) -> None:
        order.append(f"begin {number}")
        await gates[number].wait()
        order.append(f"end {number}")

    updates = [Update.de_json(message(n, person, "x"), None) for n, person in enumerate((7, 7, 8))]
    async with asyncio.TaskGroup() as group:
        for number, update in enumerate(updates):
            group.create_task(processor.process_update(update, work(number)))
        await asyncio.sleep(0)
        assert order == ["begin 0", "begin 2"]
        assert processor.remembered == 2
        for gate in (gates[2], gates[1], gates[0]):
            gate.set()
    assert order.index("end 0") < order.index("begin 1")
    assert processor.remembered == 0


async def test_after_an_error_the_next_update_goes_on():
    async def fails() -> None:
        raise RuntimeError

    async def works() -> None:
        done.set()

    async with PerCustomer(1) as processor:
        done = asyncio.Event()
        with pytest.raises(RuntimeError):
            await processor.process_update("no update", fails())
        await processor.process_update("no update", works())
    assert done.is_set()
    assert processor.remembered == 0


async def test_whether_a_payment_may_be_made_is_not_asked_behind_what_the_payer_did_before():
    async def hangs() -> None:
        await forever.wait()

    async def answers() -> None:
        answered.set()

    query = {"id": "1", "from": {"id": 7, "is_bot": False, "first_name": "Ada"}, "currency": "XTR"}
    question = {"update_id": 2, "pre_checkout_query": {**query, "total_amount": 5, "invoice_payload": "x"}}
    forever, answered = asyncio.Event(), asyncio.Event()
    async with PerCustomer() as processor, asyncio.TaskGroup() as group:
        before = processor.process_update(Update.de_json(message(1, 7, "x"), None), hangs())
        group.create_task(before)
        await asyncio.sleep(0)
        await processor.process_update(Update.de_json(question, None), answers())
        assert answered.is_set()
        forever.set()
    assert processor.remembered == 0
