"""What a person's conversations remember survives storage, and nothing stored can break a start."""

from __future__ import annotations

import pytest

from bot.domain.inputs import Field
from handlers.context import Draft, Memory, decode_memory, encode_memory
from handlers.customer.screens_order import quick_amounts
from handlers.steps import Step


def test_a_memory_comes_back_the_same() -> None:
    memory = Memory(
        draft=Draft(7, {"link": "https://framely.example/ü", "comments": "a\nb"}, "token", 9, {"link": "x"}, 5)
    )
    assert decode_memory(encode_memory(memory)) == memory
    assert decode_memory(encode_memory(Memory())) == Memory()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"draft": 5}', '{"draft": {"service_number": "x"}}', "null"])
def test_a_memory_of_another_form_is_forgotten(text: str) -> None:
    assert decode_memory(text) == Memory()


def test_a_memory_of_a_newer_form_keeps_what_is_known() -> None:
    assert decode_memory('{"draft": {"service_number": 7, "novelty": 1}, "more": {}}') == Memory(Draft(7))


def test_steps_and_fields_never_share_a_name() -> None:
    assert {step.value for step in Step} & {field.value for field in Field} == set()


@pytest.mark.parametrize(
    ("limits", "amounts"),
    [
        ((10, 50_000), [10, 100, 500, 1000, 5000, 50_000]),
        ((100, 10_000_000), [100, 500, 1000, 5000, 10_000, 10_000_000]),
        ((1, 1), [1]),
        ((20, 60), [20, 50, 60]),
    ],
)
def test_quick_amounts_are_round_and_spread(limits: tuple[int, int], amounts: list[int]) -> None:
    assert quick_amounts(*limits) == amounts
