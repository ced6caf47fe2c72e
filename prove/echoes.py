"""A panel and a Bot API that give every secret they were told back, in every form, through every kind of failure."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import parse_qsl, quote, quote_plus

from aiohttp import web

MINA, IRIS = 1001, 9001
_BOT: Final = {"id": 7654321, "is_bot": True, "first_name": "Echo", "username": "echo_bot"}
_TOO_EARLY: Final = "The shelves are empty"
_LINK: Final = "https://framely.example/p/"


def forms(secret: str) -> tuple[str, ...]:
    """The secret as it may be written: as it is, in an address, in JSON, in Python, in base64 at any alignment."""
    found = [
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
    ]
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + secret.encode()).decode()
        # What depends on the neighbours is cut off at both ends.
        piece = whole[(shift * 8 + 5) // 6 : (shift + len(secret.encode())) * 8 // 6]
        found += [piece, piece.translate(str.maketrans("+/", "-_"))]
    return tuple(dict.fromkeys(found))


def echo(secret: str) -> str:
    """A sentence that gives a secret away in every form."""
    return " ".join(forms(secret))


def _broken_off(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def failures(request: web.Request, secret: str) -> Iterator[web.Response]:
    """Each way of failing, with the secret in it."""
    said = echo(secret)
    yield web.json_response({"error": f"Unheard of: {said}", "ok": False, "error_code": 400, "description": said})
    yield web.Response(status=500, text=f"<html>{said} {request.rel_url}</html>", content_type="text/html")
    yield web.Response(status=502, text=said)
    yield web.json_response({"ok": False, "error_code": 400, "description": f"Bad Request: {said}"}, status=400)
    yield web.Response(
        status=302, headers={"Location": f"http://127.0.0.1:9/{quote(secret, safe='')}?key={quote(secret)}"}
    )
    yield web.Response(status=200, text=f"not JSON {said}", headers={"X-Debug": quote(secret)})
    yield web.Response(status=403, text=f'{{"error": "{said[:40]}', content_type="application/json")
    yield web.json_response([said, {"order": said, "status": said, "balance": said}])


class Panel:
    """Takes what it is asked well every other time, and fails in a new way in between."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._asked: Counter[str] = Counter()
        #: Everything that arrived but the fields of the form: no secret belongs there.
        self.heard: list[str] = []
        #: Values of the fields named "key", and every other field's.
        self.keys: set[str] = set()
        self.failed = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        form = dict(parse_qsl(await request.text(), keep_blank_values=True))
        self.keys.add(form.pop("key", ""))
        self.heard += [str(request.rel_url), repr(dict(request.headers)), *form.values()]
        action = form.get("action", "")
        turn = self._asked[action]
        self._asked[action] += 1
        if turn % 2 == 0 and (turn == 0 or action != "services"):
            return web.json_response(self._answer(action, form, turn))
        self.failed += 1
        if turn % 18 == 17:
            return _broken_off(request)
        ways = list(failures(request, self._key))
        return ways[turn // 2 % len(ways)]

    def _answer(self, action: str, form: Mapping[str, str], turn: int) -> object:
        said = echo(self._key)
        match action:
            case "services":
                facts = {"type": "Default", "category": f"Framely {said}", "rate": "0.9", "min": 10, "max": 9999}
                return [{"service": 1, "name": f"Framely Likes {said}", "description": said, **facts}]
            case "balance":
                return {"balance": "100.5", "currency": "USD"}
            case "add":
                return {"order": 5000 + turn}
            case "status":
                reply = {
                    "charge": "0.09",
                    "start_count": "1",
                    "status": f"Odd {said}"[:200],
                    "remains": "0",
                    "currency": "USD",
                }
                return dict.fromkeys(form["orders"].split(","), reply) if "orders" in form else reply
        return {"error": said}


class Gateway:
    """Fails in a new way each time it is asked what was paid."""

    def __init__(self, token: str) -> None:
        self._token = token
        #: Everything that arrived but the header that carries the token.
        self.heard: list[str] = []
        self.failed = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        headers = {name: value for name, value in request.headers.items() if name.lower() != "crypto-pay-api-token"}
        self.heard += [str(request.rel_url), repr(headers), await request.text()]
        ways = list(failures(request, self._token))
        self.failed += 1
        return ways[self.failed % len(ways)]


class Telegram:
    """Hands the bot the day of two people, presses Confirm wherever it is shown, and fails every third call."""

    def __init__(self, token: str, orders: int) -> None:
        self._token = token
        self._numbers = itertools.count(1)
        self._messages = itertools.count(1)
        self._waiting: deque[dict[str, Any]] = deque()
        self._calls = itertools.count(1)
        self._orders = iter(range(orders))
        self._number: int | None = None
        #: The fields of every call.
        self.told: list[str] = []
        self.failed = 0
        self.over = asyncio.Event()
        for text in ("/start", "/panels"):
            self._say(IRIS, text)
        self._say(MINA, "/start")
        self._say(IRIS, f"/credit {MINA} 50 a start")
        for text in ("/sync", "/admin", "/resolve", "/stats", "/audit", "/find 1", f"/user {MINA}"):
            self._say(IRIS, text)
        self._happen({"message": {"message_id": "no number", "date": "no date", "chat": 5}})
        self._order()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        method = request.path.rpartition("/")[2]
        given = dict(await request.post())
        self.told += [str(value) for value in given.values()]
        if method == "getUpdates":
            return await self._updates(request, int(str(given.get("offset") or request.query.get("offset") or 0)))
        self._look_at(str(given.get("reply_markup", "")))
        if str(given.get("text", "")).startswith(_TOO_EARLY):
            self._ask()
        if (call := next(self._calls)) % 5 == 0 and method != "getMe":
            self.failed += 1
            if call % 45 == 0:
                return _broken_off(request)
            ways = list(failures(request, self._token))
            return ways[call // 5 % len(ways)]
        return web.json_response({"ok": True, "result": self._result(method, given)})

    async def _updates(self, request: web.Request, offset: int) -> web.StreamResponse:
        while self._waiting and self._waiting[0]["update_id"] < offset:
            self._waiting.popleft()
        if not self._waiting:
            await asyncio.sleep(0.1)
        if next(self._calls) % 5 == 0:
            self.failed += 1
            return web.Response(status=502, text=f"<html>{request.rel_url} {echo(self._token)}</html>")
        return web.json_response({"ok": True, "result": [*itertools.islice(self._waiting, 10)]})

    def _result(self, method: str, given: Mapping[str, Any]) -> object:
        if method == "getMe":
            return _BOT
        if method.startswith(("send", "edit")) and "chat_id" in given:
            number = int(given.get("message_id") or next(self._messages))
            return {"message_id": number, "date": 1, "chat": _chat(int(given["chat_id"])), "text": "x"}
        return [] if method == "getMyCommands" else True

    def _look_at(self, markup: str) -> None:
        """Go on with what was shown: confirm a quote, then order anew."""
        if '"y:' in markup:
            token = markup.partition('"y:')[2].partition('"')[0]
            self._press(MINA, f"y:{token}")
            self._order()

    def _order(self) -> None:
        self._number = next(self._orders, None)
        self._ask()

    def _ask(self) -> None:
        """Ask for the order at hand; again where the catalogue was not read yet."""
        if self._number is None:
            self.over.set()
            return
        self._press(MINA, "o:1")
        self._say(MINA, f"{_LINK}{self._number}")
        self._say(MINA, "100")

    def _say(self, person: int, text: str) -> None:
        command = {"type": "bot_command", "offset": 0, "length": len(text.split()[0])}
        entities = [command] if text.startswith("/") else []
        self._happen({"message": {**_message(person), "text": text, "entities": entities}})

    def _press(self, person: int, data: str) -> None:
        query = {"id": "1", "from": _person(person), "chat_instance": "1", "data": data}
        self._happen({"callback_query": {**query, "message": {**_message(person), "text": "x"}}})

    def _happen(self, body: Mapping[str, object]) -> None:
        self._waiting.append({"update_id": next(self._numbers), **body})


def _person(person: int) -> dict[str, object]:
    return {"id": person, "is_bot": False, "first_name": "Somebody"}


def _chat(person: int) -> dict[str, object]:
    return {"id": person, "type": "private", "first_name": "Somebody"}


def _message(person: int) -> dict[str, object]:
    return {"message_id": 7, "date": 1, "chat": _chat(person), "from": _person(person)}


@asynccontextmanager
async def serving(stand_in: Panel | Telegram | Gateway) -> AsyncIterator[str]:
    """Serve a stand-in at the address that is given, while the context lasts."""
    site = web.Application(client_max_size=2**24)
    site.router.add_route("*", "/{path:.*}", stand_in.handle)
    runner = web.AppRunner(site, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        tcp = web.TCPSite(runner, "127.0.0.1", 0)
        await tcp.start()
        yield tcp.name
    finally:
        await runner.cleanup()
