"""The demo's mail provider: IMAP (pymap) and SMTP (aiosmtpd) on loopback only, in one thread of their own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from argparse import Namespace
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeVar

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxSet
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials.flag import Flag
from pymap.user import Passwords, UserMetadata
from pysasl.hashing import BuiltinHash

HOST = "127.0.0.1"
FOLDERS = ("Sent", "Drafts", "Junk", "Trash")
_PATIENCE_SECONDS = 20.0
_T = TypeVar("_T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SentMail:
    """One mail that was handed to the SMTP server. `recipients` are envelope addresses, lower case."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


class MailHost:
    """A mail provider for `users` (address to password); mail stays in memory and is gone with the process.

    `on_sent` is called for every mail the desk hands over, on the host's own thread: it must be quick and may call
    `deliver` only from another thread.
    """

    def __init__(self, users: Mapping[str, str], on_sent: Callable[[SentMail], None] | None = None) -> None:
        self.users = dict(users)
        self.on_sent = on_sent
        self.imap_port = 0
        self.smtp_port = 0
        self._boxes: dict[str, MailboxSet] = {}
        self._loop = asyncio.new_event_loop()
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="demo-mail-host", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen on two free ports of 127.0.0.1; raises OSError where that is not possible."""
        self._thread.start()
        if not self._ready.wait(_PATIENCE_SECONDS):
            raise OSError("the demo's mail server did not start")
        if self._failure is not None:
            raise OSError(f"the demo's mail server did not start: {self._failure}") from self._failure

    def stop(self) -> None:
        """Hang up on everybody and stop listening; calling it twice does no harm."""
        if self._thread.is_alive() and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(_PATIENCE_SECONDS)

    def deliver(self, address: str, raw: bytes, at: datetime, *, folder: str = "INBOX", seen: bool = False) -> None:
        """Put a mail into a folder of `address`, as it had arrived at `at`."""
        self._call(self._deliver(address, raw, at, folder, seen=seen))

    def count(self, address: str, folder: str = "INBOX") -> int:
        """Return how many mails a folder holds."""
        return self._call(self._count(address, folder))

    def _call(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_SECONDS)

    # -- on the host's thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except Exception as error:
            self._failure = error
            log.exception("the demo's mail server stopped")
        finally:
            self._ready.set()
            with contextlib.suppress(RuntimeError):
                self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns about its own attribute at each sign-in
        login, config = await self._make_users()
        reader = ProxyProtocolReader(config.proxy_protocol)
        async with AsyncExitStack() as stack:
            imap = await asyncio.start_server(reader.get_callback(IMAPServer(login, config)), HOST, 0)
            smtp = await self._loop.create_server(self._smtp_session, HOST, 0)
            for server in (imap, smtp):
                stack.callback(server.close)
            self.imap_port = imap.sockets[0].getsockname()[1]
            self.smtp_port = smtp.sockets[0].getsockname()[1]
            self._ready.set()
            await self._stop.wait()
        sessions = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in sessions:
            task.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)

    async def _make_users(self) -> tuple[Login, Config]:
        config = Config(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            host=HOST,
            port=0,
            demo_data=False,
            demo_user="",
            demo_password="",
            tls_enabled=False,
            hash_context=BuiltinHash(rounds=1_000),  # memory only; the passwords live as long as this process
        )
        config.apply_context()
        login = Login(config)
        passwords = Passwords(config)
        for address, password in self.users.items():
            login.users_dict[address] = UserMetadata(config, address, password=await passwords.hash_password(password))
            box = MailboxSet()
            for folder in FOLDERS:
                await box.add_mailbox(folder)
            config.set_cache[address] = (box, FilterSet())
            self._boxes[address] = box
        return login, config

    async def _deliver(self, address: str, raw: bytes, at: datetime, folder: str, *, seen: bool) -> None:
        mailbox = await self._boxes[address].get_mailbox(folder)
        flags = frozenset({Flag(b"\\Seen")}) if seen else frozenset()
        await mailbox.append(AppendMessage(raw, at, flags), recent=not seen)

    async def _count(self, address: str, folder: str) -> int:
        return (await (await self._boxes[address].get_mailbox(folder)).snapshot()).exists

    # -- SMTP -------------------------------------------------------------------------------------------------------

    def _smtp_session(self) -> SMTP:
        session = SMTP(
            self,
            loop=self._loop,
            hostname="mail.kopiworks.example",
            ident="Demo mail host",
            enable_SMTPUTF8=True,
            auth_required=True,
            authenticator=self._authenticate,
            timeout=60,
        )
        session._auth_require_tls = False  # noqa: SLF001 -- loopback only; the constructor's switch for it warns
        return session

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, credentials: object
    ) -> AuthResult:
        if isinstance(credentials, LoginPassword):
            login, password = (
                credentials.login.decode("utf-8", "replace"),
                credentials.password.decode("utf-8", "replace"),
            )
            if self.users.get(login) == password:
                return AuthResult(success=True, auth_data=login)
        return AuthResult(success=False, handled=False)  # toolchain.md trap 10: without it nothing is answered

    async def handle_DATA(  # noqa: N802 -- aiosmtpd looks it up by this name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take a mail: keep what is for our own users, and tell `on_sent` about it."""
        raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content or "").encode()
        recipients = tuple(address.lower() for address in envelope.rcpt_tos)
        for address in recipients:
            if address in self._boxes:
                await self._deliver(address, raw, datetime.now().astimezone(), "INBOX", seen=False)
        if self.on_sent is not None:
            self.on_sent(SentMail(envelope.mail_from or "", recipients, raw))
        return "250 2.0.0 taken"
