"""A broadcast: as customers see it, before it begins, and how far it is."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.broadcasts import BroadcastState, Progress
from handlers.cards import bar
from handlers.keyboards import Screen, key, keyboard, lines
from handlers.operator.buttons import (
    ChangeBroadcast,
    DropBroadcast,
    PauseBroadcast,
    ResumeBroadcast,
    SendBroadcast,
    StopBroadcast,
)
from handlers.operator.keys import desk_key
from handlers.texts import Texts

_OVER: Final = frozenset({BroadcastState.DONE, BroadcastState.STOPPED})


def broadcast_screen(html: str) -> Screen:
    """What a customer gets: the operator's text as it was written, and nothing else."""
    return Screen(Markup(html))  # noqa: S704 - made of a message's text and entities by PTB, which escapes it


def confirm_screen(texts: Texts, broadcast_id: int, count: int) -> Screen:
    """To how many it goes, with the second tap; nothing to confirm where it goes to nobody."""
    change = key(texts.plain("operator.key.change"), ChangeBroadcast(broadcast_id))
    cancel = key(texts.plain("operator.key.cancel"), DropBroadcast(broadcast_id))
    if not count:
        return Screen(texts.html("operator.broadcast.nobody"), keyboard((change, cancel)))
    confirm = key(texts.plain("operator.key.send-to", count=count), SendBroadcast(broadcast_id), "danger")
    return Screen(texts.html("operator.broadcast.confirm", count=count), keyboard(confirm, (change, cancel)))


def progress_screen(texts: Texts, progress: Progress) -> Screen:
    """How far a broadcast is, and what can be done about it."""
    made = progress.broadcast
    html = lines(
        texts.html(f"operator.broadcast.{made.state.value}"),
        texts.html("operator.broadcast.bar", bar=bar(progress.percent), percent=texts.percent(progress.percent)),
        texts.html("operator.broadcast.counts", sent=progress.sent, failed=progress.failed, left=progress.left),
        texts.html("operator.broadcast.begun-at", time=made.started_at) if made.started_at else None,
        texts.html("operator.broadcast.ended-at", time=made.ended_at) if made.ended_at else None,
    )
    return Screen(html, keyboard(_deeds(texts, progress), desk_key(texts)))


def _deeds(texts: Texts, progress: Progress) -> list[InlineKeyboardButton]:
    made = progress.broadcast
    if made.state in _OVER or made.state is BroadcastState.DRAFT:
        return []
    stop = key(texts.plain("operator.key.stop"), StopBroadcast(made.id), "danger")
    if made.state is BroadcastState.PAUSED:
        return [key(texts.plain("operator.key.resume"), ResumeBroadcast(made.id), "success"), stop]
    return [key(texts.plain("operator.key.pause"), PauseBroadcast(made.id)), stop]
