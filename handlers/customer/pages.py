"""Pages that say the same to everybody: the operator's text where there is one, else the shop's."""

from __future__ import annotations

from markupsafe import Markup

from bot.domain.pages import PageName
from bot.engine import pages
from handlers.customer.screens_account import with_ways_on
from handlers.steps import Next
from handlers.texts import Texts
from handlers.visits import Visit


async def terms(visit: Visit) -> Next:
    """`/terms`."""
    return await _page(visit, PageName.TERMS)


async def privacy(visit: Visit) -> Next:
    """`/privacy`."""
    return await _page(visit, PageName.PRIVACY)


async def text_of(visit: Visit, name: PageName) -> Markup:
    """A page's text in the reader's language, which other things may stand below."""
    own = await pages.own(visit.shop, name, visit.texts.language)
    return Markup(own.text) if own else standard_text(visit.texts, name, visit.shop.terms.name)  # noqa: S704 - PTB's


def standard_text(texts: Texts, name: PageName, shop_name: str) -> Markup:
    """What the shop itself says on a page."""
    return texts.html(f"page.{name}", shop=shop_name)


async def _page(visit: Visit, name: PageName) -> Next:
    await visit.reply(with_ways_on(visit.texts, await text_of(visit, name)))
    return None
