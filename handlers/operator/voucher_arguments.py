"""What operators type to make a voucher, read strictly: an amount, then how often, how often each, and until when."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.domain.money import Money
from bot.domain.vouchers import EACH_MOST, USES_MOST
from handlers.operator import words
from handlers.operator.arguments import Unreadable, read_amount

#: No voucher ends later.
DAYS_MOST: Final = 3650
_USES: Final = re.compile(r"\A(?:[x×*]([0-9]{1,9})|([0-9]{1,9})[x×*])\Z", re.ASCII | re.IGNORECASE)
_USES_WIDE: Final = "×"
_EACH: Final = re.compile(r"\Aeach[:=]?([0-9]{1,9})\Z", re.ASCII | re.IGNORECASE)
_DAYS: Final = re.compile(r"\A([0-9]{1,9})d(?:ays?)?\Z", re.ASCII | re.IGNORECASE)
_DATE: Final = re.compile(r"\A([0-9]{4})-([0-9]{2})-([0-9]{2})\Z", re.ASCII)
_SHOWN_MAX_CHARACTERS: Final = 40


@dataclass(frozen=True, slots=True)
class VoucherRequest:
    """What a new voucher shall be."""

    amount: Money
    uses: int = 1
    each: int = 1
    expires_at: datetime | None = None


def read_voucher(argument: str, decimals: int, now: datetime) -> VoucherRequest:
    """Read `<amount> [x<uses>] [each <n>] [<days>d or <year-month-day>]`; Unreadable says what is wrong with it."""
    amount, *rest = _parts(argument)
    request = VoucherRequest(read_amount(amount, decimals))
    for part in rest:
        request = _with(request, part, now)
    return request


def in_days(days: int, now: datetime) -> datetime:
    """When what holds for so many days ends."""
    if not 0 < days <= DAYS_MOST:
        raise Unreadable("voucher-days", limit=DAYS_MOST)
    return now + timedelta(days=days)


def _parts(argument: str) -> list[str]:
    """The words; `each 2` is one of them."""
    joined = re.sub(r"\beach\s+(?=[0-9])", "each", argument.strip().replace(_USES_WIDE, "x"), flags=re.IGNORECASE)
    parts = joined.split()
    if not parts:
        raise Unreadable("amount-missing")
    return parts


def _with(request: VoucherRequest, part: str, now: datetime) -> VoucherRequest:
    for pattern, change in _READERS:
        if found := pattern.match(part):
            return change(request, found, now)
    raise Unreadable("voucher-unreadable", typed=words.short(part, _SHOWN_MAX_CHARACTERS))


def _uses(request: VoucherRequest, found: re.Match[str], _now: datetime) -> VoucherRequest:
    uses = int(found[1] or found[2])
    if not 0 < uses <= USES_MOST:
        raise Unreadable("voucher-uses", limit=USES_MOST)
    return replace(request, uses=uses)


def _each(request: VoucherRequest, found: re.Match[str], _now: datetime) -> VoucherRequest:
    each = int(found[1])
    if not 0 < each <= EACH_MOST:
        raise Unreadable("voucher-each", limit=EACH_MOST)
    return replace(request, each=each)


def _days(request: VoucherRequest, found: re.Match[str], now: datetime) -> VoucherRequest:
    return replace(request, expires_at=in_days(int(found[1]), now))


def _date(request: VoucherRequest, found: re.Match[str], now: datetime) -> VoucherRequest:
    try:
        day = datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
    except ValueError:
        raise Unreadable("voucher-date", typed=found[0]) from None
    ends = day + timedelta(days=1)  # the day itself counts
    if ends <= now:
        raise Unreadable("voucher-past", typed=found[0])
    if ends > now + timedelta(days=DAYS_MOST):
        raise Unreadable("voucher-days", limit=DAYS_MOST)
    return replace(request, expires_at=ends)


_Change = Callable[[VoucherRequest, re.Match[str], datetime], VoucherRequest]
_READERS: Final[tuple[tuple[re.Pattern[str], _Change], ...]] = (
    (_USES, _uses), (_EACH, _each), (_DAYS, _days), (_DATE, _date),
)  # fmt: skip
