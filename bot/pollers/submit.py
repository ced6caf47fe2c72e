"""Sends reserved orders, a few at a time per panel, woken by the confirm itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from bot.domain.errors import AlreadyDecided
from bot.domain.notices import Alert, AlertKind, Facts
from bot.domain.orders import Order, OrderState
from bot.engine import fulfilment, panels
from bot.engine.alerts import alert_operators
from bot.engine.fulfilment import IN_FLIGHT_PER_PANEL, Claim
from bot.engine.panels import Action
from bot.engine.shop import Bell, Shop
from bot.panels.outcomes import AddOutcome, Lost, Placed, Refused, Unsent
from bot.pollers.loop import Loops
from bot.pollers.storing import HOPELESS, until_stored
from bot.wire.reasons import HttpFacts, LostReason
from storage.errors import StorageError, Superseded

log = logging.getLogger(__name__)

_LOOK_AGAIN: Final = timedelta(seconds=30)
_SHORTEST_REST_SECONDS: Final = 0.02


class Submitter:
    """Sends one panel's orders; a panel that hangs holds up only its own."""

    def __init__(self, shop: Shop, panel: str, loops: Loops, now: Callable[[], datetime]) -> None:
        self._shop = shop
        self._panel = panel
        self._loops = loops
        self._now = now
        self._in_flight: set[asyncio.Task[None]] = set()
        self._done = Bell()
        self._turn = asyncio.Lock()
        #: How many outcomes in a row were refusals for everybody, or lost.
        self._setbacks = 0
        #: On the loop's own clock, which nobody sets.
        self._rests_until = 0.0
        self._stopping = False

    async def step(self) -> timedelta | None:
        """Send the next order, or wait for one; None once it was stopped."""
        async with self._turn:
            if self._stopping:
                return None
            rung, done = self._shop.bells.submit.rung, self._done.rung
            if (rest := self._rests_until - self._time()) > 0:
                await self._done.wait(done, rest)
            elif len(self._in_flight) >= IN_FLIGHT_PER_PANEL:
                await self._done.wait(done, _LOOK_AGAIN.total_seconds())
            elif claimed := await fulfilment.claim(self._shop, self._panel, self._now()):
                self._send(claimed)
            else:
                await self._shop.bells.submit.wait(rung, await self._until_next())
            return timedelta(0)

    @asynccontextmanager
    async def quiet(self) -> AsyncIterator[None]:
        """Nothing is sent while this is entered, and what was under way has landed."""
        self._done.ring()
        self._shop.bells.submit.ring()
        async with self._turn:
            if self._in_flight:
                await asyncio.wait(self._in_flight)
            yield

    async def stop(self, seconds: float) -> None:
        """Claim nothing more, and wait for what is in flight; what is still out there then becomes unknown.

        A claim under way is waited for first: it is either sent or was never made.
        """
        self._stopping = True
        self._done.ring()
        self._shop.bells.submit.ring()
        async with self._turn:
            in_flight = list(self._in_flight)
        if in_flight:
            await asyncio.wait(in_flight, timeout=seconds)
        for task in in_flight:
            task.cancel()
        await asyncio.gather(*in_flight, return_exceptions=True)

    def _time(self) -> float:
        return asyncio.get_running_loop().time()

    async def _until_next(self) -> float:
        at = await fulfilment.next_to_wake(self._shop, self._panel, self._now())
        rest = _LOOK_AGAIN if at is None else min(_LOOK_AGAIN, at - self._now())
        return max(_SHORTEST_REST_SECONDS, rest.total_seconds())

    def _send(self, claimed: Claim) -> None:
        task = self._loops.spawn(self._carry_out(claimed), f"add {claimed.order.id}")
        self._in_flight.add(task)
        task.add_done_callback(partial(self._landed, claimed))

    def _landed(self, claimed: Claim, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        self._shop.sending.under_way.discard(claimed.key)
        self._shop.sending.unstored.discard(claimed.key)
        self._done.ring()
        self._shop.bells.submit.ring()

    async def _carry_out(self, claimed: Claim) -> None:
        try:
            outcome: AddOutcome = await self._shop.panels[self._panel].add(claimed.request)
        except asyncio.CancelledError:
            # Stopped in mid-flight: the request may have arrived. Write that down before going.
            await asyncio.shield(self._record(claimed, Lost(LostReason.NO_ANSWER, HttpFacts(error="Stopped"))))
            raise
        order = await asyncio.shield(self._record(claimed, outcome))
        await self._note(outcome)
        self._rest_after(outcome, order)

    async def _note(self, outcome: AddOutcome) -> None:
        """Count what never reached the panel among its failures, until it answers again."""
        if isinstance(outcome, Unsent):
            await panels.note_failure(self._shop, self._panel, Action.ADD, outcome.reason.value, self._now())
        elif self._setbacks and not isinstance(outcome, Lost):
            await panels.note_answer(self._shop, self._panel, Action.ADD, self._now())

    async def _record(self, claimed: Claim, outcome: AddOutcome) -> Order | None:
        """Store an outcome, however long that takes; the order as it is then, None where that came too late."""
        about: Facts = {"order": claimed.order.id, "panel": self._panel}
        refused: list[StorageError] = []

        async def store() -> Order:
            return await fulfilment.record(self._shop, claimed, outcome, self._now())

        def waits(error: StorageError) -> None:
            self._shop.sending.unstored.add(claimed.key)
            refused[:] = [error]

        try:
            order = await until_stored(store, about, waits=waits)
        except (AlreadyDecided, Superseded):
            log.warning("an outcome came too late", extra=about)
            return None
        except HOPELESS:
            log.exception("an outcome cannot be stored", extra=about)
            if isinstance(outcome, Lost):
                return None
            # Unknown is the safe reading; when that cannot be stored either, the next start makes it so.
            return await self._record(claimed, Lost(LostReason.UNEXPECTED, outcome.facts))
        log.info("order sent", extra={**about, "state": order.state.value})
        if refused:
            facts: Facts = {**about, "detail": str(refused[0])}
            alert = Alert.about(AlertKind.OUTCOME_WAITED, order.id, facts, order.id)
            await until_stored(partial(alert_operators, self._shop, alert, self._now()), about)
        return order

    def _rest_after(self, outcome: AddOutcome, order: Order | None) -> None:
        """Let a panel rest that refuses everybody, cannot be reached, or loses one answer after another.

        A first lost answer is bad luck. A second one in a row would make an unknown order of everything that waits.
        A refusal in words that an operator taught the shop is one of that order alone.
        """
        taught = isinstance(outcome, Lost) and order is not None and order.state is OrderState.FAILED
        if taught or isinstance(outcome, Placed | Refused):
            self._setbacks, self._rests_until = 0, 0.0
            return
        self._setbacks += 1
        spared = isinstance(outcome, Lost) and not outcome.redirected
        if rests := self._setbacks - (1 if spared else 0):
            self._rests_until = self._time() + fulfilment.backoff(rests).total_seconds()
