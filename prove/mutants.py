"""Mutants: the shop broken in known ways, one at a time. What cannot see them cannot be believed when it is green.

A mutant changes the source text of a few modules before they are imported. Where a second net would hide the fault, a
unique index say, the mutant takes that net away as well.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

from prove.mutant import Edit, Mutant, without
from prove.mutants_paying import PAYING

_FULFILMENT: Final = "bot.engine.fulfilment"
_SUBMIT: Final = "bot.pollers.submit"
_WRITER: Final = "storage.writer"
_ADD: Final = "bot.panels.wire_add"
_ORDERS: Final = "storage.orders"
_LOST: Final = "                await lose(tx, shop, order, meant.reason.value, meant.facts, now)\n"
_STRANDED: Final = "            await fulfilment.lose(tx, shop, order, fulfilment.INTERRUPTED, HttpFacts(), now)\n"
_CLAIM_TX: Final = "                return await _commit_to(tx, shop, order, now)\n"
_FENCED: Final = "    if (newest := await instance.epoch(tx)) != shop.epoch:\n"
_GUARD: Final = 'WHERE id = $1 AND version = $2"  # noqa: S608\n    return bool('


_HOLD: Final = (
    "    for entry in ledger.hold(order.id, order.customer_id, order.charge, order.from_stars):\n"
    "        await wallet.write(tx, entry, now)\n"
)
MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "blind-retry", "what broke off in mid-exchange is sent again",
        (Edit("bot.panels.client", "            return Lost(reason, facts)\n",
              "            return Unsent(UnsentReason.CONNECT, facts)\n"),),
    ),
    Mutant(
        "retry-on-5xx", "an answer of 5xx is sent again",
        (Edit(_ADD, "        return Lost(LostReason.SERVER_ERROR, facts)\n",
              "        return Later(LaterKind.RATE_LIMIT, \"\", facts)\n"),),
    ),
    Mutant(
        "refund-on-any-error", "whatever is not an order gives the money back",
        (Edit(_FULFILMENT, _LOST,
              "                await fail(tx, order, OrderEvent.REFUSED, Reason.REFUSED, now)\n"
              "                await _end(tx, order, AttemptOutcome.REFUSED, outcome.facts, now)\n"),),
    ),
    Mutant(
        "reset-on-start", "what was being sent when the last run ended is sent again",
        (Edit("bot.engine.recovery", _STRANDED,
              "            await orders.change(tx, order, now, state=\"reserved\", next_at=now)\n"
              "            await outbox.post_card(tx, order.id, order.customer_id, now)\n"
              "            await attempts.end(\n"
              "                tx, order.id, order.attempts, fulfilment.AttemptOutcome.POSTPONED, now\n"
              "            )\n"),),
    ),
    Mutant(
        "fail-on-start", "what was being sent when the last run ended gives its money back",
        (Edit("bot.engine.recovery", _STRANDED,
              "            refused = fulfilment.OrderEvent.REFUSED\n"
              "            await fulfilment.fail(tx, order, refused, fulfilment.Reason.REFUSED, now)\n"
              "            await attempts.end(\n"
              "                tx, order.id, order.attempts, fulfilment.AttemptOutcome.REFUSED, now\n"
              "            )\n"),),
    ),
    Mutant(
        "debit-after-post", "the charge is held once the panel took the order, not before",
        (Edit("bot.engine.ordering",
              _HOLD, ""),
         Edit(_FULFILMENT, "    await _end(tx, order, AttemptOutcome.PLACED, outcome.facts, now)\n",
              f"    await _end(tx, order, AttemptOutcome.PLACED, outcome.facts, now)\n{_HOLD}")),
    ),
    Mutant(
        "no-unique-quote", "a second press on the same quote is a second order",
        (Edit("storage.quotes",
              "        \" WHERE token = $1 AND customer_id = $2 AND state = 'open' AND expires_at > $3 RETURNING *\",\n",  # noqa: E501
              "        \" WHERE token = $1 AND customer_id = $2 AND expires_at > $3 RETURNING *\",\n"),
         without("quote_token TEXT NOT NULL UNIQUE", "quote_token TEXT NOT NULL")),
    ),
    Mutant(
        "toctou", "the wallet is looked at before the transaction that spends it",
        (Edit("bot.engine.ordering", "        from_stars = await _require_money(tx, shop, quote, now)\n",
              "        from_stars = ZERO\n"),
         Edit("bot.engine.ordering", "    # Nothing of it is anybody else's: the quote, the wallet, the order and its card.\n",  # noqa: E501
              "    async def looked(tx: Tx) -> None:\n"
              "        if quote := await quotes.get(tx, token, customer_id):\n"
              "            await _require_money(tx, shop, quote, now)\n\n"
              "    await shop.db.read(looked)\n"),
         # One customer's presses wait for each other in two more places.
         Edit("bot.transport.intake", "separators=(\",\", \":\")), owner_of(update))",
              "separators=(\",\", \":\")), update[\"update_id\"])"),
         Edit("bot.transport.ordering", "    return apart * source.id if source else NOBODY\n",
              "    return update.update_id if source else NOBODY\n"),
         without("CHECK (customer_id IS NULL OR balance >= 0),", "")),
    ),
    Mutant(
        "refund-twice", "two pollers apply the same reading to the order as both have read it",
        (Edit("bot.engine.tracking", "                await _apply_one(tx, shop, order, report, now)\n",
              "                await _apply_one(tx, shop, order, report, now)\n"
              "                await _apply_one(tx, shop, order, report, now)\n"),
         Edit(_ORDERS, _GUARD, "WHERE id = $1 AND $2 = $2\"  # noqa: S608\n    return bool("),
         Edit("bot.domain.wallet", "_sides(f\"ret:{order_id}\"",
              "_sides(f\"ret:{order_id}:{time.monotonic_ns()}\""),
         Edit("bot.domain.wallet", "from enum import StrEnum\n", "import time\nfrom enum import StrEnum\n"),
         without("CHECK (customer_id IS NULL OR balance >= 0),", "")),
    ),
    Mutant(
        "no-lease", "an order is sent without being claimed first",
        (Edit(_FULFILMENT, _CLAIM_TX, "                return Claim(order, order.attempts + 1)\n"),),
    ),
    Mutant(
        "fail-over", "after a lost answer the order is sent once more at once, as if elsewhere",
        (Edit(_SUBMIT, "        order = await asyncio.shield(self._record(claimed, outcome))\n",
              "        if isinstance(outcome, Lost):\n"
              "            outcome = await self._shop.panels[self._panel].add(claimed.request)\n"
              "        order = await asyncio.shield(self._record(claimed, outcome))\n"),),
    ),
    Mutant(
        "swallow-commit-error", "a commit the disk refused counts as stored",
        (Edit(_WRITER, "            if error is not None:\n                member.lose(error)\n            member.tell()\n",  # noqa: E501
              "            member.tell()\n"),),
    ),
    Mutant(
        "send-before-commit", "callers go on before the commit, which may still fail",
        (Edit(_WRITER, "            if not member.gone:\n                member.run(raw)\n",
              "            if not member.gone:\n                member.run(raw)\n                member.tell()\n"),),
    ),
    Mutant(
        "offset-before-store", "Telegram is told to forget updates before they are stored",
        (Edit("bot.transport.polling", "            await self._receive(updates)\n"
              "            self._offset = max(update[\"update_id\"] for update in updates) + 1\n",
              "            self._offset = max(update[\"update_id\"] for update in updates) + 1\n"
              "            await self._receive(updates)\n"),),
    ),
    Mutant(
        "auto-link", "an order nobody can tell of is linked to the id it most likely has",
        (Edit(_FULFILMENT, _LOST,
              "                guess = Placed(str(7000 + 5 * order.id), outcome.facts)\n"
              "                await _placed(tx, shop, order, guess, now)\n"),),
    ),
    Mutant(
        "unknown-to-reserved", "a restart sends unknown orders again",
        (Edit("bot.engine.recovery", "        stranded = await orders.in_state(tx, OrderState.SUBMITTING)\n",
              "        for order in await orders.in_state(tx, OrderState.UNKNOWN):\n"
              "            await orders.change(tx, order, now, state=\"reserved\", next_at=now)\n"
              "            await outbox.post_card(tx, order.id, order.customer_id, now)\n"
              "            await attempts.end(\n"
              "                tx, order.id, order.attempts, fulfilment.AttemptOutcome.POSTPONED, now\n"
              "            )\n"
              "        stranded = await orders.in_state(tx, OrderState.SUBMITTING)\n"),),
    ),
    Mutant(
        "float-money", "what returns is computed with floats and rounded to the nearest",
        (Edit("bot.domain.money", "    steps = -(-(charge.micros * remains) // (quantity * step))\n",
              "    steps = round(charge.micros / step * (remains / quantity))\n"),),
    ),
    Mutant(
        "no-fence", "a run that was superseded goes on claiming and recording",
        (Edit(_FULFILMENT, _FENCED, "    if (newest := await instance.epoch(tx)) < shop.epoch:\n"),
         Edit(_FULFILMENT, "        if order.state is OrderState.UNKNOWN and not isinstance(outcome, Placed):\n",
              "        if order.state is OrderState.UNKNOWN and type(outcome).__name__ == \"Lost\":\n"),
         Edit("bot.domain.orders", "    (_S.UNKNOWN, _E.RELEASE): _S.FAILED,\n",
              "    (_S.UNKNOWN, _E.RELEASE): _S.FAILED,\n    (_S.UNKNOWN, _E.POSTPONED): _S.RESERVED,\n"
              "    (_S.UNKNOWN, _E.REFUSED): _S.FAILED,\n")),
    ),
    Mutant(
        "poll-once-for-refund", "the first reading that returns money is believed",
        (Edit("bot.engine.tracking", "    if not ended.settles:\n        return False\n    since",
              "    if ended is not None:\n        return False\n    since"),),
    ),
    Mutant(
        "settle-window-0", "a reading that returns money need not stand",
        (Edit("bot.engine.tracking", "or now - since < shop.terms.settle\n", "or now < since\n"),
         Edit("bot.engine.tracking", "next_at=since + shop.terms.settle,\n", "next_at=now,\n")),
    ),
    Mutant(
        "no-target-check", "two orders for the same target are sent at once",
        (Edit(_ORDERS, "        \" AND other.target = mine.target) ORDER BY line, id LIMIT 1\",\n",
              "        \" AND other.target = 'nothing') ORDER BY line, id LIMIT 1\",\n"),),
    ),
    Mutant(
        "silent-failure", "an order fails without its notice",
        (Edit(_FULFILMENT, "    key = f\"{order.id}:failed:{order.version + 1}\"\n"
              "    await outbox.post(tx, Notice(key, order.customer_id, NoticeKind.FAILED, order.id), now)\n", ""),),
    ),
    *PAYING,
)  # fmt: skip


def named(name: str) -> Mutant:
    """The mutant of this name; LookupError where there is none."""
    for mutant in MUTANTS:
        if mutant.name == name:
            return mutant
    raise LookupError(f"there is no mutant {name}; there are {', '.join(mutant.name for mutant in MUTANTS)}")


def turn_on(name: str) -> None:
    """From here on the modules of a mutant are imported as it has them. RuntimeError where one is imported already."""
    mutant = named(name)
    if late := sorted({edit.module for edit in mutant.edits} & sys.modules.keys()):
        raise RuntimeError(f"imported before the mutant was turned on: {', '.join(late)}")
    sys.meta_path.insert(0, _Finder(mutant))


def mutated(mutant: Mutant, module: str, source: str) -> str:
    """A module's text as the mutant has it; LookupError where a snippet is not there exactly once."""
    for edit in mutant.edits:
        if edit.module == module:
            if source.count(edit.old) != 1:
                raise LookupError(f"{mutant.name}: {source.count(edit.old)} times in {module}: {edit.old!r}")
            source = source.replace(edit.old, edit.new)
    return source


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        self._modules = {edit.module for edit in mutant.edits}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module with another loader, if it is one the mutant changes."""
        if fullname not in self._modules:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            return None
        spec.loader = _Loader(fullname, spec.origin, self._mutant)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, mutant: Mutant) -> None:
        super().__init__(fullname, path)
        self._mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        """Compiled from the changed text, past every cache."""
        text = Path(self.path).read_text(encoding="utf-8")
        return compile(mutated(self._mutant, fullname, text), self.path, "exec", dont_inherit=True)
