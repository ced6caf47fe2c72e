"""The wiring: settings in, a running shop out. The one place that knows every room."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from telegram import Update
from telegram.error import InvalidToken, NetworkError
from telegram.ext import ApplicationBuilder
from telegram.request import BaseRequest, HTTPXRequest

from bot.config import Settings
from bot.domain.notices import Alert, AlertKind
from bot.engine import catalogue, fulfilment
from bot.engine.alerts import alert_operators, end_alert
from bot.engine.shelf import Shelf
from bot.engine.shop import PanelTerms, Shop, Terms
from bot.panels.client import PanelClient
from bot.panels.dialects import Capabilities
from bot.panels.transport import open_http
from bot.pollers.catalogue import refresh_panel
from bot.pollers.loop import Loops
from bot.pollers.notices import Courier
from bot.pollers.submit import Submitter
from bot.pollers.track import track_panel
from bot.pollers.upkeep import clear_out, tidy
from bot.transport.intake import Intake, LongPoll, PerCustomer, TokenTaken
from bot.transport.limits import Pace
from bot.transport.persistence import ConversationStore
from bot.transport.request import AiohttpRequest
from bot.web.health import serve_health
from handlers import context, routes, texts
from handlers.context import Counter, Memory, ShopApplication
from handlers.delivery import deliver
from handlers.errors import apologise
from storage.database import Database, Tx
from storage.inbox import Inbox
from storage.instance import next_epoch
from storage.locks import ProcessLock
from storage.migrate import migrate

log = logging.getLogger(__name__)

MIGRATIONS: Final = Path(__file__).parent.parent / "storage" / "migrations" / "sqlite"
_TOKEN_BYTES: Final = 16
_RETRY_FIRST_SECONDS: Final = 1.0
_RETRY_MOST_SECONDS: Final = 60.0
#: So long a process counts as having just come, and gives way to another one on its token.
_NEWCOMER_SECONDS: Final = 10.0
_CONTESTS: Final = 20
ALLOWED_UPDATES: Final = (Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER)


def utc_now() -> datetime:
    """The clock of the real shop."""
    return datetime.now(UTC)


def terms_of(settings: Settings) -> Terms:
    """What the operator settled, as the engine wants it."""
    return Terms(
        name=settings.shop_name,
        currency=settings.currency,
        decimals=settings.money_decimals,
        markup_percent=settings.markup_percent,
        exchange_rates=settings.exchange_rates,
        operator_ids=settings.operator_ids,
        panels={
            name: PanelTerms(panel.currency, panel.canceled_returns == "remains", panel.low_balance)
            for name, panel in settings.panels.items()
        },
        price_jump_percent=settings.price_jump_percent,
        status_poll=timedelta(seconds=settings.status_poll_seconds),
        settle=timedelta(seconds=settings.settle_seconds),
        quote_ttl=timedelta(seconds=settings.quote_ttl_seconds),
        reserve_ttl=timedelta(seconds=settings.reserve_ttl_seconds),
        catalog_refresh=timedelta(seconds=settings.catalog_refresh_seconds),
    )


@asynccontextmanager
async def open_panels(settings: Settings) -> AsyncIterator[Mapping[str, PanelClient]]:
    """A client for each configured panel, each with connections of its own."""
    async with AsyncExitStack() as stack:
        clients = {}
        for name, panel in settings.panels.items():
            can = Capabilities(panel.multi_status, panel.multi_refill, panel.multi_refill_status, panel.cancel)
            http = await stack.enter_async_context(open_http())
            clients[name] = PanelClient(name, panel.url, panel.key, http, can)
        yield clients


@asynccontextmanager
async def open_shop(settings: Settings) -> AsyncIterator[Shop]:
    """The shop on its database: locked against a second process, migrated, recovered, with its catalogue read.

    Raises AlreadyRunning, SchemaTooNew or another StorageError.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(ProcessLock.of(settings.database_url))
        db = await stack.enter_async_context(await Database.open(settings.database_url))
        await migrate(db, MIGRATIONS)
        shop = Shop(
            db=db,
            panels=await stack.enter_async_context(open_panels(settings)),
            terms=terms_of(settings),
            shelf=Shelf(),
            epoch=await db.write(next_epoch),
            new_token=partial(secrets.token_urlsafe, _TOKEN_BYTES),
        )
        if stranded := await fulfilment.recover(shop, utc_now()):
            log.warning("orders were being sent when the last run ended", extra={"orders": stranded})
        await catalogue.load(shop)
        # The catalogue stays: a garbage collector that walks it again and again would stall everybody.
        gc.collect()
        gc.freeze()
        yield shop


def build_application(
    settings: Settings, shop: Shop, inbox: Inbox, calls: BaseRequest, polls: BaseRequest, pace: Pace
) -> tuple[ShopApplication, ConversationStore[Memory]]:
    """PTB's application with the shop's transport and handlers; not started. Who opened the wires closes them."""
    counter = Counter(shop, texts.load(texts.MoneyStyle(settings.currency, settings.money_decimals)), utc_now)
    store = ConversationStore(inbox, memory=Memory, encode=context.encode_memory, decode=context.decode_memory)
    application: ShopApplication = (
        ApplicationBuilder()
        .token(settings.bot_token.get_secret_value())
        .base_url(f"{settings.telegram_api_url}/bot")
        .base_file_url(f"{settings.telegram_api_url}/file/bot")
        .request(calls)
        .get_updates_request(polls)
        .rate_limiter(pace)
        .persistence(store)
        .context_types(context.context_types(counter))
        .concurrent_updates(PerCustomer())
        .updater(None)
        .build()
    )
    return application, store


async def run(settings: Settings, stop: asyncio.Event, pace: Pace | None = None) -> None:
    """Run the shop until `stop` is set, then finish what is in flight within SHUTDOWN_SECONDS.

    `pace` holds the bot to Telegram's limits; without one, to those of the real Telegram.
    """
    # PTB leaves its requests open when Telegram does not answer at the start, so they are opened and closed here.
    calls, polls = telegram_request(settings), telegram_request(settings)
    async with open_shop(settings) as shop, calls, polls:
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


@asynccontextmanager
async def _trading(settings: Settings, shop: Shop, loops: Loops) -> AsyncIterator[None]:
    """Everything between the shop and its panels, which goes on whether or not Telegram can be reached."""
    submitters = {panel: Submitter(shop, panel, loops, utc_now) for panel in shop.panels}
    async with AsyncExitStack() as stack:
        if settings.web_listen:
            await stack.enter_async_context(serve_health(settings.web_listen, partial(_health, shop, loops)))
        for panel, submitter in submitters.items():
            loops.every(f"submit {panel}", submitter.step)
            loops.every(f"track {panel}", partial(track_panel, shop, panel, utc_now))
            refresh = partial(refresh_panel, shop, panel, utc_now)
            loops.every(f"catalogue {panel}", refresh, shop.bells.refresh)
        loops.every("upkeep", lambda: tidy(shop, utc_now()))
        loops.every("clearing out", lambda: clear_out(shop, utc_now()))
        try:
            yield
        finally:
            await asyncio.gather(*(s.stop(settings.shutdown_seconds) for s in submitters.values()))
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
    await application.start()
    try:
        await intake.resume()
        talking.append(loops.keep("intake", partial(_poll, shop, intake, stop, fatal)))
        talking.append(loops.every("notices", courier.step))
        talking.append(loops.keep("publishing commands", partial(routes.publish, application.bot, counter)))
        log.info("the shop is open", extra={"panels": len(shop.panels), "epoch": shop.epoch})
        await stop.wait()
    finally:
        log.info("closing", extra={"seconds": settings.shutdown_seconds})
        await asyncio.gather(intake.stop(settings.shutdown_seconds), courier.stop(settings.shutdown_seconds))
        for task in talking:  # nobody speaks any more when the wires are closed
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        await application.stop()
        await application.shutdown()
    if fatal:
        raise fatal[0]


async def _poll(shop: Shop, intake: Intake, stop: asyncio.Event, fatal: list[Exception]) -> None:
    """Fetch updates until stopped; a token that died closes the shop, and so does a newcomer's lost contest for it.

    Telegram lets the newer of two pollers win. So one that has run for a while asks again, which takes the token
    back from whoever just came; the one that just came gives up. Either way one is left.
    """
    clock = asyncio.get_running_loop().time
    begun, contests = clock(), 0
    while not stop.is_set():
        try:
            await intake.poll()
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
    alert = Alert.about(AlertKind.UPDATE_POISONED, update_id, {"update": update_id, "detail": summary})
    await alert_operators(counter.shop, alert, utc_now())
    if raw := await inbox.raw(update_id):
        update = Update.de_json(json.loads(raw), application.bot)
        await apologise(application.bot, counter, update)


async def _health(shop: Shop, loops: Loops) -> Mapping[str, bool]:
    async def look(tx: Tx) -> bool:
        return await tx.one("SELECT 1 AS yes") is not None

    return {"database": await shop.db.read(look), "pollers": not loops.broken}


def telegram_request(settings: Settings) -> BaseRequest:
    """Telegram's wire: aiohttp by default, PTB's own request class where the operator prefers it."""
    return HTTPXRequest() if settings.telegram_client == "httpx" else AiohttpRequest()
