"""One active process per database."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from storage.errors import AlreadyRunning, StorageError, UnsafePlace

_NETWORK: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs", "afs"})


class ProcessLock:
    """An exclusive lock on a file beside the database; it goes with the process, however that ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @classmethod
    def of(cls, url: str) -> ProcessLock:
        """The lock of a `sqlite:///…` address."""
        if not url.startswith("sqlite:///"):
            raise StorageError("the database's address must be sqlite:///file.db")
        return cls(Path(f"{url.removeprefix('sqlite:///')}.lock"))

    def __enter__(self) -> Self:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise AlreadyRunning(f"another process runs this shop (it holds {self._path.name})") from None
        self._descriptor = descriptor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def refuse_network_file_system(path: Path, mounts: Path = Path("/proc/mounts")) -> None:
    """Raise UnsafePlace when the file would live on a network file system, whose locks cannot be trusted."""
    if not mounts.exists():
        return
    target = path.absolute().resolve()
    best, kind = Path("/"), ""
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        fields = line.split()
        place = Path(fields[1].replace("\\040", " "))
        if target.is_relative_to(place) and len(place.parts) >= len(best.parts):
            best, kind = place, fields[2]
    if kind in _NETWORK:
        raise UnsafePlace(f"{path} lies on a network file system ({kind}), where SQLite's locks cannot be trusted")
