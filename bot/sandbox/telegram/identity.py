"""Bot API methods about the bot itself, its chats and its files."""

import re
from collections.abc import Mapping
from typing import Final

from bot.sandbox.telegram.calls import Call
from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.files import MAX_DOWNLOAD
from bot.sandbox.telegram.happenings import tell_commands
from bot.sandbox.telegram.profile import CommandScope
from bot.sandbox.telegram.views import Json, bot_json, chat_json, message_json
from bot.sandbox.telegram.world import World

MAX_COMMANDS: Final = 100
MAX_NAME: Final = 64
MAX_DESCRIPTION: Final = 512
MAX_SHORT_DESCRIPTION: Final = 120
_MAX_COMMAND_DESCRIPTION: Final = 256
_COMMAND: Final = re.compile(r"^/?([a-z0-9_]{1,32})$")
_LANGUAGE: Final = re.compile(r"^([a-z]{2})?$")
_WIDE_SCOPES: Final = frozenset({"default", "all_private_chats", "all_group_chats", "all_chat_administrators"})
_CHAT_SCOPES: Final = frozenset({"chat", "chat_administrators", "chat_member"})


def get_me(world: World, call: Call) -> Json:
    """`getMe`."""
    return {
        **bot_json(world),
        "can_join_groups": False,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def log_out(world: World, call: Call) -> bool:
    """`close` and `logOut`: nothing to do here."""
    return True


def _language(call: Call) -> str:
    code = call.text("language_code")
    if not _LANGUAGE.match(code):
        raise bad_request("invalid language code specified")
    return code


def _scope(world: World, call: Call) -> CommandScope:
    language = _language(call)
    scope = call.decoded("scope")
    if scope is None:
        return CommandScope("default", language_code=language)
    if not isinstance(scope, Mapping):
        raise bad_request("can't parse BotCommandScope: BotCommandScope must be an Object")
    type_ = scope.get("type")
    if type_ in _WIDE_SCOPES:
        return CommandScope(str(type_), language_code=language)
    if type_ not in _CHAT_SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    chat_id = str(scope.get("chat_id", ""))
    if not chat_id:
        raise bad_request("can't parse BotCommandScope: Empty chat_id specified")
    chat = world.chat(chat_id)
    if type_ != "chat":
        raise bad_request("can't change commands of a private chat's members")
    return CommandScope("chat", chat.person.id, language_code=language)


def set_my_commands(world: World, call: Call) -> bool:
    """`setMyCommands`."""
    commands = call.decoded("commands")
    commands = [] if commands is None else commands
    if not isinstance(commands, list):
        raise bad_request("expected an Array of BotCommand")
    if len(commands) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    scope = _scope(world, call)
    world.profile.commands[scope] = [_command(item) for item in commands]
    tell_commands(world)
    return True


def _command(item: object) -> dict[str, str]:
    if not isinstance(item, Mapping):
        raise bad_request("can't parse BotCommand: expected an Object")
    for name in ("command", "description"):
        if name not in item:
            raise bad_request(f"can't parse BotCommand: Can't find field \"{name}\"")
    command = _COMMAND.match(str(item["command"]))
    if not command:
        raise bad_request("BOT_COMMAND_INVALID")
    description = str(item["description"]).strip()
    if not 0 < len(description) <= _MAX_COMMAND_DESCRIPTION:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": command[1], "description": description}


def get_my_commands(world: World, call: Call) -> list[dict[str, str]]:
    """`getMyCommands`: exactly of this scope and language."""
    return world.profile.commands.get(_scope(world, call), [])


def delete_my_commands(world: World, call: Call) -> bool:
    """`deleteMyCommands`."""
    world.profile.commands.pop(_scope(world, call), None)
    tell_commands(world)
    return True


def _set_words(call: Call, words: dict[str, str], name: str, longest: int, refusal: str) -> bool:
    text = call.text(name).strip()
    if len(text) > longest:
        raise bad_request(refusal)
    words[_language(call)] = text
    return True


def set_my_name(world: World, call: Call) -> bool:
    """`setMyName`: at most 64 characters."""
    return _set_words(call, world.profile.names, "name", MAX_NAME, "BOT_TITLE_INVALID")


def get_my_name(world: World, call: Call) -> Json:
    """`getMyName`."""
    return {"name": world.profile.name_for(_language(call))}


def set_my_description(world: World, call: Call) -> bool:
    """`setMyDescription`: at most 512 characters."""
    refusal = "BOT_DESCRIPTION_TOO_LONG"
    return _set_words(call, world.profile.descriptions, "description", MAX_DESCRIPTION, refusal)


def get_my_description(world: World, call: Call) -> Json:
    """`getMyDescription`."""
    words = world.profile.descriptions
    return {"description": words.get(_language(call)) or words.get("", "")}


def set_my_short_description(world: World, call: Call) -> bool:
    """`setMyShortDescription`: at most 120 characters."""
    words = world.profile.short_descriptions
    return _set_words(call, words, "short_description", MAX_SHORT_DESCRIPTION, "ABOUT_TOO_LONG")


def get_my_short_description(world: World, call: Call) -> Json:
    """`getMyShortDescription`."""
    words = world.profile.short_descriptions
    return {"short_description": words.get(_language(call)) or words.get("", "")}


def set_chat_menu_button(world: World, call: Call) -> bool:
    """`setChatMenuButton`: of one chat, or of all that have none of their own."""
    chat_id = world.chat(call.text("chat_id")).person.id if call.text("chat_id") else None
    button = call.decoded("menu_button") or {"type": "default"}
    if not isinstance(button, Mapping):
        raise bad_request("can't parse menu button: MenuButton must be an Object")
    if button.get("type") not in ("default", "commands", "web_app"):
        raise bad_request("can't parse menu button: MenuButton has unsupported type")
    if button["type"] == "web_app" and not str(button.get("web_app", {}).get("url", "")).startswith("https://"):
        raise bad_request("menu button Web App URL is invalid: Only HTTPS links are allowed")
    world.profile.menu_buttons[chat_id] = dict(button)
    return True


def get_chat_menu_button(world: World, call: Call) -> Json:
    """`getChatMenuButton`."""
    chat_id = world.chat(call.text("chat_id")).person.id if call.text("chat_id") else 0
    return dict(world.profile.menu_for(chat_id) or {"type": "commands"})


def get_chat(world: World, call: Call) -> Json:
    """`getChat`."""
    chat = world.chat(call.text("chat_id"))
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
    body = {
        **chat_json(chat.person),
        "accent_color_id": chat.person.id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }
    if chat.pinned:
        body["pinned_message"] = message_json(world, chat.messages[chat.pinned[-1]])
    return body


def get_file(world: World, call: Call) -> Json:
    """`getFile`: where to download a file of at most 20 MB."""
    if not call.text("file_id"):
        raise bad_request("file_id not specified")
    file = world.files.get(call.text("file_id"))
    if file is None:
        raise bad_request("invalid file_id")
    if len(file.data) > MAX_DOWNLOAD:
        raise bad_request("file is too big")
    return {**file.to_json(), "file_path": file.path}
