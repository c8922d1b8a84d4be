"""Signing a mailbox in: the person's browser, PKCE, and a listener on this machine for the answer (RFC 8252, RFC
7636)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets as random
import socketserver
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from desk_app.channels.email.oauth_tokens import OAuthTokens
from desk_app.channels.email.session_errors import clean
from desk_app.plugin_api.channels import ChannelError, ChannelFault, SecretError, SecretStore

_PAGE = (
    "<!doctype html><meta charset=utf-8><title>{title}</title>"
    "<body style='font:16px sans-serif;margin:4em auto;max-width:30em'><h1>{title}</h1><p>{text}</p>"
)
_DONE = _PAGE.format(title="Signed in", text="You can close this window and go back to the help desk.")
_FAILED = _PAGE.format(title="Not signed in", text="Go back to the help desk to see why and to try again.")
_LOOK_SECONDS = 0.2


@dataclass(slots=True)
class _Answer:
    """What the browser brought back."""

    code: str = ""
    error: str = ""


class _Listener(socketserver.TCPServer):
    """A web server on a free loopback port that takes one answer, recognised by its `state`."""

    allow_reuse_address = False
    timeout = _LOOK_SECONDS

    def __init__(self, state: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.state = state
        self.answer: _Answer | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no event."""


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    timeout: ClassVar[float] = 5.0  # one silent client must not block the answer

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        given = query.get("state", [""])[0]
        if not hmac.compare_digest(given.encode(), self.server.state.encode()):
            self.send_error(404)  # a browser asking for its icon, or somebody else (RFC 6749 10.12)
            return
        code = query.get("code", [""])[0]
        said = clean((query.get("error_description") or query.get("error") or ["no code"])[0])
        self.server.answer = _Answer(code=code) if code else _Answer(error=said)
        page = (_DONE if code else _FAILED).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- http.server's name
        """Say nothing: the request holds the code."""


class PendingSignIn:
    """A sign-in that waits for the person. Open `url` in a browser and call `finish` on a worker thread; `cancel` ends
    it from any thread. Also a context manager that gives the port back."""

    def __init__(self, tokens: OAuthTokens, secrets: SecretStore, *, login_hint: str = "") -> None:
        self._tokens = tokens
        self._secrets = secrets
        self._verifier = random.token_urlsafe(64)
        self._cancelled = threading.Event()
        self._listener = _Listener(random.token_urlsafe(32))
        self._redirect = f"http://{tokens.provider.redirect_host}:{self._listener.port}/"
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self._verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": "code",
            "client_id": tokens.client_id,
            "redirect_uri": self._redirect,
            "scope": " ".join(tokens.provider.scopes),
            "state": self._listener.state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **({"login_hint": login_hint} if login_hint else {}),
            **tokens.provider.extra,
        }
        self.url = f"{tokens.provider.authorize_url}?{urlencode(query)}"

    def finish(self, timeout: float = 300.0) -> None:
        """Wait up to `timeout` seconds for the answer and store the tokens in the keychain.

        Raises ChannelError: CONSENT when the person declined or nobody answered, NETWORK, THROTTLED, SECRET.
        """
        end = time.monotonic() + timeout
        try:
            while self._listener.answer is None:
                if self._cancelled.is_set():
                    raise ChannelError(ChannelFault.CONSENT, "the sign-in was cancelled")
                if time.monotonic() > end:
                    raise ChannelError(ChannelFault.CONSENT, "nobody finished the sign-in in the browser in time")
                self._listener.handle_request()
        finally:
            self.close()
        if not self._listener.answer.code:
            raise ChannelError(ChannelFault.CONSENT, f"{self._tokens.provider.name}: {self._listener.answer.error}")
        self._exchange(self._listener.answer.code)

    def _exchange(self, code: str) -> None:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect,
            "code_verifier": self._verifier,
        }
        try:
            self._tokens.store(self._secrets, self._tokens.request(self._secrets, form))
        except SecretError as error:
            raise ChannelError(ChannelFault.SECRET, str(error)) from error

    def cancel(self) -> None:
        """End a waiting `finish`."""
        self._cancelled.set()

    def close(self) -> None:
        """Give the port back; nothing happens the second time."""
        self._listener.server_close()

    def __enter__(self) -> PendingSignIn:  # noqa: PYI034 -- not made to be subclassed
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def begin_sign_in(tokens: OAuthTokens, secrets: SecretStore, *, login_hint: str = "") -> PendingSignIn:
    """Begin a sign-in: listens on a free loopback port and makes the address for the browser."""
    return PendingSignIn(tokens, secrets, login_hint=login_hint)
