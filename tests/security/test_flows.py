"""Nothing a client says decides what is charged, and no order of steps leads where the rules do not."""

from __future__ import annotations

import ast
import asyncio
import inspect
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.errors import ShopError
from bot.domain.orders import MOVES, Order, OrderState, Reason
from bot.engine import desk, ordering, quoting
from storage import orders
from tests.kit import IRIS, LINK, MINA, THEO, Bench, bench
from tests.test_house import nodes

FACTS: Final = ("charge", "cost", "quantity", "service_number", "customer_id")


def test_what_a_confirm_takes_can_name_no_price() -> None:
    assert set(inspect.signature(ordering.place_order).parameters) == {
        "shop", "token", "customer_id", "card_message_id", "now",
    }  # fmt: skip


def test_a_hold_is_made_in_one_place_of_an_orders_own_charge() -> None:
    """`hold` of the ledger is called once, with the order that the quote's row became."""
    calls = [
        (place.partition(":")[0], ast.unparse(node))
        for place, node in nodes("bot", "handlers", "storage")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "hold"
    ]
    assert calls == [
        ("bot/engine/ordering.py", "ledger.hold(order.id, order.customer_id, order.charge, order.from_stars)")
    ]


def test_an_order_is_stored_in_one_place_from_a_quote() -> None:
    adders = {
        place.partition(":")[0]
        for place, node in nodes("bot", "handlers")
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "orders.add"
    }
    assert adders == {"bot/engine/ordering.py"}
    assert next(iter(inspect.signature(orders.add).parameters.items()))[0] == "tx"


async def test_what_is_charged_is_what_the_quotes_row_says_whatever_moved_since(on_bench: Bench) -> None:
    await on_bench.customer("10")
    quote = await on_bench.quote()
    order = await on_bench.order_of(quote)
    assert {name: getattr(order, name) for name in FACTS} == {name: getattr(quote, name) for name in FACTS}
    (hold,) = await on_bench.shop.db.read(lambda tx: tx.all("SELECT amount FROM transfers WHERE kind = 'hold'"))
    assert hold["amount"] == quote.charge.micros


#: What people, panels and the clock can do next, in any order.
DEEDS: Final = (
    "quote", "confirm", "confirm twice", "confirm foreign", "drop", "withdraw", "withdraw foreign", "submit",
    "lose", "refuse", "track", "complete", "partial", "cancel", "expire", "release", "forged token",
)  # fmt: skip


class Walk:
    """One random life of a shop: the deeds are the real verbs; the states are watched."""

    def __init__(self, on_bench: Bench) -> None:
        self._bench = on_bench
        self._tokens: list[str] = ["no-such-token"]
        self._states: dict[int, OrderState] = {}

    async def do(self, deed: str, pick: int) -> None:
        with suppress(ShopError):  # a refusal is an answer; what counts is what is stored
            await getattr(self, f"_{deed.replace(' ', '_')}")(pick)
        await self.look()

    async def look(self) -> None:
        """Every order is where its former state allows, and the ledger is sound."""
        rows = await self._bench.shop.db.read(lambda tx: tx.all("SELECT id, state FROM orders"))
        for row in rows:
            now = OrderState(row["state"])
            before = self._states.get(row["id"])
            assert before is now or now in _reachable(before), f"order {row['id']}: {before} became {now}"
            self._states[row["id"]] = now
        await self._bench.sound()

    def _token(self, pick: int) -> str:
        return self._tokens[pick % len(self._tokens)]

    async def _order(self, pick: int) -> Order | None:
        return await self._bench.read(pick % len(self._states) + 1) if self._states else None

    async def _quote(self, pick: int) -> None:
        self._tokens.append((await self._bench.quote(link=f"{LINK}{pick}")).token)

    async def _confirm(self, pick: int, person: int = MINA) -> None:
        await ordering.place_order(self._bench.shop, self._token(pick), person, None, self._bench.clock())

    async def _confirm_twice(self, pick: int) -> None:
        await asyncio.gather(self._confirm(pick), self._confirm(pick), return_exceptions=True)

    async def _confirm_foreign(self, pick: int) -> None:
        await self._confirm(pick, THEO)

    async def _forged_token(self, pick: int) -> None:
        await ordering.place_order(self._bench.shop, self._token(pick)[::-1], MINA, None, self._bench.clock())

    async def _drop(self, pick: int) -> None:
        await quoting.drop_quote(self._bench.shop, self._token(pick), MINA)

    async def _withdraw(self, pick: int, person: int = MINA) -> None:
        await ordering.withdraw(self._bench.shop, pick % 5, person, self._bench.clock())

    async def _withdraw_foreign(self, pick: int) -> None:
        await self._withdraw(pick, THEO)

    async def _submit(self, _: int) -> None:
        await self._bench.submit()

    async def _lose(self, _: int) -> None:
        await self._bench.panel.fault("add", "reset_after")
        await self._bench.submit()
        await self._bench.panel.heal()

    async def _refuse(self, _: int) -> None:
        await self._bench.panel.fault("add", "refuse", text="Incorrect service ID")
        await self._bench.submit()
        await self._bench.panel.heal()

    async def _track(self, _: int) -> None:
        self._bench.clock.forward(minutes=6)
        await self._bench.track()

    async def _complete(self, pick: int) -> None:
        await self._report(pick, status="Completed")

    async def _partial(self, pick: int) -> None:
        await self._report(pick, status="Partial", remains=pick % 100)

    async def _cancel(self, pick: int) -> None:
        await self._report(pick, status="Canceled")

    async def _report(self, pick: int, **change: object) -> None:
        if (order := await self._order(pick)) and order.upstream_id:
            await self._bench.panel.set_order(order.upstream_id, **change)
            await self._track(pick)
            await self._track(pick)

    async def _expire(self, _: int) -> None:
        self._bench.clock.forward(hours=1)
        await ordering.expire_reserved(self._bench.shop, self._bench.clock())

    async def _release(self, pick: int) -> None:
        await desk.release(self._bench.shop, pick % 5, Reason.GOODWILL, IRIS, self._bench.clock())


def _reachable(before: OrderState | None) -> set[OrderState]:
    """Where one deed can bring an order: along the table of moves, as many of them as the deed makes."""
    found = {OrderState.RESERVED} if before is None else _next({before})
    while more := _next(found) - found:
        found |= more
    return found


def _next(states: set[OrderState]) -> set[OrderState]:
    return {to for (start, _), to in MOVES.items() if start in states}


@pytest.mark.slow
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 30)), min_size=5, max_size=25))
def test_any_order_of_steps_leaves_only_states_the_rules_allow(steps: list[tuple[str, int]]) -> None:
    async def life() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with bench(Path(folder)) as on_bench:
                await on_bench.customer("1")
                await on_bench.customer("1", THEO)
                walk = Walk(on_bench)
                for deed, pick in steps:
                    await walk.do(deed, pick)

    asyncio.run(life())
