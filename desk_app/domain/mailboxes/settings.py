"""What the e-mail channel needs to know about a mailbox, apart from its secrets (features.md MB-01..06, MB-16,
MB-29).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

_Choice = TypeVar("_Choice", bound=StrEnum)
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_SENT_BY_PROVIDER = ("gmail.com", "googlemail.com", "office365.com", "outlook.com", "hotmail.com", "live.com")


class SettingsError(ValueError):
    """Settings that cannot work; `field` names the culprit ("imap.port")."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Security(StrEnum):
    """How a line to a server is encrypted. NONE is only right on this machine or inside a trusted network."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class SignIn(StrEnum):
    """How the desk proves who it is."""

    PASSWORD = "password"  # noqa: S105 -- the name of a method
    OAUTH2 = "oauth2"


class SentCopy(StrEnum):
    """Whether the desk puts a copy of what it sends into the Sent folder (MB-16). AUTO: unless the provider does."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """One server and how to sign in there.

    `user` may be empty for a sending server that asks for nothing. `accepted_certificates` are SHA-256 fingerprints
    (hex, lower case) that a person accepted although they could not be verified; exactly these certificates are trusted
    (MB-02).
    """

    host: str
    port: int
    security: Security = Security.TLS
    user: str = ""
    sign_in: SignIn = SignIn.PASSWORD
    accepted_certificates: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "host": self.host,
            "port": self.port,
            "security": self.security.value,
            "user": self.user,
            "sign_in": self.sign_in.value,
            "accepted_certificates": list(self.accepted_certificates),
        }


@dataclass(frozen=True, slots=True)
class OAuthSettings:
    """The registration a mailbox signs in with: the desk ships none, its admin registers one with the provider (MB-03).

    `provider` is "google" or "microsoft", `tenant` only concerns Microsoft ("common", "organizations" or a tenant id).
    """

    provider: str
    client_id: str
    tenant: str = "common"

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {"provider": self.provider, "client_id": self.client_id, "tenant": self.tenant}


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """The settings of a mailbox. Without `imap` it only sends, without `smtp` it only receives; one of them is there.

    `folders` are read, in this order. `sent_folder` is found by itself where it is empty. Poll interval and size
    ceiling belong to the account's policy.
    """

    imap: ServerSettings | None = None
    smtp: ServerSettings | None = None
    folders: tuple[str, ...] = ("INBOX",)
    sent_folder: str = ""
    sent_copy: SentCopy = SentCopy.AUTO
    oauth: OAuthSettings | None = None

    @property
    def wants_sent_copy(self) -> bool:
        """Whether the desk itself stores a copy of a sent mail."""
        if self.imap is None or self.sent_copy is SentCopy.NEVER:
            return False
        return self.sent_copy is SentCopy.ALWAYS or not self.provider_stores_sent

    @property
    def provider_stores_sent(self) -> bool:
        """Whether the provider is known to file what goes through its SMTP server under Sent by itself."""
        return self.smtp is not None and _belongs_to(self.smtp.host, _SENT_BY_PROVIDER)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that is stored with the account; holds no secret."""
        return {
            "imap": self.imap.to_json() if self.imap else None,
            "smtp": self.smtp.to_json() if self.smtp else None,
            "folders": list(self.folders),
            "sent_folder": self.sent_folder,
            "sent_copy": self.sent_copy.value,
            "oauth": self.oauth.to_json() if self.oauth else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EmailSettings:
        """Read and check a stored JSON object; raises SettingsError that names the field."""
        _only(data, "", ("imap", "smtp", "folders", "sent_folder", "sent_copy", "oauth"))
        folders = data.get("folders", ["INBOX"])
        if isinstance(folders, str) or not isinstance(folders, Sequence):
            raise SettingsError("folders", "must be a list of names")
        settings = cls(
            imap=_server(data.get("imap"), "imap"),
            smtp=_server(data.get("smtp"), "smtp"),
            folders=tuple(dict.fromkeys(_folder_name(name) for name in folders)),
            sent_folder=_text(data.get("sent_folder", ""), "sent_folder"),
            sent_copy=_choice(SentCopy, data.get("sent_copy", "auto"), "sent_copy"),
            oauth=_oauth(data.get("oauth")),
        )
        settings.check()
        return settings

    def check(self) -> None:
        """Raise SettingsError where the parts do not fit together."""
        servers = [(name, server) for name, server in (("imap", self.imap), ("smtp", self.smtp)) if server]
        if not servers:
            raise SettingsError("imap", "a mailbox needs a server to receive from or one to send through")
        if self.imap is not None and not self.folders:
            raise SettingsError("folders", "at least one folder must be read")
        if self.imap is not None and not self.imap.user:
            raise SettingsError("imap.user", "is missing")
        for name, server in servers:
            if server.sign_in is SignIn.OAUTH2 and self.oauth is None:
                raise SettingsError("oauth", f"{name} signs in with OAuth but no provider is set")
            if server.sign_in is SignIn.OAUTH2 and not server.user:
                raise SettingsError(f"{name}.user", "is missing")


class SetupNote(StrEnum):
    """What a person must know before a provider lets the desk in; the window words and translates it."""

    APP_PASSWORD = "app_password"  # noqa: S105 -- two-step sign-in is on: an app password is needed
    APP_PASSWORD_ONLY = "app_password_only"  # noqa: S105 -- the ordinary password never works
    OAUTH_ONLY = "oauth_only"
    OAUTH_POSSIBLE = "oauth_possible"
    ENABLE_IMAP = "enable_imap"  # IMAP must be switched on in the provider's own settings
    BRIDGE = "bridge"  # the provider's bridge program must run on this machine
    PAID_PLAN = "paid_plan"  # free plans have no IMAP
    GUESSED = "guessed"  # common names that were not asked for


@dataclass(frozen=True, slots=True)
class Candidate:
    """Settings found for an address. `source` is table, mx, dns, autoconfig or guess; the surest candidate comes
    first.
    """

    title: str
    source: str
    settings: EmailSettings
    notes: tuple[SetupNote, ...] = ()
    help_url: str = ""


def _belongs_to(host: str, domains: Sequence[str]) -> bool:
    host = host.lower().rstrip(".")
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _only(data: Any, field: str, known: Sequence[str]) -> None:
    if not isinstance(data, Mapping):
        raise SettingsError(field or "settings", "must be an object")
    for key in data:
        if key not in known:
            raise SettingsError(f"{field}.{key}".lstrip("."), "is not known")


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise SettingsError(field, "must be text")
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise SettingsError(field, "must not hold control characters")
    return value


def _folder_name(value: Any) -> str:
    name = _text(value, "folders")
    if not name:
        raise SettingsError("folders", "a folder's name is empty")
    return "INBOX" if name.upper() == "INBOX" else name  # RFC 3501 5.1: this one name has no case


def _choice(kind: type[_Choice], value: Any, field: str) -> _Choice:
    try:
        return kind(value)
    except ValueError:
        raise SettingsError(field, f"must be one of {', '.join(kind)}") from None


def _server(data: Any, field: str) -> ServerSettings | None:
    if data is None:
        return None
    _only(data, field, ("host", "port", "security", "user", "sign_in", "accepted_certificates"))
    host = _text(data.get("host", ""), f"{field}.host").strip().rstrip(".")
    if not host or any(char.isspace() or char in "/@\\" for char in host):
        raise SettingsError(f"{field}.host", "is not a host name")
    port = data.get("port")
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        raise SettingsError(f"{field}.port", "must be a number from 1 to 65535")
    return ServerSettings(
        host=host,
        port=port,
        security=_choice(Security, data.get("security", "tls"), f"{field}.security"),
        user=_text(data.get("user", ""), f"{field}.user"),
        sign_in=_choice(SignIn, data.get("sign_in", "password"), f"{field}.sign_in"),
        accepted_certificates=_fingerprints(data.get("accepted_certificates", ()), f"{field}.accepted_certificates"),
    )


def _fingerprints(value: Any, field: str) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise SettingsError(field, "must be a list of fingerprints")
    found = tuple(_text(one, field).replace(":", "").lower() for one in value)
    if any(not _FINGERPRINT.fullmatch(one) for one in found):
        raise SettingsError(field, "a SHA-256 fingerprint has 64 hexadecimal digits")
    return found


def _oauth(data: Any) -> OAuthSettings | None:
    if data is None:
        return None
    _only(data, "oauth", ("provider", "client_id", "tenant"))
    provider = _text(data.get("provider", ""), "oauth.provider")
    client_id = _text(data.get("client_id", ""), "oauth.client_id").strip()
    tenant = _text(data.get("tenant", "common"), "oauth.tenant").strip() or "common"
    if not provider:
        raise SettingsError("oauth.provider", "is missing")
    if not client_id:
        raise SettingsError(
            "oauth.client_id", "is missing: register the desk with the provider and enter its client id"
        )
    if not re.fullmatch(r"[A-Za-z0-9.-]+", tenant):
        raise SettingsError("oauth.tenant", "is not a tenant's id or domain")
    return OAuthSettings(provider=provider, client_id=client_id, tenant=tenant)
