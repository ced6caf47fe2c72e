"""The chain of acts: whatever is changed, taken away or put in between shows, and at which act."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.acts import ActKind
from storage import acts
from storage.acts import Act
from tests.engine.workshop import Workshop, workshop
from tests.kit import IRIS

pytestmark = pytest.mark.usefixtures("both_databases")

HOME = Path(__file__).parent.parent.parent


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as made:
        yield made


async def write(bench: Workshop, number: int, key: str | None = None) -> None:
    subject, detail = f"customer {number}", "wrote „ünfreundlich“ \ud7ff"
    await bench.shop.db.write(lambda tx: acts.record(tx, IRIS, ActKind.BAN, subject, detail, bench.clock(), key))


async def first_broken(bench: Workshop) -> int | None:
    return await bench.shop.db.read(acts.first_broken)


async def test_acts_are_listed_newest_first_up_to_a_limit(bench: Workshop) -> None:
    for number in range(5):
        await write(bench, number)
    found = await bench.shop.db.read(lambda tx: acts.last(tx, 2))
    assert [act.object for act in found] == ["customer 4", "customer 3"]
    assert found[0] == Act(str(IRIS), "ban", "customer 4", "wrote „ünfreundlich“ \ud7ff", bench.clock())


async def test_acts_written_one_after_the_other_or_at_once_fit_together(bench: Workshop) -> None:
    assert await bench.shop.db.read(acts.chain) == acts.Chain(None, None)
    await write(bench, 1)
    await asyncio.gather(*(write(bench, number, f"key:{number % 10}") for number in range(40)))
    assert [row["n"] for row in await bench.rows("SELECT COUNT(*) AS n FROM acts")] == [11]
    chain = await bench.shop.db.read(acts.chain)
    assert chain.broken is None
    assert chain.seal is not None
    assert len(chain.seal) == 64


@pytest.mark.parametrize(
    ("tampering", "shows_at"),
    [
        ("UPDATE acts SET detail = 'something else' WHERE id = 3", 3),
        ("UPDATE acts SET actor = '1' WHERE id = 5", 5),
        ("UPDATE acts SET object = 'customer 4' WHERE id = 1", 1),
        ("UPDATE acts SET act = 'unban' WHERE id = 2", 2),
        ("UPDATE acts SET at = at + 1 WHERE id = 4", 4),
        ("UPDATE acts SET key = 'another' WHERE id = 4", 4),
        ("UPDATE acts SET seal = NULL WHERE id = 4", 4),
        ("UPDATE acts SET seal = NULL WHERE id = 1", 2),
        ("DELETE FROM acts WHERE id = 3", 4),
        ("DELETE FROM acts WHERE id = 1", 2),
        ("INSERT INTO acts (id, actor, act, object, detail, at) VALUES (99, '1', 'ban', 'customer 1', '', 1)", 99),
    ],
)
async def test_whatever_is_done_to_a_sealed_act_shows(bench: Workshop, tampering: str, shows_at: int) -> None:
    for number in range(1, 7):
        await write(bench, number)
    assert await first_broken(bench) is None
    assert await bench.sql(tampering) == 1
    assert await first_broken(bench) == shows_at


async def test_acts_without_a_seal_are_before_the_chain(bench: Workshop) -> None:
    await bench.sql("INSERT INTO acts (actor, act, object, detail, at) VALUES ('1', 'ban', 'customer 1', '', 1)")
    assert await first_broken(bench) is None
    await write(bench, 2)
    await write(bench, 3)
    assert await first_broken(bench) is None
    await bench.sql("UPDATE acts SET detail = 'changed' WHERE id = 2")
    assert await first_broken(bench) == 2


def test_no_work_that_runs_beside_others_writes_an_act() -> None:
    """Two that ran at once would build upon the same act, and the chain would fork."""
    writing = []
    for path in sorted((HOME / "bot").rglob("*.py")):
        for verb in (n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.AsyncFunctionDef)):
            calls = [node for node in ast.walk(verb) if isinstance(node, ast.Call)]
            beside = any(keyword.arg == "of" for call in calls for keyword in call.keywords)
            if beside and any(ast.unparse(call.func) == "acts.record" for call in calls):
                writing.append(f"{path.name} {verb.name}")
    assert writing == []
