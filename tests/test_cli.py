"""The command line from outside: exit statuses, readable lines, signals, and no secret anywhere."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.cli import main
from tests.journeys.kit import Street, free_port, open_for_business, street
from tests.journeys.shopping import LINK, eventually, market, next_answer, plant_in, stocked
from tests.kit import IRIS, MINA

TOKEN, PANEL_KEY = "123456:a-token-nobody-may-read", "a-key-nobody-may-read"
GOOD = {
    "BOT_TOKEN": TOKEN,
    "OPERATOR_IDS": "9001",
    "PANELS__MAIN__URL": "https://panel.example/api/v2",
    "PANELS__MAIN__KEY": PANEL_KEY,
}
PATIENCE_SECONDS = 30


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `.env` but the test's own, and no setting of whoever runs it."""
    monkeypatch.chdir(tmp_path)


# Settings -----------------------------------------------------------------------------------------

BAD: tuple[tuple[dict[str, str], Sequence[str]], ...] = (
    ({"BOT_TOKEN": ""}, ["BOT_TOKEN: is required"]),
    ({"BOT_TOKEN": "no-token"}, ["BOT_TOKEN: must look like 123456:ABC-DEF"]),
    ({"OPERATOR_IDS": "iris"}, ["OPERATOR_IDS: must be numeric Telegram ids"]),
    ({"PANELS__MAIN__URL": "http://panel.example/api/v2"}, ["PANELS__MAIN__URL: must be https://"]),
    ({"PANELS__MAIN__URL": "https://user:s3cret@panel.example/"}, ["PANELS__MAIN__URL: must not carry a user name"]),
    ({"PANELS__MAIN__KEY": ""}, ["PANELS__MAIN__KEY: is required"]),
    ({"PANELS__MAIN__COLOUR": "blue"}, ["PANELS__MAIN__COLOUR: "]),
    ({"DATABASE_URL": "mysql://root:s3cret@localhost/shop"}, ["DATABASE_URL: must be sqlite:///"]),
    ({"MONEY_DECIMALS": "7"}, ["MONEY_DECIMALS: "]),
    ({"STATUS_POLL_SECONDS": "soon"}, ["STATUS_POLL_SECONDS: "]),
    ({"MARKUP_PERCENT": "-1", "LOG_LEVEL": "loud"}, ["LOG_LEVEL: ", "MARKUP_PERCENT: "]),
    ({"EXCHANGE_RATES__EUR": "0"}, ["EXCHANGE_RATES__EUR: "]),
    ({"WEB_LISTEN": "everywhere"}, ["WEB_LISTEN: "]),
)


@pytest.mark.parametrize(
    ("change", "lines"), BAD, ids=["+".join(change) + f"-{n}" for n, (change, _) in enumerate(BAD)]
)
@pytest.mark.parametrize("command", ["run", "check"])
def test_bad_settings_end_in_one_readable_line_for_each_key(
    command: str,
    change: dict[str, str],
    lines: Sequence[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for key, value in {**GOOD, **change}.items():
        monkeypatch.setenv(key, value)
    assert main([command]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    complaints = said.err.splitlines()
    assert len(complaints) == len(lines)
    assert all(complaint.startswith(line) for complaint, line in zip(complaints, lines, strict=True))
    for secret in (TOKEN, PANEL_KEY, "s3cret", "no-token"):
        assert secret not in said.err


def test_without_any_settings_every_needed_key_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "BOT_TOKEN: is required", "OPERATOR_IDS: is required", "PANELS: is required",
    ]  # fmt: skip


def test_a_dot_env_file_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text("\n".join(f"{key}={value}" for key, value in GOOD.items()) + "\nMONEY_DECIMALS=9\n")
    assert main(["run"]) == 2
    assert capsys.readouterr().err.startswith("MONEY_DECIMALS: ")
    monkeypatch.setenv("MONEY_DECIMALS", "2")
    monkeypatch.setenv("OPERATOR_IDS", "nobody")
    assert main(["run"]) == 2
    assert capsys.readouterr().err.startswith("OPERATOR_IDS: ")


# Audit --------------------------------------------------------------------------------------------


async def _audit(database_url: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("DATABASE_URL", database_url)
    return await asyncio.to_thread(main, ["audit"])


async def test_an_audit_says_which_promises_hold_also_while_the_shop_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with market(tmp_path) as open_shop:
        await open_shop.active()
        assert await _audit(open_shop.settings.database_url, monkeypatch) == 0
        running = capsys.readouterr().out
        await open_shop.close()
        assert await _audit(open_shop.settings.database_url, monkeypatch) == 0
        assert capsys.readouterr().out == running
        assert running.startswith("sound: L1, ")


async def test_an_audit_names_what_was_violated_and_by_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with street(tmp_path) as place:
        made, _ = await stocked(place)
        stolen = f"user:{MINA}:available"
        await plant_in(made.database_url, "UPDATE accounts SET balance = balance + 1 WHERE id = $1", stolen)
        assert await _audit(made.database_url, monkeypatch) == 1
        said = capsys.readouterr().out
        assert "violated: " in said
        assert stolen in said


async def test_an_audit_names_the_act_somebody_tampered_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with street(tmp_path) as place:
        made, _ = await stocked(place)
        assert await _audit(made.database_url, monkeypatch) == 0
        forged = "INSERT INTO acts (id, actor, act, object, detail, at, seal) VALUES (7, '1', 'ban', $1, '', 1, 'none')"
        await plant_in(made.database_url, forged, f"customer {MINA}")
        assert await _audit(made.database_url, monkeypatch) == 1
        assert "act 7 does not fit" in capsys.readouterr().out


async def test_an_audit_of_nothing_says_so_and_makes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await _audit(f"sqlite:///{tmp_path / 'none.db'}", monkeypatch) == 1
    assert "there is no database" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# Processes ----------------------------------------------------------------------------------------


async def start(*arguments: str, **environment: str) -> Process:
    """The program as a process of its own, in the current folder."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments, stdout=PIPE, stderr=PIPE, env={**os.environ, **environment}
    )


async def ended(process: Process) -> tuple[int, str, str]:
    """Exit status, standard output and standard error, once it has ended by itself."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@asynccontextmanager
async def running(*arguments: str, **environment: str) -> AsyncIterator[Process]:
    """The same while the context lasts."""
    process = await start(*arguments, **environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def said(process: Process, lines: int) -> list[str]:
    """The first lines it prints."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [(await process.stdout.readline()).decode().strip() for _ in range(lines)]


def crashed(text: str) -> bool:
    """Whether a traceback was shown; a slow machine may make the bot's own calls time out, which it logs as one."""
    return "Traceback" in text and "TimedOut" not in text


def settings_of(lines: Sequence[str]) -> dict[str, str]:
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


async def test_all_sandboxes_print_settings_with_which_everything_is_found_to_work(tmp_path: Path) -> None:
    panel = ("sandbox-panel", "--port", free_port(), "--dialect", "markenets", "--services", "25")
    telegram, gateway = (("sandbox-" + name, "--port", free_port()) for name in ("telegram", "cryptopay"))
    async with running(*panel) as one, running(*telegram) as two, running(*gateway) as three:
        printed = {**settings_of(await said(one, 2)), **settings_of(await said(two, 3))}
        printed |= settings_of(await said(three, 2))
        assert set(printed) == {
            "PANELS__SANDBOX__URL", "PANELS__SANDBOX__KEY", "TELEGRAM_API_URL", "BOT_TOKEN", "OPERATOR_IDS",
            "CRYPTO_PAY_API_URL", "CRYPTO_PAY_TOKEN",
        }  # fmt: skip
        code, out, err = await ended(await start("check", **printed))
        assert (code, err) == (0, "")
        table = out.splitlines()
        assert [line.split()[0] for line in table] == ["ok"] * len(table)
        for fact in (
            "settings",
            "Bot API 127.0.0.1",
            "panel sandbox",
            "25 services",
            "100.00 USD",
            "Crypto Pay",
            "database",
        ):
            assert fact in out
        for secret in (printed["PANELS__SANDBOX__KEY"], printed["BOT_TOKEN"], printed["CRYPTO_PAY_TOKEN"]):
            assert secret not in out
        for process in (one, two, three):
            process.send_signal(signal.SIGINT)
            assert (await ended(process))[0] == 0


async def test_a_check_that_fails_says_what_and_why_for_each_thing(tmp_path: Path) -> None:
    async with street(tmp_path) as place:
        (tmp_path / "shop.db").write_text("this is no database, and is longer than a header of one hundred bytes" * 9)
        nobody = f"http://127.0.0.1:{free_port()}"
        wrong = place.environment(PANELS__FIXEDMEMBER__KEY="another-key-nobody-may-read", TELEGRAM_API_URL=nobody)
        code, out, err = await ended(await start("check", **wrong))
        assert code == 1, err
        results = {line.split()[1]: line for line in out.splitlines()}
        assert results["settings"].startswith("ok")
        for what in ("Bot", "panel", "database"):
            assert results[what].startswith("FAIL"), out
        assert "another-key" not in out
        assert err == ""


@asynccontextmanager
async def open_process(folder: Path, **environment: str) -> AsyncIterator[tuple[Street, Process, dict[str, str]]]:
    """`panelgram run` between sandboxes, answering."""
    async with street(folder) as place, place.phone(MINA) as mina:
        settings = place.environment(**environment)
        async with running("run", **settings) as process:
            await next_answer(mina, "/start")
            yield place, process, settings


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_running_shop_stops_when_it_is_asked_to(how: signal.Signals, tmp_path: Path) -> None:
    async with open_process(tmp_path) as (_, process, _settings):
        process.send_signal(how)
        code, _, err = await ended(process)
        assert code == 0
        assert not crashed(err), err


async def test_a_shop_that_is_asked_to_stop_does_not_wait_for_a_panel_that_hangs(tmp_path: Path) -> None:
    """It waits SHUTDOWN_SECONDS, here one, and writes down that nobody can tell."""
    async with street(tmp_path) as place:
        made, offers = await stocked(place)
        async with place.phone(MINA) as mina, running("run", **place.environment()) as process:
            await place.panel.fault("add", "hang")
            await _buy(mina, offers)
            await eventually(lambda: place.requests(place.panel, "add"))
            process.send_signal(signal.SIGTERM)
            assert (await ended(process))[0] == 0
        async with open_for_business(made), place.phone(MINA) as again:
            await again.sees("Checking", LINK)


async def _buy(mina: Any, offers: Sequence[Any]) -> None:
    offer = next(o for o in offers if o.for_sale and o.service.type == "package")
    menu = await next_answer(mina, "/start")
    await mina.press_data(menu, f"o:{offer.number}")
    await mina.sees("Send the link")
    await mina.press("Confirm", await next_answer(mina, LINK))
    await mina.sees("Order #1")


async def test_a_second_process_on_the_same_database_refuses_to_start(tmp_path: Path) -> None:
    async with open_process(tmp_path) as (_, first, settings):
        code, out, err = await ended(await start("run", **settings))
        assert code == 1
        assert err.splitlines()[-1].startswith("another process already works on this database")
        assert not crashed(out + err), err
        assert first.returncode is None


async def test_two_bots_on_one_token_do_not_share_it_one_ends_and_says_why(tmp_path: Path) -> None:
    """Telegram lets the newer one fetch and tells the other."""
    async with open_process(tmp_path) as (place, first, settings), place.phone(IRIS) as iris:
        other = {**settings, "DATABASE_URL": f"sqlite:///{tmp_path / 'other.db'}"}
        async with running("run", **other):
            code, out, err = await ended(first)
            assert code == 1
            assert "only one bot instance" in err.splitlines()[-1]
            assert not crashed(out + err), err
            assert "Balance:" in (await next_answer(iris, "/start")).text


async def test_a_shop_that_runs_keeps_its_token_from_one_that_comes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.running._NEWCOMER_SECONDS", -1.0)
    async with street(tmp_path) as place, open_for_business(place.settings()), place.phone(IRIS) as iris:
        await next_answer(iris, "/start")
        other = place.environment(DATABASE_URL=f"sqlite:///{tmp_path / 'other.db'}")
        code, out, err = await ended(await start("run", **other))
        assert code == 1
        assert "only one bot instance" in err.splitlines()[-1]
        assert not crashed(out + err), err
        assert "Balance:" in (await next_answer(iris, "/start")).text


async def test_a_shop_that_cannot_reach_telegram_says_so_and_goes_on_trying(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    async with street(tmp_path) as place:
        process = await start("run", **place.environment(TELEGRAM_API_URL=nobody))
        assert process.stderr is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            while b"Telegram cannot be reached" not in (line := await process.stderr.readline()):
                assert line, "it ended"
        assert process.returncode is None
        process.send_signal(signal.SIGTERM)
        code, out, err = await ended(process)
        assert code == 0
        assert not crashed(out + err), err


# Demo ---------------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_the_demo_opens_a_shop_that_can_be_killed_and_started_and_remembers(tmp_path: Path) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    for deaths in (("kill", False), ("start", True)), ():
        async with running("demo", "--port", port) as demo, aiohttp.ClientSession() as http:
            assert f"{base}/" in (await said(demo, 1))[0]
            place = Street(base, {}, tmp_path / ".demo" / "shop.db", http)
            async with place.phone(MINA) as mina:
                said_at = await mina.say("/start")
                await mina.sees("Balance: 10.00 USD", after=said_at)
                for act, alive in deaths:
                    async with http.post(f"{base}/drawer/bot/{act}") as answer:
                        assert (await answer.json())["running"] is alive
                said_at = await mina.say("/wallet")
                wallet = await mina.sees("Wallet", "Balance: 10.00 USD", after=said_at)
                assert wallet.text.count("a start for the demo") == 1
            async with http.get(f"{base}/drawer") as answer:
                assert len((await answer.json())["panels"]) == 3
            demo.send_signal(signal.SIGINT)
            code, out, err = await ended(demo)
            assert code == 0, err
            assert not crashed(out + err), err
