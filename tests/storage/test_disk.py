"""How much room is left."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storage.disk import room_of
from storage.errors import DiskTrouble


def test_the_room_is_that_of_the_databases_folder(tmp_path: Path) -> None:
    about = os.statvfs(tmp_path)
    free = room_of(f"sqlite:///{tmp_path}/shop.db")()
    assert free is not None
    assert abs(free - about.f_bavail * about.f_frsize) < about.f_blocks * about.f_frsize // 10


def test_a_servers_disk_is_its_own_business() -> None:
    assert room_of("postgresql://mina@host/shop")() is None


def test_a_folder_that_went_away_is_told(tmp_path: Path) -> None:
    room = room_of(f"sqlite:///{tmp_path}/gone/shop.db")
    with pytest.raises(DiskTrouble):
        room()
