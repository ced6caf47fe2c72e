"""The command line: every command of `panelgram`, each a few lines over the room that does the work."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Final

import uvloop
from telegram.error import InvalidToken, NetworkError

from bot import backups, check, config, copying, logs, running
from bot.app import utc_now
from bot.demo import run_demo
from bot.engine.audit import audit_file
from bot.sandbox.cryptopay import CryptoPayConfig, serve_cryptopay
from bot.sandbox.panel import Dialect, PanelConfig, serve_panel
from bot.sandbox.telegram import TelegramConfig, serve_telegram
from bot.transport.intake import TokenTaken
from storage import acts
from storage.database import Database
from storage.errors import StorageError
from storage.migrate import exists

OK: Final = 0
FAILED: Final = 1
BAD_SETTINGS: Final = 2
_SANDBOX_KEY: Final = "sandbox-key"
_SANDBOX_TOKEN: Final = "100001:sandbox-token"  # noqa: S105 - the sandbox takes any token
_SANDBOX_GATEWAY_TOKEN: Final = "10001:sandbox-gateway-token"  # noqa: S105 - of the sandbox alone


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status is returned."""
    # python-telegram-bot gives waits as timedelta, as its next version will anyway, and does not warn of it.
    os.environ.setdefault("PTB_TIMEDELTA", "1")
    options = _parser().parse_args(arguments)
    try:
        status: int = options.command(options)
    except config.BadSettings as error:
        for problem in error.problems:
            _complain(problem)
        return BAD_SETTINGS
    except InvalidToken:
        _complain("BOT_TOKEN: the Bot API does not know this token")  # the library's own text would hold it
        return FAILED
    except (StorageError, TokenTaken, NetworkError, OSError) as error:
        _complain(str(error))
        return FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="panelgram", description="A shop inside Telegram.")
    commands = parser.add_subparsers(required=True, metavar="command")

    demo = commands.add_parser("demo", help="the whole shop in the browser, with nothing to configure")
    demo.add_argument("--port", type=int, default=8080)
    demo.add_argument("--fresh", action="store_true", help="forget the last demo")
    demo.set_defaults(command=_demo)

    commands.add_parser("run", help="the shop, from the environment or .env").set_defaults(command=_run)
    commands.add_parser("check", help="check settings, Telegram, panels and database").set_defaults(command=_check)
    commands.add_parser("audit", help="check every ledger invariant").set_defaults(command=_audit)

    moving = commands.add_parser("copy", help="move a stopped shop to another database, and audit both")
    moving.add_argument("source", metavar="from-url", help="sqlite:///file.db or postgresql://user:password@host/name")
    moving.add_argument("target", metavar="to-url", help="an empty database")
    moving.set_defaults(command=_copy)

    saving = commands.add_parser("backup", help="write the whole shop into a file, also while it runs, and try it")
    saving.add_argument("file", nargs="?", type=Path, help="a name nobody has; by default one with the time in it")
    saving.set_defaults(command=_backup)

    restoring = commands.add_parser("restore", help="put a backup where no shop is, and audit it")
    restoring.add_argument("file", type=Path)
    restoring.add_argument("--to", metavar="URL", help="another place than DATABASE_URL")
    restoring.add_argument("--replace", action="store_true", help="move a stopped shop's file aside")
    restoring.set_defaults(command=_restore)

    panel = commands.add_parser("sandbox-panel", help="a panel to try the shop with")
    panel.add_argument("--port", type=int, required=True)
    panel.add_argument("--dialect", type=Dialect, choices=list(Dialect), default=Dialect.FIXEDMEMBER)
    panel.add_argument("--services", type=int, default=60)
    panel.set_defaults(command=_sandbox_panel)

    telegram = commands.add_parser("sandbox-telegram", help="a Bot API to try the shop with, and its chat page")
    telegram.add_argument("--port", type=int, required=True)
    telegram.set_defaults(command=_sandbox_telegram)

    cryptopay = commands.add_parser("sandbox-cryptopay", help="a gateway Crypto Pay to try the shop with")
    cryptopay.add_argument("--port", type=int, required=True)
    cryptopay.set_defaults(command=_sandbox_cryptopay)
    return parser


def _run(_options: argparse.Namespace) -> int:
    settings = config.load()
    logs.configure(settings.log_level, settings.log_format, settings.secrets())
    _until_stopped(lambda stop: running.run(settings, stop))
    return OK


def _check(_options: argparse.Namespace) -> int:
    settings = config.load()
    logs.configure("ERROR", settings.log_format, settings.secrets())
    results = asyncio.run(check.check(settings))
    _say(check.table(results))
    return OK if all(result.passed for result in results) else FAILED


def _audit(_options: argparse.Namespace) -> int:
    url = config.load_database_url()
    logs.configure("ERROR", "text", config.passwords_of(url))

    async def look() -> int:
        if not await exists(url):
            _complain(f"there is no database at {config.shown_address(url)}")
            return FAILED
        async with await Database.open(url) as db:
            report, broken = await audit_file(db), await db.read(acts.first_broken)
        for violation in report.violations:
            _say(f"{violation.name} violated: {violation.promise}: {', '.join(violation.offenders)}")
        if report.sound:
            _say(f"sound: {', '.join(report.checked)} hold")
        if broken is not None:
            _say(f"acts violated: act {broken} does not fit the seal before it")
        return OK if report.sound and broken is None else FAILED

    return asyncio.run(look())


def _copy(options: argparse.Namespace) -> int:
    addresses = (options.source, options.target)
    for name, url in zip(("from-url", "to-url"), addresses, strict=True):
        try:
            config.database_address(url)
        except ValueError as error:
            raise config.BadSettings([f"{name}: {error}"]) from None
    logs.configure("ERROR", "text", [word for url in addresses for word in config.passwords_of(url)])
    return OK if asyncio.run(copying.copy(*addresses, utc_now(), _say)) else FAILED


def _backup(options: argparse.Namespace) -> int:
    url, now = config.load_database_url(), utc_now()
    logs.configure("ERROR", "text", config.passwords_of(url))
    file = options.file or Path(f"{now:panelgram-%Y-%m-%d-%H%M%S.db}")
    return OK if asyncio.run(backups.save(url, file, now, _say)) else FAILED


def _restore(options: argparse.Namespace) -> int:
    url = options.to or config.load_database_url()
    try:
        config.database_address(url)
    except ValueError as error:
        raise config.BadSettings([f"--to: {error}"]) from None
    logs.configure("ERROR", "text", config.passwords_of(url))
    return OK if asyncio.run(backups.restore(options.file, url, utc_now(), _say, replace=options.replace)) else FAILED


def _demo(options: argparse.Namespace) -> int:
    logs.configure("ERROR", "text", ())
    _until_stopped(lambda stop: run_demo(Path(".demo"), options.port, stop, fresh=options.fresh, say=_say))
    return OK


def _sandbox_panel(options: argparse.Namespace) -> int:
    settings = PanelConfig(name="sandbox", dialect=options.dialect, key=_SANDBOX_KEY, seed=1, services=options.services)

    async def serve(stop: asyncio.Event) -> None:
        async with serve_panel(settings, "127.0.0.1", options.port) as url:
            _say(f"PANELS__SANDBOX__URL={url}/api/v2\nPANELS__SANDBOX__KEY={_SANDBOX_KEY}")
            await stop.wait()

    _until_stopped(serve)
    return OK


def _sandbox_telegram(options: argparse.Namespace) -> int:
    settings = TelegramConfig()

    async def serve(stop: asyncio.Event) -> None:
        async with serve_telegram(settings, "127.0.0.1", options.port) as url:
            operators = ",".join(str(person.id) for person in settings.people if person.role == "operator")
            _say(f"TELEGRAM_API_URL={url}\nBOT_TOKEN={_SANDBOX_TOKEN}\nOPERATOR_IDS={operators}")
            _say(f"# chat page: {url}/")
            await stop.wait()

    _until_stopped(serve)
    return OK


def _sandbox_cryptopay(options: argparse.Namespace) -> int:
    settings = CryptoPayConfig(token=_SANDBOX_GATEWAY_TOKEN)

    async def serve(stop: asyncio.Event) -> None:
        async with serve_cryptopay(settings, "127.0.0.1", options.port) as url:
            _say(f"CRYPTO_PAY_API_URL={url}/api\nCRYPTO_PAY_TOKEN={_SANDBOX_GATEWAY_TOKEN}")
            await stop.wait()

    _until_stopped(serve)
    return OK


def _until_stopped(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP, which ask politely; the work then finishes in its own time."""

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop.set)
        await work(stop)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")
