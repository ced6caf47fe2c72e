"""Paying by hand at the counter: instructions, receipt, the operators' card, and one decision."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from telegram import Update

from bot.domain.topups import Gateway, Topup, TopupState
from bot.engine import ways
from handlers.operator.proof_buttons import ApproveProof
from storage import switches, topups
from storage.database import Tx
from tests.handlers.counter import Seen
from tests.handlers.operator_desk import Desk, desk
from tests.kit import IRIS, MINA, THEO, money
from tests.pictures import picture

NORDBANK = "Nordbank, account <b>12 345</b>, Panelgram"


async def switch_on(at_desk: Desk) -> None:
    async def work(tx: Tx) -> None:
        await switches.note(tx, ways.switch_of(Gateway.BY_HAND), ways.ON)
        await switches.note(tx, ways.INSTRUCTIONS, NORDBANK)

    await at_desk.bench.shop.db.write(work)


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        await switch_on(found)
        await found.counter.deliver()
        yield found
        assert found.counter.errors == []
        await found.bench.sound()


async def to_receipt(at_desk: Desk, amount: str = "25") -> Seen:
    """As far as the question for the receipt."""
    at = at_desk.counter
    await at.press("Transfer", await at.press("Add money", await at.say("/wallet")))
    await at.press("Another amount")
    return await at.say(amount)


async def send_photo(at_desk: Desk, shade: int = 0, kind: str = "photo", person: int = MINA) -> Seen:
    at = at_desk.counter
    await at.upload(picture(shade), "receipt.png", person, kind=kind)
    return await at.last(person)


async def shown(at_desk: Desk, amount: str = "25") -> Seen:
    """The operator's card of a payment that was shown."""
    await to_receipt(at_desk, amount)
    await send_photo(at_desk)
    await at_desk.counter.deliver()
    return await at_desk.counter.last(IRIS)


async def replayed(at_desk: Desk, deed: Callable[[], Awaitable[Seen]]) -> None:
    """Do something, die before it is marked done, and have it handed in again."""
    at = at_desk.counter
    before = copy.deepcopy((at.notebook.conversations, at.notebook.memories))
    await deed()
    at.notebook.conversations, at.notebook.memories = before
    await at.restart()
    (update,) = at.handled
    again = Update.de_json(update.to_dict(), at.application.bot)
    assert again is not None
    await at.handle(again)


async def topup(at_desk: Desk, number: int = 1) -> Topup:
    found = await at_desk.bench.shop.db.read(lambda tx: topups.get(tx, number))
    assert found is not None
    return found


async def balance(at_desk: Desk) -> str:
    return f"{(await at_desk.bench.money()).available.decimal.normalize():f}"


async def test_the_customer_reads_how_to_pay_and_is_asked_for_a_receipt(at_desk: Desk) -> None:
    at = at_desk.counter
    amounts = await at.press("Transfer", await at.press("Add money", await at.say("/wallet")))
    assert "Nordbank, account 12 345, Panelgram" in amounts.text
    page = await at.press("10.00 USD", amounts)
    assert "Please pay 10.00 USD" in page.text
    assert "Nordbank, account 12 345, Panelgram" in page.text
    assert "photo" in page.text
    assert page.labels == ["Copy 10.00 USD", "Send the receipt", "Cancel"]


@pytest.mark.parametrize("kind", ["photo", "document"])
async def test_a_receipt_reaches_the_operators_as_it_is(at_desk: Desk, kind: str) -> None:
    await to_receipt(at_desk)
    said = await send_photo(at_desk, kind=kind)
    assert "25.00 USD is being checked" in said.text
    assert "⏳ 25.00 USD is being checked (no. 1)" in (await at_desk.say("/wallet", MINA)).text
    await at_desk.counter.deliver()
    for person in (IRIS, THEO):
        card = await at_desk.counter.last(person)
        assert "says they paid 25.00 USD" in card.text
        assert "first payment by hand" in card.text
        assert card.labels == ["Approve 25.00 USD", "Other amount", "Turn down", "Customer"]
    sent = await at_desk.counter.journal("sendPhoto" if kind == "photo" else "sendDocument")
    proof = (await topup(at_desk)).proof
    assert proof is not None
    assert {entry["params"][kind] for entry in sent} == {proof.file_id}
    assert not await at_desk.counter.journal("getFile")


async def test_approving_credits_once_and_every_card_says_so(at_desk: Desk) -> None:
    card = await shown(at_desk)
    done = await at_desk.after("Approve", card)
    assert "25.00 USD credited by Iris" in done.text
    assert not any("Approve" in label for label in done.labels)
    assert await balance(at_desk) == "35"
    await at_desk.counter.deliver()
    assert "25.00 USD came in" in (await at_desk.counter.last(MINA)).text
    assert "credited by Iris" in (await at_desk.counter.last(THEO)).text
    assert "is being checked" not in (await at_desk.say("/wallet", MINA)).text


async def test_two_operators_with_the_card_open_decide_once(at_desk: Desk) -> None:
    await shown(at_desk)
    hers, his = await at_desk.counter.last(IRIS), await at_desk.counter.last(THEO)
    await at_desk.press("Approve", hers)
    late = await at_desk.press("Turn down", his, THEO)
    assert "was decided already" in late.text
    assert "credited by Iris" in late.text
    assert "credited by Iris" in (await at_desk.counter.message(his.id, THEO)).text
    again = await at_desk.press_data_of(his, his.data("Approve"), THEO)
    assert "was decided already" in again.text
    assert await balance(at_desk) == "35"


async def test_another_amount_is_typed_and_confirmed(at_desk: Desk) -> None:
    card = await shown(at_desk)
    question = await at_desk.press("Other amount", card)
    assert "How much came?" in question.text
    wrong = await at_desk.say("twenty")
    assert "How much came?" in wrong.text
    await at_desk.counter.restart()
    asked = await at_desk.say("20.50")
    assert "Credit 20.50 USD" in asked.text
    assert await balance(at_desk) == "10"
    done = await at_desk.press("Approve 20.50 USD", asked)
    assert "20.50 USD credited by Iris" in done.text
    assert (await topup(at_desk)).state is TopupState.PAID_PARTIALLY
    assert await balance(at_desk) == "30.5"
    assert "credited by Iris" in (await at_desk.counter.message(card.id, IRIS)).text


async def test_one_that_was_not_found_says_why_and_is_tried_again_with_nothing_typed_twice(at_desk: Desk) -> None:
    card = await shown(at_desk)
    await at_desk.press("Turn down", card)
    await at_desk.counter.restart()
    said = await at_desk.say("The account shows <nothing>")
    assert "The customer reads" in said.text
    await at_desk.counter.deliver()
    told = await at_desk.counter.last(MINA)
    assert "was not found" in told.text
    assert "The account shows <nothing>" in told.text
    assert told.labels == ["Try again", "Write to support"]
    assert "Turned down by Iris" in (await at_desk.counter.message(card.id, IRIS)).text
    assert "Turned down by Iris" in (await at_desk.counter.last(THEO)).text
    page = await at_desk.counter.press("Try again", told)
    assert "Please pay 25.00 USD" in page.text
    await send_photo(at_desk, 9)
    await at_desk.counter.deliver()
    second = await at_desk.counter.last(IRIS)
    assert "0 found, 1 turned down" in second.text
    await at_desk.press("Approve", second)
    # What is decided does not count itself among what was before.
    assert "0 found, 1 turned down" in (await at_desk.counter.message(second.id, IRIS)).text
    assert "first payment by hand" in (await at_desk.counter.message(card.id, IRIS)).text
    assert await balance(at_desk) == "35"
    # An old button of the first one begins another payment only once for each press.
    assert (await topup(at_desk, 2)).state is TopupState.PAID


async def test_a_question_can_be_left(at_desk: Desk) -> None:
    card = await shown(at_desk)
    await at_desk.press("Turn down", card)
    assert "still waits" in (await at_desk.say("/cancel")).text
    await at_desk.press("Other amount", card)
    assert "still waits" in (await at_desk.press("Cancel")).text
    await at_desk.say("5")
    assert (await topup(at_desk)).state is TopupState.PENDING


async def test_whatever_is_no_receipt_is_asked_for_again(at_desk: Desk) -> None:
    await to_receipt(at_desk)
    asked = await at_desk.say("I paid!", MINA)
    assert "Please send it as a photo or a file" in asked.text
    assert "receipt for 25.00 USD" in asked.text
    assert (await topup(at_desk)).state is TopupState.NEW
    assert "is being checked" in (await send_photo(at_desk)).text


async def test_somebody_who_comes_back_later_sends_it_by_the_button(at_desk: Desk) -> None:
    page = await to_receipt(at_desk)
    left = await at_desk.counter.press("Cancel", page)
    assert "Come back to it" in left.text
    await at_desk.say("/start", MINA)
    hint = await send_photo(at_desk)  # nobody asked for it
    assert "Is this the receipt for 25.00 USD?" in hint.text
    assert hint.labels == ["Send the receipt"]
    assert (await topup(at_desk)).state is TopupState.NEW
    assert "Please send a photo" in (await at_desk.counter.press("Send the receipt", page)).text
    assert "is being checked" in (await send_photo(at_desk)).text
    assert "is here already" in (await at_desk.counter.press("Send the receipt", page)).text


async def test_a_receipt_sent_while_looking_around_finds_its_payment_too(at_desk: Desk) -> None:
    page = await to_receipt(at_desk)
    await at_desk.counter.press("Cancel", page)
    await at_desk.say("/order", MINA)
    assert "Is this the receipt for 25.00 USD?" in (await send_photo(at_desk)).text
    assert "tap one of the buttons" in (await at_desk.say("a receipt", MINA)).text


async def test_of_an_album_the_first_one_counts_and_the_rest_is_passed_over_in_silence(at_desk: Desk) -> None:
    await to_receipt(at_desk)
    at = at_desk.counter
    for shade in range(3):
        await at.upload(picture(shade), "receipt.png", kind="photo", album="a-1")
    said = [seen.text for seen in await at.history() if "being checked" in seen.text or "read text" in seen.text]
    assert len(said) == 1
    assert "is here already" in (await send_photo(at_desk, 7)).text  # another one is no part of it
    await at.deliver()
    assert len(await at.journal("sendPhoto")) == 2  # one for each operator


async def test_a_picture_out_of_the_blue_is_no_receipt_where_nothing_is_to_be_paid(at_desk: Desk) -> None:
    assert "read text" in (await send_photo(at_desk)).text


async def test_the_question_for_an_amount_shows_how_to_pay_set_off(at_desk: Desk) -> None:
    at = at_desk.counter
    amounts = await at.press("Transfer", await at.press("Add money", await at.say("/wallet")))
    assert "Transfer.\n\nNordbank, account 12 345, Panelgram\n\nHow much" in amounts.text
    question = await at.press("Another amount")
    assert question.text.startswith("Add money\n\nNordbank, account 12 345, Panelgram\n\nSend the amount")


async def test_so_many_that_wait_are_enough(at_desk: Desk) -> None:
    for shade in range(5):
        await to_receipt(at_desk)
        assert "is being checked" in (await send_photo(at_desk, shade)).text
    await to_receipt(at_desk)
    assert "being checked already" in (await send_photo(at_desk, 77)).text


async def test_the_desk_lists_what_waits(at_desk: Desk) -> None:
    await shown(at_desk)
    listed = await at_desk.press("Payments to look for (1)", await at_desk.say("/admin"))
    assert "No. 1: 25.00 USD" in listed.labels[0]
    opened = await at_desk.press("No. 1", listed)
    assert "says they paid 25.00 USD" in opened.text
    await at_desk.press("Approve", opened)
    assert await balance(at_desk) == "35"
    assert not any("look for" in label for label in (await at_desk.say("/admin")).labels)


async def test_an_order_that_waits_goes_on_when_the_money_came(at_desk: Desk) -> None:
    at = at_desk.counter
    await at_desk.say(f"/debit {MINA} 10 everything")
    await at.deliver()
    card = await at.to_confirm()
    page = await at.press("Transfer", card)
    assert "Please pay" in page.text
    sent = await send_photo(at_desk)
    assert "is being checked" in sent.text
    assert "Your order waits for it" in sent.text
    assert "waits for you" in (await at_desk.say("done!", MINA)).text  # its card is still where it was
    await at.deliver()
    shown_card = await at.last(IRIS)
    assert "waits for it" in shown_card.text
    await at_desk.press("Approve", shown_card)
    await at.deliver()
    waits = await at.last()
    assert "Your order waited for it" in waits.text
    placed = await at.press("Confirm", waits)
    assert "Order #1" in placed.text


async def test_a_large_one_needs_the_others_yes(tmp_path: Path) -> None:
    async with desk(tmp_path, "5") as at_desk:
        await switch_on(at_desk)
        card = await shown(at_desk)
        waits = await at_desk.press("Approve", card)
        assert "needs a second operator" in waits.text
        assert "payment by hand no. 1" in waits.text
        assert await balance(at_desk) == "10"
        await at_desk.counter.deliver()
        asked = await at_desk.newest("Your yes is needed", THEO)
        assert "Agreed to by Theo" in (await at_desk.after("Yes", asked, THEO)).text
        assert await balance(at_desk) == "35"
        assert "payment by hand 1: 25" in (await at_desk.say("/audit")).text


async def test_a_customer_cannot_press_an_operators_button(at_desk: Desk) -> None:
    await shown(at_desk)
    forged = ApproveProof(1, (await topup(at_desk)).version, money("25").micros).pack()
    await at_desk.counter.press_data(await at_desk.counter.last(), forged)
    assert await balance(at_desk) == "10"
    assert (await topup(at_desk)).state is TopupState.PENDING


async def test_what_is_handed_in_again_after_a_crash_is_done_once(at_desk: Desk) -> None:
    at = at_desk.counter
    await to_receipt(at_desk)
    await replayed(at_desk, lambda: send_photo(at_desk))
    assert "is being checked" in (await at.last()).text
    await at.deliver()
    assert len(await at_desk.bench.shop.db.read(lambda tx: tx.all("SELECT key FROM notices WHERE kind = 'proof'"))) == 2
    card = await at.last(IRIS)
    await replayed(at_desk, lambda: at_desk.press("Approve", card))
    assert "25.00 USD credited by Iris" in (await at.message(card.id, IRIS)).text
    assert await balance(at_desk) == "35"
    await shown(at_desk)
    second = await at.last(IRIS)
    await at_desk.press("Turn down", second)
    await replayed(at_desk, lambda: at_desk.say("nothing came"))
    await at.deliver()
    told = await at.last()
    assert "was not found" in told.text
    await replayed(at_desk, lambda: at.press("Try again", told))
    assert len(await at_desk.bench.shop.db.read(lambda tx: tx.all("SELECT id FROM topups"))) == 3


async def test_a_receipt_ends_the_question_for_an_amount(at_desk: Desk) -> None:
    """What was asked before another question is not taken up after it."""
    at = at_desk.counter
    page = await to_receipt(at_desk)
    await at.press("Telegram Stars", await at.press("Add money", await at.say("/wallet")))
    await at.press("Another amount")
    await at.press("Send the receipt", page)
    assert "is being checked" in (await send_photo(at_desk)).text
    await at.say("12")
    assert len(await at_desk.bench.shop.db.read(lambda tx: tx.all("SELECT id FROM topups"))) == 1
