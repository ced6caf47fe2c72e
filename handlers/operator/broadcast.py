"""`/broadcast`: written, shown as everybody will see it, confirmed; then paused, resumed or stopped as it goes."""

from __future__ import annotations

from markupsafe import Markup
from telegram.error import BadRequest

from bot.domain.errors import AlreadyDecided, NotFound
from bot.domain.text import sendable
from bot.engine import broadcasting
from bot.engine.broadcasting import AnotherRuns
from handlers import telegram
from handlers.operator.answers import show
from handlers.operator.buttons import (
    ChangeBroadcast,
    DropBroadcast,
    PauseBroadcast,
    ResumeBroadcast,
    SendBroadcast,
    ShowBroadcast,
    StopBroadcast,
)
from handlers.operator.screens_asking import asked_screen, with_cancel, with_desk
from handlers.operator.screens_broadcast import broadcast_screen, confirm_screen, progress_screen
from handlers.operator.steps import Asked
from handlers.steps import END
from handlers.visits import Visit


async def broadcast(visit: Visit) -> Asked | int:
    """`/broadcast`: how far the live one is; else ask for the text."""
    return await _open(visit)


async def press_broadcast(visit: Visit, button: ShowBroadcast) -> Asked | int:
    """The same, by a button; or one broadcast as it stands now."""
    if not button.broadcast:
        return await _open(visit)
    await _show(visit, button.broadcast)
    return END


async def _open(visit: Visit) -> Asked | int:
    going = await broadcasting.live(visit.shop)
    if going is not None:
        await show(visit, progress_screen(visit.texts, going))
        return END
    await show(visit, asked_screen(visit.texts, "broadcast"))
    return Asked.BROADCAST


async def take_text(visit: Visit) -> int | None:
    """The text was written: show it as everybody will see it, and below it to how many it goes."""
    message = visit.update.message
    html = Markup(sendable(message.text_html if message else ""))  # noqa: S704 - PTB escapes what is no entity
    if not html.striptags().strip():
        await visit.reply(with_cancel(visit.texts, visit.texts.html("operator.ask.text-only")))
        return None
    made, count = await broadcasting.draft(visit.shop, visit.update.update_id, visit.person.id, str(html), visit.now)
    try:
        await visit.reply(broadcast_screen(made.html))
    except BadRequest as error:
        if not telegram.is_unreadable(error):
            raise
        await visit.reply(with_cancel(visit.texts, visit.texts.html("operator.broadcast.unreadable")))
        return None
    await visit.reply(confirm_screen(visit.texts, made.id, count))
    return END


async def send(visit: Visit, button: SendBroadcast) -> None:
    """The yes: it begins, and the message shows from now on how far it is."""
    message = visit.pressed_message
    try:
        await broadcasting.start(
            visit.shop, button.broadcast, visit.person.id, message.message_id if message else None, visit.now
        )
    except NotFound:
        await _gone(visit)
        return
    except AnotherRuns:
        await visit.answer(visit.texts.plain("operator.broadcast.another"), alert=True)
        return
    except AlreadyDecided:
        await _show(visit, button.broadcast)
        return
    await _show(visit, button.broadcast, visit.texts.plain("operator.broadcast.begun"))


async def change(visit: Visit, button: ChangeBroadcast) -> Asked | int:
    """Ask for another text in place of this one."""
    if not await broadcasting.drop(visit.shop, button.broadcast):
        await _show(visit, button.broadcast)
        return END
    await show(visit, asked_screen(visit.texts, "broadcast"))
    return Asked.BROADCAST


async def drop(visit: Visit, button: DropBroadcast) -> None:
    """Send nothing after all."""
    if await broadcasting.drop(visit.shop, button.broadcast):
        await show(visit, with_desk(visit.texts, visit.texts.html("operator.broadcast.dropped")))
    else:
        await _show(visit, button.broadcast)


async def pause(visit: Visit, button: PauseBroadcast) -> None:
    """Send no more for now."""
    await broadcasting.pause(visit.shop, button.broadcast, visit.person.id, visit.now)
    await _show(visit, button.broadcast)


async def resume(visit: Visit, button: ResumeBroadcast) -> None:
    """Go on."""
    await broadcasting.resume(visit.shop, button.broadcast, visit.person.id, visit.now)
    await _show(visit, button.broadcast)


async def stop(visit: Visit, button: StopBroadcast) -> None:
    """End it for good."""
    await broadcasting.stop(visit.shop, button.broadcast, visit.person.id, visit.now)
    await _show(visit, button.broadcast)


async def _show(visit: Visit, broadcast_id: int, toast: str | None = None) -> None:
    """How far it is now, whoever changed it."""
    found = await broadcasting.progress(visit.shop, broadcast_id)
    if found is None:
        await _gone(visit)
        return
    await show(visit, progress_screen(visit.texts, found), toast)


async def _gone(visit: Visit) -> None:
    await show(visit, with_desk(visit.texts, visit.texts.html("operator.broadcast.gone")))
