"""Links as customers paste them: checked, normalised, and never fetched."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

import idna

from bot.domain.errors import BadInput, Problem

LINK_MAX_CHARACTERS: Final = 512
_SCHEME = re.compile(r"\A([a-zA-Z][a-zA-Z0-9+.-]*):(?!\d{1,5}(?:[/?#]|\Z))")
_NAME = re.compile(r"\A@[^\s/@]*\Z")
_LOOSE_LABEL = re.compile(r"\A(?!xn--)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_NUMERIC_LABEL = re.compile(r"\A(?:\d+|0[xX][0-9a-fA-F]*)\Z")
_HOST_MAX_CHARACTERS: Final = 253
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def check_link(text: str) -> str:
    """Return the link as it will be sent: `https://` added where no scheme was typed, host in ASCII.

    Any host will do, for nobody here ever opens it. Raises BadInput when it is empty, a bare @name, too long, not
    http(s), or carries credentials or control characters, and when its host is none.
    """
    typed = text.strip()
    _refuse_unusable(typed)
    scheme = _SCHEME.match(typed)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise BadInput(Problem.LINK_SCHEME)
    parts = _split(typed if scheme else f"https://{typed.lstrip('/')}")
    if "@" in parts.netloc:
        raise BadInput(Problem.LINK_CREDENTIALS)
    link = urlunsplit(parts._replace(scheme=parts.scheme.lower(), netloc=_authority(parts, typed_in_full=bool(scheme))))
    if len(link) > LINK_MAX_CHARACTERS:
        raise BadInput(Problem.LINK_TOO_LONG, limit=LINK_MAX_CHARACTERS)
    return link


def same_target(link: str) -> str:
    """The form under which two links count as the same target: no scheme, no `www.`, no trailing slash."""
    parts = urlsplit(link)
    host = parts.netloc.lower().removeprefix("www.")
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{parts.path.rstrip('/')}{query}"


def _refuse_unusable(typed: str) -> None:
    if not typed:
        raise BadInput(Problem.LINK_EMPTY)
    if len(typed) > LINK_MAX_CHARACTERS:
        raise BadInput(Problem.LINK_TOO_LONG, limit=LINK_MAX_CHARACTERS)
    if "\\" in typed or any(c.isspace() or unicodedata.category(c).startswith("C") for c in typed):
        raise BadInput(Problem.LINK_UNREADABLE)
    if _NAME.match(typed):
        raise BadInput(Problem.LINK_IS_NAME, name=typed.removeprefix("@"))


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        if parts.port == 0 or not parts.hostname:
            raise BadInput(Problem.LINK_UNREADABLE)
    except ValueError:
        raise BadInput(Problem.LINK_UNREADABLE) from None
    return parts


def _authority(parts: SplitResult, *, typed_in_full: bool) -> str:
    host = parts.hostname or ""
    name = _address(host)
    if name is None and "[" in parts.netloc:
        raise BadInput(Problem.LINK_UNREADABLE)
    name = name or _name_of(host, alone=typed_in_full)
    return name if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{name}:{parts.port}"


def _address(host: str) -> str | None:
    """The host when it is an IP address, None when it is none; BadInput when it holds for one machine alone."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.scope_id:
        raise BadInput(Problem.LINK_UNREADABLE)
    return f"[{address}]"


def _name_of(host: str, *, alone: bool) -> str:
    """The host's name in ASCII; a name of one word only where it cannot be anything but a host (`alone`)."""
    try:
        name = idna.encode(host.rstrip("."), uts46=True).decode("ascii")
    except idna.IDNAError:
        name = _underscored(host)
    labels = name.split(".")
    # 2130706433, 0x7f.1 and their kin are addresses to some clients and names to others.
    if (len(labels) < 2 and not alone) or _NUMERIC_LABEL.match(labels[-1]):
        raise BadInput(Problem.LINK_UNREADABLE)
    return name


def _underscored(host: str) -> str:
    """Hosts with underscores, or with hyphens in a row, exist though the rules for names forbid them."""
    labels = host.rstrip(".").split(".")
    if len(host) > _HOST_MAX_CHARACTERS or not all(_LOOSE_LABEL.match(label) for label in labels):
        raise BadInput(Problem.LINK_UNREADABLE)
    return ".".join(labels)
