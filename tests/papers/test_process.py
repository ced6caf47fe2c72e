"""Papers come from a process of their own, in time or not at all, and the shop never loads what sets them."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.papers import sheet
from bot.papers.content import Content, digits_of, grouped, moment, plain, row_of
from bot.papers.pen import Pen
from bot.papers.process import Form, NotMade, Paper, Printer, Row
from bot.papers.sheet import as_pdf
from bot.papers.table import as_csv, harmless

AT = 1_777_794_840_000
WORDS = {
    name: name
    for name in (
        "title", "opening", "in", "out", "closing", "held", "stars", "all-in", "time", "what", "order", "reason",
        "amount", "balance", "currency", "totals", "nothing", "foot",
    )
}  # fmt: skip
PAPER = Paper(
    shop="Lumen Market", currency="USD", signs=".,", words={**WORDS, "page": "page %page% of %pages%"},
    facts=[("Customer", "Mina · 1001"), ("Time", "1 May 2026 – 3 May 2026")],
    sums={"opening": 0, "in": 0, "out": 0, "closing": 0, "held": 1_500_000, "stars": 0}, kinds=["Order", "Added"],
    totals=[],
)  # fmt: skip
#: What nobody expects in a reason: no font has all of it, and some of it is a formula to a spreadsheet.
ODD = "=1+1 مرحبا بالعالم 👍🏽🎉 שלום 漢字 देवनागरी \u200d\n\t" + "x" * 300


def rows(*amounts: int, reason: str | None = None) -> list[Row]:
    found, balance = [], 0
    for number, amount in enumerate(amounts):
        balance += amount
        found.append((AT + number, int(amount > 0), 17 if amount < 0 else None, reason, amount, balance))
    return found


def paper_of(made: Sequence[Row]) -> Paper:
    """A paper whose sums are those of its rows."""
    came, went = sum(row[4] for row in made if row[4] > 0), sum(row[4] for row in made if row[4] < 0)
    sums = {"opening": 0, "in": came, "out": went, "closing": came + went, "held": 1_500_000, "stars": 0}
    totals = [("Added", len(made), came), ("Order", len(made), went)]
    return replace(PAPER, sums=sums, totals=totals if made else [])


def content(paper: Paper, made: Sequence[Row]) -> Content:
    return Content(asdict(paper), [row_of(row) for row in made])


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


# Both forms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", Form)
async def test_a_paper_is_made_with_and_without_rows_and_whatever_stands_in_them(form: Form) -> None:
    beginning = {Form.CSV: b"\xef\xbb\xbfrow,", Form.PDF: b"%PDF-"}[form]
    for made in ([], rows(1, -1), rows(5_000_000, -1_250_000, reason=ODD)):
        assert (await Printer().make(paper_of(made), iter(made), form)).startswith(beginning)


@settings(max_examples=12, deadline=None)  # each one opens its fonts
@given(st.lists(st.integers(-(10**13), 10**13).filter(bool), max_size=40))
def test_csv_and_pdf_show_the_same_figures_and_they_add_up(amounts: list[int]) -> None:
    made = rows(*amounts)
    paper = paper_of(made)
    read = table(as_csv(content(paper, made)))
    moved = [Decimal(row["amount"]) for row in read if row["row"] == "movement"]
    (opening,), (closing,) = (
        [Decimal(r["balance"]) for r in read if r["row"] == end] for end in ("opening", "closing")
    )
    assert closing - opening == sum(moved) == sum(Decimal(row["amount"]) for row in read if row["row"] == "total")
    assert moved == [Decimal(amount).scaleb(-6) for amount in amounts]
    printed = [Decimal(text.replace(",", "").replace("−", "-")) for text in _figures_of(paper, made)]
    running = [Decimal(row["balance"]) for row in read if row["row"] == "movement"]
    assert printed == [figure for pair in zip(moved, running, strict=True) for figure in pair]


def _figures_of(paper: Paper, made: Sequence[Row]) -> list[str]:
    """The amounts and balances a sheet writes in its rows, in their order."""
    written: list[str] = []

    class Recording(sheet._Sheet):
        def _row(self, row: object) -> None:
            before, self.figures = len(written), True
            super()._row(row)
            assert len(written) == before + 2
            self.figures = False

        def _figure(self, x: float, y: float, figure: str, colour: object) -> None:
            if getattr(self, "figures", False):
                written.append(figure)

    Recording(content(paper, made)).made()
    return written


async def test_what_cannot_be_set_is_said() -> None:
    with pytest.raises(NotMade, match="IndexError"):
        await Printer().make(replace(paper_of([]), kinds=[]), rows(1), Form.CSV)


async def test_nobody_waits_for_a_paper_for_ever() -> None:
    with pytest.raises(NotMade, match="too long"):
        await Printer().make(PAPER, rows(*range(1, 2000)), Form.PDF, seconds=0.001)


async def test_few_wait_for_their_paper_and_all_others_are_told_at_once() -> None:
    """Whoever waits keeps a place that somebody else's update could have."""
    printer, released = Printer(at_once=1, waiting=1), asyncio.Event()

    async def made() -> bytes:
        await released.wait()
        return await printer.make(PAPER, [], Form.CSV)

    async with asyncio.TaskGroup() as group:
        held = [group.create_task(made()) for _ in range(2)]
        released.set()
        await asyncio.sleep(0)
        with pytest.raises(NotMade, match="too many"):
            await printer.make(PAPER, [], Form.CSV)
    assert all(task.result().startswith(b"\xef\xbb\xbfrow,") for task in held)
    assert await printer.make(PAPER, [], Form.CSV)


async def test_without_a_way_to_start_a_process_there_is_no_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(NotMade, match="FileNotFoundError"):
        await Printer().make(PAPER, [], Form.CSV)


def test_the_setting_process_gets_no_secrets() -> None:
    from bot.papers import process

    assert not {"BOT_TOKEN", "PANELS__EAST__KEY", "DATABASE_URL"} & set(process._ENVIRONMENT)


def test_the_shop_runs_without_ever_loading_what_sets_papers() -> None:
    program = "import bot.running, handlers.routes, sys; print('fpdf' in sys.modules, 'uharfbuzz' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "False"]


@pytest.mark.slow
async def test_a_hundred_thousand_rows_are_handed_over_without_holding_up_the_loop() -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0)
            beats += 1

    def watched() -> Iterator[Row]:
        for number, row in enumerate(made):
            if number % 10_000 == 0:
                met.append(beats)
            yield row

    made, met = rows(*[10_000] * 100_000), list[int]()
    beating = asyncio.get_running_loop().create_task(beat())
    data = await Printer().make(paper_of([]), watched(), Form.CSV)
    beating.cancel()
    assert data.count(b"movement,") == 100_000
    assert len(met) == len(set(met)) == 10, "between any ten thousand rows the loop had its turn"


# CSV ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("\n=1\r\n+2", "'=1 +2"),
        ("＝1", "'＝1"),
        (" ＋1", "' ＋1"),
        ("\0=1", "'\0=1"),
        ("paid, \"thanks\"; 1+1=2", "paid, \"thanks\"; 1+1=2"),
        ("", ""),
    ],
)  # fmt: skip
def test_no_text_is_a_formula_to_a_spreadsheet(reason: str, shown: str) -> None:
    assert harmless(reason) == shown
    data = as_csv(content(PAPER, rows(1, reason=reason)))
    assert [row["reason"] for row in table(data) if row["row"] == "movement"] == [shown]


def test_a_table_is_rfc_4180_in_utf_8_with_figures_as_programs_read_them() -> None:
    data = as_csv(content(paper_of(rows(1_234_500_000, -1)), rows(1_234_500_000, -1, reason="Şişli")))
    assert data.startswith("\ufeffrow,time,what,order,reason,amount,balance,currency\r\n".encode())
    moved = [row for row in table(data) if row["row"] == "movement"]
    assert moved[0] == {
        "row": "movement", "time": "2026-05-03T07:54:00Z", "what": "Added", "order": "", "reason": "Şişli",
        "amount": "1234.500000", "balance": "1234.500000", "currency": "USD",
    }  # fmt: skip
    assert (moved[1]["order"], moved[1]["amount"], moved[1]["balance"]) == ("17", "-0.000001", "1234.499999")


def test_the_first_columns_words_are_the_same_in_every_language() -> None:
    names = [row["row"] for row in table(as_csv(content(paper_of(rows(1)), rows(1))))]
    assert names == ["opening", "movement", "closing", "total", "total", "held", "stars"]


# PDF ----------------------------------------------------------------------------------------------


def test_a_long_paper_has_as_many_pages_as_its_feet_say() -> None:
    made = rows(*range(1, 150), reason="Bank transfer 24 May, thank you very much")
    written: list[str] = []
    real = Pen.write

    def write(self: Pen, x: float, y: float, text: str, *more: object, **named: object) -> None:
        written.append(text)
        assert 10 < y < 290
        real(self, x, y, text, *more, **named)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Pen, "write", write)
        data = as_pdf(content(paper_of(made), made))
    pages = len(re.findall(rb"/Type /Page\b", data))
    assert pages >= 4
    assert [text for text in written if text.startswith("page ")] == [f"page {n + 1} of {pages}" for n in range(pages)]
    assert written.count("balance") == pages


@pytest.fixture
def pen() -> Pen:
    made = sheet._Sheet(content(PAPER, []))
    made.pdf.add_page()
    return made.pen


def test_lines_break_at_spaces_and_what_is_too_much_is_cut(pen: Pen) -> None:
    lines = pen.lines("Bank transfer of the 24th of May, thank you", 8, 30, 4)
    assert " ".join(lines) == "Bank transfer of the 24th of May, thank you"
    assert all(pen.width(line, 8, False) <= 30 for line in lines)
    cut = pen.lines("x" * 300, 8, 30, 2)
    assert (len(cut), cut[1][-1]) == (2, "…")
    assert all(pen.width(line, 8, False) <= 30 for line in cut)
    assert pen.lines("", 8, 30, 2) == [""]
    assert "".join(pen.lines("i", 8, 0.01, 9)) == "i"


def test_thai_is_broken_between_letters_and_keeps_their_marks(pen: Pen) -> None:
    text = "ที่นี่ขอบคุณสำหรับการซื้อครั้งนี้และครั้งก่อนด้วยนะครับ"
    lines = pen.lines(text, 8, 25, 9)
    assert "".join(lines) == text
    assert not any(line[0] in "ิีึื่้๊๋์ั็ํ" for line in lines)


def test_letters_no_font_has_are_one_mark_and_the_rest_stays(pen: Pen) -> None:
    assert [run for _, run in pen._split("a👍🏽漢b")] == ["a", "\ufffd", "b"]
    assert {family for family, _ in pen._split("ğşiİ ถูก Мир")} == {"latin", "thai"}
    assert pen._split("") == ()


# Figures ------------------------------------------------------------------------------------------


@given(st.integers(-(2**62), 2**62))
def test_a_figure_is_exact_in_every_writing(micros: int) -> None:
    digits = digits_of([micros])
    assert Decimal(plain(micros, digits)) == Decimal(micros).scaleb(-6)
    turkish = grouped(micros, digits, ",.", plus=True)
    assert Decimal(turkish.replace(".", "").replace(",", ".").replace("−", "-")) == Decimal(micros).scaleb(-6)
    assert 2 <= digits <= 6


def test_figures_read_as_people_write_them() -> None:
    assert grouped(1_234_500_000, 2, ".,", plus=True) == "+1,234.50"
    assert grouped(-1_234_500_000, 4, ",.") == "−1.234,5000"
    assert grouped(0, 2, ".,", plus=True) == "0.00"
    assert f"{moment(AT):%Y-%m-%d %H:%M}" == "2026-05-03 07:54"
