from pathlib import Path

import pytest

from tests.sandbox.memory_kit import left_behind
from tests.sandbox.panel_kit import Client, running


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "panel.json"


async def shown(client: Client) -> dict[str, object]:
    """What a restart must not change: everything in the drawer, and the catalogue."""
    return {**await client.state(), "rows": await client.api("services")}


async def test_a_restarted_panel_is_the_same_panel(memory: Path):
    async with running(memory=memory) as client:
        running_order, held, canceled, done = [await client.add() for _ in range(4)]
        await client.control(f"orders/{done}", {"status": "Completed"})
        refill = (await client.api("refill", order=done))["refill"]
        await client.steps(2)
        await client.control(f"refills/{refill}", {"status": "Rejected"})
        await client.control(f"orders/{held}", {"status": "Partial", "remains": 40})
        await client.control(f"orders/{canceled}", {"status": "Canceled"})
        await client.control("balance", {"balance": "12.34567"})
        await client.control("services", {"count": 70, "change": {"2": {"rate": "9.99"}, "3": {"remove": True}}})
        await client.control("speed", {"seconds_per_step": 30})
        before = await shown(client)
    async with running(memory=memory) as client:
        assert await shown(client) == before
        statuses = [(await client.api("status", order=id_))["status"] for id_ in (running_order, held, canceled, done)]
        assert statuses == ["In progress", "Partial", "Canceled", "Completed"]


async def test_orders_move_on_while_nobody_serves_the_panel(memory: Path):
    async with running(memory=memory, seconds_per_step=1.0) as client:
        order = await client.add()
        client.clock.now += 1
        assert (await client.api("status", order=order))["status"] == "Pending"
    async with running(memory=memory, seconds_per_step=1.0) as client:
        client.clock.now += 3
        assert (await client.api("status", order=order))["status"] == "In progress"
        client.clock.now += 60
        assert (await client.api("status", order=order))["status"] == "Completed"


async def test_a_cancel_request_under_way_is_carried_out_after_the_restart(memory: Path):
    async with running(memory=memory) as client:
        order = await client.add()
        await client.api("cancel", orders=order)
    async with running(memory=memory) as client:
        assert (await client.api("status", order=order))["status"] == "Pending"
        await client.steps(2)
        assert (await client.api("status", order=order))["status"] == "Canceled"
        assert (await client.state())["balance"] == "100.00"


async def test_an_open_refill_still_stands_in_the_way_of_another(memory: Path):
    async with running(memory=memory) as client:
        order = await client.add()
        await client.control(f"orders/{order}", {"status": "Completed"})
        first = (await client.api("refill", order=order))["refill"]
    async with running(memory=memory) as client:
        assert "error" in await client.api("refill", order=order)
        await client.steps(4)
        second = (await client.api("refill", order=order))["refill"]
        assert int(second) > int(first)


async def test_a_killed_panel_forgets_no_more_than_its_last_second(memory: Path, tmp_path: Path):
    async with running(memory=memory) as client:
        order = await client.add(link="https://framely.example/killed")
        left = await left_behind(memory, tmp_path / "left", lambda text: "framely.example/killed" in text)
        before = await shown(client)
        async with running(memory=left) as next_one:
            assert await shown(next_one) == before
            assert (await next_one.api("status", order=order))["status"] == "Pending"


async def test_ids_given_away_in_a_lost_second_are_never_given_away_again(memory: Path):
    given: list[int] = []
    for _ in range(3):
        async with running(memory=memory) as client:
            kept = memory.read_bytes()
            given += [int(await client.add()) for _ in range(20)]
        memory.write_bytes(kept)
    assert len(set(given)) == 60
    assert given == sorted(given)


async def test_faults_and_the_journal_are_not_kept(memory: Path):
    async with running(memory=memory) as client:
        await client.add()
        await client.control("faults", {"action": "add", "kind": "hang"})
    async with running(memory=memory) as client:
        assert (await client.state())["faults"] == {}
        assert await client.journal() == []


async def test_without_a_memory_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    async with running() as client:
        await client.add()
    assert list(tmp_path.iterdir()) == []
