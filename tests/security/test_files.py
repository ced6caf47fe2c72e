"""Who may read what the shop leaves on a disk, and what its image holds."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.kit import bench

HOME: Final = Path(__file__).parent.parent.parent
DOCKERFILE: Final = (HOME / "Dockerfile").read_text(encoding="utf-8")
IGNORED: Final = (HOME / ".dockerignore").read_text(encoding="utf-8").split()


@pytest.fixture
def generous() -> Iterator[None]:
    """A process that would let everybody read what it makes."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.sqlite
@pytest.mark.usefixtures("generous")
async def test_only_the_shops_user_can_read_what_it_writes(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir(mode=0o700)
    async with bench(folder) as on_bench:
        await on_bench.customer()
        await on_bench.order()
        made = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert {"shop.db", "shop.db-wal"} <= set(made)
    assert {name: oct(mode) for name, mode in made.items() if mode & 0o077} == {}


def test_the_image_runs_as_nobody_in_particular_and_holds_no_history() -> None:
    last = DOCKERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER (?!root|0\b)\w+", last, re.MULTILINE)
    assert not re.search(r"^(USER root|.*sudo|.*chmod 777)", DOCKERFILE, re.MULTILINE)
    assert IGNORED[0] == "*"
    assert not {"!.git", "!.git/", "!.env", "!tests/", "!.secrets.baseline"} & set(IGNORED)


def test_the_image_writes_nowhere_but_into_its_volume() -> None:
    """So that its root file system can be read-only: everything that is written has an address under /data."""
    assert re.search(r"^VOLUME /data$", DOCKERFILE, re.MULTILINE)
    assert re.search(r"^WORKDIR /data$", DOCKERFILE, re.MULTILINE)
    assert "DATABASE_URL=sqlite:////data/" in DOCKERFILE
    assert "install -d -o panelgram -m 0700 /data" in DOCKERFILE


def test_no_secret_is_part_of_the_image() -> None:
    assert not re.search(r"(ARG|ENV).*(TOKEN|KEY|PASSWORD|SECRET)", DOCKERFILE)
