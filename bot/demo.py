"""`panelgram demo`: the whole shop with nothing to configure, the real bot between sandboxes."""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from bot import app
from bot.config import PanelSettings, Settings
from bot.domain.money import MICROS_PER_UNIT, Money
from bot.domain.topups import Gateway
from bot.engine import customers, desk, ways
from bot.sandbox.cryptopay import CryptoPayConfig, create_cryptopay
from bot.sandbox.panel import Dialect, PanelConfig, create_panel
from bot.sandbox.telegram import Drawer, PanelLink, TelegramConfig, create_telegram, serve_application

_TOKEN: Final = "100001:demo-token"  # noqa: S105 - the sandbox takes any token
_KEY: Final = "demo-key"
_GATEWAY_TOKEN: Final = "10001:demo-gateway-token"  # noqa: S105 - of the sandbox alone
_WEBHOOK: Final = "/cryptopay/demo"
_START_BALANCE: Final = Money(10 * MICROS_PER_UNIT)
#: The keys of what is seeded: the same demo is never seeded twice.
_SEED_UPDATE, _TOLD_UPDATE, _TURNED_UPDATE, _TURNED_CRYPTO_UPDATE = 0, -1, -2, -3
#: A bank that is none, for paying by hand.
_INSTRUCTIONS: Final = (
    "Transfer it to <b>Panelgram Demo</b>\nNordbank, account <code>0000 1234 5678</code>\n"
    "<i>(a made-up bank: nothing is paid)</i>"
)
_STOP_SECONDS: Final = 10
#: PR_SET_PDEATHSIG of Linux's prctl(2).
_SET_PARENT_DEATH_SIGNAL: Final = 1


class BotProcess:
    """The bot as a process of its own, so that it can be killed and started again for real."""

    def __init__(self, environment: Mapping[str, str], log_file: Path) -> None:
        self._environment = environment
        self._log_file = log_file
        self._process: Process | None = None

    async def start(self) -> None:
        """Start it unless it runs."""
        if await self.running():
            return
        with self._log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", stdout=log, stderr=log, env={**os.environ, **self._environment},
                start_new_session=True, preexec_fn=_go_with_the_demo if sys.platform == "linux" else None,
            )  # fmt: skip

    async def stop(self) -> None:
        """Ask it to stop, and wait."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """Kill it on the spot."""
        await self._end(signal.SIGKILL)

    async def running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.returncode is None

    async def _end(self, how: signal.Signals) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(how)
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


def _go_with_the_demo() -> None:
    """Have Linux stop this process when the demo dies, however it dies: an orphan would keep the database locked."""
    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)


async def run_demo(home: Path, port: int, stop: asyncio.Event, *, fresh: bool, say: Callable[[str], None]) -> None:
    """Serve the demo at a loopback port until `stop` is set; everything it keeps lives in `home`."""
    if fresh:
        shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700, exist_ok=True)
    base = f"http://127.0.0.1:{port}"
    environment = demo_environment(base, home)
    bot = BotProcess(environment, home / "bot.log")
    panels = tuple(PanelLink(dialect.value, f"/panels/{dialect.value}") for dialect in Dialect)
    drawer = Drawer(kill=bot.kill, stop=bot.stop, start=bot.start, running=bot.running, panels=panels)
    site = create_telegram(TelegramConfig(drawer=drawer, memory=home / "telegram.json"))
    for seed, dialect in enumerate(Dialect, 1):
        memory = home / f"panel-{dialect.value}.json"
        panel = PanelConfig(name=dialect.value, dialect=dialect, key=_KEY, seed=seed, memory=memory)
        site.add_subapp(f"/panels/{dialect.value}", create_panel(panel))
    webhook = f"http://{environment['WEB_LISTEN']}{_WEBHOOK}"
    gateway = CryptoPayConfig(_GATEWAY_TOKEN, "Panelgram demo", webhook=webhook, memory=home / "cryptopay.json")
    site.add_subapp("/cryptopay", create_cryptopay(gateway))
    async with serve_application(site, "127.0.0.1", port):
        await _seed(environment)
        await bot.start()
        say(f"Panelgram demo: open {base}/ in a browser. Ctrl-C stops it. The bot's log: {home / 'bot.log'}")
        try:
            await stop.wait()
        finally:
            await bot.stop()


def demo_environment(base: str, home: Path) -> dict[str, str]:
    """The settings of the demo's bot, as `panelgram run` reads them."""
    panels = {}
    for dialect in Dialect:
        panels[f"PANELS__{dialect.value.upper()}__URL"] = f"{base}/panels/{dialect.value}/api/v2"
        panels[f"PANELS__{dialect.value.upper()}__KEY"] = _KEY
    return {
        "BOT_TOKEN": _TOKEN,
        "OPERATOR_IDS": ",".join(str(p.id) for p in TelegramConfig().people if p.role == "operator"),
        "TELEGRAM_API_URL": base,
        "DATABASE_URL": f"sqlite:///{(home / 'shop.db').resolve()}",
        "STATUS_POLL_SECONDS": "1",
        "SETTLE_SECONDS": "5",
        "CATALOG_REFRESH_SECONDS": "30",
        "CRYPTO_PAY_TOKEN": _GATEWAY_TOKEN,
        "CRYPTO_PAY_API_URL": f"{base}/cryptopay/api",
        "CRYPTO_PAY_WEBHOOK": _WEBHOOK,
        "WEB_LISTEN": f"127.0.0.1:{_free_port()}",
        **panels,
    }


def _free_port() -> int:
    """Where the bot's own site is to be; nobody listens there now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _seed(environment: Mapping[str, str]) -> None:
    """The first customer starts with 10.00, a second one with nothing; every way of paying in is on."""
    first, operator = TelegramConfig().people[0], TelegramConfig().people[-1]
    async with app.open_shop(_settings(environment)) as shop:
        now = app.utc_now()
        await customers.greet(shop, first.id, first.first_name, first.username, first.language_code, now)
        await desk.move_money(
            shop, _SEED_UPDATE, operator.id, first.id, _START_BALANCE, "a start for the demo", now, credit=True
        )
        await ways.set_instructions(shop, _INSTRUCTIONS, operator.id, _TOLD_UPDATE, now)
        await ways.set_way(shop, Gateway.BY_HAND, operator.id, _TURNED_UPDATE, now, on=True)
        await ways.set_way(shop, Gateway.CRYPTOPAY, operator.id, _TURNED_CRYPTO_UPDATE, now, on=True)


def _settings(environment: Mapping[str, str]) -> Settings:
    names = {dialect.value for dialect in Dialect}
    return Settings.model_validate(
        {
            "bot_token": environment["BOT_TOKEN"],
            "operator_ids": environment["OPERATOR_IDS"],
            "database_url": environment["DATABASE_URL"],
            "crypto_pay_token": environment["CRYPTO_PAY_TOKEN"],
            "crypto_pay_api_url": environment["CRYPTO_PAY_API_URL"],
            "panels": {
                name: PanelSettings(url=environment[f"PANELS__{name.upper()}__URL"], key=_KEY) for name in names
            },
        }
    )
