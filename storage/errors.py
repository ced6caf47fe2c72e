"""What can go wrong in storage.

StorageError
├── DiskTrouble      the disk is full or failing; nothing of the transaction was kept
├── Conflict         a constraint of the schema was violated
├── Busy             another process holds the database
├── MisusedTx        a transaction awaited something that is not its tx: a defect
├── SchemaTooNew     the database was migrated by a newer version
├── BadMigrations    the migrations' numbers have holes or do not match what was applied
├── AlreadyRunning   another process owns this database
└── UnsafePlace      the database would live on a network file system
"""

from __future__ import annotations


class StorageError(Exception):
    """The root."""


class DiskTrouble(StorageError):
    """The disk is full or failing; nothing of the transaction was kept."""


class Conflict(StorageError):
    """A constraint of the schema was violated."""


class Busy(StorageError):
    """Another process holds the database for too long."""


class MisusedTx(StorageError):
    """A transaction awaited something that is not its tx."""


class SchemaTooNew(StorageError):
    """The database was migrated by a newer version of the shop."""


class BadMigrations(StorageError):
    """The migrations' numbers have holes or do not match what was applied."""


class AlreadyRunning(StorageError):
    """Another process owns this database."""


class UnsafePlace(StorageError):
    """The database would live on a network file system, where its locks cannot be trusted."""
