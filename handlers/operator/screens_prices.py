"""Price jumps that wait for the operator's yes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.catalog import Offer
from bot.engine.prices import mark_of
from handlers.keyboards import Screen, key, keyboard, lines, page_of, pager
from handlers.operator import words
from handlers.operator.buttons import AgreeAll, AgreeOne, AskAgreeAll, ShowJumps
from handlers.operator.keys import desk_key
from handlers.texts import Texts

JUMPS_PER_PAGE: Final = 8
_NAME_MAX_CHARACTERS: Final = 120


def jumps_screen(texts: Texts, jumps: Sequence[Offer], wanted: int, note: Markup | None = None) -> Screen:
    """A page of old and new prices, each to be agreed to alone, and one yes for exactly all of them."""
    desk = desk_key(texts)
    if not jumps:
        return Screen(lines(note, texts.html("operator.jumps.none")), keyboard(desk))
    page = page_of(jumps, wanted, JUMPS_PER_PAGE)
    first = (page.number - 1) * JUMPS_PER_PAGE + 1
    html = lines(
        note,
        texts.html("operator.jumps.title", count=len(jumps)),
        texts.html("operator.jumps.explain"),
        *(_line(texts, place, offer) for place, offer in enumerate(page.items, first)),
        texts.html("operator.jumps.page", page=page.number, pages=page.pages) if page.pages > 1 else None,
    )
    ones = [
        key(
            texts.plain("operator.key.agree-one", place=place), AgreeOne(offer.number, mark_of([offer]), page.number)
        )
        for place, offer in enumerate(page.items, first)
    ]  # fmt: skip
    everything = key(texts.plain("operator.key.agree-all", count=len(jumps)), AskAgreeAll(mark_of(jumps)), "primary")
    return Screen(html, keyboard(*_fours(ones), everything, pager(texts, page, ShowJumps), desk))


def _fours(keys: Sequence[InlineKeyboardButton]) -> Iterator[Sequence[InlineKeyboardButton]]:
    for start in range(0, len(keys), 4):
        yield keys[start : start + 4]


def _line(texts: Texts, place: int, offer: Offer) -> Markup:
    service, new = offer.service, offer.pending_rate
    return texts.html(
        "operator.jumps.line",
        place=place,
        service=words.short(offer.name, _NAME_MAX_CHARACTERS),
        service_id=words.short(service.id, 32),
        panel=words.short(service.panel, 32),
        old=words.number(texts, service.rate),
        new=texts.plain("operator.none") if new is None else words.number(texts, new),
        change=_change(texts, service.rate, new),
    )


def _change(texts: Texts, old: Decimal, new: Decimal | None) -> str:
    if new is None or old == 0:
        return "?"
    return texts.percent(round(min((new - old) * 100 / old, Decimal(99999))), signed=True)


def confirm_all(texts: Texts, jumps: Sequence[Offer]) -> Screen:
    """What a yes to all means, and the second tap; it covers exactly these."""
    confirm = key(texts.plain("operator.key.confirm"), AgreeAll(mark_of(jumps)), "danger")
    back = key(texts.plain("operator.key.back"), ShowJumps(1))
    return Screen(texts.html("operator.jumps.confirm", count=len(jumps)), keyboard((back, confirm)))
