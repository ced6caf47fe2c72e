"""What the raw panel of the proof says in tests: scripts of replies."""

from __future__ import annotations

import json
from collections.abc import Callable

from prove.raw import Caller, Script, http


def answering(*replies: object, status: str = "200 OK") -> Script:
    """Answer the n-th request with the n-th reply (the last one for ever): bytes as they are, all else as JSON."""
    left = list(replies)

    async def script(caller: Caller) -> None:
        while True:
            await caller.request()
            reply = left.pop(0) if len(left) > 1 else left[0]
            await caller.send(reply if isinstance(reply, bytes) else http(json.dumps(reply), status))

    return script


def answering_by(decide: Callable[[dict[str, str]], object]) -> Script:
    """Answer each request by its form."""

    async def script(caller: Caller) -> None:
        while True:
            request = await caller.request()
            reply = decide(request.form)
            await caller.send(reply if isinstance(reply, bytes) else http(json.dumps(reply)))

    return script
