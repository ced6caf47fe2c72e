"""People who press what is not theirs, say what only operators say, and come from where nobody is served."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from telegram import Update

from handlers.callbacks import AskGap, Button, ChangeAnswer, ConfirmQuote, DropQuote, RenewQuote
from handlers.operator.buttons import ShowDesk
from tests.handlers.counter import Counter, Seen
from tests.handlers.operator_desk import Desk, desk
from tests.kit import IRIS, MINA, THEO

_MONEY: Final = ("orders", "accounts", "transfers", "quotes", "acts", "customers", "tickets")


async def digest(shop: Counter) -> dict[str, Any]:
    """Every row that matters, as it stands."""

    async def work(tx: Any) -> dict[str, Any]:
        return {table: [dict(row) for row in await tx.all(f"SELECT * FROM {table} ORDER BY 1")] for table in _MONEY}

    return await shop.bench.shop.db.read(work)


# Tokens -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ConfirmQuote, DropQuote, RenewQuote, AskGap, ChangeAnswer])
async def test_an_unknown_a_foreign_and_a_forgotten_token_get_the_same_answer(
    shop: Counter, kind: type[Button]
) -> None:
    for person in (MINA, THEO):
        await shop.say("/start", person)
        await shop.bench.credit("10", person)
    foreign = _token((await shop.to_confirm()).data("Confirm"))
    forgotten = _token((await shop.to_confirm(person=THEO)).data("Confirm"))
    await _forget(shop, forgotten)
    answers = [await _pressed(shop, kind, token) for token in ("A" * 22, foreign, forgotten)]
    assert answers[0] == answers[1] == answers[2]
    assert "Order #" not in answers[0].text


async def _pressed(shop: Counter, kind: type[Button], token: str) -> Seen:
    button = kind(token, "link") if kind is ChangeAnswer else kind(token)  # type: ignore[call-arg]
    before = await shop.say("/help", THEO)
    after = await shop.press_data(before, button.pack(), THEO)
    return replace(after, id=0)


def _token(data: str) -> str:
    return data.partition(":")[2]


async def _forget(shop: Counter, token: str) -> None:
    await shop.bench.shop.db.write(lambda tx: tx.run("DELETE FROM quotes WHERE token = $1", token))


# Operators ----------------------------------------------------------------------------------------


async def test_a_removed_operators_old_buttons_are_a_strangers(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        order = await at.unknown_order()
        await at.counter.say("/resolve", THEO)
        buttons = [b for seen in await at.counter.history(THEO) for b in seen.keyboard if b["callback_data"]]
        await at.counter.say(f"/credit {MINA} 5000 a gift", THEO)
        large = (await at.counter.last(THEO)).data("5,000")
        _remove(at, THEO)
        before = await digest(at.counter)
        for data in [large, *(button["callback_data"] for button in buttons)]:
            await at.counter.press_data(await at.counter.last(THEO), data, THEO)
            for text in ("/admin", f"/credit {MINA} 1 x", "/resolve", "23501"):
                await at.counter.say(text, THEO)
        after = await digest(at.counter)
        assert {t: after[t] for t in ("orders", "accounts", "transfers", "acts")} == {
            t: before[t] for t in ("orders", "accounts", "transfers", "acts")
        }
        assert (await at.counter.bench.read(order.id)).version == order.version


def _remove(at: Desk, person: int) -> None:
    shop = at.counter.bench.shop
    ids = tuple(each for each in shop.terms.operator_ids if each != person)
    object.__setattr__(shop, "terms", replace(shop.terms, operator_ids=ids))


@pytest.mark.parametrize(
    "text", ["/credit 1001 5 x", "/admin", "/maintenance on", "/ban 1001 x", "/broadcast", "/audit"]
)
async def test_an_operators_command_from_anybody_else_is_an_unknown_command(tmp_path: Path, text: str) -> None:
    async with desk(tmp_path) as at:
        made_up = await at.counter.say("/nosuchcommand", MINA)
        before = await digest(at.counter)
        answer = await at.counter.say(text, MINA)
        assert answer.text == made_up.text
        assert await digest(at.counter) == before


#: Telegram's own accounts for whoever stays unnamed, and updates that nobody wrote by hand.
_UNNAMED: Final = {"anonymous admin": 1087968824, "channel bot": 136817688, "service account": 777000}


@pytest.mark.parametrize("account", _UNNAMED.values(), ids=_UNNAMED.keys())
async def test_an_account_that_stands_for_somebody_unnamed_moves_nothing(tmp_path: Path, account: int) -> None:
    async with desk(tmp_path) as at:
        group = {"id": -100500, "type": "supergroup", "title": "Operators"}
        person = {"id": account, "is_bot": account == 1087968824, "first_name": "Group"}
        before = await digest(at.counter)
        message = {
            "message_id": 9, "date": 1_800_000_000, "chat": group, "from": person, "sender_chat": group,
            "text": f"/credit {MINA} 5 x", "entities": [{"type": "bot_command", "offset": 0, "length": 7}],
        }  # fmt: skip
        query = {"id": "5", "from": person, "chat_instance": "1", "data": ShowDesk().pack(), "message": message}
        for body in ({"message": message}, {"channel_post": message}, {"callback_query": query}):
            await _hand_in(at.counter, body)
        assert await digest(at.counter) == before


async def test_a_command_that_was_forwarded_to_an_operators_chat_moves_nothing(tmp_path: Path) -> None:
    """Somebody writes a command into a message and has an operator forward it."""
    async with desk(tmp_path) as at:
        before = await digest(at.counter)
        person = {"id": IRIS, "is_bot": False, "first_name": "Iris"}
        message = {
            "message_id": 9, "date": 1_800_000_000, "chat": {"id": IRIS, "type": "private"}, "from": person,
            "forward_origin": {"type": "user", "date": 1_700_000_000, "sender_user": {**person, "id": MINA}},
            "text": f"/credit {MINA} 5 x", "entities": [{"type": "bot_command", "offset": 0, "length": 7}],
        }  # fmt: skip
        await _hand_in(at.counter, {"message": message})
        after = await digest(at.counter)
        assert {**after, "customers": None} == {**before, "customers": None}


async def _hand_in(shop: Counter, body: dict[str, Any]) -> None:
    update = Update.de_json({"update_id": 900_001, **body}, shop.application.bot)
    assert update is not None
    await shop.handle(update)


# Where a link into the bot leads ------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload", ["ref_1001", "1001", "A" * 64, "../../etc", "'; DROP TABLE orders", "credit_5", "y:token"]
)
async def test_what_stands_behind_start_changes_nothing(shop: Counter, payload: str) -> None:
    await shop.say("/start")
    plain = await shop.say("/start")
    before = await digest(shop)
    answer = await shop.say(f"/start {payload}")
    after = await digest(shop)
    assert answer.text == plain.text
    assert {**after, "customers": None} == {**before, "customers": None}
