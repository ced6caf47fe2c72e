"""A failure of the Bot API names no token, whatever answered in its place; what succeeds passes untouched."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Bot
from telegram.error import BadRequest, NetworkError, TelegramError
from telegram.request import BaseRequest

from bot.logs import MASK, Masks
from bot.transport.discreet import DiscreetRequest

TOKEN = "100001:" + "AAmade-up_token-of-nobodys"


class Canned(BaseRequest):
    """Answers one thing, or raises it."""

    def __init__(self, status: int, body: bytes, raises: TelegramError | None = None) -> None:
        self.answer, self.raises = (status, body), raises

    @property
    def read_timeout(self) -> float:
        return 1

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(self, *_: Any, **__: Any) -> tuple[int, bytes]:
        if self.raises is not None:
            raise self.raises
        return self.answer


def discreet(status: int, body: str, raises: TelegramError | None = None) -> DiscreetRequest:
    return DiscreetRequest(Canned(status, body.encode(), raises), Masks([TOKEN]))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (502, f"<html>Bad gateway for /bot{TOKEN}/sendMessage</html>"),
        (400, f'{{"ok":false,"error_code":400,"description":"Bad Request: {TOKEN}"}}'),
        (200, f"no JSON {TOKEN}"),
        (302, f"to /bot{TOKEN}/"),
    ],
)
async def test_what_is_raised_and_stored_of_a_failure_holds_no_token(status: int, body: str) -> None:
    bot = Bot(TOKEN, request=discreet(status, body), get_updates_request=discreet(200, "{}"))
    with pytest.raises(TelegramError) as failure:
        await bot.send_message(1, "x")
    assert TOKEN not in f"{failure.value} {failure.value.message} {failure.value!r}"


async def test_what_the_other_one_raises_is_masked_and_stays_what_it_was() -> None:
    request = discreet(200, "", NetworkError(f"connect to /bot{TOKEN}/getMe failed"))
    with pytest.raises(NetworkError, match="connect to ") as failure:
        await request.do_request("x", "POST")
    assert TOKEN not in str(failure.value)
    assert MASK in failure.value.message


async def test_what_succeeds_is_not_touched() -> None:
    body = f'{{"ok":true,"result":[{{"text":"{TOKEN}"}}]}}'
    assert await discreet(200, body).do_request("x", "POST") == (200, body.encode())


async def test_a_files_bytes_are_not_touched() -> None:
    data = "\ufefffile ก".encode("utf-16")
    request = DiscreetRequest(Canned(200, data), Masks([TOKEN]))
    assert await request.retrieve("https://api.example/file/x.txt") == data


async def test_a_refusal_is_understood_as_before() -> None:
    bot = Bot("1:x", request=discreet(400, '{"ok":false,"description":"Bad Request: chat not found"}'))
    with pytest.raises(BadRequest, match=r"[Cc]hat not found"):
        await bot.send_message(1, "x")
