"""A list sent as a text file: fetched from Telegram, and taken as if it had been typed."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from telegram import Document
from telegram.error import TelegramError

from bot.domain.errors import NotForSale
from bot.domain.inputs import LISTS
from bot.domain.text import decoded, plain_name
from bot.engine.quoting import for_sale
from handlers import lately
from handlers.customer import drafts, order
from handlers.customer.browse import show_gone
from handlers.keyboards import cut
from handlers.steps import Next
from handlers.visits import Visit

log: Final = logging.getLogger(__name__)

#: On its way to a panel a text grows to three times its size, and some panels take no more than 500 kB.
FILE_MAX_KILOBYTES: Final = 128
_FILE_MAX_BYTES: Final = FILE_MAX_KILOBYTES * 1024
_SUFFIX, _KIND = ".txt", "text/plain"


#: So many files of one person are fetched and read within this span: enough to mend a list again and again.
UPLOADS_MAX: Final = 10
UPLOADS_SPAN: Final = timedelta(minutes=5)
_UPLOADS: Final = "uploads"


class _Unusable(Exception):
    """The file cannot be taken; the message is the key of the text that says why."""


async def take_file(visit: Visit) -> Next:
    """A file: the answer where a list is asked, refused kindly elsewhere; the question stays open meanwhile."""
    draft, document = visit.memory.draft, visit.document
    if draft is None or document is None:
        return await order.refuse_other(visit)
    try:
        _, rule = for_sale(visit.shop, draft.service_number)
    except NotForSale:
        return await show_gone(visit)
    if drafts.first_open(rule, draft) not in LISTS:
        return await order.refuse_other(visit)
    try:
        _refuse_many(visit)
        text = await _text_of(document)
    except _Unusable as why:
        return await order.go_on(visit, draft, visit.texts.html(str(why), limit=FILE_MAX_KILOBYTES))
    name = cut(plain_name(document.file_name or "")) or _SUFFIX
    return await order.take_answer(visit, text, visit.texts.html("order.file-read", name=name))


def _refuse_many(visit: Visit) -> None:
    """Count this file; raise where too many came of late."""
    if not lately.allow(visit, _UPLOADS, UPLOADS_MAX, UPLOADS_SPAN):
        raise _Unusable("order.file-wait")


async def _text_of(document: Document) -> str:
    """What a file says. Telegram names its size and kind beforehand; what it holds is looked at all the same."""
    if document.mime_type != _KIND and not (document.file_name or "").lower().endswith(_SUFFIX):
        raise _Unusable("order.file-not-text")
    _refuse_large(document.file_size or 0)
    text = decoded(await _fetched(document))
    if text is None:
        raise _Unusable("order.file-not-text")
    _refuse_large(len(text.encode()))  # what was UTF-16 grows on its way to the panel
    return text


async def _fetched(document: Document) -> bytes:
    try:
        file = await document.get_file()
        _refuse_large(file.file_size or 0)
        data = bytes(await file.download_as_bytearray())
    except TelegramError as error:
        log.warning("a file could not be fetched", extra={"problem": error.message})
        raise _Unusable("order.file-failed") from None
    _refuse_large(len(data))
    return data


def _refuse_large(size: int) -> None:
    if size > _FILE_MAX_BYTES:
        raise _Unusable("order.file-too-large")
