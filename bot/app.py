"""The wiring: settings in, a shop out, and the application people talk to."""

from __future__ import annotations

import gc
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from telegram.ext import ApplicationBuilder
from telegram.request import BaseRequest, HTTPXRequest

from bot.config import Settings
from bot.domain.money import Money, exact
from bot.domain.topups import FreshRule
from bot.engine import backups, opening, recovery
from bot.engine.shelf import Shelf
from bot.engine.shop import PanelTerms, Shop, Terms
from bot.logs import Masks
from bot.panels.client import PanelClient
from bot.panels.dialects import Capabilities
from bot.payments.cryptopay import MAIN_URL, TEST_URL, CryptoPay
from bot.transport.discreet import DiscreetRequest
from bot.transport.intake import PerCustomer
from bot.transport.limits import Pace
from bot.transport.persistence import ConversationStore
from bot.transport.request import AiohttpRequest
from bot.wire.exchange import open_http
from handlers import context, texts
from handlers.context import Counter, Memory, ShopApplication
from storage.damage import aging
from storage.database import Database
from storage.disk import room_of
from storage.errors import StorageError
from storage.inbox import Inbox
from storage.instance import next_epoch
from storage.locks import only_process
from storage.migrate import migrate
from storage.receipts import ReceiptFile, receipts_path

log = logging.getLogger(__name__)

_TOKEN_BYTES: Final = 16
#: Of the collector's three generations: so many new objects, then so many rounds of the younger one.
_COLLECT_AFTER: Final = (10_000, 20, 100)


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
        unknown_deadline=timedelta(hours=settings.unknown_deadline_hours),
        release_on_evidence=settings.release_on_evidence,
        catalog_refresh=timedelta(seconds=settings.catalog_refresh_seconds),
        second_operator_above=_amount(settings.second_operator_above),
        topup_least=exact(settings.topup_min),
        topup_most=exact(settings.topup_max),
        topup_amounts=tuple(map(exact, settings.topup_amounts)),
        topup_ttl=timedelta(seconds=settings.topup_ttl_seconds),
        cryptopay=settings.crypto_pay_token is not None,
        fresh_stars=FreshRule(timedelta(days=settings.stars_hold_days), _amount(settings.stars_spend_at_once)),
    )


def _amount(setting: Decimal | None) -> Money | None:
    return None if setting is None else exact(setting)


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
async def open_cryptopay(settings: Settings) -> AsyncIterator[CryptoPay | None]:
    """A client for the gateway Crypto Pay; None where it is not configured."""
    token = settings.crypto_pay_token
    if token is None:
        yield None
        return
    async with open_http() as http:
        usual = TEST_URL if settings.crypto_pay_testnet else MAIN_URL
        yield CryptoPay(settings.crypto_pay_api_url or usual, token, http)


def _nothing_to_stop() -> None:
    """Whoever opens a shop for a moment ends before anybody else could begin."""


@asynccontextmanager
async def open_shop(settings: Settings, on_lock_lost: Callable[[], None] = _nothing_to_stop) -> AsyncIterator[Shop]:
    """The shop on its database: locked against a second process, migrated, recovered, with its catalogue read.

    `on_lock_lost` is called when another process may work on the database from now on.
    Raises AlreadyRunning, SchemaTooNew or another StorageError.
    """
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(only_process(settings.database_url, on_lock_lost))
        db = await stack.enter_async_context(await Database.open(settings.database_url))
        if warning := aging(db):
            log.warning("the SQLite library is old", extra={"version": db.version, "problem": warning})
        await migrate(db)
        shop = Shop(
            db=db,
            panels=await stack.enter_async_context(open_panels(settings)),
            cryptopay=await stack.enter_async_context(open_cryptopay(settings)),
            terms=terms_of(settings),
            shelf=Shelf(),
            epoch=await db.write(next_epoch),
            new_token=partial(secrets.token_urlsafe, _TOKEN_BYTES),
            room=room_of(settings.database_url),
            receipts=await stack.enter_async_context(
                ReceiptFile.opened(receipts_path(settings.database_url, settings.receipts_dir))
            ),
        )
        if restored := await backups.take_in(shop, utc_now()):
            log.critical("the shop stands on a backup; the brake is on until an operator lets go of it")
        await opening.take_up(shop, utc_now, restored=restored)
        # The catalogue stays: a garbage collector that walks it again and again would stall everybody. What an update
        # leaves behind is mostly freed without it, so it may come seldom, and look at the oldest hardly ever.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECT_AFTER)
        yield shop
        try:
            await recovery.close(shop)
        except StorageError:
            log.warning("that this run closed in order cannot be noted", exc_info=True)


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


def telegram_request(settings: Settings) -> BaseRequest:
    """Telegram's wire: aiohttp by default, PTB's own request class where the operator prefers it."""
    inner = HTTPXRequest() if settings.telegram_client == "httpx" else AiohttpRequest()
    return DiscreetRequest(inner, Masks(settings.secrets()))
