"""The panel's key, made unreadable wherever a panel's answer repeats it."""

from __future__ import annotations

import base64
import html
import json
import re
from typing import Final
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

EXCERPT_MAX_CHARACTERS: Final = 2000
_MASK: Final = "[key]"
#: How much of an answer an excerpt is made from; the mask may make text shorter.
_HEAD_BYTES: Final = 64 * 1024
#: A shorter piece of base64 says nothing, and would hit ordinary words.
_BASE64_MIN_CHARACTERS: Final = 8


class KeyMask:
    """Replaces a key in any of its written forms: plain, URL-encoded, as JSON, HTML or Python write it, base64."""

    __slots__ = ("_forms", "_longest", "_pattern", "_written")

    def __init__(self, key: SecretStr) -> None:
        forms = sorted(_forms(key.get_secret_value()), key=len, reverse=True)
        self._longest = len(forms[0])
        self._forms = tuple(form.lower() for form in forms)
        self._written = tuple({written.encode() for form in forms for written in (form, form.lower(), form.upper())})
        self._pattern = re.compile("|".join(re.escape(form) for form in forms), re.IGNORECASE)

    def __repr__(self) -> str:
        return "KeyMask(…)"

    def __call__(self, text: str) -> str:
        """The text without the key."""
        return self._pattern.sub(_MASK, text)

    def hides_in(self, body: bytes) -> bool:
        """Whether a body holds the key in any form; quick, for bodies of megabytes."""
        return any(written in body for written in self._written)

    def excerpt(self, body: bytes, *, whole: bool) -> str:
        """The start of an answer for people to read, at most 2000 characters, free of the key.

        Where the answer was broken off (not `whole`), the key may have been cut in two: last characters that could
        be its first half are left out.
        """
        whole = whole and len(body) <= _HEAD_BYTES
        text = self(body[:_HEAD_BYTES].decode("utf-8", "replace"))
        if not whole:
            text = self._without_first_half(text)
        return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text[:EXCERPT_MAX_CHARACTERS])

    def _without_first_half(self, text: str) -> str:
        text = text.rstrip("\ufffd")  # half a character
        tail = text[-self._longest :].lower()
        halves = (form[:length] for form in self._forms for length in range(1, len(form)))
        return text[: len(text) - max((len(half) for half in halves if tail.endswith(half)), default=0)]


def _forms(key: str) -> set[str]:
    escaped = json.dumps(key)[1:-1]
    plain = {key, quote(key), quote(key, safe=""), quote_plus(key), html.escape(key), repr(key)[1:-1]}
    jsons = {escaped, escaped.replace("/", "\\/"), json.dumps(key, ensure_ascii=False)[1:-1]}
    return plain | jsons | _base64_forms(key.encode())


def _base64_forms(key: bytes) -> set[str]:
    """The characters of base64 that depend on the key alone, for each place it can have in groups of three bytes."""
    forms = {base64.b64encode(key).decode().rstrip("="), base64.urlsafe_b64encode(key).decode().rstrip("=")}
    for shift, start in enumerate((0, 2, 3)):
        stable = slice(start, (shift + len(key)) * 8 // 6)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            forms.add(encode(bytes(shift) + key).decode()[stable])
    return {form for form in forms if len(form) >= _BASE64_MIN_CHARACTERS}
