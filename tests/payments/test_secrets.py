"""The gateway's token is in one header and nowhere else, whatever goes wrong."""

import logging
from decimal import Decimal

import httpx
import pytest
from pydantic import SecretStr

from bot.payments.cryptopay import CryptoPay, NewTransfer
from bot.payments.errors import GatewayError
from tests.sandbox.cryptopay_kit import TOKEN

ECHOES = {
    "in a refusal": httpx.Response(403, stream=httpx.ByteStream(
        b'{"ok": false, "error": {"code": 403, "name": "' + TOKEN.encode() + b'"}}')),
    "in a page": httpx.Response(500, stream=httpx.ByteStream(f"<html>{TOKEN}</html>".encode())),
    "in a result": httpx.Response(200, stream=httpx.ByteStream(f'{{"ok": true, "result": "{TOKEN}"}}'.encode())),
    "in a redirect": httpx.Response(302, headers={"Location": f"https://{TOKEN}/"}, stream=httpx.ByteStream(b"")),
}  # fmt: skip


@pytest.mark.parametrize("where", ECHOES)
async def test_an_answer_that_repeats_it_is_shown_to_nobody(where: str, caplog: pytest.LogCaptureFixture) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return ECHOES[where]

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        with caplog.at_level(logging.DEBUG), pytest.raises(GatewayError) as error:
            await CryptoPay("https://pay.example/api", SecretStr(TOKEN), http).transfer(
                NewTransfer(7, "USDT", Decimal(1), "ref:1")
            )
    assert [request.headers["crypto-pay-api-token"] for request in asked] == [TOKEN]
    assert TOKEN not in str(asked[0].url)
    assert TOKEN.encode() not in asked[0].content
    seen = [str(error.value), repr(error.value), repr(error.value.__dict__), caplog.text]
    assert [text for text in seen if TOKEN in text] == []
    assert error.value.__cause__ is None
