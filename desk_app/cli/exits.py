"""The exit codes of `desk-app`, in one place; docs/cli.md tells people about them."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the shell is told."""

    OK = 0
    FAILED = 1  # the command ran and something it was asked for did not work
    USAGE = 2  # unknown option, unreadable file, impossible value
    DATABASE = 3  # the database cannot be opened, read or written
    NETWORK = 4  # a mailbox or its server failed
    NOT_FOUND = 5  # no such ticket, mailbox or mail; an empty search
    INTERRUPTED = 130  # Ctrl+C, as shells do it


class CommandError(Exception):
    """A command cannot do what was asked. `message` says what happened, `advice` what to do about it."""

    def __init__(self, code: Exit, message: str, advice: str = "") -> None:
        super().__init__(f"{message} {advice}".strip())
        self.code = code
        self.message = message
        self.advice = advice
