"""Telegram misbehaves: people who block the bot, floods, connections that break before or after the work."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.domain.orders import OrderState
from bot.transport.limits import Pace
from tests.journeys.kit import Street, open_for_business
from tests.journeys.shopping import LINK, NORA, Market, eventually, market, next_answer, price_of
from tests.kit import MINA


async def test_what_could_not_reach_somebody_who_blocked_the_bot_arrives_once_it_is_unblocked(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        mina = open_shop.mina
        order, upstream = await open_shop.active()
        await mina.block()
        await eventually(lambda: open_shop.rows(f"SELECT id FROM customers WHERE id = {MINA} AND blocked = 1"))
        before = len(await open_shop.place.journal("sendMessage"))
        await open_shop.place.panel.set_order(upstream, status="Completed")
        await eventually(lambda: open_shop.rows("SELECT id FROM orders WHERE state = 'completed'"))
        assert len(await open_shop.place.journal("sendMessage")) == before, "nobody is written to in vain"
        assert "is completed" not in mina.last.text
        await mina.block(blocked=False)
        await mina.sees(f"Order #{order} is completed.")
        await open_shop.card(order, "Completed")


async def test_a_flood_limit_on_one_chat_is_obeyed_and_stops_nobody_else(tmp_path: Path) -> None:
    async with market(tmp_path, friends={NORA: "Nora"}, pace=Pace()) as open_shop:
        mina, (nora,) = open_shop.mina, open_shop.friends
        await open_shop.place.telegram_faults(flood={"chat_id": MINA, "retry_after": 2, "count": 1})
        said = await mina.say("/help")
        await eventually(lambda: _refused(open_shop.place))
        assert "How it works" in (await next_answer(nora, "/help")).text
        assert mina.last.id < said, "still silent towards the flooded chat"
        await mina.sees("How it works", after=said)
        assert len(await _refused(open_shop.place)) == 1, "not tried again before its time"


async def _refused(place: Street) -> list[dict[str, Any]]:
    return [entry for entry in await place.journal() if entry["error_code"] == 429]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_confirm_whose_answer_breaks_off_is_still_one_order(when: str, tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        card = await open_shop.quote(open_shop.offer(), LINK, "100")
        methods = ["editMessageText", "answerCallbackQuery"]
        await open_shop.place.telegram_faults(drop={"methods": methods, "when": when, "count": 2})
        order = await open_shop.confirm(card)
        await open_shop.card(order, "Pending")
        price = price_of(open_shop.offer(), 100)
        assert await open_shop.money() == (10 - price, price)
        assert len(await open_shop.adds()) == 1
        assert await open_shop.alerts("update-poisoned") == []


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_credit_whose_answer_breaks_off_moves_money_once(when: str, tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        await open_shop.place.telegram_faults(drop={"methods": ["sendMessage"], "when": when, "count": 1})
        await open_shop.iris.say(f"/credit {MINA} 5 a gift")
        await open_shop.mina.sees("5.00 USD was added to your wallet.")
        await open_shop.iris.sees("Credited 5.00 USD")
        await eventually(lambda: _all_done(open_shop))
        assert await open_shop.money() == (Decimal(15), Decimal(0))


async def _all_done(open_shop: Market) -> bool:
    return await open_shop.rows("SELECT update_id FROM inbox WHERE state = 'new'") == []


async def test_updates_whose_delivery_breaks_off_are_fetched_again_and_done_once(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        card = await open_shop.quote(open_shop.offer(), LINK, "100")
        await open_shop.place.telegram_faults(drop={"methods": ["getUpdates"], "when": "after", "count": 2})
        await asyncio.gather(*(open_shop.mina.press("Confirm", card, force=True) for _ in range(2)))
        await open_shop.card(1, "Pending")
        assert len(await open_shop.adds()) == 1


async def test_orders_go_on_while_telegram_is_away(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        order, upstream = await open_shop.active()
        await open_shop.place.telegram_faults(drop={"methods": None, "when": "before", "count": 1000})
        await open_shop.place.panel.set_order(upstream, status="Completed")
        await eventually(lambda: open_shop.rows("SELECT id FROM orders WHERE state = 'completed'"))
        await open_shop.place.telegram_faults(drop=None)
        await open_shop.mina.sees(f"Order #{order} is completed.")
        assert (await open_shop.order(order)).state is OrderState.COMPLETED


async def test_a_shop_that_opens_while_telegram_is_away_trades_and_talks_once_it_is_back(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        order, upstream = await open_shop.active()
        await open_shop.close()
        await open_shop.place.telegram_faults(drop={"methods": None, "when": "before", "count": 1000})
        await open_shop.place.panel.set_order(upstream, status="Completed")
        async with open_for_business(open_shop.settings):
            await eventually(lambda: open_shop.rows("SELECT id FROM orders WHERE state = 'completed'"))
            await open_shop.place.telegram_faults(drop=None)
            await open_shop.mina.sees(f"Order #{order} is completed.")
