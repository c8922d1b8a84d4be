"""The password of a shared database: in the keychain, never in the settings file.

Each database has its own, so that no password is ever sent to another server, and a choice that is taken back finds the
old one still there.
"""

from __future__ import annotations

from hashlib import sha256

from desk_app.infra.location import DeskLocation
from desk_app.infra.secrets import AccountSecrets, KeychainChoice, open_keychain
from desk_app.plugin_api.channel_faults import SecretError

_CHOICES = {"system": KeychainChoice.SYSTEM, "sealed": KeychainChoice.FILE, "memory": KeychainChoice.MEMORY}


def _store(location: DeskLocation) -> AccountSecrets:
    choice = _CHOICES.get(location.keychain, KeychainChoice.AUTO)
    return open_keychain(location.data_dir, choice, instance_id="database").account(0)


def _name(location: DeskLocation) -> str:
    return f"database_password_{sha256(location.database_url.encode()).hexdigest()[:16]}"


def keep_password(location: DeskLocation, password: str) -> None:
    """Keep the password of the database at `location`, or forget it where it is empty. Raises SecretError."""
    if password:
        _store(location).set(_name(location), password)
    else:
        _store(location).delete(_name(location))


def full_url(location: DeskLocation) -> str:
    """Return the database's URL with the password that is kept for it; the URL as it is where it has one, needs none,
    or the keychain cannot be asked."""
    scheme, mark, rest = location.database_url.partition("://")
    user, at, host = rest.rpartition("@")
    if not scheme.startswith("postgresql") or not at or ":" in user:
        return location.database_url
    try:
        password = _store(location).get(_name(location))
    except SecretError:
        return location.database_url
    from urllib.parse import quote  # noqa: PLC0415 -- rarely needed

    return f"{scheme}{mark}{user}:{quote(password, safe='')}@{host}" if password else location.database_url
