"""One active process per database, on a disk whose locks can be trusted."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from storage.errors import AlreadyRunning, DiskTrouble, NetworkFileSystem
from storage.postgres import is_postgres
from storage.postgres_lock import server_lock
from storage.sqlite import path_of

_MOUNTS: Final = Path("/proc/mounts")
#: File system types, as /proc/mounts writes them, on which another machine may write behind this one's locks.
_NETWORK_TYPES: Final = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.ceph", "fuse.cephfs", "fuse.davfs", "fuse.gcsfuse",
    "fuse.glusterfs", "fuse.juicefs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "gfs2", "glusterfs", "gpfs", "lustre",
    "ncpfs", "nfs", "nfs4", "ocfs2", "smb", "smb2", "smb3", "smbfs",
})  # fmt: skip
_OCTAL: Final = re.compile(r"\\([0-7]{3})")


@asynccontextmanager
async def only_process(url: str, on_lost: Callable[[], None]) -> AsyncIterator[None]:
    """Be the one process that works on this database; `on_lost` is called when it no longer is.

    A file's lock cannot be lost, a server's is lost with its connection. Raises AlreadyRunning, or what keeps the lock
    from being taken.
    """
    if is_postgres(url):
        async with server_lock(url, on_lost):
            yield
    else:
        with ProcessLock.of(url):
            yield


class ProcessLock:
    """A lock on the file `<database>.lock`, held until released or until the process dies, however it dies.

    The file itself stays: removing it would let a third process lock a new one while the old one is still held.
    """

    def __init__(self, database: Path) -> None:
        # Two ways to the same file are one database.
        self._path = database.resolve().with_name(f"{database.resolve().name}.lock")
        self._held: int | None = None

    @classmethod
    def of(cls, url: str) -> Self:
        """The lock of the database at this address; ValueError for an address that is none."""
        return cls(path_of(url))

    def acquire(self) -> None:
        """Take the lock or raise AlreadyRunning; NetworkFileSystem or DiskTrouble where no lock can be had."""
        refuse_network_file_system(self._path)
        try:
            held = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DiskTrouble(f"the lock file {self._path.name} cannot be opened: {error.strerror}") from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(held)
            raise AlreadyRunning(
                f"another process already works on this database ({self._path.name} is locked)"
            ) from error
        self._held = held

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def refuse_network_file_system(path: Path, mounts: Path = _MOUNTS) -> None:
    """Raise NetworkFileSystem when the path lies on one; where the kernel lists no mounts, nothing can be said."""
    try:
        table = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return
    kind = _type_at(path.resolve(), table)
    if kind in _NETWORK_TYPES:
        raise NetworkFileSystem(f"{path.name} lies on a network file system ({kind}); a database needs a local disk")


def _type_at(path: Path, table: str) -> str:
    """The type of the innermost mount that holds the path; of two at one place the later one hides the earlier."""
    found, depth = "", 0
    for line in table.splitlines():
        _, place, kind, *_ = line.split(" ")
        mount = Path(_OCTAL.sub(lambda octal: chr(int(octal[1], 8)), place))
        if path.is_relative_to(mount) and len(mount.parts) >= depth:
            found, depth = kind, len(mount.parts)
    return found
