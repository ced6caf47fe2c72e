"""What a gateway may write and what is believed of it: nothing that is missing, of another kind, or no number."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bot.payments.cryptopay import CryptoPay
from bot.payments.cryptopay_wire import read_invoice, read_rows, read_update, unwrapped
from bot.payments.errors import GatewayError, Refused, Unreadable
from bot.wire.reading import Malformed, parse_json
from bot.wire.reasons import LostReason
from tests.sandbox.cryptopay_kit import TOKEN

PAID: dict[str, Any] = {
    "invoice_id": 528890, "hash": "IVabc", "currency_type": "fiat", "fiat": "USD", "amount": "10.5",
    "bot_invoice_url": "https://t.example/CryptoBot?start=IVabc", "status": "paid", "payload": "token-1",
    "created_at": "2026-11-25T12:00:00.341Z", "paid_at": "2026-11-25T12:05:00.000Z", "paid_asset": "TON",
    "paid_amount": "3.28125", "fee_amount": 0.03, "unknown_field": {"a": [1]},
}  # fmt: skip


def test_an_invoice_is_read_without_floats() -> None:
    invoice = read_invoice(parse_json(json.dumps(PAID).encode()))
    assert (invoice.invoice_id, invoice.amount, invoice.currency) == ("528890", Decimal("10.5"), "USD")
    assert invoice.paid_at == datetime(2026, 11, 25, 12, 5, tzinfo=UTC)
    assert invoice.url == "https://t.example/CryptoBot?start=IVabc"


@pytest.mark.parametrize("text", ["10.000000001", "1e1", "0.1000000000000000055511151231257827"])
def test_amounts_are_kept_to_their_last_digit(text: str) -> None:
    for written in (text, Decimal(text)):
        body = json.dumps({**PAID, "amount": "?"}).replace('"?"', f'"{text}"' if written is text else text)
        assert read_invoice(parse_json(body.encode())).amount == Decimal(text)


@pytest.mark.parametrize(
    "change",
    [
        {"invoice_id": None}, {"invoice_id": 0}, {"invoice_id": True}, {"invoice_id": 1.5}, {"invoice_id": "../1"},
        {"status": "Paid"}, {"status": None}, {"status": ["paid"]}, {"amount": None}, {"amount": "0"},
        {"amount": "-1"}, {"amount": "1,5"}, {"amount": True}, {"amount": "\u0661"}, {"amount": "1" * 70},
        {"amount": "Infinity"}, {"amount": {"value": "1"}}, {"fiat": None}, {"fiat": "dollars"}, {"fiat": 5},
        {"currency_type": "crypto"}, {"created_at": "yesterday"}, {"created_at": "2026-11-25T12:00:00"},
        {"created_at": 1}, {"paid_at": None}, {"paid_at": "2026-13-01T00:00:00Z"}, {"paid_amount": "x"},
    ],
)  # fmt: skip
def test_an_invoice_that_is_not_whole_is_not_believed(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read_invoice({**PAID, **change})


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://", "https://a b", "x" * 600, 5, "https://[", "tg://x"])
def test_an_address_that_is_none_is_not_shown(url: object) -> None:
    assert read_invoice({**PAID, "bot_invoice_url": url}).url is None
    older = {**PAID, "bot_invoice_url": url, "pay_url": "https://t.example/old"}
    assert read_invoice(older).url == "https://t.example/old"


@pytest.mark.parametrize("payload", [5, "", "x" * 5000, "a\nb", None])
def test_a_payload_that_cannot_be_a_token_is_none(payload: object) -> None:
    assert read_invoice({**PAID, "payload": payload}).payload is None


def test_a_row_that_cannot_be_read_does_not_take_the_others_with_it() -> None:
    rows = [PAID, {**PAID, "amount": "NaN"}, 5, {**PAID, "invoice_id": 2}]
    found, unreadable = read_rows({"items": rows}, read_invoice)
    assert [invoice.invoice_id for invoice in found] == ["528890", "2"]
    assert unreadable == 2
    assert read_rows([PAID], read_invoice)[1] == 0
    for none in ({"items": {}}, {}, None, "x", 5):
        with pytest.raises(Malformed):
            read_rows(none, read_invoice)


def test_only_a_paid_invoice_is_an_update() -> None:
    update = {"update_id": 1, "update_type": "invoice_paid", "request_date": "2026-11-25T12:05:01Z", "payload": PAID}
    assert read_update(update).invoice.payload == "token-1"
    changes: list[dict[str, Any]] = [
        {"update_type": "check_activated"}, {"request_date": None}, {"payload": None}, {"payload": []},
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(Malformed):
            read_update({**update, **change})


@pytest.mark.parametrize("value", [None, [], "ok", {}, {"ok": 1, "result": 1}, {"ok": True}, {"ok": False}])
def test_what_is_not_in_the_envelope_is_not_believed(value: Any) -> None:
    with pytest.raises(Malformed):
        unwrapped(value)


@pytest.mark.parametrize("error", [[], "no", {"name": "X"}, {"code": "400", "name": "X"}, {"code": 7}, {"code": True}])
def test_a_refusal_without_a_code_is_none(error: Any) -> None:
    with pytest.raises(Malformed):
        unwrapped({"ok": False, "error": error})


def test_a_refusal_shows_no_words_but_its_own() -> None:
    for name in ("<b>pay here</b>", "x" * 65, None, "call +1 555"):
        with pytest.raises(Refused, match="400 UNNAMED"):
            unwrapped({"ok": False, "error": {"code": 400, "name": name}})


BODIES = {
    b"": LostReason.EMPTY,
    b"<html>": LostReason.NOT_JSON,
    b'{"ok": true, "ok": true, "result": {}}': LostReason.DUPLICATE_KEYS,
    b'{"ok": true, "result": NaN}': LostReason.NOT_FINITE,
    b'{"ok": true, "result": "\xff"}': LostReason.CHARSET,
    b"[" * 30_000: LostReason.TOO_LARGE,
    b'{"ok": true, "result": {"app_id": 1, "name": "' + b"x" * 70_000 + b'"}}': LostReason.TOO_LARGE,
    b'{"ok": true, "result": []}': LostReason.SHAPE,
}


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
async def test_a_broken_body_is_unreadable_and_shows_nothing(body: bytes) -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, stream=httpx.ByteStream(body)))
    async with httpx.AsyncClient(transport=transport) as http:
        with pytest.raises(GatewayError) as error:
            await CryptoPay("https://pay.example/api", SecretStr(TOKEN), http).me()
    assert isinstance(error.value, Unreadable)
    assert error.value.reason is BODIES[body]
    assert "xxx" not in str(error.value)
