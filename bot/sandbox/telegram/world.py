"""Everything the server remembers: people, their chats, messages, presses, the bot's profile."""

from dataclasses import dataclass, field, replace
from typing import Any

from bot.sandbox.telegram.config import Person, TelegramConfig
from bot.sandbox.telegram.entities import Formatted
from bot.sandbox.telegram.errors import BLOCKED, ApiError, bad_request
from bot.sandbox.telegram.events import Hub
from bot.sandbox.telegram.faults import Faults
from bot.sandbox.telegram.files import FileStore, StoredFile
from bot.sandbox.telegram.journal import Journal
from bot.sandbox.telegram.keyboards import Inline
from bot.sandbox.telegram.profile import Profile
from bot.sandbox.telegram.stars import POCKET_MONEY, Invoice, Receipt, Till
from bot.sandbox.telegram.updates import Update, UpdateKind, UpdateQueue, first_number
from bot.sandbox.telegram.webhook import WebhookSender


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a private chat; `content` is the text, or the caption beside a file.

    An invoice and a receipt (a service message about money) stand alone, with empty content.
    """

    message_id: int
    chat_id: int
    from_bot: bool
    date: int
    content: Formatted
    file: StoredFile | None = None
    edited: int | None = None
    reply_to: int | None = None
    inline: Inline | None = None
    #: A message sent with a reply keyboard can never be edited.
    with_reply_keyboard: bool = False
    silent: bool = False
    protected: bool = False
    link_preview: dict[str, Any] | None = None
    forward_origin: dict[str, Any] | None = None
    reaction: str | None = None
    invoice: Invoice | None = None
    receipt: Receipt | None = None

    @property
    def is_photo(self) -> bool:
        """Whether the file is a photo."""
        return self.file is not None and self.file.size is not None


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button that waits for answerCallbackQuery until `expires_at`."""

    callback_id: str
    chat_id: int
    expires_at: float


@dataclass(slots=True)
class Chat:
    """The private chat of one person; it exists for the bot once the person has written."""

    person: Person
    opened: bool = False
    blocked: bool = False
    messages: dict[int, Message] = field(default_factory=dict)
    reply_keyboard: dict[str, Any] | None = None
    pinned: list[int] = field(default_factory=list)
    #: The person's own balance, in whole Stars.
    stars: int = POCKET_MONEY


class World:
    """One bot, its people and all that lies between them."""

    def __init__(self, config: TelegramConfig) -> None:
        self.config = config
        self.chats = {person.id: Chat(person) for person in config.people}
        self.files = FileStore(config.memory and config.memory.with_suffix(".files"))
        self.updates = UpdateQueue(config.clock)
        self.webhook = WebhookSender(config, self.updates)
        self.profile = Profile(name=config.bot_name)
        self.hub = Hub()
        self.faults = Faults()
        self.journal = Journal(config.journal_size)
        self.till = Till()
        self.presses: dict[str, Press] = {}
        self.token_seen = False
        #: of messages, presses and payments
        self.last_number = first_number(config.clock())

    def now(self) -> int:
        """Unix seconds, whole, as messages are stamped."""
        return int(self.config.clock())

    def number(self) -> int:
        """A fresh number for a message, a press or a payment."""
        self.last_number += 1
        return self.last_number

    def chat(self, chat_id: str) -> Chat:
        """The chat a call names. Raises ApiError when the bot cannot know it."""
        if not chat_id:
            raise bad_request("chat_id is empty")
        chat = self.chats.get(int(chat_id)) if chat_id.isascii() and chat_id.isdigit() else None
        if chat is None or not chat.opened:
            raise bad_request("chat not found")
        return chat

    def writable_chat(self, chat_id: str) -> Chat:
        """The same, where the bot may also write. Raises ApiError (403) when it is blocked there."""
        chat = self.chat(chat_id)
        if chat.blocked:
            raise ApiError(403, BLOCKED)
        return chat

    def emit(self, kind: UpdateKind, body: dict[str, Any], source: str, life: float | None = None) -> Update | None:
        """Sends an update on its way to the bot."""
        update = self.updates.put(kind, body, source, self.config.update_life if life is None else life)
        if update:
            self.webhook.enqueue(update)
        return update

    def keep(self, message: Message) -> Message:
        """Stores a new or changed message."""
        self.chats[message.chat_id].messages[message.message_id] = message
        return message

    def changed(self, message: Message, **changes: Any) -> Message:  # noqa: ANN401 - fields of Message
        """Stores the message with some fields changed."""
        return self.keep(replace(message, **changes))
