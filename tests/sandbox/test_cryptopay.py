"""The sandbox gateway: invoices, their page, transfers, the webhook with its faults, and what outlives a restart."""

import aiohttp
import pytest

from tests.sandbox.cryptopay_kit import Client, listening, running, signed
from tests.sandbox.memory_kit import left_behind


async def press(client: Client, url: str, how: str, coin: str = "USDT") -> str:
    async with client.session.post(url, data={"coin": coin, "how": how}) as response:
        assert response.status == 200
        return await response.text()


async def test_only_the_token_opens_the_api() -> None:
    async with running() as client:
        assert await client.api("getMe") == {"app_id": 31415, "name": "Sandbox shop"}
        for token in ("", "31415:another", "ü"):
            assert (await client.raw("getMe", token=token))[1] == {
                "ok": False,
                "error": {"code": 401, "name": "UNAUTHORIZED"},
            }
        assert await client.refusal("getNothing") == (405, "METHOD_NOT_FOUND")


async def test_an_invoice_is_made_paid_on_its_page_and_listed() -> None:
    async with running() as client:
        made = await client.invoice(fiat="EUR", amount="10.00", payload="token-1", description="Top-up <b>")
        assert (made["status"], made["fiat"], made["amount"], made["payload"]) == ("active", "EUR", "10.00", "token-1")
        assert made["expiration_date"] == "2026-11-25T12:10:00.000Z"
        async with client.session.get(made["bot_invoice_url"]) as page:
            text = await page.text()
        assert "10.00 EUR" in text
        assert "Top-up &lt;b&gt;" in text
        assert "<strong>Paid</strong> with 3.375000 TON" in await press(client, made["bot_invoice_url"], "pay", "TON")
        [paid] = await client.invoices(status="paid")
        assert (paid["invoice_id"], paid["paid_asset"], paid["paid_amount"]) == (made["invoice_id"], "TON", "3.375000")
        assert await client.invoices(status="active") == []
        balance = {row["currency_code"]: row["available"] for row in await client.api("getBalance")}
        assert balance == {"USDT": "100", "TON": "103.375000"}


async def test_an_expired_invoice_takes_only_the_late_payment() -> None:
    async with running() as client:
        made = await client.invoice(expires_in=60)
        client.clock.pass_by(60)
        assert [row["status"] for row in await client.invoices(invoice_ids=made["invoice_id"])] == ["expired"]
        text = await press(client, made["bot_invoice_url"], "pay")
        assert "Expired" in text
        assert 'value="pay"' not in text
        assert "<strong>Paid</strong>" in await press(client, made["bot_invoice_url"], "late")
        [paid] = await client.invoices(status="paid")
        assert paid["paid_at"] == "2026-11-25T12:01:30.000Z"


async def test_an_invoice_can_be_taken_back_until_it_is_paid() -> None:
    async with running() as client:
        one, two = await client.invoice(), await client.invoice()
        assert await client.api("deleteInvoice", invoice_id=one["invoice_id"]) is True
        assert [row["invoice_id"] for row in await client.invoices()] == [two["invoice_id"]]
        async with client.session.get(one["bot_invoice_url"]) as page:
            assert page.status == 404
        await press(client, two["bot_invoice_url"], "pay")
        assert await client.refusal("deleteInvoice", invoice_id=two["invoice_id"]) == (400, "INVOICE_ALREADY_PAID")
        assert await client.refusal("deleteInvoice", invoice_id=1) == (400, "INVOICE_NOT_FOUND")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"amount": "-1"}, "AMOUNT_INVALID"), ({"amount": "NaN"}, "AMOUNT_INVALID"), ({"fiat": "ZZZ"}, "FIAT_INVALID"),
        ({"expires_in": 0}, "EXPIRES_IN_INVALID"), ({"expires_in": 2678401}, "EXPIRES_IN_INVALID"),
        ({"currency_type": "crypto"}, "CURRENCY_TYPE_INVALID"), ({"payload": "x" * 4097}, "PAYLOAD_TOO_LONG"),
    ],
)  # fmt: skip
async def test_what_is_no_invoice_is_refused(change: dict[str, object], name: str) -> None:
    async with running() as client:
        form = {"currency_type": "fiat", "fiat": "USD", "amount": "1", **change}
        assert await client.refusal("createInvoice", **form) == (400, name)


async def test_invoices_come_in_pages_newest_first() -> None:
    async with running() as client:
        made = [(await client.invoice(payload=f"token-{n}"))["invoice_id"] for n in range(5)]
        pages = [await client.invoices(offset=offset, count=2) for offset in (0, 2, 4, 6)]
        assert [[row["invoice_id"] for row in page] for page in pages] == [
            made[:2:-1], made[2:0:-1], made[:1], [],
        ]  # fmt: skip
        assert await client.refusal("getInvoices", count=1001) == (400, "COUNT_INVALID")


async def test_coins_are_sent_once_for_each_spend_id() -> None:
    async with running() as client:
        fields = {"user_id": 7, "asset": "USDT", "amount": "2.5", "spend_id": "ref:1"}
        sent = await client.api("transfer", **fields)
        assert (sent["status"], sent["spend_id"], sent["amount"]) == ("completed", "ref:1", "2.5")
        assert await client.refusal("transfer", **fields) == (400, "SPEND_ID_ALREADY_USED")
        assert (await client.api("getTransfers", spend_id="ref:1"))["items"] == [sent]
        assert (await client.api("getTransfers", spend_id="ref:2"))["items"] == []
        assert await client.refusal("transfer", **{**fields, "spend_id": "x", "amount": "98"}) == (
            400,
            "NOT_ENOUGH_COINS",
        )
        await client.control("transfers", {"enabled": False})
        assert await client.refusal("transfer", **{**fields, "spend_id": "y"}) == (403, "METHOD_DISABLED")


async def test_rates_follow_from_what_everything_is_worth() -> None:
    async with running() as client:
        rates = {(r["source"], r["target"]): r["rate"] for r in await client.api("getExchangeRates")}
        assert rates["TON", "USD"] == "3.20000000"
        assert rates["USDT", "EUR"] == "0.92592592"
        codes = {row["code"]: row["decimals"] for row in await client.api("getCurrencies")}
        assert codes["USDT"] == 6
        assert codes["USD"] == 8


# The webhook --------------------------------------------------------------------------------------


async def test_a_payment_is_told_to_the_webhook_until_it_is_taken() -> None:
    async with listening() as ear, running(webhook=ear.url) as client:
        ear.answers = [500, 401]
        made = await client.invoice()
        await press(client, made["bot_invoice_url"], "pay")
        updates = await ear.hears(3)
        assert updates[0] == updates[1] == updates[2]
        assert updates[0]["update_type"] == "invoice_paid"
        assert updates[0]["payload"]["invoice_id"] == made["invoice_id"]
        assert updates[0]["request_date"] == "2026-11-25T12:00:00.000Z"
        for body, signature in ear.heard:
            assert signature == signed(body)


async def test_a_callback_can_be_lost_repeated_reordered_and_forged() -> None:
    async with listening() as ear, running() as client:
        await client.control("webhook", {"url": ear.url, "repeats": 1, "reorder": True})
        lost = await client.invoice()
        await press(client, lost["bot_invoice_url"], "lost")
        one, two = await client.invoice(), await client.invoice()
        for made in (one, two):
            await client.control(f"invoices/{made['invoice_id']}/pay", {})
        told = [update["payload"]["invoice_id"] for update in await ear.hears(4)]
        assert sorted(told) == sorted([one["invoice_id"], two["invoice_id"]] * 2)
        await client.control("webhook", {"repeats": 0, "reorder": False, "forge": True})
        await client.control(f"invoices/{(await client.invoice())['invoice_id']}/pay", {})
        await ear.hears(5)
        body, signature = ear.heard[4]
        assert signature != signed(body)


async def test_updates_go_to_this_machine_alone() -> None:
    async with running() as client:
        assert await client.control("webhook", {"url": "https://shop.example/hook"}, status=400) == {
            "error": "url: not on this machine"
        }


# The wire and the memory --------------------------------------------------------------------------


async def test_the_wire_breaks_as_told() -> None:
    async with running() as client:
        await client.control("faults", {"kind": "down", "method": "getMe", "count": 1})
        headers = {"Crypto-Pay-API-Token": "31415:a-gateway-token-for-tests"}
        async with client.session.get(f"{client.base}/api/getMe", headers=headers) as response:
            assert response.status == 503
        assert (await client.api("getMe"))["app_id"] == 31415
        await client.control("faults", {"kind": "lost", "method": "createInvoice", "count": 1})
        with pytest.raises(aiohttp.ClientError):
            await client.invoice(payload="nobody was told")
        assert [row["payload"] for row in await client.invoices()] == ["nobody was told"]
        await client.control("faults", {"kind": "reset"})
        with pytest.raises(aiohttp.ClientError):
            await client.invoice()
        await client.control("faults", method="DELETE")
        assert len(await client.invoices()) == 1


async def test_what_was_paid_outlives_a_killed_gateway(tmp_path) -> None:
    async with running(memory=tmp_path / "gateway.json") as client:
        made = await client.invoice(payload="token-1")
        await press(client, made["bot_invoice_url"], "pay")
        await client.api("transfer", user_id=7, asset="USDT", amount="1", spend_id="ref:1")
        kept = await left_behind(tmp_path / "gateway.json", tmp_path / "after", lambda text: "ref:1" in text)
    async with running(memory=kept) as client:
        [paid] = await client.invoices(status="paid")
        assert (paid["payload"], paid["hash"]) == ("token-1", made["hash"])
        assert await client.refusal("transfer", user_id=7, asset="USDT", amount="1", spend_id="ref:1") == (
            400,
            "SPEND_ID_ALREADY_USED",
        )
        assert (await client.invoice())["invoice_id"] > made["invoice_id"] + 900
