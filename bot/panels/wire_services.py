"""Decoding `services` (panel API v2): ten thousand rows, each believed or rejected on its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from bot.domain.catalog import Service
from bot.panels.denials import recognise
from bot.panels.errors import Denied
from bot.panels.wire import ERROR_MAX_CHARACTERS, error_text
from bot.panels.wire_service_rows import RejectedRow, RowReader
from bot.wire.reading import Clean, Malformed, clean_text, parse_json
from bot.wire.reasons import LostReason

#: An answer that is no list is an error or an empty catalogue, and short.
_OBJECT_MAX_BYTES: Final = 64 * 1024
#: Rows at most: the largest panels list some ten thousand services. Read before they are counted, the millions of empty
#: rows that a bound in bytes leaves room for would become gigabytes.
_MOST_ROWS: Final = 200_000
_CANCEL_KEY: Final = re.compile(rb'"cancel"\s*:')
_ROWS: Final = msgspec.json.Decoder(list[msgspec.Raw])


class _Anything(msgspec.Struct, gc=False):
    """Any object; its members are passed over."""


_OBJECTS: Final = msgspec.json.Decoder(list[_Anything])


@dataclass(frozen=True, slots=True)
class ServicesAnswer:
    """A panel's whole catalogue, as far as it can be believed."""

    services: tuple[Service, ...]
    rejected: tuple[RejectedRow, ...] = ()
    #: Whether any row says something about canceling; panels without the action leave it out.
    names_cancel: bool = False


def decode_services(body: bytes, panel: str) -> ServicesAnswer:
    """Decode a whole `services` answer of `panel`.

    Raises Malformed for what is no catalogue, Denied where the panel refuses.
    """
    return CatalogueDecoder(panel).decode(body)


class CatalogueDecoder:
    """Decodes one panel's catalogue again and again; rows that did not change keep their `Service`.

    Between two refreshes hardly a row changes, and looking up its bytes is far cheaper than reading them.
    Two threads decoding at once get right answers; one of them merely reads more.
    """

    def __init__(self, panel: str) -> None:
        self._panel = panel
        self._known: dict[bytes, Service] = {}

    def decode(self, body: bytes, cleaner: Callable[[bytes], Clean] = lambda _: clean_text) -> ServicesAnswer:
        """As `decode_services`; `cleaner` gives what makes the texts of some bytes fit to show.

        It is asked about the rows that are new only: looking for a secret in megabytes takes longer than all the rest.
        """
        body = body.removeprefix(b"\xef\xbb\xbf")
        rows = _split(body)
        if rows is None:
            return _read_object(body, cleaner(body))
        all_written = list(map(bytes, rows))
        new = b"\n".join(written for written in all_written if written not in self._known)
        reader = RowReader(self._panel, cleaner(new))
        known: dict[bytes, Service] = {}
        for written in all_written:
            service = self._known.get(written) or reader.read(written)
            if service is not None:
                known[written] = service
                reader.keep(service)
        self._known = known
        return ServicesAnswer(*reader.believed(), names_cancel=_CANCEL_KEY.search(body) is not None)


def _split(body: bytes) -> list[msgspec.Raw] | None:
    """The rows of a list; None for anything that is no list."""
    if body.lstrip()[:1] != b"[":
        return None
    try:
        _refuse_absurd_numbers(body)
        return _ROWS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed(LostReason.NOT_JSON) from None


def _refuse_absurd_numbers(body: bytes) -> None:
    """Raise Malformed for more rows than any catalogue has, before an object is made of each.

    There are no more rows than commas or, where all of them are objects, than braces. What is no object ends the look.
    """
    if body.count(b",") < _MOST_ROWS:
        return
    if body.count(b"{") > _MOST_ROWS:
        raise Malformed(LostReason.TOO_LARGE)
    try:
        _OBJECTS.decode(body)
    except msgspec.ValidationError:
        raise Malformed(LostReason.TOO_LARGE) from None


def _read_object(body: bytes, clean: Clean) -> ServicesAnswer:
    """An object is a refusal, or one script's way of saying that its catalogue is empty."""
    if len(body) > _OBJECT_MAX_BYTES:
        raise Malformed(LostReason.SHAPE)
    value = parse_json(body)
    if (text := error_text(value)) is not None:
        raise Denied(recognise(text), clean(text, ERROR_MAX_CHARACTERS))
    if isinstance(value, dict) and str(value.get("data")).strip().lower() == "empty data":
        return ServicesAnswer(())
    raise Malformed(LostReason.SHAPE)
