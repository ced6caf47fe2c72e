"""The client's language at first, the chosen one from then on: in screens, notices, apologies and command lists."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.money import Money
from bot.engine import desk
from handlers.errors import apologise
from handlers.routes import publish
from storage import views
from tests.handlers.counter import Counter
from tests.kit import IRIS, LINK, MINA

#: Somebody whose client speaks Turkish.
ELIF = 4004


@pytest.fixture
async def elif_here(shop: Counter) -> Counter:
    await shop.post("/chat/people", id=ELIF, first_name="Elif", language_code="tr-TR")
    await shop.say("/start", ELIF)
    return shop


async def choose(shop: Counter, language: str, person: int = MINA) -> None:
    """`/language`, and a tap on the language's own name."""
    await shop.press(language, await shop.say("/language", person), person)


async def commands(shop: Counter, person: int) -> dict[str, str]:
    """What Telegram shows in a person's command list."""
    async with shop.http.get(f"{shop.url}/chat/{person}/history") as answer:
        return {command["command"]: command["description"] for command in (await answer.json())["commands"]}


async def test_the_clients_language_is_the_first(elif_here: Counter) -> None:
    menu = await elif_here.last(ELIF)
    assert "hoş geldiniz, Elif!" in menu.text
    assert menu.labels == ["Hizmet satın al", "Siparişlerim", "Cüzdan", "Yardım", "Destek", "🌐 Dil"]
    assert "Bakiye: 0,00 USD" in menu.text


async def test_languages_stand_under_their_own_names_and_the_spoken_one_is_marked(shop: Counter) -> None:
    await shop.say("/start")
    assert (await shop.say("/language")).labels == ["✓ English", "Türkçe", "ไทย", "Menu"]
    page = await shop.press("ไทย")
    assert page.labels == ["English", "Türkçe", "✓ ไทย", "เมนู"]
    assert (await shop.toasts())[-1] == "ต่อจากนี้จะใช้ภาษาไทย"
    assert (await shop.press("เมนู", page)).labels[0] == "ซื้อบริการ"


async def test_the_menu_leads_to_the_languages(shop: Counter) -> None:
    page = await shop.press("🌐 Language", await shop.say("/start"))
    assert "Everything I write is in the language you pick." in page.text


async def test_the_choice_outlives_a_restart_and_the_clients_language(shop: Counter) -> None:
    await shop.say("/start")
    await choose(shop, "Türkçe")
    await shop.restart()
    assert "Bakiye" in (await shop.say("/wallet")).text
    assert await shop.bench.shop.db.read(lambda tx: views.language_of(tx, MINA)) == "tr"


async def test_a_language_nobody_speaks_changes_nothing(shop: Counter) -> None:
    await shop.say("/start")
    page = await shop.say("/language")
    assert (await shop.press_data(page, "d:xx")).labels[0] == "✓ English"
    assert await shop.bench.shop.db.read(lambda tx: views.language_of(tx, MINA)) == "en"


async def test_an_open_question_is_asked_again_in_the_new_language(shop: Counter) -> None:
    await shop.say("/start")
    await shop.to_question()
    await shop.say(LINK)
    await choose(shop, "ไทย")
    question = await shop.last()
    assert "ต้องการ จำนวน เท่าไร?" in question.text
    assert LINK in question.text
    assert "กรุณาตรวจสอบและยืนยัน" in (await shop.say("100")).text


async def test_a_waiting_confirm_card_turns_where_it_stands(shop: Counter) -> None:
    await shop.say("/start")
    await shop.bench.credit("10")
    card = await shop.to_confirm()
    await choose(shop, "Türkçe")
    turned = await shop.message(card.id)
    assert "Lütfen kontrol edip onaylayın" in turned.text
    assert "Siparişiniz sizi bekliyor" in (await shop.last()).text
    await shop.press("Onayla", turned)
    assert "Gönderiliyor" in (await shop.message(card.id)).text


async def test_an_expired_confirm_card_is_left_as_it_is(shop: Counter) -> None:
    await shop.say("/start")
    await shop.bench.credit("10")
    card = await shop.to_confirm()
    shop.bench.clock.forward(minutes=20)
    await choose(shop, "Türkçe")
    assert (await shop.message(card.id)).text == card.text
    await shop.press("Confirm", card)
    assert "Bu fiyat artık geçerli değil." in (await shop.message(card.id)).text


async def test_a_message_to_the_operator_is_asked_for_again(shop: Counter) -> None:
    await shop.say("/start")
    await shop.say("/support")
    await choose(shop, "Türkçe")
    assert "Tek bir mesajda" in (await shop.last()).text
    assert "İletildi." in (await shop.say("Merhaba")).text


async def test_notices_and_cards_come_in_the_chosen_language(shop: Counter) -> None:
    await shop.say("/start")
    await choose(shop, "ไทย")
    await desk.move_money(shop.bench.shop, 77, IRIS, MINA, Money(2_500_000), "x", shop.bench.clock(), credit=True)
    await shop.deliver()
    assert "เพิ่มเงิน 2.50 USD เข้ากระเป๋าเงินแล้ว" in (await shop.last()).text


async def test_an_operator_reads_alerts_and_messages_in_their_own_language(elif_here: Counter) -> None:
    await elif_here.say("/start", IRIS)
    await choose(elif_here, "ไทย", IRIS)
    await elif_here.say("/support", ELIF)
    await elif_here.say("Merhaba", ELIF)
    await elif_here.deliver()
    assert "จาก Elif" in (await elif_here.last(IRIS)).text
    assert "<b>" not in (await elif_here.say("/admin", IRIS)).text
    assert "กำไร" in (await elif_here.last(IRIS)).text


async def test_an_apology_is_in_the_chosen_language(shop: Counter) -> None:
    await shop.say("/start")
    await choose(shop, "Türkçe")
    await apologise(shop.application.bot, shop.application.bot_data, shop.handled[-1])
    assert "Paranız güvende" in (await shop.last()).text


async def test_the_command_list_follows_the_client_and_then_the_choice(elif_here: Counter) -> None:
    await publish(elif_here.application.bot, elif_here.application.bot_data)
    assert (await commands(elif_here, ELIF))["wallet"] == "Bakiye ve hareketler"
    await choose(elif_here, "English", ELIF)
    assert (await commands(elif_here, ELIF))["wallet"] == "Balance and history"


async def test_an_operators_command_list_follows_the_choice_also_after_a_restart(shop: Counter) -> None:
    await shop.say("/start", IRIS)
    await choose(shop, "Türkçe", IRIS)
    await publish(shop.application.bot, shop.application.bot_data)
    listed = await commands(shop, IRIS)
    assert (listed["admin"], listed["wallet"]) == ("Yönetim", "Bakiye ve hareketler")


async def test_a_choice_holds_although_the_command_list_cannot_be_set(shop: Counter) -> None:
    await shop.say("/start")
    page: Any = await shop.say("/language")
    await shop.post("/faults", drop={"methods": ["setMyCommands"], "count": 99})
    await shop.press("Türkçe", page)
    assert "✓ Türkçe" in (await shop.message(page.id)).labels
