"""A bot that sends invoices and answers before payments, for the tests of Stars."""

import asyncio
from collections.abc import Sequence
from typing import Any

from tests.sandbox.telegram_kit import MINA, Sandbox

Json = dict[str, Any]

BILL: Json = {
    "title": "Top-up",
    "description": "50 Stars for your wallet",
    "payload": "topup:7",
    "currency": "XTR",
    "prices": [{"label": "Top-up", "amount": 50}],
}


async def send_bill(sandbox: Sandbox, chat_id: int = MINA, **changes: Any) -> Json:
    """The invoice as the Bot API gives it back."""
    return dict(await sandbox.call("sendInvoice", chat_id=chat_id, **{**BILL, **changes}))


async def queries(sandbox: Sandbox, count: int = 1) -> list[Json]:
    """Waits for as many pre-checkout queries; everything that came so far is confirmed."""
    found: list[Json] = []
    offset = 0
    async with asyncio.timeout(20):
        while len(found) < count:
            for update in await sandbox.updates(timeout=20, offset=offset):
                offset = update["update_id"] + 1
                found += [update["pre_checkout_query"]] if "pre_checkout_query" in update else []
    assert len(found) == count
    await sandbox.updates(offset=offset)
    return found


async def agree(sandbox: Sandbox, query: Json) -> None:
    """The bot says yes."""
    await sandbox.call("answerPreCheckoutQuery", pre_checkout_query_id=query["id"], ok=True)


async def pay(sandbox: Sandbox, message_id: int = 0, answers: Sequence[str] = ("",), **more: Any) -> Json:
    """Mina pays and the bot answers: an empty answer is yes, any other its words of refusal."""
    place = {} if more.get("link") else {"message_id": message_id}
    async with asyncio.TaskGroup() as group:
        payment = group.create_task(sandbox.post(f"/chat/{MINA}/pay", **place, **more))
        for answer, query in zip(answers, await queries(sandbox, len(answers)), strict=True):
            words = {"error_message": answer} if answer else {}
            body = {"pre_checkout_query_id": query["id"], "ok": not answer, **words}
            await sandbox.call("answerPreCheckoutQuery", **body)
    return dict(payment.result())


async def transactions(sandbox: Sandbox, **params: Any) -> list[Json]:
    """What getStarTransactions lists."""
    return list((await sandbox.call("getStarTransactions", **params))["transactions"])


async def balance(sandbox: Sandbox) -> int:
    """The bot's Stars."""
    return int((await sandbox.call("getMyStarBalance"))["amount"])


async def stars_of(sandbox: Sandbox, person: int = MINA) -> int:
    """A person's Stars."""
    return int((await sandbox.get(f"/chat/{person}/history"))["stars"])
