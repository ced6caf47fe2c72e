"""How often somebody did something of late: what costs the shop work is done a few times in a while."""

from __future__ import annotations

from datetime import timedelta

from handlers.visits import Visit


def allow(visit: Visit, what: str, most: int, span: timedelta) -> bool:
    """Count one more time; False, and it is not counted, where there were as many within the span.

    What is counted is kept under its name in the chat's data, and lives as long as the process.
    """
    kept = visit.context.chat_data
    if kept is None:
        return True
    times = [at for at in kept.get(what, ()) if visit.now - at < span]
    if len(times) >= most:
        return False
    kept[what] = [*times, visit.now]
    return True
