"""The shop's pages in the operator's words."""

from __future__ import annotations

import pytest

from bot.domain.errors import AlreadyDecided
from bot.domain.pages import LIMITS, PageName, length
from bot.engine import pages
from bot.engine.pages import Unfit
from tests.engine.workshop import Workshop
from tests.kit import IRIS, THEO

TERMS = PageName.TERMS


async def write(bench: Workshop, text: str, update: int = 1, name: PageName = TERMS, language: str = "en") -> bool:
    return await pages.write(bench.shop, name, language, text, IRIS, update, bench.clock())


async def back(bench: Workshop, instead_of: str, update: int = 2) -> bool:
    return await pages.back_to_standard(bench.shop, TERMS, "en", instead_of, THEO, update, bench.clock())


async def text_of(bench: Workshop, name: PageName = TERMS, language: str = "en") -> str | None:
    found = await pages.own(bench.shop, name, language)
    return found.text if found else None


async def acts(bench: Workshop) -> list[str]:
    return [
        f"{row['actor']} {row['act']} {row['object']}: {row['detail']}"
        for row in await bench.rows("SELECT * FROM acts ORDER BY id")
    ]


async def test_a_page_is_each_languages_own(bench: Workshop) -> None:
    assert await text_of(bench) is None
    await write(bench, "<b>Mine</b>")
    await write(bench, "Benim", 2, language="tr")
    assert await text_of(bench) == "<b>Mine</b>"
    assert await text_of(bench, language="tr") == "Benim"
    assert await text_of(bench, language="th") is None
    assert await text_of(bench, PageName.PRIVACY) is None
    assert [(page.name, page.language) for page in await pages.all_own(bench.shop)] == [(TERMS, "en"), (TERMS, "tr")]


async def test_every_change_is_an_act_with_who_and_what(bench: Workshop) -> None:
    await write(bench, "<b>Mine</b>" + "x" * 300)
    await back(bench, "<b>Mine</b>" + "x" * 300)
    first, second = await acts(bench)
    assert first == f"{IRIS} page page terms en: Mine{'x' * 116}"
    assert second == f"{THEO} page page terms en: standard"


async def test_an_update_that_comes_again_changes_nothing_that_came_after_it(bench: Workshop) -> None:
    await write(bench, "First")
    await write(bench, "Second", 2)
    assert not await write(bench, "First")
    assert await text_of(bench) == "Second"
    assert len(await acts(bench)) == 2
    assert await back(bench, "Second", 3)
    await write(bench, "Second", 4)
    assert not await back(bench, "Second", 3)
    assert await text_of(bench) == "Second"


async def test_the_standard_text_comes_back_only_in_place_of_what_was_shown(bench: Workshop) -> None:
    await write(bench, "First")
    with pytest.raises(AlreadyDecided):
        await back(bench, "Another")
    assert await back(bench, "First")
    assert await text_of(bench) is None
    with pytest.raises(AlreadyDecided):
        await back(bench, "First", 3)


@pytest.mark.parametrize("name", PageName)
async def test_a_page_is_as_long_as_telegram_counts(bench: Workshop, name: PageName) -> None:
    limit = LIMITS[name]
    fitting = "<b>" + "&amp;" * (limit - 2) + "</b>" + "🙂"
    assert length(fitting) == limit
    assert await write(bench, fitting, name=name)
    with pytest.raises(Unfit) as refused:
        await write(bench, fitting + "x", 2, name)
    assert (refused.value.length, refused.value.limit) == (limit + 1, limit)


@pytest.mark.parametrize("text", ["", "<b></b>", "half \ud83d", "nul \0"])
async def test_what_is_empty_or_cannot_be_stored_is_refused(bench: Workshop, text: str) -> None:
    with pytest.raises(Unfit):
        await write(bench, text)
    assert await acts(bench) == []
