"""Times at the border of the database: aware UTC outside, whole milliseconds since 1970 inside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970; ValueError for a naive time."""
    if moment.tzinfo is None:
        raise ValueError("times are aware")
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """The aware UTC time of a stored number."""
    return _EPOCH + milliseconds * _MILLISECOND


def maybe_time(milliseconds: int | None) -> datetime | None:
    """Like from_ms, passing None through."""
    return None if milliseconds is None else from_ms(milliseconds)


def maybe_ms(moment: datetime | None) -> int | None:
    """Like to_ms, passing None through."""
    return None if moment is None else to_ms(moment)
