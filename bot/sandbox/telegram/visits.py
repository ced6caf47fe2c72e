"""What people do: each deed changes the chat, tells the pages and sends the bot its update."""

from typing import Any

from bot.sandbox.telegram.config import Person
from bot.sandbox.telegram.entities import Formatted
from bot.sandbox.telegram.files import StoredFile
from bot.sandbox.telegram.happenings import alter, appear, set_reply_keyboard
from bot.sandbox.telegram.keyboards import Reply
from bot.sandbox.telegram.updates import UpdateKind
from bot.sandbox.telegram.views import Json, bot_json, chat_json, message_json, person_json
from bot.sandbox.telegram.world import Chat, Message, Press, World


class BlockedError(Exception):
    """Who has blocked the bot cannot write to it."""

    def __init__(self) -> None:
        super().__init__("this person has blocked the bot")


def add_person(world: World, person: Person) -> Chat:
    """Somebody new, who has not written yet."""
    chat = world.chats[person.id] = Chat(person)
    return chat


def say(world: World, chat: Chat, content: Formatted, file: StoredFile | None, reply_to: int | None) -> Message:
    """A message to the bot; the first one opens the chat. Raises BlockedError."""
    if chat.blocked:
        raise BlockedError
    chat.opened = True
    message = Message(
        message_id=world.number(),
        chat_id=chat.person.id,
        from_bot=False,
        date=world.now(),
        content=content,
        file=file,
        reply_to=reply_to if reply_to in chat.messages else None,
    )
    appear(world, message)
    if chat.reply_keyboard and chat.reply_keyboard.get("force_reply"):
        set_reply_keyboard(world, chat, Reply(None))
    world.emit(UpdateKind.MESSAGE, message_json(world, message), _chat_source(chat))
    return message


def edit(world: World, chat: Chat, message: Message, content: Formatted) -> None:
    """An own message gets another text or caption."""
    changed = alter(world, message, content=content, edited=world.now())
    world.emit(UpdateKind.EDITED_MESSAGE, message_json(world, changed), _chat_source(chat))


def press(world: World, chat: Chat, message_id: int, data: str) -> str:
    """A pressed button; gives the callback's id. Raises BlockedError."""
    if chat.blocked:
        raise BlockedError
    person = chat.person
    life = world.config.callback_life
    callback_id = str((person.id << 32) + world.number())
    world.presses[callback_id] = Press(callback_id, person.id, world.config.clock() + life)
    message = chat.messages.get(message_id)
    body: dict[str, Any] = {
        "id": callback_id,
        "from": person_json(person),
        "message": message_json(world, message) if message else _inaccessible(chat, message_id),
        "chat_instance": str(-(person.id << 20)),
        "data": data,
    }
    world.emit(UpdateKind.CALLBACK_QUERY, body, f"press:{person.id}", life)
    return callback_id


def set_blocked(world: World, chat: Chat, *, blocked: bool) -> None:
    """The person blocks or unblocks the bot; nothing happens when it is so already."""
    if chat.blocked == blocked:
        return
    chat.blocked = blocked
    world.hub.publish(chat.person.id, {"type": "blocked", "blocked": blocked})
    body = {
        "chat": chat_json(chat.person),
        "from": person_json(chat.person),
        "date": world.now(),
        "old_chat_member": _membership(world, banned=not blocked),
        "new_chat_member": _membership(world, banned=blocked),
    }
    world.emit(UpdateKind.MY_CHAT_MEMBER, body, _chat_source(chat))


def _membership(world: World, *, banned: bool) -> Json:
    status = {"status": "kicked", "until_date": 0} if banned else {"status": "member"}
    return {"user": bot_json(world), **status}


def _inaccessible(chat: Chat, message_id: int) -> Json:
    """A message that is gone (Bot API, InaccessibleMessage)."""
    return {"chat": chat_json(chat.person), "message_id": message_id, "date": 0}


def _chat_source(chat: Chat) -> str:
    return f"chat:{chat.person.id}"
