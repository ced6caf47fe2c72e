"""The webhook: only the gateway is heard, only its own record is believed, and no call is needed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.domain.topups import PaymentState, TopupState
from bot.sandbox.cryptopay.shown import moment
from bot.web.cryptopay import webhook
from bot.web.health import create_health
from storage.database import Kind
from tests.gateway_kit import Till, till
from tests.kit import money
from tests.sandbox.cryptopay_kit import TOKEN, signed

PATH = "/cryptopay/long-and-hard-to-guess"


@dataclass
class Gate:
    """The shop's site, and whoever knocks at it."""

    till: Till
    url: str

    async def call(self, body: bytes, signature: str | None = None) -> int:
        headers = {} if signature is None else {"crypto-pay-api-signature": signature}
        async with self.till.gateway.session.post(self.url, data=body, headers=headers) as answer:
            assert await answer.read() == b"" or answer.status == 413
            return answer.status

    async def signed(self, body: bytes, token: str = TOKEN) -> int:
        return await self.call(body, signed(body, token))

    async def invoice(self, invoice: str | None) -> dict[str, Any]:
        state = await self.till.gateway.control("state", method="GET")
        [found] = [row for row in state["invoices"] if str(row["invoice_id"]) == invoice]
        return dict(found)

    def update(self, invoice: dict[str, Any], age: timedelta = timedelta(0), **changes: Any) -> bytes:
        when = moment(self.till.clock() - age)
        update = {"update_id": 1, "update_type": "invoice_paid", "request_date": when, "payload": invoice}
        return json.dumps({**update, **changes}).encode()


@pytest.fixture
async def gate(tmp_path: Path, both_databases: Kind) -> AsyncIterator[Gate]:
    async def checks() -> dict[str, bool]:
        return {}

    async with till(tmp_path) as made:
        runner = web.AppRunner(create_health(checks, [webhook(made.shop, PATH, made.clock)]), access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            base = f"http://127.0.0.1:{runner.addresses[0][1]}"
            await made.gateway.control("webhook", {"url": base + PATH, "lose": True})
            yield Gate(made, base + PATH)
        finally:
            await runner.cleanup()


async def test_a_call_about_a_payment_credits_it_once_however_often_it_comes(gate: Gate) -> None:
    topup = await gate.till.invoiced("5")
    await gate.till.pay(topup)
    body = gate.update(await gate.invoice(topup.invoice))
    assert [await gate.signed(body) for _ in range(3)] == [200, 200, 200]
    assert (await gate.till.read(topup)).state is TopupState.PAID
    assert (await gate.till.bench.money()).available == money("5")
    await gate.till.watch.step()
    assert len(await gate.till.payments()) == 1


async def test_the_sandboxs_own_calls_reach_it_repeated_and_out_of_order(gate: Gate) -> None:
    await gate.till.gateway.control("webhook", {"lose": False, "repeats": 2, "reorder": True})
    asked = [await gate.till.invoiced("5"), await gate.till.invoiced("7")]
    bell = gate.till.shop.bells.notices
    seen = bell.rung
    for topup in asked:
        await gate.till.pay(topup)
    async with asyncio.timeout(20):
        while len(await gate.till.payments()) < len(asked):
            await bell.wait(seen, 20)
            seen = bell.rung
    assert (await gate.till.bench.money()).available == money("12")


async def test_what_is_not_signed_by_the_gateway_is_turned_away_without_a_word(gate: Gate) -> None:
    topup = await gate.till.invoiced("5")
    await gate.till.pay(topup)
    body = gate.update(await gate.invoice(topup.invoice))
    asked = len(await gate.till.asked("getInvoices"))
    for signature in (None, "", "0" * 64, signed(body, "31415:another-merchants-token"), signed(body + b" "), "\u00fc"):
        assert await gate.call(body, signature) == 401
    # Written anew, as a proxy might, it is other bytes.
    assert await gate.call(json.dumps(json.loads(body), indent=1).encode(), signed(body)) == 401
    assert len(await gate.till.asked("getInvoices")) == asked
    assert await gate.till.payments() == []


@pytest.mark.parametrize("age", [timedelta(minutes=11), timedelta(minutes=-3), timedelta(days=30)])
async def test_an_old_call_is_somebodys_copy(gate: Gate, age: timedelta) -> None:
    topup = await gate.till.invoiced("5")
    await gate.till.pay(topup)
    assert await gate.signed(gate.update(await gate.invoice(topup.invoice), age)) == 401
    assert await gate.till.payments() == []


@pytest.mark.parametrize(
    "change",
    [{"amount": "5000"}, {"amount": "5.000000001"}, {"fiat": "EUR"}, {"payload": "another-top-up"}, {"amount": 1e3}],
)
async def test_whatever_a_call_says_the_gateways_own_record_is_credited(gate: Gate, change: dict[str, Any]) -> None:
    topup = await gate.till.invoiced("5")
    await gate.till.pay(topup)
    assert await gate.signed(gate.update({**await gate.invoice(topup.invoice), **change})) == 200
    [payment] = await gate.till.payments()
    assert (payment.amount, payment.state) == (money("5"), PaymentState.CREDITED)


async def test_a_call_about_what_was_not_paid_or_is_unknown_changes_nothing(gate: Gate) -> None:
    topup = await gate.till.invoiced("5")
    claimed = {**await gate.invoice(topup.invoice), "status": "paid", "paid_at": moment(gate.till.clock())}
    assert await gate.signed(gate.update(claimed)) == 200
    assert await gate.signed(gate.update({**claimed, "invoice_id": 1})) == 200
    assert await gate.till.payments() == []
    assert (await gate.till.read(topup)).state is TopupState.NEW


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"\xff", b'{"update_type": "check_activated"}', b"[" * 30_000])
async def test_a_signed_call_that_cannot_be_read_is_not_asked_for_again(gate: Gate, body: bytes) -> None:
    assert await gate.signed(body) == 200
    assert await gate.till.asked("getInvoices") == []


async def test_a_call_that_is_too_long_is_refused_before_it_is_read(gate: Gate) -> None:
    assert await gate.signed(b" " * 65_537) == 413


async def test_while_the_gateway_cannot_be_asked_it_is_told_to_call_again(gate: Gate) -> None:
    topup = await gate.till.invoiced("5")
    await gate.till.pay(topup)
    await gate.till.gateway.control("faults", {"kind": "down", "method": "getInvoices"})
    body = gate.update(await gate.invoice(topup.invoice))
    assert await gate.signed(body) == 503
    assert await gate.till.payments() == []
    await gate.till.gateway.control("faults", method="DELETE")
    assert await gate.signed(body) == 200
    assert len(await gate.till.payments()) == 1


async def test_bytes_that_are_no_text_are_no_signature_either(gate: Gate) -> None:
    host, _, path = gate.url.removeprefix("http://").partition("/")
    reader, writer = await asyncio.open_connection(*host.split(":"))
    head = f"POST /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 2\r\n"
    writer.write(head.encode() + b"crypto-pay-api-signature: \xff\xfe\r\n\r\n{}")
    assert (await reader.readline()).split()[1] == b"401"
    writer.close()
