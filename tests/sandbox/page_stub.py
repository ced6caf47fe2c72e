"""A small stand-in for the chat server: the people side, the drawer and two panels, with canned content.

Every answer of the bot is scripted, so that the page can be driven without a bot: `/buttons`, `/slow`, `/alert`,
`/edit`, `/keyboard`, `/photo`, `/typing`, `/delete` and plain text each show one thing. Run as a module to look at it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from tests.sandbox.page_content import (
    COMMANDS,
    PEOPLE,
    bot_message,
    gallery,
    operator_gallery,
    order_card,
    own_message,
    panel_state,
    picture,
)

STATIC = Path(__file__).parents[2] / "bot/sandbox/telegram/static"


class Stub:
    """State of the stand-in; tests reach in to push events or to read what the page asked for."""

    def __init__(self) -> None:
        self.people: list[dict[str, Any]] = [dict(person) for person in PEOPLE]
        self.histories: dict[int, list[dict[str, Any]]] = {1: gallery(), 2: [], 3: [], 9: operator_gallery()}
        self.sockets: dict[int, set[web.WebSocketResponse]] = {}
        self.requests: list[tuple[str, Any]] = []
        self.panels: dict[str, dict[str, Any]] = {name: panel_state(name) for name in ("northwind", "lumen")}
        self.faults: dict[str, Any] = {"flood": None, "drop": None, "delay_ms": 0, "server_error": None}
        self.running = True
        self.controllable = True
        self.answers = True
        self.callbacks = 0

    def history(self, person: int) -> list[dict[str, Any]]:
        return self.histories.setdefault(person, [])

    def next_id(self, person: int) -> int:
        return max((message["message_id"] for message in self.history(person)), default=0) + 1

    async def push(self, person: int, event: dict[str, Any]) -> None:
        for socket in list(self.sockets.get(person, ())):
            await socket.send_json(event)

    async def add(self, person: int, message: dict[str, Any]) -> int:
        message["message_id"] = self.next_id(person)
        self.history(person).append(message)
        await self.push(person, {"type": "message", "message": message})
        return int(message["message_id"])

    async def edit(self, person: int, message_id: int, **changes: Any) -> None:
        message = next(m for m in self.history(person) if m["message_id"] == message_id)
        message.update(changes, edited=message["date"] + 60)
        await self.push(person, {"type": "edit", "message": message})

    async def drop_connections(self) -> None:
        for sockets in self.sockets.values():
            for socket in list(sockets):
                await socket.close()


STUB = web.AppKey("stub", Stub)


def snapshot(stub: Stub, person: int) -> dict[str, Any]:
    return {
        "messages": stub.history(person),
        "commands": COMMANDS,
        "menu": {"type": "commands"},
        "reply_keyboard": None,
    }


def person_id(request: web.Request) -> int:
    return int(request.match_info["id"])


async def people(request: web.Request) -> web.Response:
    bot = {"username": "panelgram_bot", "name": "Panelgram", "description": "Pick a service, tell us where."}
    return web.json_response({"people": request.app[STUB].people, "bot": {**bot, "token_seen": True}})


async def new_person(request: web.Request) -> web.Response:
    body = await request.json()
    stub = request.app[STUB]
    person = {
        "last_name": None,
        "username": None,
        "language_code": "en",
        "role": "customer",
        "blocked": False,
    }
    person |= body | {"id": max(each["id"] for each in stub.people) + 1}
    stub.people.append(person)
    return web.json_response(person)


async def block(request: web.Request) -> web.Response:
    stub, body = request.app[STUB], await request.json()
    person = next(each for each in stub.people if each["id"] == person_id(request))
    person["blocked"] = body["blocked"]
    await stub.push(person["id"], {"type": "blocked", "blocked": body["blocked"]})
    return web.json_response(person)


async def events(request: web.Request) -> web.WebSocketResponse:
    stub, person = request.app[STUB], person_id(request)
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    stub.sockets.setdefault(person, set()).add(socket)
    await socket.send_json({"type": "snapshot", **snapshot(stub, person)})
    await socket.send_json({"type": "bot", "online": stub.running})
    async for message in socket:
        if message.type is WSMsgType.ERROR:
            break
    stub.sockets[person].discard(socket)
    return socket


async def say(request: web.Request) -> web.Response:
    stub, body, person = request.app[STUB], await request.json(), person_id(request)
    stub.requests.append(("message", body))
    quoted = next((m for m in stub.history(person) if m["message_id"] == body.get("reply_to")), None)
    reply = {"message_id": quoted["message_id"], "text": quoted["text"]} if quoted else None
    message_id = await stub.add(person, own_message(body["text"], reply_to=reply))
    if stub.answers:
        await answer(stub, person, body["text"])
    return web.json_response({"message_id": message_id})


async def answer(stub: Stub, person: int, text: str) -> None:
    """Scripted: what the bot of the stand-in says to a text."""
    if text == "/buttons":
        await stub.add(person, order_card())
    elif text == "/keyboard":
        keyboard = {"keyboard": [[{"text": "1 000"}, {"text": "5 000"}], [{"text": "Never mind"}]]}
        await stub.push(person, {"type": "reply_keyboard", "keyboard": keyboard})
        await stub.add(person, bot_message("How many?"))
    elif text == "/photo":
        await stub.add(person, bot_message("A picture", photo={"file_id": "p1", "width": 640, "height": 400}))
    elif text == "/typing":
        await stub.push(person, {"type": "typing", "action": "typing"})
    elif text == "/start":
        await stub.add(person, bot_message("<b>Welcome!</b> Press Menu to see what I can do."))
    else:
        await stub.add(person, bot_message("I heard you."))


async def upload(request: web.Request) -> web.Response:
    stub, person, fields = request.app[STUB], person_id(request), await request.post()
    file = fields["file"]
    assert isinstance(file, web.FileField)
    stub.requests.append(("upload", {"kind": fields["kind"], "caption": fields["caption"], "name": file.filename}))
    message = own_message(str(fields["caption"]))
    if fields["kind"] == "photo":
        message["photo"] = {"file_id": "p2", "width": 320, "height": 320}
    else:
        message["document"] = {"file_id": "d1", "name": file.filename, "size": len(file.file.read())}
    return web.json_response({"message_id": await stub.add(person, message)})


async def press(request: web.Request) -> web.Response:
    stub, body, person = request.app[STUB], await request.json(), person_id(request)
    stub.requests.append(("press", body))
    message = next(m for m in stub.history(person) if m["message_id"] == body["message_id"])
    offered = {button.get("callback_data") for row in message["keyboard"] or [] for button in row}
    if body["data"] not in offered:
        return web.json_response({"error": "no such button"}, status=404)
    stub.callbacks += 1
    callback = f"c{stub.callbacks}"
    answered = {
        "type": "callback_answer",
        "callback_id": callback,
        "text": None,
        "show_alert": False,
        "url": None,
    }
    if body["data"] == "confirm":
        await stub.push(person, answered | {"text": "Order placed"})
        await stub.edit(person, body["message_id"], html="Order <b>#1043</b>\nSending", keyboard=None)
    elif body["data"] == "alert":
        await stub.push(person, answered | {"text": "This price has changed.\nPlease look again.", "show_alert": True})
    elif body["data"] != "slow":
        await stub.push(person, answered)
    return web.json_response({"callback_id": callback})


async def edit_own(request: web.Request) -> web.Response:
    stub, body = request.app[STUB], await request.json()
    stub.requests.append(("edit", body))
    await stub.edit(person_id(request), body["message_id"], html=body["text"], text=body["text"])
    return web.json_response({})


async def file(_: web.Request) -> web.Response:
    return web.Response(body=picture(640, 400), content_type="image/png")


async def faults(request: web.Request) -> web.Response:
    stub = request.app[STUB]
    if request.method == "POST":
        stub.faults |= await request.json()
        stub.requests.append(("faults", stub.faults))
    return web.json_response(stub.faults)


async def drawer(request: web.Request) -> web.Response:
    stub = request.app[STUB]
    panels = [{"name": name, "url": f"/panels/{name}"} for name in stub.panels]
    return web.json_response({"panels": panels, "bot": {"running": stub.running, "controllable": stub.controllable}})


async def control_bot(request: web.Request) -> web.Response:
    stub = request.app[STUB]
    stub.running = request.match_info["verb"] == "start"
    for person in list(stub.sockets):
        await stub.push(person, {"type": "bot", "online": stub.running})
    return web.json_response({"running": stub.running})


async def panel_control(request: web.Request) -> web.Response:
    stub = request.app[STUB]
    state, what = stub.panels[request.match_info["name"]], request.match_info["what"]
    body = await request.json() if request.can_read_body else {}
    if request.method != "GET":
        stub.requests.append((f"{request.method} {what}", body))
    if what == "faults":
        state["faults"] = state["faults"] | {body["action"]: body} if request.method == "POST" else {}
    elif what == "balance":
        state["balance"] = body["balance"]
    elif what == "speed":
        state["speed"] = body["seconds_per_step"]
    elif what.startswith("orders/"):
        order = next(o for o in state["orders"] if o["id"] == what.removeprefix("orders/"))
        order |= {key: value for key, value in body.items() if key != "advance"}
        return web.json_response(order)
    elif what.startswith("refills/"):
        refill = next(r for r in state["refills"] if r["id"] == what.removeprefix("refills/"))
        refill |= body
        return web.json_response(refill)
    return web.json_response(state)


def create_stub() -> web.Application:
    """The stand-in as an application; its state is `app[STUB]`."""
    app = web.Application(client_max_size=20_000_000)
    app[STUB] = Stub()
    app.on_shutdown.append(hang_up)
    app.add_routes(
        [
            web.get("/", page),
            web.static("/static", STATIC),
            web.get("/chat/people", people),
            web.post("/chat/people", new_person),
            web.get("/chat/files/{file_id}", file),
            web.post("/chat/{id}/block", block),
            web.get("/chat/{id}/events", events),
            web.post("/chat/{id}/message", say),
            web.post("/chat/{id}/upload", upload),
            web.post("/chat/{id}/press", press),
            web.post("/chat/{id}/edit", edit_own),
            web.get("/faults", faults),
            web.post("/faults", faults),
            web.get("/drawer", drawer),
            web.post("/drawer/bot/{verb}", control_bot),
            web.route("*", "/panels/{name}/control/{what:.+}", panel_control),
        ]
    )
    return app


async def hang_up(app: web.Application) -> None:
    """An open page does not hold the server back."""
    await app[STUB].drop_connections()


async def page(_: web.Request) -> web.StreamResponse:
    return web.Response(body=await asyncio.to_thread((STATIC / "index.html").read_bytes), content_type="text/html")


if __name__ == "__main__":
    web.run_app(create_stub(), host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8090)
