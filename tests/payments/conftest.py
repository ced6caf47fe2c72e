from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from pydantic import SecretStr

from bot.payments.cryptopay import CryptoPay
from bot.wire.exchange import open_http
from tests.sandbox.cryptopay_kit import TOKEN

Connect = Callable[[str], CryptoPay]


@pytest.fixture
async def client_http() -> AsyncIterator[httpx.AsyncClient]:
    async with open_http() as http:
        yield http


@pytest.fixture
def connect(client_http: httpx.AsyncClient) -> Connect:
    return lambda url: CryptoPay(url, SecretStr(TOKEN), client_http)
