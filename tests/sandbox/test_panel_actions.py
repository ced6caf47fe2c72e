import json
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.panel import Dialect
from tests.sandbox.panel_kit import KEY, Client, running

DOCS = Path(__file__).parents[1] / "fixtures" / "panel_docs"
FULL = [Dialect.FIXEDMEMBER, Dialect.SOSYALZIRVEMEDYA]
READS_AND_WRITES = ["services", "add", "status", "statuses"]
REFILLS = ["refill", "refills", "refill_status", "refill_statuses"]
ALL_NAMES = [*READS_AND_WRITES, *REFILLS, "cancel", "balance"]
MARKENETS_NAMES = [name for name in ALL_NAMES if name not in {"refills", "refill_statuses", "cancel"}]


def documented(dialect: Dialect) -> dict[str, Any]:
    """The examples of a panel's own page, by what they answer."""
    text, decoder, examples, place = (DOCS / f"{dialect}.txt").read_text(), json.JSONDecoder(), [], 0
    while (start := min((n for n in (text.find("{", place), text.find("[", place)) if n >= 0), default=-1)) >= 0:
        example, place = decoder.raw_decode(text, start)
        examples.append(example)
    names = MARKENETS_NAMES if dialect is Dialect.MARKENETS else ALL_NAMES
    assert len(examples) == len(names)
    return dict(zip(names, examples, strict=True))


def shape(value: Any) -> Any:
    """Keys in order and types, without the values; the shapes of a list's rows as a set."""
    if isinstance(value, dict):
        return tuple((key, shape(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return {shape(row) for row in value}
    return type(value).__name__


async def completed(client: Client, **fields: object) -> str:
    order = await client.add(**fields)
    await client.control(f"orders/{order}", {"status": "Completed"})
    return order


@pytest.mark.parametrize("dialect", Dialect)
async def test_services_have_the_fields_and_types_of_the_panels_own_page(dialect):
    async with running(dialect) as client:
        rows = await client.api("services")
        documented_row = shape(documented(dialect)["services"][0])
        for row in rows:
            row.pop("desc", None)
            row.pop("description", None)
            assert shape(row) == documented_row


@pytest.mark.parametrize("dialect", Dialect)
async def test_add_status_and_balance_answer_as_documented(dialect):
    examples = documented(dialect)
    async with running(dialect, first_order=1) as client:
        added = await client.api("add", service=1, link="https://framely.example/a", quantity=100)
        assert shape(added) == shape(examples["add"])
        await client.control("orders/1", {"status": "Partial", "remains": 57})
        assert shape(await client.api("status", order=1)) == shape(examples["status"])
        assert shape(await client.api("balance")) == shape(examples["balance"])


@pytest.mark.parametrize("dialect", Dialect)
async def test_a_status_of_many_is_keyed_by_the_ids_asked_with_errors_in_place(dialect):
    async with running(dialect, first_order=1) as client:
        await client.add()
        await client.steps(3)
        rows = await client.api("status", orders="1,10, 2x")
        example = documented(dialect)["statuses"]
        assert list(rows) == ["1", "10", "2x"]
        assert shape(rows["1"]) == shape(example["1"])
        assert rows["10"] == rows["2x"] == example["10"]


@pytest.mark.parametrize("dialect", Dialect)
async def test_a_single_refill_has_a_string_id_and_its_own_status(dialect):
    examples = documented(dialect)
    async with running(dialect) as client:
        order = await completed(client)
        assert await client.api("refill", order=order) == examples["refill"]
        statuses = []
        for _ in range(5):
            statuses.append((await client.api("refill_status", refill=1))["status"])
            await client.steps(1)
        assert statuses == ["Pending", "Pending", "In progress", "In progress", "Completed"]
        assert await client.api("refill_status", refill=1) == examples["refill_status"]


@pytest.mark.parametrize("dialect", FULL)
async def test_refills_of_many_answer_as_documented(dialect):
    examples = documented(dialect)
    async with running(dialect, first_order=1) as client:
        await completed(client)
        await completed(client)
        assert await client.api("refill", orders="1,2,3") == examples["refills"]
        await client.control("refills/2", {"status": "Rejected"})
        await client.steps(4)
        assert await client.api("refill_status", refills="1,2,3") == examples["refill_statuses"]


@pytest.mark.parametrize("dialect", FULL)
async def test_cancel_answers_as_documented_and_takes_effect_two_steps_later(dialect):
    async with running(dialect, first_order=2) as client:
        await client.add()
        await client.steps(3)
        before = await client.api("status", order=2)
        assert await client.api("cancel", orders="9,2") == documented(dialect)["cancel"]
        await client.steps(1)
        assert await client.api("status", order=2) == before
        await client.steps(1)
        after = await client.api("status", order=2)
        assert (after["status"], after["charge"]) == ("Canceled", "0.00")
        assert (await client.api("balance"))["balance"] == "100.00"


async def test_markenets_knows_neither_cancel_nor_lists_of_refills():
    async with running(Dialect.MARKENETS) as client:
        order = await completed(client)
        wrong = {"error": "Incorrect request"}
        assert await client.api("cancel", orders=order) == wrong
        assert await client.api("refill", orders=order) == wrong
        assert await client.api("refill_status", refills="1") == wrong
        assert "cancel" not in (await client.api("services"))[0]
        assert (await client.state())["refills"] == []


async def test_more_ids_than_the_page_names_are_refused_and_markenets_names_no_limit():
    ids = ",".join(map(str, range(1, 102)))
    async with running() as client:
        assert await client.api("status", orders=ids) == {"error": "Incorrect request"}
        assert len(await client.api("status", orders=ids.removesuffix(",101"))) == 100
    async with running(Dialect.MARKENETS) as client:
        assert len(await client.api("status", orders=ids)) == 101


async def test_cancel_and_refill_say_why_not():
    async with running() as client:
        sold = await client.api("services")
        no_cancel = next(row for row in sold if row["type"] == "Default" and not row["cancel"])
        no_refill = next(row for row in sold if row["type"] == "Default" and not row["refill"])
        stays = await client.add(service=no_cancel["service"], quantity=no_cancel["min"])
        plain = await completed(client, service=no_refill["service"], quantity=no_refill["min"])
        fresh, done = await client.add(), await completed(client)
        rows = await client.api("cancel", orders=f"{stays},{done},{fresh}")
        assert [row["cancel"] for row in rows] == [
            {"error": "Cancel is disabled for this service"},
            {"error": "The order cannot be canceled"},
            1,
        ]
        assert (await client.api("cancel", orders=fresh))[0]["cancel"] == {"error": "The order cannot be canceled"}
        assert await client.api("refill", order=plain) == {"error": "Refill is disabled for this service"}
        assert await client.api("refill", order=fresh) == {"error": "The order is not completed"}
        assert await client.api("refill", order=done) == {"refill": "1"}
        open_task = {"error": "The refill task is not completed for this order"}
        assert await client.api("refill", order=done) == open_task
        assert await client.api("refill_status", refill=99) == {"error": "Refill not found"}


async def test_a_wrong_key_an_unknown_action_and_an_unknown_order_are_refused_at_200():
    async with running() as client:
        assert await client.api("balance", key="other") == {"error": "Invalid API key"}
        assert await client.api("orders") == {"error": "Incorrect request"}
        assert await client.api("status") == {"error": "Incorrect request"}
        assert await client.api("status", order=5) == {"error": "Incorrect order ID"}
        assert await client.api("status", order="٣") == {"error": "Incorrect order ID"}


async def test_only_form_posts_are_answered():
    async with running() as client:
        asked = {"key": KEY, "action": "balance"}
        async with client.session.get(f"{client.base}/api/v2", params=asked) as response:
            assert (response.status, await response.json()) == (405, {"error": "Incorrect request"})
        async with client.session.post(f"{client.base}/api/v2", json=asked) as response:
            assert await response.json() == {"error": "Invalid API key"}
        async with client.session.post(f"{client.base}/api/v2", params=asked) as response:
            assert await response.json() == {"error": "Invalid API key"}
        assert KEY not in json.dumps(await client.journal())
