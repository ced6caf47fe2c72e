"""Lists and names are read as people paste them, and what cannot be meant is refused with its line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.domain.errors import BadInput, Problem
from bot.domain.lists import (
    COMMENT_MAX_CHARACTERS,
    KEYWORD_MAX_CHARACTERS,
    NAME_MAX_CHARACTERS,
    PERSON_MAX_CHARACTERS,
    Listed,
    check_answer_number,
    check_hashtag,
    check_username,
    read_comments,
    read_groups,
    read_hashtags,
    read_keywords,
    read_usernames,
)


@pytest.mark.parametrize(
    ("typed", "items", "repeated"),
    [
        ("mina\ntheo", "mina theo", 0), ("@mina, @theo,iris", "mina theo iris", 0),
        ("mina theo;iris", "mina theo iris", 0),
        ("mina،theo、iris", "mina theo iris", 0), ("\r\n @mina \r\n\r\n", "mina", 0), ("Mina\nmina\n@MINA", "Mina", 2),
        ("m.i_n-a1", "m.i_n-a1", 0), ("สมชาย, Şükrü", "สมชาย Şükrü", 0), ("  ", "", 0), (", ;,", "", 0),
    ],
)  # fmt: skip
def test_usernames_are_set_apart_however_they_were_pasted(typed: str, items: str, repeated: int) -> None:
    assert read_usernames(typed) == Listed(tuple(items.split()), repeated)


@pytest.mark.parametrize(
    ("typed", "items", "repeated"),
    [
        ("#travel\n#sunny", "#travel #sunny", 0), ("travel, sunny", "#travel #sunny", 0),
        ("#travel#sunny", "#travel #sunny", 0), ("##travel", "#travel", 0), ("#Travel #travel", "#Travel", 1),
        ("#เที่ยว #gül", "#เที่ยว #gül", 0), ("#love❤️", "#love❤️", 0), ("#", "", 0),
    ],
)  # fmt: skip
def test_hashtags_carry_their_sign(typed: str, items: str, repeated: int) -> None:
    assert read_hashtags(typed) == Listed(tuple(items.split()), repeated)


def test_comments_stay_as_they_were_written_repeats_included() -> None:
    assert read_comments("Nice, really!\n\n  Nice, really!\n#wow @mina") == Listed(
        ("Nice, really!", "Nice, really!", "#wow @mina")
    )


@pytest.mark.parametrize(
    "unseen", ["\u200b", "\ufeff", "\u2060 \u00ad", "\u3164", "\u2800", "\u202e", "\x1b", "\ufe0f"]
)
def test_lines_on_which_nothing_can_be_seen_are_blank_and_billed_to_nobody(unseen: str) -> None:
    assert read_comments(f"Nice\n{unseen}\nWow 👩\u200d🎤\n{unseen}") == Listed(("Nice", "Wow 👩\u200d🎤"))
    assert read_keywords(unseen) == read_groups(unseen) == Listed(())


def test_a_written_break_ends_a_line_because_some_panels_bill_it_so() -> None:
    assert read_comments(r"Nice\nWow\r\nC:\temp") == Listed(("Nice", "Wow", r"C:\temp"))


def test_keywords_are_one_to_a_line_and_each_once() -> None:
    assert read_keywords("used bicycles, cheap\nUsed Bicycles, cheap\nrepair") == Listed(
        ("used bicycles, cheap", "repair"), 1
    )


def test_groups_are_links_or_names_and_invitations_differ_by_letter_case() -> None:
    typed = "nestchat.example/+AbC\nhttps://nestchat.example/+abc\nThe Other Group\n@another\nThe Other Group"
    assert read_groups(typed) == Listed(
        ("https://nestchat.example/+AbC", "https://nestchat.example/+abc", "The Other Group", "@another"), 1
    )


@pytest.mark.parametrize(
    ("read", "text", "problem"),
    [
        (read_usernames, "https://framely.example/mina", Problem.NAME_IS_LINK),
        (read_usernames, "www.framely.example", Problem.NAME_IS_LINK),
        (read_usernames, "mina@mail.example", Problem.NAME_UNREADABLE),
        (read_usernames, "@", Problem.NAME_UNREADABLE),
        (read_usernames, "#travel", Problem.NAME_UNREADABLE),
        (read_usernames, "...", Problem.NAME_UNREADABLE),
        (read_usernames, "\u0301", Problem.NAME_UNREADABLE),
        (read_hashtags, "#\u200da #\u200d", Problem.HASHTAG_UNREADABLE),
        (read_usernames, "<b>", Problem.NAME_UNREADABLE),
        (read_usernames, "m" * (NAME_MAX_CHARACTERS + 1), Problem.NAME_TOO_LONG),
        (read_hashtags, "#a/b", Problem.HASHTAG_UNREADABLE),
        (read_hashtags, "#a.b", Problem.HASHTAG_UNREADABLE),
        (read_hashtags, "m" * (NAME_MAX_CHARACTERS + 1), Problem.NAME_TOO_LONG),
        (read_groups, "http://10.0.1/x", Problem.GROUP_UNREADABLE),
        (read_groups, "g" * 513, Problem.LINE_TOO_LONG),
        (read_keywords, "k" * (KEYWORD_MAX_CHARACTERS + 1), Problem.LINE_TOO_LONG),
        (read_comments, "c" * (COMMENT_MAX_CHARACTERS + 1), Problem.LINE_TOO_LONG),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_line_as_it_was_sent(
    read: Callable[[str], Listed], text: str, problem: Problem
) -> None:
    with pytest.raises(BadInput) as refused:
        read(f"first\n\n{text}\nlast")
    assert refused.value.problem is problem
    assert refused.value.facts["line"] == 3


@pytest.mark.parametrize(
    ("typed", "tag"), [("#travel", "travel"), ("travel", "travel"), (" #เที่ยว\n", "เที่ยว"), ("#a #A", "a")]
)
def test_one_hashtag_is_looked_up_without_its_sign(typed: str, tag: str) -> None:
    assert check_hashtag(typed) == tag


@pytest.mark.parametrize(
    ("typed", "problem"), [("#a #b", Problem.HASHTAG_ONE), ("a b", Problem.HASHTAG_ONE), ("#", Problem.LINES_EMPTY)]
)
def test_more_or_less_than_one_hashtag_is_refused(typed: str, problem: Problem) -> None:
    with pytest.raises(BadInput) as refused:
        check_hashtag(typed)
    assert refused.value.problem is problem


@pytest.mark.parametrize(
    ("typed", "name"), [("mina", "mina"), (" @mina ", "mina"), ("@ mina", "mina"), ("Mina  von S.", "Mina von S.")]
)
def test_one_person_is_named_without_the_sign(typed: str, name: str) -> None:
    assert check_username(typed, or_link=False) == name


@pytest.mark.parametrize(
    ("typed", "or_link", "problem"),
    [
        ("", False, Problem.LINES_EMPTY),
        ("@", True, Problem.LINES_EMPTY),
        ("\u200b", True, Problem.LINES_EMPTY),
        ("mina\ntheo", False, Problem.USERNAME_ONE),
        ("mina, theo", True, Problem.USERNAME_ONE),
        ("framely.example/mina", False, Problem.USERNAME_IS_LINK),
        ("ftp://framely.example/mina", True, Problem.LINK_SCHEME),
        ("m" * (PERSON_MAX_CHARACTERS + 1), True, Problem.NAME_TOO_LONG),
    ],
)
def test_what_is_no_one_person_is_refused(typed: str, or_link: bool, problem: Problem) -> None:
    with pytest.raises(BadInput) as refused:
        check_username(typed, or_link=or_link)
    assert refused.value.problem is problem


@pytest.mark.parametrize(("typed", "number"), [("2", "2"), (" 02 ", "2"), ("#3", "3"), ("4.", "4"), ("100)", "100")])
def test_an_answer_is_named_by_its_number(typed: str, number: str) -> None:
    assert check_answer_number(typed) == number


@pytest.mark.parametrize("typed", ["", "0", "-1", "101", "1k", "two", "1 2", "1.5", "٢", "9" * 5000])
def test_what_is_no_answers_number_is_refused(typed: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_answer_number(typed)
    assert refused.value.problem is Problem.ANSWER_UNREADABLE
