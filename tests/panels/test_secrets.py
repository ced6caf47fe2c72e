"""The key appears nowhere but in the body of the request, even where a panel repeats it."""

from __future__ import annotations

import base64
import dataclasses
import json
import logging
import traceback
from urllib.parse import quote, quote_plus

import pytest

from bot.panels.errors import Denied, PanelError
from bot.panels.limits import Limits
from bot.panels.outcomes import AddRequest
from prove.raw import Caller, http, raw_panel
from tests.panels.conftest import KEY, QUICK
from tests.panels.scripts import answering

ENCODED = base64.b64encode(KEY.encode()).decode()
FORMS = {KEY, quote(KEY), quote(KEY, safe=""), quote_plus(KEY), ENCODED, ENCODED.rstrip("="), json.dumps(KEY)[1:-1]}
ECHO = f"{KEY} {quote(KEY, safe='')} {quote_plus(KEY)} {ENCODED}"
IN_NO_TIME = Limits(QUICK, QUICK, QUICK, QUICK)


async def echo_then_reset(caller: Caller) -> None:
    request = await caller.request()
    await caller.send(http(b"You sent " + request.body + b" " * 50)[:-10])
    caller.reset()


async def nothing(caller: Caller) -> None:
    await caller.request()
    caller.reset()


ECHOES = {
    "refusal": answering({"error": f"Bad link {ECHO}"}),
    "unknown refusal": answering({"error": ECHO}),
    "status word": answering({"status": ECHO, "1": {"status": ECHO}}),
    "page": answering(http(f"<html>{ECHO}")),
    "5xx": answering(http(ECHO, "500 Oops")),
    "redirect": answering(http(ECHO, "302 Found", f"Location: /?key={quote(KEY)}")),
    "catalogue": answering(
        [
            {
                "service": 1,
                "name": ECHO,
                "category": ECHO,
                "description": ECHO,
                "type": KEY,
                "rate": "1",
                "min": 1,
                "max": 2,
            }
        ]
    ),
    "nested": answering([{"order": 1, "refill": {"error": ECHO}, "cancel": {"error": ECHO}}]),
    "refill words": answering([{"refill": 1, "status": ECHO}]),
    "half": echo_then_reset,
    "reset": nothing,
}


@pytest.mark.parametrize("echo", ECHOES)
async def test_the_key_is_never_shown(connect, caplog, echo):
    # Below WARNING httpcore prints whole response headers; the shop's logging keeps it quiet as well.
    for library in ("httpx", "httpcore"):
        caplog.set_level(logging.WARNING, logger=library)
    caplog.set_level(logging.DEBUG)
    async with raw_panel(ECHOES[echo]) as panel:
        client = connect(panel.url, limits=IN_NO_TIME)
        shown = [
            repr(client) + repr(client._connection),
            *[
                await seen(asking)
                for asking in (
                    client.add(AddRequest("1", {"link": "https://example.com"})),
                    client.services(),
                    client.status(["1"]),
                    client.status(["1", "2"]),
                    client.refill(["1"]),
                    client.refill_status(["1"]),
                    client.cancel(["1"]),
                    client.balance(),
                )
            ],
        ]
        assert all(KEY in request.form["key"] for request in panel.requests)
        assert all(request.line == "POST /api/v2 HTTP/1.1" for request in panel.requests)
    shown += [record.getMessage() + repr(vars(record)) for record in caplog.records]
    assert caplog.records
    assert not [text for text in shown for form in FORMS if form.lower() in text.lower()]


async def seen(asking) -> str:
    """Everything a person or a log could be shown of an answer."""
    try:
        return details(await asking)
    except PanelError as error:
        return "".join(traceback.format_exception(error)) + details(error)


def details(answer: object) -> str:
    if isinstance(answer, dict):
        return repr(answer) + "".join(details(each) for each in answer.values())
    if isinstance(answer, PanelError):
        return f"{answer!r} {answer} {answer.facts!r} {vars(answer)!r}" + (
            answer.text if isinstance(answer, Denied) else ""
        )
    return repr(dataclasses.asdict(answer)) if dataclasses.is_dataclass(answer) else repr(answer)


async def test_errors_do_not_hold_the_request(connect):
    """What httpx raises carries the request with the key in it; ours must not lead there."""
    async with raw_panel(nothing) as panel:
        with pytest.raises(PanelError) as caught:
            await connect(panel.url, limits=IN_NO_TIME).balance()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
