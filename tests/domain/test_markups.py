"""Of the markups that apply to a service the narrowest wins."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.markups import SHOP, Markup, Scope, Subject, sort_out

PERCENTS = st.decimals(0, 10_000, places=2)
PANELS, NUMBERS = st.sampled_from(["nord", "sued"]), st.integers(1, 3)
SUBJECTS = st.one_of(
    st.just(SHOP),
    st.builds(Subject, st.just(Scope.PANEL), PANELS),
    st.builds(Subject, st.sampled_from([Scope.CATEGORY, Scope.SERVICE]), NUMBERS.map(str)),
)


def test_scopes_go_from_the_widest_to_the_narrowest() -> None:
    assert list(Scope) == sorted(Scope, key=lambda s: sum(s.narrower_than(o) for o in Scope))
    assert Scope.SERVICE.narrower_than(Scope.CATEGORY)
    assert not Scope.PANEL.narrower_than(Scope.PANEL)


@given(st.dictionaries(SUBJECTS, PERCENTS), PANELS, NUMBERS, NUMBERS)
def test_the_narrowest_wins(percents: dict[Subject, Decimal], panel: str, category: int, service: int) -> None:
    chain = (
        Subject(Scope.SERVICE, str(service)), Subject(Scope.CATEGORY, str(category)), Subject(Scope.PANEL, panel),
    )  # fmt: skip
    expected = next((Markup(percents[s], s.scope) for s in chain if s in percents), None)
    found = sort_out(percents)
    assert found.of(panel, category, service) == expected
    assert found.shop == percents.get(SHOP)


@pytest.mark.parametrize("scope", [Scope.SERVICE, Scope.CATEGORY, Scope.PANEL])
def test_nothing_percent_is_a_markup_too(scope: Scope) -> None:
    key = "nord" if scope is Scope.PANEL else "1"
    assert sort_out({Subject(scope, key): Decimal(0)}).of("nord", 1, 1) == Markup(Decimal(0), scope)
    assert sort_out({SHOP: Decimal(0)}).shop == Decimal(0)
