"""What each service type asks, how each answer is checked, and what it amounts to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import Service, normal_type
from bot.domain.errors import BadInput, Problem
from bot.domain.inputs import (
    ENTRIES_MAX,
    LISTS,
    RULES,
    Basis,
    Count,
    Field,
    check,
    limits_of,
    lines_of,
    parse_quantity,
    quantity_of,
    sold_rule,
)
from bot.domain.lists import COMMENT_MAX_CHARACTERS
from bot.domain.money import parse_decimal


def service(kind: str = "default", minimum: int = 10, maximum: int = 5000) -> Service:
    return Service("p", "1", "A service", kind, "A category", parse_decimal("1"), minimum, maximum)


#: Panel API v2, `add`: the type, its required fields, where the quantity comes from, and what the rate is for.
TABLE = [
    ("Default", "link quantity", Count.ASKED, Basis.THOUSAND, None),
    ("Package", "link", Count.ONE, Basis.FLAT, None),
    ("Custom Comments", "link comments", Count.LINES, Basis.THOUSAND, "comments"),
    ("Custom Comments Package", "link comments", Count.ONE, Basis.FLAT, None),
    ("SEO", "link keywords quantity", Count.ASKED, Basis.THOUSAND, None),
    ("Mentions", "link usernames quantity", Count.ASKED, Basis.THOUSAND, None),
    ("Mentions with Hashtags", "link usernames hashtags quantity", Count.ASKED, Basis.THOUSAND, None),
    ("Mentions Custom List", "link usernames", Count.LINES, Basis.THOUSAND, "usernames"),
    ("Mentions Hashtag", "link hashtag quantity", Count.ASKED, Basis.THOUSAND, None),
    ("Mentions User Followers", "link username quantity", Count.ASKED, Basis.THOUSAND, None),
    ("Mentions Media Likers", "link media quantity", Count.ASKED, Basis.THOUSAND, None),
    ("Comment Likes", "link username quantity", Count.ASKED, Basis.THOUSAND, None),
    ("Comment Replies", "link username comments", Count.LINES, Basis.THOUSAND, "comments"),
    ("Poll", "link answer_number quantity", Count.ASKED, Basis.THOUSAND, None),
    ("Invites from Groups", "link groups quantity", Count.ASKED, Basis.THOUSAND, None),
]


@pytest.mark.parametrize(("name", "asks", "count", "basis", "counted"), TABLE)
def test_a_type_asks_for_what_the_protocol_requires(
    name: str, asks: str, count: Count, basis: Basis, counted: str | None
) -> None:
    rule = RULES[normal_type(name)]
    assert [field.value for field in rule.asks] == asks.split()
    assert (rule.count, rule.basis, rule.counted) == (count, basis, counted)


def test_the_table_has_no_other_rows() -> None:
    assert set(RULES) == {normal_type(row[0]) for row in TABLE}


def test_every_type_of_the_table_is_sold_and_no_other() -> None:
    assert all(sold_rule(kind) for kind in RULES)
    assert sold_rule("subscriptions") is None
    assert sold_rule("web traffic") is None
    assert sold_rule("") is None


@pytest.mark.parametrize(
    ("typed", "quantity"),
    [
        ("1000", 1000), ("1 000", 1000), ("1,000", 1000), ("12 345 678", 12_345_678), ("12,345,678", 12_345_678),
        ("1.000", 1000), ("12.345.678", 12_345_678), ("1,5k", 1500), ("1,25K", 1250),
        ("1k", 1000), ("1K", 1000), ("1 k", 1000), ("1.5k", 1500), ("0.5k", 500), ("1.25k", 1250), ("1.234k", 1234),
        ("  250 ", 250), ("007", 7), ("0", 0), ("999999999", 999_999_999), ("999999k", 999_999_000),
    ],
)  # fmt: skip
def test_a_quantity_is_read_as_people_type_it(typed: str, quantity: int) -> None:
    assert parse_quantity(typed) == quantity


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "k", ".5k", "1.k", "1.2345k", "1.5", "0.500", "0,500", "0 500", "1.00", "1.0000", "1.000,5", "1,000.5",
        "1.000 000",
        "1,5", "1,00", "10,00,000", "1,0000", "1  000", ",100", "100,", "1k5", "1kk", "1m", "1,500k", "1.000.000k",
        "1 000k", "-5", "+5", "- 5", "1_000", "1e3", "1E3", "0x10", "1/2", "5%", "~100", "100 pcs", "100\n", "\n100",
        "1\t000", "1\xa0000", "1\u2009000", "1\u202f000", "100\u200b", "100\x00", "٣٤٥", "１００", "1００", "۱۲۳", "²",
        "½", "Ⅷ", "一百", "1\u212a", "NaN", "inf", "None", "true",
    ],
)  # fmt: skip
def test_a_hostile_or_ambiguous_quantity_is_not_guessed_at(typed: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_quantity(typed)
    assert refused.value.problem is Problem.NUMBER_UNREADABLE


@pytest.mark.parametrize(
    "typed", ["1000000000", "1000000k", "9" * 5000, "1," + "000," * 1000 + "000", "1" + " 000" * 1300]
)
def test_a_number_beyond_all_quantities_is_too_large(typed: str) -> None:
    for maximum in (500, 10**12):
        with pytest.raises(BadInput) as refused:
            parse_quantity(typed, maximum)
        assert refused.value.problem is Problem.NUMBER_TOO_LARGE
        assert refused.value.facts == {"maximum": min(maximum, 999_999_999), "quantity": typed}


@given(st.integers(0, 999_999_999))
def test_every_spelling_of_a_number_is_that_number(number: int) -> None:
    grouped = f"{number:,}"
    spellings = {str(number), grouped, grouped.replace(",", " "), grouped.replace(",", ".")}
    assert {parse_quantity(spelling) for spelling in spellings} == {number}


@pytest.mark.parametrize(
    ("typed", "problem"),
    [("9", Problem.NUMBER_TOO_SMALL), ("0", Problem.NUMBER_TOO_SMALL), ("5001", Problem.NUMBER_TOO_LARGE)],
)
def test_a_quantity_outside_the_limits_is_refused_with_them(typed: str, problem: Problem) -> None:
    with pytest.raises(BadInput) as refused:
        check(Field.QUANTITY, typed, service())
    assert refused.value.problem is problem
    assert refused.value.facts["quantity"] == int(typed)
    assert {10, 5000} & set(refused.value.facts.values())


def test_the_limits_themselves_are_allowed_and_sent_as_plain_digits() -> None:
    assert check(Field.QUANTITY, "10", service()) == "10"
    assert check(Field.QUANTITY, "5k", service()) == "5000"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one\ntwo", ["one", "two"]), ("one\r\ntwo\r\n", ["one", "two"]),
        ("\n\n one \n\n\ttwo\t\n  \n", ["one", "two"]),
        ("a\u2028b\x0bc\x85d", ["a", "b", "c", "d"]), ("", []), (" \n\t\n", []), ("one, two", ["one, two"]),
    ],
)  # fmt: skip
def test_lines_are_trimmed_and_blank_ones_dropped(text: str, lines: list[str]) -> None:
    assert lines_of(text) == lines


def test_comments_are_sent_one_to_a_line_without_blank_ones() -> None:
    comments = service("custom comments", 2, 3)
    assert check(Field.COMMENTS, " Nice! \r\n\r\nSo good\n", comments) == "Nice!\nSo good"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", Problem.LINES_EMPTY), ("\n \n", Problem.LINES_EMPTY), ("one", Problem.LINES_TOO_FEW),
        ("1\n2\n3\n4", Problem.LINES_TOO_MANY), ("a\n" + "b" * (COMMENT_MAX_CHARACTERS + 1), Problem.LINE_TOO_LONG),
        ("a\nb\ud800", Problem.TEXT_UNSENDABLE), ("a\nb\x00", Problem.TEXT_UNSENDABLE),
    ],
)  # fmt: skip
def test_comments_that_cannot_be_used_are_refused(text: str, problem: Problem) -> None:
    with pytest.raises(BadInput) as refused:
        check(Field.COMMENTS, text, service("custom comments", 2, 3))
    assert refused.value.problem is problem


@pytest.mark.parametrize("kind", RULES)
def test_a_list_has_the_services_limits_where_it_is_counted_and_the_shops_elsewhere(kind: str) -> None:
    for field in RULES[kind].asks:
        counted = field in (RULES[kind].counted, Field.QUANTITY)
        assert limits_of(field, service(kind)) == ((10, 5000) if counted else (1, ENTRIES_MAX))


@pytest.mark.parametrize(("field", "lists"), LISTS.items())
def test_no_list_that_is_not_counted_grows_beyond_all_measure(field: Field, lists: object) -> None:
    most = "\n".join(f"entry{n}" for n in range(ENTRIES_MAX))
    assert check(field, most, service("default", 1, 2)).count("\n") == ENTRIES_MAX - 1
    with pytest.raises(BadInput) as refused:
        check(field, most + "\none_more", service("default", 1, 2))
    assert refused.value.problem is Problem.LINES_TOO_MANY
    assert refused.value.facts == {"maximum": ENTRIES_MAX, "count": ENTRIES_MAX + 1}


def test_what_is_counted_is_what_is_left_without_repeats() -> None:
    mentions = service("mentions custom list", 3, 5)
    assert check(Field.USERNAMES, "@mina, theo; Mina iris", mentions) == "mina\ntheo\niris"
    with pytest.raises(BadInput) as refused:
        check(Field.USERNAMES, "mina, mina, theo", mentions)
    assert refused.value.facts == {"minimum": 3, "count": 2}


def test_the_link_of_a_page_stands_for_a_name_only_where_followers_are_meant() -> None:
    link = "https://framely.example/mina"
    assert check(Field.USERNAME, "framely.example/mina", service("mentions user followers")) == link
    with pytest.raises(BadInput) as refused:
        check(Field.USERNAME, link, service("comment likes"))
    assert refused.value.problem is Problem.USERNAME_IS_LINK


def test_a_media_is_a_link() -> None:
    assert check(Field.MEDIA, "framely.example/p/1", service()) == "https://framely.example/p/1"


@pytest.mark.parametrize(
    ("kind", "answers", "quantity"),
    [
        ("default", {"link": "x", "quantity": "250"}, 250),
        ("package", {"link": "x"}, 1),
        ("custom comments", {"link": "x", "comments": "a\nb\nc"}, 3),
        ("comment replies", {"link": "x", "username": "m", "comments": "a"}, 1),
        ("custom comments package", {"link": "x", "comments": "a\nb"}, 1),
    ],
)
def test_the_quantity_follows_from_the_answers(kind: str, answers: dict[str, str], quantity: int) -> None:
    assert quantity_of(RULES[kind], answers) == quantity


TEXTS = st.text(st.characters(codec=None) | st.sampled_from("0123456789,. kK\n\r\t\ud800\x00@:/#_w"), max_size=60)


@given(st.sampled_from(list(Field)), TEXTS, st.sampled_from(list(RULES)))
def test_a_check_raises_nothing_but_bad_input_and_its_result_can_be_sent(field: Field, text: str, kind: str) -> None:
    sold = service(kind, 1)
    try:
        answer = check(field, text, sold)
    except BadInput:
        return
    assert answer
    assert answer == answer.strip()
    assert "\x00" not in answer
    answer.encode("utf-8")
    assert check(field, answer, sold) == answer


@given(TEXTS)
def test_what_is_billed_is_what_the_panel_will_count(text: str) -> None:
    comments = service("custom comments", 1, 10**6)
    try:
        answer = check(Field.COMMENTS, text, comments)
    except BadInput:
        return
    counted_by_panel = [line for line in answer.replace("\r\n", "\n").split("\n") if line.strip()]
    assert (
        quantity_of(RULES["custom comments"], {"comments": answer}) == len(counted_by_panel) == len(answer.split("\n"))
    )
