"""What can go wrong with the database, in words for the person in front of the screen."""

from __future__ import annotations


class StorageError(Exception):
    """The database cannot do what was asked.

    The text says what happened; `advice` says what to do about it. Neither ever holds a password or customer data.
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(f"{message} {advice}" if advice else message)
        self.message = message
        self.advice = advice


class BadDatabaseUrlError(StorageError):
    """The database URL cannot be understood."""


class UnsafeFolderError(StorageError):
    """The file would lie on a network file system or in a synchronised folder (AD-11)."""


class FolderNotWritableError(StorageError):
    """The folder of the database file cannot be written to."""


class NotADatabaseError(StorageError):
    """The file is something else than a database of this program."""


class DamagedDatabaseError(StorageError):
    """The file or something in it is damaged."""


class DiskFullError(StorageError):
    """There is no room left on the disk."""


class DatabaseBusyError(StorageError):
    """Another process kept the database locked for too long; trying again helps."""


class DatabaseUnavailableError(StorageError):
    """The server cannot be reached, refused the sign-in, or the connection broke."""


class NewerSchemaError(StorageError):
    """A newer version of the program has changed the database; this one must be updated."""


class OutdatedSchemaError(StorageError):
    """The database was made by an older version and must be upgraded first."""


class DuplicateError(StorageError):
    """A row that must be unique is there already: somebody else was faster."""
