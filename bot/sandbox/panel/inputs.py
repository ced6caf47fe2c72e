"""What `add` asks for each service type, as data, and how a form is read by it (API v2 `add` tables)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.sandbox.panel.amounts import price_of
from bot.sandbox.panel.catalogue import Service, ServiceType
from bot.sandbox.panel.errors import ErrorText, RefusedError

Form = Mapping[str, str]

LONGEST_LINK = 1000
MOST_DIGITS = 12
DELAYS = {0, 5, 10, 15, 20, 30, 40, 50, 60, 90, 120, 150, 180, 210, 240, 270, 300, 360, 420, 480, 540, 600}


class Counted(StrEnum):
    """Where an order's quantity comes from."""

    QUANTITY = "quantity"
    COMMENTS = "comments"  # lines of that field
    USERNAMES = "usernames"  # lines of that field
    PACKAGE = "package"  # always one, at a flat price
    POSTS = "posts"  # a subscription: each post is billed when it appears


@dataclass(frozen=True, slots=True)
class Rule:
    """What one type asks for besides `service`."""

    needs: tuple[str, ...] = ("link",)
    counted: Counted = Counted.QUANTITY
    #: may be repeated with `runs` and `interval`
    drip_feed: bool = False


RULES: Mapping[ServiceType, Rule] = {
    ServiceType.DEFAULT: Rule(drip_feed=True),
    ServiceType.PACKAGE: Rule(counted=Counted.PACKAGE),
    ServiceType.SEO: Rule(("link", "keywords")),
    ServiceType.CUSTOM_COMMENTS: Rule(("link", "comments"), Counted.COMMENTS),
    ServiceType.CUSTOM_COMMENTS_PACKAGE: Rule(("link", "comments"), Counted.PACKAGE),
    ServiceType.MENTIONS: Rule(("link", "usernames")),
    ServiceType.MENTIONS_WITH_HASHTAGS: Rule(("link", "usernames", "hashtags")),
    ServiceType.MENTIONS_CUSTOM_LIST: Rule(("link", "usernames"), Counted.USERNAMES),
    ServiceType.MENTIONS_HASHTAG: Rule(("link", "hashtag")),
    ServiceType.MENTIONS_USER_FOLLOWERS: Rule(("link", "username")),
    ServiceType.MENTIONS_MEDIA_LIKERS: Rule(("link", "media")),
    ServiceType.COMMENT_LIKES: Rule(("link", "username")),
    ServiceType.POLL: Rule(("link", "answer_number")),
    ServiceType.COMMENT_REPLIES: Rule(("link", "username", "comments"), Counted.COMMENTS),
    ServiceType.INVITES_FROM_GROUPS: Rule(("link", "groups")),
    ServiceType.SUBSCRIPTIONS: Rule(("username", "min", "max", "delay"), Counted.POSTS),
    ServiceType.WEB_TRAFFIC: Rule(("link", "country", "device", "type_of_traffic"), drip_feed=True),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A form that passed: what is ordered and what it costs."""

    link: str
    #: all runs together; 1 for a package; posts of a subscription, 0 when without end
    quantity: int
    #: units of 10^-5
    price: int


def read_add(service: Service, form: Form) -> Asked:
    """An `add` form checked by its service's type; RefusedError in the panel's words."""
    rule = RULES[service.type]
    _check_needs(rule, form)
    if check := _TYPE_CHECKS.get(service.type):
        check(service, form)
    quantity = _quantity(service, rule, form)
    return Asked(form.get("link") or form.get("username", ""), quantity, _price(service, rule, quantity))


def _check_needs(rule: Rule, form: Form) -> None:
    for field in rule.needs:
        if not form.get(field, "").strip():
            raise RefusedError(_MISSING.get(field, ErrorText.REQUEST))
    link = form.get("link", "").strip()
    if "link" in rule.needs and (len(link) > LONGEST_LINK or len(link.split()) != 1):
        raise RefusedError(ErrorText.LINK)


_MISSING = {"link": ErrorText.LINK, "comments": ErrorText.COMMENT}


def _price(service: Service, rule: Rule, quantity: int) -> int:
    """Units of 10^-5; a rate that was made nonsense by hand sells nothing."""
    per = {Counted.PACKAGE: 1000, Counted.POSTS: 0}
    try:
        return price_of(service.rate, per.get(rule.counted, quantity))
    except ValueError as error:
        raise RefusedError(ErrorText.SERVICE) from error


def _quantity(service: Service, rule: Rule, form: Form) -> int:
    if rule.counted is Counted.PACKAGE:
        return 1
    if rule.counted is Counted.POSTS:
        return whole_number(form["posts"], ErrorText.REQUEST) if form.get("posts") else 0
    if rule.counted is not Counted.QUANTITY:
        return _bounded(service, len(lines(form[rule.counted])), runs=1)
    quantity = whole_number(form.get("quantity", ""), ErrorText.QUANTITY)
    return _bounded(service, quantity, _runs(form) if rule.drip_feed else 1)


def _bounded(service: Service, quantity: int, runs: int) -> int:
    """Each run reaches the minimum and all together stay within the maximum."""
    if quantity < service.min:
        raise RefusedError(ErrorText.MIN_QUANTITY)
    if quantity * runs > service.max:
        raise RefusedError(ErrorText.MAX_QUANTITY)
    return quantity * runs


def _runs(form: Form) -> int:
    runs, interval = form.get("runs", ""), form.get("interval", "")
    if not runs and not interval:
        return 1
    count = whole_number(runs, ErrorText.REQUEST)
    minutes = whole_number(interval, ErrorText.REQUEST)
    if not 1 <= count <= 1000 or not 1 <= minutes <= 1440:
        raise RefusedError(ErrorText.REQUEST)
    return count


def _check_poll(_service: Service, form: Form) -> None:
    whole_number(form["answer_number"], ErrorText.REQUEST)


def _check_subscription(service: Service, form: Form) -> None:
    low, high = (whole_number(form[field], ErrorText.QUANTITY) for field in ("min", "max"))
    if low < service.min or low > high:
        raise RefusedError(ErrorText.MIN_QUANTITY)
    if high > service.max:
        raise RefusedError(ErrorText.MAX_QUANTITY)
    if whole_number(form["delay"], ErrorText.REQUEST) not in DELAYS:
        raise RefusedError(ErrorText.REQUEST)
    if form.get("old_posts"):
        whole_number(form["old_posts"], ErrorText.REQUEST)
    if form.get("expiry") and not re.fullmatch(r"\d{1,2}/\d{1,2}/\d{4}", form["expiry"]):
        raise RefusedError(ErrorText.REQUEST)


def _check_traffic(_service: Service, form: Form) -> None:
    """`google_keyword` goes with traffic 1, `referring_url` with traffic 2."""
    extra = {"1": "google_keyword", "2": "referring_url", "3": "type_of_traffic"}.get(form["type_of_traffic"])
    if extra is None or not form.get(extra, "").strip() or form["device"] not in {"1", "2", "3", "4", "5"}:
        raise RefusedError(ErrorText.REQUEST)


_TYPE_CHECKS: Mapping[ServiceType, Callable[[Service, Form], None]] = {
    ServiceType.POLL: _check_poll,
    ServiceType.SUBSCRIPTIONS: _check_subscription,
    ServiceType.WEB_TRAFFIC: _check_traffic,
}


def lines(text: str) -> list[str]:
    """The items of a list field: one a line, blank lines left out."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def whole_number(text: str, refusal: ErrorText) -> int:
    """A plain whole number in ASCII digits; RefusedError with `refusal` for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise RefusedError(refusal)
    return int(text)
