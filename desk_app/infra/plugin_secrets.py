"""The secrets of plugins on this computer, and which there are: no keychain lists what it holds.

A plugin is removed with its data on one computer, and its secrets lie in the keychains of several. So the names of
those that are kept here are noted in a file, and each computer deletes what belongs to a plugin the desk does not know.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from desk_app.plugin_api.channel_faults import SecretError

if TYPE_CHECKING:
    from desk_app.plugin_api.channels import SecretStore

_log = logging.getLogger(__name__)


class NotedSecrets:
    """Gives plugins their secrets by slug, and notes their names; `file` is this computer's, for one desk. Programs on
    it may share the file: a note that one of them loses is made again when the secret is next read."""

    def __init__(self, stores: Callable[[str], SecretStore], file: Path) -> None:
        self._stores = stores
        self._file = file
        self._noted: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def __call__(self, slug: str) -> SecretStore:
        """Return the secrets of a plugin."""
        return _Noting(self._stores(slug), lambda name: self._note(slug, name))

    def keep_only(self, known: Callable[[], Collection[str]]) -> None:
        """Delete the secrets of plugins that the desk does not know; `known` asks it, where there is any secret. What
        the keychain does not delete now is deleted another time."""
        noted = self._read()  # first: who stored one of them was known before
        slugs = known() if noted else ()
        gone = {one for one in noted if one[0] not in slugs}
        deleted = {one for one in sorted(gone) if self._delete(*one)}
        if deleted:
            with self._lock:
                self._noted -= deleted
                self._write(self._read() - deleted)

    def _delete(self, slug: str, name: str) -> bool:
        try:
            self._stores(slug).delete(name)
        except SecretError as error:
            _log.warning("a secret of the plugin %s, which was removed, is still here: %s", slug, error)
            return False
        _log.info("a secret of the plugin %s, which was removed, is deleted", slug)
        return True

    def _note(self, slug: str, name: str) -> None:
        with self._lock:
            if (slug, name) in self._noted:
                return
            try:
                if (slug, name) not in self._read():
                    self._file.parent.mkdir(parents=True, exist_ok=True)
                    with self._file.open("a", encoding="utf-8") as file:
                        file.write(f"{slug} {name}\n")
                self._noted.add((slug, name))
            except OSError as error:
                _log.warning("which secrets a plugin has here cannot be noted: %s", error.strerror)

    def _read(self) -> set[tuple[str, str]]:
        try:
            lines = self._file.read_text(encoding="utf-8").splitlines()
        except (FileNotFoundError, UnicodeDecodeError):
            return set()
        except OSError as error:
            _log.warning("which secrets plugins have here cannot be read: %s", error.strerror)
            return set()
        return {(slug, name) for slug, _, name in (line.partition(" ") for line in lines) if slug and name}

    def _write(self, noted: set[tuple[str, str]]) -> None:
        unfinished = self._file.with_suffix(f".{os.getpid()}")
        try:
            unfinished.write_text("".join(f"{slug} {name}\n" for slug, name in sorted(noted)), encoding="utf-8")
            unfinished.replace(self._file)
        except OSError as error:
            _log.warning("which secrets plugins have here cannot be noted: %s", error.strerror)
            with suppress(OSError):
                unfinished.unlink()


class _Noting:
    """The secrets of one plugin (a SecretStore)."""

    def __init__(self, store: SecretStore, note: Callable[[str], None]) -> None:
        self._store = store
        self._note = note

    def get(self, name: str) -> str | None:
        """Return a secret, None where there is none."""
        value = self._store.get(name)
        if value is not None:
            self._note(name)  # one of before there were notes
        return value

    def set(self, name: str, value: str) -> None:
        """Store a secret, replacing the old one."""
        self._note(name)
        self._store.set(name, value)

    def delete(self, name: str) -> None:
        """Forget a secret; nothing happens where there is none."""
        self._store.delete(name)
