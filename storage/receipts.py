"""Receipts: what a panel answered, on the disk before the commit that records it.

Between a panel's answer and the commit lies a moment in which a crash would lose the one thing nobody can ask for
again: the id the panel gave the order. So it is written to a small file first, one line and one fdatasync for all who
placed an order at that moment, and read back by the next start.

A line is `<checksum> [order, attempt, epoch, claimed at, panel, upstream id]`. It is believed only with its checksum,
so what a power loss tore is no receipt; and only by the attempt it names, to the millisecond it was claimed, so that
a file that outlived its database says nothing about another one's orders.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
from asyncio import wrap_future
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from storage.errors import DiskTrouble
from storage.postgres import is_postgres
from storage.sqlite import path_of

log = logging.getLogger(__name__)

#: Written full of zeros before it is used: a later line then changes no file size, and a full disk cannot refuse it.
_FILE_BYTES: Final = 64 * 1024
_CHECKSUM_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class Receipt:
    """A panel took an order and named it."""

    order_id: int
    attempt: int
    #: The run that sent it.
    epoch: int
    #: When the attempt was claimed, in milliseconds.
    claimed_at: int
    panel: str
    upstream_id: str


class Receipts(Protocol):
    """Where receipts are kept until what they say is in the database."""

    async def write(self, receipt: Receipt) -> None:
        """Keep a receipt; on return no crash can lose it. Once more is once. Raises DiskTrouble when it is not kept."""

    def settle(self, receipt: Receipt) -> None:
        """The database says the same, or will never: the receipt may go."""

    async def replay(self) -> list[Receipt]:
        """What earlier runs left, in the order it was written. Raises DiskTrouble."""

    async def clear(self) -> None:
        """Forget all that is settled, or was of earlier runs. Raises DiskTrouble."""


class ReceiptsInMemory:
    """Receipts that live as long as this object: for a shop whose crashes are only played."""

    def __init__(self) -> None:
        #: In the order of writing.
        self.kept: dict[Receipt, None] = {}

    async def write(self, receipt: Receipt) -> None:
        """Keep a receipt."""
        self.kept[receipt] = None

    def settle(self, receipt: Receipt) -> None:
        """Let it go."""
        self.kept.pop(receipt, None)

    async def replay(self) -> list[Receipt]:
        """All that are kept."""
        return [*self.kept]

    async def clear(self) -> None:
        """Forget them."""
        self.kept.clear()


class ReceiptFile:
    """Receipts in a file, written by a thread of their own so that nobody else waits for the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, "receipts")
        self._waiting: deque[Receipt] = deque()
        #: On the disk and not settled.
        self._open: dict[Receipt, None] = {}
        self._file = -1
        self._end = 0
        self._size = 0

    @classmethod
    @asynccontextmanager
    async def opened(cls, path: Path) -> AsyncIterator[ReceiptFile]:
        """The file at this path, made for its owner's eyes only where there is none. Raises DiskTrouble."""
        receipts = cls(path)
        try:
            await wrap_future(receipts._thread.submit(receipts._begin))
            yield receipts
        finally:
            receipts._thread.shutdown()
            receipts._close()

    async def write(self, receipt: Receipt) -> None:
        """Append a receipt and sync it; those who come meanwhile share the next sync."""
        self._waiting.append(receipt)
        await wrap_future(self._thread.submit(self._append, receipt))

    def settle(self, receipt: Receipt) -> None:
        """Leave it out of the next file."""
        self._open.pop(receipt, None)

    async def replay(self) -> list[Receipt]:
        """Every line with a right checksum; what is torn or older than the last clearing is none."""
        return await wrap_future(self._thread.submit(self._read))

    async def clear(self) -> None:
        """Begin a new file with what this run has not settled."""
        await wrap_future(self._thread.submit(self._renew))

    # Everything below runs on the thread.

    def _begin(self) -> None:
        with _told():
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.fchmod(self._file, 0o600)  # an older file may be anybody's
            self._size = self._end = os.fstat(self._file).st_size

    def _append(self, receipt: Receipt) -> None:
        """Write this receipt and all that wait; nothing to do when another one took it along."""
        batch = [each for each in dict.fromkeys((receipt, *_taken(self._waiting))) if each not in self._open]
        if not batch:
            return
        lines = b"".join(map(line_of, batch))
        if self._end + len(lines) > self._size:
            self._renew()
        with _told():
            _write_all(self._file, lines, self._end)
            os.fdatasync(self._file)
        self._end += len(lines)
        self._open.update(dict.fromkeys(batch))

    def _read(self) -> list[Receipt]:
        with _told():
            content = os.pread(self._file, os.fstat(self._file).st_size, 0)
        return [*receipts_in(content)]

    def _renew(self) -> None:
        """Put a new file in the old one's place, whole or not at all."""
        lines = b"".join(map(line_of, [*self._open]))
        size = len(lines) + _FILE_BYTES
        new = self._path.with_name(f"{self._path.name}.new")
        with _told(), contextlib.ExitStack() as opened:
            file = os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            opened.callback(os.close, file)
            _write_all(file, lines.ljust(size, b"\0"), 0)
            os.fsync(file)
            new.replace(self._path)
            opened.pop_all()
        self._close()
        # Without room until its name is on the disk too, so that a failure here makes the next line try again.
        self._file, self._end, self._size = file, len(lines), 0
        with _told():
            _sync_folder(self._path)
        self._size = size

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def receipts_path(url: str, folder: Path) -> Path:
    """Where the receipts of the database at this address lie.

    Beside a SQLite file. Of a server in `folder`, by the database's name and a mark of the server's address, without
    its user and password: two databases of one name do not meet.
    """
    if not is_postgres(url):
        database = path_of(url).resolve()  # two ways to the same file are one database
        return database.with_name(f"{database.name}.receipts")
    parts = urlsplit(url)
    place = f"{parts.hostname}:{parts.port}{parts.path}?{parts.query}"
    mark = hashlib.sha256(place.encode()).hexdigest()[:8]
    name = "".join(c if c.isalnum() else "-" for c in parts.path.strip("/"))
    return folder / f"{name}-{mark}.receipts"


def line_of(receipt: Receipt) -> bytes:
    """A receipt as it is written, its checksum first."""
    fields = [
        receipt.order_id, receipt.attempt, receipt.epoch, receipt.claimed_at, receipt.panel, receipt.upstream_id,
    ]  # fmt: skip
    body = json.dumps(fields, separators=(",", ":")).encode("ascii")
    return b"%s %s\n" % (_checksum(body), body)


def receipts_in(content: bytes) -> Iterable[Receipt]:
    """The receipts in a file's bytes; whatever has no right checksum is passed over."""
    for line in content.split(b"\n")[:-1]:
        sum_, _, body = line.lstrip(b"\0").partition(b" ")
        if sum_ == _checksum(body):
            yield Receipt(*json.loads(body))
        else:
            log.warning("a torn receipt is passed over", extra={"bytes": len(line)})


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:_CHECKSUM_DIGITS].encode("ascii")


def _taken(waiting: deque[Receipt]) -> Iterable[Receipt]:
    while waiting:
        yield waiting.popleft()


def _write_all(file: int, data: bytes, at: int) -> None:
    while data:
        written = os.pwrite(file, data, at)
        data, at = data[written:], at + written


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Whatever the disk refuses, in storage's words."""
    try:
        yield
    except OSError as error:
        raise DiskTrouble(f"the receipts cannot be written: {error.strerror}") from error
