"""Which addresses Telegram accepts in links and buttons, and how it writes them back."""

import re
from typing import Final
from urllib.parse import urlsplit

_SCHEME: Final = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):(?!\d)")
_APP_SCHEMES: Final = frozenset({"tg", "ton"})
_WEB_SCHEMES: Final = frozenset({"http", "https"})
_HOST: Final = re.compile(r"^[^\s./:@][^\s/:@]*\.[^\s./:@]{2,}$|^\d{1,3}(\.\d{1,3}){3}$|^\[[0-9a-fA-F:]+\]$")
_USER_LINK: Final = re.compile(r"^tg://user/?\?(?:.*&)?id=(\d{1,15})\b")


class BadLinkError(ValueError):
    """The address is refused; the message is Telegram's reason."""


def check_link(url: str) -> str:
    """The address as Telegram stores it: scheme added, host in lower case, never an empty path.

    Raises BadLinkError for another protocol, a host without a dot (`localhost` too) or a bad port.
    """
    url = url.strip()
    scheme = _SCHEME.match(url)
    name = scheme[1].lower() if scheme else "http"
    if name in _APP_SCHEMES:
        return url
    if name not in _WEB_SCHEMES:
        raise BadLinkError("Unsupported URL protocol")
    return _web_link(url if scheme else f"http://{url}")


def _web_link(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadLinkError("Wrong port number specified in the URL") from None
    if not parts.netloc:
        raise BadLinkError("URL host is empty")
    host = parts.netloc.rpartition("@")[2]
    bare = host if port is None else host.rpartition(":")[0]
    if not _HOST.match(bare):
        raise BadLinkError("Wrong HTTP URL")
    netloc = parts.netloc[: -len(host)] + host.lower()
    return parts._replace(scheme=parts.scheme.lower(), netloc=netloc, path=parts.path or "/").geturl()


def checked_link(url: str) -> str | None:
    """The address as Telegram stores it, or None when it is refused."""
    try:
        return check_link(url)
    except BadLinkError:
        return None


def linked_person(url: str) -> int | None:
    """The id in a `tg://user?id=…` address, or None."""
    found = _USER_LINK.match(url)
    return int(found[1]) if found else None
