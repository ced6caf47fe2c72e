"""People pay in the sandbox: well, and in each of the ways it goes wrong in life."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox.telegram import TelegramConfig, serve_telegram
from tests.sandbox.memory_kit import left_behind
from tests.sandbox.stars_kit import BILL, agree, balance, pay, queries, send_bill, stars_of, transactions
from tests.sandbox.telegram_kit import MINA, THEO, HandClock, Sandbox, running_sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


async def receipts(sandbox: Sandbox) -> list[str]:
    """The charges the bot was told of."""
    messages = [update["message"] for update in await sandbox.updates()]
    return [each["successful_payment"]["telegram_payment_charge_id"] for each in messages]


async def test_the_bots_no_reaches_the_person_in_its_words(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    outcome = await pay(sandbox, sent["message_id"], ["This invoice is old."])
    nothing = {"charge_id": None, "charge_ids": []}
    assert outcome == {"status": "refused", "message": "This invoice is old.", **nothing}
    assert (await sandbox.updates(), await transactions(sandbox), await stars_of(sandbox)) == ([], [], 2500)


async def test_a_bot_that_is_too_slow_is_not_paid_and_told_so(sandbox: Sandbox) -> None:
    async with running_sandbox(TelegramConfig(checkout_life=0.05)) as hasty:
        sent = await send_bill(hasty)
        outcome = await hasty.post(f"/chat/{MINA}/pay", message_id=sent["message_id"])
        assert (outcome["status"], outcome["charge_id"]) == ("timed-out", None)
        (query,) = await queries(hasty)
        late = await hasty.refusal("answerPreCheckoutQuery", pre_checkout_query_id=query["id"], ok=True)
        assert late[1].startswith("Bad Request: query is too old")
        assert (await transactions(hasty), await stars_of(hasty)) == ([], 2500)


async def test_a_second_answer_to_a_query_is_refused(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    async with asyncio.TaskGroup() as group:
        payment = group.create_task(sandbox.post(f"/chat/{MINA}/pay", message_id=sent["message_id"]))
        (query,) = await queries(sandbox)
        await agree(sandbox, query)
        no = {"pre_checkout_query_id": query["id"], "ok": False, "error_message": "no"}
        assert "query is too old" in (await sandbox.refusal("answerPreCheckoutQuery", **no))[1]
    assert payment.result()["status"] == "paid"


async def test_a_payment_may_be_declined_after_the_bots_yes(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    outcome = await pay(sandbox, sent["message_id"], how="declined")
    assert (outcome["status"], outcome["charge_id"]) == ("failed", None)
    assert (await sandbox.updates(), await transactions(sandbox), await stars_of(sandbox)) == ([], [], 2500)


async def test_a_late_payment_is_listed_at_once_and_told_when_it_is_released(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    outcome = await pay(sandbox, sent["message_id"], how="late")
    assert outcome["status"] == "late"
    charge = {"charge_id": outcome["charge_id"]}
    assert await sandbox.updates() == []
    assert [each["id"] for each in await transactions(sandbox)] == [outcome["charge_id"]]
    assert (await sandbox.history(MINA))[-1]["receipt"]["kind"] == "paid"
    assert (await sandbox.post(f"/chat/{MINA}/release", **charge))["told"] is True
    assert await receipts(sandbox) == [outcome["charge_id"]]
    assert await sandbox.post_status(f"/chat/{MINA}/release", **charge) == 409


async def test_a_late_payment_may_come_by_itself(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    outcome = await pay(sandbox, sent["message_id"], how="late", seconds=0.1)
    (update,) = await sandbox.updates(timeout=20)
    assert update["message"]["successful_payment"]["telegram_payment_charge_id"] == outcome["charge_id"]
    (listed,) = (await sandbox.get(f"/chat/{MINA}/payments"))["payments"]
    assert (listed["told"], listed["refunded"]) == (True, False)


async def test_a_lost_payment_is_only_in_the_transactions(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    outcome = await pay(sandbox, sent["message_id"], how="lost")
    assert (outcome["status"], await sandbox.updates()) == ("lost", [])
    assert (await balance(sandbox), await stars_of(sandbox)) == (50, 2450)
    (listed,) = (await sandbox.get(f"/chat/{MINA}/payments"))["payments"]
    assert (listed["charge_id"], listed["told"]) == (outcome["charge_id"], False)


async def test_an_invoice_can_be_paid_twice_and_again(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    both = await pay(sandbox, sent["message_id"], ["", ""], how="twice")
    assert (both["status"], len(set(both["charge_ids"]))) == ("paid", 2)
    assert await receipts(sandbox) == both["charge_ids"]
    third = await pay(sandbox, sent["message_id"])
    assert await receipts(sandbox) == third["charge_ids"]
    assert (await balance(sandbox), await stars_of(sandbox)) == (150, 2350)


async def test_of_two_payments_the_bot_may_refuse_one(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    outcome = await pay(sandbox, sent["message_id"], ["Paid already.", ""], how="twice")
    assert (outcome["status"], len(outcome["charge_ids"])) == ("paid", 1)
    assert await balance(sandbox) == 50


async def test_too_few_stars_are_refused_before_the_bot_is_asked(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    assert (await sandbox.post(f"/chat/{MINA}/stars", stars=49))["stars"] == 49
    outcome = await sandbox.post(f"/chat/{MINA}/pay", message_id=sent["message_id"])
    refusal = "Not enough Stars: 50 are needed, 49 are there."
    assert (outcome["status"], outcome["message"]) == ("refused", refusal)
    assert await sandbox.updates() == []
    await sandbox.post(f"/chat/{MINA}/stars", stars=80)
    both = await pay(sandbox, sent["message_id"], ["", ""], how="twice")
    assert (both["status"], len(both["charge_ids"]), await stars_of(sandbox)) == ("paid", 1, 30)


async def test_somebody_else_may_pay_a_forwarded_copy(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    async with asyncio.TaskGroup() as group:
        place = {"message_id": sent["message_id"], "as_person": THEO}
        payment = group.create_task(sandbox.post(f"/chat/{MINA}/pay", **place))
        (query,) = await queries(sandbox)
        assert query["from"]["id"] == THEO
        await agree(sandbox, query)
    assert payment.result()["status"] == "paid"
    message = (await sandbox.updates())[-1]["message"]
    assert (message["from"]["id"], message["chat"]["id"]) == (THEO, THEO)
    assert (await stars_of(sandbox), await stars_of(sandbox, THEO)) == (2500, 2450)
    private = await send_bill(sandbox, start_parameter="topup")
    body: dict[str, Any] = {"message_id": private["message_id"], "as_person": THEO}
    assert await sandbox.post_status(f"/chat/{MINA}/pay", **body) == 409


async def test_a_link_is_an_invoice_for_everybody(sandbox: Sandbox) -> None:
    link = await sandbox.call("createInvoiceLink", **BILL)
    assert (await pay(sandbox, link=link))["status"] == "paid"
    assert await sandbox.post_status(f"/chat/{MINA}/pay", link="https://t.me/$nowhere") == 404
    subscription = {**BILL, "subscription_period": 2592000}
    assert "no subscriptions" in (await sandbox.refusal("createInvoiceLink", **subscription))[1]


async def test_telegram_may_take_a_payment_back_by_itself(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    charge = {"charge_id": (await pay(sandbox, sent["message_id"]))["charge_id"]}
    quiet = {"charge_id": (await pay(sandbox, sent["message_id"]))["charge_id"]}
    assert (await sandbox.post(f"/chat/{MINA}/take-back", **charge))["refunded"] is True
    refunded = (await sandbox.updates())[-1]["message"]["refunded_payment"]
    assert refunded["telegram_payment_charge_id"] == charge["charge_id"]
    await sandbox.post(f"/chat/{MINA}/take-back", **quiet, quiet=True)
    assert (await sandbox.updates())[-1]["message"]["refunded_payment"] == refunded
    assert [each["id"] for each in await transactions(sandbox) if "receiver" in each] == [
        charge["charge_id"],
        quiet["charge_id"],
    ]
    assert (await balance(sandbox), await stars_of(sandbox)) == (0, 2500)
    assert await sandbox.post_status(f"/chat/{MINA}/take-back", **charge) == 409
    again = {"user_id": MINA, "telegram_payment_charge_id": charge["charge_id"]}
    assert "CHARGE_ALREADY_REFUNDED" in (await sandbox.refusal("refundStarPayment", **again))[1]


async def test_the_faults_say_how_the_next_payment_goes(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    await sandbox.post("/faults", payment={"how": "lost"})
    assert (await sandbox.get("/faults"))["payment"] == {"how": "lost", "seconds": None, "count": 1}
    assert (await pay(sandbox, sent["message_id"], how="declined"))["status"] == "failed"
    assert [(await pay(sandbox, sent["message_id"]))["status"] for _ in range(2)] == ["lost", "paid"]
    assert (await sandbox.get("/faults"))["payment"] is None
    assert await sandbox.post_status("/faults", payment={"how": "badly"}) == 400


async def test_impossible_payments_are_refused(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    said = await sandbox.say(MINA, "hello")
    place = {"message_id": sent["message_id"]}
    pay_path = f"/chat/{MINA}/pay"
    assert await sandbox.post_status(pay_path, message_id=said) == 404
    assert await sandbox.post_status(pay_path) == 404
    assert await sandbox.post_status(pay_path, **place, how="badly") == 400
    assert await sandbox.post_status(pay_path, **place, how="late", seconds="soon") == 400
    assert await sandbox.post_status(pay_path, **place, as_person=5) == 404
    assert await sandbox.post_status(f"/chat/{MINA}/release", charge_id="stx") == 404
    assert await sandbox.post_status(f"/chat/{MINA}/take-back", charge_id="stx") == 404
    assert await sandbox.post_status(f"/chat/{MINA}/stars") == 400
    assert await sandbox.post_status(f"/chat/{MINA}/stars", stars=-1) == 400
    await sandbox.post(f"/chat/{MINA}/block", blocked=True)
    assert await sandbox.post_status(pay_path, **place) == 409


async def test_the_page_is_told_of_stars_and_receipts(sandbox: Sandbox) -> None:
    sent = await send_bill(sandbox)
    async with sandbox.session.ws_connect(f"{sandbox.url}/chat/{MINA}/events") as page:
        assert (await page.receive_json())["stars"] == 2500
        paid = await pay(sandbox, sent["message_id"])
        events = []
        while len(events) < 2:
            event = await page.receive_json()
            events += [event] if event["type"] != "bot" else []
        assert events[0] == {"type": "stars", "stars": 2450}
        assert events[1]["message"]["receipt"]["charge_id"] == paid["charge_id"]


async def test_a_killed_server_forgets_no_star(tmp_path: Path) -> None:
    clock = HandClock()
    memory = tmp_path / "telegram.json"
    async with aiohttp.ClientSession() as session:
        async with serve_telegram(TelegramConfig(memory=memory, clock=clock)) as url:
            sandbox = Sandbox(session, url, clock)
            await sandbox.say(MINA, "/start")
            sent = await send_bill(sandbox)
            link = await sandbox.call("createInvoiceLink", **BILL)
            first = await pay(sandbox, sent["message_id"])
            await sandbox.post(f"/chat/{MINA}/take-back", charge_id=first["charge_id"], quiet=True)
            late = await pay(sandbox, sent["message_id"], how="late", seconds=600)
            before = await transactions(sandbox)
            copy = await left_behind(memory, tmp_path / "next", lambda text: late["charge_id"] in text)
        clock.now += 601
        async with serve_telegram(TelegramConfig(memory=copy, clock=clock)) as url:
            sandbox = Sandbox(session, url, clock)
            assert await transactions(sandbox) == before
            assert (await balance(sandbox), await stars_of(sandbox)) == (50, 2450)
            (update,) = await sandbox.updates(timeout=20)
            payment = update["message"]["successful_payment"]
            assert payment["telegram_payment_charge_id"] == late["charge_id"]
            assert (await pay(sandbox, sent["message_id"]))["status"] == "paid"
            assert (await pay(sandbox, link=link))["status"] == "paid"
