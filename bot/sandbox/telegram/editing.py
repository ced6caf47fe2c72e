"""Bot API methods that change or remove what is already in a chat."""

from collections.abc import Mapping
from typing import Any, Final

from bot.sandbox.telegram.calls import Call
from bot.sandbox.telegram.errors import NOT_MODIFIED, bad_request
from bot.sandbox.telegram.happenings import alter, tell_pinned, vanish
from bot.sandbox.telegram.keyboards import Inline, payless, read_inline, with_pay_button
from bot.sandbox.telegram.sending import read_caption, read_file, read_link_preview, read_text
from bot.sandbox.telegram.views import Json, message_json
from bot.sandbox.telegram.world import Chat, Message, World

#: Nothing older can be deleted, in seconds (Bot API, deleteMessage).
DELETABLE: Final = 48 * 60 * 60
_MEDIA_KINDS: Final = frozenset({"photo", "document"})


def edit_message_text(world: World, call: Call) -> Json:
    """`editMessageText`; without reply_markup the inline keyboard goes."""
    content = read_text(call)
    inline = _read_plain(call)
    message = _editable(world, call)
    if message.file or message.invoice:
        raise bad_request("there is no text in the message to edit")
    preview = read_link_preview(call)
    if (content, inline, preview) == (message.content, message.inline, message.link_preview):
        raise bad_request(NOT_MODIFIED)
    return _edited(world, message, content=content, inline=inline, link_preview=preview)


def edit_message_caption(world: World, call: Call) -> Json:
    """`editMessageCaption`; without reply_markup the inline keyboard goes."""
    content = read_caption(call)
    inline = _read_plain(call)
    message = _editable(world, call)
    if not message.file:
        raise bad_request("there is no caption in the message to edit")
    if (content, inline) == (message.content, message.inline):
        raise bad_request(NOT_MODIFIED)
    return _edited(world, message, content=content, inline=inline)


def edit_message_media(world: World, call: Call) -> Json:
    """`editMessageMedia`; text messages may get media too, caption and keyboard are replaced."""
    media = call.decoded("media")
    if not isinstance(media, Mapping):
        raise bad_request("can't parse InputMedia: Object expected as InputMedia")
    kind = str(media.get("type", ""))
    if kind not in _MEDIA_KINDS:
        raise bad_request(f'type "{kind}" is unsupported as InputMedia')
    inline = _read_plain(call)
    message = _editable(world, call)
    if message.invoice:
        raise bad_request("message can't be edited")
    file = read_file(world, call, kind, str(media.get("media", "")))
    content = read_caption(Call(call.method, media))
    if (file, content, inline) == (message.file, message.content, message.inline):
        raise bad_request(NOT_MODIFIED)
    return _edited(world, message, file=file, content=content, inline=inline, link_preview=None)


def edit_message_reply_markup(world: World, call: Call) -> Json:
    """`editMessageReplyMarkup`; without reply_markup the inline keyboard goes. The text does not count as edited.

    An invoice keeps a button to pay with.
    """
    inline: Inline | None = read_inline(call.decoded("reply_markup"))
    message = _editable(world, call)
    inline = with_pay_button(message.invoice, inline) if message.invoice else payless(inline)
    if inline == message.inline:
        raise bad_request(NOT_MODIFIED)
    return message_json(world, alter(world, message, inline=inline))


def _read_plain(call: Call) -> Inline | None:
    """The markup of anything but an invoice."""
    return payless(read_inline(call.decoded("reply_markup")))


def _edited(world: World, message: Message, **changes: Any) -> Json:  # noqa: ANN401 - fields of Message
    return message_json(world, alter(world, message, edited=world.now(), **changes))


def _editable(world: World, call: Call) -> Message:
    if not call.text("chat_id") and not call.number("message_id"):
        raise bad_request("message identifier is not specified")
    chat = world.writable_chat(call.text("chat_id"))
    message = chat.messages.get(call.number("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if not message.from_bot or message.with_reply_keyboard or message.forward_origin or message.receipt:
        raise bad_request("message can't be edited")
    return message


def delete_message(world: World, call: Call) -> bool:
    """`deleteMessage`: the bot's own and the person's, up to 48 hours old."""
    if not call.text("chat_id"):
        raise bad_request("chat identifier is not specified")
    if not call.number("message_id"):
        raise bad_request("message identifier is not specified")
    chat = world.chat(call.text("chat_id"))
    message = chat.messages.get(call.number("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    _delete(world, chat, message)
    return True


def delete_messages(world: World, call: Call) -> bool:
    """`deleteMessages`: those that are there, at most 100 at once."""
    ids = call.decoded("message_ids")
    if not isinstance(ids, list) or not ids:
        raise bad_request("message identifiers are not specified")
    if len(ids) > 100:
        raise bad_request("too many message identifiers specified")
    chat = world.chat(call.text("chat_id"))
    for message in [chat.messages[int(id_)] for id_ in ids if int(id_) in chat.messages]:
        _delete(world, chat, message)
    return True


def _delete(world: World, chat: Chat, message: Message) -> None:
    if world.now() - message.date > DELETABLE:
        raise bad_request("message can't be deleted for everyone")
    vanish(world, chat, message.message_id)


def pin_chat_message(world: World, call: Call) -> bool:
    """`pinChatMessage`: the newest pinned one is on top."""
    chat = world.writable_chat(call.text("chat_id"))
    message_id = call.number("message_id")
    if message_id not in chat.messages:
        raise bad_request("message to pin not found")
    if message_id in chat.pinned:
        chat.pinned.remove(message_id)
    chat.pinned.append(message_id)
    tell_pinned(world, chat)
    return True


def unpin_chat_message(world: World, call: Call) -> bool:
    """`unpinChatMessage`: the named one, else the newest."""
    chat = world.writable_chat(call.text("chat_id"))
    message_id = call.number("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if message_id not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(message_id)
    tell_pinned(world, chat)
    return True


def unpin_all_chat_messages(world: World, call: Call) -> bool:
    """`unpinAllChatMessages`."""
    chat = world.writable_chat(call.text("chat_id"))
    chat.pinned.clear()
    tell_pinned(world, chat)
    return True


def set_message_reaction(world: World, call: Call) -> bool:
    """`setMessageReaction`: one emoji, or none to take it back."""
    chat = world.writable_chat(call.text("chat_id"))
    message = chat.messages.get(call.number("message_id"))
    if message is None:
        raise bad_request("message to react not found")
    emoji = _read_reaction(call.decoded("reaction"))
    world.changed(message, reaction=emoji)
    world.hub.publish(chat.person.id, {"type": "reaction", "message_id": message.message_id, "emoji": emoji or ""})
    return True


def _read_reaction(value: object) -> str | None:
    if not value:
        return None
    if not isinstance(value, list) or len(value) > 1:
        raise bad_request("REACTIONS_TOO_MANY" if isinstance(value, list) else "expected an Array of ReactionType")
    emoji = value[0].get("emoji") if isinstance(value[0], Mapping) else None
    if not isinstance(emoji, str) or not emoji or emoji.isascii():
        raise bad_request("REACTION_INVALID")
    return emoji
