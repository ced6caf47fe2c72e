"""The shop's life from opening to closing: what starts in which order, what goes on without what, what stops how."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, Final

from telegram import Update
from telegram.error import InvalidToken, NetworkError, TelegramError

from bot.app import build_application, open_shop, telegram_request, utc_now
from bot.config import Settings
from bot.domain.notices import Alert, AlertKind
from bot.domain.topups import Gateway
from bot.engine import backups, brake, cryptopay
from bot.engine.alerts import alert_operators, end_alert
from bot.engine.clock import ClockWatch
from bot.engine.leases import Sweeper
from bot.engine.shop import Shop
from bot.engine.upkeep import poisoned
from bot.pollers.aftersale import Errand, cancelling_errand, follow_refills, refilling_errand
from bot.pollers.broadcast import feed
from bot.pollers.catalogue import refresh_panel
from bot.pollers.cryptopay import CryptoPayWatch
from bot.pollers.loop import Loops
from bot.pollers.notices import Courier
from bot.pollers.reconcile import Forsaken, Reconciler
from bot.pollers.refunds import GiveBack, refunds_errand
from bot.pollers.stars import StarsWatch, expire_invoices
from bot.pollers.submit import Submitter
from bot.pollers.track import track_panel
from bot.pollers.upkeep import LedgerWatch, clear_out, tidy
from bot.transport.intake import Intake, LongPoll, TokenTaken, WebhookSet
from bot.transport.limits import Pace
from bot.transport.stars import Stars
from bot.web.cryptopay import webhook
from bot.web.health import serve_health
from handlers import routes
from handlers.context import ShopApplication
from handlers.delivery import deliver
from handlers.errors import apologise
from storage.database import Tx
from storage.errors import LockLost
from storage.inbox import Inbox

log = logging.getLogger(__name__)

_RETRY_FIRST_SECONDS: Final = 1.0
_RETRY_MOST_SECONDS: Final = 60.0
#: So long a process counts as having just come, and gives way to another one on its token.
_NEWCOMER_SECONDS: Final = 10.0
_CONTESTS: Final = 20
ALLOWED_UPDATES: Final = (
    Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER, Update.PRE_CHECKOUT_QUERY,
)  # fmt: skip


async def run(settings: Settings, stop: asyncio.Event, pace: Pace | None = None) -> None:
    """Run the shop until `stop` is set, then finish what is in flight within SHUTDOWN_SECONDS.

    A lost lock on the database ends it in the same way, and raises LockLost.
    `pace` holds the bot to Telegram's limits; without one, to those of the real Telegram.
    """
    # PTB leaves its requests open when Telegram does not answer at the start, so they are opened and closed here.
    calls, polls = telegram_request(settings), telegram_request(settings)
    lost = asyncio.Event()

    def close_without_lock() -> None:
        lost.set()
        stop.set()

    async with open_shop(settings, close_without_lock) as shop, calls, polls:
        inbox = Inbox(shop.db)
        application, store = build_application(settings, shop, inbox, calls, polls, pace or Pace())
        loops = Loops(partial(_watch, shop))
        fetch = LongPoll(polls, application.bot.base_url, ALLOWED_UPDATES)
        on_poison = partial(_poisoned, application, inbox)
        # The intake's error handler goes first, so that it sees what the project's own then explains.
        intake = Intake(application, inbox, store, fetch, loops.spawn, on_poison=on_poison)
        routes.add_handlers(application)
        async with _trading(settings, shop, loops):
            if await _reach_telegram(application, stop):
                await _serve(settings, application, intake, loops, stop)
    if lost.is_set():
        raise LockLost("the lock on the database was lost with its connection; the shop closed, start it again")


@asynccontextmanager
async def _trading(settings: Settings, shop: Shop, loops: Loops) -> AsyncIterator[None]:
    """Everything between the shop and its panels, which goes on whether or not Telegram can be reached."""
    submitters = {panel: Submitter(shop, panel, loops, utc_now) for panel in shop.panels}
    refilling = {panel: refilling_errand(shop, panel, utc_now) for panel in shop.panels}
    cancelling = {panel: cancelling_errand(shop, panel, utc_now) for panel in shop.panels}
    senders: tuple[Submitter | Errand, ...] = (*submitters.values(), *refilling.values(), *cancelling.values())
    watching: list[asyncio.Task[Any]] = []
    async with AsyncExitStack() as stack:
        if settings.web_listen:
            hook = settings.crypto_pay_webhook
            also = [webhook(shop, hook, utc_now)] if hook else []
            await stack.enter_async_context(serve_health(settings.web_listen, partial(_health, shop, loops), also))
        for panel, submitter in submitters.items():
            loops.every(f"submit {panel}", submitter.step)
            loops.every(f"track {panel}", partial(track_panel, shop, panel, utc_now))
            loops.every(f"refills {panel}", refilling[panel].step, shop.bells.refills)
            loops.every(f"refill statuses {panel}", partial(follow_refills, shop, panel, utc_now))
            loops.every(f"cancels {panel}", cancelling[panel].step, shop.bells.cancels)
            reconciler = Reconciler(shop, panel, submitter.quiet, utc_now)
            watching.append(loops.every(f"reconcile {panel}", reconciler.step, shop.bells.evidence))
            refresh = partial(refresh_panel, shop, panel, utc_now)
            loops.every(f"catalogue {panel}", refresh, shop.bells.refresh)
        loops.every("unknown orders of gone panels", Forsaken(shop, utc_now).step)
        clock, sweeper = ClockWatch(shop), Sweeper(shop)
        loops.every("upkeep", lambda: tidy(shop, clock, sweeper, utc_now()))
        if shop.cryptopay is not None:
            loops.every("crypto pay", CryptoPayWatch(shop, utc_now).step, shop.bells.topups)
        loops.every("audit", LedgerWatch(shop, utc_now).step)
        if folder := settings.backup_folder:
            loops.every("backup", lambda: backups.daily(shop, folder, utc_now()))
        loops.every("clearing out", lambda: clear_out(shop, utc_now()))
        try:
            yield
        finally:
            for task in watching:  # a balance being read holds up the submitters
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
            await asyncio.gather(*(s.stop(settings.shutdown_seconds) for s in senders))
            await loops.stop()


async def _reach_telegram(application: ShopApplication, stop: asyncio.Event) -> bool:
    """Initialize PTB's application as soon as Telegram answers; False when the shop is stopped before."""
    pause = _RETRY_FIRST_SECONDS
    while not stop.is_set():
        try:
            await application.initialize()
        except NetworkError as error:
            log.warning("Telegram cannot be reached", extra={"problem": str(error), "retry_seconds": pause})
        else:
            return True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stop.wait()
        pause = min(pause * 2, _RETRY_MOST_SECONDS)
    return False


async def _serve(
    settings: Settings, application: ShopApplication, intake: Intake, loops: Loops, stop: asyncio.Event
) -> None:
    """Talk with people until stopped. Raises TokenTaken or InvalidToken when that became impossible."""
    counter, shop = application.bot_data, application.bot_data.shop
    fatal: list[Exception] = []
    talking: list[asyncio.Task[Any]] = []
    courier = Courier(shop, partial(deliver, application.bot, counter), loops, utc_now)
    stars = Stars(application.bot)
    refunds = refunds_errand(shop, _ways_back(shop, stars), utc_now)
    await application.start()
    try:
        await intake.resume()
        talking.append(loops.keep("intake", partial(_poll, application, intake, stop, fatal)))
        talking.append(loops.every("notices", courier.step))
        talking.append(loops.every("refunds", refunds.step, shop.bells.refunds))
        talking.append(loops.every("stars", StarsWatch(shop, stars.listed, utc_now).step))
        talking.append(loops.every("expired invoices", partial(expire_invoices, shop, stars.take_away, utc_now)))
        talking.append(loops.every("broadcast", partial(feed, shop, utc_now), shop.bells.broadcast))
        talking.append(loops.keep("publishing commands", partial(routes.publish, application.bot, counter)))
        log.info("the shop is open", extra={"panels": len(shop.panels), "epoch": shop.epoch})
        await stop.wait()
    finally:
        log.info("closing", extra={"seconds": settings.shutdown_seconds})
        await asyncio.gather(*(each.stop(settings.shutdown_seconds) for each in (intake, courier, refunds)))
        for task in talking:  # nobody speaks any more when the wires are closed
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        await application.stop()
        await application.shutdown()
    if fatal:
        raise fatal[0]


def _ways_back(shop: Shop, stars: Stars) -> dict[Gateway, GiveBack]:
    """How each gateway that can is told to give a payment back."""
    ways: dict[Gateway, GiveBack] = {Gateway.STARS: stars.give_back}
    if shop.cryptopay is not None:
        ways[Gateway.CRYPTOPAY] = partial(cryptopay.give_back, shop)
    return ways


async def _poll(application: ShopApplication, intake: Intake, stop: asyncio.Event, fatal: list[Exception]) -> None:
    """Fetch updates until stopped; a token that died closes the shop, and so does a newcomer's lost contest for it.

    Telegram lets the newer of two pollers win. So one that has run for a while asks again, which takes the token
    back from whoever just came; the one that just came gives up. Either way one is left. A webhook is taken away, which
    loses no update, and operators are told: whoever set it has the token.
    """
    shop = application.bot_data.shop
    clock = asyncio.get_running_loop().time
    begun, contests = clock(), 0
    while not stop.is_set():
        try:
            await intake.poll()
        except WebhookSet as error:
            contests += 1
            if contests <= _CONTESTS and await _take_webhook_away(application):
                continue
            await _close_over(shop, error, stop, fatal)
        except TokenTaken as error:
            contests += 1
            if clock() - begun > _NEWCOMER_SECONDS and contests <= _CONTESTS:
                log.warning("another process fetches with this token", extra={"contest": contests})
                continue
            await _close_over(shop, error, stop, fatal)
        except InvalidToken as error:
            await _close_over(shop, error, stop, fatal)
        else:
            return


async def _take_webhook_away(application: ShopApplication) -> bool:
    """Have Telegram keep the updates for us again, those that wait included; False when it does not."""
    try:
        await application.bot.delete_webhook(drop_pending_updates=False)
    except TelegramError as error:
        log.warning("a webhook is set and cannot be taken away", extra={"problem": error.message})
        return False
    log.warning("a webhook was set with this token; it is taken away")
    alert = Alert.about(AlertKind.WEBHOOK_SET, "telegram", {})
    await alert_operators(application.bot_data.shop, alert, utc_now())
    return True


async def _close_over(shop: Shop, error: Exception, stop: asyncio.Event, fatal: list[Exception]) -> None:
    log.critical("updates cannot be fetched", extra={"problem": str(error)})
    fatal.append(error)
    await _watch(shop, "intake", error)
    stop.set()


async def _watch(shop: Shop, poller: str, error: Exception | None) -> None:
    if error is None:

        async def over(tx: Tx) -> None:
            await end_alert(tx, AlertKind.POLLER_STOPPED, poller, utc_now())

        await shop.db.write(over)
        return
    alert = Alert.about(AlertKind.POLLER_STOPPED, poller, {"poller": poller, "detail": type(error).__name__})
    await alert_operators(shop, alert, utc_now())


async def _poisoned(application: ShopApplication, inbox: Inbox, update_id: int, summary: str) -> None:
    """An update was given up: the operators are alerted, and the person hears that nothing was lost."""
    counter = application.bot_data
    await alert_operators(counter.shop, poisoned(update_id, summary), utc_now())
    if raw := await inbox.raw(update_id):
        update = Update.de_json(json.loads(raw), application.bot)
        await apologise(application.bot, counter, update)


async def _health(shop: Shop, loops: Loops) -> Mapping[str, bool]:
    """`ledger` is whether the brake is off; where the database cannot be read, nothing is well."""
    braked = await shop.db.read(brake.engaged)
    return {"database": True, "pollers": not loops.broken, "ledger": not braked}
