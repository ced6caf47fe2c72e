"""What PostgreSQL and its driver fail with, in storage's words.

A server's message names tables, columns and constraints; its DETAIL and the driver's own texts hold stored values, and
so does a message about a value that cannot be read. Those are never passed on.
"""

from __future__ import annotations

from typing import Final

import asyncpg

from storage.errors import Busy, Conflict, DiskTrouble, ProgrammingError, StorageError, Unreachable

#: Everything a call of the driver may raise that is not the caller's own doing. The internal one is what it says of a
#: connection that was taken away in the middle of a word.
FOREIGN: Final = (
    asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError,
    OSError, TimeoutError, UnicodeEncodeError,
)  # fmt: skip

# SQLSTATE classes and codes (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_CONFLICTS: Final = ("23", "P0001")
_AWAY: Final = ("08", "57P", "28", "3D000", "53300")
_DISK: Final = ("53", "58", "XX", "25006")
_CONTENDED: Final = ("40",)
_BUSY: Final = ("55P03", "57014")
_VALUES: Final = ("22",)


class Contended(Busy):
    """The server gave this transaction up in favour of another one: run it again."""


def translated(error: BaseException) -> StorageError:
    """A driver's error in storage's words."""
    if isinstance(error, asyncpg.PostgresError):
        return _by_code(error)
    if isinstance(error, asyncpg.DataError | UnicodeEncodeError):
        return ProgrammingError("a parameter does not fit its place in the statement")
    gone = isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError)
    if gone and not isinstance(error, asyncpg.ClientConfigurationError):
        return Unreachable("the connection to the database server is gone")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return Unreachable(f"the database server cannot be reached: {reason}")


def _by_code(error: asyncpg.PostgresError) -> StorageError:
    code: str = getattr(error, "sqlstate", None) or ""
    message = error.args[0] if error.args else type(error).__name__
    if code.startswith(_CONFLICTS):
        return Conflict(message)
    if code.startswith(_AWAY):
        return Unreachable(f"the database server cannot be used: {message}")
    if code.startswith(_CONTENDED):
        return Contended(message)
    if code.startswith(_BUSY):
        return Busy(message)
    if code.startswith(_DISK):
        return DiskTrouble(message)
    if code.startswith(_VALUES):
        return Conflict(f"a value does not fit its column (SQLSTATE {code})")
    return ProgrammingError(message)
