"""A crash after the effect and before the mark hands an update in again: nothing is done twice."""

from __future__ import annotations

import copy

import pytest
from telegram import Update

from storage import acts, outbox
from tests.handlers.counter import Counter
from tests.kit import IRIS, LINK, MINA


@pytest.fixture(autouse=True)
async def mina(shop: Counter) -> None:
    await shop.say("/start")
    await shop.bench.credit("10")


async def replay(shop: Counter, conversations: dict[tuple[str, str], str], memories: dict[int, str]) -> None:
    """Start again with what was kept before the last update, and hand that update in again."""
    shop.notebook.conversations, shop.notebook.memories = conversations, memories
    await shop.restart()
    (update,) = shop.handled
    again = Update.de_json(update.to_dict(), shop.application.bot)
    assert again is not None
    await shop.handle(again)


def kept(shop: Counter) -> tuple[dict[tuple[str, str], str], dict[int, str]]:
    return copy.deepcopy(shop.notebook.conversations), copy.deepcopy(shop.notebook.memories)


async def test_a_replayed_confirm_is_one_order(shop: Counter) -> None:
    confirm = await shop.to_confirm()
    before = kept(shop)
    await shop.press("Confirm", confirm)
    await replay(shop, *before)
    assert "Order #1" in (await shop.message(confirm.id)).text
    assert (await shop.bench.money()).held == (await shop.bench.read(1)).charge
    assert shop.notebook.conversations == {}
    await shop.bench.sound()


async def test_a_replayed_answer_gives_the_same_quote(shop: Counter) -> None:
    await shop.to_question()
    await shop.say(LINK)
    before = kept(shop)
    confirm = await shop.say("100")
    await replay(shop, *before)
    assert (await shop.last()).data("Confirm") == confirm.data("Confirm")


async def test_a_replayed_question_to_support_is_one_ticket(shop: Counter) -> None:
    await shop.say("/support")
    before = kept(shop)
    await shop.say("Where is it?")
    await replay(shop, *before)
    due = await shop.bench.shop.db.read(lambda tx: outbox.due(tx, shop.bench.clock(), 10))
    assert [w.notice.key for w in due if w.notice.chat_id == IRIS] == ["ticket:1:9001"]
    rows = await shop.bench.shop.db.read(lambda tx: tx.all("SELECT id FROM tickets WHERE customer_id = $1", MINA))
    assert len(rows) == 1


async def test_a_replayed_withdrawal_shows_the_canceled_order(shop: Counter) -> None:
    card = await shop.buy()
    before = kept(shop)
    await shop.press("Cancel order", card)
    await replay(shop, *before)
    assert (await shop.message(card.id)).text.startswith("Order #1\nCanceled")
    assert (await shop.bench.money()).available.decimal == 10


async def test_a_replayed_act_is_written_down_once(shop: Counter) -> None:
    before = kept(shop)
    await shop.say("/sync", IRIS)
    await replay(shop, *before)
    await shop.say("/sync", IRIS)
    found = await shop.bench.shop.db.read(lambda tx: acts.last(tx, 10))
    assert [act.act for act in found] == ["sync", "sync", "credit"]


async def test_a_replayed_request_for_money_asks_once(shop: Counter) -> None:
    await shop.say("/start", 1002)
    confirm = await shop.to_confirm(person=1002)
    before = kept(shop)
    await shop.press("Ask the operator", confirm, 1002)
    await replay(shop, *before)
    rows = await shop.bench.shop.db.read(lambda tx: tx.all("SELECT id FROM notices WHERE kind = 'topup-asked'"))
    assert len(rows) == 1
