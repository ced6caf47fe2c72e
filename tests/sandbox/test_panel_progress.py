import aiohttp
from aiohttp import web

from bot.sandbox.panel import Dialect, PanelConfig, create_panel
from tests.sandbox.panel_kit import KEY, Client, HandClock, running


async def seen(client: Client, order: str) -> tuple[str, str | None, str]:
    row = await client.api("status", order=order)
    return row["status"], row["start_count"], row["remains"]


async def test_an_order_goes_by_itself_from_pending_to_completed_in_eight_steps():
    async with running(seconds_per_step=2.0) as client:
        order = await client.add(quantity=70)
        life = []
        for _ in range(9):
            life.append(await seen(client, order))
            client.clock.now += 2
        assert [status for status, _, _ in life] == ["Pending"] * 2 + ["In progress"] * 6 + ["Completed"]
        assert [remains for _, _, remains in life] == ["70", "70", "60", "50", "40", "30", "20", "10", "0"]
        assert [start for _, start, _ in life[:2]] == [None, None]
        assert len({start for _, start, _ in life[2:]}) == 1


async def test_the_same_seed_gives_the_same_life():
    async def life() -> list[tuple[str, str | None, str]]:
        async with running() as client:
            order = await client.add()
            lived = []
            for _ in range(9):
                await client.steps(1)
                lived.append(await seen(client, order))
            return lived

    assert await life() == await life()


async def test_without_a_speed_orders_move_by_hand_only():
    async with running(seconds_per_step=None) as client:
        order = await client.add()
        client.clock.now += 10_000
        assert (await seen(client, order))[0] == "Pending"
        await client.steps(2)
        assert (await seen(client, order))[0] == "In progress"


async def test_a_change_of_speed_keeps_the_steps_already_made():
    async with running(seconds_per_step=1.0) as client:
        order = await client.add(quantity=70)
        client.clock.now += 3
        state = await client.control("speed", {"seconds_per_step": None})
        assert state["speed"] is None
        client.clock.now += 100
        assert (await seen(client, order))[2] == "50"
        await client.control("speed", {"seconds_per_step": 10})
        client.clock.now += 10
        assert (await seen(client, order))[2] == "40"


async def test_a_hand_overrules_the_order_from_then_on():
    async with running(seconds_per_step=1.0) as client:
        order = await client.add(quantity=100)
        row = await client.control(f"orders/{order}", {"advance": 25})
        assert (row["status"], row["remains"]) == ("In progress", 75)
        client.clock.now += 100
        assert (await seen(client, order))[2] == "75"
        row = await client.control(f"orders/{order}", {"advance": 25})
        assert row["remains"] == 50
        row = await client.control(f"orders/{order}", {"advance": 100})
        assert (row["status"], row["remains"]) == ("Completed", 0)


async def test_a_step_by_hand_moves_held_orders_too():
    async with running() as client:
        held, canceled = await client.add(quantity=70), await client.add()
        await client.control(f"orders/{held}", {"status": "In progress", "remains": 15})
        await client.control(f"orders/{canceled}", {"status": "Canceled"})
        lives = []
        for _ in range(3):
            await client.steps(1)
            lives.append((await seen(client, held))[0::2])
        assert lives == [("In progress", "5"), ("Completed", "0"), ("Completed", "0")]
        assert (await seen(client, canceled))[0] == "Canceled"


async def test_a_hand_may_set_any_status_and_any_remains():
    async with running() as client:
        order = await client.add()
        for status, remains in [("Fail", 100), ("Sleeping", -2), ("Processing", 900)]:
            row = await client.control(f"orders/{order}", {"status": status, "remains": remains})
            assert (row["status"], row["remains"]) == (status, remains)
            answered = await client.api("status", order=order)
            assert (answered["status"], answered["remains"]) == (status, str(remains))


async def test_partial_by_hand_leaves_a_remainder_and_charges_the_delivered_share():
    async with running() as client:
        await client.control("services", {"change": {"1": {"rate": "1.00"}}})
        order = await client.add(quantity=100)
        row = await client.control(f"orders/{order}", {"status": "Partial", "remains": 25})
        assert (row["remains"], row["charge"]) == (25, "0.075")
        assert (await client.api("balance"))["balance"] == "99.925"
        other = await client.add(quantity=100)
        row = await client.control(f"orders/{other}", {"status": "Partial"})
        assert (row["remains"], row["charge"]) == (50, "0.05")


async def test_a_canceled_order_that_completes_after_all_is_charged_again():
    async with running() as client:
        order = await client.add()
        paid = (await client.state())["balance"]
        await client.control(f"orders/{order}", {"status": "Canceled"})
        assert (await client.state())["balance"] == "100.00"
        await client.control(f"orders/{order}", {"status": "Completed"})
        assert (await client.state())["balance"] == paid


async def test_a_hand_undoes_a_cancel_request():
    async with running() as client:
        order = await client.add()
        await client.api("cancel", orders=order)
        await client.control(f"orders/{order}", {"status": "In progress"})
        await client.steps(3)
        assert (await seen(client, order))[0] == "In progress"


async def test_a_subscription_is_active_until_its_posts_are_done():
    async with running() as client:
        service = next(row for row in await client.api("services") if row["type"] == "Subscriptions")
        form = {"username": "a", "min": 20, "max": 30, "delay": 0, "posts": 2}
        answer = await client.api("add", service=service["service"], **form)
        statuses = []
        for _ in range(3):
            statuses.append((await client.api("status", order=answer["order"]))["status"])
            await client.steps(1)
        assert statuses == ["Active", "Active", "Completed"]


async def test_three_panels_live_under_one_address_as_subapplications():
    app, clock = web.Application(), HandClock()
    for seed, dialect in enumerate(Dialect):
        config = PanelConfig(dialect.value, dialect, KEY, seed, seconds_per_step=None)
        app.add_subapp(f"/panels/{dialect}", create_panel(config, clock))
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        base = f"http://127.0.0.1:{runner.addresses[0][1]}/panels"
        async with aiohttp.ClientSession() as session:
            clients = [Client(session, f"{base}/{dialect}", clock) for dialect in Dialect]
            await clients[0].add()
            assert [(await client.state())["adds"] for client in clients] == [1, 0, 0]
            assert [(await client.state())["name"] for client in clients] == list(Dialect)
    finally:
        await runner.cleanup()
