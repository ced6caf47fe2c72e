"""Everything storage can fail with, in one tree.

    StorageError
    ├── DiskTrouble          the disk is full, failing, read-only or holds a damaged file
    ├── Conflict             a constraint was violated: unique, check, foreign key, not null, or a trigger's veto
    ├── Busy                 somebody else held the database for longer than its patience
    ├── ProgrammingError     the code asked for something that cannot be: a defect, whatever the data
    ├── Closed               the database was closed before the work was done
    ├── Unreachable          the database server cannot be reached, or went away before the commit
    ├── Unsettled            the server went away at the commit: nobody can tell whether it is stored
    ├── Unsafe               the database server is set up to forget what it acknowledged
    ├── SchemaTooNew         a newer version of the program migrated this database
    ├── SchemaMismatch       the migrations recorded and the migrations at hand are not one sequence
    ├── NotEmpty             a database to copy into holds something already
    ├── AlreadyRunning       another process works on this database
    ├── LockLost             the lock on the database went away while the shop ran
    ├── Superseded           a newer run of the shop works on this database
    └── NetworkFileSystem    the database's file lies where locks cannot be trusted

A message names tables, columns, files and servers, never a stored value or a password.
"""

from __future__ import annotations


class StorageError(Exception):
    """The root; on its own: the transaction was lost through no fault of this caller, nothing of it is stored."""


class DiskTrouble(StorageError):
    """The disk is full, failing, read-only or holds a damaged file."""


class Conflict(StorageError):
    """A constraint was violated."""


class Busy(StorageError):
    """Somebody else held the database for longer than its patience."""


class ProgrammingError(StorageError):
    """The code asked for something that cannot be."""


class Closed(StorageError):
    """The database was closed before the work was done; nothing of it is stored."""


class Unreachable(StorageError):
    """The database server cannot be reached, or went away before the commit; nothing of it is stored."""


class Unsettled(StorageError):
    """The server went away at the commit: nobody can tell whether it is stored. Only what is safe to repeat may be."""


class Unsafe(StorageError):
    """The database server is set up to forget what it acknowledged."""


class SchemaTooNew(StorageError):
    """A newer version of the program migrated this database."""


class SchemaMismatch(StorageError):
    """The migrations recorded and the migrations at hand are not one sequence."""


class NotEmpty(StorageError):
    """A database to copy into holds something already."""


class AlreadyRunning(StorageError):
    """Another process works on this database."""


class LockLost(StorageError):
    """The lock on the database went away while the shop ran; another process may hold it."""


class Superseded(StorageError):
    """A newer run of the shop works on this database; this one claims and records no more."""


class NetworkFileSystem(StorageError):
    """The database's file lies on a network file system, where locks cannot be trusted."""
