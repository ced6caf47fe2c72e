"""Only private chats are served; failures are answered without internals; what is published fits its scope."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from telegram import Update

from bot.engine import customers as people
from handlers.errors import apologise, incident_of
from handlers.publishing import CUSTOMER_COMMANDS, OPERATOR_COMMANDS
from handlers.routes import publish
from handlers.texts import LANGUAGES
from storage import customers
from tests.handlers.counter import Counter
from tests.kit import IRIS, MINA

_MINA = {"id": MINA, "is_bot": False, "first_name": "Mina"}
_GROUP = {"id": -100, "type": "supergroup", "title": "A group"}
_PRIVATE = {"id": MINA, "type": "private", "first_name": "Mina"}


def update(shop: Counter, **body: Any) -> Update:
    made = Update.de_json({"update_id": 987_654, **body}, shop.application.bot)
    assert made is not None
    return made


def message(chat: dict[str, Any], text: str, **more: Any) -> dict[str, Any]:
    entities = [{"type": "bot_command", "offset": 0, "length": len(text)}] if text.startswith("/") else []
    return {"message_id": 5, "date": 1, "chat": chat, "from": _MINA, "text": text, "entities": entities, **more}


@pytest.mark.parametrize("text", ["/start", "/wallet", "/order", "/admin", "hello"])
async def test_groups_are_left_in_silence(shop: Counter, text: str) -> None:
    before = len(await shop.journal("sendMessage"))
    await shop.handle(update(shop, message=message(_GROUP, text)))
    assert len(await shop.journal("sendMessage")) == before
    assert await shop.bench.shop.db.read(lambda tx: customers.get(tx, MINA)) is None


async def test_a_press_in_a_group_is_answered_and_no_more(shop: Counter) -> None:
    query = {"id": "77", "from": _MINA, "chat_instance": "1", "data": "b:1", "message": message(_GROUP, "x")}
    await shop.handle(update(shop, callback_query=query))
    assert len(await shop.journal("answerCallbackQuery")) == 1
    assert await shop.journal("sendMessage") == []


async def test_a_press_in_a_group_buys_nothing_while_telegram_drops(shop: Counter) -> None:
    await shop.say("/start")
    await shop.bench.credit("10")
    confirm = await shop.to_confirm()
    await shop.post("/faults", drop={"methods": ["answerCallbackQuery"], "count": 99})
    data = confirm.data("Confirm")
    query = {"id": "77", "from": _MINA, "chat_instance": "1", "data": data, "message": message(_GROUP, "x")}
    await shop.handle(update(shop, callback_query=query))
    assert await shop.bench.shop.db.read(lambda tx: tx.all("SELECT id FROM orders")) == []


async def test_nothing_goes_past_a_gate_that_failed(shop: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> bool:
        raise RuntimeError("a defect")

    monkeypatch.setattr("handlers.guards.customers.greet", broken)
    with pytest.raises(RuntimeError):
        await shop.handle(update(shop, message=message(_PRIVATE, "/help")))
    assert await shop.journal("sendMessage") == []


async def test_channels_and_what_has_no_person_are_left_alone(shop: Counter) -> None:
    post = {"message_id": 5, "date": 1, "chat": {"id": -5, "type": "channel", "title": "c"}, "text": "/start"}
    await shop.handle(update(shop, channel_post=post))
    await shop.handle(update(shop, inline_query={"id": "1", "from": _MINA, "query": "x", "offset": ""}))
    assert await shop.journal("sendMessage") == []


async def test_an_edited_message_is_not_acted_on_again(shop: Counter) -> None:
    await shop.say("/start")
    await shop.handle(update(shop, edited_message=message(_PRIVATE, "/start", edit_date=2)))
    assert (await shop.last()).text == "I do not follow edits; send it again."


async def test_a_name_with_half_a_surrogate_pair_can_be_written_down(shop: Counter) -> None:
    torn = {**_MINA, "first_name": "Mi\ud800na"}
    await shop.say("/start")
    body = {**message(_PRIVATE, "/help"), "from": torn}
    await shop.handle(update(shop, message=body))
    found = await shop.bench.shop.db.read(lambda tx: customers.get(tx, MINA))
    assert found is not None
    assert found.name == "Mina"


async def test_a_new_name_or_language_is_noticed(shop: Counter) -> None:
    await shop.say("/start")
    body = {**message(_PRIVATE, "/help"), "from": {**_MINA, "last_name": "Day", "language_code": "pt"}}
    await shop.handle(update(shop, message=body))
    found = await shop.bench.shop.db.read(lambda tx: customers.get(tx, MINA))
    assert found is not None
    assert (found.name, found.language) == ("Mina Day", "pt")


async def test_when_somebody_was_last_seen_is_told_to_within_minutes(shop: Counter) -> None:
    await shop.say("/start")
    for minutes, behind in ((9, 9), (2, 0)):
        now = shop.bench.clock.forward(minutes=minutes)
        await shop.say("/help")
        found = await shop.bench.shop.db.read(lambda tx: customers.get(tx, MINA))
        assert found is not None
        assert now - found.seen_at == timedelta(minutes=behind)


async def test_whoever_was_out_of_reach_is_reached_again_once_they_write(shop: Counter) -> None:
    await shop.say("/start")
    for _ in range(2):
        await people.set_blocked(shop.bench.shop, MINA, blocked=True, now=shop.bench.clock())
        await shop.say("/help")
        found = await shop.bench.shop.db.read(lambda tx: customers.get(tx, MINA))
        assert found is not None
        assert not found.blocked
        await shop.restart()


async def test_an_apology_names_a_code_and_no_internals(shop: Counter) -> None:
    await shop.say("/start")
    failed = update(shop, message=message(_PRIVATE, "/wallet"))
    await apologise(shop.application.bot, shop.application.bot_data, failed)
    said = (await shop.last()).text
    assert incident_of(failed) in said
    assert "nothing is ever charged twice" in said


async def test_nobody_is_left_waiting_by_a_failed_press(shop: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    menu = await shop.say("/start")

    async def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("handlers.customer.wallet.views.wallet_view", broken)
    with pytest.raises(RuntimeError):
        await shop.press("Wallet", menu)
    assert len(await shop.journal("answerCallbackQuery")) == 1
    assert len(await shop.history()) == 1


async def test_an_apology_to_somebody_who_blocked_the_bot_is_no_failure(shop: Counter) -> None:
    await shop.say("/start")
    await shop.post(f"/chat/{MINA}/block", blocked=True)
    failed = update(shop, message=message(_PRIVATE, "/wallet"))
    await apologise(shop.application.bot, shop.application.bot_data, failed)


async def test_commands_are_published_per_scope_and_again_when_an_operator_starts(shop: Counter) -> None:
    await publish(shop.application.bot, shop.application.bot_data)
    assert await commands(shop, MINA) == list(CUSTOMER_COMMANDS)
    await shop.say("/start", IRIS)
    assert await commands(shop, IRIS) == [*OPERATOR_COMMANDS, *CUSTOMER_COMMANDS]
    assert await commands(shop, MINA) == list(CUSTOMER_COMMANDS)


async def test_publishing_twice_changes_no_description_twice(shop: Counter) -> None:
    for _ in range(2):
        await publish(shop.application.bot, shop.application.bot_data)
    assert len(await shop.journal("setMyDescription")) == len(LANGUAGES)
    assert len(await shop.journal("setMyShortDescription")) == len(LANGUAGES)
    assert "Panelgram" in (await shop.application.bot.get_my_description()).description


async def commands(shop: Counter, person: int) -> list[str]:
    async with shop.http.get(f"{shop.url}/chat/{person}/history") as answer:
        return [entry["command"] for entry in (await answer.json())["commands"]]
