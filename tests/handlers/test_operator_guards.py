"""Nobody but an operator, in person and in private, reaches a handler of the desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest
from telegram import Bot, Update

from bot.engine.shelf import Shelf
from bot.engine.shop import Shop, Terms
from handlers.context import Counter
from handlers.operator import buttons
from handlers.operator import catalogue_buttons as goods
from handlers.operator import decision_buttons as d
from handlers.operator.routes import operator_handlers
from handlers.texts import MoneyStyle, load

IRIS = 9001
BOT = {"id": 700, "is_bot": True, "first_name": "Panelgram", "username": "panelgram_bot"}
COMMANDS = ("admin", "panels", "sync", "credit", "debit", "user", "find", "resolve", "audit", "markup", "hide", "show")
PRESSES = (
    buttons.ShowDesk(), buttons.ShowPanels(), buttons.SyncPanels(), buttons.ShowAlerts(1), buttons.OpenOrder(1),
    buttons.ShowCustomer(1), d.ShowDecision(0), d.AskUpstream(1, 1), d.Attach(1, 1, "abc"),
    d.AskRelease(1, 1, "goodwill"), d.Release(1, 1, "goodwill"), d.AskAmount(1, 1),
    d.AskEnd(1, 1, 0), d.End(1, 1, 0), d.LeaveQuestion(1), buttons.Acknowledge(1),
    buttons.AcknowledgeListed(1, 1), buttons.ShowJumps(1), buttons.AgreeOne(1, "abc", 1), buttons.AskAgreeAll("abc"),
    buttons.AgreeAll("abc"), buttons.Ticket(1), buttons.MoveMoney(1, 1, 1, 1), buttons.DropMoney(1),
    goods.ShowCatalogue(1), goods.OpenCategory(1), goods.OpenListing(1, 1), goods.OpenService(1),
    goods.Move("service", 1, 1, 0), goods.AskTitle("service", 1), goods.DropTitle("service", 1),
    goods.Hide("service", 1), goods.HideCategory(1, 1), goods.Unhide("service", 1), goods.ShowMarkups(),
    goods.PickSubject("panel", 1), goods.PickService(1, 1), goods.OpenMarkup("shop", "all"),
    goods.PreviewMarkup("shop", "all", 1), goods.SetMarkup("shop", "all", 1, "abc"),
)  # fmt: skip


def counter_of(*operators: int) -> Counter:
    terms = Terms("Shop", "USD", 4, Decimal(25), {}, operators, {})
    # Who may come in is decided before anything else of the shop is touched.
    shop = Shop(cast("Any", None), {}, terms, Shelf(), 1, lambda: "token")
    return Counter(shop, load(MoneyStyle("USD", 4)), lambda: datetime.now(UTC))


class NamedBot(Bot):
    """A bot that knows its name without asking anybody."""

    @property
    def username(self) -> str:
        return "panelgram_bot"


API = NamedBot("1:token")
PERSON = {"id": IRIS, "is_bot": False, "first_name": "Iris", "username": "iris"}
PRIVATE = {"id": IRIS, "type": "private"}


def said(text: str = "/admin", kind: str = "message", **changes: Any) -> dict[str, Any]:
    message = {"message_id": 5, "date": 1_800_000_000, "from": PERSON, "chat": PRIVATE, "text": text}
    if text.startswith("/"):
        length = len(text.split()[0])
        message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
    return {"update_id": 1, kind: {**message, **changes}}


def pressed(data: str, person: dict[str, Any] = PERSON, chat: dict[str, Any] = PRIVATE) -> dict[str, Any]:
    message = {"message_id": 5, "date": 1_800_000_000, "from": BOT, "chat": chat, "text": "…"}
    query = {"id": "1", "from": person, "chat_instance": "1", "data": data, "message": message}
    return {"update_id": 1, "callback_query": query}


def reaches(update: dict[str, Any], counter: Counter | None = None) -> bool:
    """Whether some handler of the desk takes the update."""
    made = Update.de_json(update, API)
    return any(h.check_update(made) not in (None, False) for h in operator_handlers(counter or counter_of(IRIS)))


@pytest.mark.parametrize("name", COMMANDS)
def test_an_operator_reaches_every_command(name: str) -> None:
    assert reaches(said(f"/{name}"))
    assert reaches(said(f"/{name}@panelgram_bot 1 2 3"))


@pytest.mark.parametrize("button", PRESSES, ids=lambda b: type(b).__name__)
def test_an_operator_reaches_every_button(button: buttons.Button) -> None:
    assert reaches(pressed(button.pack()))


STRANGER = {"id": 1001, "is_bot": False, "first_name": "Iris", "username": "iris"}
GROUP = {"id": -100500, "type": "supergroup", "title": "Operators"}
OTHERS = {
    "same username, other id": {"from": STRANGER, "chat": {"id": 1001, "type": "private"}},
    "group": {"chat": GROUP},
    "private chat of somebody else": {"chat": {"id": 1001, "type": "private"}},
    "anonymous admin": {
        "from": {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"},
        "sender_chat": GROUP,
        "chat": GROUP,
    },
    "in the name of a channel": {"sender_chat": {"id": -100600, "type": "channel", "title": "News"}},
    "forwarded": {
        "forward_origin": {"type": "user", "date": 1_700_000_000, "sender_user": PERSON},
    },
    "forwarded from a hidden person": {
        "forward_origin": {"type": "hidden_user", "date": 1_700_000_000, "sender_user_name": "Iris"},
    },
    "by way of another bot": {"via_bot": {"id": 701, "is_bot": True, "first_name": "Inline"}},
    "nobody": {"from": None},
}


@pytest.mark.parametrize("changes", OTHERS.values(), ids=OTHERS.keys())
@pytest.mark.parametrize("name", COMMANDS)
def test_nobody_else_reaches_a_command(name: str, changes: dict[str, Any]) -> None:
    assert not reaches(said(f"/{name} 1 2 3", **changes))


@pytest.mark.parametrize("kind", ["edited_message", "channel_post", "edited_channel_post", "business_message"])
def test_only_a_new_message_counts(kind: str) -> None:
    assert not reaches(said("/admin", kind))


@pytest.mark.parametrize("nobody", [1087968824, 136817688, 777000])
def test_accounts_that_stand_for_somebody_unnamed_are_no_operators_even_when_configured(nobody: int) -> None:
    person, chat = {**PERSON, "id": nobody}, {"id": nobody, "type": "private"}
    assert not reaches(said("/admin", **{"from": person, "chat": chat}), counter_of(nobody))
    assert not reaches(pressed(buttons.ShowDesk().pack(), person, chat), counter_of(nobody))


@pytest.mark.parametrize("button", PRESSES, ids=lambda b: type(b).__name__)
def test_nobody_else_reaches_a_button(button: buttons.Button) -> None:
    assert not reaches(pressed(button.pack(), STRANGER, {"id": 1001, "type": "private"}))
    assert not reaches(pressed(button.pack(), PERSON, GROUP))
    assert not reaches(pressed(button.pack()), counter_of(9002))


def test_the_settings_are_asked_at_every_update() -> None:
    counter = counter_of(IRIS)
    handlers = operator_handlers(counter)
    update = Update.de_json(pressed(buttons.ShowDesk().pack()), API)
    assert any(h.check_update(update) for h in handlers)
    object.__setattr__(counter, "shop", replace(counter.shop, terms=replace(counter.shop.terms, operator_ids=())))
    assert not any(h.check_update(update) for h in handlers)


@pytest.mark.parametrize("text", ["hello", "https://framely.example/p/abc", "1000", "/start", "/order", "/cancel"])
def test_what_an_operator_says_as_a_customer_goes_on_to_the_customers_handlers(text: str) -> None:
    assert not reaches(said(text))


def reply_to(data: str, **changes: Any) -> dict[str, Any]:
    keyboard = {"inline_keyboard": [[{"text": "…", "callback_data": data}]]}
    shown = {"message_id": 4, "date": 1, "from": BOT, "chat": PRIVATE, "text": "…", "reply_markup": keyboard, **changes}
    return said("Thank you", reply_to_message=shown)


def test_replies_to_the_desks_own_messages_are_taken_and_to_others_not() -> None:
    assert reaches(reply_to(buttons.Ticket(7).pack()))
    assert reaches(reply_to(buttons.Acknowledge(7).pack()))
    assert not reaches(reply_to("c:1"))
    assert not reaches(reply_to("link:https"))
    assert not reaches(reply_to(buttons.Ticket(7).pack(), **{"from": PERSON}))
