"""What can go wrong with every action but `add`, whose outcomes are values (see outcomes.py).

    PanelError
    ├── Unreachable     no answer: not connected, broken off or too late
    ├── Unusable        an answer that cannot be believed: HTML, 5xx, broken or wrong JSON, too large
    └── Denied          the panel said no, in words that were recognised or not

`Denied` is also a value: in answers about many ids it stands where a panel refuses one of them.
None of them holds the request, so none can show the key.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Final, TypeAlias

import httpx

from bot.panels.denials import Denial
from bot.panels.outcomes import HttpFacts, LostReason, UnsentReason

#: How an exchange broke off: before a connection was made, or after.
Breakdown: TypeAlias = UnsentReason | LostReason

_NO_FACTS: Final = HttpFacts()


class PanelError(Exception):
    """The root; `facts` tell what is known of the exchange."""

    def __init__(self, message: str, facts: HttpFacts = _NO_FACTS) -> None:
        super().__init__(message)
        self.facts = facts


class Unreachable(PanelError):
    """No answer came; `reason` tells how far the request got."""

    def __init__(self, reason: Breakdown, facts: HttpFacts = _NO_FACTS) -> None:
        super().__init__(f"the panel did not answer: {reason}", facts)
        self.reason = reason


class Unusable(PanelError):
    """An answer came that cannot be believed."""

    def __init__(self, reason: LostReason, facts: HttpFacts = _NO_FACTS) -> None:
        super().__init__(f"the panel's answer cannot be used: {reason}", facts)
        self.reason = reason


class Denied(PanelError):
    """The panel refused; `text` holds its words, cleaned, capped and free of the key."""

    def __init__(self, kind: Denial, text: str, facts: HttpFacts = _NO_FACTS) -> None:
        super().__init__(f"the panel refused: {kind}", facts)
        self.kind = kind
        self.text = text


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
