"""Talking: what is wrong is said and the question stays; what is open can be left; what is written stays as written."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from handlers.callbacks import BeginOrder, ShowCategories, ShowServices
from handlers.publishing import OPERATOR_COMMANDS
from tests.journeys.shopping import LINK, NORA, Market, eventually, has, market, next_answer
from tests.kit import IRIS, MINA

BAD_LINKS = {
    "@framely_page": "@framely_page is a name, not a link",
    "ftp://framely.example/x": "Only links that begin with https://",
    "https://framely.example/" + "x" * 500: "That link is too long: 512 characters at most.",
    "two words": "I could not read that as a link",
}
BAD_QUANTITIES = {
    "many": "I could not read that as a number",
    "9": "9 is too few: the minimum is 10",
    "99999999": "99,999,999 is too many",
    "١٠٠": "I could not read that as a number",
    "-100": "I could not read that as a number",
}


@pytest.mark.parametrize("bad", BAD_LINKS, ids=[link[:22] for link in BAD_LINKS])
async def test_a_bad_link_is_explained_and_the_question_stays_open(bad: str, tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        await open_shop.press(BeginOrder(open_shop.offer().number))
        refused = await next_answer(open_shop.mina, bad)
        assert BAD_LINKS[bad] in refused.text
        assert "Send the link" in refused.text
        assert "What quantity?" in (await next_answer(open_shop.mina, LINK)).text


@pytest.mark.parametrize("bad", BAD_QUANTITIES)
async def test_a_bad_quantity_is_explained_and_the_question_stays_open(bad: str, tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        await open_shop.press(BeginOrder(open_shop.offer().number))
        await next_answer(open_shop.mina, LINK)
        refused = await next_answer(open_shop.mina, bad)
        assert BAD_QUANTITIES[bad] in refused.text
        assert f"Link: {LINK}" in refused.text
        assert "What quantity?" in refused.text
        assert "Please check and confirm" in (await next_answer(open_shop.mina, "100")).text


async def test_too_few_comments_are_counted_and_the_question_stays_open(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        await open_shop.press(BeginOrder(open_shop.offer("custom comments").number))
        assert "Send the comments" in (await next_answer(open_shop.mina, LINK)).text
        refused = await next_answer(open_shop.mina, "only one\n\n \n")
        assert "I counted 1; at least 5 are needed" in refused.text
        five = "\n".join(f"comment {n}" for n in range(5))
        assert "Quantity: 5" in (await next_answer(open_shop.mina, five)).text


@pytest.mark.parametrize("answers", [(), (LINK,), (LINK, "100")], ids=["at the link", "at the quantity", "at Confirm"])
async def test_cancel_ends_an_order_at_any_question(answers: tuple[str, ...], tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        mina = open_shop.mina
        await open_shop.press(BeginOrder(open_shop.offer().number))
        for answer in answers:
            await next_answer(mina, answer)
        assert "Nothing was ordered and nothing was charged" in (await next_answer(mina, "/cancel")).text
        if card := next((m for m in mina.messages.values() if has(m, "Confirm")), None):
            await mina.press("Confirm", card)
            await mina.until(lambda m: m.id == card.id and "Nothing was charged." in m.text)
        assert "I did not understand" in (await next_answer(mina, "100")).text
        assert await open_shop.rows("SELECT id FROM orders") == []
        assert await open_shop.money() == (Decimal(10), Decimal(0))


async def test_cancel_ends_a_message_to_support_and_says_so_when_nothing_is_open(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        mina = open_shop.mina
        assert "What would you like to tell us?" in (await next_answer(mina, "/support")).text
        assert "nothing was sent" in (await next_answer(mina, "/cancel")).text
        assert "There is nothing to cancel" in (await next_answer(mina, "/cancel")).text
        assert await open_shop.rows("SELECT id FROM tickets") == []


@pytest.mark.parametrize(
    "page", ["/help", "/wallet", "/orders", "/terms", "/privacy", "/paysupport", "/never_heard_of"]
)
async def test_looking_something_up_leaves_an_open_question_open(page: str, tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:
        await open_shop.press(BeginOrder(open_shop.offer().number))
        await next_answer(open_shop.mina, page)
        assert "What quantity?" in (await next_answer(open_shop.mina, LINK)).text


async def test_names_with_html_in_them_are_shown_as_they_are_written(tmp_path: Path) -> None:
    async with market(tmp_path, friends={NORA: "<b>Nora</b> & <i>co"}) as open_shop:
        (nora,) = open_shop.friends
        assert "<b>Nora</b> & <i>co" in nora.last.text
        offer = open_shop.offer(name="<b>Max 50K</b>")
        order = await open_shop.buy(offer, "https://framely.example/?a=<b>&b='x'", "100", phone=nora)
        await open_shop.card(order, "Pending", "<b>Max 50K</b> & Saves", phone=nora)
        await open_shop.iris.say(f"/find {order}")
        await open_shop.iris.sees(f"Order #{order}", "<b>Nora</b> & <i>co", "<b>Max 50K</b> & Saves")
        await next_answer(nora, "/support")
        await next_answer(nora, "<script>alert('&amp;')</script>")
        await open_shop.iris.sees("<b>Nora</b> & <i>co", "<script>alert('&amp;')</script>")


async def test_each_scope_has_its_own_published_commands(tmp_path: Path) -> None:
    async with market(tmp_path) as open_shop:

        async def published() -> bool:
            # The menu button comes after everybody's commands and before the operators' own.
            everybody = await open_shop.place.journal("setChatMenuButton")
            return bool(everybody) and "admin" in await open_shop.place.published(IRIS)

        await eventually(published)
        customers = await open_shop.place.published(MINA)
        assert customers[:4] == ["start", "order", "orders", "wallet"]
        assert {"help", "support", "terms", "privacy", "paysupport", "cancel"} <= set(customers)
        desk = set(OPERATOR_COMMANDS)
        assert desk.isdisjoint(customers)
        assert desk | set(customers) == set(await open_shop.place.published(IRIS))
        described = {entry["method"] for entry in await open_shop.place.journal()}
        assert {"setMyCommands", "setMyDescription", "setMyShortDescription", "setChatMenuButton"} <= described


async def test_a_catalogue_of_ten_thousand_services_is_browsed_to_its_last_page(tmp_path: Path) -> None:
    async with market(tmp_path, panel={"services": 10_000}) as open_shop:
        mina = open_shop.mina
        first = await next_answer(mina, "/order")
        pages = _pages(first.text)
        await mina.press("Next »", first)
        await mina.until(lambda m: m.id == first.id and f"Page 2 of {pages}" in m.text)
        await mina.press_data(first, ShowCategories(pages).pack())
        last = await mina.until(lambda m: m.id == first.id and f"Page {pages} of {pages}" in m.text)
        assert not has(last, "Next »")
        category = max(_sizes(open_shop).items(), key=lambda entry: entry[1])
        await mina.press_data(first, ShowServices(category[0], 10**6).pack())
        services = await mina.until(lambda m: m.id == first.id and "Pick a service" in m.text)
        assert _pages(services.text) == -(-category[1] // 8)
        assert not has(services, "Next »")
        offered = [button for button in services.buttons if "USD" in button["text"]]
        assert len(offered) == (category[1] - 1) % 8 + 1
        await mina.press_data(first, offered[-1]["callback_data"])
        await mina.until(lambda m: m.id == first.id and has(m, "Order"))


def _pages(text: str) -> int:
    return int(text.rpartition("of ")[2].replace(",", ""))


def _sizes(open_shop: Market) -> dict[int, int]:
    """How many services each category offers."""
    found: dict[int, int] = {}
    for offer in open_shop.offers:
        if offer.for_sale:
            found[offer.category_number] = found.get(offer.category_number, 0) + 1
    return found
