"""Stars on the bot's side: what an invoice must be, the answer before a payment, refunds, the transactions."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from telegram import Bot, LabeledPrice, Message, Update
from telegram.error import BadRequest

from tests.sandbox.stars_kit import BILL, balance, pay, send_bill, stars_of, transactions
from tests.sandbox.telegram_kit import IRIS, MINA, THEO, TOKEN, Sandbox, button, keyboard, running_sandbox

STALE = "Bad Request: query is too old and response timeout expired or query ID is invalid"
PAY = {"text": "Pay now", "pay": True}


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with Bot(TOKEN, base_url=f"{sandbox.url}/bot") as running:
        yield running


def price(amount: object, label: str = "All") -> dict[str, Any]:
    return {"label": label, "amount": amount}


async def test_an_invoice_carries_a_button_to_pay_and_not_its_payload(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    assert sent["invoice"] == {
        "title": "Top-up",
        "description": "50 Stars for your wallet",
        "start_parameter": "",
        "currency": "XTR",
        "total_amount": 50,
    }
    assert sent["reply_markup"] == keyboard({"text": "Pay 50 ⭐", "pay": True})
    assert "topup:7" not in str(sent)
    assert "text" not in sent
    shown = (await sandbox.history(MINA))[-1]
    assert (shown["invoice"], shown["text"], shown["receipt"]) == (sent["invoice"], "", None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"title": ""}, 'parameter "title" is required'),
        ({"description": None}, 'parameter "description" is required'),
        ({"payload": ""}, 'parameter "payload" is required'),
        ({"currency": ""}, 'parameter "currency" is required'),
        ({"prices": None}, 'parameter "prices" is required'),
        ({"prices": "50"}, "expected an Array of labeled prices"),
        ({"prices": "[50"}, "can't parse prices JSON object"),
        ({"prices": []}, "there must be at least one price"),
        ({"prices": [50]}, "can't parse labeled price: LabeledPrice must be an Object"),
        ({"prices": [{"label": "All"}]}, "can't parse labeled price: Can't find field \"amount\""),
        ({"prices": [price(50, "")]}, "can't parse labeled price: LabeledPrice label must be non-empty"),
        ({"prices": [price(1.5)]}, 'can\'t parse labeled price: Field "amount" must be a valid Number'),
        ({"prices": [price("ten")]}, 'can\'t parse labeled price: Field "amount" must be a valid Number'),
        ({"prices": [price(0)]}, "total price must be positive"),
        ({"prices": [price(-5)]}, "total price must be positive"),
        ({"prices": [price(10**12)]}, "too big amount of the currency specified"),
        ({"prices": [price(20), price(30)]}, "STARS_INVOICE_INVALID"),
        ({"provider_token": "1:TEST:2"}, "STARS_INVOICE_INVALID"),
        ({"max_tip_amount": 500}, "STARS_INVOICE_INVALID"),
        ({"suggested_tip_amounts": [1, 2]}, "STARS_INVOICE_INVALID"),
        ({"payload": "x" * 129}, "INVOICE_PAYLOAD_INVALID"),
        ({"payload": "ğ" * 65}, "INVOICE_PAYLOAD_INVALID"),
        ({"title": "x" * 33}, "MESSAGE_TOO_LONG"),
        ({"description": "x" * 256}, "MESSAGE_TOO_LONG"),
        ({"currency": "EUR"}, "PAYMENT_PROVIDER_INVALID"),
        ({"currency": "EUR", "provider_token": "1:TEST:2"}, "PAYMENT_PROVIDER_INVALID"),
        ({"reply_markup": keyboard(button("later"), PAY)}, "BUTTON_POS_INVALID"),
        ({"reply_markup": keyboard(button("later"))}, "BUTTON_POS_INVALID"),
        ({"reply_markup": keyboard(PAY, PAY)}, "BUTTON_POS_INVALID"),
        ({"reply_markup": {"force_reply": True}}, "inline keyboard expected"),
        ({"chat_id": THEO}, "chat not found"),
    ],
)
async def test_an_invoice_telegram_would_not_send_is_refused(
    sandbox: Sandbox, changes: dict[str, Any], reason: str
) -> None:
    refusal = await sandbox.refusal("sendInvoice", **{**BILL, "chat_id": MINA, **changes})
    assert refusal == (400, f"Bad Request: {reason}")
    assert len(await sandbox.history(MINA)) == 1


async def test_an_invoice_may_be_as_long_as_telegram_allows(sandbox: Sandbox) -> None:
    own = keyboard(PAY, button("later"))
    sent = await send_bill(sandbox, title="x" * 32, description="x" * 255, payload="ğ" * 64, reply_markup=own)
    assert sent["reply_markup"] == own


async def test_an_invoice_keeps_its_button_and_has_no_text_to_edit(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    place = {"chat_id": MINA, "message_id": sent["message_id"]}
    assert "no text" in (await sandbox.refusal("editMessageText", **place, text="paid"))[1]
    assert "no caption" in (await sandbox.refusal("editMessageCaption", **place, caption="paid"))[1]
    assert "not modified" in (await sandbox.refusal("editMessageReplyMarkup", **place))[1]
    stray = keyboard(button("later"))
    assert "BUTTON_POS" in (await sandbox.refusal("editMessageReplyMarkup", **place, reply_markup=stray))[1]
    edited = await sandbox.call("editMessageReplyMarkup", **place, reply_markup=keyboard(PAY))
    assert edited["reply_markup"] == keyboard(PAY)
    assert "can't be copied" in (await sandbox.refusal("copyMessage", from_chat_id=MINA, **place))[1]


async def test_nothing_but_an_invoice_has_a_button_to_pay(sandbox: Sandbox) -> None:
    paying = {"reply_markup": keyboard(PAY)}
    assert "BUTTON_TYPE" in (await sandbox.refusal("sendMessage", chat_id=MINA, text="x", **paying))[1]
    sent = await sandbox.call("sendMessage", chat_id=MINA, text="x")
    place = {"chat_id": MINA, "message_id": sent["message_id"]}
    assert "BUTTON_TYPE" in (await sandbox.refusal("editMessageReplyMarkup", **place, **paying))[1]
    assert "BUTTON_TYPE" in (await sandbox.refusal("editMessageText", text="y", **place, **paying))[1]


async def test_a_payment_is_asked_for_paid_and_told(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    paid = await pay(sandbox, sent["message_id"])
    assert (paid["status"], paid["charge_ids"]) == ("paid", [paid["charge_id"]])
    (update,) = await sandbox.updates()
    message = update["message"]
    payment = message["successful_payment"]
    assert (message["from"]["id"], message["chat"]["id"]) == (MINA, MINA)
    assert payment["telegram_payment_charge_id"] == paid["charge_id"]
    assert payment["provider_payment_charge_id"]
    shown = (payment["currency"], payment["total_amount"], payment["invoice_payload"])
    assert shown == ("XTR", 50, "topup:7")
    assert (await balance(sandbox), await stars_of(sandbox)) == (50, 2450)
    (listed,) = await transactions(sandbox)
    assert (listed["id"], listed["amount"], listed["date"]) == (paid["charge_id"], 50, sandbox.clock.now)
    source = listed["source"]
    assert (source["type"], source["transaction_type"], source["user"]["id"]) == ("user", "invoice_payment", MINA)
    assert source["invoice_payload"] == "topup:7"
    assert "receiver" not in listed


async def test_the_query_before_a_payment_is_answered_once_and_by_its_id(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    paid = await pay(sandbox, sent["message_id"])
    assert paid["status"] == "paid"
    for query_id in ("0", "", "nonsense"):
        answer = {"pre_checkout_query_id": query_id, "ok": True}
        assert await sandbox.refusal("answerPreCheckoutQuery", **answer) == (400, STALE)
    words = 'Bad Request: parameter "error_message" is required'
    assert await sandbox.refusal("answerPreCheckoutQuery", pre_checkout_query_id="1", ok=False) == (400, words)


async def test_a_refund_gives_the_whole_payment_back_once(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    charge_id = (await pay(sandbox, sent["message_id"]))["charge_id"]
    charge = {"user_id": MINA, "telegram_payment_charge_id": charge_id}
    sandbox.clock.now += 60
    assert await sandbox.call("refundStarPayment", **charge) is True
    again = await sandbox.refusal("refundStarPayment", **charge)
    assert again == (400, "Bad Request: CHARGE_ALREADY_REFUNDED")
    assert (await balance(sandbox), await stars_of(sandbox)) == (0, 2500)
    paid, refund = await transactions(sandbox)
    assert (refund["id"], refund["amount"], refund["date"]) == (paid["id"], 50, paid["date"] + 60)
    assert (refund["receiver"]["user"]["id"], "source" in refund) == (MINA, False)
    message = (await sandbox.updates())[-1]["message"]
    assert (message["from"]["is_bot"], message["chat"]["id"]) == (True, MINA)
    assert message["refunded_payment"] == {
        "currency": "XTR",
        "total_amount": 50,
        "invoice_payload": "topup:7",
        "telegram_payment_charge_id": charge_id,
    }


async def test_a_refund_must_fit_its_payment(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    charge_id = (await pay(sandbox, sent["message_id"]))["charge_id"]
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"user_id": IRIS, "telegram_payment_charge_id": charge_id}, "CHARGE_NOT_FOUND"),
        ({"user_id": MINA, "telegram_payment_charge_id": "stx"}, "CHARGE_NOT_FOUND"),
        ({"user_id": MINA}, 'parameter "telegram_payment_charge_id" is required'),
        ({"telegram_payment_charge_id": charge_id}, "invalid user_id specified"),
    ]
    for params, reason in wrong:
        assert await sandbox.refusal("refundStarPayment", **params) == (400, f"Bad Request: {reason}")
    assert len(await transactions(sandbox)) == 1


async def test_transactions_come_in_pages_oldest_first(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    ids = [(await pay(sandbox, sent["message_id"]))["charge_id"] for _ in range(3)]
    assert [each["id"] for each in await transactions(sandbox)] == ids
    assert [each["id"] for each in await transactions(sandbox, offset=1, limit=1)] == [ids[1]]
    assert [each["id"] for each in await transactions(sandbox, limit=0)] == ids[:1]
    assert [each["id"] for each in await transactions(sandbox, offset=-3, limit=900)] == ids
    assert await transactions(sandbox, offset=3) == []


async def test_messages_about_money_stay_where_and_as_they_are(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    charge_id = (await pay(sandbox, sent["message_id"]))["charge_id"]
    await sandbox.call("refundStarPayment", user_id=MINA, telegram_payment_charge_id=charge_id)
    paid, refunded = (await sandbox.history(MINA))[-2:]
    receipt = {"charge_id": charge_id, "title": "Top-up", "total_amount": 50}
    assert (paid["from"], paid["receipt"]) == ("person", {"kind": "paid", **receipt})
    assert (refunded["from"], refunded["receipt"]) == ("bot", {"kind": "refunded", **receipt})
    place = {"chat_id": MINA, "message_id": refunded["message_id"]}
    assert "can't be edited" in (await sandbox.refusal("editMessageText", **place, text="x"))[1]
    assert "can't be copied" in (await sandbox.refusal("copyMessage", from_chat_id=MINA, **place))[1]
    assert "can't be forwarded" in (await sandbox.refusal("forwardMessage", from_chat_id=MINA, **place))[1]


async def test_the_library_understands_every_object(sandbox: Sandbox, bot: Bot) -> None:
    bill = {"title": "Top-up", "description": "For the wallet", "payload": "topup:7", "currency": "XTR"}
    sent = await bot.send_invoice(MINA, prices=[LabeledPrice("All", 50)], provider_token="", **bill)
    assert sent.invoice is not None
    assert (sent.invoice.total_amount, sent.invoice.currency) == (50, "XTR")
    link = await bot.create_invoice_link(prices=[LabeledPrice("All", 50)], provider_token="", **bill)
    assert link.startswith("https://t.me/$")
    with pytest.raises(BadRequest, match="Stars_invoice_invalid"):
        await bot.send_invoice(MINA, prices=[LabeledPrice("All", 50)] * 2, **bill)
    paid = await pay(sandbox, sent.message_id)
    assert await bot.refund_star_payment(MINA, paid["charge_id"])
    listed = (await bot.get_star_transactions()).transactions
    assert [(each.id, each.amount) for each in listed] == [(paid["charge_id"], 50)] * 2
    assert [each.source is None for each in listed] == [False, True]
    assert (await bot.get_my_star_balance()).amount == 0
    messages = [Message.de_json(update["message"], bot) for update in await sandbox.updates()]
    payment, refund = messages[0].successful_payment, messages[1].refunded_payment
    assert payment is not None
    assert refund is not None
    assert payment.telegram_payment_charge_id == refund.telegram_payment_charge_id == paid["charge_id"]


async def test_the_library_answers_a_query(sandbox: Sandbox, bot: Bot) -> None:
    sent = await send_bill(sandbox)
    await sandbox.call("getUpdates", allowed_updates=["pre_checkout_query"])
    assert (await pay(sandbox, sent["message_id"]))["status"] == "paid"
    assert await sandbox.updates() == []  # the bot did not ask for messages
    update = Update.de_json({"update_id": 1, "pre_checkout_query": {**_query(), "id": "1"}}, bot)
    assert update.pre_checkout_query is not None
    with pytest.raises(BadRequest, match="Query is too old"):
        await update.pre_checkout_query.answer(ok=True)


def _query() -> dict[str, Any]:
    person = {"id": MINA, "is_bot": False, "first_name": "Mina"}
    return {"from": person, "currency": "XTR", "total_amount": 50, "invoice_payload": "topup:7"}
