"""How much room is left where the database lies."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from storage.errors import DiskTrouble
from storage.postgres import is_postgres
from storage.sqlite import path_of


def unmeasured() -> None:
    """The room of a disk that is somebody else's business."""


def room_of(url: str) -> Callable[[], int | None]:
    """What tells the free bytes where the database at this address lies; of a server it tells None."""
    return unmeasured if is_postgres(url) else partial(_free, path_of(url).resolve().parent)


def _free(folder: Path) -> int:
    try:
        about = os.statvfs(folder)
    except OSError as error:
        raise DiskTrouble(f"the disk of the database cannot be looked at: {error.strerror}") from error
    return about.f_bavail * about.f_frsize
