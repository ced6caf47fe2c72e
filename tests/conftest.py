"""What every test stands on."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from storage.database import Kind
from tests import databases

# How fast an example runs is the machine's business, not a fact of the shop.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-kill-point", action="store_true", help="kill at every commit and call of the journey, not at a sample"
    )


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of whoever runs it."""
    for name in list(os.environ):
        if name.split("__")[0] in {
            "BOT_TOKEN",
            "OPERATOR_IDS",
            "PANELS",
            "DATABASE_URL",
            "TELEGRAM_API_URL",
            "CRYPTO_PAY_TOKEN",
        }:
            monkeypatch.delenv(name)
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # as `panelgram run` does


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """A command run by one test leaves its log level to nobody, nor the silence of a row of the proof."""
    root = logging.getLogger()
    level = root.level
    yield
    root.setLevel(level)
    logging.disable(logging.NOTSET)
    logging.captureWarnings(capture=False)


@pytest.fixture
def both_databases(request: pytest.FixtureRequest) -> Iterator[Kind]:
    """The kind of database a test stands on; rooms that are tested on both use this for every test of theirs."""
    kind = getattr(request, "param", Kind.SQLITE)  # a unittest class cannot be parametrised; it says so itself
    with databases.standing_on(kind):
        yield kind


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "both_databases" in metafunc.fixturenames:
        only = [kind for kind in Kind if metafunc.definition.get_closest_marker(kind.value)]
        metafunc.parametrize("both_databases", only or list(Kind), indirect=True)


def pytest_sessionfinish() -> None:
    """Here a worker is still waited for; later it may be ended at any moment."""
    databases.stop()
