"""The search for secrets finds each in every form, wherever it stands, and repeats none of them."""

from __future__ import annotations

import base64
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from prove.secrets import KEY, SECRETS, TOKEN, Search

HIDDEN = {
    "plain": KEY,
    "in an address": quote(KEY, safe=""),
    "in base64": base64.b64encode(f"key={KEY}&action=add".encode()).decode(),
    "in base64 for addresses": base64.urlsafe_b64encode(f"a{KEY}b".encode()).decode(),
    "the token's second half": TOKEN.partition(":")[2],
    "in Python": repr([KEY]),
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN.keys())
def test_a_secret_is_found_in_a_text_a_table_and_a_file_and_not_repeated(tmp_path: Path, text: str) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as raw, raw:
        raw.execute("CREATE TABLE notes (note TEXT, number INTEGER)")
        raw.execute("INSERT INTO notes VALUES (?, 1)", (f"before {text} after",))
    search = Search()
    search.texts("the log", ["nothing here", f"before {text} after"])
    search.database(tmp_path / "shop.db")
    search.files(tmp_path)
    assert [hit.split(":")[0][9:] for hit in search.hits] == ["in the log", "in table notes", "in file shop.db"]
    assert search.searched == 5
    assert not any(secret in hit for hit in search.hits for secret in SECRETS)


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    search = Search()
    search.texts("the log", ["k3y", TOKEN[:12], "of nobodys-bot"])
    (tmp_path / "file").write_bytes(b"\x00" * 1000)
    search.files(tmp_path)
    assert (search.hits, search.searched) == ([], 4)
