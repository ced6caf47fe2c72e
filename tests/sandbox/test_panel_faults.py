import asyncio
import json
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from bot.sandbox.panel import Dialect, PanelConfig, serve_panel
from bot.sandbox.panel.faults import FaultKind
from tests.sandbox.panel_kit import KEY, Client, running

ADD = {"service": 1, "link": "https://framely.example/a", "quantity": 100}
RESETS = [FaultKind.RESET_BEFORE, FaultKind.RESET_AFTER, FaultKind.LATE]


async def put(client: Client, kind: str, **more: object) -> None:
    await client.control("faults", {"action": "add", "kind": kind, "count": 1, **more})


async def arrived(look: Callable[[], Awaitable[object]]) -> None:
    """Asks the panel until there is something to see; each look is a round trip, so the loop turns."""
    while not await look():
        pass


async def adds(client: Client) -> int:
    return (await client.state())["adds"]


@pytest.mark.parametrize("kind", RESETS)
async def test_a_reset_gives_the_client_no_answer(kind):
    async with running() as client:
        await put(client, kind)
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.raw("add", **ADD)
        assert await adds(client) == (1 if kind is FaultKind.RESET_AFTER else 0)
        entry = (await client.journal())[-1]
        assert (entry["outcome"], entry["fault"]) == ("reset", kind)
        assert entry["order"] == ("23501" if kind is FaultKind.RESET_AFTER else None)
        assert (await client.api("add", **ADD))["order"]


async def test_a_late_order_appears_after_its_time_and_is_debited_then():
    async with running() as client:
        await put(client, "late", seconds=30)
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.raw("add", **ADD)
        client.clock.now += 29
        assert (await client.api("balance"))["balance"] == "100.00"
        client.clock.now += 1
        assert (await client.api("balance"))["balance"] != "100.00"
        assert [entry["order"] for entry in await client.journal() if entry["action"] == "add"] == ["23501"]
        assert (await client.state())["orders"][0]["created"] == int(client.clock.now)


async def test_a_hanging_request_is_never_answered_nor_carried_out():
    async with running() as client, asyncio.TaskGroup() as group:
        await put(client, "hang")
        hanging = group.create_task(client.raw("add", **ADD))
        await arrived(client.journal)
        assert (await client.journal())[-1]["outcome"] == "hung"
        assert await adds(client) == 0
        assert not hanging.done()
        hanging.cancel()


async def test_a_stopping_server_lets_hanging_requests_go():
    config = PanelConfig("p", Dialect.FIXEDMEMBER, KEY, 1)
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        async with serve_panel(config) as base:
            client = Client(session, base, None)
            await client.control("faults", {"action": "*", "kind": "hang"})
            hanging = group.create_task(attempt(client))
            await arrived(client.journal)
        assert isinstance(await hanging, aiohttp.ClientError)


async def attempt(client: Client) -> aiohttp.ClientError | None:
    try:
        await client.raw("balance")
    except aiohttp.ClientError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("kind", "status", "content_type", "word"),
    [
        ("http_500", 500, "text/html", "500 Internal Server Error"),
        ("http_503", 503, "application/json", "MAINTENANCE_MODE"),
        ("html", 200, "text/html", "<!DOCTYPE html>"),
        ("challenge", 403, "text/html", "Just a moment…"),
        ("empty", 200, "application/json", ""),
        ("not_enough_funds", 200, "application/json", "neworder.error.not_enough_funds"),
        ("duplicate_link", 200, "application/json", "neworder.error.link_duplicate"),
    ],
)
async def test_answers_in_place_of_the_panels_own_create_no_order(kind, status, content_type, word):
    async with running() as client:
        await put(client, kind)
        answered = await client.raw("add", **ADD)
        assert answered[:2] == (status, content_type)
        assert word in answered[2]
        assert await adds(client) == 0


async def test_an_answer_in_place_of_the_panels_own_can_be_asked_to_hide_a_real_order():
    async with running() as client:
        await put(client, "http_500", processed=True)
        assert (await client.raw("add", **ADD))[0] == 500
        assert await adds(client) == 1


async def test_broken_json_hides_a_real_order():
    async with running() as client:
        await put(client, "broken_json")
        status, _, body = await client.raw("add", **ADD)
        assert status == 200
        with pytest.raises(json.JSONDecodeError):
            json.loads(body)
        assert await adds(client) == 1


@pytest.mark.parametrize("action", ["add", "services", "status", "refill", "refill_status", "cancel", "balance"])
async def test_a_wrong_shape_parses_and_means_nothing(action):
    async with running() as client:
        order = await client.add()
        fields = {"status": {"orders": order}, "cancel": {"orders": order}, "add": ADD}.get(action, {})
        right = await client.api(action, **fields)
        await client.control("faults", {"action": action, "kind": "wrong_shape", "count": 1})
        wrong = await client.api(action, **fields)
        assert wrong != right
        if action == "add":
            assert wrong == {"order": None}
            assert await adds(client) == 3


async def test_a_slow_answer_has_its_order_before_it_comes():
    async with running() as client, asyncio.TaskGroup() as group:
        await put(client, "slow", seconds=3600)
        waiting = group.create_task(client.api("add", **ADD))
        await arrived(lambda: adds(client))
        assert not waiting.done()
        waiting.cancel()


@pytest.mark.parametrize("processed", [True, False])
async def test_a_slow_answer_is_true(processed):
    async with running() as client:
        await put(client, "slow", seconds=0.01, processed=processed)
        assert await client.api("add", **ADD) == {"order": 23501}
        assert await adds(client) == 1


async def test_faults_are_counted_by_action_and_cleared():
    async with running() as client:
        await client.control("faults", {"action": "balance", "kind": "http_500", "count": 2})
        state = await client.control("faults", {"action": "*", "kind": "empty", "count": None})
        assert {action: fault["kind"] for action, fault in state["faults"].items()} == {
            "balance": "http_500",
            "*": "empty",
        }
        seen = [(await client.raw("balance"))[0::2] for _ in range(4)]
        assert [status for status, _ in seen] == [500, 500, 200, 200]
        assert [body for _, body in seen[2:]] == ["", ""]
        state = await client.control("faults", method="DELETE")
        assert state["faults"] == {}
        assert (await client.api("balance"))["balance"] == "100.00"


async def test_the_control_api_is_never_struck_by_faults():
    async with running() as client:
        await client.control("faults", {"action": "*", "kind": "reset_before"})
        assert (await client.state())["faults"]["*"]["kind"] == "reset_before"


async def test_a_fault_may_meet_a_wrong_key_too():
    async with running() as client:
        await put(client, "reset_after")
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.raw("add", **ADD, key="other")
        entry = (await client.journal())[-1]
        assert (entry["order"], entry["error"]) == (None, "Invalid API key")


async def test_an_overcharged_order_costs_twice_its_price():
    async with running() as client:
        before = float((await client.api("balance"))["balance"])
        await client.api("add", **ADD)
        price = before - float((await client.api("balance"))["balance"])
        await put(client, "overcharge")
        order = (await client.api("add", **ADD))["order"]
        status = await client.api("status", order=order)
        assert (status["status"], float(status["charge"])) == ("Pending", pytest.approx(2 * price))
        assert float((await client.api("balance"))["balance"]) == pytest.approx(before - 3 * price)


async def test_an_overcharge_of_what_is_refused_is_the_refusal():
    async with running() as client:
        await put(client, "overcharge")
        assert "error" in await client.api("add", service=999, link="x", quantity=1)


async def test_a_refusal_comes_in_the_words_given_or_the_usual_ones():
    async with running() as client:
        await put(client, "refuse", action="refill", text="Come back tomorrow")
        assert await client.api("refill", order=1) == {"error": "Come back tomorrow"}
        await put(client, "refuse", action="cancel")
        assert await client.api("cancel", orders="1,2") == {"error": "Cancel is disabled for this service"}
        assert [entry["error"] for entry in await client.journal()][-2:] == [
            "Come back tomorrow",
            "Cancel is disabled for this service",
        ]


async def test_a_refusal_may_stand_inside_the_answer():
    no = {"error": "Refill is disabled for this service"}
    async with running() as client:
        await put(client, "refuse_each", action="refill", count=2)
        assert await client.api("refill", order=1) == {"refill": no}
        rows = await client.api("refill", orders="1,2")
        assert rows == [{"order": 1, "refill": no}, {"order": 2, "refill": no}]
        await put(client, "refuse_each", action="balance", text="no")
        assert await client.api("balance") == {"error": "no"}


async def test_ids_may_come_in_the_other_type():
    async with running() as client:
        order = await client.add()
        await client.control(f"orders/{order}", {"status": "Completed"})
        await put(client, "swap_types", action="refill")
        assert await client.api("refill", order=order) == {"refill": 1}
        await client.control("refills/1", {"status": "Completed"})
        await put(client, "swap_types", action="refill")
        assert await client.api("refill", orders=order) == [{"order": order, "refill": "2"}]
