"""A person sees all that is kept of them, and is forgotten when they ask: what is left is numbers, and they add up."""

from __future__ import annotations

import json

import pytest

from bot.domain.errors import BadInput, NotFound, StillRunning
from bot.domain.topups import Gateway, Proof, ProofKind, Topup
from bot.domain.vouchers import code_of
from bot.engine import by_hand, customers, people, topups, vouchers, ways
from bot.engine.topups import Asked
from bot.engine.vouchers import Wanted
from storage import switches
from storage.database import Tx
from tests.engine.workshop import Workshop, report
from tests.kit import IRIS, LINK, MINA, THEO, money

TRACES = (LINK, "Mina", "mina", "where is my order", "what Mina wrote", "AgACreceipt", "about Mina")


async def lived(bench: Workshop) -> None:
    """A customer with a finished order, a withdrawn quote, a message and open questions."""
    order = await bench.sent()
    await bench.tell(order, report("Completed"))
    await bench.quote(link=f"{LINK}/other")
    await customers.ask_operator(bench.shop, 900, MINA, "where is my order", bench.clock())
    await customers.answer_ticket(bench.shop, 901, 1, IRIS, "coming", bench.clock())
    await bench.sql("INSERT INTO memories (person_id, memory) VALUES ($1, $2)", MINA, "what Mina wrote")
    await bench.sql("INSERT INTO conversations (name, key, state) VALUES ('order', $1, '1')", f"{MINA}:{MINA}")
    await bench.sql("UPDATE attempts SET excerpt = $1", f"for {LINK}")


async def paid_in(bench: Workshop) -> Topup:
    """A voucher, a code that was none, and a payment by hand that waits for an operator."""
    await bench.shop.db.write(_by_hand_on)
    made = await vouchers.make(bench.shop, Wanted(910, IRIS, money("5")), bench.clock())
    await vouchers.redeem(bench.shop, 911, MINA, made.code, bench.clock())
    await vouchers.redeem(bench.shop, 912, MINA, code_of("another"), bench.clock())
    topup = await topups.ask(bench.shop, Asked(MINA, 913, Gateway.BY_HAND, money("25")), bench.clock())
    proof = Proof("AgACreceipt", ProofKind.PHOTO)
    return await by_hand.prove(bench.shop, topup.id, MINA, proof, bench.clock())


async def _by_hand_on(tx: Tx) -> None:
    await switches.note(tx, ways.switch_of(Gateway.BY_HAND), ways.ON)
    await switches.note(tx, ways.INSTRUCTIONS, "Nordbank")


async def everything(bench: Workshop) -> str:
    """Every value of every table but the ledger's and the acts', which only grow."""
    found = []
    for table in (
        "customers", "orders", "quotes", "attempts", "tickets", "notices", "memories", "inbox", "refills", "topups",
        "payments", "refunds", "redemptions", "voucher_misses",
    ):  # fmt: skip
        found += [str(value) for row in await bench.rows(f"SELECT * FROM {table}") for value in dict(row).values()]
    return "\n".join(found)


async def test_the_document_holds_everything_that_is_kept_and_nothing_of_others(rich: Workshop) -> None:
    await lived(rich)
    await rich.customer("77", THEO)
    document = json.loads(await people.export(rich.shop, MINA, IRIS, rich.clock()))
    assert document["person"][0]["name"] == "Mina"
    assert LINK in document["orders"][0]["answers"]
    assert document["messages"][0]["text"] == "where is my order"
    assert {row["kind"] for row in document["movements"]} >= {"manual", "hold", "post"}
    assert str(THEO) not in json.dumps(document)
    assert [row["act"] for row in await rich.rows("SELECT act FROM acts ORDER BY id DESC LIMIT 1")] == ["export"]


async def test_whoever_is_forgotten_leaves_numbers_that_add_up(rich: Workshop) -> None:
    await lived(rich)
    before, movements = await rich.money(MINA), await rich.rows("SELECT * FROM transfers ORDER BY id")
    await people.erase(rich.shop, MINA, IRIS, rich.clock())
    left = await everything(rich)
    assert [trace for trace in TRACES if trace in left] == []
    assert await rich.money(MINA) == before
    assert [dict(row) for row in await rich.rows("SELECT * FROM transfers ORDER BY id")] == [dict(r) for r in movements]
    assert await rich.rows("SELECT 1 AS yes FROM conversations") == []
    assert (await rich.rows("SELECT quantity, charge, state FROM orders"))[0]["state"] == "completed"
    await rich.sound()


async def test_nobody_is_forgotten_while_something_of_theirs_runs(rich: Workshop) -> None:
    await rich.sent()
    with pytest.raises(StillRunning):
        await people.erase(rich.shop, MINA, IRIS, rich.clock())
    assert LINK in await everything(rich)


async def test_what_was_paid_in_is_named_and_of_a_receipt_nothing_stays(rich: Workshop) -> None:
    topup = await paid_in(rich)
    with pytest.raises(StillRunning):
        await people.erase(rich.shop, MINA, IRIS, rich.clock())
    document = json.loads(await people.export(rich.shop, MINA, IRIS, rich.clock()))
    assert document["topups"][0]["proof"] == "AgACreceipt"
    assert document["payments"][0]["gateway"] == "voucher"
    assert document["redemptions"][0]["number"] == 1
    assert document["refunds"] == []
    assert topup.token not in json.dumps(document)
    await by_hand.turn_down(rich.shop, topup.id, topup.version, "about Mina", IRIS, rich.clock())
    before = await rich.money(MINA)
    await people.erase(rich.shop, MINA, IRIS, rich.clock())
    left = await everything(rich)
    assert [trace for trace in TRACES if trace in left] == []
    assert await rich.money(MINA) == before
    await rich.sound()


async def test_only_customers_can_be_forgotten(rich: Workshop) -> None:
    with pytest.raises(NotFound):
        await people.erase(rich.shop, 4711, IRIS, rich.clock())
    with pytest.raises(NotFound):
        await people.export(rich.shop, 4711, IRIS, rich.clock())
    with pytest.raises(BadInput):
        await people.erase(rich.shop, IRIS, IRIS, rich.clock())


async def test_somebody_who_was_forgotten_is_written_to_no_more_and_welcome_back(rich: Workshop) -> None:
    await lived(rich)
    await people.erase(rich.shop, MINA, IRIS, rich.clock())
    known = await customers.recognise(rich.shop, MINA)
    assert known is not None
    assert known.blocked
    await rich.customer("0", MINA)
    back = await customers.recognise(rich.shop, MINA)
    assert back is not None
    assert not back.blocked
    assert back.name
