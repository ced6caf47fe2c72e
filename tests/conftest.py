"""What every test stands on."""

from __future__ import annotations

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-kill-point", action="store_true", help="kill at every commit and call of the journey, not at a sample"
    )


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of whoever runs it."""
    for name in list(os.environ):
        if name.split("__")[0] in {"BOT_TOKEN", "OPERATOR_IDS", "PANELS", "DATABASE_URL", "TELEGRAM_API_URL"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # as `panelgram run` does
