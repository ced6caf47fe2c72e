from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from pydantic import SecretStr

from bot.panels.client import PanelClient
from bot.panels.dialects import Capabilities
from bot.panels.limits import Limits
from bot.wire.exchange import Bounds, open_http

KEY = "s3cr3t/Key+of the=panel"

#: Short enough for stalls to end within a test.
QUICK = Bounds(connect_seconds=0.5, write_seconds=0.3, read_seconds=0.3, total_seconds=1.5, body_bytes=64 * 1024)

Connect = Callable[..., PanelClient]


@pytest.fixture
async def client_http() -> AsyncIterator[httpx.AsyncClient]:
    http = open_http()
    yield http
    await http.aclose()


@pytest.fixture
def connect(client_http: httpx.AsyncClient) -> Connect:
    def build(url: str, configured: Capabilities | None = None, limits: Limits | None = None) -> PanelClient:
        return PanelClient("panel", url, SecretStr(KEY), client_http, configured or Capabilities(), limits or Limits())

    return build
