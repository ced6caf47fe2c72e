"""Row "secrets": the real process at LOG_LEVEL=DEBUG among failures that echo every secret; then all is searched.

What is searched, text by text, which is what the target counts: lines of the log and of whatever commands print, the
fields of every call to the Bot API, what reached the panel beside its key, every value of the database, and the
database's files and every other file the process left, byte by byte.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from prove.echoes import IRIS, Gateway, Panel, Telegram, forms, serving
from prove.row import Share, Tally

#: With everything that is written differently somewhere: slashes, blanks, signs, quotes, letters beyond ASCII.
TOKEN: Final = "7654321:" + "AAmade-up_token-of-nobodys-bot_0123"
KEY: Final = "k3y/+ &\"of' nobody=é" + "s-panel"
PASSWORD: Final = "p4ss+word of nobodys-server"  # noqa: S105 - made up, as the others are
GATEWAY_TOKEN: Final = "31415:" + "AAmade-up_token-of-nobodys-gateway"
SECRETS: Final = (TOKEN, TOKEN.partition(":")[2], KEY, PASSWORD, GATEWAY_TOKEN, GATEWAY_TOKEN.partition(":")[2])
_ORDERS: Final = 10
_DAY_SECONDS: Final = 90.0
_COMMAND_SECONDS: Final = 20.0
_FORMATS: Final = (("text", "aiohttp"), ("json", "httpx"))


def run(share: Share) -> Tally:
    """Text lines and aiohttp in one share, JSON lines and httpx in the other."""
    return asyncio.run(_run(share))


async def _run(share: Share) -> Tally:
    log_format, client = _FORMATS[share.index]
    search = Search()
    panel, telegram, gateway = Panel(KEY), Telegram(TOKEN, _ORDERS), Gateway(GATEWAY_TOKEN)
    async with serving(panel) as panel_url, serving(telegram) as telegram_url, serving(gateway) as gateway_url:
        environment = {
            "BOT_TOKEN": TOKEN, "OPERATOR_IDS": str(IRIS), "TELEGRAM_API_URL": telegram_url, "TELEGRAM_CLIENT": client,
            "PANELS__NORD__URL": f"{panel_url}/api/v2", "PANELS__NORD__KEY": KEY, "LOG_LEVEL": "DEBUG",
            "LOG_FORMAT": log_format, "DATABASE_URL": "sqlite:///shop.db", "STATUS_POLL_SECONDS": "0.2",
            "SETTLE_SECONDS": "0.3", "SHUTDOWN_SECONDS": "2", "CATALOG_REFRESH_SECONDS": "2",
            "CRYPTO_PAY_TOKEN": GATEWAY_TOKEN, "CRYPTO_PAY_API_URL": f"{gateway_url}/api",
        }  # fmt: skip
        status = await _day(share.scratch, environment, telegram, search)
        await _commands(share, environment, search)
    search.texts("what the panel heard", panel.heard)
    search.texts("what the gateway heard", gateway.heard)
    search.texts("what chats were told", telegram.told)
    search.database(share.scratch / "shop.db")
    search.files(share.scratch)
    broken = [f"{hit}; python -m prove secrets --seed {share.seed}" for hit in search.hits]
    broken += [] if status == 0 else [f"the process ended with status {status}"]
    broken += [] if panel.keys <= {KEY} else ["another key than its own reached the panel"]
    failed = (panel.failed, telegram.failed, gateway.failed)
    broken += [] if telegram.over.is_set() and min(failed) > 8 else [
        f"the day was too short to tell anything: {', '.join(map(str, failed))} failures"
    ]  # fmt: skip
    return Tally(search.searched, tuple(broken), {"failures": sum(failed), "kB": search.size // 1024})


class Search:
    """Looks for every form of every secret, and counts what it looked through."""

    def __init__(self, secrets: Sequence[str] = SECRETS) -> None:
        self._needles = {form: secret for secret in secrets for form in forms(secret)}
        self._bytes = {form.encode(): secret for form, secret in self._needles.items()}
        self.searched = 0
        self.size = 0
        self.hits: list[str] = []

    def texts(self, where: str, texts: Iterable[str]) -> None:
        """Search texts, one by one."""
        for text in texts:
            self.searched += 1
            self.size += len(text)
            for form in self._needles:
                if form in text:
                    self._hit(where, form, text)
                    break

    def database(self, path: Path) -> None:
        """Search every value of every table."""
        with closing(sqlite3.connect(path)) as raw:
            for (table,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for row in raw.execute(f"SELECT * FROM {table}"):
                    self.texts(f"table {table}", (str(value) for value in row if value is not None))

    def files(self, folder: Path) -> None:
        """Search every file, byte by byte."""
        for path in sorted(each for each in folder.rglob("*") if each.is_file() and each.name != ".env"):
            data = path.read_bytes()
            self.searched += 1
            self.size += len(data)
            for form in self._bytes:
                if form in data:
                    self._hit(f"file {path.name}", form.decode(), "")
                    break

    def _hit(self, where: str, form: str, text: str) -> None:
        number = SECRETS.index(self._needles[form]) if self._needles[form] in SECRETS else 0
        around = text.replace(form, "[HERE]")
        for other in self._needles:
            around = around.replace(other, "[...]")
        place = around.find("[HERE]")
        self.hits.append(f"secret {number} in {where}: …{around[max(0, place - 90) : place + 60]!r}")


async def _day(folder: Path, environment: Mapping[str, str], telegram: Telegram, search: Search) -> int:
    """Run the shop until its people did everything, then stop it politely; its status."""
    log = folder / "log"
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", cwd=folder, env=_with(environment), stdout=file, stderr=file
        )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DAY_SECONDS):
                await telegram.over.wait()
                await _until_poisoned(folder / "shop.db")
        search.texts("the process list", [Path(f"/proc/{process.pid}/cmdline").read_text(errors="replace")])
        process.send_signal(signal.SIGTERM)
        status = await process.wait()
    search.texts("the log", log.read_text(errors="replace").splitlines())
    log.unlink()
    return status


async def _until_poisoned(path: Path) -> None:
    """Wait until the update nobody can read was given up: its traceback is among what is searched."""
    while True:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as raw:
            if raw.execute("SELECT 1 FROM inbox WHERE state = 'poison'").fetchone():
                return
        await asyncio.sleep(0.2)


async def _commands(share: Share, environment: Mapping[str, str], search: Search) -> None:
    """Everything that fails at once: settings that cannot be, a port that is taken, a file that is no database."""
    folder = share.scratch
    (folder / "rubbish.db").write_bytes(b"this is no database" * 400)
    server = f"postgresql://shop:{PASSWORD.replace('+', '%2B').replace(' ', '%20')}@127.0.0.1:9/shop"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        changes = list(_mishaps(server, taken.getsockname()[1]))[share.index :: len(_FORMATS)]
        for start in range(0, len(changes), 2):
            await asyncio.gather(
                *(_command(folder, words, {**environment, **c}, search) for words, c in changes[start : start + 2])
            )


def _mishaps(server: str, port: int) -> Iterator[tuple[Sequence[str], Mapping[str, str]]]:
    yield ["check"], {}
    yield ["run"], {"DATABASE_URL": server}
    yield ["audit"], {"DATABASE_URL": server}
    yield ["copy", server, "sqlite:///copy.db"], {}
    yield ["run"], {"WEB_LISTEN": f"127.0.0.1:{port}"}
    yield ["run"], {"DATABASE_URL": "sqlite:///rubbish.db"}
    yield ["run"], {"BOT_TOKEN": f"{TOKEN}/{KEY}", "OPERATOR_IDS": KEY}
    yield ["check"], {"PANELS__NORD__URL": f"https://{TOKEN.replace(':', '-')}:x@panel.example/"}
    yield ["run"], {"PANELS__NORD__COLOUR": KEY, "PANELS__NORD__CANCEL": TOKEN, "LOG_LEVEL": TOKEN}
    yield ["run"], {"DATABASE_URL": f"mysql://shop:{PASSWORD}@127.0.0.1/shop", "EXCHANGE_RATES__EUR": KEY}


async def _command(folder: Path, words: Sequence[str], environment: Mapping[str, str], search: Search) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, cwd=folder, env=_with(environment),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_COMMAND_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        said, _ = await process.communicate()
    what = f"panelgram {words[0]}"
    search.texts(what, said.decode(errors="replace").splitlines() or [""])
    if process.returncode == 0:
        search.hits.append(f"{what} did not fail as it was meant to")


def _with(environment: Mapping[str, str]) -> dict[str, str]:
    home = str(Path(__file__).parent.parent)
    return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": home, "PYTHONUNBUFFERED": "1", **environment}
