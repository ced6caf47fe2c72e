"""One process of the shop: the real start-up, pollers, intake and courier, on this world's clock, disk and wires."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final, cast

import httpx
from pydantic import SecretStr
from telegram.ext import ExtBot

from bot.domain.money import Money
from bot.domain.notices import Alert, AlertKind
from bot.domain.topups import Gateway
from bot.engine import opening
from bot.engine.alerts import alert_operators, end_alert
from bot.engine.clock import ClockWatch
from bot.engine.leases import Sweeper
from bot.engine.notices import Delivery
from bot.engine.shelf import Shelf
from bot.engine.shop import PanelTerms, Shop, Terms
from bot.panels.client import PanelClient
from bot.panels.dialects import Capabilities
from bot.pollers.aftersale import cancelling_errand, follow_refills, refilling_errand
from bot.pollers.loop import Loops
from bot.pollers.notices import Courier
from bot.pollers.reconcile import Reconciler
from bot.pollers.refunds import refunds_errand
from bot.pollers.stars import StarsWatch, expire_invoices
from bot.pollers.submit import Submitter
from bot.pollers.track import track_panel
from bot.pollers.upkeep import check_ledger, tidy
from bot.transport.intake import Intake
from bot.transport.persistence import ConversationStore
from bot.transport.stars import Stars
from handlers import texts
from handlers.context import Counter
from handlers.delivery import deliver
from prove.simulation.database import Disk, database
from prove.simulation.loop import ProcessLoop
from prove.simulation.telegram import NOTICE, Telegram, TelegramWire, Unpaced
from prove.simulation.verbs import OPERATOR, Application
from storage.database import Database, Tx
from storage.errors import DiskTrouble, StorageError
from storage.inbox import Inbox
from storage.instance import next_epoch
from storage.outbox import Waiting
from storage.receipts import Receipt, ReceiptsInMemory

PANEL: Final = "north"
TERMS: Final = Terms(
    name="Sim", currency="USD", decimals=4, markup_percent=Decimal(50), exchange_rates={}, operator_ids=(OPERATOR,),
    panels={PANEL: PanelTerms()}, status_poll=timedelta(seconds=20), settle=timedelta(seconds=300),
    unknown_deadline=timedelta(hours=1), topup_least=Money(10_000),
)  # fmt: skip
_LIBRARY: Final = texts.load(texts.MoneyStyle("USD", 4))
CAN: Final = Capabilities(multi_status=True, multi_refill=True, multi_refill_status=True, cancel=True)


class KeptReceipts(ReceiptsInMemory):
    """Receipts that outlive the process that wrote them, once the disk has them."""

    def __init__(self, kept: dict[Receipt, None], trouble: Callable[[], bool]) -> None:
        super().__init__()
        self.kept = kept
        self._trouble = trouble

    async def write(self, receipt: Receipt) -> None:
        """Keep a receipt; the process may be killed before the disk has it, and after."""
        await asyncio.sleep(0)
        if self._trouble():
            raise DiskTrouble("the receipts cannot be written: as the world would have it")
        await super().write(receipt)
        await asyncio.sleep(0)


class Nothing:
    """Memory of conversations, of which this world has none."""


class Process:
    """A run of the shop."""

    def __init__(
        self, name: str, loop: ProcessLoop, disk: Disk, kept: dict[Receipt, None], *, panel: httpx.AsyncBaseTransport,
        telegram: Telegram, wire: TelegramWire, chance: random.Random, wall: Callable[[], datetime],
        trouble: Callable[[], bool], odd: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.name, self.loop = name, loop
        self._disk, self._kept = disk, kept
        self._panel, self._telegram, self._wire = panel, telegram, wire
        self._chance, self._now, self._trouble, self._odd = chance, wall, trouble, odd
        self.open = False

    async def live(self) -> None:
        """Open the shop as the real program does, and keep it open."""
        shop = await self._opened(database(self.loop, self._disk))
        loops = Loops(partial(self._watch, shop))
        bot: ExtBot[Any] = ExtBot(
            "100001:sim", request=self._wire, get_updates_request=self._wire, rate_limiter=Unpaced()
        )
        self._trade(shop, loops)
        inbox = Inbox(shop.db)
        store = ConversationStore(inbox, memory=Nothing, encode=lambda _: "", decode=lambda _: Nothing())
        intake = Intake(
            cast(Any, Application(shop, bot, self._now)), inbox, store, partial(self._telegram.fetch, self.loop),
            loops.spawn, on_poison=partial(self._poisoned, shop), now=self._now, jitter=lambda: 0.5,
        )  # fmt: skip
        courier = Courier(shop, partial(self._deliver, bot, Counter(shop, _LIBRARY, self._now)), loops, self._now)
        self._pay_in(shop, loops, Stars(bot))
        await intake.resume()
        loops.keep("intake", intake.poll)
        loops.every("notices", self._seen(courier.step))
        self.open = True

    async def _opened(self, db: Database) -> Shop:
        """What `open_shop` makes of an open, migrated database."""
        http = httpx.AsyncClient(transport=self._panel, follow_redirects=False, trust_env=False)
        client = PanelClient(PANEL, "https://north.example/api/v2", SecretStr("panel-key"), http, CAN)
        shop = Shop(
            db=db, panels={PANEL: client}, terms=TERMS, shelf=Shelf(), epoch=await db.write(next_epoch),
            new_token=lambda: f"{self._chance.getrandbits(64):016x}",
            receipts=KeptReceipts(self._kept, self._trouble),
        )  # fmt: skip
        report = await opening.take_up(shop, self._now)
        if not report.sound:
            self._odd(f"the audit at the start found {report.violations}")
        return shop

    def _trade(self, shop: Shop, loops: Loops) -> None:
        now, clock, sweeper = self._now, ClockWatch(shop), Sweeper(shop)
        submitter = Submitter(shop, PANEL, loops, now)
        reconciler = Reconciler(shop, PANEL, submitter.quiet, now)
        loops.every("submit", self._seen(submitter.step))
        loops.every("reconcile", self._seen(reconciler.step, 45), shop.bells.evidence)
        loops.every("track", self._seen(partial(track_panel, shop, PANEL, now), 6))
        loops.every("refills", self._seen(refilling_errand(shop, PANEL, now).step, 45), shop.bells.refills)
        loops.every("refill statuses", self._seen(partial(follow_refills, shop, PANEL, now), 60))
        loops.every("cancels", self._seen(cancelling_errand(shop, PANEL, now).step, 45), shop.bells.cancels)
        loops.every("upkeep", self._seen(lambda: tidy(shop, clock, sweeper, now()), 60))
        loops.every("audit", self._seen(lambda: check_ledger(shop, now()), 1200))

    def _pay_in(self, shop: Shop, loops: Loops, stars: Stars) -> None:
        now = self._now
        refunds = refunds_errand(shop, {Gateway.STARS: stars.give_back}, now)
        loops.every("refunds", self._seen(refunds.step, 120), shop.bells.refunds)
        loops.every("stars", self._seen(StarsWatch(shop, stars.listed, now).step))
        loops.every("expired invoices", self._seen(partial(expire_invoices, shop, stars.take_away, now), 300))

    def _seen(
        self, one_round: Callable[[], Coroutine[Any, Any, timedelta | None]], least: float = 0
    ) -> Callable[[], Coroutine[Any, Any, timedelta | None]]:
        """A poller's round; what breaks it must be the disk's trouble and nothing else.

        It rests for so many seconds at `least`: what takes its time elsewhere too need not be played every second.
        """

        async def watched() -> timedelta | None:
            try:
                rest = await one_round()
            except StorageError:
                raise
            except Exception as error:
                self._odd(f"a poller met {type(error).__name__}: {error}")
                raise
            return rest and max(rest, timedelta(seconds=least))

        return watched

    async def _deliver(self, bot: ExtBot[Any], counter: Counter, waiting: Waiting) -> Delivery:
        NOTICE.set(waiting.notice.key)
        return await deliver(bot, counter, waiting)

    async def _watch(self, shop: Shop, poller: str, error: Exception | None) -> None:
        if error is None:

            async def over(tx: Tx) -> None:
                await end_alert(tx, AlertKind.POLLER_STOPPED, poller, self._now())

            await shop.db.write(over)
            return
        alert = Alert.about(AlertKind.POLLER_STOPPED, poller, {"poller": poller, "detail": type(error).__name__})
        await alert_operators(shop, alert, self._now())

    async def _poisoned(self, shop: Shop, update_id: int, summary: str) -> None:
        alert = Alert.about(AlertKind.UPDATE_POISONED, update_id, {"update": update_id, "detail": summary})
        await alert_operators(shop, alert, self._now())
