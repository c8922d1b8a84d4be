"""What DNS says about a domain's mail: MX and the service records of RFC 6186 and RFC 8314."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from desk_app.domain.mailboxes.settings import EmailSettings, Security, ServerSettings

_LIFETIME_SECONDS = 2.0
_RECEIVING = (("_imaps._tcp", Security.TLS), ("_imap._tcp", Security.STARTTLS))
_SENDING = (("_submissions._tcp", Security.TLS), ("_submission._tcp", Security.STARTTLS))


@dataclass(frozen=True, slots=True)
class Service:
    """One SRV record (RFC 2782)."""

    host: str
    port: int
    priority: int = 0
    weight: int = 0


class Resolver(Protocol):
    """Asks DNS. Answers are empty when there is none, or no network."""

    def mail_exchangers(self, domain: str) -> list[str]:
        """Return the MX names of a domain, the preferred first."""
        ...

    def services(self, name: str) -> list[Service]:
        """Return the SRV records of a name."""
        ...

    def exists(self, host: str) -> bool:
        """Return whether a host has an address."""
        ...


class DnsResolver:
    """Asks the DNS servers this system uses, each question for two seconds at most."""

    def __init__(self) -> None:
        self._dead = False  # after one time-out nothing else is asked: there is no network

    def mail_exchangers(self, domain: str) -> list[str]:
        """Return the MX names of a domain, the preferred first."""
        records = sorted(self._ask(domain, "MX"), key=lambda record: int(record.preference))
        return [str(record.exchange).rstrip(".").lower() for record in records]

    def services(self, name: str) -> list[Service]:
        """Return the SRV records of a name."""
        return [
            Service(str(record.target).rstrip(".").lower(), int(record.port), int(record.priority), int(record.weight))
            for record in self._ask(name, "SRV")
        ]

    def exists(self, host: str) -> bool:
        """Return whether a host has an address."""
        return bool(self._ask(host, "A") or self._ask(host, "AAAA"))

    def _ask(self, name: str, kind: str) -> list[Any]:
        import dns.exception  # noqa: PLC0415 -- costs start-up time and is only needed when a mailbox is added
        import dns.resolver  # noqa: PLC0415 -- as above

        if self._dead:
            return []
        try:
            return list(dns.resolver.resolve(name, kind, lifetime=_LIFETIME_SECONDS))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, ValueError):
            self._dead = True
            return []


def srv_settings(resolver: Resolver, address: str, domain: str) -> EmailSettings | None:
    """Return the settings a domain publishes for itself; None where it publishes none."""
    imap = _first(resolver, domain, _RECEIVING, address)
    smtp = _first(resolver, domain, _SENDING, address)
    return EmailSettings(imap=imap, smtp=smtp) if imap or smtp else None


def _first(
    resolver: Resolver, domain: str, kinds: tuple[tuple[str, Security], ...], address: str
) -> ServerSettings | None:
    """Return the preferred service; "." as a target says that there is none (RFC 6186 3.4)."""
    for label, security in kinds:
        offered = [one for one in resolver.services(f"{label}.{domain}") if one.host and 0 < one.port < 65536]
        if offered:
            best = min(offered, key=lambda one: (one.priority, -one.weight))
            return ServerSettings(best.host, best.port, security, address)
    return None
