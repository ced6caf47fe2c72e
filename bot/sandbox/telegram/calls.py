"""A call's parameters, whichever of the four ways they came (Bot API, "Making requests")."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import web

from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.files import Upload

_TRUE: Final = frozenset({"true", "yes", "1"})
_JSON_STARTS: Final = ("{", "[")
#: Parameters that are numbers; the journal shows them as such however they came.
_NUMBERS: Final = frozenset(
    {"chat_id", "from_chat_id", "message_id", "offset", "limit", "timeout", "user_id", "cache_time", "max_connections"}
)
_WORDS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the method in lower case, its parameters as they came, its files by field name."""

    method: str
    params: Mapping[str, Any]
    files: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A parameter as text; empty when it is absent."""
        value = self.params.get(name)
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value)

    def number(self, name: str, default: int = 0) -> int:
        """A parameter as a whole number; the default when it is absent or no number."""
        value = self.params.get(name)
        try:
            return default if value is None else int(value)
        except (TypeError, ValueError):
            return default

    def flag(self, name: str) -> bool:
        """A parameter as yes or no."""
        return self.text(name).strip().lower() in _TRUE

    def decoded(self, name: str) -> Any:  # noqa: ANN401 - it is whatever JSON the bot sent
        """A parameter that holds JSON, decoded; None when it is absent or empty. Raises ApiError."""
        value = self.params.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None

    def readable(self) -> dict[str, object]:
        """All parameters as the journal shows them: JSON, numbers and flags decoded, files by name and size."""
        files = {name: {"file_name": upload.name, "size": len(upload.data)} for name, upload in self.files.items()}
        return {**{name: _readable(name, value) for name, value in self.params.items()}, **files}


def _readable(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    if value in _WORDS:
        return _WORDS[value]
    if name in _NUMBERS and value.lstrip("-").isascii() and value.lstrip("-").isdigit():
        return int(value)
    if value.startswith(_JSON_STARTS) and name not in ("text", "caption"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


async def read_call(request: web.Request, method: str) -> Call:
    """The call a request carries. Raises ApiError when the body cannot be read."""
    params: dict[str, Any] = dict(parse_qsl(request.query_string, keep_blank_values=True))
    match request.content_type:
        case "application/json" if request.can_read_body:
            params |= _json_body(await request.read())
        case "application/x-www-form-urlencoded":
            body = (await request.read()).decode("utf-8", "replace")
            params |= parse_qsl(body, keep_blank_values=True)
        case "multipart/form-data":
            fields, files = await read_multipart(request)
            return Call(method, params | fields, files)
        case _:
            pass
    return Call(method, params)


def _json_body(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body) if body else {}
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(value, dict):
        raise bad_request("object expected")
    return value


async def read_multipart(request: web.Request) -> tuple[dict[str, str], dict[str, Upload]]:
    """Text fields and files of a multipart body, both by field name."""
    fields: dict[str, str] = {}
    files: dict[str, Upload] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = Upload(value.filename, value.content_type, value.file.read())
        elif isinstance(value, str):
            fields[name] = value
        else:
            fields[name] = bytes(value).decode("utf-8", "replace")
    return fields, files
