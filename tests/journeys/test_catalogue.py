"""What the operator makes of the catalogue, all by buttons, is what the customer sees, and is charged."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from bot import app
from handlers.callbacks import ShowService
from tests.journeys.kit import Phone, Seen
from tests.journeys.shopping import LINK, Market, has, leaf_to, market, next_answer, price_of, shown


async def tap(phone: Phone, message: Seen, *labels: str) -> Seen:
    """One button after the other under the same message; the message as it is then."""
    for label in labels:
        before = message
        await phone.press(label, before)
        message = await phone.until(lambda m, b=before: m.id == b.id and (m.text, m.raw["keyboard"]) != _face(b))
    return message


def _face(message: Seen) -> tuple[str, object]:
    return message.text, message.raw["keyboard"]


async def editor_of(open_shop: Market, category: str) -> Seen:
    """The operator's screen of a category."""
    page = await tap(open_shop.iris, await next_answer(open_shop.iris, "/admin"), "Catalogue")
    return await tap(open_shop.iris, await leaf_to(open_shop.iris, page, category), category)


async def test_a_category_is_priced_by_buttons_and_the_customer_pays_the_new_price(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        offer = open_shop.offer()
        old, new = price_of(offer, 100), price_of(offer, 100, Decimal("1.5"))
        waiting = await open_shop.quote(offer, LINK, "100")
        preview = await tap(open_shop.iris, await editor_of(open_shop, offer.service.category), "Markup", "50%")
        assert "25% (from the settings) → 50%" in preview.text
        assert f"{shown(price_of(offer, 1000))} → {shown(price_of(offer, 1000, Decimal('1.5')))}" in preview.text
        first = await open_shop.confirm(waiting)
        assert (await open_shop.order(first)).charge.decimal == old, "a preview changes nothing"
        done = await tap(open_shop.iris, preview, "Confirm")
        assert "✓ Markup" in done.text
        card = await open_shop.quote(offer, f"{LINK}/2", "100")
        assert shown(new) in card.text
        second = await open_shop.confirm(card)
        assert (await open_shop.order(second)).charge.decimal == new
        audited = await next_answer(open_shop.iris, "/audit")
        assert "none to 50%" in audited.text


async def test_a_hidden_service_is_gone_at_once_and_old_buttons_are_answered_kindly(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        offer = open_shop.offer()
        running = await open_shop.buy(offer)
        card = await open_shop.quote(offer, f"{LINK}/2", "100")
        service = await tap(
            open_shop.iris, await editor_of(open_shop, offer.service.category), "Services", offer.name[:30]
        )
        hidden = await tap(open_shop.iris, service, "Hide")
        assert "✕ Hidden" in hidden.text
        await open_shop.mina.press("Confirm", card)
        await open_shop.mina.until(lambda m: m.id == card.id and "not for sale any more" in m.text)
        assert (await open_shop.money())[1] == price_of(offer, 100), "of the running order alone"
        await open_shop.press(ShowService(offer.number))
        await open_shop.card(running, "Pending")
        upstream = (await open_shop.order(running)).upstream_id
        await open_shop.place.panel.set_order(upstream, status="Completed")
        await open_shop.mina.sees(f"Order #{running} is completed.")
        await tap(open_shop.iris, hidden, "Show")
        assert await open_shop.buy(offer, f"{LINK}/3", "100") > running


async def test_renamed_and_reordered_the_customer_sees_it_so_also_after_a_refresh(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        offer, iris = open_shop.offer(), open_shop.iris
        category = await editor_of(open_shop, offer.service.category)
        asked = await tap(iris, category, "Rename")
        renamed = await next_answer(iris, "🌟 <b>Zebra</b> ผู้ติดตาม")
        assert "🌟 <b>Zebra</b> ผู้ติดตาม" in renamed.text
        assert asked.id < renamed.id
        if has(renamed, "To the top"):
            await tap(iris, renamed, "To the top")
        await iris.say("/sync")
        await iris.sees("Refreshing all panels")
        listed = await next_answer(open_shop.mina, "/order")
        assert next(iter(listed.buttons))["text"] == "🌟 <b>Zebra</b> ผู้ติดตาม"
        services = await tap(open_shop.mina, listed, "Zebra")
        assert "🌟 <b>Zebra</b> ผู้ติดตาม" in services.text
        assert has(services, offer.name[:30])


async def test_what_was_arranged_outlives_the_shop(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        offer = open_shop.offer()
        await tap(open_shop.iris, await next_answer(open_shop.iris, "/markup 100"), "Confirm")
        hidden = await next_answer(open_shop.iris, f"/hide service {offer.number}")
        assert "Hidden from customers." in hidden.text
        made = open_shop.settings
        await open_shop.close()
        async with app.open_shop(made) as again:
            assert again.price_rules.markup_percent == 100
            found = again.shelf.catalogue.offer(offer.number)
            assert found is not None
            assert not found.for_sale
