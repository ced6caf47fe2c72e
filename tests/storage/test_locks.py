"""One process per database, on a disk whose locks can be trusted."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storage import locks
from storage.database import Database
from storage.errors import AlreadyRunning, DiskTrouble, NetworkFileSystem
from storage.locks import ProcessLock, refuse_network_file_system
from tests.storage.database_kit import url

HOLDER = """
import sys
from storage.locks import ProcessLock
with ProcessLock.of(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(address: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until it dies or its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_second_process_is_told_in_one_line(tmp_path: Path) -> None:
    address = url(tmp_path / "shop.db")
    with held_elsewhere(address):
        with pytest.raises(AlreadyRunning) as refusal, ProcessLock.of(address):
            pass
        assert str(refusal.value) == "another process already works on this database (shop.db.lock is locked)"


def test_the_lock_goes_with_its_process_however_it_dies(tmp_path: Path) -> None:
    address = url(tmp_path / "shop.db")
    with held_elsewhere(address) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with ProcessLock.of(address):
            pass


def test_a_lock_given_back_can_be_taken_again(tmp_path: Path) -> None:
    lock = ProcessLock(tmp_path / "shop.db")
    for _ in range(3):
        with lock, pytest.raises(AlreadyRunning):
            ProcessLock(tmp_path / "shop.db").acquire()
    lock.release()


def test_two_ways_to_one_file_are_one_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "shop.db").touch()
    (tmp_path / "link.db").symlink_to(tmp_path / "data" / "shop.db")
    monkeypatch.chdir(tmp_path / "data")
    with ProcessLock.of("sqlite:///shop.db"):
        for other in (tmp_path / "link.db", tmp_path / "data" / ".." / "data" / "shop.db"):
            with pytest.raises(AlreadyRunning):
                ProcessLock.of(url(other)).acquire()
    with ProcessLock(tmp_path / "one.db"), ProcessLock(tmp_path / "two.db"):
        pass


def test_the_lock_file_is_its_owners_and_not_inherited(tmp_path: Path) -> None:
    with ProcessLock(tmp_path / "shop.db") as lock:
        assert stat.S_IMODE((tmp_path / "shop.db.lock").stat().st_mode) == 0o600
        assert lock._held is not None
        assert not os.get_inheritable(lock._held)


def test_a_refused_lock_leaves_no_file_open(tmp_path: Path) -> None:
    with ProcessLock(tmp_path / "shop.db"):
        before = len(list(Path("/dev/fd").iterdir()))
        with pytest.raises(AlreadyRunning):
            ProcessLock(tmp_path / "shop.db").acquire()
        assert len(list(Path("/dev/fd").iterdir())) == before


async def test_the_lock_stands_beside_the_database_not_in_its_way(tmp_path: Path) -> None:
    address = url(tmp_path / "shop.db")
    with held_elsewhere(address):
        async with await Database.open(address) as db:
            assert await db.read(lambda tx: tx.one("SELECT 1 AS yes")) is not None


def test_a_directory_that_is_missing_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(
        DiskTrouble, match=r"^the lock file shop\.db\.lock cannot be opened: No such file or directory$"
    ):
        ProcessLock(tmp_path / "missing" / "shop.db").acquire()


def test_an_address_that_names_no_file_is_refused() -> None:
    with pytest.raises(ValueError, match="the database's address"):
        ProcessLock.of("mysql://shop")


# Network file systems -----------------------------------------------------------------------------

MOUNTS = r"""proc /proc proc rw 0 0
/dev/sda / ext4 rw,relatime 0 0
server:/share /srv/share nfs4 rw,vers=4.2 0 0
/dev/sdb /srv/share/local xfs rw 0 0
//server/data /srv/with\040blank cifs rw 0 0
me@host:/ /srv/ssh fuse.sshfs rw 0 0
C:\134 /mnt/c 9p rw 0 0
server:/hidden /srv/covered nfs rw 0 0
tmpfs /srv/covered tmpfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/share/shop.db", "nfs4"),
        ("/srv/share/deep/er/shop.db", "nfs4"),
        ("/srv/with blank/shop.db", "cifs"),
        ("/srv/ssh/shop.db", "fuse.sshfs"),
        ("/mnt/c/shop.db", "9p"),
    ],
)
def test_a_network_file_system_is_refused_by_name(tmp_path: Path, path: str, kind: str) -> None:
    table = tmp_path / "mounts"
    table.write_text(MOUNTS)
    with pytest.raises(NetworkFileSystem, match=rf"^shop\.db lies on a network file system \({kind}\); "):
        refuse_network_file_system(Path(path), table)


@pytest.mark.parametrize(
    "path", ["/shop.db", "/srv/shop.db", "/srv/share/local/shop.db", "/srv/shared/shop.db", "/srv/covered/shop.db"]
)
def test_a_local_disk_is_accepted_also_near_a_network(tmp_path: Path, path: str) -> None:
    table = tmp_path / "mounts"
    table.write_text(MOUNTS)
    refuse_network_file_system(Path(path), table)


def test_a_symlink_into_a_network_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "mounts"
    table.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/ {tmp_path}/far nfs rw 0 0\n")
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "far")
    with pytest.raises(NetworkFileSystem):
        refuse_network_file_system(tmp_path / "near" / "shop.db", table)


def test_without_a_table_of_mounts_nothing_is_refused(tmp_path: Path) -> None:
    refuse_network_file_system(tmp_path / "shop.db", tmp_path / "no mounts here")


def test_a_lock_is_not_even_tried_on_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise NetworkFileSystem(path.name)

    monkeypatch.setattr(locks, "refuse_network_file_system", refuse)
    with pytest.raises(NetworkFileSystem):
        ProcessLock(tmp_path / "shop.db").acquire()
    assert list(tmp_path.iterdir()) == []


def test_this_machines_own_table_can_be_read(tmp_path: Path) -> None:
    refuse_network_file_system(tmp_path / "shop.db")
