"""Sessions on the test servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from desk_app.channels.email.account_credentials import Credentials
from desk_app.channels.email.session import EmailSession
from desk_app.channels.email.session_limits import Limits
from desk_app.domain.mailboxes.settings import EmailSettings, Security, ServerSettings
from tests.support.dovecot import DovecotServer
from tests.support.secrets import MemorySecrets

QUICK = Limits(connect=5, read=5, command=30, final=2, idle=5, poll=0.2)


SessionFactory = Callable[..., EmailSession]


@pytest.fixture
def open_session() -> Iterator[SessionFactory]:
    """Return a function that opens a session and closes it after the test."""
    opened: list[EmailSession] = []

    def make(
        settings: EmailSettings, *, secrets: MemorySecrets | None = None, tokens: Any = None, **limits: Any
    ) -> EmailSession:
        store = secrets or MemorySecrets(password="secret")
        session = EmailSession(settings, Credentials(store, tokens), replace(QUICK, **limits))
        opened.append(session)
        return session

    yield make
    for session in opened:
        session.close()


@pytest.fixture
def imap(dovecot: DovecotServer) -> Callable[..., EmailSettings]:
    """Return a function that describes a mailbox on the shared Dovecot: imap(user, port=..., folders=..., smtp=...)."""

    def make(user: str, *, port: int = 0, security: Security = Security.NONE, **other: Any) -> EmailSettings:
        server = {name: other.pop(name) for name in ("sign_in", "accepted_certificates") if name in other}
        host = other.pop("host", dovecot.host)
        return EmailSettings(imap=ServerSettings(host, port or dovecot.port, security, user, **server), **other)

    return make
