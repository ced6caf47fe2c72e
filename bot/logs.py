"""Logging: one line per record on standard error, without secrets and without control characters."""

from __future__ import annotations

import base64
import contextlib
import copy
import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, Literal, TextIO
from urllib.parse import quote, quote_plus

from pythonjsonlogger.json import JsonFormatter

#: What stands where a secret stood.
MASK: Final = "***"

#: These speak of every request (with the token in its address) or every statement below WARNING.
_LOUD: Final = ("httpx", "httpcore", "aiohttp.access", "aiosqlite", "telegram")

#: A bot's token, alone or in an address, the colon plain or encoded.
_LOOKS_LIKE_ONE: Final = r"bot\d+(?::|%3[Aa])[\w-]+|\d{6,}(?::|%3[Aa])[A-Za-z0-9_-]{30,}"

#: Shorter secrets are masked as whole words only; they would tear holes into ordinary text.
_SHORT: Final = 6

#: Control characters, line and paragraph separators, marks that turn the direction of writing, half characters.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(level: str, fmt: Literal["text", "json"], secrets: Iterable[str]) -> None:
    """Send every record of `level` (DEBUG, INFO, WARNING, ERROR) or above to standard error, masked and in one line.

    Chatty libraries stay at WARNING at least. Replaces what was configured before.
    """
    handler = _Handler(sys.stderr)
    handler.setFormatter(SafeFormatter(_Text() if fmt == "text" else _json(), Masks(secrets)))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name in _LOUD:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's own name
        """Say that a record is missing; logging's own way would print its arguments unmasked."""
        error = sys.exc_info()[0]
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(f"a record of {record.name} could not be written: {error and error.__name__}\n")


class Masks:
    """Replaces known secrets, in every form they may be written, and anything that looks like a bot's token."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join([*map(_searched, longest_first), _LOOKS_LIKE_ONE]))

    def __call__(self, text: str) -> str:
        """The text with every secret masked."""
        return self._pattern.sub(MASK, text)


class SafeFormatter(logging.Formatter):
    """Cleans a copy of each record (message, arguments, extras, traceback) before another formatter writes it."""

    def __init__(self, inner: logging.Formatter, masks: Masks) -> None:
        super().__init__()
        self._inner = inner
        self._masks = masks

    def format(self, record: logging.LogRecord) -> str:
        """One line, safe to keep."""
        clean = copy.copy(record)
        clean.msg, clean.args = escaped(self._masks(_message(record))), None
        for name, value in vars(record).items():
            if name not in _STANDARD:
                delattr(clean, name)
                setattr(clean, self._cleaned(name), self._value(value))
        clean.exc_text = self._trace(record)
        clean.exc_info = None
        clean.stack_info = self._masks(record.stack_info) if record.stack_info else None
        return self._inner.format(clean)

    def _value(self, value: object) -> object:
        """Numbers stay; texts are cleaned; anything else becomes text, because its own text may hold a secret."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self._cleaned(key): self._value(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(item) for item in value]
        return self._cleaned(value)

    def _cleaned(self, value: object) -> str:
        return escaped(self._masks(_text(value)))

    def _trace(self, record: logging.LogRecord) -> str | None:
        if record.exc_info and record.exc_info[0] is not None:
            return self._masks(self.formatException(record.exc_info))
        return self._masks(record.exc_text) if record.exc_text else None


class _Text(logging.Formatter):
    """`time level logger: message key=value …`; a traceback follows in the same line."""

    def format(self, record: logging.LogRecord) -> str:
        extras = "".join(f" {name}={_shown(value)}" for name, value in _extras(record))
        traces = "".join(f" | {escaped(trace)}" for trace in (record.exc_text, record.stack_info) if trace)
        return f"{_time(record)} {record.levelname:<8} {record.name}: {record.getMessage()}{extras}{traces}"


class _Json(JsonFormatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  # logging's own name
        return _time(record)


def _json() -> logging.Formatter:
    return _Json(
        ["asctime", "levelname", "name", "message"],
        rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
    )


def escaped(text: str) -> str:
    """The text with control characters and their kin written out, so that it cannot forge or break a line."""
    return _CONTROL.sub(lambda found: _NAMED.get(found[0]) or _code(found[0]), text)


def _code(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"


def _message(record: logging.LogRecord) -> str:
    """The message with its arguments; a broken format string shows both instead of raising."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # arguments may raise anything, and logging would print them unmasked
        return f"{record.msg} {_text(record.args)}"


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001  # a value that cannot be shown must not lose the record
        return f"<{type(value).__name__}: {type(error).__name__}>"


def _shown(value: object) -> str:
    if isinstance(value, str) and value and not re.search(r'[\s"=]', value):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _extras(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    return ((name, value) for name, value in vars(record).items() if name not in _STANDARD)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _forms(secret: str) -> Iterator[str]:
    """The secret as it may be written: plain, in an address, in JSON, in Python, in base64 at any alignment."""
    if not secret:
        return
    yield secret
    for encoded in (quote(secret), quote(secret, safe=""), quote_plus(secret)):
        yield encoded
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), encoded)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield from _base64(secret.encode())
    number, colon, rest = secret.partition(":")
    if colon and number.isdigit():
        yield from _forms(rest)


def _base64(secret: bytes) -> Iterator[str]:
    """The characters that stand for the secret alone, wherever in the encoded text it begins."""
    if len(secret) < _SHORT:
        return
    for offset in range(3):
        head = (8 * offset + 5) // 6
        tail = (8 * (offset + len(secret))) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"\0" * offset + secret).decode()[head:tail]


def _searched(form: str) -> str:
    return re.escape(form) if len(form) >= _SHORT else rf"(?<!\w){re.escape(form)}(?!\w)"
