"""What the log shows: one line a record, no secret in any form, no control character."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logs import MASK, Masks, SafeFormatter, configure, escaped

TOKEN = "123456789:AAmade-up_token-of-no-bot-at-all-0000"
KEY = 'k/y+"quoted" & späced=='
SECRETS = (TOKEN, KEY)
LOG = logging.getLogger("bot.test")


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before = {logger: logger.level for logger in (root, *map(logging.getLogger, QUIET))}
    yield
    logging.captureWarnings(capture=False)
    for logger, level in before.items():
        logger.setLevel(level)
    for handler in our_handlers():
        root.removeHandler(handler)


def our_handlers() -> list[logging.Handler]:
    """Those that `configure` set up; pytest has handlers of its own."""
    return [handler for handler in logging.getLogger().handlers if isinstance(handler.formatter, SafeFormatter)]


QUIET = ("httpx", "httpcore", "aiohttp.access", "aiosqlite", "telegram")


@dataclass
class Log:
    """The log as `configure` set it up, begun when the test itself runs: pytest changes stderr between its phases."""

    fmt: Literal["text", "json"]
    capsys: pytest.CaptureFixture[str]

    def begin(self) -> None:
        configure("DEBUG", self.fmt, SECRETS)

    def lines(self) -> list[str]:
        return self.capsys.readouterr().err.splitlines()


@pytest.fixture(params=["text", "json"])
def log(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Log:
    return Log(request.param, capsys)


def fail(reason: str, **options: Any) -> None:
    """Log an exception of that text, with its traceback."""
    try:
        raises(reason)
    except RuntimeError:
        LOG.exception("failed", **options)


def raises(reason: str) -> None:
    raise RuntimeError(reason)


def assert_clean(text: str) -> None:
    for secret in SECRETS:
        for form in (secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]):
            assert form not in text
            assert base64.b64encode(form.encode()).decode() not in text
    assert TOKEN.partition(":")[2] not in text


class Hiding:
    """An object whose text is a secret."""

    def __str__(self) -> str:
        return f"panel at https://panel.example/?key={quote(KEY)}"


class Broken:
    def __str__(self) -> str:
        raise ValueError(KEY)


FORMS = [
    TOKEN,
    KEY,
    quote(KEY),
    quote(KEY, safe="").lower(),
    quote_plus(KEY),
    repr(KEY),
    json.dumps({"key": KEY}),
    json.dumps({"key": KEY}, ensure_ascii=False),
    f"https://api.example/bot{TOKEN}/sendMessage",
    f"https://api.example/bot{quote(TOKEN, safe='')}/sendMessage",
    base64.b64encode(TOKEN.encode()).decode(),
    base64.urlsafe_b64encode(KEY.encode()).decode(),
    *(base64.b64encode(b"x" * n + TOKEN.encode() + b"y" * n).decode() for n in range(1, 4)),
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_secret_is_masked_everywhere_in_a_record(log: Log, form: str):
    log.begin()
    LOG.info("message %s", form)
    LOG.info(form)
    LOG.info("extras", extra={"plain": form, "nested": {"list": [form, {form: 1}], "tuple": (form,)}})
    fail(form, stack_info=True)
    text = "\n".join(log.lines())
    assert_clean(text)
    assert form not in text
    assert text.count(MASK) >= 7


def test_a_bots_token_is_masked_even_when_nobody_named_it(log: Log):
    log.begin()
    stranger = "987654321:" + "Zz9_-" * 7
    LOG.info("GET https://api.telegram.org/bot1234:short/getMe and %s", stranger)
    (line,) = log.lines()
    assert stranger not in line
    assert "bot1234:short" not in line
    assert line.count(MASK) == 2


def test_objects_are_shown_as_masked_text(log: Log):
    log.begin()
    LOG.info("%s", Hiding(), extra={"object": Hiding(), "broken": Broken(), "nothing": None, "yes": True, "many": 3})
    (line,) = log.lines()
    assert_clean(line)
    assert line.count(MASK) == 2


@pytest.mark.parametrize("broken", [("%d", "text"), ("%s %s", "one"), ("%s", Broken())])
def test_a_broken_record_is_shown_and_not_raised(log: Log, broken: tuple[Any, ...]):
    log.begin()
    logging.getLogger().handlers[:] = our_handlers()  # pytest's own would raise
    LOG.info(broken[0], *broken[1:], extra={"key": KEY})
    (line,) = log.lines()
    assert_clean(line)
    assert "Logging error" not in line


def test_a_record_that_cannot_be_written_is_told_without_its_arguments(log: Log, monkeypatch: pytest.MonkeyPatch):
    log.begin()
    monkeypatch.setattr(Masks, "__call__", lambda self, text: 1 / 0)
    LOG.info("%s", KEY)
    assert log.lines() == ["a record of bot.test could not be written: ZeroDivisionError"]


EVIL = "first\nsecond\r\x1b[31mred\x1b[0m\x00\x85\u2028\u2029\u202etxt\x7f"


def test_nothing_can_begin_a_line_or_command_the_terminal(log: Log):
    log.begin()
    LOG.info("name %s", EVIL, extra={"name_of_person": EVIL, "deep": [EVIL], EVIL: 1})
    fail(EVIL)
    written = log.lines()
    assert len(written) == 2
    assert not set("\n\r\x1b\x00\x85\u2028\u2029\u202e\x7f") & set("".join(written))


def test_half_a_character_can_be_written(log: Log):
    log.begin()
    LOG.info("name %s", "\ud83d")
    assert log.lines()[0].isascii()


def test_json_lines_carry_the_fields_and_extras(capsys: pytest.CaptureFixture[str]):
    configure("INFO", "json", SECRETS)
    LOG.warning("order %s", 7, extra={"order": 7, "panel": "markenets", "ratio": 0.5, "missing": None})
    fail("x")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert first.pop("time").endswith("Z")
    assert first == {
        "level": "WARNING", "logger": "bot.test", "message": "order 7",
        "order": 7, "panel": "markenets", "ratio": 0.5, "missing": None,
    }  # fmt: skip
    assert second["exc_info"].startswith("Traceback (most recent call last):\n")
    assert second["exc_info"].endswith("RuntimeError: x")


def test_text_lines_are_readable(capsys: pytest.CaptureFixture[str]):
    configure("INFO", "text", SECRETS)
    LOG.info("order placed", extra={"order": 7, "service": "two words", "empty": "", "deep": {"a": [1, None]}})
    time, rest = capsys.readouterr().err.split(" ", 1)
    assert time.endswith("Z")
    assert rest == 'INFO     bot.test: order placed order=7 service="two words" empty="" deep={"a":[1,null]}\n'


def test_levels_are_kept_and_chatty_libraries_are_quiet(capsys: pytest.CaptureFixture[str]):
    configure("DEBUG", "text", SECRETS)
    LOG.debug("shown")
    for name in QUIET:
        logging.getLogger(f"{name}.part").info("hidden")
        logging.getLogger(name).warning("told")
    configure("ERROR", "text", SECRETS)
    LOG.warning("hidden")
    logging.getLogger("httpx").warning("hidden")
    text = capsys.readouterr().err
    assert "shown" in text
    assert "hidden" not in text
    assert text.count("told") == len(QUIET)


def test_warnings_of_libraries_go_through_the_masks(capsys: pytest.CaptureFixture[str]):
    configure("INFO", "text", SECRETS)
    logging.getLogger("py.warnings").warning("%s", f"Deprecated: {TOKEN}")
    assert MASK in capsys.readouterr().err


def test_configuring_again_replaces_what_was(capsys: pytest.CaptureFixture[str]):
    configure("INFO", "text", SECRETS)
    configure("INFO", "json", SECRETS)
    LOG.info("once")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_record_itself_is_left_as_it_was(capsys: pytest.CaptureFixture[str]):
    configure("INFO", "text", SECRETS)
    kept: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = kept.append  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    LOG.info("key %s", KEY, extra={"key": KEY})
    assert kept[0].getMessage() == f"key {KEY}"
    assert vars(kept[0])["key"] == KEY


def test_a_short_secret_is_masked_as_a_word_and_tears_no_holes():
    masks = Masks(["ab", ""])
    assert masks("key=ab, about") == f"key={MASK}, about"


@given(st.text(min_size=6, max_size=30), st.text(max_size=10), st.text(max_size=10))
def test_a_secret_is_masked_wherever_it_stands(secret: str, before: str, after: str):
    assert secret not in Masks([secret])(f"{before}{secret}{after}").replace(MASK, "\0" * len(secret) * 2)


@given(st.binary(max_size=8), st.binary(max_size=8))
def test_a_secret_is_masked_in_base64_wherever_it_begins(before: bytes, after: bytes):
    encoded = base64.b64encode(before + TOKEN.encode() + after).decode()
    assert MASK in Masks([TOKEN])(encoded)


@given(st.text())
def test_escaped_text_holds_no_control_character(text: str):
    assert not [char for char in escaped(text) if ord(char) < 32 or 127 <= ord(char) < 160 or char in "\u2028\u2029"]
