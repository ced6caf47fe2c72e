"""A Bot API server for a bot without Telegram: strict where Telegram is strict, with a chat page for people.

With `TelegramConfig.memory` set, people and chats outlive the process, however it ends.
"""

from bot.sandbox.telegram.config import CallHook, Drawer, PanelLink, Person, Role, Stage, TelegramConfig
from bot.sandbox.telegram.server import create_telegram, serve_application, serve_telegram

__all__ = [
    "CallHook",
    "Drawer",
    "PanelLink",
    "Person",
    "Role",
    "Stage",
    "TelegramConfig",
    "create_telegram",
    "serve_application",
    "serve_telegram",
]
