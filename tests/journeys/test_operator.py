"""The operator's desk by chat: every command, several operators, and what concerns nobody else."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.journeys.kit import open_for_business
from tests.journeys.shopping import OTTO, Market, eventually, has, market, next_answer, price_of, resolve, shown
from tests.kit import IRIS, MINA

DESK = (
    "admin", "credit 1001 5 x", "debit 1001 5 x", "sync", "panels", "user 1001", "find 1", "resolve", "audit",
    "markup 30", "hide service 1", "show service 1",
)  # fmt: skip


@pytest.mark.parametrize("command", DESK)
async def test_a_customer_is_answered_as_to_an_unknown_command(command: str, tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        assert "I do not know this command" in (await next_answer(open_shop.mina, f"/{command}")).text
        assert await open_shop.money() == (Decimal(10), Decimal(0))


async def test_the_desk_shows_orders_money_panels_customers_and_acts(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        iris, price = open_shop.iris, price_of(open_shop.offer(), 100)
        order, upstream = await open_shop.active()
        await open_shop.place.panel.set_order(upstream, status="Completed")
        await open_shop.mina.sees(f"Order #{order} is completed.")
        desk = await next_answer(iris, "/admin")
        for fact in ("completed 1", f"turnover {shown(price)}", "fixedmember", "Open: decisions 0"):
            assert fact in desk.text
        person = await next_answer(iris, f"/user {MINA}")
        for fact in ("Mina", shown(10 - price), "1 order"):
            assert fact in person.text
        assert has(person, f"#{order} completed")
        found = await next_answer(iris, f"/find #{order}")
        for fact in (f"Order #{order} · completed", upstream, "Attempt 1", "placed", "fixedmember"):
            assert fact in found.text
        panels = await next_answer(iris, "/panels")
        for fact in ("fixedmember", "Balance", "60 listed"):
            assert fact in panels.text
        assert "No order needs a decision." in (await next_answer(iris, "/resolve")).text


async def test_money_moved_by_hand_is_told_checked_and_written_down(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        iris = open_shop.iris
        await iris.say(f"/credit {MINA} 2.50 a present")
        await iris.sees("Credited 2.50 USD to Mina", "a present", "Balance now 12.50 USD")
        await open_shop.mina.sees("2.50 USD was added to your wallet.", "a present")
        await iris.say(f"/debit {MINA} 100 too much")
        await iris.sees("can spend 12.50 USD", "100.00 USD cannot be taken")
        await iris.say(f"/debit {MINA} 12 all but a bit")
        await iris.sees("Debited 12.00 USD from Mina")
        await iris.say("/credit 424242 1 to nobody")
        await iris.sees("Nobody with the id 424242 has started the bot.")
        audited = await next_answer(iris, "/audit")
        for fact in ("The ledger is sound", "credit", "debit", "a present", str(IRIS)):
            assert fact in audited.text
        assert await open_shop.money() == (Decimal("0.5"), Decimal(0))


async def test_a_large_amount_needs_a_second_tap_and_moves_once(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        iris = open_shop.iris
        asked = await next_answer(iris, f"/credit {MINA} 5000 a big deposit")
        assert "is a large amount" in asked.text
        assert await open_shop.money() == (Decimal(10), Decimal(0))
        data = asked.button("Confirm 5,000")["callback_data"]
        await iris.press("Confirm 5,000", asked)
        await iris.sees("Credited 5,000.00 USD")
        await iris.press_data(asked, data)
        await iris.sees("That was moved already.")
        assert await open_shop.money() == (Decimal(5010), Decimal(0))


async def test_sync_reads_the_catalogues_at_once(tmp_path: Path) -> None:
    async with market(tmp_path, catalog_refresh_seconds=1000) as open_shop:
        assert "Refreshing all panels" in (await next_answer(open_shop.iris, "/sync")).text
        await eventually(lambda: _services_read(open_shop, 3))


async def _services_read(open_shop: Market, count: int) -> bool:
    return len(await open_shop.place.requests(open_shop.place.panel, "services")) >= count


async def test_a_message_to_support_reaches_every_operator_and_the_first_reply_settles_it(tmp_path: Path) -> None:
    async with market(tmp_path, friends={OTTO: "Otto"}, operator_ids=f"{IRIS},{OTTO}") as open_shop:
        (otto,) = open_shop.friends
        mina, iris = open_shop.mina, open_shop.iris
        await next_answer(mina, "/support")
        assert "Delivered." in (await next_answer(mina, "Where is my <order>?")).text
        for_iris = await iris.sees("Where is my <order>?", "Mina", str(MINA))
        for_otto = await otto.sees("Where is my <order>?", "Mina", str(MINA))
        await otto.say("On its way & nearly there", reply_to=for_otto.id)
        await otto.sees("Sent to Mina")
        await mina.sees("Answer from support", "On its way & nearly there")
        await iris.say("Me too", reply_to=for_iris.id)
        await iris.sees("Otto", "has answered this message already. Nothing was sent.")
        assert not any("Me too" in message.text for message in mina.messages.values())


async def test_an_alert_reaches_every_operator_and_the_first_press_closes_it_for_all(tmp_path: Path) -> None:
    async with market(tmp_path, friends={OTTO: "Otto"}, operator_ids=f"{IRIS},{OTTO}") as open_shop:
        (otto,) = open_shop.friends
        await open_shop.place.panel.fault("add", "reset_before")
        order = await open_shop.buy()
        for_otto = await otto.sees(f"Order #{order} needs a decision")
        for_iris = await open_shop.iris.sees(f"Order #{order} needs a decision")
        await resolve(otto, "Not placed", "Confirm")
        await otto.sees("went back to Mina")
        await open_shop.card(order, "Failed")
        late = next(label for label in ("Resolve", "Decide") if has(for_iris, label))
        await open_shop.iris.press(late, for_iris)
        await open_shop.iris.sees("Already decided")
        assert for_otto.id in otto.messages
        assert len(await open_shop.alerts("order-unknown")) == 1


async def test_an_update_that_cannot_be_handled_is_alerted_once_and_the_bot_goes_on(tmp_path: Path) -> None:
    """Half a surrogate pair as a username: nothing Telegram sends, and nothing a database takes."""
    async with market(tmp_path) as open_shop:
        await open_shop.close()
        person = {"id": MINA, "is_bot": False, "first_name": "Mina", "username": "\ud800"}
        message = {"message_id": 7, "date": 1, "chat": {"id": MINA, "type": "private"}, "from": person, "text": "/help"}
        raw = json.dumps({"update_id": 99, "message": message})
        columns = "(update_id, key, raw, state, tries, got_at) VALUES (99, $1, $2, 'new', 4, 1)"
        await open_shop.plant(f"INSERT INTO inbox {columns}", MINA, raw)
        async with open_for_business(open_shop.settings):
            await open_shop.iris.sees("An update could not be handled", "Update 99")
            await open_shop.mina.sees("something went wrong on our side", "U99")
            assert "How it works" in (await next_answer(open_shop.mina, "/help")).text
        async with open_for_business(open_shop.settings):
            assert "How it works" in (await next_answer(open_shop.mina, "/help")).text
        assert len(await open_shop.alerts("update-poisoned")) == 1


async def test_an_update_nobody_can_even_read_is_alerted_once_and_the_bot_goes_on(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        await open_shop.close()
        columns = "(update_id, key, raw, state, tries, got_at) VALUES (98, $1, $2, 'new', 4, 1)"
        await open_shop.plant(f"INSERT INTO inbox {columns}", MINA, '{"update_id": 98, "message": {"text": 7}}')
        async with open_for_business(open_shop.settings):
            await open_shop.iris.sees("An update could not be handled", "Update 98")
            assert "How it works" in (await next_answer(open_shop.mina, "/help")).text
        assert len(await open_shop.alerts("update-poisoned")) == 1
