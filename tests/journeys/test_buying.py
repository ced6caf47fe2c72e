"""Buying one of each sold type: what is shown is what is charged and what the panel gets."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from bot.domain.catalog import Offer
from tests.journeys.shopping import LINK, Market, leaf_to, market, price_of, shown

COMMENTS = ("Lovely light", "Wo ist das? 🌊", "  I was there once  ", "", "So calm", "One <more> & done")


async def test_a_default_service_is_found_by_browsing_bought_and_completed(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        mina, offer = open_shop.mina, open_shop.offer()
        service = offer.service
        price = price_of(offer, 1500)
        await mina.say("/order")
        await mina.press(service.category, await leaf_to(mina, await mina.sees("Pick a category"), service.category))
        listed = await mina.sees("Pick a service")
        label = next(b["text"] for b in listed.buttons if service.name[:20] in b["text"])
        assert shown(price_of(offer, 1000)) in label
        await mina.press(label, listed)
        card = await mina.sees(service.name, "Minimum", "Maximum", f"{service.minimum:,}", f"{service.maximum:,}")
        await mina.press("Order", card)
        await mina.sees("Send the link")
        await mina.say("framely.example/p/abc")
        question = await mina.sees("What quantity?", "I added https://", LINK)
        assert f"{service.minimum:,}" in question.text
        await mina.say("1.5k")
        confirm = await mina.sees("Please check and confirm", "I read 1.5k as 1,500")
        for fact in (service.name, LINK, "Quantity: 1,500", f"Price: {shown(price)}", "Balance: 10.00 USD"):
            assert fact in confirm.text
        order = await open_shop.confirm(confirm)
        await _to_completed(open_shop, order, offer, price)
        assert [add["params"] for add in await open_shop.adds()] == [
            {"service": service.id, "link": LINK, "quantity": "1500"}
        ]


async def test_a_package_costs_its_flat_price_and_is_sent_as_one(tmp_path: Path) -> None:
    async with market(tmp_path, money="100") as open_shop:
        offer = open_shop.offer("package")
        confirm = await open_shop.quote(offer, LINK)
        price = price_of(offer, 1)
        assert "1 package" in confirm.text
        assert f"Price: {shown(price)}" in confirm.text
        order = await open_shop.confirm(confirm)
        await _to_completed(open_shop, order, offer, price, start="100")
        assert [add["params"] for add in await open_shop.adds()] == [
            {"service": offer.service.id, "link": LINK, "quantity": "1"}
        ]


async def test_a_pasted_list_of_comments_is_billed_by_the_line_and_sent_as_written(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        offer = open_shop.offer("custom comments")
        confirm = await open_shop.quote(offer, LINK, "\n".join(COMMENTS))
        kept = [line.strip() for line in COMMENTS if line.strip()]
        price = price_of(offer, len(kept))
        assert f"Quantity: {len(kept)}" in confirm.text
        assert all(f"• {line}" in confirm.text for line in kept)
        assert f"Price: {shown(price)}" in confirm.text
        order = await open_shop.confirm(confirm)
        await _to_completed(open_shop, order, offer, price)
        sent = [add["params"] for add in await open_shop.adds()]
        quantity = str(len(kept))
        assert sent == [{"service": offer.service.id, "link": LINK, "comments": "\n".join(kept), "quantity": quantity}]


async def _to_completed(open_shop: Market, order: int, offer: Offer, price: Decimal, start: str = "10") -> None:
    """The rest of every purchase: held, taken by the panel, completed, posted, told, listed."""
    assert await open_shop.money() == (Decimal(start) - price, price)
    await open_shop.card(order, "Pending", offer.service.name, LINK, f"Price: {shown(price)}")
    upstream = (await open_shop.order(order)).upstream_id
    await open_shop.place.panel.set_order(upstream, status="Completed")
    await open_shop.mina.sees(f"Order #{order} is completed.", offer.service.name)
    await open_shop.card(order, "Completed", "100%")
    assert await open_shop.money() == (Decimal(start) - price, Decimal(0))
    assert await open_shop.transfers(order) == [("hold", price), ("post", price)]
    await open_shop.mina.say("/wallet")
    wallet = await open_shop.mina.sees("Wallet", f"Balance: {shown(Decimal(start) - price)}", "1001")
    assert f"−{shown(price)}  order #{order}" in wallet.text
    await open_shop.mina.say("/orders")
    listed = await open_shop.mina.sees("Your orders")
    assert "Completed" in listed.button(f"#{order}")["text"]
