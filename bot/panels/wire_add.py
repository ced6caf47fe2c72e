"""What an answer to `add` proves, and what it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.panels.denials import Denial, recognise
from bot.panels.outcomes import AddOutcome, Later, LaterKind, Lost, Placed, RefusalKind, Refused
from bot.panels.wire import ERROR_MAX_CHARACTERS, error_text
from bot.wire.reading import Clean, Json, Malformed, parse_json, read_id
from bot.wire.reasons import HttpFacts, LostReason

_LATER: Final = {Denial(kind.value): kind for kind in LaterKind}
_REFUSALS: Final = {Denial(kind.value): kind for kind in RefusalKind}
_UNCLEAR: Final = frozenset({Denial.AMBIGUOUS, Denial.MAINTENANCE})
_BAD_STATUSES: Final = frozenset({"error", "fail", "failed", "false", "rejected"})
#: What an order's id may be called, in lower case and without `_`; beside an error it may be the id of a placed one.
_ID_NAMES: Final = frozenset({"id", "order", "orders", "orderid", "orderids", "ids", "ordernumber"})
#: What a panel says of an order that it took.
_TAKEN: Final = re.compile(r"\b(placed|created|accepted)\b|success", re.IGNORECASE)
_UNAUTHORIZED: Final = 401
_TOO_MANY_REQUESTS: Final = 429


def read_add(status: int, body: bytes, facts: HttpFacts, clean: Clean) -> AddOutcome:
    """Classify a whole, uncompressed answer to `add` (panel API v2); never raises.

    Placed: a 2xx JSON object with one believable `order` and no `error`. Refused and Later: a JSON object below HTTP
    500 whose error is on the list, with no trace of an order anywhere in it. Everything else, 5xx, redirects and pages
    included, proves nothing: Lost.
    """
    if 300 <= status < 400:
        return Lost(LostReason.REDIRECTED, facts)
    if status >= 500:
        return Lost(LostReason.SERVER_ERROR, facts)
    try:
        answer = parse_json(body)
    except Malformed as malformed:
        return Lost(malformed.reason, facts)
    if not isinstance(answer, dict):
        return Lost(LostReason.SHAPE, facts)
    if "order" in answer:
        return _read_order(answer, status, facts)
    if any(name.lower().startswith("order") for name in answer):
        return Lost(LostReason.SHAPE, facts)
    return _read_refusal(answer, status, facts, clean)


def _read_order(answer: dict[str, Json], status: int, facts: HttpFacts) -> AddOutcome:
    said = answer.get("status")
    bad = said is False or (isinstance(said, str) and said.strip().lower() in _BAD_STATUSES)
    if "error" in answer or bad or not 200 <= status < 300:
        return Lost(LostReason.CONTRADICTION, facts)
    upstream_id = read_id(answer["order"])
    return Placed(upstream_id, facts) if upstream_id else Lost(LostReason.ORDER_ID, facts)


def _read_refusal(answer: dict[str, Json], status: int, facts: HttpFacts, clean: Clean) -> AddOutcome:
    raw = error_text(answer)
    kind = recognise(raw or "")
    text = clean(raw or "", ERROR_MAX_CHARACTERS)
    if _names_an_id(answer):
        return Lost(LostReason.CONTRADICTION if raw else LostReason.SHAPE, facts, text)
    if raw and (kind in _UNCLEAR or _sounds_taken(answer)):
        return Lost(LostReason.AMBIGUOUS_ERROR, facts, text)
    if raw and (later := _LATER.get(kind)):
        return Later(later, text, facts)
    if raw and (refusal := _REFUSALS.get(kind)):
        return Refused(refusal, text, facts)
    if status == _TOO_MANY_REQUESTS and (raw or isinstance(answer.get("message"), str)):
        # Whatever the words: the filters that count requests stand in front of `add`.
        return Later(LaterKind.RATE_LIMIT, text, facts)
    if raw and status == _UNAUTHORIZED:
        return Later(LaterKind.KEY, text, facts)
    return Lost(LostReason.UNRECOGNISED_ERROR if raw else LostReason.SHAPE, facts, text)


def _names_an_id(answer: dict[str, Json]) -> bool:
    return any(name.lower().replace("_", "").replace("-", "") in _ID_NAMES for name, _ in _members(answer))


def _sounds_taken(answer: dict[str, Json]) -> bool:
    """Whether anything in a refusal, a name beside `true` or a text, says that the order was taken all the same."""
    return any(
        (isinstance(value, str) and _TAKEN.search(value)) or (value is True and _TAKEN.search(name))
        for name, value in _members(answer)
    )


def _members(answer: Json) -> Iterator[tuple[str, Json]]:
    """Every name in an answer with its value, however deep; what stands in a list goes by the list's name."""
    waiting: list[tuple[str, Json]] = [("", answer)]
    while waiting:
        name, value = waiting.pop()
        yield name, value
        if isinstance(value, dict):
            waiting.extend(value.items())
        elif isinstance(value, list):
            waiting.extend((name, held) for held in value)
