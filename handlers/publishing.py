"""What Telegram shows of the bot by itself: command lists per scope, descriptions, the menu button."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from telegram import BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeChat, MenuButtonCommands
from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.engine.customers import recognise
from handlers import telegram
from handlers.context import Counter
from handlers.texts import DEFAULT_LANGUAGE, Texts

CUSTOMER_COMMANDS: Final = (
    "start", "order", "orders", "wallet", "redeem", "language", "help", "support", "terms", "privacy", "paysupport",
    "cancel",
)  # fmt: skip
OPERATOR_COMMANDS: Final = (
    "admin", "credit", "debit", "sync", "panels", "user", "find", "resolve", "markup", "hide", "show", "ban",
    "unban", "maintenance", "brake", "broadcast", "pages", "topups", "voucher", "stats", "audit",
)  # fmt: skip


async def publish(bot: ExtBot[Any], counter: Counter) -> None:
    """Publish everything, in every language; an operator who has not started the bot yet is left out."""
    for code, texts in _languages(counter):
        commands = commands_of(texts, CUSTOMER_COMMANDS)
        await bot.set_my_commands(commands, BotCommandScopeAllPrivateChats(), language_code=code)
        await _describe(bot, counter, texts, code)
    await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
    for operator_id in counter.shop.terms.operator_ids:
        known = await recognise(counter.shop, operator_id)
        await publish_in_chat(bot, counter, operator_id, known.chosen_language if known else None)


async def publish_in_chat(bot: ExtBot[Any], counter: Counter, person_id: int, chosen_language: str | None) -> None:
    """Publish what one chat has of its own: an operator's commands, and anybody's in the language they chose.

    Where nobody chose, Telegram picks by the client's language. Below the operator's commands stand the customer's.
    """
    chosen = counter.library.speak(chosen_language) if chosen_language else None
    scope = BotCommandScopeChat(person_id)
    try:
        if person_id in counter.shop.terms.operator_ids:
            for code, texts in _languages(counter):
                commands = commands_of(chosen or texts, (*OPERATOR_COMMANDS, *CUSTOMER_COMMANDS))
                await bot.set_my_commands(commands, scope, language_code=code)
        elif chosen:
            await bot.set_my_commands(commands_of(chosen, CUSTOMER_COMMANDS), scope)
    except TelegramError as error:
        if not telegram.is_no_chat(error):
            raise


def commands_of(texts: Texts, names: tuple[str, ...]) -> list[BotCommand]:
    """Commands with what they do."""
    return [BotCommand(name, texts.plain(f"command.{name}")) for name in names]


async def _describe(bot: ExtBot[Any], counter: Counter, texts: Texts, code: str | None) -> None:
    """Set the descriptions where they differ: Telegram lets a bot change them only so often."""
    shop_name = counter.shop.terms.name
    description = texts.plain("profile.description", shop=shop_name)
    if (await bot.get_my_description(language_code=code)).description != description:
        await bot.set_my_description(description, language_code=code)
    short = texts.plain("profile.short", shop=shop_name)
    if (await bot.get_my_short_description(language_code=code)).short_description != short:
        await bot.set_my_short_description(short, language_code=code)


def _languages(counter: Counter) -> Iterator[tuple[str | None, Texts]]:
    """Every language with its code; English is what all other clients see."""
    for code, texts in counter.library.languages.items():
        yield (None if code == DEFAULT_LANGUAGE else code), texts
