"""What a confirm card is made of, whoever shows it: the customer's own press, or the news that money came."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup

from bot.domain.money import Money
from bot.domain.orders import Quote
from bot.engine import ways
from bot.engine.customers import topup_asked
from bot.engine.quoting import for_sale
from bot.engine.shop import Shop
from bot.engine.ways import Ways
from handlers.customer.screens_order import Checkout
from handlers.customer.screens_topup import Gap, gap_of
from storage import wallet
from storage.database import Tx


async def read_checkout(shop: Shop, quote: Quote, now: datetime, note: Markup | None = None) -> Checkout:
    """A quote's confirm card as things stand now. Raises NotForSale."""
    offer, rule = for_sale(shop, quote.service_number)

    async def work(tx: Tx) -> tuple[Money, Ways]:
        return (await wallet.balances(tx, quote.customer_id)).available, await ways.read(tx, shop)

    spendable, open_ways = await shop.db.read(work)
    asked = await topup_asked(shop, quote.token, quote.customer_id)
    gap = Gap(quote.token, gap_of(quote.charge, spendable, shop.terms.decimals), open_ways, asked)
    return Checkout(quote, offer, rule, spendable, now, gap, note)
