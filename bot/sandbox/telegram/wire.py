"""The bot's side of the server: `/bot<token>/<method>` and `/file/bot<token>/<path>`.

One call runs through: token, method, parameters, faults, hook, work, hook, answer.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from bot.sandbox.telegram import answering, editing, identity, invoices, sending
from bot.sandbox.telegram.calls import Call, read_call
from bot.sandbox.telegram.config import Stage
from bot.sandbox.telegram.errors import ApiError, too_many_requests
from bot.sandbox.telegram.faults import When
from bot.sandbox.telegram.presence import Presence
from bot.sandbox.telegram.world import World

_TOKEN: Final = re.compile(r"^[1-9]\d{0,15}:[A-Za-z0-9_-]{1,80}$")
_POLL: Final = "getupdates"

Method = Callable[[World, Call], Any]

METHODS: Final[Mapping[str, Method]] = {
    "getme": identity.get_me,
    "close": identity.log_out,
    "logout": identity.log_out,
    "setmycommands": identity.set_my_commands,
    "getmycommands": identity.get_my_commands,
    "deletemycommands": identity.delete_my_commands,
    "setmyname": identity.set_my_name,
    "getmyname": identity.get_my_name,
    "setmydescription": identity.set_my_description,
    "getmydescription": identity.get_my_description,
    "setmyshortdescription": identity.set_my_short_description,
    "getmyshortdescription": identity.get_my_short_description,
    "setchatmenubutton": identity.set_chat_menu_button,
    "getchatmenubutton": identity.get_chat_menu_button,
    "getchat": identity.get_chat,
    "getfile": identity.get_file,
    "sendmessage": sending.send_message,
    "sendphoto": sending.send_photo,
    "senddocument": sending.send_document,
    "sendchataction": sending.send_chat_action,
    "copymessage": sending.copy_message,
    "forwardmessage": sending.forward_message,
    "editmessagetext": editing.edit_message_text,
    "editmessagecaption": editing.edit_message_caption,
    "editmessagemedia": editing.edit_message_media,
    "editmessagereplymarkup": editing.edit_message_reply_markup,
    "deletemessage": editing.delete_message,
    "deletemessages": editing.delete_messages,
    "pinchatmessage": editing.pin_chat_message,
    "unpinchatmessage": editing.unpin_chat_message,
    "unpinallchatmessages": editing.unpin_all_chat_messages,
    "setmessagereaction": editing.set_message_reaction,
    "answercallbackquery": answering.answer_callback_query,
    "sendinvoice": invoices.send_invoice,
    "createinvoicelink": invoices.create_invoice_link,
    "answerprecheckoutquery": invoices.answer_pre_checkout_query,
    "refundstarpayment": invoices.refund_star_payment,
    "getstartransactions": invoices.get_star_transactions,
    "getmystarbalance": invoices.get_my_star_balance,
    "setwebhook": answering.set_webhook,
    "deletewebhook": answering.delete_webhook,
    "getwebhookinfo": answering.get_webhook_info,
}


class BotWire:
    """Handlers of the bot's requests."""

    def __init__(self, world: World, presence: Presence) -> None:
        self._world = world
        self._presence = presence

    def routes(self) -> list[web.RouteDef]:
        """The routes of this side."""
        return [
            web.route("*", "/bot{token}/{method}", self.call),
            web.get("/file/bot{token}/{path:.+}", self.download),
        ]

    async def call(self, request: web.Request) -> web.Response:
        """One method call, from request to answer."""
        name = request.match_info["method"]
        try:
            self._check_token(request.match_info["token"])
            call = await read_call(request, _known(name))
        except ApiError as refusal:
            return _answer(refusal.error_code, refusal.to_json())
        except web.HTTPRequestEntityTooLarge:
            return _answer(413, ApiError(413, "Request Entity Too Large").to_json())
        drop = self._world.faults.take_drop(call.method)
        if drop is When.BEFORE:
            self._world.journal.note(name, call, ok=False, error_code=None, description=None)
            return _cut(request)
        status, body = await self._run(request, name, call)
        return _cut(request) if drop is When.AFTER else _answer(status, body)

    async def download(self, request: web.Request) -> web.Response:
        """The bytes of a file whose path getFile told."""
        try:
            self._check_token(request.match_info["token"])
        except ApiError as refusal:
            return _answer(refusal.error_code, refusal.to_json())
        file = self._world.files.at_path(request.match_info["path"])
        if file is None:
            return _answer(404, ApiError(404, "Not Found").to_json())
        return web.Response(body=file.data, content_type="application/octet-stream")

    def _check_token(self, token: str) -> None:
        if ":" not in token:
            raise ApiError(404, "Not Found")
        if not _TOKEN.match(token):
            raise ApiError(401, "Unauthorized: invalid token specified")
        self._world.token_seen = True

    async def _run(self, request: web.Request, name: str, call: Call) -> tuple[int, dict[str, Any]]:
        if delay := self._world.faults.delay(call.method):
            await asyncio.sleep(delay)
        await self._hook(name, call, Stage.BEFORE)
        try:
            status, body = 200, {"ok": True, "result": await self._work(request, call)}
        except ApiError as refusal:
            status, body = refusal.error_code, refusal.to_json()
        ok = status == 200
        code, description = (None, None) if ok else (status, str(body["description"]))
        self._world.journal.note(name, call, ok=ok, error_code=code, description=description)
        await self._hook(name, call, Stage.AFTER)
        return status, body

    async def _work(self, request: web.Request, call: Call) -> object:
        faults = self._world.faults
        if wait := faults.take_flood(call.method, call.number("chat_id")):
            raise too_many_requests(wait)
        if faults.take_server_error(call.method):
            raise ApiError(500, "Internal Server Error")
        if call.method == _POLL:
            with self._presence.polling(request):
                return await answering.get_updates(self._world, call)
        return METHODS[call.method](self._world, call)

    async def _hook(self, name: str, call: Call, stage: Stage) -> None:
        if hook := self._world.config.on_call:
            await hook(name, call.readable(), stage)


def _known(name: str) -> str:
    method = name.lower()
    if method not in METHODS and method != _POLL:
        raise ApiError(404, "Not Found")
    return method


def _answer(status: int, body: Mapping[str, Any]) -> web.Response:
    encoded = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    answer = web.Response(body=encoded, status=status, content_type="application/json")
    if status == 429:
        answer.headers["Retry-After"] = str(body["parameters"]["retry_after"])
    return answer


def _cut(request: web.Request) -> web.Response:
    """Closes the connection at once; what is returned is never written."""
    if request.transport:
        request.transport.abort()
    return web.Response()
