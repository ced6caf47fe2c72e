"""The client against the sandbox gateway over HTTP: every method, every refusal, and a wire that breaks."""

from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from pydantic import SecretStr

from bot import check
from bot.payments.cryptopay import CryptoPay, Limits, NewInvoice, NewTransfer
from bot.payments.cryptopay_wire import InvoiceStatus
from bot.payments.errors import GatewayError, Refused, Unreachable, Unreadable
from bot.sandbox.cryptopay import CryptoPayConfig, serve_cryptopay
from bot.wire.exchange import Bounds
from bot.wire.reasons import LostReason, UnsentReason
from tests.sandbox.cryptopay_kit import START, TOKEN, running, signed

NEW = NewInvoice(Decimal("12.50"), "USD", "token-1", timedelta(minutes=10), "Top-up of Panelgram & friends +1")
SENT = NewTransfer(7, "USDT", Decimal("2.5"), "ref:1")


async def test_every_method_says_what_the_gateway_says(connect) -> None:
    async with running() as gateway:
        client: CryptoPay = connect(f"{gateway.base}/api")
        assert (await client.me()).app_id == "31415"
        made = await client.create_invoice(NEW)
        assert made.status is InvoiceStatus.ACTIVE
        assert (made.amount, made.currency, made.payload, made.created_at) == (
            Decimal("12.50"), "USD", "token-1", START,
        )  # fmt: skip
        assert made.url is not None
        assert made.url.startswith(f"{gateway.base}/pay/")
        assert (await client.paid()).invoices == ()
        [shown] = (await gateway.control("state", method="GET"))["invoices"]
        assert (shown["description"], shown["allow_comments"]) == (NEW.description, False)
        await gateway.control(f"invoices/{made.invoice_id}/pay", {"coin": "TON"})
        [paid] = (await client.paid()).invoices
        assert (paid.status, paid.paid_at, paid.paid_asset, paid.paid_amount) == (
            InvoiceStatus.PAID, START, "TON", Decimal("3.906250"),
        )  # fmt: skip
        assert (await client.invoices([made.invoice_id, "999"])).invoices == (paid,)
        assert (await client.invoices([])).invoices == ()
        rates = {(r.source, r.target): r.rate for r in await client.rates()}
        assert rates["TON", "USD"] == Decimal("3.2")
        assert {c.code: (c.decimals, c.is_fiat) for c in await client.currencies()}["USD"] == (8, True)
        assert {b.code: b.available for b in await client.balances()}["TON"] == Decimal("103.90625")


async def test_an_invoice_nobody_paid_can_be_taken_back(connect) -> None:
    async with running() as gateway:
        client = connect(f"{gateway.base}/api/")
        made = await client.create_invoice(NEW)
        await client.delete_invoice(made.invoice_id)
        assert (await client.invoices([made.invoice_id])).invoices == ()
        with pytest.raises(Refused) as refused:
            await client.delete_invoice(made.invoice_id)
        assert refused.value.for_good


async def test_a_transfer_whose_answer_was_lost_is_found_by_its_spend_id(connect) -> None:
    async with running() as gateway:
        client = connect(f"{gateway.base}/api")
        assert await client.transfer_of("ref:1") is None
        await gateway.control("faults", {"kind": "lost", "method": "transfer", "count": 1})
        with pytest.raises(Unreachable) as lost:
            await client.transfer(SENT)
        assert not lost.value.nothing_happened
        done = await client.transfer_of("ref:1")
        assert done is not None
        assert (done.user_id, done.asset, done.amount) == ("7", "USDT", Decimal("2.5"))
        with pytest.raises(Refused):
            await client.transfer(SENT)


@pytest.mark.parametrize(("code", "passing"), [(401, True), (429, True), (403, False), (400, False), (500, True)])
def test_only_what_is_about_the_request_is_refused_for_good(code: int, passing: bool) -> None:
    refused = Refused(code, "NO")
    assert refused.for_good is not passing
    assert refused.nothing_happened is (code < 500)


async def test_a_method_that_is_off_is_refused_by_name(connect) -> None:
    async with running() as gateway:
        await gateway.control("transfers", {"enabled": False})
        with pytest.raises(Refused) as refused:
            await connect(f"{gateway.base}/api").transfer(SENT)
        assert (refused.value.code, refused.value.name, refused.value.for_good) == (403, "METHOD_DISABLED", True)


async def test_another_token_is_refused_and_shown_nowhere(client_http: httpx.AsyncClient) -> None:
    async with running() as gateway:
        wrong = CryptoPay(f"{gateway.base}/api", SecretStr("1:a-wrong-token-nobody-may-read"), client_http)
        with pytest.raises(Refused) as refused:
            await wrong.me()
        assert refused.value.code == 401
        assert not refused.value.for_good
        for shown in (str(refused.value), repr(refused.value), repr(wrong)):
            assert "wrong-token" not in shown
        assert all("wrong-token" not in str(entry) for entry in await gateway.control("journal", method="GET"))


@pytest.mark.parametrize(
    ("kind", "error"),
    [("down", Unreadable), ("junk", Unreadable), ("reset", Unreachable), ("lost", Unreachable)],
)
async def test_a_wire_that_breaks_is_an_error_that_proves_nothing(
    connect, kind: str, error: type[GatewayError]
) -> None:
    async with running() as gateway:
        await gateway.control("faults", {"kind": kind})
        client = connect(f"{gateway.base}/api")
        with pytest.raises(error) as broken:
            await client.create_invoice(NEW)
        assert not broken.value.nothing_happened
        with pytest.raises(error):
            await client.paid()


async def test_nobody_there_proves_that_nothing_happened(connect) -> None:
    async with running() as gateway:
        base = gateway.base
    with pytest.raises(Unreachable) as error:
        await connect(f"{base}/api").create_invoice(NEW)
    assert error.value.reason is UnsentReason.CONNECT
    assert error.value.nothing_happened


def test_the_signature_is_over_the_raw_body_with_the_hash_of_the_token(connect) -> None:
    client, body = connect("https://pay.example/api"), '{"a": 1, "ü": "\\u00fc"}'.encode()
    assert client.signed(body, signed(body))
    assert client.signed(body, signed(body).upper())
    for other in (signed(body, "31415:another"), signed(body + b" "), signed(body)[:-1], "", "ü", "0" * 64):
        assert not client.signed(body, other)
    assert TOKEN not in repr(client)


@pytest.mark.parametrize("seconds", [0, 2_678_401])
async def test_what_the_gateway_would_not_take_is_not_asked(connect, seconds: int) -> None:
    client = connect("https://pay.example/api")
    with pytest.raises(ValueError, match="a second to a month"):
        await client.create_invoice(NewInvoice(Decimal(1), "USD", "t", timedelta(seconds=seconds)))
    with pytest.raises(ValueError, match="1 to 64"):
        await client.transfer(NewTransfer(7, "USDT", Decimal(1), "x" * 65))


async def test_a_redirect_is_not_followed(client_http: httpx.AsyncClient) -> None:
    def elsewhere(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "pay.example"
        return httpx.Response(302, headers={"Location": "https://elsewhere.example/"}, stream=httpx.ByteStream(b""))

    async with httpx.AsyncClient(transport=httpx.MockTransport(elsewhere)) as http:
        with pytest.raises(Unreadable) as error:
            await CryptoPay("https://pay.example/api", SecretStr(TOKEN), http).me()
    assert error.value.reason is LostReason.REDIRECTED


async def test_a_gateway_that_never_answers_is_waited_for_no_longer_than_is_bearable(
    client_http: httpx.AsyncClient,
) -> None:
    quick = Bounds(read_seconds=0.1, total_seconds=0.3)
    async with running() as gateway:
        await gateway.control("faults", {"kind": "hang"})
        client = CryptoPay(f"{gateway.base}/api", SecretStr(TOKEN), client_http, Limits(quick, quick))
        for ask in (client.me, client.paid):
            with pytest.raises(Unreachable) as slow:
                await ask()
            assert slow.value.reason is LostReason.TIMEOUT
            assert not slow.value.nothing_happened


async def test_a_kept_connection_that_died_is_no_failure_of_a_question(connect) -> None:
    config = CryptoPayConfig(TOKEN)
    async with serve_cryptopay(config) as base:
        client = connect(f"{base}/api")
        await client.me()
    async with serve_cryptopay(config, port=int(base.rpartition(":")[2])):
        assert (await client.me()).app_id == "31415"


@pytest.mark.parametrize(
    ("token", "currency", "passed", "detail"),
    [
        (TOKEN, "USD", True, "app 31415 Sandbox shop"),
        (TOKEN, "PLN", False, "it makes no invoices in PLN"),
        ("1:a-wrong-token-nobody-may-read", "USD", False, "the gateway refused: 401 UNAUTHORIZED"),
    ],
)
async def test_a_check_tries_the_token_and_the_shops_currency(
    client_http: httpx.AsyncClient, token: str, currency: str, passed: bool, detail: str
) -> None:
    async with running() as gateway:
        client = CryptoPay(f"{gateway.base}/api", SecretStr(token), client_http)
        assert await check._cryptopay(client, currency) == check.Result("Crypto Pay", passed, detail)
