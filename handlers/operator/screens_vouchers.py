"""Vouchers as operators see them: the list, one of them with its code, and a new one before it is made. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup
from telegram import InlineKeyboardButton

from bot.domain.money import Money
from bot.domain.vouchers import LINK_PREFIX, Voucher, shown_code
from handlers.context import VoucherAsked
from handlers.keyboards import BLANK, Screen, copy_key, key, keyboard, lines, pager
from handlers.operator.keys import desk_key
from handlers.operator.voucher_buttons import (
    AskClose,
    AskVoucher,
    CloseVoucher,
    MakeVoucher,
    SetVoucher,
    ShowVoucher,
    ShowVouchers,
)
from handlers.texts import Texts
from storage.views import Page

_USES: Final = (1, 5, 10, 100)
_EACH: Final = (1, 2, 5)
_DAYS: Final = (0, 7, 30)
_CODE_SHOWN: Final = 9


def vouchers_screen(texts: Texts, page: Page[Voucher], now: datetime) -> Screen:
    """A page of vouchers, newest first."""
    new = key(texts.plain("operator.vouchers.key-new"), AskVoucher(), "primary")
    if not page.items:
        return Screen(
            lines(texts.html("operator.vouchers.none"), BLANK, texts.html("operator.usage.voucher")),
            keyboard(new, desk_key(texts)),
        )
    rows = [key(_label(texts, voucher, now), ShowVoucher(voucher.id)) for voucher in page.items]
    return Screen(
        texts.html("operator.vouchers.title"),
        keyboard(*rows, pager(texts, page, ShowVouchers), new, desk_key(texts)),
    )


def voucher_screen(texts: Texts, voucher: Voucher, bot_name: str, now: datetime, note: Markup | None = None) -> Screen:
    """One voucher: its code and link to be copied, how often it was used, and the way to close it."""
    link = f"https://t.me/{bot_name}?start={LINK_PREFIX}{voucher.code}"
    opened = voucher.opened_at is not None
    html = lines(
        note,
        texts.html("operator.vouchers.code", code=shown_code(voucher.code)) if opened else None,
        texts.html("operator.vouchers.worth", amount=voucher.amount),
        texts.html("operator.vouchers.uses", used=voucher.used, uses=voucher.uses, left=voucher.left),
        texts.html("operator.vouchers.each", count=voucher.each),
        _ends(texts, voucher.expires_at),
        texts.html("operator.vouchers.state", state=texts.plain(f"operator.vouchers.state-{state_of(voucher, now)}")),
    )
    is_open = voucher.is_open(now)
    copies = (
        copy_key(texts.plain("operator.vouchers.key-copy"), shown_code(voucher.code)),
        copy_key(texts.plain("operator.vouchers.key-link"), link),
    )
    return Screen(
        html,
        keyboard(
            copies if is_open else None,
            key(texts.plain("operator.vouchers.key-close"), AskClose(voucher.id), "danger") if is_open else None,
            (key(texts.plain("operator.vouchers.key-all"), ShowVouchers(1)), desk_key(texts)),
        ),
    )


def state_of(voucher: Voucher, now: datetime) -> str:
    """Whether it can be used, and why not."""
    if voucher.closed_at is not None:
        return "closed"
    if voucher.opened_at is None:
        return "waiting"
    if not voucher.left:
        return "used-up"
    return "open" if voucher.is_open(now) else "ended"


def close_screen(texts: Texts, voucher: Voucher) -> Screen:
    """What closing means."""
    html = texts.html("operator.vouchers.ask-close", code=shown_code(voucher.code), left=voucher.left)
    return Screen(
        html,
        keyboard(
            key(texts.plain("operator.vouchers.key-close"), CloseVoucher(voucher.id), "danger"),
            key(texts.plain("operator.key.cancel"), ShowVoucher(voucher.id)),
        ),
    )


def ask_screen(texts: Texts, note: Markup | None = None) -> Screen:
    """The question for what a new one is worth."""
    html = lines(note, texts.html("operator.vouchers.ask"), texts.html("operator.usage.voucher"))
    return Screen(html, keyboard(key(texts.plain("operator.key.cancel"), ShowVouchers(1))))


def preview_screen(texts: Texts, asked: VoucherAsked, now: datetime, *, needs_two: bool) -> Screen:
    """A new voucher before it is made: what it is, what all of it costs, and taps that change it."""
    amount, until = Money(asked.micros), moment_of(asked)
    html = lines(
        texts.html("operator.vouchers.new"),
        BLANK,
        texts.html("operator.vouchers.worth", amount=amount),
        texts.html("operator.vouchers.times", count=asked.uses),
        texts.html("operator.vouchers.each", count=asked.each),
        _ends(texts, until),
        BLANK,
        texts.html("operator.vouchers.total", total=Money(amount.micros * asked.uses)),
        texts.html("operator.vouchers.needs-two") if needs_two else None,
    )
    return Screen(
        html,
        keyboard(
            [_choice(texts, asked, "uses", uses, chosen=asked.uses == uses) for uses in _USES],
            [_choice(texts, asked, "each", each, chosen=asked.each == each) for each in _EACH]
            if asked.uses > 1
            else None,
            [_choice(texts, asked, "days", days, chosen=_is_days(until, days, now)) for days in _DAYS],
            key(texts.plain("operator.vouchers.key-make"), MakeVoucher(asked.update_id), "primary"),
            key(texts.plain("operator.key.cancel"), ShowVouchers(1)),
        ),
    )


def moment_of(asked: VoucherAsked) -> datetime | None:
    """When the voucher being made ends."""
    return datetime.fromtimestamp(asked.until, UTC) if asked.until else None


def _choice(texts: Texts, asked: VoucherAsked, what: str, value: int, *, chosen: bool) -> InlineKeyboardButton:
    if what == "days" and not value:
        label = texts.plain("operator.vouchers.choice-never")
    else:
        label = texts.plain(f"operator.vouchers.choice-{what}", number=value)
    return key(
        texts.plain("operator.vouchers.chosen", label=label) if chosen else label,
        SetVoucher(asked.update_id, what, value),
    )


def _is_days(until: datetime | None, days: int, now: datetime) -> bool:
    if until is None or not days:
        return until is None and not days
    return abs((until - now).total_seconds() - days * 86_400) < 3600


def _ends(texts: Texts, until: datetime | None) -> Markup:
    return texts.html("operator.vouchers.until", time=until) if until else texts.html("operator.vouchers.endless")


def _label(texts: Texts, voucher: Voucher, now: datetime) -> str:
    return texts.plain(
        "operator.vouchers.row",
        code=shown_code(voucher.code)[:_CODE_SHOWN],
        amount=voucher.amount,
        used=voucher.used,
        uses=voucher.uses,
        state=texts.plain(f"operator.vouchers.state-{state_of(voucher, now)}"),
    )
