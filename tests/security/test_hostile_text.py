"""What people and panels write, at its worst, in every field: it arrives, shows literally, and breaks no line."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any, Final

import pytest

from bot.domain.inputs import RULES, Field
from bot.domain.text import plain_name
from bot.logs import configure
from tests.handlers.counter import Counter
from tests.handlers.operator_desk import desk
from tests.handlers.test_guards import message, update
from tests.kit import IRIS, LINK, MINA

_CHAT: Final = {"id": MINA, "type": "private", "first_name": "Mina"}
CORPUS: Final = {
    "markup": "<b>bold</b> <a href='tg://user?id=1'>x</a> &amp; &lt; \"'",
    "unclosed": "<b><i><u></b> <code",
    "entities": "&#0; &#xFFFFFFFF; &nbsp; &bogus;",
    "template": "{0} {name} {text.__class__} %s %(x)s ${x} {{7*7}}",
    "markdown": "*_`[x](tg://resolve?domain=y)`_*",
    "right to left": "\u202eevil\u202d \u2066x\u2069 \u200f\u200e",
    "invisible": "a\u200bb\u2060c\ufeffd\u00ade",
    "controls": "a\x00b\x07c\x1b[31md\x7fe\x85f",
    "lines": "a\nb\r\nc\u2028d\u2029e\x0bf",
    "half characters": "\ud83d x \udc00",
    "combining": "e" + "\u0301" * 400,
    "emoji": "👩\u200d👩\u200d👧" * 60,
    "confusable": "Officіal ✓ vеrified",
    "long": "W" * 4096,
}


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS.keys())
async def test_a_persons_name_and_message_reach_the_operator_literally(tmp_path: Path, text: str) -> None:
    async with desk(tmp_path) as at:
        person = {
            "id": MINA,
            "is_bot": False,
            "first_name": text[:64] or "x",
            "last_name": text[:64],
            "username": "mina",
        }
        for said in ("/support", text[:4096]):
            await at.counter.handle(update(at.counter, message={**message(_CHAT, said), "from": person}))
        await at.counter.deliver()
        await at.counter.say(f"/user {MINA}", IRIS)
        shown = [seen.text for seen in await at.counter.history(IRIS)]
        assert any(f"{MINA}" in one for one in shown)
        _is_clean(*shown)


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS.keys())
@pytest.mark.parametrize(
    "kind", ["default", "custom comments", "mentions custom list", "seo", "mentions hashtag", "poll"]
)
async def test_every_answer_is_taken_or_refused_in_words_and_never_breaks_a_screen(
    shop: Counter, kind: str, text: str
) -> None:
    await shop.say("/start")
    await shop.bench.credit("100")
    await shop.to_question(kind)
    for field in RULES[kind].asks:
        await shop.handle(update(shop, message=message(_CHAT, text[:4096])))
        answer = await shop.last()
        if "check and confirm" in answer.text:
            break
        await shop.say(_fine(field))
    _is_clean(*(seen.text for seen in await shop.history()))


def _fine(field: Field) -> str:
    return {
        Field.LINK: LINK, Field.QUANTITY: "100", Field.HASHTAG: "travel", Field.ANSWER_NUMBER: "2",
        Field.USERNAME: "mina",
        Field.KEYWORDS: "bicycles\nshoes", Field.COMMENTS: "\n".join(f"Nice {n}" for n in range(20)),
        Field.USERNAMES: "\n".join(f"mina{n}" for n in range(20)),
    }[field]  # fmt: skip


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS.keys())
async def test_a_panels_names_and_words_show_literally(tmp_path: Path, text: str) -> None:
    async with desk(tmp_path) as at:
        await at.counter.bench.panel.fault(
            "add", "refuse", text=f"Bad link {text}"[:2000].encode("utf-8", "replace").decode()
        )
        await at.counter.bench.order()
        await at.counter.bench.submit()
        await at.counter.deliver()
        for person, said in ((MINA, "/orders"), (IRIS, "/admin"), (IRIS, "/find 1"), (IRIS, "/resolve")):
            await at.counter.say(said, person)
        for person in (MINA, IRIS):
            _is_clean(*(seen.text for seen in await at.counter.history(person)))


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS.keys())
def test_a_name_from_a_panel_holds_nothing_that_hides(text: str) -> None:
    name = plain_name(text)
    assert len(name) <= 200
    assert not re.search(
        "[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u00ad\ud800-\udfff]", name
    )
    assert plain_name(name) == name


def _is_clean(*shown: str) -> None:
    """Nothing of a message commands a terminal, turns the rest around, or is half a character."""
    for text in shown:
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]", text), ascii(text)
        assert len(text.encode("utf-16-le")) // 2 <= 4096


# The log ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS.keys())
def test_a_name_in_the_log_begins_no_line_and_commands_no_terminal(
    capfd: pytest.CaptureFixture[str], form: Any, text: str
) -> None:
    configure("DEBUG", form, ())
    forged = f"{text}\n2026-01-01T00:00:00.000Z CRITICAL bot: all money is gone"
    logging.getLogger("bot.test").warning("somebody said %s", forged, extra={"person": forged})
    try:
        int(forged)
    except ValueError:
        logging.getLogger("bot.test").exception("a handler failed")
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 2
    assert not any(re.search("[\x00-\x08\x0b-\x1f\x7f\x1b\u2028\u2029\u202e]", line) for line in lines)
    if form == "json":
        assert all(json.loads(line)["level"] in ("WARNING", "ERROR") for line in lines)
    else:
        assert all(re.match(r"\S+Z (WARNING|ERROR) ", line) for line in lines)
