"""What the catalogue's questions are about: whose title or markup is waited for."""

from __future__ import annotations

from handlers.context import Arranging
from handlers.visits import Visit


def ask(visit: Visit, scope: str, key: str) -> None:
    """Remember what is asked about."""
    draft = visit.memory.draft
    visit.memory.arranging = Arranging(scope, key, draft.id if draft else None)


def shopping_instead(visit: Visit, asked: Arranging) -> bool:
    """Whether an order of their own was begun since: what they type is for that, and the question is closed."""
    draft = visit.memory.draft
    if draft is None or draft.id == asked.draft_id:
        return False
    visit.memory.arranging = None
    return True
