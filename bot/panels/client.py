"""The client of one panel: the seven actions of panel API v2."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

import httpx
from pydantic import SecretStr

from bot.panels.batches import REFILL, REFILL_STATUS, STATUS, Batches, checked_ids
from bot.panels.connection import Connection
from bot.panels.denials import Denial
from bot.panels.dialects import Ability, Capabilities, Learned
from bot.panels.errors import Denied, Unusable
from bot.panels.limits import Limits
from bot.panels.outcomes import AddOutcome, AddRequest, Lost, RefusalKind, Refused, Unsent
from bot.panels.wire import error_text
from bot.panels.wire_add import read_add
from bot.panels.wire_requests import (
    Balance,
    CancelResult,
    RefillResult,
    RefillStatusResult,
    read_balance,
    read_cancels,
)
from bot.panels.wire_services import CatalogueDecoder, ServicesAnswer
from bot.panels.wire_status import StatusResult, denial
from bot.wire.exchange import Exchange
from bot.wire.reading import Clean, Json, Malformed, clean_text
from bot.wire.reasons import HttpFacts, LostReason, UnsentReason

_log: Final = logging.getLogger(__name__)
_DEFAULT_LIMITS: Final = Limits()
#: Kinds of refusal, and HTTP statuses, that mean the panel has no such action.
_NO_SUCH_ACTION: Final = frozenset({Denial.REQUEST, Denial.UNSUPPORTED})
_NO_SUCH_PAGE: Final = frozenset({404, 405, 501})


class PanelClient:
    """Speaks with one panel.

    Every action is a form POST with the key in its body (never in an address). Reads raise PanelError (Unreachable,
    Unusable, Denied); `add` raises nothing but cancellation, its outcomes are values.
    """

    def __init__(
        self,
        name: str,
        url: str,
        key: SecretStr,
        http: httpx.AsyncClient,
        configured: Capabilities,
        limits: Limits = _DEFAULT_LIMITS,
    ) -> None:
        self.name = name
        self._limits = limits
        self._connection = Connection(name, url, key, http)
        self._learned = Learned(configured)
        self._batches = Batches(name, self._connection, self._learned, limits)
        self._catalogue = CatalogueDecoder(name)

    def __repr__(self) -> str:
        return f"PanelClient({self.name!r})"

    @property
    def capabilities(self) -> Capabilities:
        """What the panel can do as far as is configured or learned."""
        return self._learned.capabilities

    async def services(self) -> ServicesAnswer:
        """The whole catalogue (action `services`); a large one is decoded in a thread, the loop does not wait."""
        exchange = await self._connection.exchange("services", {}, self._limits.services)
        if exchange.died_idle:
            exchange = await self._connection.exchange("services", {}, self._limits.services, fresh=True)
        if self._connection.arrived(exchange) >= 400:
            return self._connection.believed(exchange, _no_catalogue)
        answer = await self._decoded(exchange)
        if answer.services:
            self._learned.learn(Ability.CANCEL, able=answer.names_cancel)
        return answer

    async def add(self, request: AddRequest) -> AddOutcome:
        """Place one order (action `add`) on a connection of its own; raises only CancelledError.

        Whoever is cancelled here must record the order as unknown.
        """
        fields = {**request.fields, "service": request.service_id}
        try:
            exchange = await self._connection.exchange("add", fields, self._limits.add, fresh=True)
        except UnicodeEncodeError as error:
            return Refused(RefusalKind.REQUEST, "the text cannot be sent", HttpFacts(error=type(error).__name__))
        outcome = self._outcome(exchange)
        _log.info("add answered", extra={"panel": self.name, "outcome": _label(outcome)})
        return outcome

    async def status(self, ids: Iterable[str]) -> dict[str, StatusResult]:
        """Where orders stand (action `status`), at most 100; ids the panel leaves out are missing here too.

        Raises ValueError for more than 100 ids or one that is none.
        """
        return await self._batches.ask(STATUS, ids)

    async def refill(self, ids: Iterable[str]) -> dict[str, RefillResult]:
        """Ask for refills of orders (action `refill`), at most 100; never repeated by itself."""
        return await self._batches.ask(REFILL, ids)

    async def refill_status(self, refill_ids: Iterable[str]) -> dict[str, RefillStatusResult]:
        """Where refills stand (action `refill_status`), at most 100."""
        return await self._batches.ask(REFILL_STATUS, refill_ids)

    async def balance(self) -> Balance:
        """What the shop has at the panel (action `balance`)."""
        return await self._connection.ask("balance", {}, self._limits.balance, read_balance)

    async def cancel(self, ids: Iterable[str]) -> dict[str, CancelResult]:
        """Ask to cancel orders (action `cancel`), at most 100; accepted means asked for, not done.

        Where the panel has no such action every id is Denied as UNSUPPORTED, later without asking.
        """
        asked = checked_ids(ids)
        if not asked:
            return {}
        if self._learned.knows(Ability.CANCEL) is False:
            return _unsupported(asked)
        try:
            return await self._connection.ask(
                "cancel",
                {"orders": ",".join(asked)},
                self._limits.batch,
                lambda value: self._read_cancels(value, asked),
                repeatable=False,
            )
        except Unusable as error:
            if error.reason is not LostReason.EMPTY and error.facts.status not in _NO_SUCH_PAGE:
                raise
        except Denied as denied:
            if denied.kind not in _NO_SUCH_ACTION:
                raise
        self._learned.learn(Ability.CANCEL, able=False)
        return _unsupported(asked)

    def _read_cancels(self, value: Json, asked: tuple[str, ...]) -> dict[str, CancelResult]:
        """An answer of `null` counts as empty: scripts print it for an action they do not have."""
        if value is None:
            raise Malformed(LostReason.EMPTY)
        if (text := error_text(value)) is not None:
            denied = denial(text, self._connection.clean)
            if len(asked) > 1 or denied.kind in _NO_SUCH_ACTION:
                raise denied
            return {asked[0]: denied}
        found = read_cancels(value, asked, self._connection.clean)
        if found is None:
            raise Malformed(LostReason.SHAPE)
        self._learned.learn(Ability.CANCEL, able=True)
        return found

    def _outcome(self, exchange: Exchange) -> AddOutcome:
        facts = self._connection.facts(exchange)
        if isinstance(exchange.breakdown, UnsentReason):
            return Unsent(exchange.breakdown, facts)
        if reason := exchange.flaw:
            return Lost(reason, facts)
        return read_add(exchange.status or 0, exchange.body, facts, self._connection.clean)

    async def _decoded(self, exchange: Exchange) -> ServicesAnswer:
        body = exchange.body
        try:
            if len(body) <= self._limits.decode_inline_bytes:
                return self._decode(body)
            return await asyncio.to_thread(self._decode, body)
        except Malformed as malformed:
            raise Unusable(malformed.reason, self._connection.facts(exchange)) from None

    def _decode(self, body: bytes) -> ServicesAnswer:
        return self._catalogue.decode(body, self._cleaner)

    def _cleaner(self, written: bytes) -> Clean:
        return self._connection.clean if self._connection.mask.hides_in(written) else clean_text


def _no_catalogue(value: Json) -> ServicesAnswer:
    raise Malformed(LostReason.SHAPE)


def _unsupported(ids: Iterable[str]) -> dict[str, CancelResult]:
    return {each: Denied(Denial.UNSUPPORTED, "") for each in ids}


def _label(outcome: AddOutcome) -> str:
    reason = getattr(outcome, "reason", None) or getattr(outcome, "kind", None)
    return f"{type(outcome).__name__.lower()} {reason}" if reason else type(outcome).__name__.lower()
