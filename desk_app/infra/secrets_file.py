"""Sealed files: for a machine without a keychain, when a person chose it (SE-01).

What it protects: a copy, a backup or a shared folder of the data folder opens nothing, because the key lies beside it
and not inside. What it does not: whoever can read this person's files can read both.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
from pathlib import Path

from desk_app.plugin_api.channel_faults import SecretError

_MAGIC = b"DESKSEAL1"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class SealedFiles:
    """A Vault of one AES-256-GCM file a secret in `data_dir`/secrets; the name of the secret is sealed in, so that
    files cannot be swapped. Writing replaces a file at once, so that window and worker may share them."""

    def __init__(self, data_dir: Path, instance_id: str, key_file: Path | None = None) -> None:
        self._folder = data_dir / "secrets"
        self._key_file = key_file or data_dir.parent / f".{data_dir.name}.key"
        self._instance = instance_id

    @property
    def title(self) -> str:
        """Its name for people."""
        return f"Sealed files, opened by {self._key_file}"

    @property
    def in_use(self) -> bool:
        """Whether somebody chose this before: sealed files are there."""
        return any(self._folder.glob("*.sealed"))

    def read(self, account: str, name: str) -> str | None:
        """Return a secret."""
        try:
            sealed = self._path(account, name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SecretError(f"{self._folder}: {error.strerror or 'cannot be read'}") from error
        key = self._key()
        if key is None:
            raise SecretError(f"the key {self._key_file} is missing: put it back, or enter the passwords again")
        return self._open(key, sealed, self._context(account, name))

    def write(self, account: str, name: str, value: str) -> None:
        """Store a secret."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 -- costs start-up time

        key = self._key() or self._make_key()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, value.encode("utf-8"), _MAGIC + self._context(account, name))
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _replace(self._path(account, name), _MAGIC + nonce + sealed)
        except OSError as error:
            raise SecretError(f"{self._folder}: {error.strerror or 'cannot be written'}") from error

    def erase(self, account: str, name: str) -> None:
        """Forget a secret."""
        try:
            self._path(account, name).unlink(missing_ok=True)
        except OSError as error:
            raise SecretError(f"{self._folder}: {error.strerror or 'cannot be written'}") from error

    def problem(self) -> str:
        """Return what keeps it from working now."""
        try:
            key = self._key()
        except SecretError as error:
            return str(error)
        if key is None and self.in_use:
            return f"the key {self._key_file} is missing: put it back, or enter the passwords again"
        return ""

    @staticmethod
    def _open(key: bytes, sealed: bytes, context: bytes) -> str:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 -- costs start-up time
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 -- as above

        nonce, text = sealed[len(_MAGIC) : len(_MAGIC) + _NONCE_BYTES], sealed[len(_MAGIC) + _NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, text, _MAGIC + context).decode("utf-8")
        except (InvalidTag, ValueError):
            raise SecretError("a stored secret does not open with this key: enter the password again") from None

    def _context(self, account: str, name: str) -> bytes:
        return f"{self._instance}\x1f{account}\x1f{name}".encode()

    def _path(self, account: str, name: str) -> Path:
        return self._folder / f"{hashlib.sha256(self._context(account, name)).hexdigest()[:32]}.sealed"

    def _key(self) -> bytes | None:
        """Return the key, None where there is none yet; raises SecretError where others could read it."""
        try:
            with self._key_file.open("rb") as file:
                info = os.fstat(file.fileno())
                key = file.read(_KEY_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SecretError(f"the key {self._key_file}: {error.strerror or 'cannot be read'}") from error
        if os.name == "posix" and stat.S_IMODE(info.st_mode) & 0o077:
            raise SecretError(f"others can read the key: run chmod 600 {self._key_file}, then change the passwords")
        if len(key) != _KEY_BYTES:
            raise SecretError(
                f"the key {self._key_file} is damaged: put it back, or remove it and enter the passwords again"
            )
        return key

    def _make_key(self) -> bytes:
        """Make a key; where another process was quicker, its key counts."""
        try:
            self._key_file.parent.mkdir(parents=True, exist_ok=True)
            _replace(self._key_file, secrets.token_bytes(_KEY_BYTES), only_new=True)
        except OSError as error:
            raise SecretError(
                f"no key can be made at {self._key_file}: {error.strerror or 'cannot be written'}"
            ) from error
        key = self._key()
        if key is None:
            raise SecretError(f"the key {self._key_file} went away")
        return key


def _replace(path: Path, data: bytes, *, only_new: bool = False) -> None:
    """Write a file that only its owner can read, at once; with `only_new` an existing one stays as it is."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if not only_new:
            temporary.replace(path)
        else:
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(temporary)
    finally:
        temporary.unlink(missing_ok=True)
