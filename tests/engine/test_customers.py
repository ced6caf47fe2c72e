"""People: a wallet at the first contact, one message per update, one operator per answer."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.errors import AlreadyDecided, NotFound
from bot.domain.money import ZERO, Money
from bot.engine import customers, notices
from storage import customers as stored
from tests.engine.workshop import Workshop
from tests.kit import IRIS, MINA, THEO

OTHER_OPERATOR = IRIS + 1


async def greet(bench: Workshop, person: int = MINA, name: str = "Mina") -> bool:
    return await customers.greet(bench.shop, person, name, None, "en", bench.clock())


async def ticket(bench: Workshop, update: int = 5, text: str = "Hello?") -> int:
    await customers.ask_operator(bench.shop, update, MINA, text, bench.clock())
    return (await bench.rows("SELECT MAX(id) AS id FROM tickets"))[0]["id"]


async def answer(bench: Workshop, number: int, operator: int = IRIS, update: int = 6, text: str = "Yes?") -> int:
    return await customers.answer_ticket(bench.shop, update, number, operator, text, bench.clock())


async def plea(bench: Workshop, token: str, person: int = MINA) -> bool:
    return await customers.ask_for_gap(bench.shop, token, person, Money(100), Money(1000), bench.clock())


async def test_the_first_contact_opens_an_empty_wallet_and_is_said_to_be_the_first(bench: Workshop) -> None:
    assert await greet(bench)
    assert not await greet(bench)  # at the very same moment too
    bench.clock.forward(days=1)
    assert not await greet(bench, name="Mina S.")
    person = await bench.shop.db.read(lambda tx: stored.get(tx, MINA))
    assert person is not None
    assert (person.name, person.seen_at) == ("Mina S.", bench.clock())
    assert (await bench.money()).available == ZERO
    await bench.sound()


async def test_greeting_keeps_the_money(bench: Workshop) -> None:
    await bench.customer("10")
    await greet(bench)
    assert (await bench.money()).available == Money(10_000_000)


async def test_a_hundred_first_contacts_at_once_are_one(bench: Workshop) -> None:
    assert sum(await asyncio.gather(*(greet(bench) for _ in range(100)))) == 1
    assert len(await bench.rows("SELECT id FROM accounts WHERE customer_id = $1", MINA)) == 2


async def test_a_message_reaches_every_operator_once_however_often_it_is_replayed(bench: Workshop) -> None:
    await greet(bench)
    for _ in range(3):
        await ticket(bench)
    assert await bench.notices(IRIS) == await bench.notices(OTHER_OPERATOR) == ["ticket"]


async def test_a_long_message_is_capped(bench: Workshop) -> None:
    await greet(bench)
    number = await ticket(bench, text="x" * 5000)
    found = await bench.shop.db.read(lambda tx: stored.ticket(tx, number))
    assert found is not None
    assert len(found.text) == customers.TICKET_MAX_CHARACTERS


async def test_the_first_operator_to_answer_settles_it(bench: Workshop) -> None:
    await greet(bench)
    number = await ticket(bench)
    answers = await asyncio.gather(
        *(answer(bench, number, operator, 10 + operator) for operator in (IRIS, OTHER_OPERATOR)), return_exceptions=True
    )
    assert sorted(type(a).__name__ for a in answers) == ["AlreadyDecided", "int"]
    assert MINA in answers
    assert await bench.notices(MINA) == ["answer"]


async def test_the_same_operator_may_add_to_an_answer_and_a_replay_adds_nothing(bench: Workshop) -> None:
    await greet(bench)
    number = await ticket(bench)
    for update in (6, 6, 7):
        assert await answer(bench, number, update=update) == MINA
    assert await bench.notices(MINA) == ["answer", "answer"]
    assert len(await bench.rows("SELECT id FROM acts")) == 2
    with pytest.raises(AlreadyDecided):
        await answer(bench, number, OTHER_OPERATOR, 8)


async def test_an_answer_to_nothing_is_refused(bench: Workshop) -> None:
    with pytest.raises(NotFound):
        await answer(bench, 99)


async def test_a_plea_for_money_names_the_gap_to_every_operator_once(bench: Workshop) -> None:
    await greet(bench)
    for _ in range(2):
        assert await plea(bench, "a-token")
    assert await bench.notices(IRIS) == await bench.notices(OTHER_OPERATOR) == ["topup-asked"]
    facts = (await bench.rows("SELECT facts FROM notices LIMIT 1"))[0]["facts"]
    assert facts == f'{{"customer":{MINA},"gap":100,"charge":1000}}'


async def test_a_customer_pleads_once_a_quote_and_once_a_minute(bench: Workshop) -> None:
    await greet(bench)
    await greet(bench, THEO, "Theo")
    said = [await plea(bench, "one"), await plea(bench, "two"), await plea(bench, "three", THEO)]
    bench.clock.forward(minutes=2)
    said += [await plea(bench, "one"), await plea(bench, "two"), await plea(bench, "three", MINA)]
    assert said == [True, False, True, True, True, False]
    assert await bench.notices(IRIS) == ["topup-asked"] * 3


async def test_a_customer_cannot_bury_the_operators_in_messages(bench: Workshop) -> None:
    await greet(bench)
    await greet(bench, THEO, "Theo")

    async def ask(update: int, person: int = MINA) -> bool:
        return await customers.ask_operator(bench.shop, update, person, "Hello?", bench.clock())

    assert [await ask(update) for update in range(6)] == [True] * 5 + [False]
    assert await ask(0)  # a replay of what was passed on
    assert await ask(7, THEO)
    bench.clock.forward(minutes=11)
    assert await ask(8)
    assert await bench.notices(IRIS) == ["ticket"] * 7


async def test_somebody_who_unblocks_the_bot_is_told_what_could_not_reach_them(bench: Workshop) -> None:
    await bench.customer("10")
    await customers.set_blocked(bench.shop, MINA, blocked=True, now=bench.clock())
    [waiting] = [w for w in await notices.due(bench.shop, bench.clock(), 99) if w.notice.chat_id == MINA]
    await notices.settle(bench.shop, waiting, notices.Unreachable("blocked"), bench.clock())
    rows = await bench.rows("SELECT DISTINCT state FROM notices WHERE chat_id = $1", MINA)
    assert [row["state"] for row in rows] == ["dead"]
    await customers.set_blocked(bench.shop, MINA, blocked=False, now=bench.clock())
    rows = await bench.rows("SELECT DISTINCT state FROM notices WHERE chat_id = $1", MINA)
    assert [row["state"] for row in rows] == ["waiting"]
