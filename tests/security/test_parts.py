"""What the shop is made of is pinned and listed, and a secret in a file is found."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from tools import list_parts, scan_secrets

HOME: Final = Path(__file__).parent.parent.parent
PINNED: Final = (HOME / "requirements" / "runtime.txt").read_text(encoding="utf-8")


def test_the_bill_lists_every_pinned_package_with_its_hashes() -> None:
    parts = list_parts.bill(PINNED)["components"]
    pinned = re.findall(r"^([\w.-]+)(?:\[.*\])?==", PINNED, re.MULTILINE)
    assert [part["name"] for part in parts] == [name.lower() for name in pinned]
    assert all(part["hashes"] and part["version"] for part in parts)
    assert sum(len(part["hashes"]) for part in parts) == PINNED.count("--hash=sha256:")
    assert {"python-telegram-bot", "httpx", "aiosqlite"} <= {part["name"] for part in parts}


def test_a_new_secret_is_found_wherever_it_is_put_and_is_not_repeated(tmp_path: Path) -> None:
    token = f"{10**9 + 7}:AAF{'kq3Zr' * 6}WT"  # put together here, so that this file is clean
    leaky = tmp_path / "notes.py"
    leaky.write_text(f'TOKEN = "{token}"\n', encoding="utf-8")
    baseline = json.loads(scan_secrets.BASELINE.read_text(encoding="utf-8"))
    (problem,) = scan_secrets.unknown(baseline["results"], scan_secrets.scan(baseline, [str(leaky)]))
    assert "notes.py:1: Telegram Bot Token" in problem
    assert token not in problem


def test_the_baseline_holds_hashes_and_looks_with_every_plugin() -> None:
    baseline = json.loads(scan_secrets.BASELINE.read_text(encoding="utf-8"))
    assert {"TelegramBotTokenDetector", "KeywordDetector", "BasicAuthDetector", "Base64HighEntropyString"} <= {
        plugin["name"] for plugin in baseline["plugins_used"]
    }
    found = [secret for secrets in baseline["results"].values() for secret in secrets]
    assert all(re.fullmatch("[0-9a-f]{40}", secret["hashed_secret"]) for secret in found)


def test_the_settings_of_whoever_runs_it_are_no_part_of_the_repository() -> None:
    assert Path(".env") not in set(scan_secrets.files())
    assert ".env" in (HOME / ".gitignore").read_text(encoding="utf-8").split()
