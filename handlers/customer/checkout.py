"""What a confirm card is made of, whoever shows it: the customer's own press, or the news that money came."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup

from bot.domain.orders import Quote
from bot.engine import funds, ways
from bot.engine.customers import gap_asked
from bot.engine.funds import Funds
from bot.engine.quoting import for_sale
from bot.engine.shop import Shop
from handlers.customer.screens_order import Checkout
from handlers.customer.screens_topup import Gap, gap_of
from storage import customers
from storage.database import Tx


async def read_checkout(shop: Shop, quote: Quote, now: datetime, note: Markup | None = None) -> Checkout:
    """A quote's confirm card as things stand now. Raises NotForSale."""
    offer, rule = for_sale(shop, quote.service_number)

    async def work(tx: Tx) -> tuple[Funds, Gap]:
        customer_id = quote.customer_id
        found, owed = await funds.read(tx, shop, customer_id, now), await customers.owed(tx, customer_id)
        wanted = quote.charge + owed  # whatever comes pays the debt first
        lacks = gap_of(wanted, found.spendable, shop.terms.decimals)
        helped = bool(lacks) and await funds.after_stars(tx, shop, customer_id, lacks, now) >= wanted
        return found, Gap(quote.token, lacks, await ways.read(tx, shop), asked, found.waits, helped, owed)

    asked = await gap_asked(shop, quote.token, quote.customer_id)
    found, gap = await shop.db.read(work)
    return Checkout(quote, offer, rule, found.spendable, now, gap, note)
