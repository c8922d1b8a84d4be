"""Autoconfig XML (Thunderbird's format 1.1): fetched over HTTPS only, read as hostile input."""

from __future__ import annotations

import time
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from desk_app.domain.mailboxes.settings import (
    Candidate,
    EmailSettings,
    Security,
    ServerSettings,
    SettingsError,
    SetupNote,
    SignIn,
)

_LARGEST = 64 * 1024
_REDIRECTS = 3
_TIMEOUT_SECONDS = (3, 3)
_WHOLE_SECONDS = 6.0
_SECURITY = {"SSL": Security.TLS, "STARTTLS": Security.STARTTLS}


class Fetcher(Protocol):
    """Fetches one small file."""

    def get(self, url: str) -> bytes:
        """Return its bytes, b"" where there is none or no network."""
        ...


class WebFetcher:
    """Fetches over HTTPS, follows a few redirects to HTTPS only, and gives up early."""

    def get(self, url: str) -> bytes:
        """Return the file's bytes, b"" for anything else."""
        import requests  # noqa: PLC0415 -- costs start-up time and is only needed when a mailbox is added

        for _ in range(_REDIRECTS + 1):
            if urlsplit(url).scheme != "https":
                return b""
            try:
                with requests.get(url, timeout=_TIMEOUT_SECONDS, allow_redirects=False, stream=True) as response:
                    if response.is_redirect and response.next is not None and response.next.url:
                        url = response.next.url
                        continue
                    return self._body(response) if response.status_code == 200 else b""
            except (requests.RequestException, OSError, ValueError):
                return b""
        return b""

    @staticmethod
    def _body(response: Any) -> bytes:
        found = b""
        end = time.monotonic() + _WHOLE_SECONDS
        for block in response.iter_content(8192):
            found += block
            if len(found) > _LARGEST or time.monotonic() > end:
                return b""
        return found


def addresses(address: str, domain: str) -> list[str]:
    """Return where a domain's settings may lie: at the domain itself, then in the public database, which only learns
    the domain."""
    asked = quote(address, safe="@")
    return [
        f"https://autoconfig.{domain}/mail/config-v1.1.xml?emailaddress={asked}",
        f"https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml",
        f"https://autoconfig.thunderbird.net/v1.1/{domain}",
    ]


def read_autoconfig(data: bytes, address: str) -> list[Candidate]:
    """Return the first usable pair of servers of a file; an empty list for anything that is not one."""
    from lxml import etree  # noqa: PLC0415 -- as above

    if len(data) > _LARGEST or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return []
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return []
    provider = root.find("emailProvider")
    if root.tag != "clientConfig" or provider is None:
        return []
    imap, imap_notes = _best(provider.findall("incomingServer[@type='imap']"), address)
    smtp, smtp_notes = _best(provider.findall("outgoingServer[@type='smtp']"), address)
    if imap is None:
        return []
    title = (provider.findtext("displayName") or imap.host).strip()[:100]
    notes = tuple(dict.fromkeys((*imap_notes, *smtp_notes)))
    return [Candidate(title, "autoconfig", EmailSettings(imap=imap, smtp=smtp), notes)]


def _best(servers: list[Any], address: str) -> tuple[ServerSettings | None, tuple[SetupNote, ...]]:
    """Return the first encrypted server that takes a password or OAuth."""
    for server in servers:
        methods = [(one.text or "").strip() for one in server.findall("authentication")]
        passwords = {"password-cleartext", "plain", "password-encrypted", "secure"} & set(methods)
        security = _SECURITY.get(_text(server, "socketType").upper())
        if security is None or not (passwords or "OAuth2" in methods or not methods):
            continue
        try:
            checked = EmailSettings.from_json(
                {
                    "imap": {
                        "host": _fill(_text(server, "hostname"), address),
                        "port": int(_text(server, "port")),
                        "security": security.value,
                        "user": _fill(_text(server, "username"), address) or address,
                        "sign_in": SignIn.PASSWORD.value,
                    }
                }
            ).imap
        except (SettingsError, ValueError):
            continue
        if "OAuth2" not in methods:
            return checked, ()
        return checked, (SetupNote.OAUTH_POSSIBLE if passwords else SetupNote.OAUTH_ONLY,)
    return None, ()


def _text(server: Any, name: str) -> str:
    return str(server.findtext(name) or "").strip()


def _fill(text: str, address: str) -> str:
    local, _, domain = address.rpartition("@")
    for placeholder, value in (("%EMAILADDRESS%", address), ("%EMAILLOCALPART%", local), ("%EMAILDOMAIN%", domain)):
        text = text.replace(placeholder, value)
    return text
