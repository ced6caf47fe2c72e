"""What operators are told after a run that broke off."""

from __future__ import annotations

from handlers.keyboards import Screen, key, keyboard
from handlers.operator.decision_buttons import ShowDecision
from handlers.texts import Texts


def restart_screen(texts: Texts, unknown: int, reserved: int, unsent: int) -> Screen:
    """Where the shop stood when it was up again; how many orders and messages are which."""
    html = texts.html("operator.restarted", unknown=unknown, reserved=reserved, unsent=unsent)
    if not unknown:
        return Screen(html)
    return Screen(html, keyboard(key(texts.plain("operator.key.decisions", count=unknown), ShowDecision(0))))
