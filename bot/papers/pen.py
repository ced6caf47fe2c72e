"""Writes on a PDF's pages: each letter in a font that has it, Thai and other scripts with their marks in place."""

from __future__ import annotations

import importlib.util
import itertools
import unicodedata
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final, Literal

from fpdf import FPDF
from fpdf.fonts import TTFFont

Colour = tuple[int, int, int]
Align = Literal["left", "right"]

_FONTS: Final = Path(__file__).parent / "fonts"
_FILES: Final = {"": "Regular", "B": "Bold"}
#: What joins or colours emoji: nothing is lost without it where they are no pictures.
_UNSEEN: Final = frozenset("\u200b\u200c\u200d\u2060\ufe0e\ufe0f\ufeff")
#: Stands for a letter that no font here has.
_MISSING: Final = "\ufffd"
#: How far a baseline is from where fpdf2 puts a cell without height, in parts of the letters' size.
_BASELINE: Final = 0.3
_POINT: Final = 25.4 / 72
_CUT: Final = "…"


class Pen:
    """Writes in one of three fonts: Latin, Greek and Cyrillic in Noto Sans, Thai in its sister, all else in DejaVu."""

    def __init__(self, pdf: FPDF) -> None:
        self._pdf = pdf
        for style, name in _FILES.items():
            pdf.add_font("latin", style, _FONTS / f"NotoSans-{name}.ttf")
            pdf.add_font("thai", style, _FONTS / f"NotoSansThai-{name}.ttf")
        self._latin, self._thai = self._letters("latin"), self._letters("thai")
        self._widths = [self._widths_of("latin"), self._widths_of("latinB")]
        self._in_hand: tuple[str, float, bool, int] | None = None
        pdf.c_margin = 0
        pdf.set_text_shaping(use_shaping_engine=True)  # heeded by cells, not by `text`
        # Measuring is most of the work, and the same words come again and again.
        self.width = lru_cache(maxsize=4096)(self._width)
        self.lines = lru_cache(maxsize=4096)(self._lines)
        self._runs = lru_cache(maxsize=4096)(self._split)

    def write(
        self, x: float, y: float, text: str, size: float, colour: Colour, *, bold: bool = False, align: Align = "left"
    ) -> None:
        """Write a line with its baseline at `y`; x is its left end or its right one, in millimetres."""
        left = x - self.width(text, size, bold) if align == "right" else x
        self._pdf.set_text_color(*colour)
        for family, run in self._runs(text):
            self._take(family, size, bold)
            if family == "latin":
                self._pdf.text(left, y, run)
            else:
                self._shaped(left, y, run, size)
            left += self._run_width(family, run, size, bold)

    def fitting(self, text: str, size: float, width: float, *, bold: bool = False) -> float:
        """The size at which a line is no wider than it may be."""
        wide = self.width(text, size, bold)
        return size if wide <= width else size * width / wide

    def _lines(self, text: str, size: float, width: float, most: int) -> list[str]:
        """A text broken into lines that fit, at spaces where there are some; what is beyond `most` lines is cut."""
        found: list[str] = []
        rest = " ".join(text.split())
        while rest and len(found) < most:
            end = self._reach(rest, size, width)
            if len(found) == most - 1 and end < len(rest):
                end = self._reach(rest, size, width - self.width(_CUT, size, bold=False))
                return [*found, rest[:end].rstrip() + _CUT]
            found.append(rest[:end].rstrip())
            rest = rest[end:].lstrip()
        return found or [""]

    def _reach(self, text: str, size: float, width: float) -> int:
        """How many letters fit; a word stays whole where it can, and no letter loses its marks."""
        if self.width(text, size, bold=False) <= width:
            return len(text)
        low, high = 1, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self._width(text[:middle], size, bold=False) <= width:
                low = middle
            else:
                high = middle - 1
        space = text.rfind(" ", 1, low + 1)
        if space > 0:
            return space
        while low > 1 and unicodedata.category(text[low]).startswith("M"):
            low -= 1
        return low

    def _width(self, text: str, size: float, bold: bool) -> float:  # noqa: FBT001 - a key of the cache
        total = 0.0
        for family, run in self._runs(text):
            total += self._run_width(family, run, size, bold)
        return total

    def _run_width(self, family: str, run: str, size: float, bold: bool) -> float:  # noqa: FBT001 - as above
        if family == "latin":
            wide = self._widths[bold]
            return sum([wide[letter] for letter in run]) * size * _POINT / 1000
        self._take(family, size, bold)
        return self._pdf.get_string_width(run)

    def _shaped(self, x: float, y: float, run: str, size: float) -> None:
        self._pdf.set_xy(x, y - _BASELINE * size * _POINT)
        self._pdf.cell(0, 0, run)

    def _take(self, family: str, size: float, bold: bool) -> None:  # noqa: FBT001 - as above
        """Take up a font, unless it is in hand."""
        if self._in_hand != (family, size, bold, self._pdf.page):
            self._pdf.set_font(family, "B" if bold else "", size)
            self._in_hand = family, size, bold, self._pdf.page

    def _split(self, text: str) -> tuple[tuple[str, str], ...]:
        """A line as runs of one font each."""
        letters = [(self._family(letter), letter) for letter in text if letter not in _UNSEEN]
        found = []
        for family, run in itertools.groupby(letters, key=lambda pair: pair[0]):
            joined = "".join(letter for _, letter in run)
            found.append(("latin", _MISSING) if family == "" else (family, joined))
        return tuple(found)

    def _family(self, letter: str) -> str:
        """The font that has a letter; nothing where none has."""
        if ord(letter) in self._latin:
            return "latin"
        if ord(letter) in self._thai:
            return "thai"
        return "wide" if ord(letter) in self._wide else ""

    @cached_property
    def _wide(self) -> frozenset[int]:
        """The letters of the font that comes with the charts, opened only for texts that need it."""
        found = importlib.util.find_spec("matplotlib")
        if found is None or not found.submodule_search_locations:
            return frozenset()
        folder = Path(found.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"
        for style, name in (("", "DejaVuSans"), ("B", "DejaVuSans-Bold")):
            self._pdf.add_font("wide", style, folder / f"{name}.ttf")
        return self._letters("wide")

    def _letters(self, family: str) -> frozenset[int]:
        return frozenset(self._font(family).cmap)

    def _widths_of(self, name: str) -> Mapping[str, float]:
        """How wide each letter of a font is, in thousandths of its size."""
        font = self._font(name)
        return {chr(letter): float(font.cw[letter]) for letter in font.cmap}

    def _font(self, name: str) -> TTFFont:
        font = self._pdf.fonts[name]
        if not isinstance(font, TTFFont):
            raise TypeError("a font of letters by number")
        return font
