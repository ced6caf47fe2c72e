"""The file in which a sandbox keeps its state, seen from a running panel."""

import logging
import shutil
import stat
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.panel import Dialect, PanelConfig, create_panel
from bot.sandbox.telegram import TelegramConfig, create_telegram, serve_application
from tests.sandbox.panel_kit import KEY, running


async def test_the_memory_is_for_its_owner_only_and_nothing_lies_beside_it(tmp_path: Path):
    memory = tmp_path / "deep" / "panel.json"
    async with running(memory=memory) as client:
        await client.add()
    assert stat.S_IMODE(memory.stat().st_mode) == 0o600
    assert list(memory.parent.iterdir()) == [memory]


@pytest.mark.parametrize("content", [b"", b'{"format": 1, "bal', b"[]", b'{"format": 0}', b"\xff\xfe", b"null"])
async def test_a_damaged_or_older_memory_is_set_aside_with_one_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
):
    memory = tmp_path / "panel.json"
    memory.write_bytes(content)
    with caplog.at_level(logging.WARNING, "bot.sandbox"):
        async with running(memory=memory) as client:
            assert (await client.state())["balance"] == "100.00"
            await client.add()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert str(tmp_path / "panel.json.damaged") in caplog.text
    assert (tmp_path / "panel.json.damaged").read_bytes() == content
    async with running(memory=memory) as client:
        assert (await client.state())["adds"] == 1


async def test_a_memory_that_cannot_be_written_is_a_warning_and_no_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    home = tmp_path / "home"
    with caplog.at_level(logging.WARNING, "bot.sandbox"):
        async with running(memory=home / "panel.json") as client:
            shutil.rmtree(home)
            home.write_text("no folder any more")
            await client.add()
            assert (await client.state())["adds"] == 1
    assert "could not write its memory" in caplog.text


async def test_what_no_sixty_four_bits_hold_and_half_a_character_are_kept(tmp_path: Path):
    memory = tmp_path / "panel.json"
    async with running(memory=memory) as client:
        await client.control("balance", {"balance": "999999999999999"})
        await client.control("services", {"change": {"1": {"name": "Likes \ud83d"}}})
    async with running(memory=memory) as client:
        assert (await client.state())["balance"] == "999999999999999.00"
        assert "Likes \ud83d" in [row["name"] for row in await client.api("services")]


async def test_a_panel_inside_the_chat_server_keeps_its_own_memory(tmp_path: Path):
    panel = PanelConfig("inner", Dialect.FIXEDMEMBER, KEY, 7, memory=tmp_path / "panel.json")
    telegram = TelegramConfig(memory=tmp_path / "telegram.json")
    add = {"key": KEY, "action": "add", "service": "1", "link": "https://framely.example/a", "quantity": "100"}
    for adds in (1, 2, 3):
        site = create_telegram(telegram)
        site.add_subapp("/panels/inner", create_panel(panel))
        async with serve_application(site) as url, aiohttp.ClientSession() as session:
            (await session.post(f"{url}/panels/inner/api/v2", data=add)).release()
            async with session.get(f"{url}/panels/inner/control/state") as response:
                assert (await response.json())["adds"] == adds
    assert {path.name for path in tmp_path.iterdir()} == {"panel.json", "telegram.json"}
