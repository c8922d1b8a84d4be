"""The system's keychain: Windows Credential Manager, macOS Keychain, Secret Service (GNOME, KDE, KeePassXC).

The backend is chosen here by name. keyring's own choice would take whatever is installed, which may be a plain file or
one that asks for a password on a console nobody sees (toolchain.md trap 9).
"""

from __future__ import annotations

import os
import secrets
import sys
import threading
from contextlib import closing
from typing import Any

from desk_app.plugin_api.channel_faults import SecretError

_PART = 600  # characters: Windows keeps 1,280 UTF-16 units a credential, OAuth tokens are longer
_HEAD = "\x01parts:"
_UNLOCK_SECONDS = 120.0
_UNSAFE_BACKENDS = ("keyrings.", "keyring.backends.null", "keyring.backends.fail")


class SystemKeychain:
    """A Vault on one keyring backend. Long values are kept in parts; a crash in between leaves the old value whole."""

    def __init__(self, backend: Any, instance_id: str) -> None:
        self._backend = backend
        self._service = f"Desk App {instance_id}"

    @property
    def title(self) -> str:
        """Its name for people."""
        return str(getattr(self._backend, "name", type(self._backend).__name__))

    def read(self, account: str, name: str) -> str | None:
        """Return a secret."""
        self._refuse_when_locked()
        head = self._get(_key(account, name))
        if head is None or not head.startswith(_HEAD):
            return head
        parts = [self._get(key) for key in _parts(account, name, head)]
        if any(part is None for part in parts):
            raise SecretError("the keychain lost a part of a secret: enter the password again")
        return "".join(part or "" for part in parts)

    def write(self, account: str, name: str, value: str) -> None:
        """Store a secret."""
        self._refuse_when_locked()
        key = _key(account, name)
        before = self._get(key)
        head = value
        if len(value) > _PART or value.startswith(_HEAD):
            count = -(-len(value) // _PART)
            head = f"{_HEAD}{secrets.token_hex(4)}:{count}"
            for number, part in enumerate(_parts(account, name, head)):
                self._set(part, value[number * _PART : (number + 1) * _PART])
        self._set(key, head)
        self._forget_parts(account, name, before)

    def erase(self, account: str, name: str) -> None:
        """Forget a secret."""
        self._refuse_when_locked()
        key = _key(account, name)
        before = self._get(key)
        if before is not None:
            self._delete(key)
            self._forget_parts(account, name, before)

    def problem(self) -> str:
        """Return what keeps it from working now."""
        if _locked(self._backend):
            return "the keychain is locked: sign in to your desktop, or unlock it in its own program"
        return ""

    def unlock(self) -> None:
        """Ask the person to unlock it; waits for the answer, two minutes at most."""
        if not _locked(self._backend):
            return
        failures: list[str] = []

        def ask() -> None:
            try:
                self._backend.get_preferred_collection().connection.close()  # asking for it unlocks it
            except Exception as error:  # noqa: BLE001 -- every platform raises its own
                failures.append(type(error).__name__)

        asking = threading.Thread(target=ask, name="desk-unlock", daemon=True)  # D-Bus itself would wait for ever
        asking.start()
        asking.join(_UNLOCK_SECONDS)
        if asking.is_alive() or failures:
            raise SecretError(f"the keychain stays locked ({failures[0] if failures else 'nobody answered'})")

    def _refuse_when_locked(self) -> None:
        """keyring would show a dialog and wait for ever, on a machine that may have no screen."""
        problem = self.problem()
        if problem:
            raise SecretError(problem)

    def _forget_parts(self, account: str, name: str, head: str | None) -> None:
        if head is not None and head.startswith(_HEAD):
            for part in _parts(account, name, head):
                self._delete(part)

    def _get(self, key: str) -> str | None:
        try:
            value = self._backend.get_password(self._service, key)
        except Exception as error:  # noqa: BLE001 -- every platform raises its own
            raise _trouble("read", error) from None
        return None if value is None else str(value)

    def _set(self, key: str, value: str) -> None:
        try:
            self._backend.set_password(self._service, key, value)
        except Exception as error:  # noqa: BLE001 -- as above
            raise _trouble("store", error) from None

    def _delete(self, key: str) -> None:
        from keyring.errors import PasswordDeleteError  # noqa: PLC0415 -- keyring costs start-up time

        try:
            self._backend.delete_password(self._service, key)
        except PasswordDeleteError:
            return  # gone already
        except Exception as error:  # noqa: BLE001 -- as above
            raise _trouble("forget", error) from None


def find_system_keychain(instance_id: str) -> SystemKeychain | None:
    """Return the keychain of this system, None where there is none; asks nobody anything.

    PYTHON_KEYRING_BACKEND is an explicit choice too and wins, unless it names a backend that keeps nothing or keeps it
    in the clear.
    """
    named = os.environ.get("PYTHON_KEYRING_BACKEND", "")
    backend = _named_backend(named) if named else _platform_backend()
    return None if backend is None else SystemKeychain(backend, instance_id)


def _named_backend(path: str) -> Any | None:
    if path.startswith(_UNSAFE_BACKENDS):
        return None
    from keyring.core import load_keyring  # noqa: PLC0415 -- keyring costs start-up time

    try:
        return load_keyring(path)
    except Exception:  # noqa: BLE001 -- whatever it is, there is no such keychain
        return None


def _platform_backend() -> Any | None:
    """Return a backend that works on this platform; `viable` only looks whether the service is there."""
    for kind in _candidates():
        try:
            if kind.viable:
                return kind()
        except Exception:  # noqa: BLE001, S112 -- a backend that cannot be probed is not one to use
            continue
    return None


def _candidates() -> list[Any]:
    # keyring and its backends cost start-up time and some of them only import on their own system
    if sys.platform == "win32":
        from keyring.backends import Windows  # noqa: PLC0415

        return [Windows.WinVaultKeyring]
    if sys.platform == "darwin":
        from keyring.backends import macOS  # noqa: PLC0415

        return [macOS.Keyring]
    from keyring.backends import SecretService, kwallet  # noqa: PLC0415

    return [SecretService.Keyring, kwallet.DBusKeyring]


def _locked(backend: Any) -> bool:
    """Return whether a Secret Service collection is locked, without unlocking it as keyring does."""
    if not type(backend).__module__.endswith("SecretService"):
        return False
    import secretstorage  # noqa: PLC0415 -- only on Linux

    try:
        with closing(secretstorage.dbus_init()) as bus:
            return bool(secretstorage.Collection(bus).is_locked())
    except secretstorage.exceptions.ItemNotFoundException:
        return False  # no collection yet: storing makes one
    except Exception as error:  # noqa: BLE001 -- D-Bus raises its own
        raise _trouble("reach", error) from None


def _trouble(what: str, error: Exception) -> SecretError:
    """Return an error without the backend's text, which may repeat what it was given."""
    return SecretError(f"the keychain could not {what} a secret ({type(error).__name__}): is it running and unlocked?")


def _key(account: str, name: str) -> str:
    return f"account {account}: {name}"


def _parts(account: str, name: str, head: str) -> list[str]:
    generation, _, count = head.removeprefix(_HEAD).partition(":")
    return [f"{_key(account, name)} #{generation}.{number}" for number in range(int(count) if count.isdigit() else 0)]
