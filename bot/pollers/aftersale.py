"""Sends what customers ask for after the sale: refills, once each, and cancel requests; each panel on its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from bot.domain.refills import Refill
from bot.engine import cancelling, panels, refilling, refills
from bot.engine.panels import Action
from bot.engine.shop import Shop
from bot.panels.errors import PanelError, Unreachable
from bot.pollers.storing import HOPELESS, until_stored
from bot.wire.reasons import LostReason

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Clock = Callable[[], datetime]


class Errand:
    """Rounds that send something; a polite stop waits for the one under way."""

    def __init__(self, one_round: Callable[[], Awaitable[bool]], rest: timedelta) -> None:
        self._one_round = one_round
        self._rest = rest
        self._turn = asyncio.Lock()
        self._stopping = False

    async def step(self) -> timedelta | None:
        """One round, then the next at once where there was something to send; None once it was stopped."""
        async with self._turn:
            if self._stopping:
                return None
            return timedelta(0) if await self._one_round() else self._rest

    async def stop(self, seconds: float) -> None:
        """Begin nothing more, and wait so long at most; what is out there then counts as lost when it is cancelled."""
        self._stopping = True
        try:
            async with asyncio.timeout(seconds), self._turn:
                return
        except TimeoutError:
            log.warning("an errand did not end in time")


def refilling_errand(shop: Shop, panel: str, now: Clock) -> Errand:
    """Asks a panel for refills."""

    async def one_round() -> bool:
        return await send_refills(shop, panel, now)

    return Errand(one_round, shop.terms.look_again)


def cancelling_errand(shop: Shop, panel: str, now: Clock) -> Errand:
    """Asks a panel to cancel orders."""

    async def one_round() -> bool:
        return await send_cancels(shop, panel, now)

    return Errand(one_round, shop.terms.look_again)


async def send_refills(shop: Shop, panel: str, now: Clock) -> bool:
    """Ask for what waits, in one request where the panel can; False when nothing waited."""
    claimed = await refilling.claim(shop, panel, now())
    if not claimed:
        return False
    numbers = {refill.upstream_id: refill.id for refill in claimed}

    async def record(answer: Mapping[str, refilling.Reply] | PanelError) -> None:
        await refilling.record(shop, _shared(numbers, answer), now())

    await _send(shop, panel, Action.REFILL, shop.panels[panel].refill(numbers), record, now)
    return True


async def send_cancels(shop: Shop, panel: str, now: Clock) -> bool:
    """Ask to cancel what waits, in one request; False when nothing waited. What was asked for is looked at often."""
    await cancelling.hurry(shop, panel, now())
    claimed = await cancelling.claim(shop, panel, now())
    if not claimed:
        return False
    orders = {request.upstream_id: request.order_id for request in claimed}

    async def record(answer: Mapping[str, cancelling.Reply] | PanelError) -> None:
        await cancelling.record(shop, _shared(orders, answer), now())

    await _send(shop, panel, Action.CANCEL, shop.panels[panel].cancel(orders), record, now)
    return True


async def follow_refills(shop: Shop, panel: str, now: Clock) -> timedelta:
    """One round: ask how the refills stand that are due, and let cards offer what time has made possible."""
    await refills.reopen(shop, panel, now())
    while found := await refilling.due(shop, panel, now()):
        await _ask(shop, panel, found, now)
        if len(found) < refilling.IDS_PER_REQUEST:
            break
    return shop.terms.look_again


async def _ask(shop: Shop, panel: str, found: list[Refill], now: Clock) -> None:
    """Two refills may share a name: some panels answer with the order's number each time."""
    named = [refill.refill_id for refill in found if refill.refill_id]
    try:
        answer = await shop.panels[panel].refill_status(named)
    except PanelError as error:
        log.warning("refill status could not be read", extra={"panel": panel, "problem": str(error)})
        await panels.note_failure(shop, panel, Action.REFILL_STATUS, str(error), now())
        return
    await panels.note_answer(shop, panel, Action.REFILL_STATUS, now())
    reports = {refill.id: answer[refill.refill_id] for refill in found if refill.refill_id in answer}
    await refilling.apply(shop, reports, now())


async def _send(
    shop: Shop, panel: str, action: Action, call: Awaitable[Mapping[str, Answer]],
    record: Callable[[Mapping[str, Answer] | PanelError], Awaitable[None]], now: Clock,
) -> None:  # fmt: skip
    """Make one call and store what came of it, also when it is cut off."""
    about = {"panel": panel, "action": action}
    try:
        answer = await call
    except PanelError as error:
        log.warning("a panel did not take a request", extra={**about, "problem": str(error)})
        await asyncio.shield(_stored(record, error, about))
        await panels.note_failure(shop, panel, action, str(error), now())
    except asyncio.CancelledError:
        # Stopped in mid-flight: the request may have arrived. Write that down before going.
        await asyncio.shield(_stored(record, Unreachable(LostReason.NO_ANSWER), about))
        raise
    else:
        await asyncio.shield(_stored(record, answer, about))
        await panels.note_answer(shop, panel, action, now())


async def _stored(
    record: Callable[[Mapping[str, Answer] | PanelError], Awaitable[None]],
    answer: Mapping[str, Answer] | PanelError,
    about: Mapping[str, object],
) -> None:
    try:
        await until_stored(lambda: record(answer), about)
    except HOPELESS:
        # The next start finds the request and says that nobody can tell.
        log.exception("an answer cannot be stored", extra=dict(about))


def _shared(
    numbers: Mapping[str, int], answer: Mapping[str, Answer] | PanelError
) -> dict[int, Answer | PanelError | None]:
    """What was answered to each; a failure of the whole is everybody's."""
    if isinstance(answer, PanelError):
        return dict.fromkeys(numbers.values(), answer)
    return {number: answer.get(upstream_id) for upstream_id, number in numbers.items()}
