"""What the tests of the sandbox Bot API talk to it with: real HTTP on loopback."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from bot.sandbox.telegram import TelegramConfig, serve_telegram

TOKEN = "123456:sandbox-token"
MINA, THEO, IRIS = 1001, 1002, 9001
START = 1_800_000_000.0
#: A PNG of two by three pixels.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000030802000000368849d6"
    "0000000c4944415478da63606060000000040001f61738550000000049454e44ae426082"
)


class HandClock:
    """Unix seconds that move only when told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@dataclass
class Sandbox:
    """One running server, seen from the bot's side and from the people's side."""

    session: aiohttp.ClientSession
    url: str
    clock: HandClock

    @property
    def bot_url(self) -> str:
        return f"{self.url}/bot{TOKEN}"

    async def answer(self, method: str, **params: Any) -> dict[str, Any]:
        """The whole answer to one call; the HTTP status must agree with it."""
        async with self.session.post(f"{self.bot_url}/{method}", json=params) as response:
            body: dict[str, Any] = json.loads(await response.read())
            assert response.status == (200 if body["ok"] else body["error_code"])
            return body

    async def call(self, method: str, **params: Any) -> Any:
        """The result of a call that must succeed."""
        body = await self.answer(method, **params)
        assert body["ok"], body
        return body["result"]

    async def refusal(self, method: str, **params: Any) -> tuple[int, str]:
        """Code and description of a call that must fail."""
        body = await self.answer(method, **params)
        assert not body["ok"], body
        return body["error_code"], body["description"]

    async def post(self, path: str, **body: Any) -> Any:
        """A deed on the people's side that must succeed."""
        async with self.session.post(self.url + path, json=body) as response:
            answer = await response.json()
            assert response.status == 200, answer
            return answer

    async def post_status(self, path: str, **body: Any) -> int:
        """The status of a deed on the people's side."""
        async with self.session.post(self.url + path, json=body) as response:
            return response.status

    async def get(self, path: str) -> Any:
        """Something to look at on the people's side."""
        async with self.session.get(self.url + path) as response:
            assert response.status == 200
            return await response.json()

    async def say(self, person: int, text: str, **more: Any) -> int:
        """A person writes; gives the message's id."""
        answer = await self.post(f"/chat/{person}/message", text=text, **more)
        return int(answer["message_id"])

    async def press(self, person: int, message_id: int, data: str, **more: Any) -> str:
        """A person presses a button; gives the callback's id."""
        answer = await self.post(f"/chat/{person}/press", message_id=message_id, data=data, **more)
        return str(answer["callback_id"])

    async def history(self, person: int) -> list[dict[str, Any]]:
        """The chat as the page shows it."""
        view = await self.get(f"/chat/{person}/history")
        return list(view["messages"])

    async def updates(self, **params: Any) -> list[dict[str, Any]]:
        """What getUpdates gives at once."""
        return list(await self.call("getUpdates", **params))


@asynccontextmanager
async def running_sandbox(config: TelegramConfig | None = None) -> AsyncIterator[Sandbox]:
    """A server whose people Mina and Iris have written to the bot; those updates are confirmed."""
    clock = HandClock()
    settings = replace(config or TelegramConfig(), clock=clock)
    async with serve_telegram(settings) as url, aiohttp.ClientSession() as session:
        sandbox = Sandbox(session, url, clock)
        for person in (MINA, IRIS):
            await sandbox.say(person, "/start")
        last = (await sandbox.updates())[-1]["update_id"]
        assert await sandbox.updates(offset=last + 1) == []
        yield sandbox


def keyboard(*buttons: dict[str, Any]) -> dict[str, Any]:
    """An inline keyboard of one row."""
    return {"inline_keyboard": [list(buttons)]}


def button(data: str, text: str = "Press") -> dict[str, Any]:
    """An inline button with callback data."""
    return {"text": text, "callback_data": data}
