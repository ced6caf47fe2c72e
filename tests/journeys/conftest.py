"""Journeys are made on both databases."""

from __future__ import annotations

import pytest

from storage.database import Kind


@pytest.fixture(autouse=True)
def _on_both(both_databases: Kind) -> None:
    """Every journey is made on both databases."""
