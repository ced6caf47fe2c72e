"""An operator writes the terms anew in two languages, and customers read them in theirs."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.kit import Seen
from tests.journeys.shopping import Market, has, market

ENGLISH, TURKISH = "Our own terms & nothing else", "Kendi koşullarımız"


async def written(open_shop: Market, language: str, text: str) -> None:
    iris = open_shop.iris

    async def after(label: str, on: Seen, then: str) -> Seen:
        await iris.press(label, on)
        return await iris.until(lambda m: m.id >= on.id and has(m, then))

    said = await iris.say("/pages")
    pages = await iris.until(lambda m: m.from_bot and m.id > said and has(m, "Terms of use"))
    below = await after(language, await after("Terms of use", pages, language), "Write it anew")
    await after("Write it anew", below, "Cancel")
    said = await iris.say(text)
    saving = await iris.until(lambda m: m.from_bot and m.id > said and has(m, "Save"))
    await iris.press("Save", saving)
    await iris.until(lambda m: m.id == saving.id and "Saved." in m.text)


async def test_terms_are_the_operators_in_each_language_and_the_standard_text_elsewhere(tmp_path: Path) -> None:
    async with market(tmp_path, friends={3001: "Nora"}) as open_shop:
        mina, (nora,) = open_shop.mina, open_shop.friends
        await written(open_shop, "English", ENGLISH)
        await written(open_shop, "Türkçe", TURKISH)
        await mina.say("/terms")
        await mina.sees(ENGLISH)
        said = await nora.say("/language")
        await nora.press("Türkçe", await nora.until(lambda m: m.from_bot and m.id > said and has(m, "Türkçe")))
        await nora.say("/terms")
        await nora.sees(TURKISH)
        await nora.say("/privacy")
        await nora.sees("Hakkınızda saklananlar")
