"""What the bot says about itself: names, descriptions, commands and menu button, per scope and language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_DEFAULT: Final = "default"
_PRIVATE: Final = "all_private_chats"


@dataclass(frozen=True, slots=True)
class CommandScope:
    """For whom a list of commands counts; only `chat` scopes have a chat."""

    type: str
    chat_id: int | None = None
    user_id: int | None = None
    language_code: str = ""


@dataclass(slots=True)
class Profile:
    """The bot's profile. Texts by language code, "" for everybody else."""

    name: str
    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    commands: dict[CommandScope, list[dict[str, str]]] = field(default_factory=dict)
    menu_buttons: dict[int | None, Mapping[str, Any]] = field(default_factory=dict)

    def name_for(self, language_code: str) -> str:
        """The name a person with this language sees."""
        return self.names.get(language_code) or self.names.get("") or self.name

    def commands_for(self, chat_id: int, language_code: str) -> list[dict[str, str]]:
        """The commands a person sees in their chat (Bot API, "Determining list of commands"); `tr-TR` is `tr`."""
        spoken = language_code.partition("-")[0]
        for type_, chat in (("chat", chat_id), (_PRIVATE, None), (_DEFAULT, None)):
            for language in (spoken, ""):
                if found := self.commands.get(CommandScope(type_, chat, None, language)):
                    return found
        return []

    def menu_for(self, chat_id: int) -> Mapping[str, Any] | None:
        """The menu button in one chat: its own, else everybody's, else None."""
        return self.menu_buttons.get(chat_id) or self.menu_buttons.get(None)
