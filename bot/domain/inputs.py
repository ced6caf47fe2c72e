"""What each service type asks of a customer, as one table; how each answer is checked; what it amounts to.

The types and their protocol fields are those of panel API v2's `add` (one row per `type`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.catalog import Service
from bot.domain.errors import BadInput, Problem
from bot.domain.targets import check_link
from bot.domain.text import is_storable

LINE_MAX_CHARACTERS: Final = 500
NAME_MAX_CHARACTERS: Final = 200
#: No order is for more.
QUANTITY_MAX: Final = 999_999_999


class Field(StrEnum):
    """The protocol's field names."""

    LINK = "link"
    QUANTITY = "quantity"
    COMMENTS = "comments"
    USERNAMES = "usernames"
    USERNAME = "username"
    HASHTAGS = "hashtags"
    HASHTAG = "hashtag"
    MEDIA = "media"
    KEYWORDS = "keywords"
    ANSWER_NUMBER = "answer_number"
    GROUPS = "groups"


class Count(StrEnum):
    """Where an order's quantity comes from."""

    ASKED = "asked"  # the customer names it
    LINES = "lines"  # one unit per line of `counted`
    ONE = "one"  # a package: there is no quantity


class Basis(StrEnum):
    """What the panel's `rate` is the price of."""

    THOUSAND = "thousand"
    FLAT = "flat"


@dataclass(frozen=True, slots=True)
class TypeRule:
    """One service type: the fields in the order they are asked, and how quantity and charge follow."""

    name: str
    asks: tuple[Field, ...]
    count: Count
    basis: Basis = Basis.THOUSAND
    counted: Field | None = None
    sold: bool = False


_F = Field
_RULES = (
    TypeRule("Default", (_F.LINK, _F.QUANTITY), Count.ASKED, sold=True),
    TypeRule("Package", (_F.LINK,), Count.ONE, Basis.FLAT, sold=True),
    TypeRule("Custom Comments", (_F.LINK, _F.COMMENTS), Count.LINES, counted=_F.COMMENTS, sold=True),
    TypeRule("Custom Comments Package", (_F.LINK, _F.COMMENTS), Count.ONE, Basis.FLAT),
    TypeRule("SEO", (_F.LINK, _F.KEYWORDS, _F.QUANTITY), Count.ASKED),
    TypeRule("Mentions", (_F.LINK, _F.USERNAMES, _F.QUANTITY), Count.ASKED),
    TypeRule("Mentions with Hashtags", (_F.LINK, _F.USERNAMES, _F.HASHTAGS, _F.QUANTITY), Count.ASKED),
    TypeRule("Mentions Custom List", (_F.LINK, _F.USERNAMES), Count.LINES, counted=_F.USERNAMES),
    TypeRule("Mentions Hashtag", (_F.LINK, _F.HASHTAG, _F.QUANTITY), Count.ASKED),
    TypeRule("Mentions User Followers", (_F.LINK, _F.USERNAME, _F.QUANTITY), Count.ASKED),
    TypeRule("Mentions Media Likers", (_F.LINK, _F.MEDIA, _F.QUANTITY), Count.ASKED),
    TypeRule("Comment Likes", (_F.LINK, _F.USERNAME, _F.QUANTITY), Count.ASKED),
    TypeRule("Comment Replies", (_F.LINK, _F.USERNAME, _F.COMMENTS), Count.LINES, counted=_F.COMMENTS),
    TypeRule("Poll", (_F.LINK, _F.ANSWER_NUMBER, _F.QUANTITY), Count.ASKED),
    TypeRule("Invites from Groups", (_F.LINK, _F.GROUPS, _F.QUANTITY), Count.ASKED),
)

#: Keyed by the normalised type; a type that is not here is imported and not sold.
RULES: Final[Mapping[str, TypeRule]] = {rule.name.lower(): rule for rule in _RULES}

_LISTS: Final = frozenset({_F.COMMENTS, _F.USERNAMES, _F.HASHTAGS, _F.KEYWORDS, _F.GROUPS})
_GROUPED = re.compile(r"\A(\d{1,3}(?:[ ,]\d{3})+|\d+)\Z", re.ASCII)
_THOUSANDS = re.compile(r"\A(\d+)(?:\.(\d{1,3}))? ?k\Z", re.ASCII | re.IGNORECASE)


def sold_rule(service_type: str) -> TypeRule | None:
    """The rule of a type the shop sells, None for every other type."""
    rule = RULES.get(service_type)
    return rule if rule and rule.sold else None


def is_package(service_type: str) -> bool:
    """Whether a type has no quantity to speak of."""
    rule = RULES.get(service_type)
    return rule is not None and rule.count is Count.ONE


def check(field: Field, text: str, service: Service) -> str:
    """Return the answer as it will be sent to the panel; BadInput says what is wrong with it."""
    if not is_storable(text):
        raise BadInput(Problem.TEXT_UNSENDABLE)
    if field in (_F.LINK, _F.MEDIA):
        return check_link(text)
    if field is _F.QUANTITY:
        return str(_within(parse_quantity(text, service.maximum), service))
    if field in _LISTS:
        return "\n".join(_check_lines(text, field, service))
    if field is _F.ANSWER_NUMBER:
        return str(parse_quantity(text))
    return _check_name(text)


def parse_quantity(text: str, maximum: int = QUANTITY_MAX) -> int:
    """Read a quantity as people type it: `1000`, `1 000`, `1,000`, `1k`, `1.5k`; ASCII digits only.

    Raises BadInput: unreadable, or a number beyond all quantities, which is too large for any `maximum`.
    """
    typed = text.strip(" ")
    if grouped := _GROUPED.match(typed):
        digits = re.sub("[ ,]", "", grouped[1])
    elif thousands := _THOUSANDS.match(typed):
        digits = thousands[1] + (thousands[2] or "").ljust(3, "0")
    else:
        raise BadInput(Problem.NUMBER_UNREADABLE)
    digits = digits.lstrip("0") or "0"
    if len(digits) > len(str(QUANTITY_MAX)):
        # As typed: it may have thousands of digits.
        raise BadInput(Problem.NUMBER_TOO_LARGE, maximum=min(maximum, QUANTITY_MAX), quantity=typed)
    return int(digits)


def lines_of(text: str) -> list[str]:
    """The lines that count: trimmed, blank ones dropped. Panels bill blank lines, so none are ever sent."""
    return [line for raw in text.splitlines() if (line := raw.strip())]


def quantity_of(rule: TypeRule, answers: Mapping[str, str]) -> int:
    """How many units the answers amount to; 1 for a package."""
    if rule.count is Count.ASKED:
        return int(answers[_F.QUANTITY])
    if rule.count is Count.LINES and rule.counted:
        return len(lines_of(answers[rule.counted]))
    return 1


def _within(quantity: int, service: Service) -> int:
    if quantity < service.minimum:
        raise BadInput(Problem.NUMBER_TOO_SMALL, minimum=service.minimum, quantity=quantity)
    if quantity > service.maximum:
        raise BadInput(Problem.NUMBER_TOO_LARGE, maximum=service.maximum, quantity=quantity)
    return quantity


def _check_lines(text: str, field: Field, service: Service) -> list[str]:
    lines = lines_of(text)
    if not lines:
        raise BadInput(Problem.LINES_EMPTY)
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_MAX_CHARACTERS:
            raise BadInput(Problem.LINE_TOO_LONG, line=number, limit=LINE_MAX_CHARACTERS)
    rule = RULES.get(service.type)
    if rule and rule.counted is field:
        _count_within(len(lines), service)
    return lines


def _count_within(count: int, service: Service) -> None:
    if count < service.minimum:
        raise BadInput(Problem.LINES_TOO_FEW, minimum=service.minimum, count=count)
    if count > service.maximum:
        raise BadInput(Problem.LINES_TOO_MANY, maximum=service.maximum, count=count)


def _check_name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise BadInput(Problem.LINES_EMPTY)
    if len(name) > NAME_MAX_CHARACTERS:
        raise BadInput(Problem.LINE_TOO_LONG, line=1, limit=NAME_MAX_CHARACTERS)
    return name
