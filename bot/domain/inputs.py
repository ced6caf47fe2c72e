"""What each service type asks of a customer, as one table; how each answer is checked; what it amounts to.

The types and their protocol fields are those of panel API v2's `add` (one row per `type`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain import lists
from bot.domain.catalog import Service
from bot.domain.errors import BadInput, Problem
from bot.domain.lists import Listed
from bot.domain.targets import check_link
from bot.domain.text import is_storable

#: No order is for more.
QUANTITY_MAX: Final = 999_999_999
#: A list that is not what an order is counted by has no limits of the service's own; no panel wants more than this.
ENTRIES_MAX: Final = 1_000


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


_F = Field
_RULES = (
    TypeRule("Default", (_F.LINK, _F.QUANTITY), Count.ASKED),
    TypeRule("Package", (_F.LINK,), Count.ONE, Basis.FLAT),
    TypeRule("Custom Comments", (_F.LINK, _F.COMMENTS), Count.LINES, counted=_F.COMMENTS),
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

#: What is asked as a list: one entry per line, or sent as a text file.
LISTS: Final[Mapping[Field, Callable[[str], Listed]]] = {
    _F.COMMENTS: lists.read_comments,
    _F.USERNAMES: lists.read_usernames,
    _F.HASHTAGS: lists.read_hashtags,
    _F.KEYWORDS: lists.read_keywords,
    _F.GROUPS: lists.read_groups,
}
#: Whose followers are meant may be said by the link of their page.
_LINK_FOR_NAME: Final = frozenset({"mentions user followers"})
#: Quantities are whole, so that a point before three digits can only group them, as in Turkish; behind a lone zero
#: nothing is grouped: `0,500` is a half to whoever writes it.
_GROUPED = re.compile(r"\A([1-9]\d{0,2}(?:(?:[ ,]\d{3})+|(?:\.\d{3})+)|\d+)\Z", re.ASCII)
#: A comma before three digits of thousands could group or divide: it is not read.
_THOUSANDS = re.compile(r"\A(\d+)(?:\.(\d{1,3})|,(\d{1,2}))? ?k\Z", re.ASCII | re.IGNORECASE)


def sold_rule(service_type: str) -> TypeRule | None:
    """The rule of a type the shop sells, None for every other type."""
    return RULES.get(service_type)


def is_package(service_type: str) -> bool:
    """Whether a type has no quantity to speak of."""
    rule = RULES.get(service_type)
    return rule is not None and rule.count is Count.ONE


def check(field: Field, text: str, service: Service) -> str:
    """Return the answer as it will be sent to the panel; BadInput says what is wrong with it."""
    if not is_storable(text):
        raise BadInput(Problem.TEXT_UNSENDABLE)
    if field is Field.GROUPS:
        _refuse_many(text, *limits_of(field, service))
    if field in LISTS:
        return "\n".join(_within_count(LISTS[field](text).items, field, service))
    match field:
        case Field.QUANTITY:
            return str(_within(parse_quantity(text, service.maximum), service))
        case Field.HASHTAG:
            return lists.check_hashtag(text)
        case Field.ANSWER_NUMBER:
            return lists.check_answer_number(text)
        case Field.USERNAME:
            return lists.check_username(text, or_link=service.type in _LINK_FOR_NAME)
        case _:
            return check_link(text)


def limits_of(field: Field, service: Service) -> tuple[int, int]:
    """How few and how many: of units for the quantity and for a list that is counted, else of a list's entries."""
    rule = RULES.get(service.type)
    if field is Field.QUANTITY or (rule and rule.counted is field):
        return service.minimum, service.maximum
    return 1, ENTRIES_MAX


def parse_quantity(text: str, maximum: int = QUANTITY_MAX) -> int:
    """Read a quantity as people type it: `1000`, `1 000`, `1,000`, `1.000`, `1k`, `1.5k`; ASCII digits only.

    Raises BadInput: unreadable, or a number beyond all quantities, which is too large for any `maximum`.
    """
    typed = text.strip(" ")
    if grouped := _GROUPED.match(typed):
        digits = re.sub("[ ,.]", "", grouped[1])
    elif thousands := _THOUSANDS.match(typed):
        digits = thousands[1] + (thousands[2] or thousands[3] or "").ljust(3, "0")
    else:
        raise BadInput(Problem.NUMBER_UNREADABLE)
    digits = digits.lstrip("0") or "0"
    if len(digits) > len(str(QUANTITY_MAX)):
        # As typed: it may have thousands of digits.
        raise BadInput(Problem.NUMBER_TOO_LARGE, maximum=min(maximum, QUANTITY_MAX), quantity=typed)
    return int(digits)


def lines_of(text: str) -> list[str]:
    """The lines that count: trimmed, blank ones dropped. Panels bill blank lines, so none are ever sent."""
    return [line for _, line in lists.numbered(text)]


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


def _refuse_many(text: str, _minimum: int, maximum: int) -> None:
    """Refuse more entries than can be taken before each is looked at: to look at a link takes a while."""
    count = len({entry for _, entry in lists.numbered(text)})
    if count > maximum:
        raise BadInput(Problem.LINES_TOO_MANY, maximum=maximum, count=count)


def _within_count(items: tuple[str, ...], field: Field, service: Service) -> tuple[str, ...]:
    minimum, maximum = limits_of(field, service)
    if not items:
        raise BadInput(Problem.LINES_EMPTY)
    if len(items) < minimum:
        raise BadInput(Problem.LINES_TOO_FEW, minimum=minimum, count=len(items))
    if len(items) > maximum:
        raise BadInput(Problem.LINES_TOO_MANY, maximum=maximum, count=len(items))
    return items
