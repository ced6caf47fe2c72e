"""Links: normalised when they are usable, refused with the reason when they are not."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.errors import BadInput, Problem
from bot.domain.targets import LINK_MAX_CHARACTERS, check_link, same_target


@pytest.mark.parametrize(
    ("typed", "link"),
    [
        ("https://framely.example/p/abc", "https://framely.example/p/abc"),
        ("framely.example/p/abc", "https://framely.example/p/abc"),
        ("  framely.example  ", "https://framely.example"),
        ("//framely.example/x", "https://framely.example/x"),
        ("HTTP://Framely.Example/P", "http://framely.example/P"),
        ("framely.example:8443/x", "https://framely.example:8443/x"),
        ("https://framely.example:443/x", "https://framely.example/x"),
        ("http://framely.example:80", "http://framely.example"),
        ("http://framely.example:443", "http://framely.example:443"),
        ("https://framely.example./x", "https://framely.example/x"),
        ("https://framely.example/a?b=c&d=%20#e", "https://framely.example/a?b=c&d=%20#e"),
        ("https://framely.example/p?to=http://localhost", "https://framely.example/p?to=http://localhost"),
        ("https://framely.example/@mina", "https://framely.example/@mina"),
        ("https://münchen.example/straße", "https://xn--mnchen-3ya.example/straße"),
        ("https://例え.example", "https://xn--r8jz45g.example"),
        ("https://example。com/x", "https://example.com/x"),
        ("https://a_b.framely.example", "https://a_b.framely.example"),
        ("https://r3---sn-a.framely.example", "https://r3---sn-a.framely.example"),
        ("8.8.8.8/x", "https://8.8.8.8/x"),
        ("http://[2606:4700:0:0::1]:8080/x", "http://[2606:4700::1]:8080/x"),
        ("https://localhost.framely.example", "https://localhost.framely.example"),
        ("https://127.0.0.1.framely.example", "https://127.0.0.1.framely.example"),
    ],
)
def test_a_usable_link_is_normalised(typed: str, link: str) -> None:
    assert check_link(typed) == link
    assert check_link(link) == link


@pytest.mark.parametrize(
    ("typed", "link"),
    [
        ("http://localhost:8080/x", "http://localhost:8080/x"), ("http://LOCALHOST./", "http://localhost/"),
        ("printer.local", "https://printer.local"), ("metadata.google.internal", "https://metadata.google.internal"),
        ("127.0.0.1:80", "https://127.0.0.1:80"), ("10.0.0.1", "https://10.0.0.1"),
        ("http://169.254.169.254/latest", "http://169.254.169.254/latest"),
        ("192.168.1.1", "https://192.168.1.1"),
        ("http://[::1]:80/", "http://[::1]/"), ("http://[::ffff:7f00:1]", "http://[::ffff:127.0.0.1]"),
        ("http://[fd00:ec2::254]", "http://[fd00:ec2::254]"),
    ],
)  # fmt: skip
def test_any_host_will_do_for_nobody_here_opens_it(typed: str, link: str) -> None:
    taken = check_link(typed)
    assert urlsplit(taken).port == urlsplit(link).port
    assert ipaddress_or_name(taken) == ipaddress_or_name(link)
    assert check_link(taken) == taken


def ipaddress_or_name(link: str) -> object:
    host = urlsplit(link).hostname or ""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return host


NEITHER = [
    "localhost", "ⓛocalhost", "127.1", "127.0.1", "0x7f.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "0x7f000001",
    "http://2130706433/", "017700000001", "0", "127.0.0.1.", "１２７.0.0.1", "①②⑦.0.0.1", "127。0。0。1", "127.0.0.01",
    "http://[fe80::1%25eth0]", "http://[2606:4700::1%eth0]", "http://0x7f000001",
]  # fmt: skip


@pytest.mark.parametrize("typed", NEITHER)
def test_what_is_an_address_to_some_and_a_name_to_others_is_refused(typed: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_link(typed)
    assert refused.value.problem is Problem.LINK_UNREADABLE


UNREADABLE = Problem.LINK_UNREADABLE


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", Problem.LINK_EMPTY), ("   \n ", Problem.LINK_EMPTY),
        ("@mina.s", Problem.LINK_IS_NAME), ("@mina-s", Problem.LINK_IS_NAME), ("@", Problem.LINK_IS_NAME),
        ("javascript:alert(1)", Problem.LINK_SCHEME), ("JaVaScript:alert(1)", Problem.LINK_SCHEME),
        ("data:text/html,x", Problem.LINK_SCHEME), ("file:///etc/passwd", Problem.LINK_SCHEME),
        ("ftp://framely.example", Problem.LINK_SCHEME), ("mailto:mina@framely.example", Problem.LINK_SCHEME),
        ("tg://resolve?domain=x", Problem.LINK_SCHEME), ("vbscript:x", Problem.LINK_SCHEME),
        ("https://mina@framely.example", Problem.LINK_CREDENTIALS),
        ("https://mina:secret@framely.example", Problem.LINK_CREDENTIALS),
        ("https://framely.example@localhost", Problem.LINK_CREDENTIALS),
        ("mina@framely.example", Problem.LINK_CREDENTIALS),
        ("mina", UNREADABLE), ("https://", UNREADABLE), ("https:///x", UNREADABLE),
        ("https:framely.example", UNREADABLE), ("https:/framely.example", UNREADABLE),
        ("https://framely.example/a b", UNREADABLE), ("https://framely.example/\x00", UNREADABLE),
        ("java\tscript:x", UNREADABLE), ("https://framely.example/\x1b[0m", UNREADABLE),
        ("https://framely.example/\u202egnp", UNREADABLE),
        ("https://framely\u200b.example", UNREADABLE),
        ("https://framely.example\\@localhost", UNREADABLE),
        ("https://framely.example:0", UNREADABLE), ("https://framely.example:65536", UNREADABLE),
        ("https://framely.example:８０", UNREADABLE), ("https://framely.example:x", UNREADABLE),
        ("https://[::1", UNREADABLE), ("https://[v1.abc]/", UNREADABLE),
        ("https://-a.example", UNREADABLE), ("https://a..example", UNREADABLE),
        ("https://...", UNREADABLE), ("https://exa%6dple.com", UNREADABLE),
        ("https://" + "a" * 64 + ".example", UNREADABLE),
        ("https://" + "a." * 126 + "_.example", UNREADABLE),
        ("https://xn--a.example", UNREADABLE), ("https://framely.1", UNREADABLE),
        ("https://framely.0x7f", UNREADABLE), ("https://evil.example℀x", UNREADABLE),
        ("@" + "m" * 4000, Problem.LINK_TOO_LONG), ("https://framely.example/" + "a" * 500, Problem.LINK_TOO_LONG),
    ],
)  # fmt: skip
def test_an_unusable_link_is_refused_by_name(typed: str, problem: Problem) -> None:
    with pytest.raises(BadInput) as refused:
        check_link(typed)
    assert refused.value.problem is problem


def test_a_link_may_have_512_characters_and_no_more() -> None:
    longest = "https://framely.example/".ljust(LINK_MAX_CHARACTERS, "a")
    assert check_link(longest) == longest
    with pytest.raises(BadInput):
        check_link(longest + "a")
    with pytest.raises(BadInput) as grown:
        check_link(longest.removeprefix("https://") + "aaaa")  # too long once the scheme is there
    assert grown.value.facts == {"limit": LINK_MAX_CHARACTERS}


def test_a_name_is_told_without_its_sign() -> None:
    with pytest.raises(BadInput) as refused:
        check_link("@mina_s")
    assert refused.value.facts == {"name": "mina_s"}


HOSTILE = st.text(st.sampled_from(":/@[].%#?\\0127.xkX℀。．①aé_-\u200b\ud800\x00 ") | st.characters(), max_size=40)


@given(st.sampled_from(["", "http://", "https://", "//", "http://[", "https://127."]), HOSTILE)
@example("https://", "\ud800.example")
def test_a_check_raises_nothing_but_bad_input_and_its_result_is_a_plain_link(start: str, rest: str) -> None:
    try:
        link = check_link(start + rest)
    except BadInput:
        return
    parts = urlsplit(link)
    host = parts.hostname or ""
    assert parts.scheme in ("http", "https")
    assert host.isascii()
    assert "@" not in parts.netloc
    assert "." in host or ":" in host or "://" in start + rest
    assert len(link) <= LINK_MAX_CHARACTERS
    assert check_link(link) == link
    assert isinstance(ipaddress_or_name(link), ipaddress.IPv4Address | ipaddress.IPv6Address) or not (
        host.rpartition(".")[2].isdigit()
    )


@pytest.mark.parametrize(
    "link",
    [
        "https://framely.example/p/abc", "http://framely.example/p/abc", "https://www.framely.example/p/abc",
        "https://framely.example/p/abc/", "https://framely.example/p/abc#top", "https://FRAMELY.example/p/abc",
    ],
)  # fmt: skip
def test_spellings_of_one_target_are_the_same(link: str) -> None:
    assert same_target(link) == "framely.example/p/abc"


@pytest.mark.parametrize(
    "link", ["https://framely.example/p/ABC", "https://framely.example/p/abc?x=1", "https://other.example/p/abc"]
)
def test_other_targets_are_not(link: str) -> None:
    assert same_target(link) != "framely.example/p/abc"


def test_a_type_without_a_link_has_an_empty_target() -> None:
    assert same_target("") == ""
