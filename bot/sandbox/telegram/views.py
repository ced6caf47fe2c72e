"""How the same chat looks from the two sides: to the bot (Bot API objects) and to the chat page."""

from typing import Any

from bot.sandbox.telegram.config import Person
from bot.sandbox.telegram.entities import Entity, EntityType, entity_json
from bot.sandbox.telegram.render import to_html
from bot.sandbox.telegram.stars import CURRENCY, Charge, Invoice, Receipt, ReceiptKind, Transaction
from bot.sandbox.telegram.world import Chat, Message, World

Json = dict[str, Any]


def person_json(person: Person) -> Json:
    """A person as the Bot API's `User`."""
    body: Json = {"id": person.id, "is_bot": False, "first_name": person.first_name}
    if person.last_name:
        body["last_name"] = person.last_name
    if person.username:
        body["username"] = person.username
    return {**body, "language_code": person.language_code}


def bot_json(world: World) -> Json:
    """The bot as the Bot API's `User`."""
    config = world.config
    name = world.profile.name_for("")
    return {"id": config.bot_id, "is_bot": True, "first_name": name, "username": config.bot_username}


def chat_json(person: Person) -> Json:
    """The private chat with a person as the Bot API's `Chat`."""
    body: Json = {"id": person.id, "first_name": person.first_name, "type": "private"}
    if person.last_name:
        body["last_name"] = person.last_name
    if person.username:
        body["username"] = person.username
    return body


def message_json(world: World, message: Message, *, with_reply: bool = True) -> Json:
    """A message as the Bot API's `Message`; reply keyboards are never part of it."""
    person = world.chats[message.chat_id].person
    body: Json = {
        "message_id": message.message_id,
        "from": bot_json(world) if message.from_bot else person_json(person),
        "chat": chat_json(person),
        "date": message.date,
        **_content_json(world, message),
    }
    if message.edited:
        body["edit_date"] = message.edited
    if with_reply and (replied := _replied(world, message)):
        body["reply_to_message"] = message_json(world, replied, with_reply=False)
    if message.inline:
        body["reply_markup"] = message.inline.to_json()
    if message.forward_origin:
        body["forward_origin"] = message.forward_origin
    if message.protected:
        body["has_protected_content"] = True
    if message.link_preview:
        body["link_preview_options"] = message.link_preview
    return body


def _content_json(world: World, message: Message) -> Json:
    if message.invoice:
        return {"invoice": invoice_json(message.invoice)}
    if message.receipt:
        return _receipt_json(message.receipt, f"{message.chat_id}_{message.message_id}")
    entities = [_entity_json(world, entity) for entity in message.content.entities]
    text, file = message.content.text, message.file
    if file is None:
        return {"text": text, "entities": entities} if entities else {"text": text}
    body: Json = {"photo": file.photo_json()} if message.is_photo else {"document": file.document_json()}
    if text:
        body["caption"] = text
    if entities:
        body["caption_entities"] = entities
    return body


def invoice_json(invoice: Invoice) -> Json:
    """What both sides see of an invoice: the Bot API's `Invoice`."""
    return {
        "title": invoice.title,
        "description": invoice.description,
        "start_parameter": invoice.start_parameter,
        "currency": CURRENCY,
        "total_amount": invoice.amount,
    }


def _receipt_json(receipt: Receipt, provider_charge_id: str) -> Json:
    body: Json = {
        "currency": CURRENCY,
        "total_amount": receipt.amount,
        "invoice_payload": receipt.payload,
        "telegram_payment_charge_id": receipt.charge_id,
    }
    if receipt.kind is ReceiptKind.REFUNDED:
        return {"refunded_payment": body}
    return {"successful_payment": {**body, "provider_payment_charge_id": provider_charge_id}}


def transaction_json(world: World, transaction: Transaction) -> Json:
    """Stars that came or went, as the Bot API's `StarTransaction`."""
    partner: Json = {
        "type": "user",
        "transaction_type": "invoice_payment",
        "user": person_json(world.chats[transaction.person_id].person),
        "invoice_payload": transaction.payload,
    }
    return {
        "id": transaction.charge_id,
        "amount": transaction.amount,
        "date": transaction.date,
        "source" if transaction.incoming else "receiver": partner,
    }


def _entity_json(world: World, entity: Entity) -> Json:
    if entity.type is not EntityType.TEXT_MENTION:
        return entity_json(entity)
    chat = world.chats.get(int(entity.value))
    return entity_json(entity, person_json(chat.person) if chat else None)


def _replied(world: World, message: Message) -> Message | None:
    return None if message.reply_to is None else world.chats[message.chat_id].messages.get(message.reply_to)


def message_view(world: World, message: Message) -> Json:
    """A message as the chat page shows it."""
    file, replied = message.file, _replied(world, message)
    reply = {"message_id": replied.message_id, "text": replied.content.text} if replied else None
    return {
        "message_id": message.message_id,
        "from": "bot" if message.from_bot else "person",
        "date": message.date,
        "edited": message.edited,
        "html": to_html(message.content),
        "text": message.content.text,
        "photo": file.photo_json()[0] if file and message.is_photo else None,
        "document": _document_view(message),
        "reply_to": reply,
        "keyboard": [list(row) for row in message.inline.rows] if message.inline else None,
        "invoice": invoice_json(message.invoice) if message.invoice else None,
        "receipt": _receipt_view(message.receipt) if message.receipt else None,
        "silent": message.silent,
        "reaction": message.reaction,
        "forwarded": message.forward_origin is not None,
    }


def _document_view(message: Message) -> Json | None:
    file = message.file
    if file is None or message.is_photo:
        return None
    return {"file_id": file.file_id, "name": file.name, "size": len(file.data)}


def _receipt_view(receipt: Receipt) -> Json:
    return {
        "kind": receipt.kind.value,
        "charge_id": receipt.charge_id,
        "title": receipt.title,
        "total_amount": receipt.amount,
    }


def charge_view(charge: Charge) -> Json:
    """A payment as the chat page lists it; `told` says whether the bot was told of it."""
    return {
        "charge_id": charge.charge_id,
        "person_id": charge.payer_id,
        "title": charge.invoice.title,
        "total_amount": charge.invoice.amount,
        "date": charge.date,
        "told": charge.told,
        "refunded": charge.refunded,
    }


def person_view(chat: Chat) -> Json:
    """A person as the chat page lists them."""
    person = chat.person
    return {
        "id": person.id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "username": person.username,
        "language_code": person.language_code,
        "role": person.role.value,
        "blocked": chat.blocked,
        "stars": chat.stars,
    }


def history_view(world: World, chat: Chat) -> Json:
    """Everything the page needs to draw a chat from nothing."""
    person = chat.person
    return {
        "messages": [message_view(world, message) for message in chat.messages.values()],
        "commands": world.profile.commands_for(person.id, person.language_code),
        "menu": world.profile.menu_for(person.id),
        "reply_keyboard": chat.reply_keyboard,
        "pinned": chat.pinned[-1] if chat.pinned else None,
        "stars": chat.stars,
        "blocked": chat.blocked,
    }
