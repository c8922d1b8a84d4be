"""An open line to one mailbox: the e-mail channel's ChannelSession."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from desk_app.channels.email import imap_actions, imap_fetch, imap_sent, imap_survey, smtp_send
from desk_app.channels.email.account_credentials import Credentials
from desk_app.channels.email.imap_connection import ImapConnection
from desk_app.channels.email.imap_folders import Folder
from desk_app.channels.email.imap_positions import MessageKey
from desk_app.channels.email.imap_wait import Waker, wait_for_mail
from desk_app.channels.email.session_limits import Limits
from desk_app.channels.email.smtp_line import SmtpConnection
from desk_app.domain.mailboxes.model import AfterImport
from desk_app.domain.mailboxes.settings import EmailSettings
from desk_app.plugin_api.channels import (
    ChannelError,
    ChannelFault,
    Cursor,
    FetchBatch,
    InboundMessage,
    OutboundMail,
    SendReceipt,
    SentCheck,
    ServerMessage,
    StreamCount,
)

_Answer = TypeVar("_Answer")


class EmailSession:
    """Reads, waits, sends. Connects when something is asked of it, and again after a line broke.

    Not thread-safe but for `wake`: one thread at a time, as the interface says.
    """

    def __init__(
        self,
        settings: EmailSettings,
        credentials: Credentials,
        limits: Limits | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._limits = limits or Limits()
        self._clock = clock
        self._imap: ImapConnection | None = None
        self._smtp: SmtpConnection | None = None
        self._smtp_used = 0.0
        self._reader = imap_fetch.MailReader(settings.folders, self._limits)
        self._waker = Waker()

    # -- receiving ----------------------------------------------------------------------------------------------------

    def _receive(self, ask: Callable[[ImapConnection], _Answer]) -> _Answer:
        """Ask something over the connection for receiving; one that broke is given up."""
        connection = self._imap or self._connect()
        self._imap = connection
        try:
            return ask(connection)
        finally:
            if not connection.alive:
                connection.close()
                self._imap = None

    def _connect(self) -> ImapConnection:
        if self._settings.imap is None:
            raise ChannelError(ChannelFault.REFUSED, "this mailbox only sends")
        connection = ImapConnection(self._settings.imap, self._limits)
        try:
            connection.sign_in(self._credentials)
        except BaseException:
            connection.close()
            raise
        return connection

    def counts(self, since: datetime | None = None) -> Sequence[StreamCount]:
        """Count what lies on the server; "since" goes by the server's day."""
        return self._receive(lambda line: imap_survey.counts(line, self._settings.folders, since))

    def start_cursor(self, since: datetime | None) -> Cursor:
        """Return the cursor that skips everything that lies there now, or everything older than `since`."""
        folders, now = self._settings.folders, self._clock()
        return self._receive(lambda line: imap_survey.start_cursor(line, folders, since, now))

    def fetch(self, cursor: Cursor, *, limit: int, max_bytes: int) -> FetchBatch:
        """Return messages after the cursor.

        A line that breaks while messages are handed out is opened again at once, and they are fetched one by one: the
        message that breaks it each time is found within this call and does not stop those behind it (pains.md 2).
        """
        for _ in range(self._limits.single_attempts):
            try:
                return self._fetch(cursor, limit, max_bytes)
            except ChannelError:
                if not self._reader.stumbled:
                    raise
        return self._fetch(cursor, limit, max_bytes)

    def _fetch(self, cursor: Cursor, limit: int, max_bytes: int) -> FetchBatch:
        self._reader.stumbled = False
        return self._receive(lambda line: self._reader.fetch(line, cursor, limit=limit, max_bytes=max_bytes))

    def fetch_one(self, source_key: str) -> InboundMessage | None:
        """Fetch one message again, whatever its size."""
        key = MessageKey.parse(source_key)
        return self._receive(lambda line: imap_fetch.fetch_one(line, key))

    def message_ids(self, stream: str, *, after: str = "", limit: int = 1000) -> Sequence[ServerMessage]:
        """List what lies in a folder by its headers."""
        return self._receive(lambda line: imap_survey.message_ids(line, stream, after, limit))

    def folders(self) -> Sequence[Folder]:
        """Return the folders of the mailbox, for choosing which to read."""
        return self._receive(lambda line: line.folders())

    def acknowledge(self, source_keys: Sequence[str], action: AfterImport, target: str = "") -> None:
        """Flag, move or delete messages that are stored."""
        keys = [MessageKey.parse(key) for key in source_keys]
        if not keys or action is AfterImport.KEEP:
            return
        self._receive(lambda line: imap_actions.acknowledge(line, keys, action, target))

    def wait(self, timeout: float) -> bool:
        """Wait so many seconds for new mail in the first folder; a mailbox that only sends just waits."""
        if self._settings.imap is None:
            self._waker.rest(timeout)
            self._waker.clear()
            return False
        return self._receive(lambda line: self._wait(line, timeout))

    def _wait(self, connection: ImapConnection, timeout: float) -> bool:
        folder = self._settings.folders[0]
        if self._reader.grown(folder, connection.select(folder).uidnext):
            return True  # it came between the last look and this wait
        return wait_for_mail(connection, folder, timeout, self._waker)

    def wake(self) -> None:
        """End a running wait; allowed from any thread."""
        self._waker.wake()

    # -- sending ------------------------------------------------------------------------------------------------------

    def send(self, mail: OutboundMail) -> SendReceipt:
        """Hand one mail to the server."""
        connection = self._sending()
        try:
            receipt = smtp_send.send(connection, mail)
        except BaseException:
            self._drop_smtp()
            raise
        self._smtp_used = time.monotonic()
        if connection.smtp.sock is None:
            self._drop_smtp()
        return receipt

    def _sending(self) -> SmtpConnection:
        if self._settings.smtp is None:
            raise ChannelError(ChannelFault.REFUSED, "this mailbox only receives")
        if self._smtp is not None:
            if time.monotonic() - self._smtp_used < self._limits.keep_smtp and self._still_there(self._smtp):
                return self._smtp
            self._drop_smtp()
        connection = SmtpConnection(self._settings.smtp, self._limits)
        try:
            connection.sign_in(self._credentials)
        except BaseException:
            connection.close()
            raise
        self._smtp = connection
        return connection

    @staticmethod
    def _still_there(connection: SmtpConnection) -> bool:
        try:
            with connection.talking(ChannelFault.NETWORK):
                return bool(connection.smtp.docmd("RSET")[0] == 250)
        except ChannelError:
            return False

    def _drop_smtp(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def check_sent(self, message_id: str) -> SentCheck:
        """Look for a Message-ID in the Sent folder."""
        if self._settings.imap is None:
            return SentCheck.CANNOT_TELL
        return self._receive(lambda line: imap_sent.was_sent(line, message_id, self._settings))

    def store_copy(self, raw: bytes) -> str:
        """Store a copy in the Sent folder and return its source key; "" too where the settings want no copy."""
        if not self._settings.wants_sent_copy:
            return ""
        return self._receive(lambda line: imap_sent.store_copy(line, raw, self._settings))

    def close(self) -> None:
        """Hang up; never raises."""
        if self._imap is not None:
            self._imap.close()
            self._imap = None
        self._drop_smtp()
        self._waker.close()
