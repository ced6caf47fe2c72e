"""The wallet: what is there, what is held, what moved."""

from __future__ import annotations

from typing import Final

from bot.domain.topups import Topup
from bot.engine import funds
from bot.engine.funds import Waits
from handlers.callbacks import ShowWallet
from handlers.customer import screens_account as screens
from handlers.steps import Next
from handlers.visits import Visit
from storage import proofs, views
from storage.database import Tx
from storage.views import WalletView

PAGE_SIZE: Final = 8


async def wallet_command(visit: Visit) -> Next:
    """`/wallet`."""
    return await show_wallet(visit, ShowWallet(1))


async def show_wallet(visit: Visit, button: ShowWallet) -> Next:
    """The wallet with a page of its history."""

    async def work(tx: Tx) -> tuple[WalletView, list[Topup], Waits | None]:
        view = await views.wallet_view(tx, visit.person.id, button.page, PAGE_SIZE)
        checked = await proofs.waiting_of(tx, visit.person.id)
        return view, checked, await funds.waits(tx, visit.shop, visit.person.id, visit.now)

    view, checked, waits = await visit.shop.db.read(work)
    currency = visit.shop.terms.currency
    await visit.show(screens.wallet_page(visit.texts, view, visit.person.id, currency, checked, waits))
    return None
