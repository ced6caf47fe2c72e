"""Vouchers: codes that bring money into a wallet, so many times, until they end."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.domain.money import Money

#: What codes are made of: five bits a sign, without those that look like another (0 and O, 1 and I).
ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
#: Sixteen signs are 80 bits: nobody finds one by trying.
CODE_LENGTH: Final = 16
_GROUP: Final = 4
_BITS: Final = 5
#: How the start parameter of a deep link begins that carries a code.
LINK_PREFIX: Final = "v_"
_BETWEEN: Final = re.compile(r"[\s\-‐-―−_.]+")
_CODE: Final = re.compile(rf"\A[{ALPHABET}]{{{CODE_LENGTH}}}\Z", re.ASCII)

#: More than anybody gives away, and few enough that amount and uses stay within what the database holds.
USES_MOST: Final = 100_000
EACH_MOST: Final = 100


class Redeemed(StrEnum):
    """What became of a code somebody entered; each has a text of the same name."""

    DONE = "done"
    MINE = "mine"  # this customer used it as often as one may
    NONE = "none"  # unknown, ended, used up or closed: from outside they all look the same
    ODD = "odd"  # nothing that a code looks like
    LATER = "later"  # too many codes that are none, one after the other


@dataclass(frozen=True, slots=True)
class Voucher:
    """A voucher as stored."""

    id: int
    code: str
    #: What one use brings.
    amount: Money
    uses: int
    used: int
    #: How often one customer may use it.
    each: int
    made_by: int
    made_at: datetime
    #: Since when it can be used; None while it waits for a second operator's yes.
    opened_at: datetime | None
    expires_at: datetime | None
    #: When an operator took it back.
    closed_at: datetime | None

    @property
    def total(self) -> Money:
        """What all its uses bring together."""
        return Money(self.amount.micros * self.uses)

    @property
    def left(self) -> int:
        """How many uses are left, if it has not ended."""
        return self.uses - self.used

    def is_open(self, now: datetime) -> bool:
        """Whether somebody can still use it."""
        live = self.opened_at is not None and self.closed_at is None and self.left > 0
        return live and (self.expires_at is None or now < self.expires_at)


def code_of(secret: str) -> str:
    """The code that follows from a secret nobody can guess."""
    number = int.from_bytes(hashlib.sha256(secret.encode()).digest())
    signs = (ALPHABET[number >> shift & 31] for shift in range(0, CODE_LENGTH * _BITS, _BITS))
    return "".join(signs)


def read_code(typed: str) -> str | None:
    """The code somebody typed, whatever its case and whatever stands between its signs; None for what is none."""
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", typed)).upper()
    return plain if _CODE.match(plain) else None


def shown_code(code: str) -> str:
    """A code in groups, as people read it."""
    return "-".join(code[place : place + _GROUP] for place in range(0, len(code), _GROUP))
