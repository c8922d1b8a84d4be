"""One signed-in IMAP connection: commands that fail in the desk's own words only."""

from __future__ import annotations

import contextlib
import imaplib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from imapclient.exceptions import ProtocolError

from desk_app.channels.email.account_credentials import Credentials
from desk_app.channels.email.imap_folders import Folder, match, read_listing
from desk_app.channels.email.imap_line import QuietImapClient
from desk_app.channels.email.session_errors import Translating, clean, line_fault, refusal
from desk_app.channels.email.session_limits import Limits
from desk_app.channels.email.tls import dialled
from desk_app.domain.mailboxes.settings import Security, ServerSettings, SignIn
from desk_app.plugin_api.channels import ChannelError, ChannelFault

_NOISE = re.compile(r"^(?:command: \S+ => )?(?:[\w ]+ (?:failed|command error): ?)?(?:(?:NO|BAD) )?(?:\[b['\"])?")
_TROUBLE = (
    imaplib.IMAP4.error,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
    MemoryError,
)
_NONSENSE = ("unexpected", "unterminated", "literal larger", "not IMAP4 compliant")


@dataclass(frozen=True, slots=True)
class FolderState:
    """What SELECT said about a folder; `uidnext` is 0 where the server does not tell."""

    name: str
    uidvalidity: int
    uidnext: int
    exists: int


class ImapConnection:
    """A line to an IMAP server. `alive` turns False when it is of no further use."""

    def __init__(self, server: ServerSettings, limits: Limits) -> None:
        """Connect and encrypt, without signing in; raises ChannelError (NAME, NETWORK, TLS, PROTOCOL, THROTTLED)."""
        self.server = server
        self.limits = limits
        self.alive = True
        self.where = f"{server.host}, port {server.port}"
        self._secrets: tuple[str, ...] = ()
        self._open: tuple[FolderState, bool] | None = None
        self._names: dict[str, str] = {}
        self.client = dialled(self._dial, server.accepted_certificates)

    def _dial(self, accepted: tuple[str, ...]) -> QuietImapClient:
        client: QuietImapClient | None = None
        with self.talking(ChannelFault.NETWORK):
            client = QuietImapClient(self.server, self.limits, accepted)
        if self.server.security is Security.STARTTLS:
            try:
                with self.talking(ChannelFault.TLS):
                    client.start_tls()
            except ChannelError:
                client.hang_up()
                raise
        return client

    def talking(self, default: ChannelFault = ChannelFault.REFUSED) -> Translating:
        """Turn everything imaplib and imapclient can raise into ChannelError; `default` is the fault of a plain "no".

        After anything but a plain "no" the connection is not alive any more: nobody knows what would come next on it.
        """
        return Translating(_TROUBLE, lambda error: self._translated(error, default))

    def _translated(self, error: BaseException, default: ChannelFault) -> ChannelError:
        if isinstance(error, imaplib.IMAP4.readonly):
            self.alive = False
            return ChannelError(ChannelFault.FOLDER, "the folder can be read but not changed")
        if isinstance(error, imaplib.IMAP4.abort):
            return self._aborted(str(error))
        if isinstance(error, imaplib.IMAP4.error) and not isinstance(error, ProtocolError):
            said = error.args[0] if error.args else ""
            text = said if isinstance(said, bytes) else _NOISE.sub("", str(said)).removesuffix("']")
            return refusal(clean(text, self._secrets) or "refused without a reason", default)
        self.alive = False
        if isinstance(error, OSError):
            return line_fault(error, self.where)
        # nonsense trips imaplib and imapclient in many ways; what they say of it may hold mail and is not repeated
        return ChannelError(ChannelFault.PROTOCOL, f"{self.where}: an answer that is not IMAP ({type(error).__name__})")

    def _aborted(self, text: str) -> ChannelError:
        self.alive = False
        if "socket error" in text:
            return ChannelError(ChannelFault.NETWORK, f"{self.where}: the server hung up")
        if any(word in text for word in _NONSENSE):
            return ChannelError(ChannelFault.PROTOCOL, f"{self.where}: an answer that is not IMAP")
        return refusal(clean(_NOISE.sub("", text), self._secrets), ChannelFault.NETWORK)

    # -- signing in ---------------------------------------------------------------------------------------------------

    def sign_in(self, credentials: Credentials) -> None:
        """Sign in with password or OAuth token; raises ChannelError (SIGN_IN, CONSENT, SECRET, THROTTLED, ...)."""
        if self.server.sign_in is SignIn.OAUTH2:
            token = credentials.access_token()
            try:
                self._authenticate_oauth(token)
            except ChannelError as error:
                if error.fault is not ChannelFault.SIGN_IN or not self.alive:
                    raise
                renewed = credentials.access_token(refused=token)
                self._authenticate_oauth(renewed)
        else:
            self._authenticate_password(credentials.imap_password())
        self._introduce()

    def _authenticate_password(self, password: str) -> None:
        user = self.server.user
        self._secrets = (password,)
        with self.talking(ChannelFault.SIGN_IN):
            if self.can("AUTH=PLAIN"):
                answer = f"\0{user}\0{password}".encode()
                self._secrets = (password, answer.decode())
                self.client.sasl_login("PLAIN", lambda _: answer)
            elif self.can("LOGINDISABLED"):
                raise ChannelError(
                    ChannelFault.TLS, f"{self.where}: the server wants an encrypted line before a password"
                )
            else:
                self.client.login(user, password)

    def _authenticate_oauth(self, token: str) -> None:
        """XOAUTH2: on refusal the server explains itself in a challenge, which an empty answer ends."""
        answers = [f"user={self.server.user}\x01auth=Bearer {token}\x01\x01".encode()]
        self._secrets = (token, answers[0].decode())
        with self.talking(ChannelFault.SIGN_IN):
            if not self.can("AUTH=XOAUTH2"):
                raise ChannelError(ChannelFault.REFUSED, f"{self.where}: the server does not offer OAuth (XOAUTH2)")
            self.client.sasl_login("XOAUTH2", lambda _: answers.pop() if answers else b"")

    def _introduce(self) -> None:
        """Say who we are where ID is offered (RFC 2971); some providers refuse folders to clients that do not."""
        with contextlib.suppress(ChannelError), self.talking():
            if self.can("ID"):
                self.client.id_({"name": "Desk App"})

    # -- commands -----------------------------------------------------------------------------------------------------

    def can(self, capability: str) -> bool:
        """Return whether the server announces a capability."""
        return bool(self.client.has_capability(capability))

    def select(self, folder: str, *, readonly: bool = True) -> FolderState:
        """Open a folder (EXAMINE while `readonly`) and see what it holds now; raises ChannelError (FOLDER)."""
        self._open = None
        name = self._names.get(folder, folder)
        try:
            answer = self._select(name, readonly=readonly)
        except ChannelError as error:
            if error.fault is not ChannelFault.FOLDER or not self.alive:
                raise
            other = self.real_name(folder)
            if other in {None, name}:
                raise ChannelError(ChannelFault.FOLDER, f"{folder}: {error.detail}") from error
            answer = self._select(str(other), readonly=readonly)
        state = FolderState(
            name=folder,
            uidvalidity=int(answer.get(b"UIDVALIDITY") or 0),
            uidnext=int(answer.get(b"UIDNEXT") or 0),
            exists=int(answer.get(b"EXISTS") or 0),
        )
        self._open = (state, readonly)
        return state

    def opened(self, folder: str, *, readonly: bool = True) -> FolderState:
        """Return the state of a folder as of when it was opened; opens it where it is not the current one."""
        if self._open is not None and self._open[0].name == folder and self._open[1] == readonly:
            return self._open[0]
        return self.select(folder, readonly=readonly)

    def _select(self, name: str, *, readonly: bool) -> dict[bytes, Any]:
        with self.talking(ChannelFault.FOLDER):
            answer: dict[bytes, Any] = self.client.select_folder(name, readonly=readonly)
            return answer

    def real_name(self, folder: str) -> str | None:
        """Return what the server calls a folder that was named without its prefix or in another case; None: no such."""
        found = self._names.get(folder) or match(folder, self.folders())
        if found is not None:
            self._names[folder] = found
        return found

    def folders(self) -> list[Folder]:
        """Return every folder of the account."""
        with self.talking(ChannelFault.FOLDER):
            return read_listing(self.client.list_folders())

    def personal_prefix(self) -> str:
        """Return what the names of one's own folders begin with ("INBOX."), "" mostly (RFC 2342)."""
        try:
            with self.talking():
                personal = self.client.namespace().personal if self.can("NAMESPACE") else None
                return str(personal[0][0]) if personal else ""
        except ChannelError:
            if not self.alive:
                raise
        return ""

    def make_folder(self, name: str) -> str:
        """Create a folder where it is missing and return its name on the server: with the server's separator for "/",
        and below the prefix that this person's folders have."""
        found = self.real_name(name)
        if found is not None:
            return found
        prefix = self.personal_prefix()
        separator = next((folder.separator for folder in self.folders() if folder.separator), "/")
        made = name.replace("/", separator)
        if not made.startswith(prefix):
            made = prefix + made
        with self.talking(ChannelFault.FOLDER):
            self.client.create_folder(made)
        self._names[name] = made
        return made

    def search(self, *criteria: str) -> list[int]:
        """Return the UIDs that match, in order; the criteria are sent as they are."""
        with self.talking():
            kind, lines = self.client.imap.uid("SEARCH", *criteria)
            if kind != "OK":
                raise imaplib.IMAP4.error(lines[0] if lines else b"")
            found = {int(word) for line in lines if line for word in bytes(line).split() if word.isdigit()}
            return sorted(found)

    def fetch(self, uids: Sequence[int], *items: str) -> dict[int, dict[bytes, Any]]:
        """Return the items of messages by UID (integers only: mail.md 6); those that are gone are missing."""
        found: dict[int, dict[bytes, Any]] = {}
        for start in range(0, len(uids), self.limits.command_ids):
            with self.talking():
                found |= self.client.fetch(list(uids[start : start + self.limits.command_ids]), list(items))
        return found

    def close(self) -> None:
        """Log out and hang up; never raises and never waits for the server."""
        if self.alive:
            with contextlib.suppress(OSError, imaplib.IMAP4.error, ValueError):
                self.client.imap.send(b"Z1 LOGOUT\r\n")
        self.alive = False
        self.client.hang_up()
