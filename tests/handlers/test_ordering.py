"""Putting an order together through the real handlers: every question, every way to answer it wrong, and back."""

from __future__ import annotations

import pytest

from bot.domain.orders import OrderState
from storage.orders import answers_json
from tests.handlers.counter import Counter
from tests.kit import LINK


@pytest.fixture(autouse=True)
async def mina(shop: Counter) -> None:
    await shop.say("/start")
    await shop.bench.credit("10")


async def test_buying_from_the_first_button_to_the_card(shop: Counter) -> None:
    categories = await shop.say("/order")
    services = await shop.press("Followers", categories)
    assert services.id == categories.id
    assert "USD" in services.labels[0]
    card = await shop.press(services.labels[0])
    assert "per 1000" in card.text
    question = await shop.press("Order", card)
    assert "link" in question.text
    question = await shop.say(LINK)
    assert "Minimum" in question.text
    assert LINK in question.text
    confirm = await shop.say("100")
    for words in ("Balance: 10.00 USD", LINK, "Quantity: 100"):
        assert words in confirm.text
    done = await shop.press("Confirm", confirm)
    assert done.id == confirm.id
    assert done.text.startswith("Order #1\nSending")
    order = await shop.bench.read(1)
    assert order.state is OrderState.RESERVED
    assert order.card_message_id == confirm.id
    assert shop.notebook.conversations == {}
    assert shop.notebook.memories == {}
    await shop.bench.sound()


async def test_pages_turn_both_ways_in_one_message(shop: Counter) -> None:
    first = await shop.say("/order")
    second = await shop.press("Next »")
    assert second.id == first.id
    assert second.labels != first.labels
    back = await shop.press("« Back")
    assert back.labels == first.labels


async def test_back_leads_from_the_card_to_the_list_and_on_to_the_categories(shop: Counter) -> None:
    categories = await shop.say("/order")
    services = await shop.press(categories.labels[0])
    await shop.press(services.labels[0])
    assert (await shop.press("« Back")).labels == services.labels
    assert (await shop.press("« Back")).labels == categories.labels


async def test_a_package_asks_for_the_link_only(shop: Counter) -> None:
    confirm = await shop.to_confirm(LINK, kind="package")
    assert "Quantity: 1 package" in confirm.text
    assert "Confirm" in confirm.labels


async def test_comments_are_counted_by_line(shop: Counter) -> None:
    confirm = await shop.to_confirm(LINK, "\n".join(f"nice {number}\n" for number in range(30)), kind="custom comments")
    assert "Comments: 30\n• nice 0\n" in confirm.text
    assert "Quantity: 30" in confirm.text
    await shop.bench.credit("1000")
    await shop.press("Confirm", confirm)
    assert (await shop.bench.read(1)).quantity == 30


async def test_a_tapped_quantity_is_the_same_as_a_typed_one(shop: Counter) -> None:
    await shop.to_question()
    question = await shop.say(LINK)
    confirm = await shop.press("min ", question)
    assert confirm.id == question.id
    assert "Confirm" in confirm.labels


@pytest.mark.parametrize(("typed", "words"), [("1k", "I read 1k as 1,000."), ("1 000", "I read 1 000 as 1,000.")])
async def test_a_number_in_another_form_is_said_back(shop: Counter, typed: str, words: str) -> None:
    assert words in (await shop.to_confirm(LINK, typed)).text


async def test_an_added_scheme_is_shown(shop: Counter) -> None:
    await shop.to_question()
    question = await shop.say(LINK.removeprefix("https://"))
    assert "I added https://" in question.text
    assert LINK in question.text


@pytest.mark.parametrize(
    ("typed", "words"),
    [("@mina", "https://site.example/mina"), ("not a link", "without spaces"), ("ftp://a.example", "begin with https")],
)
async def test_a_bad_link_says_what_is_expected_and_the_question_stays(shop: Counter, typed: str, words: str) -> None:
    await shop.to_question()
    again = await shop.say(typed)
    assert words in again.text
    assert "Send the link" in again.text
    assert "Minimum" in (await shop.say(LINK)).text


@pytest.mark.parametrize(
    ("typed", "words"),
    [("many", "could not read"), ("1", "minimum"), ("999999999", "maximum"), ("9" * 200, "too many: the maximum is")],
)
async def test_a_bad_quantity_says_what_is_expected_and_keeps_the_link(shop: Counter, typed: str, words: str) -> None:
    await shop.to_question()
    await shop.say(LINK)
    again = await shop.say(typed)
    assert words in again.text
    assert LINK in again.text
    assert "Confirm" in (await shop.say("100")).labels


async def test_a_picture_in_place_of_the_link_is_asked_for_again(shop: Counter) -> None:
    await shop.to_question()
    again = await shop.upload(b"hello", "links.txt")
    assert "as a text message" in again.text
    assert "Send the link" in again.text
    assert "Minimum" in (await shop.say(LINK)).text


async def test_other_commands_leave_the_question_open(shop: Counter) -> None:
    await shop.to_question()
    assert "Wallet" in (await shop.say("/wallet")).text
    assert "do not know this command" in (await shop.say("/nonsense")).text
    assert "Minimum" in (await shop.say(LINK)).text


async def test_writing_to_support_does_not_lose_the_order(shop: Counter) -> None:
    await shop.to_question()
    await shop.say("/support")
    again = await shop.say("Is a private page all right?")
    assert "Send the link" in again.text
    assert "Minimum" in (await shop.say(LINK)).text


@pytest.mark.parametrize("steps", [0, 1, 2])
async def test_cancel_ends_it_anywhere(shop: Counter, steps: int) -> None:
    await shop.to_question()
    for text in (LINK, "100")[:steps]:
        await shop.say(text)
    assert "Canceled" in (await shop.say("/cancel")).text
    assert shop.notebook.conversations == {}
    assert shop.notebook.memories == {}
    assert "did not understand" in (await shop.say(LINK)).text


async def test_after_cancel_the_confirm_card_buys_nothing(shop: Counter) -> None:
    confirm = await shop.to_confirm()
    await shop.say("/cancel")
    stale = await shop.press_data(confirm, confirm.data("Confirm"))
    assert "Order #" not in (await shop.message(confirm.id)).text
    assert stale.text
    assert (await shop.bench.money()).held.micros == 0


async def test_cancel_with_nothing_open_says_so(shop: Counter) -> None:
    assert "nothing to cancel" in (await shop.say("/cancel")).text


async def test_text_while_choosing_points_to_the_buttons(shop: Counter) -> None:
    await shop.say("/order")
    assert "tap one of the buttons" in (await shop.say("followers")).text


async def test_text_while_the_confirm_card_waits_points_to_it(shop: Counter) -> None:
    confirm = await shop.to_confirm()
    assert "Confirm" in (await shop.say("yes")).text
    await shop.press("Confirm", confirm)
    assert "Order #1" in (await shop.message(confirm.id)).text


async def test_an_answer_can_be_changed_on_the_confirm_card(shop: Counter) -> None:
    confirm = await shop.to_confirm()
    question = await shop.press("Change link", confirm)
    assert "Quantity: 100" in question.text
    again = await shop.say("https://framely.example/p/other")
    assert "https://framely.example/p/other" in again.text
    assert "Quantity: 100" in again.text
    assert "Confirm" in again.labels


async def test_a_conversation_goes_on_after_a_restart(shop: Counter) -> None:
    await shop.to_question()
    await shop.restart()
    assert "Minimum" in (await shop.say(LINK)).text
    await shop.restart()
    confirm = await shop.say("100")
    await shop.restart()
    assert "Order #1" in (await shop.press("Confirm", confirm)).text


async def test_a_browse_button_of_an_old_message_works_from_anywhere(shop: Counter) -> None:
    old = await shop.say("/order")
    await shop.to_question()
    services = await shop.press_data(old, old.data(old.labels[0]))
    assert services
    assert "USD" in (await shop.message(old.id)).labels[0]


async def test_an_old_quantity_button_of_another_order_is_answered_kindly(shop: Counter) -> None:
    await shop.to_question()
    question = await shop.say(LINK)
    await shop.say("/cancel")
    await shop.press_data(question, question.data("min "))
    assert "no longer open" in (await shop.message(question.id)).text


async def test_a_service_that_left_the_shop_is_said_to_be_gone(shop: Counter) -> None:
    question = await shop.to_question()
    number = shop.bench.service()
    upstream = shop.bench.shop.shelf.catalogue.offers[number].service.id
    await shop.bench.panel.change_services(change={upstream: {"remove": True}})
    await shop.bench.refresh()
    assert "not for sale any more" in (await shop.say(LINK)).text
    assert "not for sale any more" in (await shop.press_data(question, f"o:{number}")).text
    await shop.press_data(question, f"v:{number}")
    assert "not for sale any more" in (await shop.message(question.id)).text


async def test_a_category_that_is_gone_leads_to_the_others(shop: Counter) -> None:
    menu = await shop.say("/order")
    assert "Pick another one" in (await shop.press_data(menu, "s:999999:1")).text


@pytest.mark.parametrize("kind", ["default", "package", "custom comments"])
async def test_ordering_again_is_two_taps_at_todays_price(shop: Counter, kind: str) -> None:
    typed = {"default": ("100",), "package": (), "custom comments": ("\n".join(f"Comment {n}" for n in range(10)),)}
    card = await shop.buy(LINK, *typed[kind], kind=kind)
    await shop.say("/orders")
    confirm = await shop.press_data(card, "a:1")
    assert confirm.id > card.id
    assert "Please check and confirm" in confirm.text
    assert LINK in confirm.text
    assert "Order #1" in (await shop.message(card.id)).text
    assert "Order #2" in (await shop.press("Confirm", confirm)).text
    first, second = await shop.bench.read(1), await shop.bench.read(2)
    assert (second.answers, second.quantity, second.charge) == (first.answers, first.quantity, first.charge)


async def test_the_quantity_of_an_order_made_again_can_be_changed(shop: Counter) -> None:
    card = await shop.buy()
    confirm = await shop.press_data(card, "a:1")
    assert "Minimum" in (await shop.press("Change quantity", confirm)).text
    assert "Quantity: 250" in (await shop.say("250")).text


async def test_what_fits_no_more_is_asked_for_when_an_order_is_made_again(shop: Counter) -> None:
    card = await shop.buy()
    beyond = answers_json({"link": LINK, "quantity": "1"})
    await shop.bench.shop.db.write(lambda tx: tx.run("UPDATE orders SET answers = $1", beyond))
    question = await shop.press_data(card, "a:1")
    assert question.id > card.id
    assert "Order #1" in (await shop.message(card.id)).text
    assert "1 is too few" in question.text


async def test_ordering_again_what_is_gone_leaves_the_old_card_alone(shop: Counter) -> None:
    card = await shop.buy()
    upstream = (await shop.bench.read(1)).service_id
    await shop.bench.panel.change_services(change={upstream: {"remove": True}})
    await shop.bench.refresh()
    assert "not for sale any more" in (await shop.press_data(card, "a:1")).text
    assert "Order #1" in (await shop.message(card.id)).text


async def test_somebody_elses_order_cannot_be_ordered_again(shop: Counter) -> None:
    await shop.buy()
    await shop.say("/start", 1002)
    theirs = await shop.last(1002)
    await shop.press_data(theirs, "a:1", 1002)
    assert (await shop.toasts())[-1] == "I cannot find this order."
    assert LINK not in (await shop.last(1002)).text


async def test_back_from_a_change_returns_to_the_same_confirm_card(shop: Counter) -> None:
    confirm = await shop.to_confirm()
    for label in ("Change link", "Change quantity"):
        question = await shop.press(label, confirm)
        assert "Now it is:" in question.text
        assert await shop.press("« Back", question) == confirm


async def test_back_from_a_change_brings_a_fresh_price_where_the_old_one_holds_no_more(shop: Counter) -> None:
    confirm = await shop.to_confirm()
    question = await shop.press("Change quantity", confirm)
    shop.bench.clock.forward(hours=1)
    fresh = await shop.press("« Back", question)
    assert "Quantity: 100" in fresh.text
    assert fresh.data("Confirm") != confirm.data("Confirm")


async def test_back_leads_from_the_quantity_to_the_link_which_can_be_kept(shop: Counter) -> None:
    await shop.to_question()
    quantity = await shop.say(LINK)
    link = await shop.press("« Back", quantity)
    assert "Send the link" in link.text
    assert LINK in link.text
    card = await shop.press("« Back", link)
    assert "per 1000" in card.text
    again = await shop.press("Order", card)
    assert LINK in again.text
    assert "Minimum" in (await shop.press("Keep this link", again)).text
    assert LINK in (await shop.say("100")).text


async def test_a_change_keeps_the_other_answers_of_an_order_made_again(shop: Counter) -> None:
    card = await shop.buy()
    confirm = await shop.press_data(card, "a:1")
    link = await shop.press("Change link", confirm)
    assert LINK in link.text
    other = await shop.say("https://framely.example/p/other")
    assert "https://framely.example/p/other" in other.text
    assert LINK + "\n" not in other.text
    assert "Quantity: 100" in other.text


@pytest.mark.parametrize("label", ["Cancel", "« Back", "min ", "Keep this link"])
async def test_a_button_of_an_older_order_leaves_the_newer_one_open(shop: Counter, label: str) -> None:
    await shop.to_question()
    old = await shop.say(LINK)
    link = await shop.press("« Back", old)
    data = link.data(label) if label == "Keep this link" else old.data(label)
    await shop.to_question()
    await shop.press_data(old, data)
    assert "belonged to an earlier order" in (await shop.message(old.id)).text
    assert "earlier order" in (await shop.toasts())[-1]
    assert "Minimum" in (await shop.say(LINK)).text


async def test_a_question_whose_order_was_placed_does_not_say_that_nothing_was_ordered(shop: Counter) -> None:
    await shop.to_question()
    question = await shop.say(LINK)
    await shop.press("Confirm", await shop.say("100"))
    await shop.press_data(question, question.data("Cancel"))
    assert "belonged to an earlier order" in (await shop.message(question.id)).text


async def test_cancel_under_an_older_question_of_the_same_order_closes_its_card(shop: Counter) -> None:
    await shop.to_question()
    question = await shop.say(LINK)
    confirm = await shop.say("100")
    await shop.press("Cancel", question)
    for number in (question.id, confirm.id):
        assert "Nothing was ordered" in (await shop.message(number)).text


async def test_a_quantity_tapped_late_changes_the_order_that_waits(shop: Counter) -> None:
    await shop.to_question()
    question = await shop.say(LINK)
    confirm = await shop.say("100")
    await shop.press_data(question, question.data("500"))
    changed = await shop.message(question.id)
    assert "Quantity: 500" in changed.text
    assert "another message" in (await shop.message(confirm.id)).text
    await shop.press_data(confirm, confirm.data("Confirm"))
    assert (await shop.bench.money()).held.micros == 0
    await shop.press("Confirm", changed)
    assert (await shop.bench.read(1)).quantity == 500


async def test_a_picture_while_the_confirm_card_waits_points_to_it(shop: Counter) -> None:
    await shop.to_confirm()
    assert "Your order waits for you" in (await shop.upload(b"hello", "yes.txt")).text


async def test_leaving_the_message_to_support_goes_on_with_the_order(shop: Counter) -> None:
    await shop.to_question()
    asked = await shop.say("/support")
    again = await shop.press("Cancel", asked)
    assert "nothing was sent" in (await shop.message(asked.id)).text
    assert "Send the link" in again.text
    await shop.press_data(asked, asked.data("Cancel"))
    assert "question is closed" in (await shop.message(asked.id)).text
    assert "Minimum" in (await shop.say(LINK)).text


async def test_leaving_the_message_to_support_while_a_change_is_open_asks_for_it_again(shop: Counter) -> None:
    confirm = await shop.to_confirm()
    await shop.press("Change link", confirm)
    await shop.say("/support")
    again = await shop.say("Is a private page all right?")
    assert "Send the link" in again.text
    assert "Quantity: 100" in (await shop.press("« Back", again)).text
