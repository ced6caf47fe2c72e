"""An update that is given up is told to operators by its number, whatever falls in between; others go on."""

from __future__ import annotations

from bot.engine import upkeep
from storage import outbox
from storage.inbox import Inbox
from tests.engine.workshop import Workshop
from tests.kit import IRIS


async def give_up(bench: Workshop, update_id: int, *, poison: bool = True) -> None:
    inbox, now = Inbox(bench.shop.db), bench.clock()
    await inbox.store([(update_id, "{}", 7, 0)], now)
    await inbox.failed(update_id, 5, poison=poison, error="RuntimeError: no", now=now)


async def test_what_was_given_up_as_the_shop_fell_is_told_after_all_once_and_by_its_number(bench: Workshop) -> None:
    await give_up(bench, 41)
    await give_up(bench, 42, poison=False)
    assert [await upkeep.tell_poisoned(bench.shop, bench.clock()) for _ in range(2)] == [1, 0]
    (alert,) = await bench.shop.db.read(outbox.open_alerts)
    assert alert.alert.key == "update-poisoned:41"
    assert dict(alert.alert.facts) == {"update": 41, "detail": "RuntimeError: no"}
    assert await bench.notices(IRIS) == ["alert"]


async def test_what_an_operator_has_seen_is_not_told_again(bench: Workshop) -> None:
    await give_up(bench, 41)
    await upkeep.tell_poisoned(bench.shop, bench.clock())
    await bench.shop.db.write(lambda tx: outbox.close_alert(tx, "update-poisoned:41", bench.clock(), str(IRIS)))
    bench.clock.forward(days=1)
    assert await upkeep.tell_poisoned(bench.shop, bench.clock()) == 0
