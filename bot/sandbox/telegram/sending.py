"""Bot API methods that put something into a chat."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.sandbox.telegram.calls import Call
from bot.sandbox.telegram.entities import Formatted
from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.files import StoredFile, Upload
from bot.sandbox.telegram.formatting import formatted_text
from bot.sandbox.telegram.happenings import appear, set_reply_keyboard
from bot.sandbox.telegram.keyboards import Inline, Reply, payless, read_markup
from bot.sandbox.telegram.views import Json, message_json, person_json
from bot.sandbox.telegram.world import Chat, Message, World

MAX_TEXT: Final = 4096
MAX_CAPTION: Final = 1024
_ACTIONS: Final = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)


def read_text(call: Call) -> Formatted:
    """The `text` of a call. Raises ApiError when it is empty, broken or longer than 4096 characters."""
    if not call.text("text"):
        raise bad_request("message text is empty")
    content = formatted_text(call.text("text"), call.text("parse_mode"), call.decoded("entities"))
    if not content.text:
        raise bad_request("text must be non-empty")
    if len(content.text) > MAX_TEXT:
        raise bad_request("message is too long")
    return content


def read_caption(call: Call) -> Formatted:
    """The `caption` of a call, empty when there is none. Raises ApiError beyond 1024 characters."""
    entities = call.decoded("caption_entities")
    content = formatted_text(call.text("caption"), call.text("parse_mode"), entities)
    if len(content.text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return content


def read_link_preview(call: Call) -> Json | None:
    """The call's link preview options, old style included."""
    options = call.decoded("link_preview_options")
    if isinstance(options, Mapping):
        return dict(options) or None
    return {"is_disabled": True} if call.flag("disable_web_page_preview") else None


def send_message(world: World, call: Call) -> Json:
    """`sendMessage`."""
    content = read_text(call)
    return send(world, call, content, _read_plain(call), link_preview=read_link_preview(call))


def send_photo(world: World, call: Call) -> Json:
    """`sendPhoto`: uploaded, or by file_id."""
    caption = read_caption(call)
    return send(world, call, caption, _read_plain(call), file=read_file(world, call, "photo"))


def send_document(world: World, call: Call) -> Json:
    """`sendDocument`: uploaded, or by file_id."""
    caption = read_caption(call)
    return send(world, call, caption, _read_plain(call), file=read_file(world, call, "document"))


def read_file(world: World, call: Call, kind: str, reference: str | None = None) -> StoredFile:
    """The photo or document a call carries or names by file_id. Raises ApiError when there is none."""
    named = call.text(kind) if reference is None else reference
    upload = call.files.get(named.removeprefix("attach://")) if named.startswith("attach://") else None
    upload = upload or (call.files.get(kind) if reference is None else None)
    if upload:
        return _stored(world, kind, upload)
    if not named:
        raise bad_request(f"there is no {kind} in the request")
    if named.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    file = world.files.get(named)
    if file is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if (file.size is not None) != (kind == "photo"):
        raise bad_request(f"can't use file of type {'Document' if kind == 'photo' else 'Photo'} as {kind.title()}")
    return file


def _stored(world: World, kind: str, upload: Upload) -> StoredFile:
    return world.files.add_photo(upload) if kind == "photo" else world.files.add_document(upload)


def _read_plain(call: Call) -> Inline | Reply | None:
    """The markup of anything but an invoice."""
    markup = read_markup(call.decoded("reply_markup"))
    return payless(markup) if isinstance(markup, Inline) else markup


def send(
    world: World,
    call: Call,
    content: Formatted,
    markup: Inline | Reply | None,
    **extras: Any,  # noqa: ANN401 - fields of Message
) -> Json:
    """Puts a new message of the bot into the chat the call names; `extras` are further fields of it."""
    chat = world.writable_chat(call.text("chat_id"))
    message = Message(
        message_id=0,
        chat_id=chat.person.id,
        from_bot=True,
        date=world.now(),
        content=content,
        reply_to=_reply_to(chat, call),
        silent=call.flag("disable_notification"),
        protected=call.flag("protect_content"),
        **extras,
    )
    return message_json(world, _post(world, chat, message, markup))


def _post(world: World, chat: Chat, message: Message, markup: Inline | Reply | None) -> Message:
    inline = markup if isinstance(markup, Inline) else None
    sent = replace(message, message_id=world.number(), inline=inline, with_reply_keyboard=isinstance(markup, Reply))
    appear(world, sent)
    set_reply_keyboard(world, chat, markup)
    return sent


def _reply_to(chat: Chat, call: Call) -> int | None:
    parameters = call.decoded("reply_parameters")
    if isinstance(parameters, Mapping):
        wanted = int(parameters.get("message_id") or 0)
        lenient = bool(parameters.get("allow_sending_without_reply"))
    else:
        wanted, lenient = call.number("reply_to_message_id"), call.flag("allow_sending_without_reply")
    if not wanted or wanted in chat.messages:
        return wanted or None
    if lenient:
        return None
    raise bad_request("message to be replied not found")


def _source(world: World, call: Call, verb: str) -> Message:
    chat = world.chat(call.text("from_chat_id"))
    message = chat.messages.get(call.number("message_id"))
    if message is None:
        raise bad_request(f"message to {verb} not found")
    if message.receipt or message.protected or (message.invoice and verb == "copy"):
        raise bad_request(f"message can't be {'copied' if verb == 'copy' else 'forwarded'}")
    return message


def copy_message(world: World, call: Call) -> Json:
    """`copyMessage`: the content without its origin and its buttons; a caption may be replaced."""
    markup = _read_plain(call)
    chat = world.writable_chat(call.text("chat_id"))
    source = _source(world, call, "copy")
    with_caption = source.file is not None and "caption" in call.params
    copy = Message(
        message_id=0,
        chat_id=chat.person.id,
        from_bot=True,
        date=world.now(),
        content=read_caption(call) if with_caption else source.content,
        file=source.file,
        reply_to=_reply_to(chat, call),
        silent=call.flag("disable_notification"),
        protected=call.flag("protect_content"),
    )
    return {"message_id": _post(world, chat, copy, markup).message_id}


def forward_message(world: World, call: Call) -> Json:
    """`forwardMessage`: the content with its origin."""
    chat = world.writable_chat(call.text("chat_id"))
    source = _source(world, call, "forward")
    forwarded = Message(
        message_id=0,
        chat_id=chat.person.id,
        from_bot=True,
        date=world.now(),
        content=source.content,
        file=source.file,
        invoice=source.invoice,
        silent=call.flag("disable_notification"),
        protected=call.flag("protect_content"),
        forward_origin=source.forward_origin or _origin(world, source),
    )
    payable = source.inline if source.invoice and not source.invoice.start_parameter else None
    return message_json(world, _post(world, chat, forwarded, payable))


def _origin(world: World, source: Message) -> Json:
    sender = message_json(world, source)["from"] if source.from_bot else None
    person = person_json(world.chats[source.chat_id].person)
    return {"type": "user", "date": source.date, "sender_user": sender or person}


def send_chat_action(world: World, call: Call) -> bool:
    """`sendChatAction`: the page shows it as typing."""
    action = call.text("action").lower()
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = world.writable_chat(call.text("chat_id"))
    world.hub.publish(chat.person.id, {"type": "typing", "action": action})
    return True
