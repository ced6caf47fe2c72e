"""What may be believed of a panel's reply at most, written once more from the rules and from nothing else.

Being too strict is never wrong here: an error proves nothing and moves nothing. What is believed must be in the reply.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from bot.domain.catalog import Service
from bot.domain.orders import StatusReport
from bot.domain.refills import RefillReport
from bot.panels.errors import Denied
from bot.panels.outcomes import Later, Lost, Placed, Refused, Unsent
from bot.panels.wire_requests import Balance, CancelAccepted, RefillAccepted
from prove.strict import NotJson, Number, Object, Value, doubled, read

_WHOLE: Final = re.compile(r"[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOTHINGS: Final = {
    "null",
    "none",
    "nil",
    "true",
    "false",
    "nan",
    "undefined",
    "error",
    "failed",
    "success",
    "infinity",
}
#: What a refusal must at least say to be one.
_KNOWN: Final = re.compile(
    r"error\.[a-z]|link|service|quantity|comment|request|action|method|required|parameter|interval|funds|balance|"
    r"too many|rate limit|api|authentication|account"
)
#: The words that end an order, or say that it is under way, evened out; each with what it may be understood as.
_WORDS: Final = {
    "Pending": {"pending", "awaiting", "paused"}, "Processing": {"processing"},
    "In progress": {"in progress", "inprogress", "in progess", "active", "refill"},
    "Completed": {"completed", "complete", "success"}, "Partial": {"partial"}, "Canceled": {"canceled", "cancelled"},
    "Refunded": {"refunded"}, "Fail": {"fail", "failed"}, "Error": {"error"}, "Rejected": {"rejected"},
}  # fmt: skip
_EXTRA_REFILL_WORDS: Final = {"In progress": {"processing"}, "Completed": {"success"}, "Fail": {"error"}}
#: What an `error` holds where there is none.
_EMPTY: Final[tuple[Value, ...]] = (None, False, "", [], Object(()), Number("0"), Number("-0"))
_ORDER_IDS: Final = {"id", "order", "orders", "orderid", "orderids", "ids", "ordernumber"}


def wrong(action: str, asked: list[str], status: int, body: bytes, answer: object, calls: int) -> str | None:
    """Why an answer of the client must not have been believed; None where it may."""
    if isinstance(answer, Lost | Unsent):
        return None if isinstance(answer, Lost) else "unsent, though it was answered"
    try:
        value = read(body, "surrogateescape" if action == "services" else "strict")
    except NotJson:
        return None if answer == {} or _only_unsupported(answer) else "believed, though it is no JSON"
    if action != "services" and doubled(value):
        return None if answer == {} or _only_unsupported(answer) else "believed, though a name comes twice"
    if action == "add":
        return _wrong_add(status, value, answer)
    if action == "services":
        return _wrong_services(value, answer)
    if status >= 300 and status < 400:
        return "believed, though it points elsewhere"
    if status >= 500:
        return "believed, though the server failed"
    if action == "balance":
        return _wrong_balance(value, answer)
    if not isinstance(answer, dict) or not set(answer) <= set(asked):
        return "an answer for what was not asked about"
    problems = (_wrong_row(action, each, value, result, calls) for each, result in answer.items())
    return next((problem for problem in problems if problem), None)


def must_place(status: int, body: bytes) -> str | None:
    """The id of a reply so plain that not to believe it would be a defect too."""
    found = re.fullmatch(rb'\s*\{\s*"order"\s*:\s*"?([1-9][0-9]{0,17})"?\s*\}\s*', body)
    plain = found is not None and body.count(b'"') in (2, 4) and status in (200, 201)
    return found[1].decode() if found and plain else None


def _only_unsupported(answer: object) -> bool:
    return isinstance(answer, dict) and all(isinstance(r, Denied) and r.kind == "unsupported" for r in answer.values())


def _ids(value: Value) -> str | None:
    if isinstance(value, Number):
        return value.text if re.fullmatch("[1-9][0-9]{0,63}", value.text) else None
    if not isinstance(value, str) or not re.fullmatch("[A-Za-z0-9_-]{1,64}", value):
        return None
    nothing = value.lower().lstrip("-") in _NOTHINGS or re.fullmatch("-[0-9]+", value) or not set(value) - set("0_-")
    return None if nothing else value


def _wrong_add(status: int, value: Value, answer: object) -> str | None:
    if not isinstance(value, Object):
        return "believed, though it is no object"
    if isinstance(answer, Placed):
        said = value.get("status")
        bad = said is False or (
            isinstance(said, str) and said.strip().lower() in {"error", "fail", "failed", "false", "rejected"}
        )
        if not 200 <= status < 300 or "error" in value or bad:
            return "placed, though it also failed"
        upstream = _ids(value.get("order"))
        return None if upstream and upstream == answer.upstream_id else f"placed {answer.upstream_id}, not {upstream}"
    if not isinstance(answer, Refused | Later):
        return "no outcome at all"
    if status >= 500 or 300 <= status < 400:
        return "refused, though the server failed"
    names = {name.lower().replace("_", "").replace("-", "") for name in _names(value)}
    if names & _ORDER_IDS or any(name.lower().startswith("order") for name, _ in value.members):
        return "refused, though it names an order"
    said_all = " ".join(
        text for name in ("error", "message", "msg") if isinstance(text := value.get(name), str)
    ).lower()
    return None if status in (401, 429) or _KNOWN.search(said_all) else "refused in unknown words"


def _names(value: Value) -> Iterator[str]:
    if isinstance(value, Object):
        for name, held in value.members:
            yield name
            yield from _names(held)
    elif isinstance(value, list):
        for each in value:
            yield from _names(each)


def _decimal(value: Value) -> Decimal | None:
    text = value.text if isinstance(value, Number) else value.strip() if isinstance(value, str) else ""
    return Decimal(text) if _DECIMAL.fullmatch(text) and text.isascii() else None


def _whole(value: Value) -> int | None:
    text = value.text if isinstance(value, Number) else value.strip() if isinstance(value, str) else ""
    text = "0" if text == "-0" and isinstance(value, Number) else text
    return int(text) if _WHOLE.fullmatch(text) and text.isascii() else None


def _wrong_balance(value: Value, answer: object) -> str | None:
    if not isinstance(answer, Balance) or not isinstance(value, Object):
        return "a balance out of nothing"
    amount, currency = _decimal(value.get("balance")), value.get("currency")
    if amount is None or amount != answer.amount:
        return f"a balance of {answer.amount}, not {amount}"
    named = isinstance(currency, str) and currency.strip().upper() == answer.currency
    return None if answer.currency == "" or named else f"a balance in {answer.currency}"


def _wrong_services(value: Value, answer: object) -> str | None:
    services: tuple[Service, ...] = getattr(answer, "services", ())
    rows = [row for row in value if isinstance(row, Object)] if isinstance(value, list) else []
    for service in services:
        if not any(_lists(row, service) for row in rows):
            return f"service {service.id} for {service.rate} out of nothing"
    return None


def _lists(row: Object, service: Service) -> bool:
    named = {_ids(each) for name in ("service", "serviceId") for each in row.all(name)}
    rates = {_decimal(each) for name in ("rate", "rate1K") for each in row.all(name)}
    lows, highs = ({_whole(each) for each in row.all(name)} for name in ("min", "max"))
    package = service.type == "package"
    fits = (service.minimum in lows or package) and (service.maximum in highs or package)
    return service.id in named and service.rate in rates and fits and any(row.all("name"))


def _rows(action: str, asked: str, value: Value, calls: int) -> Iterator[Value]:
    """Where in a reply an answer about one id may stand; a reply to one of several calls answers for its id alone."""
    name = "refill" if action == "refill_status" else "order"
    if isinstance(value, Object) and asked in value:
        yield value.get(asked)
    rows = value if isinstance(value, list) else []
    yield from (row for row in rows if isinstance(row, Object) and _ids(row.get(name)) == asked)
    if calls:
        single = rows[0] if len(rows) == 1 else value
        if isinstance(single, Object) and asked in single:
            yield single.get(asked)
        if (
            not (isinstance(single, Object) and name == "order" and "order" in single)
            or _ids(single.get("order")) == asked
        ):
            yield single


def _wrong_row(action: str, asked: str, value: Value, result: object, calls: int) -> str | None:
    if isinstance(result, Denied):
        return None if result.kind == "unsupported" or value is None or _says_no(value) else "denied without a word"
    if action == "cancel" and isinstance(value, Object) and isinstance(result, CancelAccepted):
        canceled = value.get("canceled")
        listed = isinstance(canceled, list) and asked in {_ids(each) for each in canceled}
        return None if listed or _ids(value.get("cancel")) in {asked, "1"} else "canceled out of nothing"
    if any(_is_in(row, result) for row in _rows(action, asked, value, calls)):
        return None
    return f"{result!r} out of nothing"


def _says_no(value: Value) -> bool:
    if isinstance(value, str):
        return True
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], str):
            return True  # one answer for one id, and that a bare text
        return any(_says_no(each) for each in value if not isinstance(each, str))
    if not isinstance(value, Object):
        return False
    status = value.get("status")
    said = isinstance(value.get("error"), str) or (isinstance(status, str) and status.strip().lower() == "error")
    return said or any(_says_no(held) for _, held in value.members if not isinstance(held, str)) or any(
        isinstance(held, str) for name, held in value.members if name.isdigit() or "-" in name or "_" in name
    )  # fmt: skip


def _is_in(row: Value, result: object) -> bool:
    if not isinstance(row, Object):
        return False
    if isinstance(result, RefillAccepted):
        return _ids(row.get("refill")) == result.refill_id and row.get("error") in _EMPTY
    if isinstance(result, CancelAccepted):
        return (row.get("cancel") is True or _ids(row.get("cancel")) is not None) and not isinstance(
            row.get("error"), str
        )
    word = row.get("status")
    if not isinstance(word, str) or row.get("error") not in _EMPTY:
        return False
    if isinstance(result, RefillReport):
        return result.status is None or _means(word, result.status.value, _EXTRA_REFILL_WORDS)
    return isinstance(result, StatusReport) and _reports(row, word, result)


def _means(word: str, status: str, more: dict[str, set[str]]) -> bool:
    even = " ".join(re.sub("[_-]", " ", word).lower().split())
    return even in _WORDS.get(status, set()) | more.get(status, set())


def _reports(row: Object, word: str, report: StatusReport) -> bool:
    if report.status is not None and not _means(word, report.status.value, {}):
        return False
    remains, charge = row.get("remains"), _decimal(row.get("charge"))
    text = remains.text if isinstance(remains, Number) else remains.strip() if isinstance(remains, str) else ""
    over = abs(int(text)) if re.fullmatch("[+-][0-9]{1,18}", text) else 0
    return (
        report.remains == _whole(remains)
        and report.over == over
        and (report.charge is None or report.charge == charge)
        and report.start_count in {None, *(_whole(row.get(name)) for name in ("start_count", "start_counter"))}
    )  # fmt: skip
