"""What paying by hand and vouchers look like: what to pay and how, the questions, and what became of them. Pure."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from bot.domain.money import digits
from bot.domain.topups import Topup
from bot.domain.vouchers import CODE_LENGTH
from handlers.callbacks import ShowCategories, ShowWallet
from handlers.customer.hand_buttons import AskVoucher, LeaveProof, LeaveVoucher, SendProof
from handlers.keyboards import BLANK, Screen, copy_key, key, keyboard, lines, set_off
from handlers.texts import Texts

#: What a code looks like; it is none.
_EXAMPLE: Final = "ABCD-EFGH-JKLM-NPQR"


def instructions_page(texts: Texts, topup: Topup, instructions: str) -> Screen:
    """How much to pay and how, in the operator's words, and what to do then."""
    amount = digits(topup.amount.decimal)
    return Screen(
        lines(
            texts.html("by-hand.pay", amount=topup.amount),
            BLANK,
            Markup(instructions),  # noqa: S704 - made by PTB of what an operator wrote, which escapes
            BLANK,
            texts.html("by-hand.reference", reference=f"#{topup.id}"),
            texts.html("by-hand.then"),
        ),
        keyboard(
            copy_key(texts.plain("by-hand.key-copy", amount=topup.amount), amount),
            key(texts.plain("by-hand.key-send"), SendProof(topup.id), "primary"),
            key(texts.plain("menu.cancel"), LeaveProof()),
        ),
    )


def proof_question(texts: Texts, topup: Topup, note: Markup | None = None) -> Screen:
    """The question for what shows that it was paid."""
    html = lines(*set_off(note), texts.html("by-hand.ask", amount=topup.amount))
    return Screen(html, keyboard(key(texts.plain("menu.cancel"), LeaveProof())))


def receipt_hint(texts: Texts, topup: Topup) -> Screen:
    """Something came that may be the receipt of a payment, which was not asked for just now."""
    send = key(texts.plain("by-hand.key-send"), SendProof(topup.id), "primary")
    return Screen(texts.html("by-hand.stray", amount=topup.amount), keyboard(send))


def by_hand_word(texts: Texts, html: Markup) -> Screen:
    """What became of it, and the ways to go on."""
    wallet, order = key(texts.plain("menu.wallet"), ShowWallet(1)), key(texts.plain("menu.order"), ShowCategories(1))
    return Screen(html, keyboard([wallet, order]))


def waiting_line(texts: Texts, topup: Topup) -> Markup:
    """A payment that is being checked, as the wallet shows it."""
    return texts.html("by-hand.waiting", amount=topup.amount, number=str(topup.id))


def code_question(texts: Texts, note: Markup | None = None) -> Screen:
    """The question for a voucher's code."""
    html = lines(*set_off(note), texts.html("voucher.ask", length=CODE_LENGTH, example=_EXAMPLE))
    return Screen(html, keyboard(key(texts.plain("menu.cancel"), LeaveVoucher())))


def voucher_word(texts: Texts, html: Markup) -> Screen:
    """Why a code brought nothing, and the ways to go on."""
    wallet, order = key(texts.plain("menu.wallet"), ShowWallet(1)), key(texts.plain("menu.order"), ShowCategories(1))
    return Screen(html, keyboard(key(texts.plain("voucher.key-another"), AskVoucher()), [wallet, order]))
