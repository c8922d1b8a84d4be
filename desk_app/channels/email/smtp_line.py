"""smtplib on a line with time limits: connecting, STARTTLS, signing in."""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import smtplib
import socket

from desk_app.channels.email.account_credentials import Credentials
from desk_app.channels.email.session_errors import Translating, clean, line_fault, refusal
from desk_app.channels.email.session_limits import Limits
from desk_app.channels.email.session_line import TimedLine
from desk_app.channels.email.tls import dialled
from desk_app.domain.mailboxes.settings import Security, ServerSettings, SignIn
from desk_app.plugin_api.channels import ChannelError, ChannelFault

_TROUBLE = (OSError, ValueError, LookupError, TypeError, AttributeError)


class _Reader:
    """What smtplib reads replies from."""

    def __init__(self, line: TimedLine) -> None:
        self._line = line

    def readline(self, longest: int) -> bytes:
        return self._line.readline(longest)

    def close(self) -> None:
        """Nothing to do: smtplib closes the socket itself."""


class TimedSmtp(smtplib.SMTP):
    """smtplib's protocol on a TimedLine; connects and encrypts in the constructor, and greets the server."""

    def __init__(self, server: ServerSettings, limits: Limits, accepted: tuple[str, ...]) -> None:
        """Raises ChannelError, or what smtplib raises."""
        super().__init__(local_hostname="localhost", timeout=limits.connect)
        self.line = TimedLine.open(server, limits, accepted)
        self._host = server.host
        self._attach()
        try:
            self._greet()
            self.local_hostname = _own_name(self.line.socket)
            self.ehlo_or_helo_if_needed()
            if server.security is Security.STARTTLS:
                self._start_tls(server, accepted)
        except BaseException:
            self.close()
            raise

    def _attach(self) -> None:
        self.sock = self.line.socket
        self.file = _Reader(self.line)

    def _greet(self) -> None:
        code, said = self.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)

    def _start_tls(self, server: ServerSettings, accepted: tuple[str, ...]) -> None:
        if not self.has_extn("starttls"):
            raise ChannelError(ChannelFault.TLS, f"{server.host}: STARTTLS is not offered")
        code, said = self.docmd("STARTTLS")
        if code != 220:
            raise smtplib.SMTPResponseException(code, said)
        self.line.encrypt(server.host, accepted)
        self._attach()
        self.helo_resp = self.ehlo_resp = None  # what was said before is void (RFC 3207 4.2)
        self.esmtp_features = {}
        self.does_esmtp = False
        self.ehlo_or_helo_if_needed()

    def send(self, s: bytes | str) -> None:  # type: ignore[override]  # typeshed takes any buffer
        """Send a command and start its clock."""
        self.line.begin()
        self.line.send(s.encode(self.command_encoding) if isinstance(s, str) else bytes(s))


def _own_name(line: socket.socket) -> str:
    """Return an address literal (RFC 5321 4.1.4): says no more about this machine than the server sees anyway."""
    address = ipaddress.ip_address(str(line.getsockname()[0]).partition("%")[0])
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"


class SmtpConnection:
    """A line to an SMTP server whose failures are ChannelErrors."""

    def __init__(self, server: ServerSettings, limits: Limits) -> None:
        """Connect and encrypt, without signing in; raises ChannelError."""
        self.server = server
        self.limits = limits
        self.where = f"{server.host}, port {server.port}"
        self._secrets: tuple[str, ...] = ()
        self.smtp = dialled(self._dial, server.accepted_certificates)

    def _dial(self, accepted: tuple[str, ...]) -> TimedSmtp:
        with self.talking(ChannelFault.NETWORK):
            return TimedSmtp(self.server, self.limits, accepted)

    def talking(self, default: ChannelFault) -> Translating:
        """Turn what smtplib raises into ChannelError; `default` is the fault of a refusal."""
        return Translating(_TROUBLE, lambda error: self._translated(error, default))

    def _translated(self, error: BaseException, default: ChannelFault) -> ChannelError:
        if isinstance(error, smtplib.SMTPServerDisconnected):
            return ChannelError(ChannelFault.NETWORK, f"{self.where}: the server hung up")
        if isinstance(error, smtplib.SMTPResponseException):
            return self.refused(error.smtp_code, error.smtp_error, default)
        if isinstance(error, smtplib.SMTPException):  # an OSError too, so it comes first
            return ChannelError(ChannelFault.PROTOCOL, f"{self.where}: {clean(str(error), self._secrets)}")
        if isinstance(error, OSError):
            return line_fault(error, self.where)
        return ChannelError(ChannelFault.PROTOCOL, f"{self.where}: an answer that is not SMTP ({type(error).__name__})")

    def words(self, code: int, said: bytes | str) -> str:
        """Return a reply for people, without secrets."""
        return clean(f"{code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}", self._secrets)

    def refused(self, code: int, said: bytes | str, default: ChannelFault) -> ChannelError:
        """Return the error for a negative reply."""
        if code == -1 or not 400 <= code <= 599:
            return ChannelError(ChannelFault.PROTOCOL, f"{self.where}: an answer that is not SMTP")
        if 400 <= code <= 499 and default in {ChannelFault.SIGN_IN, ChannelFault.REFUSED}:
            default = ChannelFault.THROTTLED  # "not now" (RFC 5321 4.2.1): nothing is wrong with user or password
        return refusal(self.words(code, said), default)

    def sign_in(self, credentials: Credentials) -> None:
        """Sign in where the settings name a user; raises ChannelError."""
        if not self.server.user:
            return
        if self.server.sign_in is SignIn.OAUTH2:
            token = credentials.access_token()
            try:
                self._oauth(token)
            except ChannelError as error:
                if error.fault is not ChannelFault.SIGN_IN:
                    raise
                self._oauth(credentials.access_token(refused=token))
        else:
            self._password(credentials.smtp_password())

    def _mechanisms(self) -> set[str]:
        offered = self.smtp.esmtp_features.get("auth", "").upper().split()
        if not offered:
            raise ChannelError(
                ChannelFault.REFUSED, f"{self.where}: the server offers no sign-in; is the line encrypted?"
            )
        return set(offered)

    def _password(self, password: str) -> None:
        user = self.server.user
        blob = f"\0{user}\0{password}"
        self._secrets = (password, blob)
        offered = self._mechanisms()
        with self.talking(ChannelFault.SIGN_IN):
            if "PLAIN" in offered:
                self._exchange(["PLAIN", _b64(blob)])
            elif "LOGIN" in offered:
                self._exchange(["LOGIN", _b64(user)], _b64(password))
            else:
                raise ChannelError(ChannelFault.REFUSED, f"{self.where}: offers neither PLAIN nor LOGIN sign-in")

    def _oauth(self, token: str) -> None:
        blob = f"user={self.server.user}\x01auth=Bearer {token}\x01\x01"
        self._secrets = (token, blob)
        if "XOAUTH2" not in self._mechanisms():
            raise ChannelError(ChannelFault.REFUSED, f"{self.where}: the server does not offer OAuth (XOAUTH2)")
        with self.talking(ChannelFault.SIGN_IN):
            self._exchange(["XOAUTH2", _b64(blob)], "")  # on refusal the server explains itself, "" ends that

    def _exchange(self, first: list[str], *answers: str) -> None:
        code, said = self.smtp.docmd("AUTH", " ".join(first))
        for answer in answers:
            if code == 334:
                code, said = self.smtp.docmd(answer)
        if code not in {235, 503}:  # 503: signed in already
            raise smtplib.SMTPAuthenticationError(code, said)

    def close(self) -> None:
        """Hang up; never raises and never waits for the server."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self.smtp.putcmd("quit")
        self.smtp.close()


def _b64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
