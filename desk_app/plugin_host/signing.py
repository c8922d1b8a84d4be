"""Who made a plugin file, shown by a signature that lies beside it (features.md PL-10).

`<file>.sig` holds the maker's public key and an Ed25519 signature of the file's SHA-256. It shows that the file is as
whoever holds the key has made it; who that is an admin says by trusting the key under a name.
"""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

from desk_app.plugin_host.archives import HARM, ArchiveError, in_words

ENDING = ".sig"
_HEAD = "desk-app plugin signature 1"
_MOST_BYTES = 2_000
_CHUNK = 1 << 16


def checksum(file: Path) -> str:
    """Return the SHA-256 of a file, as other tools show it. Raises OSError."""
    whole = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            whole.update(chunk)
    return whole.hexdigest()


def is_key(text: str) -> bool:
    """Return whether a text is a public key as `make_key` gives it."""
    try:
        return len(base64.b64decode(text, validate=True)) == 32
    except ValueError:
        return False


def make_key(file: Path) -> str:
    """Write a new private key into a file that is not there yet, for its owner alone; returns the public key. Raises
    OSError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 -- for this alone
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 -- as above
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    made = Ed25519PrivateKey.generate()
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return _written(made.public_key())


def sign(file: Path, key_file: Path) -> Path:
    """Write the signature of a plugin file beside it and return where. Raises ArchiveError and OSError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 -- as above
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 -- as above

    try:
        key = load_pem_private_key(key_file.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise ArchiveError(f"{key_file.name} is no key of “desk-app plugin key”.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ArchiveError(f"{key_file.name} is no key of “desk-app plugin key”.")
    signature = base64.b64encode(key.sign(_message(checksum(file)))).decode()
    beside = beside_of(file)
    beside.write_text(f"{_HEAD}\n{_written(key.public_key())}\n{signature}\n", encoding="ascii")
    return beside


def beside_of(file: Path) -> Path:
    """Return where the signature of a file lies."""
    return file.with_name(f"{file.name}{ENDING}")


def signed_by(sha256: str, signature: Path) -> str:
    """Return the public key a file with this checksum was signed with, "" where no signature lies there. Raises
    ArchiveError where it is the signature of something else."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 -- where there is a signature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 -- as above

    try:
        with signature.open("rb") as opened:
            lines = opened.read(_MOST_BYTES).decode("ascii", "replace").split("\n")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ArchiveError(f"Its signature {signature.name} cannot be read.", in_words(error)) from error
    try:
        head, key, signed = lines[:3]
        if head != _HEAD or not is_key(key):
            raise ValueError(head)  # noqa: TRY301 -- one way for all that is wrong
        Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(
            base64.b64decode(signed, validate=True), _message(sha256)
        )
    except (ValueError, InvalidSignature) as error:
        raise ArchiveError(
            "It is not what was signed: it was changed, or its signature belongs to another.", HARM
        ) from (error)
    return key


def _message(sha256: str) -> bytes:
    return f"{_HEAD}\n{sha256}\n".encode("ascii")


def _written(key: object) -> str:
    return base64.b64encode(key.public_bytes_raw()).decode()  # type: ignore[attr-defined]
