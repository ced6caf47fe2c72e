"""The floor under every framework, a loop around aiohttp: `python -m bench.bots.bare <Bot API's address>`."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import uvloop

from bench.bots import pages
from bench.bots.pages import Page
from bench.town import TOKEN

_HEADERS: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_PRESSED: Final = {"s": pages.SERVICES, "v": pages.SERVICE, "o": pages.LINK, "y": pages.PLACED}


def _keyboard(page: Page) -> str:
    return json.dumps({"inline_keyboard": [[{"text": label, "callback_data": data}] for label, data in page[1]]})


class Bot:
    """Answers each update as soon as it comes; a press and its message are answered side by side."""

    def __init__(self, http: aiohttp.ClientSession, base: str) -> None:
        self._http = http
        self._base = f"{base}/bot{TOKEN}"
        self._asked: dict[int, Page] = {}

    async def run(self) -> None:
        """Fetch and answer for ever."""
        offset = 0
        async with asyncio.TaskGroup() as group:
            while True:
                for update in await self._call("getUpdates", offset=offset, timeout=30):
                    offset = update["update_id"] + 1
                    group.create_task(self._take(update))

    async def _take(self, update: dict[str, Any]) -> None:
        if query := update.get("callback_query"):
            await self._turn(query)
            return
        chat, text = update["message"]["chat"]["id"], update["message"]["text"]
        page = pages.CATEGORIES if text == "/order" else self._asked.pop(chat, pages.CATEGORIES)
        if page is pages.QUANTITY:
            self._asked[chat] = pages.CONFIRM
        await self._call("sendMessage", chat_id=chat, text=page[0], parse_mode="HTML", reply_markup=_keyboard(page))

    async def _turn(self, query: dict[str, Any]) -> None:
        chat, message = query["message"]["chat"]["id"], query["message"]["message_id"]
        page = _PRESSED[query["data"][0]]
        if page is pages.LINK:
            self._asked[chat] = pages.QUANTITY
        fields = {"text": page[0], "parse_mode": "HTML", "reply_markup": _keyboard(page)}
        await asyncio.gather(
            self._call("answerCallbackQuery", callback_query_id=query["id"]),
            self._call("editMessageText", chat_id=chat, message_id=message, **fields),
        )

    async def _call(self, method: str, **fields: object) -> Any:  # noqa: ANN401 - whatever the Bot API says
        async with self._http.post(f"{self._base}/{method}", data=urlencode(fields), headers=_HEADERS) as answer:
            return json.loads(await answer.read())["result"]


async def main(base: str) -> None:
    """Run until ended."""
    connections = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connections, timeout=aiohttp.ClientTimeout(total=60)) as http:
        await Bot(http, base).run()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
