"""Settings found from an address, with and without a network, from friendly and hostile sources."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from desk_app.channels.email.discovery import Discovery
from desk_app.channels.email.discovery_autoconfig import WebFetcher, read_autoconfig
from desk_app.channels.email.discovery_dns import DnsResolver, Service
from desk_app.channels.email.discovery_providers import PROVIDERS, by_mail_exchanger
from desk_app.domain.mailboxes.settings import EmailSettings, Security, SetupNote

AUTOCONFIG = """<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="example.org"><domain>example.org</domain>
<displayName>Example Mail</displayName>
<incomingServer type="pop3"><hostname>pop.example.org</hostname><port>995</port><socketType>SSL</socketType>
<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></incomingServer>
<incomingServer type="imap"><hostname>plain.example.org</hostname><port>143</port><socketType>plain</socketType>
<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></incomingServer>
<incomingServer type="imap"><hostname>imap.%EMAILDOMAIN%</hostname><port>993</port><socketType>SSL</socketType>
<username>%EMAILLOCALPART%</username><authentication>OAuth2</authentication>
<authentication>password-cleartext</authentication></incomingServer>
<outgoingServer type="smtp"><hostname>smtp.example.org</hostname><port>587</port><socketType>STARTTLS</socketType>
<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></outgoingServer>
</emailProvider></clientConfig>"""


class FakeDns:
    """A Resolver that knows what it is told."""

    def __init__(
        self,
        mx: dict[str, list[str]] | None = None,
        srv: dict[str, list[Service]] | None = None,
        hosts: tuple[str, ...] = (),
    ) -> None:
        self.mx, self.srv, self.hosts = mx or {}, srv or {}, hosts

    def mail_exchangers(self, domain: str) -> list[str]:
        return self.mx.get(domain, [])

    def services(self, name: str) -> list[Service]:
        return self.srv.get(name, [])

    def exists(self, host: str) -> bool:
        return host in self.hosts


class FakeWeb:
    """A Fetcher of a few files."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = files or {}
        self.asked: list[str] = []

    def get(self, url: str) -> bytes:
        self.asked.append(url)
        return self.files.get(url, b"")


def test_a_big_provider_is_known_without_asking_anybody() -> None:
    web = FakeWeb()
    (found,) = Discovery(FakeDns(), web).discover(" Ann.Example@GMAIL.com ")
    assert (found.title, found.source) == ("Gmail", "table")
    assert found.settings.imap is not None
    assert (found.settings.imap.host, found.settings.imap.user) == ("imap.gmail.com", "Ann.Example@gmail.com")
    assert SetupNote.APP_PASSWORD_ONLY in found.notes
    assert found.help_url.startswith("https://")
    assert web.asked == []


@pytest.mark.parametrize(
    ("exchanger", "title"),
    [
        ("aspmx.l.google.com", "Gmail"),
        ("contoso-com.mail.protection.outlook.com", "Microsoft 365"),
        ("x.olc.protection.outlook.com", "Outlook.com"),
        ("mx01.mail.icloud.com", "iCloud Mail"),
        ("in1-smtp.messagingengine.com", "Fastmail"),
        ("mx.zoho.eu", "Zoho Mail (Europe)"),
        ("mx1.hostinger.co.id", "Hostinger"),
        ("notgoogle.com.example.net", None),
        ("evilgoogle.com", None),
    ],
)
def test_a_hosted_domain_is_known_by_its_mail_exchanger(exchanger: str, title: str | None) -> None:
    found = by_mail_exchanger([exchanger.upper() + "."])
    assert (found.title if found else None) == title


def test_a_domains_own_records_count_before_a_guess() -> None:
    dns = FakeDns(
        mx={"example.org": ["mx.example.org"]},
        srv={
            "_imaps._tcp.example.org": [Service("b.example.org", 993, 20), Service("a.example.org", 9993, 10)],
            "_submission._tcp.example.org": [Service("s.example.org", 587)],
            "_submissions._tcp.example.org": [Service("", 0)],  # "." says: not offered
        },
    )
    found = Discovery(dns, FakeWeb()).discover("ann@example.org")
    assert [one.source for one in found] == ["dns", "guess"]
    imap, smtp = found[0].settings.imap, found[0].settings.smtp
    assert imap is not None
    assert smtp is not None
    assert (imap.host, imap.port, imap.security) == ("a.example.org", 9993, Security.TLS)
    assert (smtp.host, smtp.security) == ("s.example.org", Security.STARTTLS)


def test_autoconfig_is_asked_at_the_domain_and_read() -> None:
    url = "https://example.org/.well-known/autoconfig/mail/config-v1.1.xml"
    web = FakeWeb({url: AUTOCONFIG.encode()})
    found = Discovery(FakeDns(hosts=("mail.example.org",)), web).discover("ann@example.org")
    assert [one.source for one in found] == ["autoconfig", "guess"]
    best = found[0]
    assert best.title == "Example Mail"
    assert best.settings.imap is not None
    assert best.settings.smtp is not None
    assert (best.settings.imap.host, best.settings.imap.user) == (
        "imap.example.org",
        "ann",
    )  # the unencrypted one is passed
    assert best.settings.smtp.user == "ann@example.org"
    assert best.notes == (SetupNote.OAUTH_POSSIBLE,)
    assert all(one.startswith("https://") for one in web.asked)
    assert not any("thunderbird.net" in one for one in web.asked)
    assert "ann@" not in web.asked[-1]
    guess = found[1].settings
    assert guess.imap is not None
    assert guess.imap.host == "mail.example.org"


def test_without_a_network_there_is_still_a_guess() -> None:
    (found,) = Discovery(FakeDns(), FakeWeb()).discover("ann@exämple.org")
    assert found.notes == (SetupNote.GUESSED,)
    assert found.settings.imap is not None
    assert found.settings.imap.host == "imap.xn--exmple-cua.org"
    EmailSettings.from_json(found.settings.to_json())


@pytest.mark.parametrize(
    "address", ["", "ann", "@example.org", "ann@", "ann@a b", "ann@../etc", "ann@x/y", "a@" + "x" * 70 + ".org"]
)
def test_what_is_no_address_has_no_settings(address: str) -> None:
    assert Discovery(FakeDns(), FakeWeb()).discover(address) == []


def test_a_slow_search_stops_asking() -> None:
    times: Iterator[float] = iter([0.0, 1.0, 30.0, 31.0, 32.0])
    web = FakeWeb()
    found = Discovery(FakeDns(), web, clock=lambda: next(times)).discover("ann@example.org")
    assert [one.source for one in found] == ["guess"]
    assert web.asked == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body>not found</body></html>",
        b"\xff\xfe\x00garbage",
        AUTOCONFIG.replace("imap", "imax").encode(),
        AUTOCONFIG.replace("<port>993", "<port>99999").encode(),
        AUTOCONFIG.replace("imap.%EMAILDOMAIN%", "bad host/%EMAILDOMAIN%").encode(),
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + AUTOCONFIG[21:].encode(),
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><clientConfig>&f;</clientConfig>',
        b"<clientConfig>" + b"<a>" * 30_000,
        AUTOCONFIG.encode() + b" " * 100_000,
    ],
    ids=["empty", "html", "bytes", "no imap", "port", "host", "entities", "file", "deep", "large"],
)
def test_hostile_or_useless_autoconfig_yields_nothing(data: bytes) -> None:
    assert read_autoconfig(data, "ann@example.org") == []


def test_autoconfig_goes_over_https_only() -> None:
    assert WebFetcher().get("http://127.0.0.1:9/config.xml") == b""
    assert WebFetcher().get("file:///etc/passwd") == b""


def test_no_name_server_is_noticed_once_and_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    import dns.exception
    import dns.resolver

    asked = []

    def resolve(*args: object, **options: object) -> None:
        asked.append(args)
        assert options["lifetime"] == 2.0
        raise dns.exception.Timeout

    monkeypatch.setattr(dns.resolver, "resolve", resolve)
    resolver = DnsResolver()
    assert resolver.mail_exchangers("example.org") == []
    assert resolver.services("_imaps._tcp.example.org") == []
    assert not resolver.exists("example.org")
    assert len(asked) == 1


def test_the_table_can_be_stored_and_names_each_domain_once() -> None:
    domains = [domain for provider in PROVIDERS for domain in provider.domains]
    assert len(domains) == len(set(domains))
    for provider in PROVIDERS:
        settings = provider.candidate("ann@example.org", "table").settings
        assert EmailSettings.from_json(settings.to_json()) == settings
        assert settings.imap is not None
        assert settings.imap.security is not Security.NONE
