"""Payments at the desk: what customers ask back, giving back unasked, finding one, and what fits nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.orders import Order
from bot.domain.refunds import Done
from bot.domain.topups import Gateway, PaymentState
from bot.engine import desk as engine_desk
from bot.engine import refunding
from bot.engine.refunding import Refunding
from handlers.operator.payment_buttons import Agree, AskGiveOrder, AskNo, Assign, Give, ShowPayment, ShowRequest
from storage import refunds
from tests.engine import till
from tests.handlers.counter import Seen
from tests.handlers.operator_desk import Desk, desk
from tests.kit import IRIS, MINA, THEO, money


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        await till.open_ways(found.bench)
        await found.counter.deliver()
        yield found


async def asked(at_desk: Desk, reason: str = "I <changed> my mind") -> int:
    payment = await till.pay(at_desk.bench)
    shop = at_desk.bench.shop
    await refunding.ask(shop, 9_000_000 + payment.id, MINA, payment.id, reason, at_desk.bench.clock())
    await at_desk.counter.deliver()
    return payment.id


async def states(at_desk: Desk, payment: int) -> list[str]:
    found = await at_desk.bench.shop.db.read(lambda tx: refunds.of_payment(tx, payment))
    return [refund.state.value for refund in found]


async def card(at_desk: Desk, person: int = IRIS) -> Seen:
    return await at_desk.newest("back (", person)


async def opened(at_desk: Desk, payment: int) -> Seen:
    return await at_desk.say(f"/find P{payment}")


async def test_a_request_comes_to_every_operator_with_everything_known(at_desk: Desk) -> None:
    payment = await asked(at_desk)
    for person in (IRIS, THEO):
        told = await card(at_desk, person)
        assert "asks for 250 ⭐ back (5.00 USD)" in told.text
        assert f"Payment P{payment} · Telegram Stars" in told.text
        assert "Reason: I <changed> my mind" in told.text
        assert "It is not spent" in told.text
        assert told.labels == ["Give 250 ⭐ back", "Turn down", "Payment", "Customer", "Dashboard"]


async def test_one_tap_gives_it_back_and_the_other_operator_finds_it_decided(at_desk: Desk) -> None:
    payment = await asked(at_desk)
    theirs = await card(at_desk, THEO)
    done = await at_desk.press("Give 250", await card(at_desk))
    assert "on its way" in done.text
    assert "agreed to, on its way · by Iris" in done.text
    late = await at_desk.press("Give 250", theirs, THEO)
    assert "decided already" in late.text
    assert "by Iris" in late.text
    assert await states(at_desk, payment) == ["sending"]
    assert (await at_desk.bench.money()).stars.micros == 0
    assert "refund payment P" in (await at_desk.say("/audit")).text


async def test_a_no_asks_for_its_reason_and_the_customer_reads_it(at_desk: Desk) -> None:
    payment = await asked(at_desk)
    question = await at_desk.press("Turn down", await card(at_desk))
    assert "the customer reads it as you write it" in question.text
    assert "Only text" in (await at_desk.counter.upload(b"x", "x.txt", IRIS)).text
    assert "501 characters" in (await at_desk.say("x" * 501)).text
    done = await at_desk.say("It was <used>")
    assert "Turned down." in done.text
    await at_desk.counter.deliver()
    assert "turned down.\nIt was <used>" in (await at_desk.counter.last(MINA)).text
    assert await states(at_desk, payment) == ["refused"]
    assert "no: It was <used>" in (await at_desk.say("/audit")).text


async def test_a_no_after_somebody_elses_yes_changes_nothing(at_desk: Desk) -> None:
    payment = await asked(at_desk)
    await at_desk.press("Turn down", await card(at_desk))
    await at_desk.press("Give 250", await card(at_desk, THEO), THEO)
    assert "decided already" in (await at_desk.say("no")).text
    assert await states(at_desk, payment) == ["sending"]


async def test_cancel_leaves_the_request_waiting(at_desk: Desk) -> None:
    payment = await asked(at_desk)
    await at_desk.press("Turn down", await card(at_desk))
    assert "asks for 250" in (await at_desk.say("/cancel")).text
    assert "did not understand" in (await at_desk.say("no")).text
    assert await states(at_desk, payment) == ["asked"]


async def test_the_desk_counts_what_waits_and_leads_there(at_desk: Desk) -> None:
    assert "Asked back" not in "".join((await at_desk.say("/admin")).labels)
    await asked(at_desk)
    await till.stray(at_desk.bench)
    dashboard = await at_desk.say("/admin")
    assert {"Asked back (1)", "Fits nobody (1)"} <= set(dashboard.labels)
    waiting = await at_desk.press("Asked back", dashboard)
    assert "asks for money back" in waiting.text
    assert "asks for 250" in (await at_desk.press("250 ⭐", waiting)).text
    assert "fit nobody" in (await at_desk.press("Fits nobody", await at_desk.say("/admin"))).text


async def test_a_large_refund_needs_a_second_operator_and_is_done_once(tmp_path: Path) -> None:
    async with desk(tmp_path, alone="1") as at_desk:
        await till.open_ways(at_desk.bench)
        payment = await asked(at_desk)
        waits = await at_desk.press("Give 250", await card(at_desk))
        assert "Give payment P" in waits.text
        assert await states(at_desk, payment) == ["asked"]
        await at_desk.counter.deliver()
        done = await at_desk.press("Yes", await at_desk.counter.last(THEO), THEO)
        assert await states(at_desk, payment) == ["sending"], done.text


async def test_a_request_that_was_turned_down_cannot_be_agreed_to_by_an_older_wish(tmp_path: Path) -> None:
    async with desk(tmp_path, alone="1") as at_desk:
        await till.open_ways(at_desk.bench)
        payment = await asked(at_desk)
        mine = await card(at_desk)
        await at_desk.press("Give 250", mine)
        await at_desk.counter.deliver()
        theirs = await at_desk.counter.last(THEO)
        refund = (await at_desk.bench.shop.db.read(lambda tx: refunds.of_payment(tx, payment)))[0]
        await at_desk.press_data_of(mine, AskNo(refund.id).pack())
        await at_desk.say("It was used")
        await at_desk.press("Yes", theirs, THEO)
        assert await states(at_desk, payment) == ["refused"]


async def test_a_customers_payments_lead_to_everything_known_of_one(at_desk: Desk) -> None:
    payment = await till.pay(at_desk.bench)
    listed = await at_desk.press("Payments", await at_desk.say(f"/user {MINA}"))
    assert "Payments of" in listed.text
    shown = await at_desk.press("250 ⭐", listed)
    for said in (
        f"Payment P{payment.id} · credited",
        payment.payment_id,
        f"Paid by {MINA}",
        "Top-up T",
        "came in 5.00",
    ):
        assert said in shown.text
    assert "Unspent: 5.00 USD of 5.00 USD" in shown.text


async def test_who_paid_nothing_has_no_payments(at_desk: Desk) -> None:
    listed = await at_desk.press("Payments", await at_desk.say(f"/user {THEO}"))
    assert "has not paid anything in" in listed.text


async def test_a_payment_is_found_by_its_number_its_topups_and_its_charge_id(at_desk: Desk) -> None:
    payment = await till.pay(at_desk.bench)
    for typed in (f"P{payment.id}", f"p{payment.id}", f"T{payment.topup_id}", payment.payment_id):
        assert f"Payment P{payment.id} ·" in (await at_desk.say(f"/find {typed}")).text, typed
    order = await at_desk.bench.order()
    assert f"#{order.id}" in (await at_desk.say(f"/find {order.id}")).text
    assert "no order" in (await at_desk.say("/find 999")).text.lower()
    assert "a charge id from a receipt" in (await at_desk.say("/find P999")).text


async def test_stars_go_back_whole_after_reason_and_second_tap(at_desk: Desk) -> None:
    payment = await till.pay(at_desk.bench)
    shown = await opened(at_desk, payment.id)
    assert "Give a part back" not in shown.labels
    await at_desk.press("Give 250 ⭐ back", shown)
    sure = await at_desk.say("Goodwill")
    assert "Give 250 ⭐ of P" in sure.text
    assert "5.00 USD leaves the wallet of Mina" in sure.text
    assert await states(at_desk, payment.id) == []
    done = await at_desk.press("Give 5.00 USD back", sure)
    assert "on its way" in done.text
    await at_desk.press_data_of(sure, sure.data("Give 5.00"))
    assert await states(at_desk, payment.id) == ["sending"]


async def test_of_crypto_a_part_can_go_back(at_desk: Desk) -> None:
    shop = at_desk.bench.shop
    at_desk.bench.shop = replace(shop, terms=replace(shop.terms, cryptopay=True))
    await at_desk.counter.restart()
    payment = await till.pay(at_desk.bench, "8", Gateway.CRYPTOPAY)
    await at_desk.press("Give a part back", await opened(at_desk, payment.id))
    assert "at most 8.00 USD" in (await at_desk.say("9")).text
    assert "amount" in (await at_desk.say("a lot")).text
    await at_desk.say("3")
    sure = await at_desk.say("Part of it")
    assert "Give 3.00 USD of P" in sure.text
    await at_desk.press("Give 3.00 USD back", sure)
    begun = (await at_desk.bench.shop.db.read(lambda tx: refunds.of_payment(tx, payment.id)))[0]
    await refunding.settle(at_desk.bench.shop, begun.id, Done(), at_desk.bench.clock())
    again = await opened(at_desk, payment.id)
    assert "partly back" in again.text
    assert "Give 5.00 USD back" in again.labels


async def test_a_request_whose_money_is_spent_warns_and_gives_nothing(at_desk: Desk) -> None:
    await at_desk.say(f"/debit {MINA} 10 nothing left but Stars")
    payment = await asked(at_desk)
    await at_desk.bench.order()
    shown = await at_desk.press_data_of(await at_desk.say("/admin"), ShowRequest(1).pack())
    assert "of 5.00 USD is not spent: as it stands it cannot go back" in shown.text
    refused = await at_desk.press("Give 250", shown)
    assert "It cannot go back" in refused.text
    assert await states(at_desk, payment) == ["asked"]


async def ended_order(at_desk: Desk) -> Order:
    order = await at_desk.bench.active_order()
    return await engine_desk.decide(at_desk.bench.shop, order.id, money("0"), IRIS, at_desk.bench.clock())


async def test_money_of_an_order_goes_back_to_the_wallet_in_parts_or_whole(at_desk: Desk) -> None:
    order = await ended_order(at_desk)
    shown = await at_desk.say(f"/find {order.id}")
    await at_desk.press("Give a part back", shown)
    assert "At most" in (await at_desk.say("1000")).text
    await at_desk.say("0.0001")
    sure = await at_desk.say("It was <late>")
    assert f"Give 0.0001 USD of order #{order.id} back to the wallet of Mina" in sure.text
    done = await at_desk.press("Give 0.0001 USD back", sure)
    assert "The money is in the wallet" in done.text
    assert (await at_desk.bench.read(order.id)).returned == money("0.0001")
    await at_desk.counter.deliver()
    assert "It was <late>" in (await at_desk.newest("came back to your wallet", MINA)).text
    await at_desk.press("USD back", done)
    sure = await at_desk.say("Goodwill")
    done = await at_desk.press("Give", sure)
    assert not any("back" in label for label in done.labels)
    assert (await at_desk.bench.read(order.id)).returned == order.charge
    assert "give back order" in (await at_desk.say("/audit")).text
    await at_desk.bench.sound()


async def test_a_running_order_has_no_money_to_give_back(at_desk: Desk) -> None:
    order = await at_desk.bench.active_order()
    shown = await at_desk.say(f"/find {order.id}")
    assert not any("back" in label for label in shown.labels)
    late = await at_desk.press_data_of(shown, AskGiveOrder(order.id, 0).pack())
    assert f"#{order.id}" in late.text


async def test_a_large_amount_of_an_order_needs_a_second_operator(tmp_path: Path) -> None:
    async with desk(tmp_path, alone="0.001") as at_desk:
        order = await at_desk.bench.active_order()
        order = await engine_desk.decide(at_desk.bench.shop, order.id, money("0"), IRIS, at_desk.bench.clock())
        await at_desk.press("USD back", await at_desk.say(f"/find {order.id}"))
        waits = await at_desk.press("Give", await at_desk.say("It was late"))
        assert f"of order #{order.id} back to the wallet of Mina" in waits.text
        await at_desk.counter.deliver()
        await at_desk.press("Yes", await at_desk.counter.last(THEO), THEO)
        assert (await at_desk.bench.read(order.id)).returned == order.charge


async def test_a_tap_on_an_older_preview_gives_nothing(at_desk: Desk) -> None:
    payment = await till.pay(at_desk.bench)
    shown = await opened(at_desk, payment.id)
    await at_desk.press_data_of(shown, Give(1).pack())
    assert "no longer kept" in (await at_desk.counter.toasts())[-1]
    assert await states(at_desk, payment.id) == []


async def test_a_payment_that_fits_nobody_is_credited_to_the_customer_somebody_names(at_desk: Desk) -> None:
    payment = await till.stray(at_desk.bench)
    await at_desk.counter.deliver()
    alert = await at_desk.newest("fits nobody")
    assert "Telegram Stars has 250 ⭐ that belongs to no top-up" in alert.text
    await at_desk.press("Whose is it", alert)
    assert "Nobody with the id 12345" in (await at_desk.say("12345")).text
    sure = await at_desk.say(str(MINA))
    assert "This cannot be undone" in sure.text
    done = await at_desk.press("Credit it", sure)
    assert "is credited" in done.text
    found = await till.payment(at_desk.bench, payment.id)
    assert (found.state, found.customer_id) == (PaymentState.CREDITED, MINA)
    assert (await at_desk.bench.money()).stars == payment.amount
    late = await at_desk.press_data_of(sure, Assign(payment.id, THEO).pack())
    assert "does not wait" in late.text
    await at_desk.counter.deliver()
    assert "came in" in (await at_desk.counter.last(MINA)).text
    assert f"to customer {MINA}" in (await at_desk.say("/audit")).text
    await at_desk.bench.sound()


async def test_whoever_paid_it_is_one_tap_away(at_desk: Desk) -> None:
    stray = await till.stray(at_desk.bench)
    topup = await till.ask(at_desk.bench)
    paid = replace(till.paid_for(topup, at_desk.bench.clock()), token="no-such", payment_id="by-mina")
    await till.record(at_desk.bench, paid)
    question = await at_desk.press("Whose is it", await at_desk.say("/find by-mina"))
    sure = await at_desk.press("who paid it", question)
    assert "to Mina" in sure.text
    assert not any(
        "who paid it" in label for label in (await at_desk.press("Whose", await opened(at_desk, stray.id))).labels
    )


async def test_a_large_payment_that_fits_nobody_needs_a_second_operator(tmp_path: Path) -> None:
    async with desk(tmp_path, alone="1") as at_desk:
        await till.open_ways(at_desk.bench)
        payment = await till.stray(at_desk.bench)
        sure = await at_desk.press_data_of(await at_desk.say("/admin"), Assign(payment.id, MINA).pack())
        assert "which fitted nobody, is of Mina" in sure.text
        await at_desk.counter.deliver()
        await at_desk.press("Yes", await at_desk.counter.last(THEO), THEO)
        assert (await till.payment(at_desk.bench, payment.id)).customer_id == MINA


async def test_buttons_of_what_is_not_there_say_so(at_desk: Desk) -> None:
    shown = await at_desk.say("/admin")
    assert "no such payment" in (await at_desk.press_data_of(shown, ShowPayment(99).pack())).text
    for button in (ShowRequest(99), Agree(99), AskNo(99)):
        shown = await at_desk.say("/admin")
        assert "no such request" in (await at_desk.press_data_of(shown, button.pack())).text


async def test_what_an_operator_began_is_no_request(at_desk: Desk) -> None:
    payment = await till.pay(at_desk.bench)
    giving = Refunding(1, IRIS, payment.id, None, "goodwill")
    await refunding.begin(at_desk.bench.shop, giving, at_desk.bench.clock())
    assert (await at_desk.say("/admin")).labels.count("Asked back (1)") == 0
    assert "going back" in (await opened(at_desk, payment.id)).text


async def test_nobody_else_reaches_payments(at_desk: Desk) -> None:
    payment = await asked(at_desk)
    mine = await at_desk.counter.last(MINA)
    refund = (await at_desk.bench.shop.db.read(lambda tx: refunds.of_payment(tx, payment)))[0]
    await at_desk.press_data_of(mine, Agree(refund.id).pack(), MINA)
    assert await states(at_desk, payment) == ["asked"]
