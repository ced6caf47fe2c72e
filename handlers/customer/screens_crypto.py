"""What an invoice of Crypto Pay looks like. Pure."""

from __future__ import annotations

from bot.domain.topups import Topup
from handlers.callbacks import AddMoney
from handlers.keyboards import Screen, key, keyboard, link_key
from handlers.texts import Texts


def crypto_invoice(texts: Texts, topup: Topup, url: str) -> Screen:
    """The invoice and the way to where it is paid."""
    html = texts.html("topup.crypto-invoice", amount=topup.amount, until=topup.expires_at)
    return Screen(html, keyboard(link_key(texts.plain("topup.crypto-pay", amount=topup.amount), url)))


def silent(texts: Texts) -> Screen:
    """The gateway made no invoice."""
    return Screen(texts.html("topup.crypto-silent"), keyboard(key(texts.plain("menu.back"), AddMoney())))
