"""What panels say when they say no: one closed list of texts, and the class each belongs to.

The texts are those of the API v2 servers in use (PerfectPanel and its many relatives); there is no official list. A
text is recognised by a phrase inside it, a code such as `neworder.error.link` only as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final


class Denial(StrEnum):
    """Why a panel refused, as far as its text says."""

    SERVICE = "service"  # no such service, or it is switched off
    LINK = "link"
    DUPLICATE_LINK = "duplicate-link"  # an order with this link is still under way
    QUANTITY = "quantity"
    COMMENTS = "comments"
    REQUEST = "request"  # a field is missing or wrong, or the action is not known
    FUNDS = "funds"  # the shop's balance at the panel is too low
    RATE_LIMIT = "rate-limit"
    KEY = "key"
    ACCOUNT = "account"  # the shop's account at the panel is suspended or inactive
    ORDER = "order"  # no such order
    REFILL = "refill"  # no such refill
    REFILL_DISABLED = "refill-disabled"  # the service has none
    REFILL_EARLY = "refill-early"  # the order ended, or the last refill was asked for, not long enough ago
    REFILL_OPEN = "refill-open"  # one is under way already
    NOT_COMPLETED = "not-completed"  # nothing to refill: the order is not completed
    CANCEL = "cancel"  # the order, or its service, cannot be canceled
    UNSUPPORTED = "unsupported"  # the panel does not offer the action at all
    MAINTENANCE = "maintenance"
    AMBIGUOUS = "ambiguous"  # "unknown error" and the like: whatever was asked may have been done
    UNRECOGNISED = "unrecognised"


#: Denials that concern the whole panel, not the id that was asked about.
PANEL_WIDE: Final = frozenset(
    {Denial.FUNDS, Denial.RATE_LIMIT, Denial.KEY, Denial.ACCOUNT, Denial.MAINTENANCE, Denial.AMBIGUOUS}
)

#: A refusal is a short sentence; a longer text is a page, a trace or a trick.
TEXT_MAX_CHARACTERS: Final = 500

_D = Denial

#: Codes with the prefix `error.` or `neworder.error.`; one that is not listed is not recognised.
_CODES: Final[Mapping[str, Denial]] = {
    "not_enough_funds": _D.FUNDS,
    "insufficient_balance": _D.FUNDS,
    "incorrect_service_id": _D.SERVICE,
    "service_inactive": _D.SERVICE,
    "service_not_found": _D.SERVICE,
    "link": _D.LINK,
    "invalid_link": _D.LINK,
    "link_not_found": _D.LINK,
    "link_duplicate": _D.DUPLICATE_LINK,
    "duplicate_order": _D.DUPLICATE_LINK,
    "min_quantity": _D.QUANTITY,
    "max_quantity": _D.QUANTITY,
    "not_enough_quantity": _D.QUANTITY,
    "invalid_quantity": _D.QUANTITY,
    "comment": _D.COMMENTS,
    "schedule_time": _D.REQUEST,
    "account_banned": _D.ACCOUNT,
}

#: Looked for in this order; what makes a text ambiguous outweighs whatever else it says.
_PHRASES: Final[tuple[tuple[Denial, tuple[str, ...]], ...]] = (
    (_D.MAINTENANCE, (r"maintenance", r"bảo trì")),
    (
        _D.AMBIGUOUS,
        (
            r"unknown error",
            r"error processing your request",
            r"internal (server )?error",
            r"something went wrong",
            r"timed? ?out",
            r"(bad|502|504) gateway",
            r"success",
            r"\bhas been (placed|created|accepted|added)",
        ),
    ),
    (_D.DUPLICATE_LINK, (r"active order (with|for) this link",)),
    (_D.FUNDS, (r"not enough (funds|balance)", r"insufficient (balance|funds)")),
    (_D.RATE_LIMIT, (r"too many (requests|attempts)", r"rate limit exceeded")),
    (
        _D.KEY,
        (
            r"(invalid|incorrect|wrong) api key",
            r"api key is (incorrect|invalid)",
            r"incorrect request or api key",
            r"api key paused",
            r"authentication failed",
            r"api is disabled? for this user",
        ),
    ),
    (_D.ACCOUNT, (r"account (has been|is) (suspended|inactive|banned|blocked)",)),
    (_D.REFILL_DISABLED, (r"refill is disabled",)),
    (_D.REFILL_EARLY, (r"refill was requested less than",)),
    (_D.REFILL_OPEN, (r"refill task is not completed",)),
    (_D.NOT_COMPLETED, (r"order is not completed",)),
    (_D.REFILL, (r"refill not found", r"(incorrect|invalid) refill id")),
    (_D.CANCEL, (r"cancel is disabled", r"cannot be cancell?ed")),
    (_D.ORDER, (r"(incorrect|invalid) order id", r"order not found")),
    (_D.UNSUPPORTED, (r"\b(cancel|cancellation|refills?)\b.{0,20} not supported",)),
    (
        _D.SERVICE,
        (
            r"(incorrect|invalid|disabled) service id",
            r"service id does not exists?",
            r"service is inactive",
            r"service not found",
            r"service temporarily disabled",
        ),
    ),
    (
        _D.QUANTITY,
        (
            r"quantity (less|more) than",
            r"quantity must (to )?be",
            r"quantity is required",
            r"(minimum|maximum) quantity is",
            r"quantity out of bounds",
        ),
    ),
    (_D.LINK, (r"\b(bad|incorrect|invalid) link\b", r"link is required")),
    (_D.COMMENTS, (r"\b(bad|incorrect|invalid) comments?\b", r"comments? (field )?(is|are) required")),
    (
        _D.REQUEST,
        (
            r"(incorrect|invalid) request",
            r"action is invalid",
            r"(incorrect|invalid) action",
            r"method not allowed",
            r"fill in the required fields",
            r"missing \w+ parameter",
            r"invalid interval in minutes",
        ),
    ),
)
_PATTERNS: Final = tuple((denial, re.compile("|".join(phrases))) for denial, phrases in _PHRASES)
_WAIT: Final = re.compile(r"less than (\d{1,3}) (hour|day)s? ago")
_CODE: Final = re.compile(r"(?<![\w.])(?:neworder\.)?error\.([a-z_]+)(?![\w.])")
_MAINTENANCE_CODE: Final = "maintenance_mode"


def recognise(text: str) -> Denial:
    """The class of a panel's error text; UNRECOGNISED for everything that is not on the list."""
    if len(text) > TEXT_MAX_CHARACTERS:
        return Denial.UNRECOGNISED
    even = " ".join(text.casefold().split())
    if even == _MAINTENANCE_CODE:
        return Denial.MAINTENANCE
    for denial, pattern in _PATTERNS:
        if pattern.search(even):
            return denial
    return _by_code(even)


def waiting_time(text: str) -> timedelta | None:
    """How long a panel wants to be left alone, where its refusal says so."""
    found = _WAIT.search(" ".join(text.casefold().split()))
    if found is None:
        return None
    return int(found[1]) * (timedelta(days=1) if found[2] == "day" else timedelta(hours=1))


def _by_code(text: str) -> Denial:
    """Two different codes in one text contradict each other: neither is believed."""
    found = {_CODES.get(code, Denial.UNRECOGNISED) for code in _CODE.findall(text)}
    return found.pop() if len(found) == 1 else Denial.UNRECOGNISED
