"""Changes of a chat: kept in the world and told to the pages that look at it."""

from typing import Any

from bot.sandbox.telegram.keyboards import Inline, Reply
from bot.sandbox.telegram.views import message_view
from bot.sandbox.telegram.world import Chat, Message, World


def appear(world: World, message: Message) -> Message:
    """A new message."""
    world.keep(message)
    _tell(world, "message", message)
    return message


def alter(world: World, message: Message, **changes: Any) -> Message:  # noqa: ANN401 - fields of Message
    """An existing message, changed in place."""
    changed = world.changed(message, **changes)
    _tell(world, "edit", changed)
    return changed


def vanish(world: World, chat: Chat, message_id: int) -> None:
    """A message is gone, and with it its place among the pinned ones."""
    del chat.messages[message_id]
    world.hub.publish(chat.person.id, {"type": "delete", "message_id": message_id})
    if message_id in chat.pinned:
        chat.pinned.remove(message_id)
        tell_pinned(world, chat)


def tell_pinned(world: World, chat: Chat) -> None:
    """Tells which message is pinned now."""
    pinned = chat.pinned[-1] if chat.pinned else None
    world.hub.publish(chat.person.id, {"type": "pinned", "message_id": pinned})


def set_reply_keyboard(world: World, chat: Chat, markup: Inline | Reply | None) -> None:
    """Keeps a reply keyboard with the chat; other markup leaves it as it is."""
    if isinstance(markup, Reply) and chat.reply_keyboard != markup.markup:
        chat.reply_keyboard = markup.markup
        world.hub.publish(chat.person.id, {"type": "reply_keyboard", "keyboard": markup.markup})


def set_stars(world: World, chat: Chat, balance: int) -> None:
    """A person has another number of Stars."""
    chat.stars = balance
    world.hub.publish(chat.person.id, {"type": "stars", "stars": balance})


def tell_commands(world: World) -> None:
    """Tells every open page the commands its person sees now."""
    for chat_id, chat in world.chats.items():
        if world.hub.listened(chat_id):
            commands = world.profile.commands_for(chat_id, chat.person.language_code)
            world.hub.publish(chat_id, {"type": "commands", "commands": commands})


def _tell(world: World, kind: str, message: Message) -> None:
    if world.hub.listened(message.chat_id):
        world.hub.publish(message.chat_id, {"type": kind, "message": message_view(world, message)})
