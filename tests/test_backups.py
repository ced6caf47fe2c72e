"""`panelgram backup` and `restore`: made while the shop runs, tried, and never sent again from what was waiting."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot import backups, cli
from bot.domain.errors import QuoteGone, StillBroken
from bot.domain.orders import OrderState
from bot.engine import backups as engine_backups
from bot.engine import brake, ordering, recovery
from bot.engine.audit import audit
from bot.engine.brake import RESTORED
from bot.panels.outcomes import Placed
from bot.wire.reasons import HttpFacts
from storage import outbox
from storage.backups import taken_at
from storage.database import Database, Kind
from storage.errors import AlreadyRunning, NotEmpty, StorageError
from storage.locks import only_process
from storage.numbering import last_numbers
from tests import databases
from tests.engine.workshop import LIKES, NORD, TERMS, Workshop, open_shop, workshop
from tests.kit import IRIS, MINA, START, Clock
from tests.test_copying import everything, lived_in, standing_on

KINDS = pytest.mark.parametrize("kind", list(Kind))


@pytest.fixture(autouse=True)
def _both_at_hand() -> object:
    with databases.standing_on(Kind.SQLITE):
        yield


async def saved(url: str, file: Path) -> list[str]:
    said: list[str] = []
    assert await backups.save(url, file, START, said.append)
    return said


async def restored(file: Path, url: str, *, replace: bool = False) -> list[str]:
    said: list[str] = []
    assert await backups.restore(file, url, START, said.append, replace=replace)
    return said


async def reopened(url: str) -> tuple[Database, Workshop]:
    """What a start does with a shop's database, short of the panels."""
    db = await Database.open(url)
    shop = await open_shop(db, TERMS)
    bench = Workshop(shop, {}, Clock())
    await engine_backups.take_in(shop, bench.clock())
    await recovery.recover(shop, bench.clock())
    return db, bench


def address(file: Path) -> str:
    return f"sqlite:///{file}"


# Writing ------------------------------------------------------------------------------------------


@KINDS
async def test_a_backup_holds_everything_in_one_file_for_its_owner_s_eyes(tmp_path: Path, kind: Kind) -> None:
    url, file = await lived_in(tmp_path / "shop", kind), tmp_path / "copy.db"
    rows, numbers = await everything(url)
    said = await saved(url, file)
    assert "sound: L1" in said[-1]
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.db"]
    found, found_numbers = await everything(address(file))
    marks = found.pop("switches"), rows.pop("switches")
    assert found == rows
    assert found_numbers == numbers
    assert len(marks[0]) == len(marks[1]) + 1
    assert await everything(url) == (rows | {"switches": marks[1]}, numbers)


@KINDS
async def test_a_backup_is_one_moment_of_a_shop_that_goes_on_selling(tmp_path: Path, kind: Kind) -> None:
    with standing_on(kind):
        folder = tmp_path / "shop"
        folder.mkdir()
        async with workshop(folder) as bench:
            await bench.customer("1000")
            stop, links = asyncio.Event(), itertools.count()

            async def sell() -> None:
                while not stop.is_set():
                    await bench.order(bench.number(LIKES), link=f"https://framely.example/{next(links)}")

            async with asyncio.TaskGroup() as group:
                group.create_task(sell())
                for n in range(3):
                    report = await engine_backups.back_up(bench.shop.db, tmp_path / f"{n}.db", bench.clock())
                    assert report.sound
                stop.set()
            assert next(links) > 0
            await bench.sound()


async def test_nothing_is_overwritten_and_a_failure_leaves_no_half_of_a_file(tmp_path: Path) -> None:
    url, file = await lived_in(tmp_path / "shop", Kind.SQLITE), tmp_path / "copy.db"
    file.write_text("mine")
    with pytest.raises(NotEmpty):
        await saved(url, file)
    assert file.read_text() == "mine"
    with pytest.raises(StorageError):
        await saved(url, tmp_path / "no such folder" / "copy.db")
    with pytest.raises(StorageError):
        await saved(address(tmp_path / "nobody.db"), tmp_path / "other.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "shop"]


async def test_a_backup_of_a_broken_ledger_says_so(tmp_path: Path) -> None:
    url = await lived_in(tmp_path / "shop", Kind.SQLITE)
    databases.change_behind(tmp_path / "shop", "UPDATE accounts SET balance = balance + 1 WHERE id = 'sys:revenue'")
    said: list[str] = []
    assert not await backups.save(url, tmp_path / "copy.db", START, said.append)
    assert "violated: L1" in said[-1]


# Restoring ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "target"), [(one, other) for one in Kind for other in Kind])
async def test_a_backup_comes_back_whole_on_either_database(tmp_path: Path, source: Kind, target: Kind) -> None:
    url, file = await lived_in(tmp_path / "shop", source), tmp_path / "copy.db"
    rows, numbers = await everything(url)
    await saved(url, file)
    place = databases.empty(tmp_path, Kind.POSTGRES) if target is Kind.POSTGRES else address(tmp_path / "new.db")
    said = await restored(file, place)
    assert "sound: L1" in said[0]
    found, found_numbers = await everything(place)
    assert {**found, "switches": rows["switches"]} == rows
    assert numbers.items() <= found_numbers.items()
    async with await Database.open(place) as db:
        assert await taken_at(db) is not None


async def test_a_shop_is_never_restored_over_unless_it_is_moved_aside_and_stopped(tmp_path: Path) -> None:
    url, file = await lived_in(tmp_path / "shop", Kind.SQLITE), tmp_path / "copy.db"
    before = await everything(url)
    await saved(url, file)
    with pytest.raises(NotEmpty):
        await restored(file, url)
    async with only_process(url, lambda: None):
        with pytest.raises(AlreadyRunning):
            await restored(file, url, replace=True)
    assert await everything(url) == before
    said = await restored(file, url, replace=True)
    (aside,) = (tmp_path / "shop").glob("*.before-20*[0-9]")
    assert str(aside) in said[0]
    assert await everything(address(aside)) == before


async def test_what_is_no_backup_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear all, " * 100)
    for file in (tmp_path / "letter.txt", tmp_path / "nothing.db"):
        with pytest.raises(StorageError, match=file.name):
            await restored(file, address(tmp_path / "new.db"))
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".lock") == ["letter.txt"]


async def test_a_server_s_database_is_not_moved_aside(tmp_path: Path) -> None:
    url, file = await lived_in(tmp_path / "shop", Kind.SQLITE), tmp_path / "copy.db"
    await saved(url, file)
    with pytest.raises(StorageError, match="name an empty one"):
        await restored(file, databases.empty(tmp_path, Kind.POSTGRES), replace=True)


# The first start on a backup ----------------------------------------------------------------------


@KINDS
async def test_what_waited_is_not_sent_again_for_it_may_have_been_since(tmp_path: Path, kind: Kind) -> None:
    folder, file = tmp_path / "shop", tmp_path / "copy.db"
    folder.mkdir()
    with standing_on(kind):
        async with workshop(folder) as bench:
            await bench.customer("100")
            sent = await bench.sent(quantity="1000")
            waiting = await bench.order(bench.number(LIKES), link="https://framely.example/2")
            open_quote = await bench.quote(bench.number(LIKES), link="https://framely.example/3")
            numbers = await last_numbers(bench.shop.db)
            await engine_backups.back_up(bench.shop.db, file, bench.clock())
            claimed = await bench.claim()  # after the backup it is sent, and the panel takes it
            await bench.record(claimed, Placed("70999", HttpFacts(200)))
    place = address(tmp_path / "new.db")
    await restored(file, place)
    db, bench = await reopened(place)
    try:
        assert (await bench.read(waiting.id)).state is OrderState.UNKNOWN
        assert (await bench.read(sent.id)).state is OrderState.ACTIVE
        assert await bench.try_claim() is None
        assert (await last_numbers(db))["orders"] == numbers["orders"] + 1000
        with pytest.raises(QuoteGone):
            await ordering.place_order(bench.shop, open_quote.token, MINA, None, bench.clock())
        known = await db.read(brake.facts)
        assert known is not None
        assert [each.invariant for each in known.broken] == [RESTORED]
        alerts = {a.alert.kind.value: a.alert.facts for a in await db.read(outbox.open_alerts)}
        assert f"{NORD}: {sent.upstream_id}, 100 USD" in str(alerts["restored"]["detail"])
        assert "order-unknown" in alerts
        with pytest.raises(StillBroken):
            await brake.let_go(bench.shop, IRIS, bench.clock())
        assert await brake.let_go(bench.shop, IRIS, bench.clock(), "compared")
        assert not await engine_backups.take_in(bench.shop, bench.clock())
        assert (await audit(db)).sound
    finally:
        await db.close()


async def test_a_backup_that_is_opened_in_place_is_known_for_one(tmp_path: Path) -> None:
    url, file = await lived_in(tmp_path / "shop", Kind.SQLITE), tmp_path / "copy.db"
    await saved(url, file)
    db, bench = await reopened(address(file))
    async with db:
        assert await db.read(brake.engaged)
        await bench.sound()


async def test_an_ordinary_start_takes_nothing_in(tmp_path: Path) -> None:
    url = await lived_in(tmp_path / "shop", Kind.SQLITE)
    before = await everything(url)
    async with await Database.open(url) as db:
        bench = Workshop(await open_shop(db, TERMS), {}, Clock())
        assert not await engine_backups.take_in(bench.shop, bench.clock())
    after = await everything(url)
    assert {**after[0], "instance": None} == {**before[0], "instance": None}


# Every day ----------------------------------------------------------------------------------------


async def test_a_backup_a_day_is_made_tried_and_seven_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    async with workshop(tmp_path) as bench:
        await bench.customer("10")
        folder.mkdir(mode=0o700)
        (folder / "panelgram-mine.db").touch()  # nobody else's files are counted, or let go of
        for _ in range(9):
            await engine_backups.daily(bench.shop, folder, bench.clock())
            assert await engine_backups.daily(bench.shop, folder, bench.clock()) <= timedelta(hours=1)
            bench.clock.forward(hours=24)
        assert len(list(folder.iterdir())) == 7 + 1
        assert await bench.alerts() == []


async def test_backups_made_under_a_wrong_clock_keep_no_other_from_being_made_or_kept(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir(mode=0o700)
    for day in range(10, 19):
        (folder / f"panelgram-2036-01-{day}-000000.db").touch()
    async with workshop(tmp_path) as bench:
        for _ in range(2):
            await engine_backups.daily(bench.shop, folder, bench.clock())
            bench.clock.forward(hours=24)
    assert len([file for file in folder.iterdir() if "2036" not in file.name]) == 2


async def test_a_failed_backup_is_told_once_and_over_with_the_next_good_one(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.write_text("in the way")
    async with workshop(tmp_path) as bench:
        for _ in range(2):
            assert await engine_backups.daily(bench.shop, folder, bench.clock()) == timedelta(hours=1)
            bench.clock.forward(hours=1)
        assert await bench.alerts() == ["backup-failed:backup"]
        assert await bench.notices(IRIS) == ["alert"]
        folder.unlink()
        await engine_backups.daily(bench.shop, folder, bench.clock())
        assert await bench.alerts() == []


# The commands -------------------------------------------------------------------------------------


def test_the_commands_say_what_they_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = asyncio.run(lived_in(tmp_path / "shop", Kind.SQLITE))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)
    assert cli.main(["backup"]) == cli.OK
    (file,) = tmp_path.glob("panelgram-*.db")
    assert f"{file.name}: sound" in capsys.readouterr().out
    assert cli.main(["restore", file.name]) == cli.FAILED
    assert "--replace" in capsys.readouterr().err
    assert cli.main(["restore", file.name, "--to", "ftp://host"]) == cli.BAD_SETTINGS
    assert cli.main(["restore", file.name, "--to", address(tmp_path / "new.db")]) == cli.OK
    with closing(sqlite3.connect(tmp_path / "new.db")) as raw:
        assert raw.execute("SELECT COUNT(*) FROM orders").fetchone()[0] > 0
