"""Services off sale because their panel took another amount than computed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from markupsafe import Markup

from bot.domain.catalog import Offer
from bot.domain.pricing import is_flat
from bot.engine.charges import mark_of
from handlers.keyboards import Screen, key, keyboard, lines, page_of, pager
from handlers.operator import words
from handlers.operator.buttons import AgreeCharge, ShowCharges
from handlers.operator.keys import desk_key
from handlers.texts import Texts

CHARGES_PER_PAGE: Final = 6
_NAME_MAX_CHARACTERS: Final = 120


def charges_screen(
    texts: Texts, odd: Sequence[Offer], losing: Collection[int], wanted: int, note: Markup | None = None
) -> Screen:
    """A page of them, each with both rates and its own way back on sale; `losing` are sold below cost then."""
    desk = desk_key(texts)
    if not odd:
        return Screen(lines(note, texts.html("operator.charges.none")), keyboard(desk))
    page = page_of(odd, wanted, CHARGES_PER_PAGE)
    first = (page.number - 1) * CHARGES_PER_PAGE + 1
    placed = list(enumerate(page.items, first))
    shown = texts.html("operator.charges.page", page=page.number, pages=page.pages) if page.pages > 1 else None
    blocks = [
        note,
        lines(texts.html("operator.charges.title", count=len(odd)), texts.html("operator.charges.explain")),
        *(_line(texts, place, offer, loses=offer.number in losing) for place, offer in placed),
        shown,
    ]
    html = Markup("\n\n").join(block for block in blocks if block)
    ones = [
        key(texts.plain("operator.key.agree-charge", place=place), AgreeCharge(o.number, mark_of(o), page.number))
        for place, o in placed
    ]
    rows = [ones[start : start + 2] for start in range(0, len(ones), 2)]
    return Screen(html, keyboard(*rows, pager(texts, page, ShowCharges), desk))


def _line(texts: Texts, place: int, offer: Offer, *, loses: bool) -> Markup:
    service, taken = offer.service, offer.charged_rate
    return lines(
        texts.html(
            "operator.charges.line-package" if is_flat(service) else "operator.charges.line",
            place=place,
            service=words.short(offer.name, _NAME_MAX_CHARACTERS),
            service_id=words.short(service.id, 32),
            panel=words.short(service.panel, 32),
            computed=words.number(texts, service.rate),
            taken=texts.plain("operator.none") if taken is None else words.number(texts, taken),
        ),
        texts.html("operator.charges.loses") if loses else None,
    )
