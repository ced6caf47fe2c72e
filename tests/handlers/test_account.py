"""Orders, wallet, support, menu and the fixed pages, as a customer meets them."""

from __future__ import annotations

import pytest

from bot.domain.notices import NoticeKind
from bot.domain.orders import OrderState
from storage import customers, outbox
from storage.customers import Customer
from tests.handlers.counter import Counter
from tests.kit import IRIS, LINK, MINA


async def known(shop: Counter, person: int = MINA) -> Customer | None:
    return await shop.bench.shop.db.read(lambda tx: customers.get(tx, person))


async def test_an_operator_finds_the_desk_at_the_start_and_nobody_else_does(shop: Counter) -> None:
    assert "Desk" not in (await shop.say("/start")).labels
    menu = await shop.say("/start", IRIS)
    assert menu.labels[0] == "Desk"
    assert "/admin is your desk." in menu.text
    desk = await shop.press("Desk", menu, IRIS)
    assert (await shop.say("/admin", IRIS)).text == desk.text


async def test_start_welcomes_with_the_menu(shop: Counter) -> None:
    menu = await shop.say("/start")
    assert "Welcome to Panelgram, Mina!" in menu.text
    assert menu.labels == ["Order a service", "My orders", "Wallet", "Help", "Support", "🌐 Language"]
    assert "Good to see you, Mina" in (await shop.say("/start promo_<b>%00")).text


async def test_whoever_acts_first_without_start_is_written_down(shop: Counter) -> None:
    await shop.say("/wallet")
    found = await known(shop)
    assert found is not None
    assert (found.name, found.username, found.language) == ("Mina", "mina", "en")


async def test_start_ends_an_open_question(shop: Counter) -> None:
    await shop.say("/start")
    await shop.to_question()
    await shop.say("/start")
    assert "did not understand" in (await shop.say(LINK)).text


async def test_menu_buttons_lead_everywhere_and_back(shop: Counter) -> None:
    menu = await shop.say("/start")
    for label, words in (("My orders", "no orders yet"), ("Wallet", "Balance"), ("Help", "How it works")):
        assert words in (await shop.press(label, menu)).text
        menu = await shop.press("Menu")
        assert "What would you like to do?" in menu.text


async def test_orders_come_newest_first_and_open_their_cards(shop: Counter) -> None:
    await shop.say("/start")
    await shop.bench.credit("10")
    for number in range(10):
        await shop.buy(f"{LINK}{number}", "100")
    listed = await shop.say("/orders")
    assert [label.split()[0] for label in listed.labels[:8]] == [f"#{number}" for number in range(10, 2, -1)]
    assert "Sending" in listed.labels[0]
    older = await shop.press("Next »", listed)
    card = await shop.press("#2", older)
    assert "Order #2" in card.text
    assert "« Back" in card.labels
    assert (await shop.press("« Back", card)).labels == older.labels


async def test_the_live_card_stays_when_the_orders_are_opened_from_it(shop: Counter) -> None:
    await shop.say("/start")
    await shop.bench.credit("10")
    card = await shop.buy()
    listed = await shop.press("My orders", card)
    assert listed.id > card.id
    assert "Order #1" in (await shop.message(card.id)).text


async def test_an_order_is_taken_back_until_it_is_sent(shop: Counter) -> None:
    await shop.say("/start")
    await shop.bench.credit("10")
    card = await shop.buy()
    canceled = await shop.press("Cancel order", card)
    assert canceled.text.startswith("Order #1\nCanceled")
    assert "back in your wallet" in (await shop.toasts())[-1]
    assert (await shop.bench.money()).available.decimal == 10
    await shop.bench.sound()


async def test_an_order_on_its_way_is_not_taken_back(shop: Counter) -> None:
    await shop.say("/start")
    await shop.bench.credit("10")
    card = await shop.buy()
    await shop.bench.submit()
    shown = await shop.press("Cancel order", card)
    assert "Pending" in shown.text
    assert "Too late" in (await shop.toasts())[-1]
    assert (await shop.bench.read(1)).state is OrderState.ACTIVE


async def test_refreshing_what_is_up_to_date_says_so(shop: Counter) -> None:
    await shop.say("/start")
    await shop.bench.credit("10")
    card = await shop.buy()
    assert (await shop.press("Refresh", card)).text == card.text
    assert (await shop.toasts())[-1] == "Up to date."
    await shop.say("/orders")
    assert "Order #1" in (await shop.press("#1")).text
    assert (await shop.toasts())[-1] == ""


@pytest.mark.parametrize("data", ["k:1:0", "w:1:0", "k:77:0", "w:77:0"])
async def test_somebody_elses_order_is_not_found(shop: Counter, data: str) -> None:
    await shop.say("/start")
    await shop.bench.credit("10")
    await shop.buy()
    theirs = await shop.say("/start", 1002)
    assert "cannot find this order" in (await shop.press_data(theirs, data, 1002)).text
    assert (await shop.bench.read(1)).state is OrderState.RESERVED


async def test_the_wallet_holds_balance_currency_history_and_id(shop: Counter) -> None:
    await shop.say("/start")
    await shop.bench.credit("10")
    await shop.buy()
    wallet = await shop.say("/wallet")
    for words in ("Balance: ", "Held for running orders: ", "Currency: USD", str(MINA), "order #1", "added: a test"):
        assert words in wallet.text
    assert "Copy my id" in wallet.labels


async def test_adding_money_asks_and_passes_it_on(shop: Counter) -> None:
    wallet = await shop.say("/wallet")
    asked = await shop.press("Ask the operator", await shop.press("Add money", wallet))
    assert str(MINA) in asked.text
    assert "Delivered" in (await shop.say("20 by bank, please")).text
    assert await waiting(shop) == [(IRIS, NoticeKind.TICKET)]


async def test_support_passes_a_message_on_and_says_so(shop: Counter) -> None:
    assert "one message" in (await shop.say("/support")).text
    assert "Delivered" in (await shop.say("Where is my order?")).text
    assert await waiting(shop) == [(IRIS, NoticeKind.TICKET)]
    ticket = await shop.bench.shop.db.read(lambda tx: customers.ticket(tx, 1))
    assert ticket is not None
    assert ticket.text == "Where is my order?"
    assert "did not understand" in (await shop.say("Hello?")).text


async def test_support_takes_text_only_and_nothing_is_cut_unsaid(shop: Counter) -> None:
    await shop.say("/support")
    assert "only pass on text" in (await shop.upload(b"x", "screenshot.bin")).text
    assert "shorten" in (await shop.say("x" * 2001)).text
    assert await waiting(shop) == []
    assert "Delivered" in (await shop.say("x" * 2000)).text


async def test_too_many_messages_wait_and_what_was_written_is_not_lost(shop: Counter) -> None:
    for _ in range(5):
        await shop.say("/support")
        await shop.say("Hello?")
    await shop.say("/support")
    refused = (await shop.say("And <this>?")).text
    assert "wait a little" in refused
    assert "And <this>?" in refused
    shop.bench.clock.forward(minutes=10)
    assert "Delivered" in (await shop.say("And <this>?")).text
    assert await waiting(shop) == [(IRIS, NoticeKind.TICKET)]


async def test_cancel_in_place_of_the_support_message_sends_nothing(shop: Counter) -> None:
    await shop.say("/support")
    assert "nothing was sent" in (await shop.say("/cancel")).text
    assert await waiting(shop) == []


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("/help", "How it works"),
        ("/terms", "Terms of use"),
        ("/privacy", "What is stored"),
        ("/paysupport", "Help with a payment"),
        ("/nonsense", "do not know this command"),
        ("/admin", "do not know this command"),
        ("/credit 1001 5 please", "do not know this command"),
        ("good morning", "did not understand"),
    ],
)
async def test_every_word_gets_an_answer(shop: Counter, typed: str, words: str) -> None:
    assert words in (await shop.say(typed)).text


@pytest.mark.parametrize("typed", ["/terms", "/privacy", "/nonsense"])
async def test_no_page_is_a_dead_end(shop: Counter, typed: str) -> None:
    assert "Order a service" in (await shop.say(typed)).labels


async def test_a_file_out_of_the_blue_gets_an_answer(shop: Counter) -> None:
    assert "only read text" in (await shop.upload(b"x", "something.bin")).text


@pytest.mark.parametrize("data", ["zz:1", "old-button", "k:1", "c:x"])
async def test_a_button_of_another_time_is_answered_kindly(shop: Counter, data: str) -> None:
    menu = await shop.say("/start")
    shown = await shop.press_data(menu, data)
    assert "out of date" in shown.text
    assert shown.id > menu.id
    assert (await shop.toasts())[-1] == "This button is out of date."


async def test_a_press_under_a_deleted_message_is_answered_by_a_new_one(shop: Counter) -> None:
    menu = await shop.say("/start")
    # Pressed while the message was there; gone when the bot gets to edit it.
    await shop.post(f"/chat/{MINA}/press", message_id=menu.id, data="b:1", force=True)
    await shop.application.bot.delete_message(MINA, menu.id)
    await shop.settle()
    assert "Wallet" in (await shop.last()).text


async def test_blocking_is_remembered_and_forgotten(shop: Counter) -> None:
    await shop.say("/start")
    for blocked in (True, False):
        await shop.post(f"/chat/{MINA}/block", blocked=blocked)
        await shop.settle()
        found = await known(shop)
        assert found is not None
        assert found.blocked is blocked


async def waiting(shop: Counter) -> list[tuple[int, NoticeKind]]:
    due = await shop.bench.shop.db.read(lambda tx: outbox.due(tx, shop.bench.clock(), 10))
    return [(w.notice.chat_id, w.notice.kind) for w in due]
