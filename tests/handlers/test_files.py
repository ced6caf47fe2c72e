"""A list sent as a text file is taken as if it had been typed; every other file is refused kindly."""

from __future__ import annotations

import pytest

from handlers.customer.files import FILE_MAX_KILOBYTES
from tests.handlers.counter import Counter
from tests.handlers.test_replay import kept, replay
from tests.kit import LINK

NAMES = "mina\r\n\r\n@theo\r\nสมชาย\r\niris\r\nşükrü\r\n"


@pytest.fixture(autouse=True)
async def mina(shop: Counter) -> None:
    await shop.say("/start")
    await shop.bench.credit("100")


@pytest.fixture
async def asked(shop: Counter) -> None:
    await shop.to_question("mentions custom list")
    await shop.say(LINK)


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
async def test_a_text_file_is_counted_like_a_typed_list(shop: Counter, encoding: str) -> None:
    confirm = await shop.upload(NAMES.encode(encoding), "NAMES.TXT")
    for words in ("I read NAMES.TXT.", "Quantity: 5", "mina, theo, สมชาย, iris, şükrü"):
        assert words in confirm.text
    await shop.press("Confirm", confirm)
    assert (await shop.bench.read(1)).answers["usernames"] == "mina\ntheo\nสมชาย\niris\nşükrü"


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"\x89PNG\r\n\x1a\n", "names.txt", "saved as UTF-8"),
        (b"mina", "names.csv", "plain text files (.txt)"),
        (b"m" * (FILE_MAX_KILOBYTES * 1024 + 1), "names.txt", f"at most {FILE_MAX_KILOBYTES} kB"),
        (("ก" * 60_000).encode("utf-16"), "names.txt", f"at most {FILE_MAX_KILOBYTES} kB"),
        (b"mina\n\n" + b"t" * 65, "names.txt", "Line 3: tttt"),
        (b"mina\0", "names.txt", "characters that cannot be sent on"),
        (b"mina", "names.txt", "I counted 1; at least 5"),
        (b"\n \n", "names.txt", "nothing in it"),
    ],
)
async def test_a_file_that_cannot_be_used_says_why_and_the_question_stays(
    shop: Counter, content: bytes, name: str, words: str
) -> None:
    again = await shop.upload(content, name)
    assert words in again.text
    assert "Send the usernames" in again.text
    assert "Please check and confirm" in (await shop.say(NAMES)).text


@pytest.mark.usefixtures("asked")
async def test_a_large_file_is_not_even_fetched(shop: Counter) -> None:
    await shop.upload(b"m" * (FILE_MAX_KILOBYTES * 1024 + 1), "names.txt")
    assert await shop.journal("getFile") == []


@pytest.mark.usefixtures("asked")
async def test_a_file_telegram_does_not_hand_over_is_asked_for_again(shop: Counter) -> None:
    await shop.post("/faults", server_error={"methods": ["getFile"], "count": 1})
    again = await shop.upload(NAMES.encode(), "names.txt")
    assert "could not fetch that file" in again.text
    assert "Please check and confirm" in (await shop.upload(NAMES.encode(), "names.txt")).text


async def test_a_file_where_no_list_is_asked_is_refused(shop: Counter) -> None:
    await shop.to_question("mentions custom list")
    again = await shop.upload(LINK.encode(), "link.txt")
    assert "Please send this as a text message." in again.text
    assert "Send the link" in again.text
    assert await shop.journal("getFile") == []


@pytest.mark.usefixtures("asked")
async def test_a_file_handed_in_again_after_a_crash_is_the_same_quote(shop: Counter) -> None:
    before = kept(shop)
    confirm = await shop.upload(NAMES.encode(), "names.txt")
    await replay(shop, *before)
    assert (await shop.last()).data("Confirm") == confirm.data("Confirm")


@pytest.mark.usefixtures("asked")
async def test_a_file_for_a_service_that_left_the_shop_says_so(shop: Counter) -> None:
    number = shop.bench.service("mentions custom list")
    upstream = shop.bench.shop.shelf.catalogue.offers[number].service.id
    await shop.bench.panel.change_services(change={upstream: {"remove": True}})
    await shop.bench.refresh()
    assert "not for sale any more" in (await shop.upload(NAMES.encode(), "names.txt")).text
