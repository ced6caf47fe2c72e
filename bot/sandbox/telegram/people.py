"""The people's side of the server: what the chat page and the tests do in somebody's name.

Bodies and answers are JSON; a refusal is `{"error": words}`. What people do with Stars is in `purse`.

- GET /chat/people, POST /chat/people `{first_name, id?, last_name?, username?, language_code?, role?}`
- GET /chat/{id}/history, GET /chat/{id}/events (a WebSocket: a snapshot, then every change)
- POST /chat/{id}/message `{text, reply_to?}`, /edit `{message_id, text}`, /block `{blocked}`
- POST /chat/{id}/press `{message_id, data, force?}`
- POST /chat/{id}/upload, a form: `kind` (photo or document), `file`, `caption?`, `reply_to?`
- GET /chat/files/{file_id}
"""

import asyncio
from typing import Final
from urllib.parse import quote

from aiohttp import WSMsgType, web

from bot.sandbox.telegram.asking import (
    chat_of,
    json_answer,
    read_body,
    read_number,
    read_optional,
    read_text,
    refused,
)
from bot.sandbox.telegram.calls import read_multipart
from bot.sandbox.telegram.config import Person, Role
from bot.sandbox.telegram.entities import Formatted
from bot.sandbox.telegram.errors import ApiError
from bot.sandbox.telegram.events import Listener, encode
from bot.sandbox.telegram.files import StoredFile
from bot.sandbox.telegram.formatting import plain_text
from bot.sandbox.telegram.presence import Presence
from bot.sandbox.telegram.sending import MAX_CAPTION, MAX_TEXT
from bot.sandbox.telegram.views import history_view, person_view
from bot.sandbox.telegram.visits import BlockedError, add_person, edit, press, say, set_blocked
from bot.sandbox.telegram.world import Chat, World

_HEARTBEAT: Final = 20
_UPLOADS: Final = frozenset({"photo", "document"})


class PeopleSide:
    """Handlers of the people's requests."""

    def __init__(self, world: World, presence: Presence) -> None:
        self._world = world
        self._presence = presence

    def routes(self) -> list[web.RouteDef]:
        """The routes of this side."""
        return [
            web.get("/chat/people", self.people),
            web.post("/chat/people", self.new_person),
            web.get("/chat/files/{file_id}", self.file),
            web.post(r"/chat/{id:\d+}/block", self.block),
            web.post(r"/chat/{id:\d+}/message", self.message),
            web.post(r"/chat/{id:\d+}/upload", self.upload),
            web.post(r"/chat/{id:\d+}/press", self.press),
            web.post(r"/chat/{id:\d+}/edit", self.edit),
            web.get(r"/chat/{id:\d+}/history", self.history),
            web.get(r"/chat/{id:\d+}/events", self.events),
        ]

    async def people(self, request: web.Request) -> web.Response:
        """Everybody, and the bot."""
        profile = self._world.profile
        bot = {
            "username": self._world.config.bot_username,
            "name": profile.name_for(""),
            "description": profile.descriptions.get("", ""),
            "token_seen": self._world.token_seen,
            "online": self._presence.online,
        }
        return json_answer({"people": [person_view(chat) for chat in self._world.chats.values()], "bot": bot})

    async def new_person(self, request: web.Request) -> web.Response:
        """Somebody new."""
        body = await read_body(request)
        person = Person(
            id=read_number(body, "id") or max(self._world.chats, default=1000) + 1,
            first_name=read_text(body, "first_name", 64),
            last_name=read_optional(body, "last_name"),
            username=read_optional(body, "username"),
            language_code=str(body.get("language_code") or "en"),
            role=_role(body.get("role")),
        )
        if person.id in self._world.chats:
            raise refused(web.HTTPConflict, "there is somebody with this id")
        return json_answer(person_view(add_person(self._world, person)))

    async def block(self, request: web.Request) -> web.Response:
        """The person blocks or unblocks the bot."""
        chat = chat_of(self._world, request)
        set_blocked(self._world, chat, blocked=bool((await read_body(request)).get("blocked")))
        return json_answer(person_view(chat))

    async def message(self, request: web.Request) -> web.Response:
        """The person writes."""
        chat = chat_of(self._world, request)
        body = await read_body(request)
        content = plain_text(read_text(body, "text", MAX_TEXT))
        return self._said(chat, content, None, read_number(body, "reply_to"))

    async def upload(self, request: web.Request) -> web.Response:
        """The person sends a photo or a document."""
        chat = chat_of(self._world, request)
        fields, files = await read_multipart(request)
        if fields.get("kind") not in _UPLOADS or "file" not in files:
            raise refused(web.HTTPBadRequest, "kind must be photo or document, file must be a file")
        store = self._world.files
        keep = store.add_photo if fields["kind"] == "photo" else store.add_document
        try:
            file = keep(files["file"])
        except ApiError as refusal:
            raise refused(web.HTTPBadRequest, refusal.description) from None
        caption = plain_text(fields.get("caption", "")[:MAX_CAPTION])
        return self._said(chat, caption, file, read_number(fields, "reply_to"))

    async def press(self, request: web.Request) -> web.Response:
        """The person presses a button."""
        chat = chat_of(self._world, request)
        body = await read_body(request)
        message_id, data = read_number(body, "message_id"), read_text(body, "data", 64)
        message = chat.messages.get(message_id)
        there = message is not None and message.inline is not None and message.inline.has(data)
        if not there and not body.get("force"):
            raise refused(web.HTTPNotFound, "that message has no such button now")
        try:
            return json_answer({"callback_id": press(self._world, chat, message_id, data)})
        except BlockedError as refusal:
            raise refused(web.HTTPConflict, str(refusal)) from None

    async def edit(self, request: web.Request) -> web.Response:
        """The person edits an own message."""
        chat = chat_of(self._world, request)
        body = await read_body(request)
        message = chat.messages.get(read_number(body, "message_id"))
        if message is None or message.from_bot:
            raise refused(web.HTTPNotFound, "that is no message of this person")
        edit(self._world, chat, message, plain_text(read_text(body, "text", MAX_TEXT)))
        return json_answer({"message_id": message.message_id})

    async def history(self, request: web.Request) -> web.Response:
        """The chat as it is now."""
        return json_answer(history_view(self._world, chat_of(self._world, request)))

    async def events(self, request: web.Request) -> web.WebSocketResponse:
        """The chat as it is now, then every change of it."""
        chat = chat_of(self._world, request)
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, compress=False)
        await socket.prepare(request)
        online = self._presence.look()
        listener = self._world.hub.join(chat.person.id)
        try:
            snapshot = {"type": "snapshot", **history_view(self._world, chat), "online": online}
            await socket.send_str(encode(snapshot))
            async with asyncio.TaskGroup() as group:
                sender = group.create_task(_forward(listener, socket))
                await _until_closed(socket)
                sender.cancel()
        finally:
            self._world.hub.leave(chat.person.id, listener)
        return socket

    async def file(self, request: web.Request) -> web.Response:
        """The bytes of a photo (shown) or a document (downloaded)."""
        file = self._world.files.get(request.match_info["file_id"])
        if file is None:
            raise refused(web.HTTPNotFound, "no such file")
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=86400"}
        if file.size is None:
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"
            return web.Response(body=file.data, content_type="application/octet-stream", headers=headers)
        mime = file.mime_type if file.mime_type.startswith("image/") else "image/png"
        return web.Response(body=file.data, content_type=mime, headers=headers)

    def _said(self, chat: Chat, content: Formatted, file: StoredFile | None, reply_to: int) -> web.Response:
        try:
            message = say(self._world, chat, content, file, reply_to or None)
        except BlockedError as refusal:
            raise refused(web.HTTPConflict, str(refusal)) from None
        return json_answer({"message_id": message.message_id})


async def _forward(listener: Listener, socket: web.WebSocketResponse) -> None:
    try:
        while (event := await listener.next()) is not None and not socket.closed:
            await socket.send_str(event)
    except ConnectionResetError:
        return  # the page went away between two events; the reading side ends the stream
    await socket.close()


async def _until_closed(socket: web.WebSocketResponse) -> None:
    async for message in socket:
        if message.type is WSMsgType.ERROR:
            return


def _role(value: object) -> Role:
    try:
        return Role(str(value)) if value else Role.CUSTOMER
    except ValueError:
        raise refused(web.HTTPBadRequest, "role must be customer or operator") from None
