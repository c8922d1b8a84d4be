"""Settings for an address, from what others know: a table of providers, DNS, autoconfig, and common names at last.

Works without a network: the table and the guesses remain. Every question has a short time limit, and the whole search
has one too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from desk_app.channels.email.discovery_autoconfig import Fetcher, WebFetcher, addresses, read_autoconfig
from desk_app.channels.email.discovery_dns import DnsResolver, Resolver, srv_settings
from desk_app.channels.email.discovery_providers import by_domain, by_mail_exchanger
from desk_app.domain.mailboxes.settings import Candidate, EmailSettings, Security, ServerSettings, SetupNote

_PATIENCE_SECONDS = 12.0


class Discovery:
    """Finds candidates for an address; `resolver` and `fetcher` are its only ways to the network."""

    def __init__(
        self,
        resolver: Resolver | None = None,
        fetcher: Fetcher | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resolver = resolver or DnsResolver()
        self._fetcher = fetcher or WebFetcher()
        self._clock = clock

    def discover(self, address: str) -> list[Candidate]:
        """Return candidates, the surest first; never raises. An address without a domain has none."""
        user, _, domain = address.strip().rpartition("@")
        domain = _ascii(domain)
        if not user or not domain:
            return []
        address = f"{user}@{domain}"
        end = self._clock() + _PATIENCE_SECONDS
        provider = by_domain(domain)
        if provider is not None:
            return [provider.candidate(address, "table")]
        found: list[Candidate] = []
        exchangers = self._resolver.mail_exchangers(domain)
        provider = by_mail_exchanger(exchangers)
        if provider is not None:
            found.append(provider.candidate(address, "mx"))
        if self._clock() < end:
            found += self._from_dns(address, domain)
        for url in addresses(address, domain):
            if self._clock() >= end or any(one.source == "autoconfig" for one in found):
                break
            found += self._from_autoconfig(address, url)
        found.append(self._guess(address, domain))
        return _distinct(found)

    def _from_dns(self, address: str, domain: str) -> list[Candidate]:
        settings = srv_settings(self._resolver, address, domain)
        return [Candidate(title=domain, source="dns", settings=settings)] if settings else []

    def _from_autoconfig(self, address: str, url: str) -> list[Candidate]:
        answer = self._fetcher.get(url)
        return read_autoconfig(answer, address) if answer else []

    def _guess(self, address: str, domain: str) -> Candidate:
        """Return the usual names, those that exist where the network tells."""
        receiving = self._first_known(f"imap.{domain}", f"mail.{domain}", domain)
        sending = self._first_known(f"smtp.{domain}", f"mail.{domain}", domain)
        settings = EmailSettings(
            imap=ServerSettings(receiving, 993, Security.TLS, address),
            smtp=ServerSettings(sending, 587, Security.STARTTLS, address),
        )
        return Candidate(title=domain, source="guess", settings=settings, notes=(SetupNote.GUESSED,))

    def _first_known(self, *hosts: str) -> str:
        return next((host for host in hosts if self._resolver.exists(host)), hosts[0])


def _ascii(domain: str) -> str:
    """Return a domain in its form on the wire, "" for one that cannot be."""
    try:
        wire = domain.strip().rstrip(".").lower().encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return wire if all(char.isalnum() or char in ".-" for char in wire) else ""


def _distinct(found: Sequence[Candidate]) -> list[Candidate]:
    """Drop candidates with the servers of an earlier one, and say what the earlier notes say of it."""
    kept: list[Candidate] = []
    for one in found:
        if not any(
            other.settings.imap == one.settings.imap and other.settings.smtp == one.settings.smtp for other in kept
        ):
            kept.append(one)
    return kept
