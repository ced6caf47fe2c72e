"""How an exchange over HTTP ends badly, and what is known of it then.

Only `UnsentReason` proves that nothing of a request left this machine; every `LostReason` proves neither that it
arrived nor that it did not.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

import httpx


@dataclass(frozen=True, slots=True)
class HttpFacts:
    """What is known of an exchange, for the record and the operator; free of the key."""

    status: int | None = None
    #: Of the bytes that arrived, in hexadecimal; None when none did.
    sha256: str | None = None
    #: The start of the answer, at most 2000 characters.
    excerpt: str = ""
    #: The name of the exception's class, where the exchange broke off.
    error: str | None = None


class UnsentReason(StrEnum):
    """Why no connection was made."""

    CONNECT = "connect"  # name not found, refused, no route
    CONNECT_TIMEOUT = "connect-timeout"
    TLS = "tls"  # no trust in the panel's certificate, or no TLS at all
    POOL = "pool"  # too many requests under way
    CLOSED = "closed"  # the shop is shutting down
    ADDRESS = "address"  # the panel's address cannot be used


class LostReason(StrEnum):
    """Why nobody can tell what an `add` did."""

    NO_ANSWER = "no-answer"  # the connection broke
    TIMEOUT = "timeout"
    UNEXPECTED = "unexpected"  # a defect on this side, in mid-exchange
    REDIRECTED = "redirected"
    SERVER_ERROR = "server-error"  # HTTP 5xx
    CHALLENGE = "challenge"  # a page that wants to see a human
    EMPTY = "empty"
    TOO_LARGE = "too-large"
    ENCODED = "encoded"  # compressed, though identity was asked for
    CHARSET = "charset"  # not UTF-8
    NOT_JSON = "not-json"
    DUPLICATE_KEYS = "duplicate-keys"
    NOT_FINITE = "not-finite"  # NaN or Infinity
    SHAPE = "shape"  # JSON, but not what the protocol describes
    ORDER_ID = "order-id"
    CONTRADICTION = "contradiction"  # an order and an error at once, or an order under an HTTP error
    AMBIGUOUS_ERROR = "ambiguous-error"
    UNRECOGNISED_ERROR = "unrecognised-error"


#: How an exchange broke off: before a connection was made, or after.
Breakdown: TypeAlias = UnsentReason | LostReason

#: Everything httpx raises for a request, and what it proves. A ReadError comes both when the server never read the
#: request and when it had read all of it, so after the connection stands the type proves nothing.
HTTPX_ERRORS: Final[Mapping[type[Exception], Breakdown]] = {
    httpx.ConnectError: UnsentReason.CONNECT,
    httpx.ConnectTimeout: UnsentReason.CONNECT_TIMEOUT,
    httpx.PoolTimeout: UnsentReason.POOL,
    httpx.UnsupportedProtocol: UnsentReason.ADDRESS,
    httpx.InvalidURL: UnsentReason.ADDRESS,
    httpx.LocalProtocolError: UnsentReason.ADDRESS,
    httpx.ReadTimeout: LostReason.TIMEOUT,
    httpx.WriteTimeout: LostReason.TIMEOUT,
    httpx.TimeoutException: LostReason.TIMEOUT,
    httpx.ReadError: LostReason.NO_ANSWER,
    httpx.WriteError: LostReason.NO_ANSWER,
    httpx.CloseError: LostReason.NO_ANSWER,
    httpx.NetworkError: LostReason.NO_ANSWER,
    httpx.RemoteProtocolError: LostReason.NO_ANSWER,
    httpx.ProtocolError: LostReason.NO_ANSWER,
    httpx.ProxyError: LostReason.NO_ANSWER,
    httpx.TransportError: LostReason.NO_ANSWER,
    httpx.DecodingError: LostReason.ENCODED,
    httpx.TooManyRedirects: LostReason.REDIRECTED,
    httpx.RequestError: LostReason.NO_ANSWER,
    TimeoutError: LostReason.TIMEOUT,
}


def breakdown_of(error: Exception, *, sent: bool) -> Breakdown:
    """What an exception proves; `sent` is whether bytes of the request may have left, which outweighs its type."""
    found = next((HTTPX_ERRORS[kind] for kind in type(error).__mro__ if kind in HTTPX_ERRORS), LostReason.UNEXPECTED)
    if not isinstance(found, UnsentReason):
        return found
    if sent:
        return LostReason.NO_ANSWER
    return UnsentReason.TLS if found is UnsentReason.CONNECT and _is_tls(error) else found


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
