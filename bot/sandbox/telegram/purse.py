"""What people do with their Stars, over HTTP: the chat page, the tests and the proof pay by these requests.

- POST /chat/{id}/pay `{message_id}` or `{link}`: pays the invoice of a message of this chat, or of a link. May also
  hold `as_person` (somebody else pays a forwarded copy), `how` (normal, declined, late, lost, twice; without it what
  the faults say about the next payment, else normal) and `seconds` (how late; without it until it is released).
  Waits for the bot's answer, ten seconds at most, and then says
  `{status, message, charge_id, charge_ids}`: `status` is paid, refused (by the bot, in its words, or for too few
  Stars), timed-out (the bot said nothing), failed (after the bot's yes), late or lost (paid, the bot was not told).
- GET /chat/{id}/payments, and GET /payments for everybody's newest:
  `{payments: [{charge_id, person_id, title, total_amount, date, told, refunded}]}`, newest first.
- GET /chat/{id}/invoice?link=…: what the invoice behind a link asks for.
- POST /chat/{id}/release `{charge_id}`: the bot is told now of a payment that is late or lost.
- POST /chat/{id}/take-back `{charge_id, quiet?}`: Telegram takes a payment back by itself; quietly means that the bot
  finds it in the transactions only.
- POST /chat/{id}/stars `{stars}`: sets how many Stars the person has.
- POST /faults `{payment: {how, seconds?, count?}}` says how the next payments go, `{payment: null}` nothing special.
"""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from bot.sandbox.telegram.asking import chat_of, json_answer, read_body, read_number, read_text, refused
from bot.sandbox.telegram.faults import How, NextPayment
from bot.sandbox.telegram.happenings import set_stars
from bot.sandbox.telegram.paying import give_back, pay, tell
from bot.sandbox.telegram.stars import Charge, Invoice
from bot.sandbox.telegram.views import charge_view, invoice_json, person_view
from bot.sandbox.telegram.visits import BlockedError
from bot.sandbox.telegram.world import Chat, World

_LONGEST_LINK: Final = 200
_LONGEST_CHARGE_ID: Final = 200
#: The page lists no more of everybody's payments than this.
_NEWEST: Final = 30


class Purse:
    """Handlers of the people's requests about Stars."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """The routes of this side."""
        return [
            web.post(r"/chat/{id:\d+}/pay", self.pay),
            web.get(r"/chat/{id:\d+}/payments", self.payments),
            web.get("/payments", self.newest),
            web.get(r"/chat/{id:\d+}/invoice", self.invoice),
            web.post(r"/chat/{id:\d+}/release", self.release),
            web.post(r"/chat/{id:\d+}/take-back", self.take_back),
            web.post(r"/chat/{id:\d+}/stars", self.stars),
        ]

    async def pay(self, request: web.Request) -> web.Response:
        """The person pays an invoice."""
        chat = chat_of(self._world, request)
        body = await read_body(request)
        payer = self._payer(chat, body)
        invoice = self._invoice(chat, body, forwarded=payer is not chat)
        manner = _manner(body) or self._world.faults.take_payment()
        try:
            outcome = await pay(self._world, payer, invoice, manner.how, manner.seconds)
        except BlockedError as refusal:
            raise refused(web.HTTPConflict, str(refusal)) from None
        return json_answer(outcome.to_json())

    async def payments(self, request: web.Request) -> web.Response:
        """What the person has paid."""
        chat = chat_of(self._world, request)
        own = [charge for charge in self._world.till.newest if charge.payer_id == chat.person.id]
        return json_answer({"payments": [charge_view(charge) for charge in own]})

    async def newest(self, request: web.Request) -> web.Response:
        """What everybody has paid of late."""
        return json_answer({"payments": [charge_view(charge) for charge in self._world.till.newest[:_NEWEST]]})

    async def invoice(self, request: web.Request) -> web.Response:
        """What the invoice behind a link asks for."""
        invoice = self._invoice(chat_of(self._world, request), {"link": request.query.get("link")}, forwarded=False)
        return json_answer(invoice_json(invoice))

    async def release(self, request: web.Request) -> web.Response:
        """The bot is told of a payment it has not heard of."""
        charge = await self._charge(request)
        if charge.told:
            raise refused(web.HTTPConflict, "the bot was told of this payment already")
        tell(self._world, charge)
        return json_answer(charge_view(self._world.till.charges[charge.charge_id]))

    async def take_back(self, request: web.Request) -> web.Response:
        """Telegram takes a payment back, whatever the bot thinks of it."""
        charge = await self._charge(request)
        if charge.refunded:
            raise refused(web.HTTPConflict, "this payment was given back already")
        give_back(self._world, charge, quiet=bool((await read_body(request)).get("quiet")))
        return json_answer(charge_view(self._world.till.charges[charge.charge_id]))

    async def stars(self, request: web.Request) -> web.Response:
        """The person gets or loses Stars."""
        chat = chat_of(self._world, request)
        body = await read_body(request)
        if "stars" not in body:
            raise refused(web.HTTPBadRequest, "stars must be a whole number")
        set_stars(self._world, chat, read_number(body, "stars"))
        return json_answer(person_view(chat))

    def _payer(self, chat: Chat, body: Mapping[str, Any]) -> Chat:
        payer = self._world.chats.get(read_number(body, "as_person") or chat.person.id)
        if payer is None:
            raise refused(web.HTTPNotFound, "nobody has this id")
        return payer

    def _invoice(self, chat: Chat, body: Mapping[str, Any], *, forwarded: bool) -> Invoice:
        if body.get("link"):
            invoice = self._world.till.linked(read_text(body, "link", _LONGEST_LINK))
        else:
            message = chat.messages.get(read_number(body, "message_id"))
            copy = message is not None and (forwarded or message.forward_origin is not None)
            invoice = message.invoice if message else None
            if copy and invoice and invoice.start_parameter:
                raise refused(web.HTTPConflict, "a forwarded copy of this invoice opens the bot instead")
        if invoice is None:
            raise refused(web.HTTPNotFound, "there is no such invoice")
        return invoice

    async def _charge(self, request: web.Request) -> Charge:
        chat = chat_of(self._world, request)
        charge = self._world.till.charges.get(read_text(await read_body(request), "charge_id", _LONGEST_CHARGE_ID))
        if charge is None or charge.payer_id != chat.person.id:
            raise refused(web.HTTPNotFound, "this person has made no such payment")
        return charge


def _manner(body: Mapping[str, Any]) -> NextPayment | None:
    if not body.get("how"):
        return None
    seconds = body.get("seconds")
    try:
        return NextPayment(How(str(body["how"])), None if seconds is None else float(seconds), 1)
    except (ValueError, TypeError):
        raise refused(web.HTTPBadRequest, "how must be one of " + ", ".join(How)) from None
