"""A statement as its customer asks for it, and as an operator does: chosen by buttons, sent as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain import wallet as ledger
from bot.domain.money import ZERO, Money
from bot.domain.statement import Line, Movement, Reckoning, Span, Statement
from bot.domain.wallet import Kind
from bot.papers.process import Form, NotMade, Printer
from handlers import screens_statement as screens
from handlers import statements
from handlers.customer.statements import STATEMENTS_MAX
from handlers.statement_buttons import GetStatement, GetStatementOf, ShowStatementsOf
from handlers.texts import MoneyStyle, load
from storage import wallet
from storage.database import Tx
from tests.handlers.counter import Counter, Seen
from tests.handlers.operator_desk import Desk, desk
from tests.handlers.operator_kit import sample_customer
from tests.kit import IRIS, MINA

NOW = datetime(2026, 5, 3, 7, 54, tzinfo=UTC)


@pytest.fixture
async def at_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as found:
        await found.counter.deliver()
        yield found


async def sent(counter: Counter, person: int) -> tuple[str, bytes]:
    """The name and content of the newest file somebody got."""
    async with counter.http.get(f"{counter.url}/chat/{person}/history") as answer:
        document = [m["document"] for m in (await answer.json())["messages"] if m.get("document")][-1]
    async with counter.http.get(f"{counter.url}/chat/files/{document['file_id']}") as answer:
        return document["name"], await answer.read()


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def figures(data: bytes, name: str) -> list[Decimal]:
    """Amounts of the rows of a sort; balances of the ends."""
    column = "Balance" if name in ("opening", "closing") else "Amount"
    return [Decimal(row[column]) for row in rows(data) if row["row"] == name]


async def chosen(at_desk: Desk) -> Seen:
    """As far as a customer's choice."""
    return await at_desk.counter.press("Statement", await at_desk.say("/wallet", MINA))


async def test_the_wallet_leads_to_three_spans_in_two_forms(at_desk: Desk) -> None:
    choice = await chosen(at_desk)
    assert "Every movement of your wallet" in choice.text
    assert choice.labels == [
        "This month · PDF", "This month · CSV", "Last month · PDF", "Last month · CSV", "Everything · PDF",
        "Everything · CSV", "Wallet",
    ]  # fmt: skip
    assert "History" in (await at_desk.counter.press("Wallet", choice)).text


async def test_a_customers_table_comes_to_the_wallets_balance(at_desk: Desk) -> None:
    await at_desk.counter.buy()
    choice = await chosen(at_desk)
    caption = await at_desk.counter.press("Everything · CSV", choice)
    name, data = await sent(at_desk.counter, MINA)
    assert name.startswith("statement-1001-2026-")
    assert name.endswith("-all.csv")
    whats = [(row["What"], row["Order"]) for row in rows(data) if row["row"] == "movement"]
    assert whats == [("Added by the shop", ""), ("Order", "1")]
    (opening,), (closing,) = figures(data, "opening"), figures(data, "closing")
    assert closing - opening == sum(figures(data, "movement")) == sum(figures(data, "total"))
    stands = await at_desk.bench.shop.db.read(_balances)
    assert (closing, figures(data, "held")) == (stands[0], [stands[1]])
    assert "Opening balance 0.00 USD" in caption.text
    assert "It is being made…" in await at_desk.counter.toasts()


async def _balances(tx: Tx) -> tuple[Decimal, Decimal]:
    found = await wallet.balances(tx, MINA)
    return found.available.decimal, found.held.decimal


async def test_a_pdf_arrives_in_each_language(at_desk: Desk) -> None:
    for language, word, label in (("ไทย", "รายการเดินบัญชี", "เดือนนี้ · PDF"), ("Türkçe", "Hesap özeti", "Bu ay · PDF")):
        await at_desk.counter.press(language, await at_desk.say("/language", MINA))
        await at_desk.counter.press(label, await at_desk.counter.press(word, await at_desk.say("/wallet", MINA)))
        name, data = await sent(at_desk.counter, MINA)
        assert name.endswith(".pdf")
        assert data.startswith(b"%PDF-")


async def test_an_operator_gets_a_customers_statement_and_it_is_an_act(at_desk: Desk) -> None:
    choice = await at_desk.press("Statement", await at_desk.say(f"/user {MINA}"))
    assert "Statement of Mina" in choice.text
    await at_desk.press("This month · CSV", choice)
    name, data = await sent(at_desk.counter, IRIS)
    assert name.startswith("statement-1001-")
    assert figures(data, "closing") == [Decimal(10)]
    audit = (await at_desk.say("/audit")).text
    assert "export customer 1001: statement, this month" in audit


async def test_the_way_back_below_a_file_of_data_is_open(at_desk: Desk) -> None:
    """A file takes no other text, so what the button shows comes as a new message."""
    below = await at_desk.press("Export data", await at_desk.say(f"/user {MINA}"))
    assert "Mina" in (await at_desk.press("Customer", below)).text


async def test_who_asks_again_and_again_waits(at_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def make(*_: object) -> bytes:
        return b"paper"

    monkeypatch.setattr(Printer, "make", make)
    choice = await chosen(at_desk)
    for _ in range(STATEMENTS_MAX):
        await at_desk.counter.press("This month · CSV", choice)
    before = len(await at_desk.counter.journal("sendDocument"))
    await at_desk.counter.press("This month · CSV", choice)
    assert "several statements in a short time" in (await at_desk.counter.toasts())[-1]
    at_desk.bench.clock.forward(minutes=6)
    await at_desk.counter.press("This month · CSV", choice)
    assert len(await at_desk.counter.journal("sendDocument")) == before + 1 == STATEMENTS_MAX + 1


async def test_a_file_that_cannot_be_made_is_said(at_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def make(*_: object) -> bytes:
        raise NotMade("it took too long")

    monkeypatch.setattr(Printer, "make", make)
    said = await at_desk.counter.press("This month · PDF", await chosen(at_desk))
    assert "could not be made just now" in said.text


async def test_a_statement_that_is_not_the_balance_is_handed_to_nobody(at_desk: Desk) -> None:
    choice = await chosen(at_desk)
    account = ledger.available(MINA)
    await at_desk.bench.shop.db.write(
        lambda tx: tx.run("UPDATE accounts SET balance = balance + 1 WHERE id = $1", account)
    )
    assert "could not be made just now" in (await at_desk.counter.press("Everything · CSV", choice)).text


async def test_what_is_too_long_for_a_pdf_is_said(at_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "PDF_LINES_MAX", 0)
    choice = await chosen(at_desk)
    assert "too much for a PDF" in (await at_desk.counter.press("Everything · PDF", choice)).text
    await at_desk.counter.press("Everything · CSV", choice)
    assert (await sent(at_desk.counter, MINA))[0].endswith("-all.csv")


async def test_buttons_of_what_there_is_not_hand_over_nothing(at_desk: Desk) -> None:
    choice = await chosen(at_desk)
    again = await at_desk.counter.press_data(choice, GetStatement("next-year", "csv").pack())
    assert "Every movement" in again.text
    shown = await at_desk.say("/admin")
    for button in (ShowStatementsOf(404), GetStatementOf(404, "all", "csv")):
        assert "Nobody with the id 404" in (await at_desk.press_data_of(shown, button.pack())).text
    odd = GetStatementOf(MINA, "all", "doc").pack()
    assert "Statement of Mina" in (await at_desk.press_data_of(await at_desk.say("/admin"), odd)).text
    assert await at_desk.counter.journal("sendDocument") == []


async def test_nobody_gets_somebody_elses(at_desk: Desk) -> None:
    mine = await chosen(at_desk)
    await at_desk.counter.press_data(mine, GetStatementOf(IRIS, "all", "csv").pack())
    assert await at_desk.counter.journal("sendDocument") == []


# Words --------------------------------------------------------------------------------------------


def statement_of(*movements: Movement, span: Span = Span.ALL) -> Statement:
    reckoning = Reckoning(ZERO)
    reckoning.add(movements)
    return Statement(
        MINA, span, None, NOW, NOW, ZERO, reckoning.lines, reckoning.balance, reckoning.totals, ZERO, ZERO
    )  # fmt: skip


@pytest.mark.parametrize("language", ["en", "tr", "th"])
def test_every_kind_of_the_ledger_has_its_words_and_one_of_tomorrow_too(language: str) -> None:
    texts = load(MoneyStyle("USD", 4)).speak(language)
    moved = [Movement(NOW, kind, Money(sign), 17, None) for kind in (*Kind, "tomorrow") for sign in (1, -1)]
    statement = statement_of(*moved)
    paper = screens.paper_of(texts, statement, sample_customer(name=""), "Lumen", "USD")
    named = [paper.kinds[row[1]] for row in screens.rows_of(statement)]
    assert named[-2:] == [texts.plain("statement.kind-other-in"), texts.plain("statement.kind-other-out")]
    # What customers never see of the ledger has no words of its own.
    unnamed = {kind for kind, name in zip([m.kind for m in moved], named, strict=True) if name in named[-2:]}
    assert unnamed == {Kind.POST, Kind.SETTLE, Kind.SHIFT, "tomorrow"}
    assert paper.facts[0][1] == str(MINA)


def test_a_papers_figures_are_the_statements() -> None:
    texts = load(MoneyStyle("USD", 4)).speak("tr")
    statement = statement_of(
        Movement(NOW, "deposit", Money(5_000_000), None, "thanks"), Movement(NOW, "hold", Money(-1), 7, None)
    )
    paper = screens.paper_of(texts, statement, sample_customer(), "Lumen", "USD")
    assert paper.sums == {"opening": 0, "in": 5_000_000, "out": -1, "closing": 4_999_999, "held": 0, "stars": 0}
    ms = int(NOW.timestamp() * 1000)
    assert list(screens.rows_of(statement)) == [
        (ms, 0, None, "thanks", 5_000_000, 5_000_000),
        (ms, 1, 7, None, -1, 4_999_999),
    ]
    assert paper.signs == ",."
    assert paper.facts[1][1] == "3 May 2026"
    assert [line.balance for line in statement.lines] == [Money(5_000_000), Money(4_999_999)]
    assert isinstance(statement.lines[0], Line)


def test_files_are_named_by_their_span() -> None:
    assert screens.file_name(statement_of(), Form.PDF) == "statement-1001-2026-05-03-all.pdf"
    assert screens.file_name(statement_of(span=Span.THIS_MONTH), Form.CSV) == "statement-1001-2026-05-03.csv"
    last = statement_of(span=Span.LAST_MONTH)
    month = NOW.replace(day=1, hour=0, minute=0)
    assert screens.file_name(replace(last, until=month), Form.CSV) == "statement-1001-2026-04.csv"
