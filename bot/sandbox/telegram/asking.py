"""How people's requests are read and answered: JSON both ways, refusals in words."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.sandbox.telegram.events import encode
from bot.sandbox.telegram.world import Chat, World


def chat_of(world: World, request: web.Request) -> Chat:
    """The chat of the person a path names. Raises HTTPNotFound."""
    chat = world.chats.get(int(request.match_info["id"]))
    if chat is None:
        raise refused(web.HTTPNotFound, "no such person")
    return chat


def json_answer(body: Mapping[str, Any]) -> web.Response:
    """An answer that says yes."""
    return web.Response(text=encode(body), content_type="application/json")


def refused(kind: type[web.HTTPError], reason: str) -> web.HTTPError:
    """A refusal to raise, with its reason in words."""
    return kind(text=encode({"error": reason}), content_type="application/json")


async def read_body(request: web.Request) -> dict[str, Any]:
    """The body, a JSON object; nothing counts as an empty one. Raises HTTPBadRequest."""
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise refused(web.HTTPBadRequest, "a JSON object is expected")
    return body


def read_text(body: Mapping[str, Any], name: str, longest: int) -> str:
    """A text that is not blank. Raises HTTPBadRequest."""
    text = body.get(name)
    if not isinstance(text, str) or not text.strip() or len(text) > longest:
        raise refused(web.HTTPBadRequest, f"{name} must be a text of 1 to {longest} characters")
    return text


def read_optional(body: Mapping[str, Any], name: str) -> str | None:
    """A text, or None when it is absent or empty."""
    return str(body[name]) if body.get(name) else None


def read_number(body: Mapping[str, Any], name: str) -> int:
    """A positive whole number, or 0 when it is absent. Raises HTTPBadRequest."""
    value = str(body.get(name) or 0)
    if not value.isascii() or not value.isdigit():
        raise refused(web.HTTPBadRequest, f"{name} must be a whole number")
    return int(value)
