"""The big providers: servers, and what a person must do there first. Facts of November 2026 from their own help
pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from desk_app.domain.mailboxes.settings import Candidate, EmailSettings, Security, ServerSettings, SetupNote

_TLS, _STARTTLS = Security.TLS, Security.STARTTLS
_APP, _APP_ONLY = SetupNote.APP_PASSWORD, SetupNote.APP_PASSWORD_ONLY


class Servers(NamedTuple):
    """Host, port and encryption for receiving and for sending."""

    imap: tuple[str, int, Security]
    smtp: tuple[str, int, Security]


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider. `domains` are its own, `exchangers` the ends of the MX names of domains it hosts. The user name is
    the whole address with all of them."""

    title: str
    servers: Servers
    domains: tuple[str, ...] = ()
    exchangers: tuple[str, ...] = ()
    notes: tuple[SetupNote, ...] = ()
    help_url: str = ""

    def candidate(self, address: str, source: str) -> Candidate:
        """Return the settings for an address."""
        settings = EmailSettings(
            imap=ServerSettings(*self.servers.imap, user=address),
            smtp=ServerSettings(*self.servers.smtp, user=address),
        )
        return Candidate(self.title, source, settings, self.notes, self.help_url)


def _usual(imap: str, smtp: str) -> Servers:
    return Servers((imap, 993, _TLS), (smtp, 465, _TLS))


def _submission(imap: str, smtp: str) -> Servers:
    return Servers((imap, 993, _TLS), (smtp, 587, _STARTTLS))


PROVIDERS: tuple[Provider, ...] = (
    Provider(
        "Gmail",
        _usual("imap.gmail.com", "smtp.gmail.com"),
        domains=("gmail.com", "googlemail.com"),
        exchangers=("google.com", "googlemail.com"),
        notes=(_APP_ONLY, SetupNote.OAUTH_POSSIBLE),
        help_url="https://support.google.com/accounts/answer/185833",
    ),
    Provider(
        "Microsoft 365",
        _submission("outlook.office365.com", "smtp.office365.com"),
        exchangers=("mail.protection.outlook.com", "mx.microsoft"),
        notes=(SetupNote.OAUTH_ONLY,),
        help_url="https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/deprecation-of-basic-authentication-exchange-online",
    ),
    Provider(
        "Outlook.com",
        _submission("outlook.office365.com", "smtp-mail.outlook.com"),
        domains=(
            "outlook.com", "hotmail.com", "live.com", "msn.com", "outlook.es", "hotmail.es", "outlook.co.id",
            "hotmail.co.uk", "outlook.de", "hotmail.de", "hotmail.fr", "live.nl",
        ),
        exchangers=("olc.protection.outlook.com",),
        notes=(SetupNote.OAUTH_ONLY, SetupNote.ENABLE_IMAP),
        help_url="https://support.microsoft.com/office/d088b986-291d-42b8-9564-9c414e2aa040",
    ),
    Provider(
        "Yahoo Mail",
        _usual("imap.mail.yahoo.com", "smtp.mail.yahoo.com"),
        domains=(
            "yahoo.com", "yahoo.co.id", "yahoo.es", "yahoo.co.uk", "yahoo.de", "yahoo.fr", "ymail.com",
            "rocketmail.com",
        ),
        exchangers=("yahoodns.net",),
        notes=(_APP_ONLY,),
        help_url="https://help.yahoo.com/kb/SLN15241.html",
    ),
    Provider(
        "AOL Mail",
        _usual("imap.aol.com", "smtp.aol.com"),
        domains=("aol.com", "aim.com"),
        notes=(_APP_ONLY,),
        help_url="https://help.aol.com/articles/Create-and-manage-app-password",
    ),
    Provider(
        "iCloud Mail",
        _submission("imap.mail.me.com", "smtp.mail.me.com"),
        domains=("icloud.com", "me.com", "mac.com"),
        exchangers=("mail.icloud.com",),
        notes=(_APP_ONLY,),
        help_url="https://support.apple.com/102654",
    ),
    Provider(
        "Fastmail",
        _usual("imap.fastmail.com", "smtp.fastmail.com"),
        domains=("fastmail.com", "fastmail.fm"),
        exchangers=("messagingengine.com",),
        notes=(_APP_ONLY, SetupNote.PAID_PLAN),
        help_url="https://www.fastmail.help/hc/en-us/articles/360058752854",
    ),
    Provider(
        "GMX",
        _usual("imap.gmx.com", "mail.gmx.com"),
        domains=("gmx.com", "gmx.us", "gmx.es", "gmx.fr"),
        notes=(SetupNote.ENABLE_IMAP, _APP),
        help_url="https://support.gmx.com/pop-imap/toggle.html",
    ),
    Provider(
        "GMX (Deutschland)",
        _usual("imap.gmx.net", "mail.gmx.net"),
        domains=("gmx.de", "gmx.net", "gmx.at", "gmx.ch"),
        notes=(SetupNote.ENABLE_IMAP, _APP),
        help_url="https://hilfe.gmx.net/pop-imap/einschalten.html",
    ),
    Provider(
        "WEB.DE",
        _usual("imap.web.de", "smtp.web.de"),
        domains=("web.de",),
        notes=(SetupNote.ENABLE_IMAP, _APP),
        help_url="https://hilfe.web.de/pop-imap/einschalten.html",
    ),
    Provider(
        "Zoho Mail",
        _usual("imappro.zoho.com", "smtppro.zoho.com"),
        exchangers=("zoho.com",),
        notes=(SetupNote.ENABLE_IMAP, _APP, SetupNote.PAID_PLAN),
        help_url="https://www.zoho.com/mail/help/imap-access.html",
    ),
    Provider(
        "Zoho Mail (Europe)",
        _usual("imappro.zoho.eu", "smtppro.zoho.eu"),
        exchangers=("zoho.eu",),
        notes=(SetupNote.ENABLE_IMAP, _APP, SetupNote.PAID_PLAN),
        help_url="https://www.zoho.com/mail/help/imap-access.html",
    ),
    Provider(
        "Zoho Mail (personal)",
        _usual("imap.zoho.com", "smtp.zoho.com"),
        domains=("zohomail.com", "zoho.com"),
        notes=(SetupNote.ENABLE_IMAP, _APP, SetupNote.PAID_PLAN),
        help_url="https://www.zoho.com/mail/help/imap-access.html",
    ),
    Provider(
        "Yandex Mail",
        _usual("imap.yandex.com", "smtp.yandex.com"),
        domains=("yandex.com", "yandex.ru", "ya.ru"),
        exchangers=("mx.yandex.net", "mx.yandex.ru"),
        notes=(_APP_ONLY, SetupNote.ENABLE_IMAP),
        help_url="https://yandex.com/support/mail/mail-clients/others.html",
    ),
    Provider(
        "Mail.ru",
        _usual("imap.mail.ru", "smtp.mail.ru"),
        domains=("mail.ru", "inbox.ru", "list.ru", "bk.ru"),
        exchangers=("emx.mail.ru", "mxs.mail.ru"),
        notes=(_APP_ONLY,),
        help_url="https://help.mail.ru/mail/mailer/popsmtp",
    ),
    Provider(
        "Proton Mail",
        Servers(("127.0.0.1", 1143, _STARTTLS), ("127.0.0.1", 1025, _STARTTLS)),
        domains=("proton.me", "protonmail.com", "pm.me"),
        exchangers=("protonmail.ch",),
        notes=(SetupNote.BRIDGE, SetupNote.PAID_PLAN),
        help_url="https://proton.me/mail/bridge",
    ),
    Provider(
        "IONOS",
        _usual("imap.ionos.com", "smtp.ionos.com"),
        exchangers=("ionos.com", "1and1.com"),
    ),
    Provider(
        "IONOS (España)",
        _usual("imap.ionos.es", "smtp.ionos.es"),
        exchangers=("ionos.es", "1and1.es"),
    ),
    Provider(
        "IONOS (Deutschland)",
        _usual("imap.ionos.de", "smtp.ionos.de"),
        exchangers=("ionos.de", "kundenserver.de"),
    ),
    Provider(
        "OVHcloud",
        _usual("ssl0.ovh.net", "ssl0.ovh.net"),
        exchangers=("mail.ovh.net", "ovh.net"),
    ),
    Provider(
        "Gandi",
        _usual("mail.gandi.net", "mail.gandi.net"),
        exchangers=("mail.gandi.net",),
    ),
    Provider(
        "Hostinger",
        _usual("imap.hostinger.com", "smtp.hostinger.com"),
        exchangers=("hostinger.com", "hostinger.co.id", "hostinger.es"),
    ),
    Provider(
        "Titan",
        _usual("imap.titan.email", "smtp.titan.email"),
        exchangers=("titan.email",),
        notes=(SetupNote.ENABLE_IMAP,),
    ),
    Provider(
        "Migadu",
        _usual("imap.migadu.com", "smtp.migadu.com"),
        exchangers=("migadu.com",),
    ),
    Provider(
        "mailbox.org",
        _usual("imap.mailbox.org", "smtp.mailbox.org"),
        domains=("mailbox.org",),
        exchangers=("mailbox.org",),
    ),
    Provider(
        "Posteo",
        _usual("posteo.de", "posteo.de"),
        domains=("posteo.de", "posteo.net"),
    ),
    Provider(
        "Rackspace Email",
        _usual("secure.emailsrvr.com", "secure.emailsrvr.com"),
        exchangers=("emailsrvr.com",),
    ),
    Provider(
        "GoDaddy Workspace",
        _usual("imap.secureserver.net", "smtpout.secureserver.net"),
        exchangers=("secureserver.net",),
    ),
    Provider(
        "Namecheap Private Email",
        _usual("mail.privateemail.com", "mail.privateemail.com"),
        exchangers=("privateemail.com",),
    ),
)  # fmt: skip


def by_domain(domain: str) -> Provider | None:
    """Return the provider whose own domain this is."""
    return next((provider for provider in PROVIDERS if domain in provider.domains), None)


def by_mail_exchanger(exchangers: Sequence[str]) -> Provider | None:
    """Return the provider whose servers take a domain's mail; the longest matching name decides."""
    for exchanger in exchangers:
        name = exchanger.lower().rstrip(".")
        matches = [
            (len(end), provider)
            for provider in PROVIDERS
            for end in provider.exchangers
            if name == end or name.endswith(f".{end}")
        ]
        if matches:
            return max(matches, key=lambda match: match[0])[1]
    return None
