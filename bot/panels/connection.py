"""Everything that leaves for a panel and comes back from it: forms, facts, checks, log lines."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from typing import Final, TypeVar
from urllib.parse import urlencode

import httpx
from pydantic import SecretStr

from bot.panels.errors import Unreachable, Unusable
from bot.panels.wire_status import panel_wide
from bot.wire.exchange import Bounds, Exchange, post
from bot.wire.masking import KeyMask
from bot.wire.reading import Json, Malformed, clean_text, parse_json
from bot.wire.reasons import HttpFacts, LostReason

_log: Final = logging.getLogger(__name__)
Answer = TypeVar("Answer")


class Connection:
    """One panel's address and key; the only place that puts the key into a form."""

    def __init__(self, name: str, url: str, key: SecretStr, http: httpx.AsyncClient) -> None:
        self._name = name
        self._url = url
        self._key = key
        self._http = http
        self.mask = KeyMask(key)

    def __repr__(self) -> str:
        return f"Connection({self._name!r})"

    def clean(self, raw: str, limit: int) -> str:
        """A panel's text fit to show: no key, no control characters, single spaces, capped."""
        return clean_text(self.mask(raw), limit)

    async def exchange(
        self, action: str, fields: Mapping[str, str], bounds: Bounds, *, fresh: bool = False
    ) -> Exchange:
        """POST one action; whatever breaks is in the exchange. Raises UnicodeEncodeError for unsendable text."""
        form = urlencode({**fields, "key": self._key.get_secret_value(), "action": action}).encode("ascii")
        exchange = await post(self._http, self._url, form, bounds, fresh=fresh)
        self._note(action, exchange)
        return exchange

    async def ask(
        self,
        action: str,
        fields: Mapping[str, str],
        bounds: Bounds,
        read: Callable[[Json], Answer],
        *,
        repeatable: bool = True,
    ) -> Answer:
        """POST one action and `read` its JSON, at any HTTP status below 500.

        What changes nothing is `repeatable`: it may use a kept connection, and is asked again when that one turns
        out dead. Raises Unreachable, Unusable, and Denied where the panel refuses as a whole.
        """
        exchange = await self.exchange(action, fields, bounds, fresh=not repeatable)
        if repeatable and exchange.died_idle:
            exchange = await self.exchange(action, fields, bounds, fresh=True)
        return self.believed(exchange, read)

    def believed(self, exchange: Exchange, read: Callable[[Json], Answer]) -> Answer:
        """What `read` makes of an answer; raises as `ask`."""
        status = self.arrived(exchange)
        try:
            return self._read(status, exchange.body, read)
        except Malformed as malformed:
            reason = LostReason.SERVER_ERROR if status >= 500 else malformed.reason
            raise Unusable(reason, self.facts(exchange)) from None

    def arrived(self, exchange: Exchange) -> int:
        """The HTTP status of an answer that came whole, from the panel itself and as asked; raises otherwise."""
        if exchange.flaw is None and exchange.breakdown is None and exchange.status is not None:
            return exchange.status
        facts = self.facts(exchange)
        if exchange.flaw is None or exchange.flaw is exchange.breakdown:
            raise Unreachable(exchange.breakdown or LostReason.NO_ANSWER, facts)
        raise Unusable(exchange.flaw, facts)

    def _read(self, status: int, body: bytes, read: Callable[[Json], Answer]) -> Answer:
        value = parse_json(body)
        if denied := panel_wide(value, status, self.clean):
            raise denied
        if status >= 500:
            raise Malformed(LostReason.SERVER_ERROR)
        return read(value)

    def facts(self, exchange: Exchange) -> HttpFacts:
        """What is known of an exchange, free of the key."""
        body = exchange.body
        return HttpFacts(
            status=exchange.status,
            sha256=hashlib.sha256(body).hexdigest() if body else None,
            excerpt=self.mask.excerpt(body, whole=exchange.whole),
            error=exchange.error,
        )

    def _note(self, action: str, exchange: Exchange) -> None:
        fine = exchange.whole and exchange.status is not None and exchange.status < 300
        _log.log(
            logging.DEBUG if fine else logging.WARNING,
            "panel exchange",
            extra={
                "panel": self._name,
                "action": action,
                "http_status": exchange.status,
                "bytes": exchange.size,
                "breakdown": exchange.breakdown,
                "error": exchange.error,
            },
        )
