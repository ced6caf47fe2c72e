"""Updates in: stored before Telegram forgets them, handled in order per customer, marked done with their changes."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any, Final, NamedTuple, Protocol

from telegram import Update
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter
from telegram.ext import Application, CallbackContext

from bot.transport.ordering import PerCustomer, owner_of
from bot.transport.persistence import Changes, ConversationStore
from bot.transport.polling import Fetch, LongPoll, Polling, TokenTaken, Updates, WebhookSet, pause_after

__all__ = ["InboxRow", "InboxRows", "Intake", "LongPoll", "PerCustomer", "TokenTaken", "WebhookSet"]

_LOG: Final = logging.getLogger(__name__)

#: How often an update is tried before it is poison; more often where only Telegram could not be reached.
TRIES: Final = 5
TRIES_WITHOUT_TELEGRAM: Final = 40

App = Application[Any, Any, Any, Any, Any, Any]
Spawn = Callable[[Coroutine[Any, Any, None], str], "asyncio.Task[None]"]
OnPoison = Callable[[int, str], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]


class InboxRow(NamedTuple):
    """One update as Telegram sent it, the customer whose it is (ordering.owner_of), and how often it failed."""

    update_id: int
    raw: str
    key: int
    tries: int = 0


class InboxRows(Protocol):
    """The inbox as the intake needs it; each call is one transaction."""

    async def store(self, rows: Sequence[InboxRow], now: datetime) -> Collection[int]:
        """Write all rows, leaving alone the ids that exist; the ids that are new."""

    async def pending(self) -> Sequence[tuple[int, str, int, int]]:
        """Every row that is neither done nor poison, as InboxRow has them, by update id."""

    async def finish(self, update_id: int, changes: Changes, now: datetime) -> None:
        """Write the changes and the mark "done" together."""

    async def failed(self, update_id: int, tries: int, *, poison: bool, error: str, now: datetime) -> None:
        """Write how often the update failed, why, and whether it is given up."""


def reached_nobody(error: Exception) -> bool:
    """Whether nothing is left to do: the person blocked the bot or is gone (403), and no retry reaches them."""
    return isinstance(error, Forbidden)


class Intake:
    """From Telegram's updates to the handlers; nothing is lost and nothing has its effect twice.

    The application is initialized, has a PerCustomer update processor, a ConversationStore and no `block=False`
    handlers. A handler's exception is seen by an error handler registered here (first, so build the intake before
    the project's own error handlers are added): the update is then tried again, up to 5 times, with pauses of 1, 2, 4
    and 8 seconds, while the customer's later updates wait and other customers go on; then it is poison. `spawn`
    starts a named task and owns it.
    """

    def __init__(
        self,
        application: App,
        rows: InboxRows,
        conversations: ConversationStore[Any],
        fetch: Fetch,
        spawn: Spawn,
        *,
        on_poison: OnPoison,
        harmless: Callable[[Exception], bool] = reached_nobody,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Sleep = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._app = application
        self._rows = rows
        self._conversations = conversations
        self._spawn = spawn
        self._on_poison = on_poison
        self._harmless = harmless
        self._now = now
        self._sleep = sleep
        self._polling = Polling(fetch, self.receive, sleep=sleep, random=jitter)
        self._queues: dict[int, deque[InboxRow]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._resting: set[asyncio.Task[None]] = set()
        self._errors: dict[int, Exception] = {}
        self._stopping = False
        application.add_error_handler(self._note)

    async def resume(self) -> None:
        """Line up what an earlier run stored and did not finish; call it before `poll`, so that it goes first."""
        for row in await self._rows.pending():
            self._line_up(InboxRow(*row))

    async def poll(self) -> None:
        """Fetch and receive until `stop`; trouble is waited out. Raises TokenTaken, WebhookSet and InvalidToken."""
        await self._polling.run()

    async def receive(self, updates: Updates) -> None:
        """Store updates, then line up those that were not known; when this returns they are safe."""
        rows = {update["update_id"]: _row(update) for update in updates}
        new = set(await self._rows.store(sorted(rows.values()), self._now()))
        for update_id in sorted(new):
            self._line_up(rows[update_id])

    async def idle(self) -> None:
        """Wait until every update that is lined up is settled."""
        while self._workers:
            await asyncio.wait(set(self._workers))

    async def stop(self, seconds: float) -> None:
        """Stop fetching, give handlers under way up to `seconds`, then cancel them; the rest waits in the inbox."""
        self._stopping = True
        self._polling.stop()
        for task in self._resting:
            task.cancel()
        if self._workers:
            _, late = await asyncio.wait(set(self._workers), timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _line_up(self, row: InboxRow) -> None:
        if self._stopping:
            return
        if (queue := self._queues.get(row.key)) is not None:
            queue.append(row)
            return
        self._queues[row.key] = deque([row])
        task = self._spawn(self._serve(row.key), f"updates of {row.key}")
        self._workers.add(task)
        task.add_done_callback(self._workers.discard)

    async def _serve(self, key: int) -> None:
        """Settle one customer's updates, one after the other, until none is left."""
        queue = self._queues[key]
        try:
            while queue and not self._stopping:
                await self._settle(queue[0])
                queue.popleft()
        finally:
            del self._queues[key]

    async def _settle(self, row: InboxRow) -> None:
        tries = row.tries
        while (error := await self._tried(row)) is not None:
            tries += 1
            poison = tries >= (TRIES_WITHOUT_TELEGRAM if _unreachable(error) else TRIES)
            summary = _summary(error)
            facts = {"update_id": row.update_id, "tries": tries, "poison": poison}
            _LOG.warning("an update failed", exc_info=error, extra=facts)
            await self._write(
                partial(self._rows.failed, row.update_id, tries, poison=poison, error=summary, now=self._now())
            )
            if poison:
                await self._tell(row.update_id, summary)
                return
            await self._rest(pause_after(tries))

    async def _tried(self, row: InboxRow) -> Exception | None:
        """Run the handlers and finish the row; the error when they failed."""
        try:
            await self._handled(row)
            changes = self._conversations.take(row.key)
        except Exception as error:  # noqa: BLE001  # whatever an update brings up is that update's failure, nobody else's
            self._conversations.roll_back(row.key)
            return error
        await self._write(partial(self._rows.finish, row.update_id, changes, self._now()))
        return None

    async def _handled(self, row: InboxRow) -> None:
        """Raises what a handler raised, or what made the update unreadable."""
        update = Update.de_json(json.loads(row.raw), self._app.bot)
        self._errors.pop(row.update_id, None)
        handlers = self._app.process_update(update)
        try:
            if update.pre_checkout_query is not None:
                # Telegram waits ten seconds for the answer, so it waits for no place among what others do.
                await handlers
            else:
                await self._app.update_processor.process_update(update, handlers)
        finally:
            handlers.close()  # canceled before it began: a coroutine nobody awaited
        await self._app.update_persistence()
        if (error := self._errors.pop(row.update_id, None)) is not None:
            raise error

    async def _note(self, update: object, context: CallbackContext[Any, Any, Any, Any]) -> None:
        """The error handler: remember the first error of each update."""
        error = context.error
        if isinstance(update, Update) and error is not None and not self._harmless(error):
            self._errors.setdefault(update.update_id, error)

    async def _write(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write, again and again while storage cannot: the handlers have run and must not run anew for this."""
        for failures in count(1):
            try:
                await write()
                return
            except Exception:  # noqa: BLE001  # storage's errors are not known on this floor, and none may end the work
                _LOG.exception("the inbox cannot be written", extra={"failures": failures})
            await self._sleep(pause_after(failures))

    async def _tell(self, update_id: int, summary: str) -> None:
        try:
            await self._on_poison(update_id, summary)
        except Exception:  # noqa: BLE001  # the customer's next updates must not wait for an alert that fails
            _LOG.exception("poison could not be told", extra={"update_id": update_id})

    async def _rest(self, seconds: float) -> None:
        """Sleep between two tries; a stop does not wait for it."""
        if (task := asyncio.current_task()) is None:
            raise AssertionError("only a task can rest")
        self._resting.add(task)
        try:
            await self._sleep(seconds)
        finally:
            self._resting.discard(task)


def _row(update: dict[str, Any]) -> InboxRow:
    # ASCII, because Telegram's JSON may hold half a surrogate pair, which no database takes as text.
    return InboxRow(update["update_id"], json.dumps(update, separators=(",", ":")), owner_of(update))


def _unreachable(error: Exception) -> bool:
    """Whether Telegram could not be reached or was too busy; BadRequest is its verdict on what was asked."""
    return isinstance(error, NetworkError | RetryAfter) and not isinstance(error, BadRequest)


def _summary(error: Exception) -> str:
    """The error in one line: what it is and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}"[:300].replace("\n", " ") + where
