"""Passwords and tokens of mailboxes: in the system's keychain, else where a person chose, never silently in a plain
file (SE-01, SE-08, toolchain.md trap 9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from desk_app.infra.secrets_file import SealedFiles
from desk_app.infra.secrets_system import SystemKeychain, find_system_keychain
from desk_app.plugin_api.channel_faults import SecretError

_ADVICE = (
    "this system has no keychain that the desk can use. Choose one: 'file' seals the passwords with a key file that "
    "only you can read, 'memory' asks for them at each start"
)


class KeychainChoice(StrEnum):
    """Where secrets are kept. AUTO: the system's keychain, else the sealed files that were chosen before, else
    nowhere."""

    AUTO = "auto"
    SYSTEM = "system"
    FILE = "file"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class KeychainState:
    """How the keychain fares, for doctor and settings. `choice` is what is in use, `advice` what to do where not
    usable."""

    choice: KeychainChoice
    title: str
    usable: bool
    advice: str = ""


class Vault(Protocol):
    """One way to keep secrets; every method raises SecretError."""

    def read(self, account: str, name: str) -> str | None:
        """Return a secret, None where there is none."""
        ...

    def write(self, account: str, name: str, value: str) -> None:
        """Store a secret, replacing the old one."""
        ...

    def erase(self, account: str, name: str) -> None:
        """Forget a secret; nothing happens where there is none."""
        ...

    def problem(self) -> str:
        """Return what keeps it from working now and what to do, "" when it works; never asks anybody anything."""
        ...


class MemoryVault:
    """Keeps secrets until the program ends."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], str] = {}

    def read(self, account: str, name: str) -> str | None:
        """Return a secret."""
        return self._values.get((account, name))

    def write(self, account: str, name: str, value: str) -> None:
        """Store a secret."""
        self._values[account, name] = value

    def erase(self, account: str, name: str) -> None:
        """Forget a secret."""
        self._values.pop((account, name), None)

    def problem(self) -> str:
        """Nothing can be wrong with it."""
        return ""


class _NoVault:
    """Stands where nobody has chosen yet: every use says what to choose from."""

    def read(self, account: str, name: str) -> str | None:  # noqa: ARG002 -- a Vault's signature
        raise SecretError(_ADVICE)

    def write(self, account: str, name: str, value: str) -> None:  # noqa: ARG002 -- as above
        raise SecretError(_ADVICE)

    def erase(self, account: str, name: str) -> None:
        """Nothing is kept."""

    def problem(self) -> str:
        return _ADVICE


class AccountSecrets:
    """The secrets of one account (a SecretStore)."""

    def __init__(self, vault: Vault, account: str) -> None:
        self._vault = vault
        self._account = account

    def get(self, name: str) -> str | None:
        """Return a secret, None where there is none."""
        return self._vault.read(self._account, name)

    def set(self, name: str, value: str) -> None:
        """Store a secret, replacing the old one."""
        self._vault.write(self._account, name, value)

    def delete(self, name: str) -> None:
        """Forget a secret; nothing happens where there is none."""
        self._vault.erase(self._account, name)


class Keychain:
    """Where the desk keeps secrets."""

    def __init__(self, choice: KeychainChoice, title: str, vault: Vault) -> None:
        self._choice = choice
        self._title = title
        self._vault = vault

    def account(self, account_id: int) -> AccountSecrets:
        """Return the secrets of an account."""
        return AccountSecrets(self._vault, str(account_id))

    def plugin(self, slug: str) -> AccountSecrets:
        """Return the secrets of a plugin; accounts are numbers, so that neither ever reads the other's."""
        return AccountSecrets(self._vault, f"plugin {slug}")

    def describe(self) -> KeychainState:
        """Return how the keychain fares, without asking anybody anything."""
        problem = self._vault.problem()
        return KeychainState(self._choice, self._title, not problem, problem)

    def unlock(self) -> None:
        """Ask the person to unlock a locked keychain, on a thread that may wait; raises SecretError when no secret can
        be kept afterwards."""
        if isinstance(self._vault, SystemKeychain):
            self._vault.unlock()
        problem = self._vault.problem()
        if problem and not isinstance(self._vault, SealedFiles):  # those take a secret that is entered anew
            raise SecretError(problem)


def memory_secrets() -> Callable[[str], AccountSecrets]:
    """Return secrets of plugins that are kept until the program ends, for a desk without a keychain."""
    return Keychain(KeychainChoice.MEMORY, "Memory", MemoryVault()).plugin


def open_keychain(
    data_dir: Path,
    choice: KeychainChoice = KeychainChoice.AUTO,
    *,
    instance_id: str,
    find_system: Callable[[str], SystemKeychain | None] = find_system_keychain,
) -> Keychain:
    """Return the keychain of a desk; never asks anybody anything and never fails: what is wrong shows in `describe`.

    `instance_id` (DeskSettings) keeps the secrets of two desks of one person apart. `data_dir` is where sealed files
    lie; their key lies beside it, so that a copy of the data folder alone opens nothing.
    """
    sealed = SealedFiles(data_dir, instance_id)
    if choice is KeychainChoice.MEMORY:
        return Keychain(choice, "Memory: asked for at each start", MemoryVault())
    if choice is KeychainChoice.FILE:
        return Keychain(choice, sealed.title, sealed)
    system = find_system(instance_id)
    if system is not None:
        return Keychain(KeychainChoice.SYSTEM, system.title, system)
    if choice is KeychainChoice.AUTO and sealed.in_use:
        return Keychain(KeychainChoice.FILE, sealed.title, sealed)
    return Keychain(choice, "None", _NoVault())
