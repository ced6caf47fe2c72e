"""Whom the shop speaks to, and who can speak to it: every connection of a whole journey is written down."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import pytest
from pydantic import SecretStr

from bot.panels.client import PanelClient
from bot.panels.dialects import Capabilities
from bot.panels.errors import PanelError
from bot.panels.limits import Limits
from bot.panels.outcomes import AddRequest
from bot.web.health import serve_health
from bot.wire.exchange import open_http
from prove.raw import http, raw_panel
from tests.journeys.kit import free_port
from tests.journeys.shopping import LINK, market
from tests.panels.scripts import answering
from tests.test_house import FLOORS, files

HOME: Final = Path(__file__).parent.parent.parent


class Wiretap:
    """Every address this process connected to and every name it looked up, while it listens."""

    def __init__(self) -> None:
        self.listening = False
        self.ports: set[int] = set()
        self.hosts: set[str] = set()
        sys.addaudithook(self._heard)

    def _heard(self, event: str, facts: tuple[Any, ...]) -> None:
        if not self.listening:
            return
        if event == "socket.connect" and isinstance(facts[1], tuple):
            self.hosts.add(str(facts[1][0]))
            self.ports.add(int(facts[1][1]))
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            self.hosts.add(str(facts[0]))

    @contextmanager
    def listen(self) -> Iterator[None]:
        self.ports.clear()
        self.hosts.clear()
        self.listening = True
        try:
            yield
        finally:
            self.listening = False


#: An audit hook stays for the life of the process, so there is one.
TAP: Final = Wiretap()


async def test_a_whole_order_connects_to_what_is_configured_and_to_nothing_else(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        place = open_shop.place
        configured = {urlsplit(url).port for url in (place.base, place.panel.url)}
        with TAP.listen():
            order, upstream = await open_shop.active()
            await place.panel.set_order(upstream, status="Completed")
            await open_shop.card(order, "Completed")
    assert {urlsplit(place.panel.url).port} <= TAP.ports <= configured
    assert TAP.hosts == {"127.0.0.1"}, "not even the link's host was looked up"


async def test_a_panel_that_points_elsewhere_is_not_followed() -> None:
    async with raw_panel(answering({"balance": "1", "currency": "USD"})) as trap:
        away = http(b"", "302 Found", f"Location: {trap.url}?key=yours")
        async with raw_panel(answering(away)) as panel, open_http() as wire:
            client = PanelClient("panel", panel.url, SecretStr("a-key"), wire, Capabilities(), Limits())
            with TAP.listen():
                await client.add(AddRequest("1", {"link": LINK, "quantity": "100"}))
                for question in (client.balance(), client.services(), client.status(["1"])):
                    with pytest.raises(PanelError):
                        await question
            assert TAP.ports == {urlsplit(panel.url).port}
        assert trap.requests == []


async def test_no_link_of_a_customer_is_ever_opened(tmp_path: Path) -> None:
    """Not even one that leads to this very machine, where it could be."""
    async with raw_panel(answering({"yours": "never"})) as trap, market(tmp_path) as open_shop:
        links = (trap.url, LINK, "http://169.254.169.254/latest/meta-data", "https://framely.example:22/")
        with TAP.listen():
            for link in links:
                number = await open_shop.buy(open_shop.offer(), link, "100")
                await open_shop.card(number, "Pending")
        assert [add["params"]["link"] for add in await open_shop.adds()] == list(links)
        assert trap.connections == 0
    assert TAP.hosts == {"127.0.0.1"}


def test_customers_links_reach_no_library_that_could_open_them() -> None:
    """Httpx is known to panels alone (import-linter), and panels speak to their own address alone."""
    callers = {
        str(path)
        for path in files(*FLOORS)
        if re.search(r"\burlopen\b|\burlretrieve\b|\brequests\.(get|post)\b|ClientSession\(", (HOME / path).read_text())
    }
    assert {path for path in callers if not path.startswith("bot/sandbox/")} <= {"bot/transport/request.py"}


async def test_no_address_of_the_shop_takes_an_update_or_anything_else() -> None:
    async def fine() -> dict[str, bool]:
        return {"database": True}

    port = free_port()
    paths = ("/", "/webhook", "/telegram", "/123456:token", "/bot123456:token/getUpdates", "/healthz/../webhook")
    async with serve_health(f"127.0.0.1:{port}", fine), aiohttp.ClientSession() as http:
        for path in paths:
            for method in ("GET", "POST", "PUT", "DELETE"):
                body = None if method == "GET" else {"update_id": 1}
                async with http.request(method, f"http://127.0.0.1:{port}{path}", json=body) as answer:
                    assert answer.status == 404, (method, path)
        async with http.post(f"http://127.0.0.1:{port}/healthz", json={"update_id": 1}) as answer:
            assert answer.status == 405
        async with http.get(f"http://127.0.0.1:{port}/healthz") as answer:
            assert await answer.json() == {"database": True}


def test_nothing_sets_or_serves_a_webhook() -> None:
    """Were there a webhook mode, it would need a secret of its own (S1); there is none."""
    found = {
        str(path)
        for path in files(*FLOORS)
        if re.search(r"set_?webhook|run_webhook|start_webhook|secret_token", (HOME / path).read_text(), re.IGNORECASE)
    }
    assert {path for path in found if not path.startswith("bot/sandbox/")} == set()
