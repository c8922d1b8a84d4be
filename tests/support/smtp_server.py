"""A throw-away SMTP server (aiosmtpd in a thread) that records what it gets and misbehaves on order.

def test_x(smtp_server):
    server = smtp_server()                                  # or smtp_server(tls="starttls", users={"ann": "secret"})
    server.refuse["bob@example.org"] = "550 5.1.1 unknown"
    ... send to server.host, server.port ...
    assert server.mails[0].recipients == ["ann@example.org"]
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.tls import TestAuthority


@dataclass(slots=True)
class ReceivedMail:
    """One mail as the server got it."""

    sender: str
    recipients: list[str]
    raw: bytes
    signed_in_as: str = ""
    mail_options: list[str] = field(default_factory=list)


class _Protocol(SMTP):
    """aiosmtpd's protocol with XOAUTH2 and the order to answer end of data late or never."""

    desk_server: SmtpServer

    async def auth_XOAUTH2(self, _: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 -- aiosmtpd looks it up by this name
        blob = await self.challenge_auth("") if len(args) == 1 else self._decoded(args[1])
        if not isinstance(blob, bytes):
            return AuthResult(success=False)
        user, token = self.desk_server.split_oauth(blob)
        if self.desk_server.tokens.get(user) == token:
            return AuthResult(success=True, auth_data=user)
        await self.challenge_auth('{"status":"401","schemes":"bearer","scope":"mail"}')
        return AuthResult(success=False, handled=False)

    @staticmethod
    def _decoded(text: str) -> bytes:
        return b64decode(text)


class SmtpServer:
    """A running SMTP server; its public attributes may be changed between mails.

    `refuse` maps recipients to the answer they get, `sender_answer` and `data_answer` replace the answers to MAIL and
    to the end of DATA. `drop_after_data` closes the line instead of answering (the mail counts as received when
    `record_dropped`), `drop_at_rcpt` closes it before anything was handed over. `delay` (seconds) is waited before the
    answer to the end of data. `without` names sign-in mechanisms it does not offer.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        tls: str = "none",
        context: ssl.SSLContext | None = None,
        users: Mapping[str, str] | None = None,
        tokens: Mapping[str, str] | None = None,
        size_limit: int = 30_000_000,
        smtputf8: bool = True,
        without: tuple[str, ...] = (),
        on_mail: Callable[[ReceivedMail], None] | None = None,
    ) -> None:
        self.mails: list[ReceivedMail] = []
        self.users = dict(users or {})
        self.tokens = dict(tokens or {})
        self.refuse: dict[str, str] = {}
        self.sender_answer = ""
        self.data_answer = ""
        self.drop_after_data = False
        self.record_dropped = True
        self.drop_at_rcpt = False
        self.delay = 0.0
        self.connections = 0
        self.on_mail = on_mail
        self._stopped = False
        self._arrived = threading.Condition()
        auth = bool(self.users or self.tokens)
        self._options: dict[str, Any] = {
            "data_size_limit": size_limit,
            "enable_SMTPUTF8": smtputf8,
            "require_starttls": tls == "starttls",
            "tls_context": context if tls == "starttls" else None,
            "auth_required": auth,
            "hostname": "mail.test",
            "authenticator": self._authenticate if auth else None,
            "auth_exclude_mechanism": (*without, *(() if self.tokens else ("XOAUTH2",))),
            "timeout": 30,
        }
        self._controller = _Controller(self, self._options, context if tls == "tls" else None)

    @property
    def port(self) -> int:
        """Where the server listens."""
        return self._controller.bound_port

    def start(self) -> None:
        """Start listening on a free port."""
        self._controller.start()
        self.connections = 0  # the start itself made one

    def stop(self) -> None:
        """Stop listening and hang up; nothing happens the second time."""
        if not self._stopped:
            self._stopped = True
            self._controller.stop(no_assert=True)

    def wait_for(self, count: int, timeout: float = 10.0) -> list[ReceivedMail]:
        """Wait until `count` mails have arrived and return all of them."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.mails) >= count, timeout), f"only {len(self.mails)} mails"
            return list(self.mails)

    @staticmethod
    def split_oauth(blob: bytes) -> tuple[str, str]:
        """Return user and token of an XOAUTH2 initial response."""
        fields = blob.decode("utf-8").split("\x01")
        return fields[0].removeprefix("user="), fields[1].removeprefix("auth=Bearer ")

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        if isinstance(data, LoginPassword):
            user, password = data.login.decode(), data.password.decode()
            if self.users.get(user) == password:
                return AuthResult(success=True, auth_data=user)
        return AuthResult(success=False, handled=False)  # toolchain.md trap 10: otherwise no answer is sent at all

    def _record(self, mail: ReceivedMail) -> None:
        with self._arrived:
            self.mails.append(mail)
            self._arrived.notify_all()
        if self.on_mail is not None:
            self.on_mail(mail)

    # -- aiosmtpd's hooks ---------------------------------------------------------------------------------------------

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender_answer:
            return self.sender_answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.drop_at_rcpt:
            self._hang_up(server)
            return "421 closing"
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mail = ReceivedMail(
            sender="" if envelope.mail_from in {None, "<>"} else str(envelope.mail_from),
            recipients=list(envelope.rcpt_tos),
            raw=bytes(envelope.content or b""),
            signed_in_as=str(session.auth_data or ""),
            mail_options=list(envelope.mail_options),
        )
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.drop_after_data:
            if self.record_dropped:
                self._record(mail)
            self._hang_up(server)
            return "421 closing"
        if self.data_answer:
            return self.data_answer
        self._record(mail)
        return "250 2.0.0 queued"

    @staticmethod
    def _hang_up(server: SMTP) -> None:
        if server.transport is not None:
            server.transport.abort()


class _Controller(Controller):
    def __init__(self, server: SmtpServer, options: dict[str, Any], context: ssl.SSLContext | None) -> None:
        self._desk_server = server
        self._smtp_options = options
        self.bound_port = 0
        super().__init__(server, hostname="127.0.0.1", port=0, ssl_context=context)

    def factory(self) -> SMTP:
        self._desk_server.connections += 1
        protocol = _Protocol(self.handler, loop=self.loop, **self._smtp_options)
        protocol.desk_server = self._desk_server
        protocol._auth_require_tls = False  # the constructor's switch for it warns, and warnings are errors here
        return protocol

    def _trigger_server(self) -> None:
        """Learn the port; aiosmtpd would connect to the one it was given, which is 0 here."""
        self.bound_port = int(self.server.sockets[0].getsockname()[1])
        self.port = self.bound_port
        super()._trigger_server()


@pytest.fixture
def smtp_server(authority: TestAuthority) -> Iterator[Callable[..., SmtpServer]]:
    """Return a function that starts SMTP servers: smtp_server(tls="none|starttls|tls", users={...}, tokens={...})."""
    running: list[SmtpServer] = []

    def start(**options: Any) -> SmtpServer:
        if options.get("tls", "none") != "none" and "context" not in options:
            options["context"] = authority.issue().context()
        server = SmtpServer(**options)
        server.start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.stop()
