"""Questions about many ids, to panels that can answer for many and to those that cannot."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from bot.panels.connection import Connection
from bot.panels.dialects import Ability, Learned
from bot.panels.errors import Denied, PanelError
from bot.panels.limits import MOST_IDS, Limits
from bot.panels.wire_requests import (
    RefillResult,
    RefillStatusResult,
    read_refill,
    read_refill_status,
    read_refill_statuses,
    read_refills,
)
from bot.panels.wire_status import StatusResult, read_many, read_one
from bot.wire.reading import Clean, Json, read_id

_log: Final = logging.getLogger(__name__)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Question(Generic[Result]):
    """One action that takes one id under one name and many under another."""

    action: str
    one: str
    many: str
    ability: Ability
    read_one: Callable[[Json, str, Clean], Result]
    read_many: Callable[[Json, Sequence[str], Clean], dict[str, Result] | None]
    #: Whether asking twice is the same as asking once.
    repeatable: bool


STATUS: Final[Question[StatusResult]] = Question(
    "status", "order", "orders", Ability.MULTI_STATUS, read_one, read_many, repeatable=True
)
REFILL: Final[Question[RefillResult]] = Question(
    "refill", "order", "orders", Ability.MULTI_REFILL, read_refill, read_refills, repeatable=False
)
REFILL_STATUS: Final[Question[RefillStatusResult]] = Question(
    "refill_status",
    "refill",
    "refills",
    Ability.MULTI_REFILL_STATUS,
    read_refill_status,
    read_refill_statuses,
    repeatable=True,
)


def checked_ids(ids: Iterable[str]) -> tuple[str, ...]:
    """The ids, each once, in order; ValueError for more than 100 or one that would not survive the joining."""
    unique = tuple(dict.fromkeys(ids))
    if len(unique) > MOST_IDS:
        raise ValueError(f"at most {MOST_IDS} ids at once")
    if any(read_id(each) != each for each in unique):
        raise ValueError("not an id of a panel")
    return unique


@dataclass(frozen=True, slots=True)
class Batches:
    """Asks one panel about many ids, in one call where it can and in single calls where it cannot."""

    panel: str
    connection: Connection
    learned: Learned
    limits: Limits

    async def ask(self, question: Question[Result], ids: Iterable[str]) -> dict[str, Result]:
        """The results for the ids that were answered; the others are missing. Raises PanelError.

        A panel counts as unable to answer for many once a single call gave what the joint one did not.
        """
        asked = checked_ids(ids)
        if len(asked) > 1 and self.learned.knows(question.ability) is not False:
            found = await self._together(question, asked)
            if found is not None:
                return found
        found = await self._singly(question, asked)
        if len(asked) > 1 and any(not isinstance(result, Denied) for result in found.values()):
            self._learn(question.ability, able=False)
        return found

    async def _together(self, question: Question[Result], ids: tuple[str, ...]) -> dict[str, Result] | None:
        """One call for all; None where the panel did not understand it."""
        found = await self.connection.ask(
            question.action,
            {question.many: ",".join(ids)},
            self.limits.batch,
            lambda value: question.read_many(value, ids, self.connection.clean),
            repeatable=question.repeatable,
        )
        if found:
            self._learn(question.ability, able=True)
        return found

    async def _singly(self, question: Question[Result], ids: tuple[str, ...]) -> dict[str, Result]:
        """A call for each, a handful at once; the first failure stops the rest and keeps what was answered."""
        found: dict[str, Result] = {}
        failures: list[PanelError] = []
        waiting = iter(ids)
        async with asyncio.TaskGroup() as group:
            for _ in range(min(self.limits.singles_at_once, len(ids))):
                group.create_task(self._work(question, waiting, found, failures))
        if failures and not found:
            raise failures[0]
        return found

    async def _work(
        self,
        question: Question[Result],
        waiting: Iterator[str],
        found: dict[str, Result],
        failures: list[PanelError],
    ) -> None:
        for each in waiting:
            if failures:
                return
            try:
                found[each] = await self._single(question, each)
            except PanelError as error:
                failures.append(error)

    async def _single(self, question: Question[Result], each: str) -> Result:
        return await self.connection.ask(
            question.action,
            {question.one: each},
            self.limits.batch,
            lambda value: question.read_one(value, each, self.connection.clean),
            repeatable=question.repeatable,
        )

    def _learn(self, ability: Ability, *, able: bool) -> None:
        if able is False and self.learned.knows(ability):
            return
        if self.learned.learn(ability, able=able):
            _log.info("panel ability learned", extra={"panel": self.panel, "ability": ability, "able": able})
