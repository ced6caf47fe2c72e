"""Whatever fails within a handler: the person reads a code and no internals, and no money has moved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from telegram import Update
from telegram.ext import BaseHandler, ConversationHandler

from handlers.callbacks import kinds
from handlers.errors import apologise, incident_of
from handlers.publishing import CUSTOMER_COMMANDS, OPERATOR_COMMANDS
from tests.handlers.counter import Counter
from tests.handlers.operator_desk import desk
from tests.handlers.test_callbacks import at_its_longest
from tests.handlers.test_guards import message
from tests.kit import IRIS, MINA
from tests.security.test_strangers import digest

INTERNALS: Final = "the defect at line 17 of wallet.py with key a-panel-key"
_SHOWS_INTERNALS: Final = re.compile(r"Error|Traceback|line \d|\.py|a-panel-key|defect|SELECT", re.IGNORECASE)


async def test_a_failure_of_any_handler_is_told_by_a_code_alone_and_moves_nothing(tmp_path: Any) -> None:
    async with desk(tmp_path) as at:
        await at.unknown_order()
        broken = _break_all(at.counter)
        assert broken > 100
        before, failed = await digest(at.counter), 0
        for update in _everything(at.counter):
            failed += await _handled(at.counter, update)
        assert failed > 100
        assert {**await digest(at.counter), "customers": None} == {**before, "customers": None}
        for person in (MINA, IRIS):
            seen = [each.text for each in await at.counter.history(person) if "U7" in each.text]
            assert seen
            assert [text for text in seen if _SHOWS_INTERNALS.search(text)] == []


def _break_all(shop: Counter) -> int:
    """Have every handler of the bot raise; how many there are. The gate goes on letting people in."""

    async def broken(*_: object) -> None:
        raise RuntimeError(INTERNALS)

    count = 0
    for group, handlers in shop.application.handlers.items():
        if group >= 0:
            for handler in _each(handlers):
                handler.callback = broken
                count += 1
    return count


def _each(handlers: Any) -> Iterator[BaseHandler[Any, Any, Any]]:
    for handler in handlers:
        if isinstance(handler, ConversationHandler):
            yield from _each(handler.entry_points)
            yield from _each(handler.fallbacks)
            for state in handler.states.values():
                yield from _each(state)
        else:
            yield handler


def _everything(shop: Counter) -> Iterator[Update]:
    """A command, a button, a text of each kind from a customer and from an operator."""
    number = 700_000
    for person in (MINA, IRIS):
        who = {"id": person, "is_bot": False, "first_name": "Somebody"}
        chat = {"id": person, "type": "private", "first_name": "Somebody"}
        texts = [f"/{name}" for name in (*CUSTOMER_COMMANDS, *OPERATOR_COMMANDS)] + ["hello", "100"]
        bodies: list[dict[str, Any]] = [{"message": {**message(chat, text), "from": who}} for text in texts]
        for kind in kinds():
            pressed = {**message(chat, "x"), "from": {"id": 700, "is_bot": True, "first_name": "Bot"}}
            data = at_its_longest(kind).pack()
            bodies.append(
                {"callback_query": {"id": "5", "from": who, "chat_instance": "1", "data": data, "message": pressed}}
            )
        for body in bodies:
            number += 1
            made = Update.de_json({"update_id": number, **body}, shop.application.bot)
            assert made is not None
            yield made


async def _handled(shop: Counter, update: Update) -> bool:
    """Handle an update as the intake does, to the apology where it fails; whether it did."""
    try:
        await shop.handle(update)
    except RuntimeError as error:
        _is_ours(error)
        await apologise(shop.application.bot, shop.application.bot_data, update)
        assert incident_of(update) in (await shop.last(update.effective_user.id)).text  # type: ignore[union-attr]
        return True
    return False


#: Within a verb's transaction: whatever it calls may be the last thing that happens.
_WITHIN: Final = (
    "storage.orders.add", "storage.wallet.write", "storage.outbox.post_card", "storage.quotes.use",
    "storage.orders.change", "storage.outbox.post", "storage.acts.record", "storage.wallet.has_transfer",
)  # fmt: skip


@pytest.mark.parametrize("where", _WITHIN)
async def test_a_failure_in_the_middle_of_a_verb_leaves_nothing_half_done(
    tmp_path: Any, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path) as at:
        shop = at.counter
        card = await shop.to_confirm()
        waiting = await shop.buy()
        order = await shop.bench.order()

        async def broken(*_: object, **__: object) -> None:
            raise RuntimeError(INTERNALS)

        before = await digest(shop)
        with monkeypatch.context() as patch:
            patch.setattr(where, broken)
            for deed in (
                lambda: shop.press_data(card, card.data("Confirm")),
                lambda: shop.press_data(waiting, f"w:{order.id}:1"),
                lambda: shop.say(f"/credit {MINA} 5 a gift", IRIS),
                lambda: shop.say(f"/debit {MINA} 5 a mistake", IRIS),
            ):
                await _tried(deed)
        after = await digest(shop)
        assert _sums_up(before, after)
        await shop.bench.sound()


def _is_ours(error: RuntimeError) -> None:
    if str(error) != INTERNALS:
        raise error


async def _tried(deed: Any) -> None:
    try:
        await deed()
    except RuntimeError as error:
        _is_ours(error)  # a verb that never comes to the broken place may go on


def _sums_up(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Every balance that changed is explained by a new transfer."""
    known = {row["id"] for row in before["transfers"]}
    moved: dict[str, int] = {}
    for row in after["transfers"]:
        if row["id"] not in known:
            moved[row["source"]] = moved.get(row["source"], 0) - row["amount"]
            moved[row["target"]] = moved.get(row["target"], 0) + row["amount"]
    was = {row["id"]: row["balance"] for row in before["accounts"]}
    return all(row["balance"] - was.get(row["id"], 0) == moved.get(row["id"], 0) for row in after["accounts"])
