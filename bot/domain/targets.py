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
_PRIVATE_SUFFIXES: Final = (
    "localhost", "localdomain", "local", "internal", "lan", "home", "corp", "private", "intranet", "home.arpa",
)  # fmt: skip
_HOST_MAX_CHARACTERS: Final = 253
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
#: Hosts live here; the other ranges, and 6to4 within it, can carry a private IPv4 address.
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_SIX_TO_FOUR: Final = ipaddress.IPv6Network("2002::/16")


def check_link(text: str) -> str:
    """Return the link as it will be sent: `https://` added where no scheme was typed, host in ASCII.

    Raises BadInput when it is empty, a bare @name, too long, not http(s), carries credentials or control
    characters, or names a private host.
    """
    typed = text.strip()
    _refuse_unusable(typed)
    scheme = _SCHEME.match(typed)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise BadInput(Problem.LINK_SCHEME)
    parts = _split(typed if scheme else f"https://{typed.lstrip('/')}")
    if "@" in parts.netloc:
        raise BadInput(Problem.LINK_CREDENTIALS)
    link = urlunsplit(parts._replace(scheme=parts.scheme.lower(), netloc=_authority(parts)))
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


def _authority(parts: SplitResult) -> str:
    host = parts.hostname or ""
    name = _public_address(host)
    if name is None and "[" in parts.netloc:
        raise BadInput(Problem.LINK_UNREADABLE)
    name = name or _public_name(host)
    return name if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{name}:{parts.port}"


def _public_address(host: str) -> str | None:
    """The host when it is a public IP address, None when it is no address; BadInput when it is a private one."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if not address.is_global or address.is_multicast:
        raise BadInput(Problem.LINK_PRIVATE)
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.scope_id or address not in _GLOBAL_UNICAST or address in _SIX_TO_FOUR:
        raise BadInput(Problem.LINK_PRIVATE)
    return f"[{address}]"


def _public_name(host: str) -> str:
    try:
        name = idna.encode(host.rstrip("."), uts46=True).decode("ascii")
    except idna.IDNAError:
        name = _underscored(host)
    labels = name.split(".")
    if all(_NUMERIC_LABEL.match(label) for label in labels):
        raise BadInput(Problem.LINK_PRIVATE)  # 2130706433, 0x7f.1 and their kin reach loopback in many clients
    if any(name == suffix or name.endswith(f".{suffix}") for suffix in _PRIVATE_SUFFIXES):
        raise BadInput(Problem.LINK_PRIVATE)
    if len(labels) < 2 or _NUMERIC_LABEL.match(labels[-1]):
        raise BadInput(Problem.LINK_UNREADABLE)
    return name


def _underscored(host: str) -> str:
    """Hosts with underscores, or with hyphens in a row, exist though the rules for names forbid them."""
    labels = host.rstrip(".").split(".")
    if len(host) > _HOST_MAX_CHARACTERS or not all(_LOOSE_LABEL.match(label) for label in labels):
        raise BadInput(Problem.LINK_UNREADABLE)
    return ".".join(labels)
