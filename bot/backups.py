"""`panelgram backup` and `panelgram restore`: the whole shop into one file, and back out of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.config import shown_address
from bot.engine.audit import AuditReport, audit_file
from bot.engine.backups import back_up
from storage import copying
from storage.backups import TAKEN, make_part, put_in_place, taken_at
from storage.database import Database
from storage.errors import LockLost, NotEmpty, StorageError
from storage.locks import only_process
from storage.migrate import end_copy, exists, migrate
from storage.postgres import is_postgres
from storage.sqlite import files_of, path_of
from storage.switches import note
from storage.times import to_ms

Say = Callable[[str], None]


async def save(url: str, file: Path, now: datetime, say: Say) -> bool:
    """Write a backup, whether or not the shop runs, and try it; False when the try finds something.

    Raises StorageError, NotEmpty among them when there is such a file.
    """
    if not await exists(url):
        raise StorageError(f"there is no database at {shown_address(url)}")
    async with await Database.open(url) as db:
        report = await back_up(db, file, now)
    say(f"{file}: " + _verdict(report))
    return report.sound


async def restore(file: Path, url: str, now: datetime, say: Say, *, replace: bool) -> bool:
    """Put a backup where no shop is, or with `replace` in the place of a stopped one, which stays beside it.

    False when the audit of what was restored finds something; a shop opens on it all the same, with its brake on.
    Raises AlreadyRunning while a shop runs there, NotEmpty when one is there, StorageError for a file that is none.
    """
    if not file.is_file():
        raise StorageError(f"there is no file {file}")
    lost: list[str] = []
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(only_process(url, partial(lost.append, url)))
        if is_postgres(url):
            if replace:
                raise StorageError("a server's database is not moved aside: name an empty one")
            await _onto_server(file, url, now)
        else:
            await _into_file(file, path_of(url), now, say, replace=replace)
        report = await _audited(url, now)
    if lost:
        raise LockLost("the lock on the database was lost while restoring; what was restored cannot be used")
    say(f"{shown_address(url)}: " + _verdict(report))
    say("the shop opens there with its brake on: compare with your panels, then write /brake off and what you found")
    return report.sound


async def _into_file(file: Path, path: Path, now: datetime, say: Say, *, replace: bool) -> None:
    beside = path.with_name(f"{path.name}.before-{now:%Y%m%d-%H%M%S}")
    if path.exists() and not replace:
        raise NotEmpty(f"{path} is there already; --replace moves it aside")
    part = make_part(path.with_name(f"{path.name}.restoring"))
    try:
        shutil.copyfile(file, part)
        await _migrated(part, file)
        if path.exists():
            await _fold(path)
            for old, kept in zip(files_of(path), files_of(beside), strict=True):
                if old.exists():
                    old.rename(kept)
            say(f"what was there is now {beside}")
        put_in_place(part, path)
    finally:
        for left in files_of(part):
            left.unlink(missing_ok=True)


async def _onto_server(file: Path, url: str, now: datetime) -> None:
    part = make_part(file.with_name(f"{file.name}.restoring"))
    try:
        shutil.copyfile(file, part)
        await _migrated(part, file)
        async with await Database.open(f"sqlite:///{part}") as source, await Database.open(url) as target:
            await copying.copy(source, target, now, lambda *_progress: None)
            await target.write(end_copy)
    finally:
        for left in files_of(part):
            left.unlink(missing_ok=True)


async def _migrated(part: Path, file: Path) -> None:
    """An older backup comes to this program's schema before it takes anybody's place; `file` is what it was read from.

    Raises StorageError for a file that is none.
    """
    try:
        async with await Database.open(f"sqlite:///{part}") as db:
            await migrate(db)
    except StorageError as error:
        raise StorageError(f"{file} cannot be restored: {error}") from error


async def _fold(path: Path) -> None:
    """Fold what a killed shop left in the log beside the file into the file, so that all of it moves aside."""
    try:
        async with await Database.open(f"sqlite:///{path}"):
            pass
    except StorageError:
        # It is damaged, which may well be why it is replaced; its log moves with it, for whoever looks into it.
        return


async def _audited(url: str, now: datetime) -> AuditReport:
    async with await Database.open(url) as db:
        if await taken_at(db) is None:  # a file that was copied by hand
            await db.write(lambda tx: note(tx, TAKEN, str(to_ms(now))))
        return await audit_file(db)


def _verdict(report: AuditReport) -> str:
    if report.sound:
        return f"sound: {', '.join(report.checked)} hold, and the file is whole"
    broken = (f"{violation.name}: {', '.join(violation.offenders)}" for violation in report.violations)
    return f"violated: {'; '.join(broken)}"
