"""A paper as PDF, on A4: who and when, what it came to, every movement, and what each kind came to."""

from __future__ import annotations

from typing import Final

from fpdf import FPDF

from bot.papers.content import Content, Row, grouped, moment
from bot.papers.pen import Colour, Pen

_INK: Final[Colour] = (32, 38, 56)
_QUIET: Final[Colour] = (112, 119, 140)
_ACCENT: Final[Colour] = (0, 98, 155)
_CAME_IN: Final[Colour] = (0, 112, 74)
_LINE: Final[Colour] = (222, 225, 234)
_SHADE: Final[Colour] = (243, 245, 250)

_LEFT: Final = 14.0
_RIGHT: Final = 196.0
_TOP: Final = 18.0
_BOTTOM: Final = 277.0
_FOOT: Final = 287.0
_SIZE: Final = 8.0
_SMALL: Final = 7.5
#: From line to line within a row, and what a row has above its first and below its last.
_LEADING: Final = 3.9
_AIR: Final = 2.2
_LINES_MOST: Final = 4
#: Where each column begins, and how wide it may be; figures end at the right of theirs.
_TIME: Final = _LEFT + 1.5
_WHAT, _WHAT_WIDTH = _LEFT + 28.5, 40.0
_ORDER_END: Final = _LEFT + 85.0
_REASON, _REASON_WIDTH = _LEFT + 90.0, 34.0
_AMOUNT_END, _FIGURE_WIDTH = _LEFT + 152.5, 27.0
_BALANCE_END: Final = _RIGHT - 1.5
_CARD_GAP: Final = 3.0
_CARD_HEIGHT: Final = 17.0


def as_pdf(content: Content) -> bytes:
    """The file."""
    return _Sheet(content).made()


class _Sheet:
    """One paper while it is set, from its head to the numbers of its pages."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.digits, self.signs = content.digits, content.head["signs"]
        self.pdf = FPDF(format="A4")
        self.pdf.set_auto_page_break(auto=False)
        self.pdf.set_title(f"{content.head['shop']} · {content.word('title')}")
        self.pdf.set_creator(content.head["shop"])
        self.pen = Pen(self.pdf)
        self.y = _TOP
        self.ruled: tuple[Colour, float] | None = None

    def made(self) -> bytes:
        self.pdf.add_page()
        self._head()
        self._cards()
        self._columns()
        if not self.content.rows:
            self._line_of(self.content.word("nothing"))
        for row in self.content.rows:
            self._row(row)
        self._totals()
        self._feet()
        return bytes(self.pdf.output())

    # The head ---------------------------------------------------------------------------------------

    def _head(self) -> None:
        """The shop and what this is, then the customer on the left and the span on the right."""
        title = self.content.word("title")
        left = _RIGHT - _LEFT - self.pen.width(title, 15, bold=False) - 8
        (shop,) = self.pen.lines(self.content.head["shop"], 17, left, 1)
        self.pen.write(_LEFT, self.y + 3, shop, 17, _INK, bold=True)
        self.pen.write(_RIGHT, self.y + 3, title, 15, _ACCENT, align="right")
        self._rule(self.y + 7.5, _ACCENT, 0.6)
        self.y += 14.5
        for number, (label, value) in enumerate(self.content.head["facts"]):
            x = _LEFT if number % 2 == 0 else (_LEFT + _RIGHT) / 2 + _CARD_GAP / 2
            (shown,) = self.pen.lines(value, 9.5, (_RIGHT - _LEFT) / 2 - 4, 1)
            self.pen.write(x, self.y, label, _SMALL, _QUIET)
            self.pen.write(x, self.y + 4.6, shown, 9.5, _INK)
            self.y += 11 if number % 2 else 0
        self.y += 11 * (len(self.content.head["facts"]) % 2) - 1

    def _cards(self) -> None:
        """What it came to: opening, in, out, closing; below, what is held and what of it all is Stars."""
        names = ("opening", "in", "out", "closing")
        width = (_RIGHT - _LEFT - _CARD_GAP * (len(names) - 1)) / len(names)
        for number, name in enumerate(names):
            x, last = _LEFT + number * (width + _CARD_GAP), number == len(names) - 1
            self._box(x, self.y, width, _CARD_HEIGHT, _ACCENT if last else _SHADE)
            label, figure = self.content.word(name), self._amount(self.content.head["sums"][name], plus=name == "in")
            ink, quiet = ((255, 255, 255), (214, 230, 242)) if last else (_INK, _QUIET)
            self.pen.write(x + 3, self.y + 6, label, self.pen.fitting(label, _SMALL, width - 6), quiet)
            size = self.pen.fitting(figure, 12, width - 6, bold=True)
            self.pen.write(x + 3, self.y + 12.8, figure, size, ink, bold=True)
        self.y += _CARD_HEIGHT + 6
        beside = [
            f"{self.content.word(name)}: {self._amount(self.content.head['sums'][name])}" for name in ("held", "stars")
        ]
        line = f"{'   ·   '.join(beside)}   ·   {self.content.word('all-in')}"
        self.pen.write(_LEFT, self.y, line, self.pen.fitting(line, _SMALL, _RIGHT - _LEFT), _QUIET)
        self.y += 5.5

    # The movements ----------------------------------------------------------------------------------

    def _columns(self) -> None:
        """The names of the columns, at the top of every page's rows."""
        self._box(_LEFT, self.y, _RIGHT - _LEFT, 7, _SHADE)
        base = self.y + 4.7

        def named(x: float, name: str, width: float, *, right: bool = False) -> None:
            label = self.content.word(name)
            size = self.pen.fitting(label, _SMALL, width, bold=True)
            self.pen.write(x, base, label, size, _QUIET, bold=True, align="right" if right else "left")

        named(_TIME, "time", 25)
        named(_WHAT, "what", _WHAT_WIDTH)
        named(_ORDER_END, "order", 17, right=True)
        named(_REASON, "reason", _REASON_WIDTH)
        named(_AMOUNT_END, "amount", _FIGURE_WIDTH, right=True)
        named(_BALANCE_END, "balance", _FIGURE_WIDTH, right=True)
        self.y += 7

    def _row(self, row: Row) -> None:
        what = self.pen.lines(self.content.kind(row), _SIZE, _WHAT_WIDTH, _LINES_MOST)
        reason = self.pen.lines(row.reason, _SIZE, _REASON_WIDTH, _LINES_MOST) if row.reason else []
        height = _LEADING * max(len(what), len(reason), 1) + _AIR
        if self.y + height > _BOTTOM:
            self._turn()
        base = self.y + _LEADING
        self.pen.write(_TIME, base, f"{moment(row.at):%Y-%m-%d %H:%M}", _SIZE, _INK)
        if row.order is not None:
            self.pen.write(_ORDER_END, base, f"#{row.order}", _SIZE, _INK, align="right")
        self._figure(_AMOUNT_END, base, self._amount(row.amount, plus=True), _CAME_IN if row.amount > 0 else _INK)
        self._figure(_BALANCE_END, base, self._amount(row.balance), _INK)
        for number, line in enumerate(what):
            self.pen.write(_WHAT, base + number * _LEADING, line, _SIZE, _INK)
        for number, line in enumerate(reason):
            self.pen.write(_REASON, base + number * _LEADING, line, _SIZE, _QUIET)
        self.y += height
        self._rule(self.y - 0.4, _LINE, 0.15)

    def _turn(self) -> None:
        """Another page, with what it belongs to and the columns at its top."""
        self.pdf.add_page()
        self.y = _TOP - 3
        head = self.content.head
        (said,) = self.pen.lines(
            f"{head['shop']} · {self.content.word('title')} · {head['facts'][0][1]}", _SIZE, 175, 1
        )
        self.pen.write(_LEFT, self.y, said, _SIZE, _QUIET)
        self.y += 4
        self._columns()

    def _totals(self) -> None:
        """What each kind came to."""
        totals = self.content.head["totals"]
        if not totals:
            return
        if self.y + 14 + 6 * min(len(totals), 8) > _BOTTOM:
            self.pdf.add_page()
            self.y = _TOP - 3
        self.y += 10
        self.pen.write(_LEFT, self.y, self.content.word("totals"), 10.5, _INK, bold=True)
        self.y += 2.6
        self._rule(self.y, _ACCENT, 0.4)
        for label, count, amount in totals:
            if self.y + 6 > _BOTTOM:
                self._turn()
            (shown,) = self.pen.lines(label, _SIZE, 80, 1)
            self.pen.write(_TIME, self.y + 4.3, shown, _SIZE, _INK)
            self.pen.write(_REASON, self.y + 4.3, f"× {count}", _SIZE, _QUIET)
            self._figure(_BALANCE_END, self.y + 4.3, self._amount(amount, plus=True), _CAME_IN if amount > 0 else _INK)
            self.y += 6.2
            self._rule(self.y - 0.2, _LINE, 0.15)

    def _feet(self) -> None:
        """Every page's number, now that it is known how many there are."""
        pages = self.pdf.pages_count
        for number in range(1, pages + 1):
            self.pdf.page = number
            self.pdf.current_font_is_set_on_page = False
            self._rule(_FOOT - 4.5, _LINE, 0.15)
            self.pen.write(_LEFT, _FOOT, self.content.word("foot"), _SMALL, _QUIET)
            said = self.content.word("page").replace("%page%", str(number)).replace("%pages%", str(pages))
            self.pen.write(_RIGHT, _FOOT, said, _SMALL, _QUIET, align="right")

    # Within -----------------------------------------------------------------------------------------

    def _amount(self, micros: int, *, plus: bool = False) -> str:
        return grouped(micros, self.digits, self.signs, plus=plus)

    def _figure(self, x: float, y: float, figure: str, colour: Colour) -> None:
        self.pen.write(x, y, figure, self.pen.fitting(figure, _SIZE, _FIGURE_WIDTH), colour, align="right")

    def _line_of(self, text: str) -> None:
        self.pen.write(_TIME, self.y + 5.5, text, _SIZE, _QUIET)
        self.y += 9

    def _rule(self, y: float, colour: Colour, width: float) -> None:
        if self.ruled != (colour, width):
            self.pdf.set_draw_color(*colour)
            self.pdf.set_line_width(width)
            self.ruled = colour, width
        self.pdf.line(_LEFT, y, _RIGHT, y)

    def _box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        self.pdf.set_fill_color(*colour)
        self.pdf.rect(x, y, width, height, style="F", round_corners=True, corner_radius=1.6)
