"""Too little money for an order: the gap is paid from its confirm card, and the order comes back by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.money import Money
from bot.domain.orders import OrderState
from bot.domain.topups import Gateway, Paid
from bot.engine import desk, topups, ways
from bot.engine.quoting import read_quote
from handlers.callbacks import ConfirmQuote, parse
from storage import switches
from storage import topups as rows
from storage.database import Tx
from tests.handlers.counter import Counter, Seen, counter
from tests.handlers.paying import bills, news, pay
from tests.kit import IRIS, LINK, MINA


@pytest.fixture(autouse=True)
async def mina(shop: Counter) -> None:
    """Telegram's clock and the shop's are the same here."""
    shop.bench.clock.time = datetime.now(UTC).replace(microsecond=0)
    await shop.say("/start")


async def short_of(shop: Counter, quantity: str = "1000") -> Seen:
    """The confirm card of an order for which all money lacks."""
    return await shop.to_confirm(LINK, quantity)


async def asked(shop: Counter, card: Seen) -> Seen:
    """The card after the gap was asked for in Stars."""
    await shop.press("⭐", card)
    return await shop.message(card.id)


async def test_the_gap_is_paid_in_stars_and_one_button_finishes(shop: Counter) -> None:
    card = await short_of(shop)
    charge = (await quote_of(shop, card)).charge
    stars = topups.stars_for(charge, ways.STAR_PAYOUT_USD)
    assert card.labels[:3] == [f"Pay {stars} ⭐", "Voucher", "Ask the operator"]
    waits = await asked(shop, card)
    assert "This price holds for" in waits.text
    assert "message below" in (await shop.toasts())[-1]
    (bill,) = await bills(shop)
    assert bill["total_amount"] == stars
    await pay(shop, bill["message_id"])
    came = await news(shop)
    for words in ("came in", "Your order waited for it", "Please check and confirm", LINK, "Balance after"):
        assert words in came.text
    assert "⭐" not in " ".join(came.labels)
    assert "newer message below" in (await shop.message(card.id)).text
    assert (await shop.message(card.id)).labels == []
    assert "Order #1" in (await shop.press("Confirm", came)).text
    assert (await shop.bench.read(1)).charge == charge
    assert (await shop.bench.money()).available < Money(13_000)
    assert "did not understand" in (await shop.say("Hello")).text
    await shop.bench.sound()


async def quote_of(shop: Counter, card: Seen):  # type: ignore[no-untyped-def]
    button = parse(card.data("Confirm"))
    assert isinstance(button, ConfirmQuote)
    return await read_quote(shop.bench.shop, button.token, MINA)


async def test_the_order_waits_as_long_as_its_invoice_can_be_paid_and_a_while_longer(shop: Counter) -> None:
    card = await short_of(shop)
    await asked(shop, card)
    shop.bench.clock.forward(minutes=59)
    (bill,) = await bills(shop)
    assert (await pay(shop, bill["message_id"]))["status"] == "paid"
    shop.bench.clock.forward(minutes=9)
    assert "Order #1" in (await shop.press("Confirm", await news(shop))).text


async def test_only_what_lacks_is_asked_for(shop: Counter) -> None:
    await shop.bench.credit("0.2")
    card = await short_of(shop)
    await asked(shop, card)
    (bill,) = await bills(shop)
    gap = (await quote_of(shop, card)).charge - Money(200_000)
    assert bill["total_amount"] == topups.stars_for(gap, ways.STAR_PAYOUT_USD)


async def test_what_the_operator_adds_for_an_order_brings_the_order_along(shop: Counter) -> None:
    card = await short_of(shop)
    charge = (await quote_of(shop, card)).charge
    await shop.press("Ask the operator", card)
    shop.bench.clock.time += timedelta(hours=20)
    await desk.move_money(shop.bench.shop, 9, IRIS, MINA, charge, "cash", shop.bench.clock(), credit=True)
    came = await news(shop)
    for words in ("was added to your wallet", "cash", "Your order waited for it", LINK, "Balance after"):
        assert words in came.text
    assert "Order #1" in (await shop.press("Confirm", came)).text
    assert (await shop.bench.read(1)).charge == charge


async def test_what_is_added_for_no_order_comes_alone(shop: Counter) -> None:
    await shop.press("Cancel", await short_of(shop))
    await desk.move_money(shop.bench.shop, 9, IRIS, MINA, Money(5_000_000), "cash", shop.bench.clock(), credit=True)
    assert "Your order waited" not in (await news(shop)).text


async def test_money_that_is_still_short_leaves_the_rest_of_the_gap_to_pay(shop: Counter) -> None:
    card = await short_of(shop)
    await asked(shop, card)
    (topup,) = await shop.bench.shop.db.read(lambda tx: rows.of_customer(tx, MINA, 5))
    half = Paid(Gateway.STARS, "half", topup.asked // 2, "XTR", shop.bench.clock(), topup.token, str(MINA))
    await topups.record(shop.bench.shop, half, shop.bench.clock())
    came = await news(shop)
    assert "less than the invoice asked for" in came.text
    assert "short" in came.text
    assert "⭐" in " ".join(came.labels)
    await asked(shop, came)
    second = (await bills(shop))[-1]
    assert second["total_amount"] < int(topup.asked)
    await pay(shop, second["message_id"])
    assert "Order #1" in (await shop.press("Confirm", await news(shop))).text


async def test_a_dearer_service_shows_its_new_price_with_one_button(shop: Counter) -> None:
    card = await short_of(shop)
    await asked(shop, card)
    (bill,) = await bills(shop)
    await pay(shop, bill["message_id"])
    came = await news(shop)
    offer = shop.bench.shop.shelf.catalogue.offers[shop.bench.service()]
    dearer = str(offer.service.rate * 14 / 10)
    await shop.bench.panel.change_services(change={offer.service.id: {"rate": dearer}})
    await shop.bench.refresh()
    again = await shop.press("Confirm", came)
    assert "The price changed from" in again.text
    assert "short" in again.text
    assert "⭐" in " ".join(again.labels)


async def test_a_used_quote_leaves_only_what_came(shop: Counter) -> None:
    card = await short_of(shop)
    await asked(shop, card)
    (bill,) = await bills(shop)
    await shop.bench.credit("10")
    await shop.press("Confirm", card)
    await pay(shop, bill["message_id"])
    came = await news(shop)
    assert "came in" in came.text
    assert came.labels == ["Wallet", "Order a service"]
    assert "Order #1" in (await shop.message(card.id)).text


async def test_a_dropped_quote_leaves_only_what_came(shop: Counter) -> None:
    card = await short_of(shop)
    await asked(shop, card)
    (bill,) = await bills(shop)
    await shop.press("Cancel", await shop.message(card.id))
    await pay(shop, bill["message_id"])
    assert (await news(shop)).labels == ["Wallet", "Order a service"]


async def test_without_any_way_the_operator_is_asked_as_before(shop: Counter) -> None:
    async def work(tx: Tx) -> None:
        await switches.note(tx, ways.switch_of(Gateway.STARS), ways.OFF)

    card = await short_of(shop)
    await shop.bench.shop.db.write(work)
    closed = await shop.press("⭐", card)
    assert "cannot be paid that way just now" in (await shop.toasts())[-1]
    assert "⭐" not in " ".join(closed.labels)
    assert "has been asked" in (await shop.press("Ask the operator", closed)).text


async def test_an_expired_price_is_made_fresh_before_anything_is_paid(shop: Counter) -> None:
    card = await short_of(shop)
    shop.bench.clock.forward(minutes=11)
    assert "no longer valid" in (await shop.press("⭐", card)).text
    assert await bills(shop) == []


async def test_money_that_is_there_by_now_needs_no_invoice(shop: Counter) -> None:
    card = await short_of(shop)
    await shop.bench.credit("10")
    shown = await shop.press("⭐", card)
    assert "enough now" in (await shop.toasts())[-1]
    assert "Order #1" in (await shop.press("Confirm", shown)).text
    assert (await shop.bench.read(1)).state is OrderState.RESERVED


@pytest.mark.parametrize("language", ["tr", "th"])
async def test_the_news_are_in_the_customers_language(shop: Counter, language: str) -> None:
    card = await short_of(shop)
    await asked(shop, card)
    (bill,) = await bills(shop)
    name = {"tr": "Türkçe", "th": "ไทย"}[language]
    await shop.press(name, await shop.say("/language"))
    await pay(shop, bill["message_id"])
    came = (await news(shop)).text
    assert ({"tr": "geldi", "th": "ได้รับ"}[language]) in came


async def test_fresh_stars_that_are_held_back_are_said_and_no_more_of_them_are_asked_for(tmp_path: Path) -> None:
    (folder := tmp_path / "held").mkdir()
    async with counter(folder, stars_spend_at_once="0.5") as shop:
        shop.bench.clock.time = datetime.now(UTC).replace(microsecond=0)
        await shop.say("/start")
        small = await shop.to_confirm(LINK, "100")
        assert "⭐" in " ".join(small.labels)
        big = await short_of(shop, "2000")
        assert "⭐" not in " ".join(big.labels)
        assert "Voucher" in big.labels
        await shop.press_data(big, small.data("⭐").rpartition(":")[0] + ":" + big.data("Confirm").partition(":")[2])
        assert await bills(shop) == []
        pressed = await shop.say("/wallet")
        amounts = await shop.press("Telegram Stars", await shop.press("Add money", pressed))
        assert "0.50 USD can be spent at once and the rest after 3 weeks" in amounts.text
        await shop.press("5.00 USD", amounts)
        await pay(shop, (await bills(shop))[0]["message_id"])
        await shop.press_data(big, big.data("Confirm"))
        shown = await shop.message(big.id)
        assert "You paid in 4.505 USD more with Stars" in shown.text
        assert "⭐" not in " ".join(shown.labels)


async def test_a_debt_is_part_of_the_gap(shop: Counter) -> None:
    card = await short_of(shop)
    charge = (await quote_of(shop, card)).charge
    await shop.bench.shop.db.write(lambda tx: tx.run("UPDATE customers SET owed = 300000 WHERE id = $1", MINA))
    await shop.press("⭐", card)
    (bill,) = await bills(shop)
    assert bill["total_amount"] == topups.stars_for(charge + Money(300_000), ways.STAR_PAYOUT_USD)
    assert "0.30 USD of it goes to a payment that was taken back" in (await shop.message(card.id)).text
    await pay(shop, bill["message_id"])
    assert "Order #1" in (await shop.press("Confirm", await news(shop))).text


async def test_in_a_maintenance_the_gap_cannot_be_paid_and_the_card_stays(shop: Counter) -> None:
    card = await short_of(shop)
    await shop.bench.shop.db.write(lambda tx: switches.turn_on(tx, switches.MAINTENANCE, shop.bench.clock()))
    kept = await shop.press("⭐", card)
    assert kept.id == card.id
    assert "Please check and confirm" in kept.text
    assert await bills(shop) == []
