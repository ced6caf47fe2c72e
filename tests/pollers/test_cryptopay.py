"""What the shop learns by asking the gateway: paid, late, lost, missing, odd, and that nobody answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.topups import Gateway, Paid, PaymentState, TopupState
from bot.engine import cryptopay, star_books, topups
from bot.payments.errors import Refused, Unreachable
from storage.database import Kind
from tests.gateway_kit import Till, till
from tests.kit import money


@pytest.fixture
async def desk(tmp_path: Path, both_databases: Kind) -> AsyncIterator[Till]:
    async with till(tmp_path) as made:
        yield made


async def test_a_top_up_gets_one_invoice_that_carries_its_token(desk: Till) -> None:
    topup = await desk.invoiced("12.34")
    assert topup.url is not None
    assert (await cryptopay.invoice_for(desk.shop, topup, desk.clock())).url == topup.url
    [asked] = await desk.asked("createInvoice")
    assert asked == {
        "currency_type": "fiat", "fiat": "USD", "amount": "12.34", "payload": topup.token, "expires_in": "3600",
        "allow_comments": "false", "description": "Panelgram: 12.34 USD",
    }  # fmt: skip
    assert (await desk.read(topup)).state is TopupState.NEW


async def test_what_was_paid_is_credited_once_however_often_it_is_seen(desk: Till) -> None:
    topup = await desk.invoiced("5")
    assert await desk.watch.step() == timedelta(seconds=3)
    await desk.pay(topup, how="lost")
    for _ in range(3):
        await desk.watch.step()
        desk.clock.forward(minutes=5)
    assert (await desk.read(topup)).state is TopupState.PAID
    assert (await desk.bench.money()).available == money("5")
    [payment] = await desk.payments()
    assert (payment.payment_id, payment.state) == (topup.invoice, PaymentState.CREDITED)
    assert await desk.alerts() == []


async def test_nothing_is_asked_every_few_seconds_while_nobody_pays(desk: Till) -> None:
    assert await desk.watch.step() == timedelta(minutes=5)
    before = len(await desk.asked("getInvoices"))
    desk.clock.forward(minutes=2)
    assert await desk.watch.step() == timedelta(minutes=3)
    assert len(await desk.asked("getInvoices")) == before


async def test_an_invoice_that_nobody_paid_expires_and_a_late_payment_is_credited_as_late(desk: Till) -> None:
    topup = await desk.invoiced("5")
    desk.clock.forward(hours=1)
    await desk.watch.step()
    assert (await desk.read(topup)).state is TopupState.NEW  # what was paid in the last second would still be seen
    desk.clock.forward(seconds=6)
    await desk.watch.step()
    assert (await desk.read(topup)).state is TopupState.EXPIRED
    await desk.pay(topup, how="late")
    desk.clock.forward(minutes=5)
    await desk.watch.step()
    assert (await desk.read(topup)).state is TopupState.PAID_LATE
    assert (await desk.bench.money()).available == money("5")


async def test_money_paid_for_an_invoice_whose_making_nobody_noted_finds_its_home(desk: Till) -> None:
    """A crash between the gateway's answer and the commit, and somebody who paid all the same."""
    topup = await desk.ask("7")
    await desk.gateway.control("faults", {"kind": "lost", "method": "createInvoice", "count": 1})
    with pytest.raises(Unreachable):
        await cryptopay.invoice_for(desk.shop, topup, desk.clock())
    [orphan] = await desk.gateway.invoices()
    assert (await desk.read(topup)).invoice is None
    await desk.gateway.control(f"invoices/{orphan['invoice_id']}/pay", {})
    await desk.watch.step()
    assert (await desk.read(topup)).state is TopupState.PAID
    assert (await desk.bench.money()).available == money("7")


async def test_a_top_up_left_without_an_invoice_gets_one_from_the_poller(desk: Till) -> None:
    topup = await desk.ask("7")
    await desk.watch.step()
    assert (await desk.read(topup)).invoice is None  # whoever asked is about to
    desk.clock.forward(seconds=10)
    await desk.watch.step()
    assert (await desk.read(topup)).url is not None
    assert len(await desk.asked("createInvoice")) == 1


async def test_of_two_invoices_made_at_once_one_is_taken_back(desk: Till) -> None:
    topup = await desk.ask("7")
    real = desk.shop.cryptopay
    assert real is not None
    create = real.create_invoice

    async def slower(new):
        real.create_invoice = create  # type: ignore[method-assign]
        await cryptopay.invoice_for(desk.shop, topup, desk.clock())
        return await create(new)

    real.create_invoice = slower  # type: ignore[method-assign]
    done = await cryptopay.invoice_for(desk.shop, topup, desk.clock())
    [kept] = await desk.gateway.invoices()
    assert done.invoice == str(kept["invoice_id"])
    assert len(await desk.asked("deleteInvoice")) == 1


async def test_what_the_gateway_will_never_make_an_invoice_of_is_invalid(tmp_path: Path) -> None:
    async with till(tmp_path, currency="PLN") as desk:
        topup = await desk.ask("5")
        with pytest.raises(Refused):
            await cryptopay.invoice_for(desk.shop, topup, desk.clock())
        done = await desk.read(topup)
        assert (done.state, done.reason) == (TopupState.INVALID, "FIAT_INVALID")
        assert await desk.watch.step() == timedelta(minutes=5)


@pytest.mark.parametrize("change", [{"fiat": "EUR"}, {"amount": "4.000000001"}])
async def test_a_payment_is_worth_what_the_gateway_says_and_no_more(desk: Till, change: dict[str, str]) -> None:
    """Another currency fits nobody; another amount is credited as it is, the rest of a micro-unit is not."""
    topup = await desk.invoiced("5")
    await desk.pay(topup, **change)
    await desk.watch.step()
    [payment] = await desk.payments()
    if "fiat" in change:
        assert (payment.state, payment.customer_id) == (PaymentState.SUSPENSE, None)
        assert await desk.alerts() == ["payment-homeless"]
        assert (await desk.bench.money()).available == money("0")
    else:
        assert (await desk.read(topup)).state is TopupState.PAID_PARTIALLY
        assert (await desk.bench.money()).available == money("4")


async def test_money_of_an_invoice_nobody_here_asked_for_is_kept_apart(desk: Till) -> None:
    made = await desk.gateway.invoice(payload="somebody-elses", amount="3")
    await desk.gateway.control(f"invoices/{made['invoice_id']}/pay", {})
    await desk.watch.step()
    [payment] = await desk.payments()
    assert (payment.state, payment.amount) == (PaymentState.SUSPENSE, money("3"))
    assert await desk.alerts() == ["payment-homeless"]


async def test_what_was_paid_more_than_two_days_ago_is_not_looked_for(desk: Till) -> None:
    old = await desk.gateway.invoice(payload="before our time", expires_in=100)
    await desk.gateway.control(f"invoices/{old['invoice_id']}/pay", {})
    desk.clock.forward(hours=49)
    await desk.watch.step()
    assert await desk.payments() == []


async def test_a_payment_its_gateway_does_not_know_is_told_until_it_does(desk: Till) -> None:
    topup = await desk.invoiced("5")
    claimed = Paid(Gateway.CRYPTOPAY, topup.invoice or "", topup.asked, "USD", desk.clock(), topup.token)
    await topups.record(desk.shop, claimed, desk.clock())
    await desk.watch.step()
    assert await desk.alerts() == ["payment-missing"]
    await desk.pay(topup)
    desk.clock.forward(minutes=5)
    await desk.watch.step()
    assert await desk.alerts() == []


async def test_a_payment_with_another_amount_than_its_gateways_is_told(desk: Till) -> None:
    topup = await desk.invoiced("5")
    await desk.pay(topup)
    await desk.watch.step()
    await desk.gateway.control(f"invoices/{topup.invoice}/alter", {"amount": "4"})
    desk.clock.forward(minutes=5)
    await desk.watch.step()
    assert await desk.alerts() == ["payment-odd"]


async def test_a_gateway_that_fails_for_a_minute_is_told_once_until_it_answers(desk: Till) -> None:
    topup = await desk.invoiced("5")
    await desk.gateway.control("faults", {"kind": "down"})
    for _ in range(5):
        assert await desk.watch.step() == timedelta(seconds=15)
        desk.clock.forward(seconds=15)
    assert await desk.alerts() == ["gateway-failing"]
    await desk.gateway.control("faults", method="DELETE")
    await desk.pay(topup, how="lost")
    await desk.watch.step()
    assert await desk.alerts() == []
    assert (await desk.bench.money()).available == money("5")


async def test_nothing_expires_while_nobody_can_say_whether_it_was_paid(desk: Till) -> None:
    topup = await desk.invoiced("5")
    await desk.pay(topup, how="lost")
    await desk.gateway.control("faults", {"kind": "reset"})
    desk.clock.forward(hours=2)
    await desk.watch.step()
    assert (await desk.read(topup)).state is TopupState.NEW
    await desk.gateway.control("faults", method="DELETE")
    await desk.watch.step()
    assert (await desk.read(topup)).state is TopupState.PAID


async def test_the_message_of_an_expired_invoice_is_one_to_take_away(desk: Till) -> None:
    topup = await desk.invoiced("5")
    await topups.shown(desk.shop, topup.id, 77)
    desk.clock.forward(hours=1, seconds=6)
    assert await star_books.expire(desk.shop, desk.clock()) == []  # the gateway was not asked yet
    await desk.watch.step()
    [gone] = await star_books.expire(desk.shop, desk.clock())
    assert (gone.id, gone.message_id) == (topup.id, 77)


async def test_what_waits_for_a_gateway_that_is_configured_no_more_expires_all_the_same(desk: Till) -> None:
    topup = await desk.invoiced("5")
    desk.clock.forward(hours=1, seconds=6)
    await star_books.expire(replace(desk.shop, cryptopay=None), desk.clock())
    assert (await desk.read(topup)).state is TopupState.EXPIRED


async def test_a_comparison_asks_by_id_only_for_what_the_list_did_not_have(desk: Till) -> None:
    await desk.paid("5")
    before = len(await desk.asked("getInvoices"))
    await desk.watch.step()
    assert [fields.get("status") for fields in (await desk.asked("getInvoices"))[before:]] == ["paid"]
    assert await desk.alerts() == []
