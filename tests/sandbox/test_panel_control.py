import pytest

from tests.sandbox.panel_kit import KEY, START, running


async def test_the_state_tells_what_the_drawer_shows():
    async with running() as client:
        order = await client.add(quantity=100)
        state = await client.state()
        services = await client.api("services")
        charge = state["orders"][0].pop("charge")
        assert state.pop("orders") == [
            {
                "id": order,
                "service": 1,
                "service_name": services[0]["name"],
                "type": "Default",
                "link": "https://framely.example/a",
                "quantity": 100,
                "status": "Pending",
                "start_count": None,
                "remains": 100,
                "cancel_asked": False,
                "created": int(START),
            }
        ]
        assert charge == (await client.api("status", order=order))["charge"]
        assert state == {
            "name": "fixedmember",
            "dialect": "fixedmember",
            "balance": (await client.api("balance"))["balance"],
            "currency": "USD",
            "speed": None,
            "faults": {},
            "services": 60,
            "adds": 1,
            "refills": [],
        }


async def test_thousands_of_orders_are_kept_and_the_newest_two_hundred_shown():
    async with running(balance="100000") as client:
        for _ in range(3000):
            await client.add()
        state = await client.state()
        assert state["adds"] == 3000
        assert [int(order["id"]) for order in state["orders"]] == list(range(26500, 26300, -1))
        await client.steps(8)
        statuses = await client.api("status", orders=",".join(str(n) for n in range(23501, 23601)))
        assert {row["status"] for row in statuses.values()} == {"Completed"}


async def test_the_journal_keeps_every_request_without_its_key():
    async with running() as client:
        order = await client.add(comments="a\nb")
        await client.api("status", order=order)
        await client.api("nonsense")
        entries = await client.journal()
        assert [(e["n"], e["action"], e["outcome"], e["order"]) for e in entries] == [
            (1, "add", "answered", order),
            (2, "status", "answered", None),
            (3, "nonsense", "answered", None),
        ]
        assert entries[0]["params"] == {
            "service": "1",
            "link": "https://framely.example/a",
            "quantity": "100",
            "comments": "a\nb",
        }
        assert entries[2]["error"] == "Incorrect request"
        assert KEY not in str(entries)
        later = await client.control("journal?after=2", method="GET")
        assert [entry["n"] for entry in later] == [3]


async def test_services_change_by_hand():
    async with running() as client:
        changes = {"1": {"rate": "0", "name": "<i>new</i>"}, "2": {"remove": True}, "3": {"rate": "nonsense"}}
        state = await client.control("services", {"count": 40, "change": changes})
        assert state["services"] == 39
        rows = {row["service"]: row for row in await client.api("services")}
        assert (rows[1]["rate"], rows[1]["name"], rows[3]["rate"]) == ("0", "<i>new</i>", "nonsense")
        assert 2 not in rows
        unsellable = await client.api("add", service=3, link="x", quantity=rows[3]["min"])
        assert unsellable == {"error": "error.incorrect_service_id"}
        await client.control("services", {"change": {"2": {"remove": False}, "3": {}}})
        rows = {row["service"]: row for row in await client.api("services")}
        assert 2 in rows
        assert rows[3]["rate"] != "nonsense"


async def test_the_balance_is_set_by_hand():
    async with running() as client:
        assert (await client.control("balance", {"balance": "12.34"}))["balance"] == "12.34"
        assert await client.api("balance") == {"balance": "12.34", "currency": "USD"}


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("orders/23501", {"status": 5}, "status"),
        ("orders/23501", {"remains": "many"}, "remains"),
        ("orders/23501", {"advance": -1}, "advance"),
        ("faults", {"action": "add", "kind": "meteor"}, "meteor"),
        ("faults", {"action": "dance", "kind": "hang"}, "dance"),
        ("faults", {"action": "add", "kind": "hang", "count": 0}, "count"),
        ("faults", {"action": "add", "kind": "slow", "seconds": -1}, "seconds"),
        ("faults", {"action": "add", "kind": "html", "processed": 1}, "processed"),
        ("balance", {"balance": "much"}, "balance"),
        ("services", {"count": -1}, "count"),
        ("services", {"change": {"x": {}}}, "change"),
        ("services", {"change": [1]}, "change"),
        ("speed", {"seconds_per_step": 0}, "seconds_per_step"),
        ("speed", {}, "seconds_per_step"),
        ("speed", [1], "object"),
    ],
)
async def test_a_wish_that_cannot_be_read_is_named(path, body, word):
    async with running() as client:
        await client.add()
        before = await client.state()
        assert word in (await client.control(path, body, status=400))["error"]
        assert await client.state() == before


@pytest.mark.parametrize(("path", "error"), [("orders/7", "Incorrect order ID"), ("refills/7", "Refill not found")])
async def test_control_of_what_does_not_exist_is_not_found(path, error):
    async with running() as client:
        assert await client.control(path, {"status": "Completed"}, status=404) == {"error": error}
