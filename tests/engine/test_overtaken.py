"""Somebody else changed the order in between: whoever comes second changes nothing, and hears of it."""

from __future__ import annotations

import pytest

from bot.domain.errors import AlreadyDecided
from bot.domain.orders import OrderState, Reading, Status
from bot.engine import judging, ordering
from bot.panels.outcomes import Later, LaterKind, Lost, Placed, RefusalKind, Refused
from bot.wire.reasons import HttpFacts, LostReason
from storage import orders
from tests.engine.workshop import SHORT, Workshop
from tests.kit import MINA

FACTS = HttpFacts()
OUTCOMES = [
    Placed("70001", FACTS),
    Refused(RefusalKind.LINK, "Bad link", FACTS),
    Later(LaterKind.FUNDS, "no funds", FACTS),
    Lost(LostReason.TIMEOUT, FACTS),
]


async def nobody_changes(*_args: object, **_changes: object) -> bool:
    return False


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
async def test_an_outcome_that_was_overtaken_changes_nothing(bench: Workshop, monkeypatch, outcome) -> None:
    claimed = await bench.claimed()
    with monkeypatch.context() as patched:
        patched.setattr(orders, "change", nobody_changes)
        with pytest.raises(AlreadyDecided):
            await bench.record(claimed, outcome)
    assert (await bench.read(claimed.order.id)).state is OrderState.SUBMITTING
    await bench.sound()


async def test_a_claim_and_a_withdrawal_that_were_overtaken_change_nothing(rich: Workshop, monkeypatch) -> None:
    order = await rich.order()
    with monkeypatch.context() as patched:
        patched.setattr(orders, "change", nobody_changes)
        with pytest.raises(AlreadyDecided):
            await rich.claim()
        with pytest.raises(AlreadyDecided):
            await ordering.withdraw(rich.shop, order.id, MINA, rich.clock())
    assert (await rich.read(order.id)).state is OrderState.RESERVED
    await rich.sound()


async def test_what_settles_is_told_with_its_money_and_its_hour(rich: Workshop) -> None:
    order = await rich.tell(await rich.sent(quantity="1000"), SHORT)
    assert order.reading == Reading(Status.PARTIAL, SHORT.remains)
    found = judging.settling(rich.shop, order)
    assert found is not None
    assert (found.state, found.until) == (OrderState.PARTIAL, order.reading_since + rich.shop.terms.settle)
    assert judging.settling(rich.shop, await rich.sent(link="https://framely.example/p/other")) is None
