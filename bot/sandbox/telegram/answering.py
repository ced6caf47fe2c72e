"""Bot API methods that answer a press, and the bot's receiving side: getUpdates and webhooks."""

import re
from typing import Final
from urllib.parse import urlsplit

from bot.sandbox.telegram.calls import Call
from bot.sandbox.telegram.errors import STALE_QUERY, WEBHOOK_ACTIVE, ApiError, bad_request
from bot.sandbox.telegram.updates import MAX_BATCH, MAX_WAIT
from bot.sandbox.telegram.views import Json
from bot.sandbox.telegram.webhook import Webhook, is_loopback
from bot.sandbox.telegram.world import World

MAX_ANSWER: Final = 200
_MAX_SECRET: Final = 256
_SECRET: Final = re.compile(r"^[A-Za-z0-9_-]*$")
_CONNECTIONS: Final = (1, 40, 100)


def answer_callback_query(world: World, call: Call) -> bool:
    """`answerCallbackQuery`: once, and before the press is too old."""
    callback_id = call.text("callback_query_id")
    text = call.text("text")
    if len(text) > MAX_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    press = world.presses.pop(callback_id, None)
    if press is None or press.expires_at <= world.config.clock():
        raise bad_request(STALE_QUERY)
    answer = {
        "type": "callback_answer",
        "callback_id": callback_id,
        "text": text or None,
        "show_alert": call.flag("show_alert"),
        "url": call.text("url") or None,
    }
    world.hub.publish(press.chat_id, answer)
    return True


async def get_updates(world: World, call: Call) -> list[Json]:
    """`getUpdates`: confirms what is before `offset`, waits up to `timeout` seconds for more."""
    if world.webhook.webhook:
        raise ApiError(409, WEBHOOK_ACTIVE)
    world.updates.allow(call.decoded("allowed_updates"))
    limit = call.number("limit", MAX_BATCH)
    timeout = call.number("timeout")
    batch = await world.updates.poll(
        call.number("offset"),
        limit if 1 <= limit <= MAX_BATCH else MAX_BATCH,
        min(max(timeout, 0), MAX_WAIT),
    )
    return [update.to_json() for update in batch]


def set_webhook(world: World, call: Call) -> bool:
    """`setWebhook`; an empty url deletes it, the same one again disturbs nothing that is under way.

    Raises ApiError for an address that is not on this machine.
    """
    url = call.text("url")
    if not url:
        return delete_webhook(world, call)
    secret = call.text("secret_token")
    _check_webhook(url, secret)
    least, usual, most = _CONNECTIONS
    connections = call.number("max_connections", usual)
    world.updates.allow(call.decoded("allowed_updates"))
    if call.flag("drop_pending_updates"):
        world.updates.clear()
    webhook = Webhook(url, secret, min(max(connections, least), most))
    if webhook != world.webhook.webhook or call.flag("drop_pending_updates"):
        world.updates.yield_to_webhook()
        world.webhook.set(webhook)
    return True


def _check_webhook(url: str, secret: str) -> None:
    if len(secret) > _MAX_SECRET:
        raise bad_request("secret token is too long")
    if not _SECRET.match(secret):
        raise bad_request("secret token contains unallowed characters")
    if urlsplit(url).scheme not in ("http", "https"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if not is_loopback(url):
        raise bad_request("bad webhook: the sandbox delivers to loopback addresses only")


def delete_webhook(world: World, call: Call) -> bool:
    """`deleteWebhook`; what waits stays for getUpdates unless it is to be dropped."""
    world.webhook.delete()
    if call.flag("drop_pending_updates"):
        world.updates.clear()
    return True


def get_webhook_info(world: World, call: Call) -> Json:
    """`getWebhookInfo`."""
    info = {**world.webhook.info(), "pending_update_count": len(world.updates)}
    return {**info, "allowed_updates": sorted(world.updates.allowed)}
