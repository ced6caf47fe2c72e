"""Questions about many ids, put to panels of every kind."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.domain.orders import Status, StatusReport
from bot.domain.refills import RefillReport, RefillStatus
from bot.panels.denials import Denial
from bot.panels.dialects import Capabilities
from bot.panels.errors import Denied, Unreachable, Unusable
from bot.panels.limits import Limits
from bot.panels.wire_requests import RefillAccepted
from prove.raw import Caller, http, raw_panel
from tests.panels.scripts import answering, answering_by

DONE = {"status": "Completed"}
REPORT = StatusReport("Completed", Status.COMPLETED)
NO_ORDER = {"error": "Order not found.", "status": "104"}


def kinds(results: dict[str, object]) -> dict[str, object]:
    return {each: result.kind if isinstance(result, Denied) else result for each, result in results.items()}


# Panels that cannot answer for many.


@pytest.mark.parametrize(
    "joint",
    [NO_ORDER, {"error": "Missing order parameter"}, {"error": "Nothing known"}, None, [DONE, DONE], DONE],
    ids=["order not found", "missing parameter", "unknown error", "null", "list without ids", "one object"],
)
async def test_a_panel_without_multi_status_is_asked_one_by_one_from_then_on(connect, joint):
    def answer(form):
        return joint if "orders" in form else DONE

    async with raw_panel(answering_by(answer)) as panel:
        client = connect(panel.url)
        assert await client.status(["1", "2"]) == {"1": REPORT, "2": REPORT}
        assert client.capabilities.multi_status is False
        assert await client.status(["3", "4"]) == {"3": REPORT, "4": REPORT}
    asked = [request.form.get("orders") or request.form["order"] for request in panel.requests]
    assert asked[0] == "1,2"
    assert sorted(asked[1:]) == ["1", "2", "3", "4"]


async def test_nothing_is_learned_when_single_calls_fail_too(connect):
    """A panel may answer so because it knows none of the orders."""
    async with raw_panel(answering({"error": "Invalid Order Id(s)"})) as panel:
        client = connect(panel.url)
        assert kinds(await client.status(["1", "2"])) == {"1": Denial.ORDER, "2": Denial.ORDER}
        assert client.capabilities.multi_status is None


async def test_a_panel_that_answered_for_many_is_not_unlearned(connect):
    def answer(form):
        return DONE if "order" in form else {"1": DONE} if form["orders"] == "1,2" else {"error": "Invalid Order Id(s)"}

    async with raw_panel(answering_by(answer)) as panel:
        client = connect(panel.url)
        assert await client.status(["1", "2"]) == {"1": REPORT}
        assert await client.status(["8", "9"]) == {"8": REPORT, "9": REPORT}
        assert client.capabilities.multi_status is True


async def test_configuration_outweighs_what_is_learned(connect):
    async with raw_panel(answering(DONE)) as panel:
        client = connect(panel.url, Capabilities(multi_status=False))
        await client.status(["1", "2"])
        assert all("orders" not in request.form for request in panel.requests)
        client = connect(panel.url, Capabilities(multi_status=True))
        assert await client.status(["1", "2"]) == {"1": REPORT, "2": REPORT}
        assert client.capabilities.multi_status is True


async def test_single_calls_go_a_handful_at_once(connect):
    under_way = most = 0
    four_here = asyncio.Event()

    async def script(caller: Caller) -> None:
        nonlocal under_way, most
        while True:
            await caller.request()
            under_way += 1
            most = max(most, under_way)
            if under_way == 4:
                four_here.set()
            await four_here.wait()
            under_way -= 1
            await caller.send(http(json.dumps(DONE)))

    async with raw_panel(script) as panel:
        ids = [str(number) for number in range(1, 21)]
        found = await connect(panel.url, Capabilities(multi_status=False)).status(ids)
    assert set(found) == set(ids)
    assert most == 4


async def test_single_calls_stop_at_the_first_failure_and_keep_what_came(connect):
    def answer(form):
        return http("<html>", "502 Bad") if int(form["order"]) > 4 else DONE

    async with raw_panel(answering_by(answer)) as panel:
        client = connect(panel.url, Capabilities(multi_status=False), Limits(singles_at_once=1))
        found = await client.status([str(number) for number in range(1, 101)])
    assert set(found) == {"1", "2", "3", "4"}
    assert len(panel.requests) == 5


async def test_single_calls_that_all_fail_raise(connect):
    async with raw_panel(answering(http("<html>", "502 Bad"))) as panel:
        with pytest.raises(Unusable):
            await connect(panel.url, Capabilities(multi_status=False)).status(["1", "2"])


@pytest.mark.parametrize(
    ("text", "status", "kind"),
    [
        ("Invalid API key", "200 OK", Denial.KEY),
        ("Rate limit exceeded", "429 Too Many", Denial.RATE_LIMIT),
        ("Не так быстро", "429 Too Many", Denial.RATE_LIMIT),
        ("Нет доступа", "401 Unauthorized", Denial.KEY),
        ("Your account is inactive", "200 OK", Denial.ACCOUNT),
        ("MAINTENANCE_MODE", "503 Unavailable", Denial.MAINTENANCE),
        ("Unknown error", "200 OK", Denial.AMBIGUOUS),
    ],
)
@pytest.mark.parametrize("ids", [["1"], ["1", "2"]])
async def test_a_refusal_of_everything_is_raised_after_one_call(connect, text, status, kind, ids):
    async with raw_panel(answering({"error": text}, status=status)) as panel:
        client = connect(panel.url)
        with pytest.raises(Denied) as caught:
            await client.status(ids)
        assert (caught.value.kind, caught.value.text) == (kind, text)
        assert client.capabilities.multi_status is None
    assert len(panel.requests) == 1


async def test_refills_are_asked_together_then_one_by_one(connect):
    def answer(form):
        return {"error": "Incorrect order ID"} if "orders" in form else {"refill": form["order"] + "0"}

    async with raw_panel(answering_by(answer)) as panel:
        client = connect(panel.url)
        assert await client.refill(["1", "2"]) == {"1": RefillAccepted("10"), "2": RefillAccepted("20")}
        assert client.capabilities.multi_refill is False


async def test_states_of_refills_are_asked_together_then_one_by_one(connect):
    def answer(form):
        return {"error": "Incorrect refill ID"} if "refills" in form else {"status": "Rejected"}

    async with raw_panel(answering_by(answer)) as panel:
        client = connect(panel.url)
        report = RefillReport("Rejected", RefillStatus.REJECTED)
        assert await client.refill_status(["1", "2"]) == {"1": report, "2": report}
        assert client.capabilities.multi_refill_status is False


async def test_a_lost_refill_is_not_asked_again(connect):
    """On a connection of its own, and once: a second one might be refused for the first."""

    async def script(caller: Caller) -> None:
        await caller.request()
        caller.reset()

    async with raw_panel(script) as panel:
        with pytest.raises(Unreachable):
            await connect(panel.url).refill(["1", "2"])
    assert len(panel.requests) == 1
    assert panel.requests[0].headers["connection"] == "close"


# Ids.


async def test_no_ids_need_no_panel(connect):
    client = connect("http://127.0.0.1:1/")
    assert await client.status([]) == {}
    assert await client.refill([]) == {}
    assert await client.refill_status([]) == {}
    assert await client.cancel([]) == {}


@pytest.mark.parametrize("ids", [[str(number) for number in range(1, 102)], ["1,2"], [""], ["0"], ["x y"], ["-1"]])
@pytest.mark.parametrize("verb", ["status", "refill", "refill_status", "cancel"])
async def test_too_many_ids_or_none_at_all_are_a_defect(connect, verb, ids):
    with pytest.raises(ValueError, match=r"ids? "):
        await getattr(connect("http://127.0.0.1:1/"), verb)(ids)


async def test_each_id_is_asked_once(connect):
    async with raw_panel(answering({"1": DONE})) as panel:
        await connect(panel.url).status(["2", "1", "2"])
    assert panel.requests[0].form["orders"] == "2,1"


async def test_a_hundred_ids_fit_into_one_call(connect):
    ids = [str(number) for number in range(1, 101)]
    async with raw_panel(answering(dict.fromkeys(ids, DONE))) as panel:
        assert set(await connect(panel.url).status(ids)) == set(ids)
    assert len(panel.requests) == 1
