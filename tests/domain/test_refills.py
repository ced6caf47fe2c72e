"""The machines of refills and cancel requests: what may follow what, and what never may."""

from __future__ import annotations

from itertools import product

import pytest

from bot.domain import cancels, refills
from bot.domain.cancels import CancelEvent, CancelState
from bot.domain.errors import IllegalMove
from bot.domain.orders import even_word
from bot.domain.refills import OPEN, STATUSES, RefillEvent, RefillState


def test_nothing_leads_from_unknown_back_to_another_request() -> None:
    reached, edge = set(), {RefillState.UNKNOWN}
    while edge:
        reached |= edge
        edge = {after for (before, _), after in refills.MOVES.items() if before in edge} - reached
    assert not reached & {RefillState.ASKED, RefillState.SUBMITTING}


@pytest.mark.parametrize(
    ("state", "event"), [pair for pair in product(RefillState, RefillEvent) if pair not in refills.MOVES]
)
def test_what_the_table_of_refills_does_not_name_is_illegal(state: RefillState, event: RefillEvent) -> None:
    with pytest.raises(IllegalMove):
        refills.move(state, event)


@pytest.mark.parametrize(
    ("state", "event"), [pair for pair in product(CancelState, CancelEvent) if pair not in cancels.MOVES]
)
def test_what_the_table_of_cancels_does_not_name_is_illegal(state: CancelState, event: CancelEvent) -> None:
    with pytest.raises(IllegalMove):
        cancels.move(state, event)


def test_every_state_but_the_open_ones_of_refills_is_an_end() -> None:
    left = {before for before, _ in refills.MOVES}
    assert left == OPEN


def test_an_accepted_cancel_is_an_end_of_the_request_and_of_nothing_else() -> None:
    left = {before for before, _ in cancels.MOVES}
    assert left == {CancelState.ASKED, CancelState.SUBMITTING}


def test_every_spelling_is_evened_out() -> None:
    assert all(even_word(word) == word for word in STATUSES)
