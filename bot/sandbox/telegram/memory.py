"""What the server remembers between two runs: people, chats, the bot's profile and what has not reached the bot.

Webhooks, faults and the journal are forgotten: a bot sets its webhook anew when it starts. The bytes of files
lie in a folder beside the memory, see `FileStore`.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from bot.sandbox.memory import Memory
from bot.sandbox.telegram.files import StoredFile
from bot.sandbox.telegram.profile import CommandScope, Profile
from bot.sandbox.telegram.stars import Charge, Invoice, Transaction
from bot.sandbox.telegram.updates import Update
from bot.sandbox.telegram.world import Chat, Message, Press, World

#: Numbers left out after a restart: more than are given away in the second a killed server may have forgotten.
NUMBERS_SKIPPED: Final = 10_000


@dataclass(frozen=True, slots=True)
class SavedProfile:
    """The bot's profile, with lists of pairs where JSON has no such keys."""

    names: dict[str, str]
    descriptions: dict[str, str]
    short_descriptions: dict[str, str]
    commands: list[tuple[CommandScope, list[dict[str, str]]]]
    menu_buttons: list[tuple[int | None, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class SavedTelegram:
    """The file; another `format` than this is not read. No file in it carries its bytes."""

    format: Literal[1]
    last_number: int
    next_update: int
    files: list[StoredFile]
    chats: list[Chat]
    presses: list[Press]
    updates: list[Update]
    allowed_updates: frozenset[str]
    profile: SavedProfile
    links: dict[str, Invoice] = field(default_factory=dict)
    charges: list[Charge] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)


def telegram_memory(world: World, path: Path) -> Memory[SavedTelegram]:
    """The memory of one server in a file of its own."""
    return Memory(path, SavedTelegram, lambda: _snapshot(world), lambda saved: _restore(world, saved))


def _snapshot(world: World) -> SavedTelegram:
    return SavedTelegram(
        format=1,
        last_number=world.last_number,
        next_update=world.updates.next_id,
        files=[_bare(file) for file in world.files],
        chats=[_with_bare_files(chat) for chat in world.chats.values()],
        presses=list(world.presses.values()),
        updates=list(world.updates.pending()),
        allowed_updates=world.updates.allowed,
        profile=_saved_profile(world.profile),
        links=world.till.links,
        charges=list(world.till.charges.values()),
        transactions=world.till.transactions,
    )


def _saved_profile(profile: Profile) -> SavedProfile:
    return SavedProfile(
        profile.names,
        profile.descriptions,
        profile.short_descriptions,
        list(profile.commands.items()),
        [(chat_id, dict(button)) for chat_id, button in profile.menu_buttons.items()],
    )


def _bare(file: StoredFile) -> StoredFile:
    return replace(file, data=b"")


def _with_bare_files(chat: Chat) -> Chat:
    def bare(message: Message) -> Message:
        return replace(message, file=_bare(message.file)) if message.file else message

    return replace(chat, messages={n: bare(message) for n, message in chat.messages.items()})


def _restore(world: World, saved: SavedTelegram) -> None:
    for file in saved.files:
        world.files.recall(file)
    for chat in saved.chats:
        _take_over(world, chat)
    now = world.config.clock()
    world.presses = {press.callback_id: press for press in saved.presses if press.expires_at > now}
    world.last_number = max(world.last_number, saved.last_number + NUMBERS_SKIPPED)
    next_update = max(world.updates.next_id, saved.next_update + NUMBERS_SKIPPED)
    world.updates.take_over(saved.updates, next_update, saved.allowed_updates)
    world.profile = _profile(world.profile.name, saved.profile)
    world.till.take_over(saved.links, saved.charges, saved.transactions)


def _take_over(world: World, chat: Chat) -> None:
    """The configuration has the last word on who its people are."""
    configured = world.chats.get(chat.person.id)
    if configured is not None:
        chat.person = configured.person
    for message in chat.messages.values():
        if message.file:
            file = world.files.get(message.file.file_id) or message.file
            chat.messages[message.message_id] = replace(message, file=file)
    chat.pinned = [n for n in chat.pinned if n in chat.messages]
    world.chats[chat.person.id] = chat


def _profile(name: str, saved: SavedProfile) -> Profile:
    return Profile(
        name,
        saved.names,
        saved.descriptions,
        saved.short_descriptions,
        dict(saved.commands),
        dict(saved.menu_buttons),
    )
