"""Names as panels write them become names that can be shown, compared and trusted."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.arranging import Arrangement
from bot.domain.catalog import Offer, Service, Unsold, kin, normal_category, normal_type
from bot.domain.text import plain_name


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("  Framely   Likes ", "Framely Likes"), ("Likes\r\n\tfast", "Likes fast"), ("a\x00b\x1b[31mc", "ab[31mc"),
        ("\u202eevil\u202c", "evil"), ("\u2066x\u2069", "x"), ("Fra\u200bmely\ufeff", "Framely"), ("a\u00adb", "ab"),
        ("\ud800x\udfff", "x"), ("a\u2028b\u2029c", "a b c"), ("❤️ Likes", "❤️ Likes"), ("👩\u200d🚀", "👩\u200d🚀"),
        ("لایک\u200cها", "لایک\u200cها"), ("\u200d\u200c", ""), ("\u200dx\u200d", "x"), ("\x85a\x85", "a"), ("", ""),
        ("<b>&amp;", "<b>&amp;"), ("\ue000logo", "logo"),
    ],
)  # fmt: skip
def test_a_name_keeps_its_letters_and_loses_what_could_deceive(raw: str, shown: str) -> None:
    assert plain_name(raw) == shown


def test_a_name_is_capped() -> None:
    assert len(plain_name("x" * 10_000)) == 200
    assert plain_name("ab cd", 3) == "ab"


@given(st.text(st.characters(codec=None), max_size=50), st.integers(1, 20))
def test_a_shown_name_has_nothing_invisible_and_stays_as_it_is(raw: str, limit: int) -> None:
    shown = plain_name(raw, limit)
    assert len(shown) <= limit
    assert all(unicodedata.category(c) not in {"Cc", "Cs", "Co"} for c in shown)
    assert not {"\u202a", "\u202b", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"} & set(shown)
    assert shown == shown.strip()
    assert plain_name(shown, limit) == shown
    shown.encode("utf-8")


@pytest.mark.parametrize(
    "spelling", ["Custom Comments", "custom_comments", " CUSTOM  COMMENTS ", "Custom_comments", "custom__ comments\n"]
)
def test_spellings_of_a_type_are_one(spelling: str) -> None:
    assert normal_type(spelling) == "custom comments"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Framely Likes", "  framely  LIKES "), ("Straße", "STRASSE"), ("ﬁne", "fine"), ("Ｆramely", "Framely"),
        ("Fra\u200bmely", "framely"), ("é", "e\u0301"),
    ],
)  # fmt: skip
def test_categories_of_one_name_fall_together(one: str, other: str) -> None:
    assert normal_category(one) == normal_category(other)


def test_an_offer_is_for_sale_unless_something_says_why_not() -> None:
    service = Service("p", "1", "A service", "default", "A category", Decimal(1), 1, 10)
    assert Offer(1, service, 1).for_sale
    assert not any(Offer(1, service, 1, reason).for_sale for reason in Unsold)
    assert not Offer(1, service, 1, own=Arrangement(hidden=True)).for_sale
    assert not Offer(1, service, 1, category_hidden=True).for_sale
    assert service.key == ("p", "1")


def test_an_offer_is_called_by_the_operators_title_where_it_has_one() -> None:
    service = Service("p", "1", "A service", "default", "A category", Decimal(1), 1, 10)
    assert Offer(1, service, 1).name == "A service"
    assert Offer(1, service, 1, own=Arrangement(title="Likes")).name == "Likes"


def test_names_of_kin_stand_together() -> None:
    names = ["Framely 10", "✨ Bloggle", "Framely 2", "bloggle Plus", "★"]
    assert sorted(names, key=kin) == ["★", "✨ Bloggle", "bloggle Plus", "Framely 2", "Framely 10"]
