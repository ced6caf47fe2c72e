"""The examples of three panels' own pages, sent by a server byte for byte."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.catalog import Service
from bot.domain.orders import Status, StatusReport
from bot.domain.refills import RefillReport, RefillStatus
from bot.panels.client import PanelClient
from bot.panels.denials import Denial
from bot.panels.errors import Denied
from bot.panels.outcomes import AddRequest, Placed
from bot.panels.wire_requests import CancelAccepted, RefillAccepted
from prove.raw import http, raw_panel
from tests.panels.conftest import Connect
from tests.panels.panel_pages import PANELS, examples
from tests.panels.scripts import answering

FULL = ("fixedmember", "sosyalzirvemedya")
PARTIAL = StatusReport("Partial", Status.PARTIAL, Decimal("0.27819"), 3572, 157, 0, "USD")


async def ask(connect: Connect, example: bytes, call):
    async with raw_panel(answering(http(example))) as panel:
        client: PanelClient = connect(panel.url)
        answer = await call(client)
        form = panel.requests[-1].form
    return answer, client, form


def refused(result: object) -> tuple[Denial, str]:
    assert isinstance(result, Denied)
    return result.kind, result.text


@pytest.mark.parametrize(("panel", "count"), [("markenets", 7), ("fixedmember", 10), ("sosyalzirvemedya", 10)])
def test_every_example_of_a_page_is_used_below(panel, count):
    assert len(examples(panel)) == count


@pytest.mark.parametrize("panel", PANELS)
async def test_services(connect, panel):
    answer, client, form = await ask(connect, examples(panel)[0], lambda c: c.services())
    cancel = True if panel in FULL else None
    assert answer.services == (
        Service(
            "panel", "1", "Followers", "default", "First Category", Decimal("0.90"), 50, 10000,
            refill=True, cancel=cancel,
        ),
        Service(
            "panel", "2", "Comments", "custom comments", "Second Category", Decimal(8), 10, 1500,
            refill=False, cancel=cancel,
        ),
    )  # fmt: skip
    assert answer.rejected == ()
    assert str(answer.services[0].rate) == "0.90"
    assert answer.names_cancel is (panel in FULL)
    assert client.capabilities.cancel is (panel in FULL)
    assert form["action"] == "services"


@pytest.mark.parametrize("panel", PANELS)
async def test_add(connect, panel):
    request = AddRequest("1", {"link": "https://example.com/?a=1&b=2", "quantity": "100"})
    outcome, _, form = await ask(connect, examples(panel)[1], lambda c: c.add(request))
    assert isinstance(outcome, Placed)
    assert outcome.upstream_id == "23501"
    assert {
        "service": "1",
        "link": "https://example.com/?a=1&b=2",
        "quantity": "100",
        "action": "add",
    }.items() <= form.items()


@pytest.mark.parametrize("panel", PANELS)
async def test_status_of_one(connect, panel):
    answer, _, form = await ask(connect, examples(panel)[2], lambda c: c.status(["23501"]))
    assert answer == {"23501": PARTIAL}
    assert form["order"] == "23501"


@pytest.mark.parametrize("panel", PANELS)
async def test_status_of_many(connect, panel):
    answer, client, form = await ask(connect, examples(panel)[3], lambda c: c.status(["1", "10", "100"]))
    assert answer["1"] == PARTIAL
    assert refused(answer["10"]) == (Denial.ORDER, "Incorrect order ID")
    assert answer["100"] == StatusReport("In progress", Status.IN_PROGRESS, Decimal("1.44219"), 234, 10, 0, "USD")
    assert form["orders"] == "1,10,100"
    assert client.capabilities.multi_status is True


@pytest.mark.parametrize("panel", PANELS)
async def test_refill_of_one(connect, panel):
    answer, _, form = await ask(connect, examples(panel)[4], lambda c: c.refill(["7"]))
    assert answer == {"7": RefillAccepted("1")}
    assert form["order"] == "7"


@pytest.mark.parametrize("panel", FULL)
async def test_refill_of_many(connect, panel):
    answer, client, form = await ask(connect, examples(panel)[5], lambda c: c.refill(["1", "2", "3"]))
    assert (answer["1"], answer["2"]) == (RefillAccepted("1"), RefillAccepted("2"))
    assert refused(answer["3"]) == (Denial.ORDER, "Incorrect order ID")
    assert form["orders"] == "1,2,3"
    assert client.capabilities.multi_refill is True


@pytest.mark.parametrize("panel", PANELS)
async def test_refill_status_of_one(connect, panel):
    example = examples(panel)[6 if panel in FULL else 5]
    answer, _, form = await ask(connect, example, lambda c: c.refill_status(["1"]))
    assert answer == {"1": RefillReport("Completed", RefillStatus.COMPLETED)}
    assert form["refill"] == "1"


@pytest.mark.parametrize("panel", FULL)
async def test_refill_status_of_many(connect, panel):
    answer, client, form = await ask(connect, examples(panel)[7], lambda c: c.refill_status(["1", "2", "3"]))
    assert answer["1"] == RefillReport("Completed", RefillStatus.COMPLETED)
    assert answer["2"] == RefillReport("Rejected", RefillStatus.REJECTED)
    assert refused(answer["3"]) == (Denial.REFILL, "Refill not found")
    assert form["refills"] == "1,2,3"
    assert client.capabilities.multi_refill_status is True


@pytest.mark.parametrize("panel", FULL)
async def test_cancel(connect, panel):
    answer, client, form = await ask(connect, examples(panel)[8], lambda c: c.cancel(["9", "2"]))
    assert refused(answer["9"]) == (Denial.ORDER, "Incorrect order ID")
    assert answer["2"] == CancelAccepted()
    assert form["orders"] == "9,2"
    assert client.capabilities.cancel is True


@pytest.mark.parametrize("panel", PANELS)
async def test_balance(connect, panel):
    answer, _, form = await ask(connect, examples(panel)[-1], lambda c: c.balance())
    assert (str(answer.amount), answer.currency) == ("100.84292", "USD")
    assert form["action"] == "balance"
