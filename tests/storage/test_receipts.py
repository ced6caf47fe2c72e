"""Receipts: what was written survives, what was torn is none, and a full disk is told."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from storage import receipts
from storage.errors import DiskTrouble
from storage.receipts import Receipt, ReceiptFile, line_of, receipts_in, receipts_path


def receipt(number: int, panel: str = "nord") -> Receipt:
    return Receipt(number, 1, 7, 1_700_000_000_000 + number, panel, f"up-{number}")


ALL = [receipt(n) for n in range(1, 6)]


async def left_in(path: Path) -> list[Receipt]:
    async with ReceiptFile.opened(path) as again:
        return await again.replay()


async def test_what_was_written_is_read_by_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "shop.db.receipts"
    async with ReceiptFile.opened(path) as log:
        assert await log.replay() == []
        for each in ALL:
            await log.write(each)
    assert await left_in(path) == ALL
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_second_run_reads_then_clears_and_keeps_what_it_writes_itself(tmp_path: Path) -> None:
    path = tmp_path / "r"
    async with ReceiptFile.opened(path) as first:
        await first.write(ALL[0])
    async with ReceiptFile.opened(path) as second:
        assert await second.replay() == ALL[:1]
        await second.write(ALL[1])
        await second.clear()
        await second.write(ALL[2])
        second.settle(ALL[1])
    assert await left_in(path) == ALL[1:3], "what is settled may still be there until the next clearing"


async def test_a_kill_before_the_clearing_leaves_everything_to_be_replayed_again(tmp_path: Path) -> None:
    path = tmp_path / "r"
    async with ReceiptFile.opened(path) as first:
        await first.write(ALL[0])
    assert await left_in(path) == await left_in(path) == ALL[:1]


@pytest.mark.parametrize("cut", range(1, len(line_of(ALL[1]))))
def test_a_line_torn_anywhere_is_no_receipt_and_hides_no_other(cut: int) -> None:
    whole, torn = line_of(ALL[0]), line_of(ALL[1])
    assert [*receipts_in(whole + torn[:cut])] == ALL[:1]
    assert [*receipts_in(whole + torn[:cut] + b"\0" * 512)] == ALL[:1]
    assert [*receipts_in(whole + torn[:cut] + b"\0" * (len(torn) - cut) + b"\n" + line_of(ALL[2]))] == [ALL[0], ALL[2]]


@pytest.mark.parametrize("at", range(len(line_of(ALL[1])) - 1))
def test_a_line_with_one_byte_changed_is_no_receipt(at: int) -> None:
    line = bytearray(line_of(ALL[1]))
    line[at] ^= 1
    assert ALL[1] not in [*receipts_in(line_of(ALL[0]) + bytes(line) + line_of(ALL[2]))]


def test_a_file_of_anything_is_no_receipts() -> None:
    for content in (b"", b"\0" * 100, b"\n\n\n", b"x y\n", b" \n", bytes(range(256)) * 8):
        assert [*receipts_in(content)] == []


async def test_a_line_torn_by_a_power_loss_is_written_over_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "r"
    async with ReceiptFile.opened(path) as log:
        await log.clear()
        await log.write(ALL[0])
    with path.open("r+b") as raw:
        raw.seek(len(line_of(ALL[0])))
        raw.write(line_of(ALL[1])[:30])
    async with ReceiptFile.opened(path) as log:
        assert await log.replay() == ALL[:1]
        await log.clear()
        await log.write(ALL[2])
    assert await left_in(path) == [ALL[2]]


async def test_a_full_file_gives_way_to_a_new_one_with_what_is_not_settled(tmp_path: Path) -> None:
    path = tmp_path / "r"
    many = [receipt(n) for n in range(3000)]
    async with ReceiptFile.opened(path) as log:
        await log.clear()
        await log.write(many[0])
        for each in many[1:-1]:
            await log.write(each)
            log.settle(each)
        await log.write(many[-1])
        assert path.stat().st_size < 100_000
    left = await left_in(path)
    assert left[0] == many[0]
    assert left[-1] == many[-1]


async def test_many_at_once_share_their_syncs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs = 0
    sync = os.fdatasync

    def counted(file: int) -> None:
        nonlocal syncs
        syncs += 1
        sync(file)

    async with ReceiptFile.opened(tmp_path / "r") as log:
        await log.clear()
        monkeypatch.setattr(receipts.os, "fdatasync", counted)
        await asyncio.gather(*(log.write(receipt(n)) for n in range(100)))
        await log.write(receipt(5))  # once more is once
    assert 1 <= syncs < 50
    assert sorted(await left_in(tmp_path / "r"), key=lambda r: r.order_id) == [receipt(n) for n in range(100)]


async def test_a_disk_that_refuses_is_told_to_everybody_and_may_be_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_file: int) -> None:
        raise OSError(28, "No space left on device")

    async with ReceiptFile.opened(tmp_path / "r") as log:
        await log.clear()
        with monkeypatch.context() as patched:
            patched.setattr(receipts.os, "fdatasync", refuse)
            answers = await asyncio.gather(*map(log.write, ALL), return_exceptions=True)
        assert all(isinstance(answer, DiskTrouble) for answer in answers)
        await asyncio.gather(*map(log.write, ALL))
    assert sorted(await left_in(tmp_path / "r"), key=lambda r: r.order_id) == ALL


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DiskTrouble):
        async with ReceiptFile.opened(tmp_path / "nowhere" / "r"):
            pass


def test_receipts_lie_beside_a_file_and_in_the_folder_for_a_server(tmp_path: Path) -> None:
    assert receipts_path(f"sqlite:///{tmp_path}/shop.db", Path("elsewhere")) == tmp_path / "shop.db.receipts"
    one = receipts_path("postgresql://mina:secret@host/shop", tmp_path)
    other = receipts_path("postgresql://mina:secret@elsewhere/shop", tmp_path)
    assert one.parent == tmp_path
    assert one != other
    assert "secret" not in one.name
    assert "mina" not in one.name
    assert one == receipts_path("postgresql://theo:other@host/shop", tmp_path)


STREAM = """
import asyncio, itertools, os, pathlib, sys
from storage.receipts import Receipt, ReceiptFile

async def main():
    numbers = itertools.count(1)
    async with ReceiptFile.opened(pathlib.Path(sys.argv[1])) as log:
        async def stream():
            for number in numbers:
                receipt = Receipt(number, 1, 1, 1, "nord", f"up-{number}")
                await log.write(receipt)
                os.write(1, b"%d\\n" % number)
        await asyncio.gather(*[stream() for _ in range(8)])

asyncio.run(main())
"""


@pytest.mark.parametrize("kill_after", [1, 50, 1500])
async def test_what_was_acknowledged_before_a_kill_is_there(tmp_path: Path, kill_after: int) -> None:
    path, told = tmp_path / "r", []
    with subprocess.Popen([sys.executable, "-c", STREAM, str(path)], stdout=subprocess.PIPE) as process:  # noqa: ASYNC220
        assert process.stdout is not None
        for line in process.stdout:
            told.append(int(line))
            if len(told) == kill_after:
                process.kill()
    assert len(told) >= kill_after
    assert {*told} <= {receipt.order_id for receipt in await left_in(path)}
