"""`/topups`: each way of paying in with its state, the rate of Stars with what it means, and how to pay by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from telegram import Update

from bot.domain.topups import Gateway
from bot.engine import ways
from bot.engine.ways import Settled
from handlers.operator.way_buttons import SetRate, ShowWay, TurnWay
from storage.database import Tx
from tests.handlers.counter import Seen
from tests.handlers.operator_desk import Desk, desk
from tests.kit import IRIS, MINA


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        await found.counter.deliver()
        yield found


async def settled(at_desk: Desk) -> Settled:
    async def work(tx: Tx) -> Settled:
        return await ways.settled(tx, at_desk.bench.shop)

    return await at_desk.bench.shop.db.read(work)


async def opened(at_desk: Desk, way: str) -> Seen:
    return await at_desk.press(way, await at_desk.say("/topups"))


async def asked_rate(at_desk: Desk) -> Seen:
    return await at_desk.press("Change the rate", await opened(at_desk, "Telegram Stars"))


async def previewed(at_desk: Desk, text: str = "Pay to Iris <& Co>") -> Seen:
    await at_desk.press("Write", await opened(at_desk, "Transfer"))
    return await at_desk.say(text)


async def test_every_way_stands_there_with_what_it_lacks(at_desk: Desk) -> None:
    shown = await at_desk.press("Paying in", await at_desk.say("/admin"))
    assert "Telegram Stars · on" in shown.text
    assert "Crypto Pay · off, needs settings" in shown.text
    assert "Transfer · off, needs instructions" in shown.text
    assert shown.labels == ["Telegram Stars", "Crypto Pay", "Transfer", "Dashboard"]


async def test_stars_say_what_they_bring_to_everybody(at_desk: Desk) -> None:
    shown = await opened(at_desk, "Telegram Stars")
    assert "1 ⭐ adds 0.013 USD to the wallet: exactly what Telegram pays you." in shown.text
    assert "770 ⭐. The customer pays about 15.40 USD" in shown.text
    assert "Telegram pays you 10.01 USD" in shown.text
    assert "neither give anything away" in shown.text
    assert "Your bot has 0 ⭐ at Telegram." in shown.text
    assert shown.labels == ["Change the rate", "Turn off", "All ways", "Dashboard"]


async def test_a_rate_is_typed_shown_with_what_it_gives_away_and_set(at_desk: Desk) -> None:
    await asked_rate(at_desk)
    shown = await at_desk.say("0,015")
    assert "With this rate 1 ⭐ adds 0.015 USD" in shown.text
    assert "You give away 1.334 USD" in shown.text
    assert (await settled(at_desk)).own_star is None
    done = await at_desk.press("Set this rate", shown)
    assert "The rate is set." in done.text
    assert "your own rate" in done.text
    assert (await settled(at_desk)).ways.star == Decimal("0.015")
    assert "a Star from 0.013 to 0.015" in (await at_desk.say("/audit")).text


async def test_a_rate_dearer_than_the_stars_themselves_is_warned_of_and_a_lower_one_is_a_gain(at_desk: Desk) -> None:
    await asked_rate(at_desk)
    assert "more than the Stars cost the customer" in (await at_desk.say("0.03")).text
    await asked_rate(at_desk)
    assert "You keep 3.00 USD of it." in (await at_desk.say("0.01")).text


async def test_what_telegram_pays_is_one_tap_away(at_desk: Desk) -> None:
    await asked_rate(at_desk)
    await at_desk.press("Set this rate", await at_desk.say("0.02"))
    shown = await at_desk.press("What Telegram pays: 0.013 USD", await asked_rate(at_desk))
    assert "neither give anything away" in shown.text
    await at_desk.press("Set this rate", shown)
    assert (await settled(at_desk)).own_star is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [("a lot", "“a lot” is no such number"), ("1", "between 0.0013 USD and 0.13 USD"), ("0.0", "cannot be meant")],
)
async def test_a_rate_that_is_none_is_asked_for_again(at_desk: Desk, typed: str, said: str) -> None:
    await asked_rate(at_desk)
    assert said in (await at_desk.say(typed)).text
    assert "With this rate" in (await at_desk.say("0.015")).text


async def test_a_tap_on_an_older_rate_sets_nothing(at_desk: Desk) -> None:
    await asked_rate(at_desk)
    first = await at_desk.say("0.015")
    await at_desk.press_data_of(first, SetRate(1).pack())
    assert "no longer kept" in (await at_desk.counter.toasts())[-1]
    await at_desk.press_data_of(first, first.data("Set this rate"))
    assert (await settled(at_desk)).own_star is None


async def test_the_rate_and_its_preview_survive_a_restart(at_desk: Desk) -> None:
    await asked_rate(at_desk)
    await at_desk.counter.restart()
    shown = await at_desk.say("0.015")
    await at_desk.counter.restart()
    await at_desk.press("Set this rate", shown)
    assert (await settled(at_desk)).own_star == Decimal("0.015")


async def test_stars_go_off_and_on(at_desk: Desk) -> None:
    off = await at_desk.press("Turn off", await opened(at_desk, "Telegram Stars"))
    assert "It is off." in off.text
    assert (await settled(at_desk)).ways.star is None
    on = await at_desk.press("Turn on", off)
    assert "It is on" in on.text
    assert (await settled(at_desk)).ways.has(Gateway.STARS)


async def test_crypto_pay_says_which_settings_it_needs_and_asks_with_the_rule_once_they_are_there(
    at_desk: Desk,
) -> None:
    shown = await opened(at_desk, "Crypto Pay")
    assert "CRYPTO_PAY_TOKEN" in shown.text
    assert shown.labels == ["All ways", "Dashboard"]
    shop = at_desk.bench.shop
    at_desk.bench.shop = replace(shop, terms=replace(shop.terms, cryptopay=True))
    await at_desk.counter.restart()
    rule = await at_desk.press("Turn on", await opened(at_desk, "Crypto Pay"))
    assert "section 6.2" in rule.text
    assert "for Stars only" in rule.text
    assert rule.labels == ["I know, turn it on", "Leave it off"]
    left = await at_desk.press("Leave it off", rule)
    assert "Crypto Pay · off" in left.text
    rule = await at_desk.press("Turn on", left)
    await at_desk.press("I know, turn it on", rule)
    assert (await settled(at_desk)).ways.cryptopay


async def test_how_to_pay_by_hand_is_written_previewed_saved_and_turned_on_after_the_rule(at_desk: Desk) -> None:
    below = await previewed(at_desk)
    assert (await at_desk.counter.history(IRIS))[-2].text == "Pay to Iris <& Co>"
    assert (await settled(at_desk)).instructions is None
    saved = await at_desk.press("Save", below)
    assert "Saved." in saved.text
    assert not (await settled(at_desk)).ways.has(Gateway.BY_HAND)
    rule = await at_desk.press("Turn on", saved)
    assert "section 6.2" in rule.text
    await at_desk.press("I know, turn it on", rule)
    assert (await settled(at_desk)).ways.instructions == "Pay to Iris &lt;&amp; Co&gt;"


async def test_bold_stays_as_it_was_written_and_a_file_is_no_text(at_desk: Desk) -> None:
    await at_desk.press("Write", await opened(at_desk, "Transfer"))
    assert "Only text" in (await at_desk.counter.upload(b"x", "x.txt", IRIS)).text
    bold = {"type": "bold", "offset": 0, "length": 4}
    person = {"id": IRIS, "is_bot": False, "first_name": "Iris"}
    message = {"message_id": 1, "date": 1, "chat": {"id": IRIS, "type": "private"}, "from": person}
    raw = {"update_id": 10**9, "message": {**message, "text": "Ours & so on", "entities": [bold]}}
    await at_desk.counter.handle(Update.de_json(raw, at_desk.counter.application.bot))
    await at_desk.press("Save")
    assert (await settled(at_desk)).instructions == "<b>Ours</b> &amp; so on"


async def test_instructions_too_long_are_refused_in_words(at_desk: Desk) -> None:
    assert "1,501 characters" in (await previewed(at_desk, "x" * 1501)).text
    await at_desk.press("Save", await at_desk.say("x" * 1500))
    assert (await settled(at_desk)).instructions == "x" * 1500


async def test_instructions_are_removed_by_two_taps_and_only_those_that_were_shown(at_desk: Desk) -> None:
    await at_desk.press("Save", await previewed(at_desk))
    sure = await at_desk.press("Remove", await opened(at_desk, "Transfer"))
    await ways.set_instructions(at_desk.bench.shop, "Other", IRIS, 77, at_desk.bench.clock())
    await at_desk.press("Remove", sure)
    assert (await settled(at_desk)).instructions == "Other"
    sure = await at_desk.press("Remove", await opened(at_desk, "Transfer"))
    assert "gone, and the way is off" in (await at_desk.press("Remove", sure)).text
    assert (await settled(at_desk)).instructions is None


async def test_buttons_of_ways_there_are_not_lead_to_those_there_are(at_desk: Desk) -> None:
    shown = await at_desk.say("/topups")
    for button in (ShowWay("cheque"), ShowWay("voucher"), TurnWay("voucher", 0)):
        assert "How customers add money" in (await at_desk.press_data_of(shown, button.pack())).text


async def test_a_button_of_a_way_that_cannot_go_on_turns_nothing_on(at_desk: Desk) -> None:
    shown = await at_desk.press_data_of(await at_desk.say("/topups"), TurnWay("cryptopay", 1).pack())
    assert "CRYPTO_PAY_TOKEN" in shown.text
    assert not (await settled(at_desk)).ways.cryptopay


async def test_cancel_leaves_everything_as_it_was(at_desk: Desk) -> None:
    await asked_rate(at_desk)
    assert "nothing was done" in (await at_desk.say("/cancel")).text
    assert "did not understand" in (await at_desk.say("0.015")).text
    assert (await settled(at_desk)).own_star is None


async def test_nobody_else_reaches_the_ways(at_desk: Desk) -> None:
    assert "do not know this command" in (await at_desk.say("/topups", MINA)).text
    mine = await at_desk.counter.last(MINA)
    await at_desk.press_data_of(mine, TurnWay("stars", 0).pack(), MINA)
    assert (await settled(at_desk)).ways.has(Gateway.STARS)
