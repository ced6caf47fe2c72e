"""The pace of what the bot sends, in virtual time."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram.error import BadRequest, RetryAfter

from bot.transport.limits import Lane, Pace
from tests.transport.kit import VirtualTime


@pytest.fixture(params=["1", "0"], ids=["timedelta", "seconds"], autouse=True)
def _ptb_timedelta(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", request.param)


pytestmark = pytest.mark.filterwarnings("ignore:.*In a future major version attribute `retry_after`")


class Wire:
    """Calls through the limiter in virtual time; what arrived, and when."""

    def __init__(self, *, retries: int = 5, latency: float = 0.0) -> None:
        self.time = VirtualTime()
        self.pace = Pace(retries=retries, clock=self.time.clock, sleep=self.time.sleep)
        self.latency = latency
        self.arrived: list[tuple[float, str]] = []
        self.floods: list[int] = []

    async def call(self, label: str, endpoint: str = "sendMessage", lane: Lane | None = None, **data: Any) -> Any:
        return await self.pace.process_request(self._arrive, (label,), {}, endpoint, data, lane)

    async def _arrive(self, label: str) -> dict[str, str]:
        if self.latency:
            await self.time.sleep(self.latency)
        self.arrived.append((round(self.time.now - 1000, 3), label))
        if self.floods:
            raise RetryAfter(timedelta(seconds=self.floods.pop(0)))
        return {"label": label}

    def times(self, label: str | None = None) -> list[float]:
        return [at for at, name in self.arrived if label in (None, name)]


async def test_five_answers_to_a_chat_go_at_once_and_the_sixth_waits_its_turn():
    wire = Wire()
    await wire.time.run(*(wire.call(str(number), chat_id=1) for number in range(8)))
    assert wire.arrived == [(0, "0"), (0, "1"), (0, "2"), (0, "3"), (0, "4"), (1, "5"), (2, "6"), (3, "7")]


async def test_how_many_answers_go_at_once_can_be_set():
    wire = Wire()
    wire.pace = Pace(answers_at_once=8, clock=wire.time.clock, sleep=wire.time.sleep)
    await wire.time.run(*(wire.call("x", chat_id=1) for _ in range(9)))
    assert wire.times() == [0] * 8 + [1]


async def test_a_chat_that_rests_may_burst_again():
    wire = Wire()
    await wire.time.run(*(wire.call("first", chat_id=1) for _ in range(5)))
    await wire.time.run(wire.time.sleep(3))
    await wire.time.run(*(wire.call("second", chat_id=1) for _ in range(4)))
    assert wire.times("second") == [3, 3, 3, 4]


async def test_answers_have_no_overall_cap():
    wire = Wire()
    await wire.time.run(*(wire.call("x", chat_id=chat) for chat in range(500)))
    assert set(wire.times()) == {0}


async def test_notices_go_one_a_second_to_a_chat_in_order():
    wire = Wire()
    await wire.time.run(*(wire.call(str(number), lane=Lane.NOTICE, chat_id=1) for number in range(4)))
    assert wire.arrived == [(0, "0"), (1, "1"), (2, "2"), (3, "3")]


async def test_notices_go_at_25_a_second_in_all():
    wire = Wire()
    await wire.time.run(*(wire.call("x", lane=Lane.NOTICE, chat_id=chat) for chat in range(101)))
    times = wire.times()
    assert times[0] == 0
    assert times[-1] == pytest.approx(4.0)
    assert all(later - earlier >= 0.039 for earlier, later in itertools.pairwise(times))


async def test_answers_do_not_wait_for_notices():
    wire = Wire()
    notices = (wire.call("notice", lane=Lane.NOTICE, chat_id=chat % 5) for chat in range(50))
    await wire.time.run(*notices, wire.call("answer", chat_id=1))
    assert wire.times("answer") == [0]


async def test_one_chats_notices_do_not_hold_up_another_chats():
    wire = Wire()
    await wire.time.run(
        *(wire.call("busy", lane=Lane.NOTICE, chat_id=1) for _ in range(10)),
        wire.call("other", lane=Lane.NOTICE, chat_id=2),
    )
    assert wire.times("other") == [0.04]


@pytest.mark.parametrize("endpoint", ["answerCallbackQuery", "answerPreCheckoutQuery", "getMe", "setMyCommands"])
async def test_calls_without_a_chat_never_wait(endpoint: str):
    wire = Wire()
    await wire.time.run(
        *(wire.call("message", chat_id=1) for _ in range(9)), *(wire.call("quick", endpoint) for _ in range(9))
    )
    assert set(wire.times("quick")) == {0}


@pytest.mark.parametrize("endpoint", ["sendChatAction", "getChat", "deleteMessage"])
async def test_calls_that_are_no_messages_use_up_no_turn(endpoint: str):
    wire = Wire()
    await wire.time.run(
        *(wire.call("quick", endpoint, chat_id=1) for _ in range(9)),
        *(wire.call("message", chat_id=1) for _ in range(5)),
    )
    assert set(wire.times()) == {0}


async def test_retry_after_silences_its_chat_alone():
    wire = Wire()
    wire.floods = [7]
    await wire.time.run(wire.call("flooded", chat_id=1))
    await wire.time.run(wire.call("same", chat_id=1), wire.call("other", chat_id=2))
    assert wire.times("flooded") == [0, 7]
    assert wire.times("other") == [7]


async def test_while_a_chat_is_silent_nothing_goes_there_and_others_go_on():
    wire = Wire()
    wire.floods = [7]

    async def later() -> None:
        await wire.time.sleep(1)
        await asyncio.gather(
            wire.call("same", chat_id=1),
            wire.call("action", "sendChatAction", chat_id=1),
            wire.call("notice", lane=Lane.NOTICE, chat_id=1),
            wire.call("other", chat_id=2),
            wire.call("chatless", "answerCallbackQuery"),
        )

    await wire.time.run(wire.call("flooded", chat_id=1), later())
    assert wire.times("other") == wire.times("chatless") == [1]
    assert wire.times("flooded") == [0, 7]
    assert wire.times("same") == [8]  # nothing was saved up in the silence
    assert wire.times("action") == wire.times("notice") == [7]


async def test_retry_after_of_a_call_without_a_chat_silences_everything():
    wire = Wire()
    wire.floods = [3]

    async def later() -> None:
        await wire.time.sleep(1)
        await asyncio.gather(
            wire.call("answer", chat_id=1),
            wire.call("notice", lane=Lane.NOTICE, chat_id=2),
            wire.call("quick", "getMe"),
        )

    await wire.time.run(wire.call("flooded", "getMe"), later())
    assert sorted(wire.arrived) == [(0, "flooded"), (3, "answer"), (3, "flooded"), (3, "notice"), (3, "quick")]


async def test_retries_end_and_the_error_is_raised():
    wire = Wire(retries=2)
    wire.floods = [1, 2, 3, 4]
    (error,) = await wire.time.run(wire.call("x", chat_id=1))
    assert isinstance(error, RetryAfter)
    assert wire.times() == [0, 1, 3]


async def test_other_errors_are_the_callers():
    pace = Pace()

    async def refused() -> dict[str, str]:
        raise BadRequest("Message is not modified")

    with pytest.raises(BadRequest):
        await pace.process_request(refused, (), {}, "editMessageText", {"chat_id": 1, "message_id": 2}, None)
    assert len(pace._edits) == 0


async def test_a_chats_notices_keep_their_order_through_a_429():
    wire = Wire()
    wire.floods = [5]
    await wire.time.run(*(wire.call(str(number), lane=Lane.NOTICE, chat_id=1) for number in range(3)))
    assert wire.arrived == [(0, "0"), (5, "0"), (6, "1"), (7, "2")]


async def test_a_chats_notice_waits_for_the_one_before_it_to_arrive():
    wire = Wire(latency=1.5)
    wire.floods = [5]
    await wire.time.run(*(wire.call(str(number), lane=Lane.NOTICE, chat_id=1) for number in range(2)))
    assert [label for _, label in wire.arrived] == ["0", "0", "1"]


async def test_a_notice_that_has_waited_for_its_turn_still_keeps_the_silence_that_began_meanwhile():
    wire = Wire()

    async def flooded() -> None:
        await wire.time.sleep(0.5)
        wire.floods = [10]
        await wire.call("answer", chat_id=1)

    others = (wire.call("other", lane=Lane.NOTICE, chat_id=chat) for chat in range(100, 125))
    await wire.time.run(*others, wire.call("notice", lane=Lane.NOTICE, chat_id=1), flooded())
    assert wire.times("notice") == [10.5]


# Edits --------------------------------------------------------------------------------------------


def edit(
    wire: Wire, label: str, lane: Lane | None = None, endpoint: str = "editMessageText", message_id: int = 9
) -> Any:
    return wire.call(label, endpoint, lane, chat_id=1, message_id=message_id)


async def test_of_edits_that_wait_only_the_newest_is_sent_and_all_get_its_outcome():
    wire = Wire()
    sent = [
        wire.call("message", lane=Lane.NOTICE, chat_id=1),
        *(edit(wire, f"edit {n}", Lane.NOTICE) for n in range(4)),
    ]
    results = await wire.time.run(*sent)
    assert wire.arrived == [(0, "message"), (1, "edit 3")]
    assert results[1:] == [{"label": "edit 3"}] * 4


async def test_all_get_the_newests_error():
    wire = Wire(retries=0)

    async def flooded() -> None:
        await wire.time.sleep(0.5)
        wire.floods = [1]

    results = await wire.time.run(
        wire.call("message", lane=Lane.NOTICE, chat_id=1),
        *(edit(wire, "edit", Lane.NOTICE) for _ in range(3)),
        flooded(),
    )
    assert [type(result) for result in results[1:4]] == [RetryAfter] * 3


async def test_edits_of_different_messages_are_not_merged():
    wire = Wire()
    await wire.time.run(*(edit(wire, f"{n}", Lane.NOTICE, message_id=n) for n in range(3)))
    assert wire.arrived == [(0, "0"), (1, "1"), (2, "2")]


async def test_an_answers_edit_goes_at_once_and_replaces_the_waiting_notices_edit():
    wire = Wire()
    results = await wire.time.run(
        wire.call("message", lane=Lane.NOTICE, chat_id=1), edit(wire, "notice", Lane.NOTICE), edit(wire, "answer")
    )
    assert wire.arrived == [(0, "message"), (0, "answer")]
    assert results[1] == {"label": "answer"}


async def test_a_change_of_the_keyboard_alone_does_not_swallow_a_change_of_the_text():
    wire = Wire()
    await wire.time.run(
        wire.call("message", lane=Lane.NOTICE, chat_id=1),
        edit(wire, "text", Lane.NOTICE),
        edit(wire, "keyboard", Lane.NOTICE, "editMessageReplyMarkup"),
    )
    assert wire.arrived == [(0, "message"), (1, "text"), (2, "keyboard")]


async def test_a_change_of_the_text_swallows_the_change_of_the_keyboard_before_it():
    wire = Wire()
    await wire.time.run(
        wire.call("message", lane=Lane.NOTICE, chat_id=1),
        edit(wire, "keyboard", Lane.NOTICE, "editMessageReplyMarkup"),
        edit(wire, "text", Lane.NOTICE),
    )
    assert wire.arrived == [(0, "message"), (1, "text")]


async def test_an_edit_waits_for_the_edit_of_its_message_that_is_under_way():
    wire = Wire(latency=0.3)
    await wire.time.run(*(edit(wire, f"{n}") for n in range(5)))
    assert wire.arrived == [(0.3, "0"), (0.6, "4")]


async def test_an_edit_held_back_by_429_is_replaced_by_a_newer_one():
    wire = Wire()
    wire.floods = [5]

    async def newer() -> Any:
        await wire.time.sleep(1)
        return await edit(wire, "newer")

    results = await wire.time.run(edit(wire, "older"), newer())
    assert wire.arrived == [(0, "older"), (5, "newer")]
    assert results == [{"label": "newer"}] * 2


async def test_when_the_newest_is_canceled_the_one_before_it_is_sent():
    wire = Wire()
    async with asyncio.TaskGroup() as group:
        await wire.time.run(*(wire.call("message", chat_id=1) for _ in range(5)))
        older = [group.create_task(edit(wire, f"{n}")) for n in range(2)]
        newest = group.create_task(edit(wire, "newest"))
        await wire.time.settle()
        newest.cancel()
        await wire.time.until(lambda: all(task.done() for task in older))
    assert wire.times("0") == wire.times("newest") == []
    assert len(wire.times("1")) == 1
    assert [task.result() for task in older] == [{"label": "1"}] * 2


async def test_inline_messages_have_their_own_identity():
    wire = Wire(latency=0.1)
    calls = (wire.call(f"{n}", "editMessageText", inline_message_id="abc") for n in range(3))
    await wire.time.run(*calls)
    assert [label for _, label in wire.arrived] == ["0", "2"]


# Memory -------------------------------------------------------------------------------------------


async def test_chats_are_forgotten_when_they_have_been_idle():
    wire = Wire()
    for start in range(0, 5000, 500):
        await wire.time.run(*(wire.call("x", chat_id=chat) for chat in range(start, start + 500)))
        await wire.time.run(wire.time.sleep(31))
    await wire.time.run(wire.call("last", chat_id=-1))
    assert wire.pace.remembered == 1


async def test_a_chat_under_silence_is_not_forgotten():
    wire = Wire(retries=0)
    wire.floods = [100]
    await wire.time.run(wire.call("flooded", chat_id=1))
    await wire.time.run(wire.time.sleep(60))
    await wire.time.run(wire.call("later", chat_id=1))
    assert wire.times("later") == [100]


# Laws ---------------------------------------------------------------------------------------------

PLAN = st.lists(
    st.tuples(
        st.floats(0, 5),
        st.sampled_from([None, Lane.NOTICE]),
        st.integers(1, 3),
        st.sampled_from(["sendMessage", "editMessageText"]),
    ),
    max_size=40,
)


@pytest.mark.filterwarnings("ignore")
@settings(deadline=None, max_examples=60)
@given(PLAN, st.lists(st.integers(1, 4), max_size=3))
def test_whatever_is_asked_limits_hold_and_everybody_gets_an_outcome(plan: list[Any], floods: list[int]):
    asyncio.run(_follow(plan, floods))


async def _follow(plan: list[Any], floods: list[int]) -> None:
    wire = Wire(retries=10)
    wire.floods = list(floods)

    async def job(number: int, at: float, lane: Lane | None, chat: int, endpoint: str) -> Any:
        await wire.time.sleep(at)
        return await wire.call(f"{lane}:{chat}:{number}", endpoint, lane, chat_id=chat, message_id=1)

    results = await wire.time.run(*(job(number, *entry) for number, entry in enumerate(plan)))
    assert all(isinstance(result, dict) for result in results)
    for chat in (1, 2, 3):
        notices = sorted(at for at, label in wire.arrived if label.startswith(f"notice:{chat}:"))
        assert all(later - earlier >= 0.999 for earlier, later in itertools.pairwise(notices))
        answers = sorted(at for at, label in wire.arrived if label.startswith(f"None:{chat}:"))
        assert all(late - early >= 0.998 for early, late in zip(answers, answers[5:], strict=False))
    assert len(wire.pace._edits) == 0
