"""A move writes the places it needs, and what nobody put anywhere keeps the order it comes in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.arranging import Arrangement, in_order, moved

#: So many were put somewhere and so many were not; then what stands at one index is put at another, again and again.
STEPS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60)


class Shelf:
    """Names in order, kept as the catalogue keeps them: by place, then as they are listed."""

    def __init__(self, count: int) -> None:
        self.listed = [f"n{n}" for n in range(count)]
        self.places: dict[str, int] = {}

    @property
    def order(self) -> list[str]:
        return sorted(self.listed, key=lambda name: in_order(Arrangement(place=self.places.get(name))))

    def move(self, was: int, to: int) -> int:
        order = self.order
        written = moved([self.places.get(name) for name in order], was, to)
        self.places.update({order[index]: place for index, place in written.items()})
        return len(written)


@given(st.integers(1, 12), STEPS)
def test_what_is_moved_stands_where_it_was_put_and_the_rest_as_before(count: int, steps: list[tuple[int, int]]) -> None:
    shelf = Shelf(count)
    for was, to in ((a % count, b % count) for a, b in steps):
        wanted = shelf.order
        wanted.insert(to, wanted.pop(was))
        shelf.move(was, to)
        assert shelf.order == wanted


def test_a_move_to_the_top_writes_one_row_and_a_move_by_one_few() -> None:
    shelf = Shelf(1000)
    assert [shelf.move(900, 0), shelf.move(901, 0), shelf.move(0, 1), shelf.move(2, 1)] == [1, 1, 1, 1]
    assert shelf.move(500, 0) == 1
    assert shelf.move(3, 4) == 2
    assert shelf.order[:5] == ["n498", "n900", "n0", "n1", "n901"]


def test_where_no_gap_is_left_every_place_is_given_anew() -> None:
    shelf = Shelf(3)
    for _ in range(40):
        shelf.move(2, 1)
    assert len(set(shelf.places.values())) == len(shelf.places) == 3


def test_what_is_listed_later_stands_behind() -> None:
    shelf = Shelf(3)
    shelf.move(2, 0)
    shelf.listed.insert(0, "new")
    assert shelf.order == ["n2", "new", "n0", "n1"]
