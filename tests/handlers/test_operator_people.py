"""A person's data is handed over as a document, and erased by two taps."""

from __future__ import annotations

from pathlib import Path

from handlers.operator.buttons_people import Erase
from tests.handlers.operator_desk import desk
from tests.kit import IRIS, MINA


async def test_the_document_comes_with_a_warning(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        profile = await at.counter.say(f"/user {MINA}", IRIS)
        sent = await at.counter.press("Export data", profile, IRIS)
        assert f"Everything the shop keeps of customer {MINA}" in sent.text
        (call,) = await at.counter.journal("sendDocument")
        assert f"customer-{MINA}.json" in str(call)


async def test_erasing_takes_two_taps_and_says_what_stays(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        asked = await at.counter.press("Erase data", await at.counter.say(f"/user {MINA}", IRIS), IRIS)
        assert "forgotten for good" in asked.text
        assert "10.00 USD" in (await at.counter.press("Cancel", asked, IRIS)).text
        asked = await at.counter.press("Erase data", await at.counter.last(IRIS), IRIS)
        done = await at.counter.press("Erase Mina", asked, IRIS)
        assert "Forgotten" in done.text
        assert "10.00 USD" in done.text
        assert "Mina" not in done.text


async def test_an_old_yes_erases_nobody(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        asked = await at.counter.press("Erase data", await at.counter.say(f"/user {MINA}", IRIS), IRIS)
        late = await at.counter.press_data(asked, Erase(MINA, "abc").pack(), IRIS)
        assert "how things stand" in late.text
        assert "Mina" in late.text


async def test_nobody_is_erased_while_an_order_runs(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.counter.bench.order()
        asked = await at.counter.press("Erase data", await at.counter.say(f"/user {MINA}", IRIS), IRIS)
        assert "still under way" in (await at.counter.press("Erase Mina", asked, IRIS)).text
        assert "Mina" in (await at.counter.last(IRIS)).text
