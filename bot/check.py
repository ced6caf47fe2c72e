"""`panelgram check`: settings, Bot API, panels and database, tried one by one and shown as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot import app
from bot.config import Settings, shown_address
from bot.panels.client import PanelClient
from bot.panels.errors import PanelError
from bot.payments.cryptopay import CryptoPay
from bot.payments.errors import GatewayError
from storage.damage import aging
from storage.database import Database
from storage.errors import StorageError
from storage.migrate import migrate


@dataclass(frozen=True, slots=True)
class Result:
    """One thing tried."""

    what: str
    passed: bool
    detail: str


async def check(settings: Settings) -> list[Result]:
    """Try everything the shop stands on; nothing is changed but the database's schema."""
    results = [Result("settings", passed=True, detail=f"{len(settings.panels)} panel(s)")]
    results.append(await _telegram(settings))
    async with app.open_panels(settings) as panels:
        for client in panels.values():
            results.append(await _panel(client))  # noqa: PERF401 - one after another, so that the table tells a story
    async with app.open_cryptopay(settings) as gateway:
        if gateway is not None:
            results.append(await _cryptopay(gateway, settings.currency))
    results.append(await _database(settings))
    return results


def table(results: Sequence[Result]) -> str:
    """The results as aligned lines."""
    width = max(len(result.what) for result in results)
    return "\n".join(f"{'ok  ' if r.passed else 'FAIL'}  {r.what:<{width}}  {r.detail}" for r in results)


async def _telegram(settings: Settings) -> Result:
    host = urlsplit(settings.telegram_api_url).netloc
    what = f"Bot API {host}"
    calls, polls = app.telegram_request(settings), app.telegram_request(settings)
    bot = Bot(
        settings.bot_token.get_secret_value(), f"{settings.telegram_api_url}/bot", request=calls,
        get_updates_request=polls,
    )  # fmt: skip
    try:
        async with calls, polls, bot:
            return Result(what, passed=True, detail=f"@{bot.username}")
    except InvalidToken:
        return Result(what, passed=False, detail="the token is not known there")
    except TelegramError as error:
        return Result(what, passed=False, detail=str(error))


async def _panel(client: PanelClient) -> Result:
    what = f"panel {client.name}"
    try:
        balance = await client.balance()
        answer = await client.services()
    except PanelError as error:
        return Result(what, passed=False, detail=str(error))
    detail = f"balance {balance.amount} {balance.currency}, {len(answer.services)} services"
    return Result(what, passed=True, detail=detail)


async def _cryptopay(gateway: CryptoPay, currency: str) -> Result:
    try:
        owner, known = await gateway.me(), await gateway.currencies()
    except GatewayError as error:
        return Result("Crypto Pay", passed=False, detail=str(error))
    if currency not in {each.code for each in known if each.is_fiat}:
        return Result("Crypto Pay", passed=False, detail=f"it makes no invoices in {currency}")
    return Result("Crypto Pay", passed=True, detail=f"app {owner.app_id} {owner.name}".rstrip())


async def _database(settings: Settings) -> Result:
    what = f"database {shown_address(settings.database_url)}"
    try:
        async with await Database.open(settings.database_url) as db:
            await migrate(db)
    except StorageError as error:
        return Result(what, passed=False, detail=str(error))
    warning = aging(db)
    return Result(what, passed=True, detail=f"{db.version}{f' ({warning})' if warning else ''}, schema up to date")
