"""Calls of the Bot API (https://core.telegram.org/bots/api): requests, answers, and what went wrong in plain words.

The token stands in the address of every call. So nothing here ever shows an address, and the token is taken out of
every text the server sends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from desk_app.plugin_api import Context, HttpError, HttpResponse, PluginError
from desk_app.plugin_api.channels import AccountView, ChannelError, ChannelFault

SERVER = "https://api.telegram.org"
MOST_DOWNLOAD = 20 * 1024 * 1024
"""Bytes: larger files are not given to bots (getFile)."""
_TOKEN = re.compile(r"(\d{1,19}):[A-Za-z0-9_-]{10,200}\Z")
_ANSWER_BYTES = 32_000_000
_LONGEST_TEXT = 300
_DOTS = re.compile(r"(^|/)\.{1,2}(/|$)")


class Refused(Exception):  # noqa: N818 -- read as a sentence
    """The server understood a call and said no. `text` is its wording, `moved_to` the new id of a group that became a
    supergroup (0: none)."""

    def __init__(self, code: int, text: str, moved_to: int = 0) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.moved_to = moved_to


class Unclear(Exception):  # noqa: N818 -- read as a sentence
    """Nobody knows whether the server did what it was asked for."""


@dataclass(frozen=True, slots=True)
class Bot:
    """Where a bot is, and its token. `id` is public, it stands before the colon of the token."""

    server: str
    token: str

    @property
    def id(self) -> str:
        """The bot's number."""
        return self.token.partition(":")[0]

    @classmethod
    def of(cls, ctx: Context, account: AccountView) -> Bot:
        """Return the bot of an account. Raises ChannelError where no token or no usable address is there."""
        token = (account.secrets.get("token") or "").strip()
        if not token:
            raise ChannelError(ChannelFault.SECRET, ctx.tr("No bot token is stored. Enter it in the settings."))
        if not _TOKEN.match(token):
            text = ctx.tr("This is no bot token. It looks like 123456789:AAE… and comes from @BotFather.")
            raise ChannelError(ChannelFault.SIGN_IN, text)
        return cls(server_of(ctx, account.settings.get("server")), token)


def server_of(ctx: Context, entered: object) -> str:
    """Return the address of the Bot API server. Raises ChannelError where it is none."""
    server = str(entered or "").strip().rstrip("/") or SERVER
    try:
        parts = urlsplit(server)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username or parts.query or parts.fragment:
        text = ctx.tr("The server's address must look like https://api.telegram.org.")
        raise ChannelError(ChannelFault.NAME, text)
    return server


class BotApi:
    """Calls one bot's methods; every call gives up by itself."""

    def __init__(self, ctx: Context, bot: Bot) -> None:
        self._ctx = ctx
        self._bot = bot

    def ask(self, method: str, values: Mapping[str, Any] | None = None, *, timeout: float = 15.0) -> Any:
        """Call a method that changes nothing and return its result. Raises ChannelError and Refused (400, 403)."""
        try:
            answer = self._request(method, timeout, json=dict(values or {}))
        except HttpError as error:
            raise self._failed(error) from None
        body = self._body(answer)
        if body is None:
            raise self._nonsense(answer)
        return self._result(answer.status, body)

    def send(
        self, method: str, values: Mapping[str, Any], files: Mapping[str, tuple[str, bytes, str]] | None = None
    ) -> Any:
        """Call a method that says something to a customer. Raises ChannelError where it certainly said nothing, Refused
        (400, 403, 413), and Unclear."""
        try:
            if files:
                data = {key: value if isinstance(value, str) else str(value) for key, value in values.items()}
                answer = self._request(method, 110.0, data=data, files=files)
            else:
                answer = self._request(method, 30.0, json=dict(values))
        except HttpError as error:
            if error.unsent:
                raise self._failed(error) from None
            raise Unclear(self._clean(str(error))) from None
        body = self._body(answer)
        if body is not None:
            return self._result(answer.status, body)
        if answer.status == 413:
            raise Refused(413, self._ctx.tr("The server takes no files as large as this."))
        if answer.status == 429:
            raise self._slow_down(None)
        raise Unclear(self._ctx.tr("The server answered with HTTP {code}.").format(code=answer.status))

    def download(self, path: str, most: int) -> bytes:
        """Return a file by its `file_path`. Raises ChannelError, and Refused where it will never come."""
        if path.startswith("/") or "\\" in path or "://" in path or _DOTS.search(path):
            raise Refused(400, self._ctx.tr("The server keeps the file where the desk cannot fetch it."))
        address = f"{self._bot.server}/file/bot{self._bot.token}/{quote(path)}"
        try:
            answer = self._guarded(lambda: self._ctx.http.request("GET", address, timeout=100.0, max_bytes=most))
        except HttpError as error:
            if error.retry:
                raise self._failed(error) from None
            raise Refused(400, self._clean(str(error))) from None
        if answer.status == 200:
            return answer.content
        if answer.status == 429:
            raise self._slow_down(None)
        if answer.status >= 500:
            raise ChannelError(ChannelFault.NETWORK, self._said(answer.status))
        raise Refused(answer.status, self._said(answer.status))

    def _request(self, method: str, timeout: float, **body: Any) -> HttpResponse:
        address = f"{self._bot.server}/bot{self._bot.token}/{method}"
        http = self._ctx.http
        return self._guarded(lambda: http.request("POST", address, timeout=timeout, max_bytes=_ANSWER_BYTES, **body))

    def _guarded(self, request: Callable[[], HttpResponse]) -> HttpResponse:
        """Send a request; a permission that was taken away is told as a fault of the channel."""
        try:
            return request()
        except HttpError:
            raise
        except PluginError as error:
            raise ChannelError(ChannelFault.PLUGIN, self._clean(str(error))) from None

    @staticmethod
    def _body(answer: HttpResponse) -> Mapping[str, Any] | None:
        """Return the answer of the Bot API, None where something else answered."""
        try:
            body = answer.json()
        except HttpError:
            return None
        return body if isinstance(body, dict) and isinstance(body.get("ok"), bool) else None

    def _result(self, status: int, body: Mapping[str, Any]) -> Any:
        if body["ok"] and status // 100 == 2:
            return body.get("result")
        code = body.get("error_code")
        code = code if isinstance(code, int) and not isinstance(code, bool) else status
        text = self._clean(str(body.get("description") or self._said(code)))
        more = body.get("parameters")
        more = more if isinstance(more, dict) else {}
        if code in {401, 404}:
            said = self._ctx.tr("Telegram does not know this token. Was it replaced in @BotFather?")
            raise ChannelError(ChannelFault.SIGN_IN, f"{said} ({text})")
        if code == 409:
            raise ChannelError(ChannelFault.THROTTLED, self._conflict(text), retry_after=60.0)
        if code == 429:
            raise self._slow_down(more.get("retry_after"))
        if code >= 500:
            raise ChannelError(ChannelFault.NETWORK, text)
        moved = more.get("migrate_to_chat_id")
        raise Refused(code, text, moved if isinstance(moved, int) and not isinstance(moved, bool) else 0)

    def _conflict(self, text: str) -> str:
        if "webhook" in text.lower():
            return self._ctx.tr(
                "Another program gets this bot's messages by webhook. Switch it off there, or make a bot for the desk."
            )
        return self._ctx.tr("Another program fetches this bot's messages. Only one can: make a bot for the desk.")

    def _slow_down(self, seconds: object) -> ChannelError:
        wait = float(seconds) if isinstance(seconds, int | float) and 0 < seconds < 1e6 else 30.0
        text = self._ctx.tr("Telegram asks to wait {seconds} seconds.").format(seconds=round(wait))
        return ChannelError(ChannelFault.THROTTLED, text, retry_after=wait)

    def _nonsense(self, answer: HttpResponse) -> ChannelError:
        if answer.status == 429:
            return self._slow_down(None)
        if answer.status >= 500:
            return ChannelError(ChannelFault.NETWORK, self._said(answer.status))
        text = self._ctx.tr("This is no Bot API server: it answered with HTTP {code}.").format(code=answer.status)
        return ChannelError(ChannelFault.PROTOCOL, text)

    def _failed(self, error: HttpError) -> ChannelError:
        if error.retry:
            return ChannelError(ChannelFault.NETWORK, self._clean(str(error)))
        fault = ChannelFault.TLS if error.unsent else ChannelFault.PROTOCOL
        return ChannelError(fault, self._clean(str(error)))

    def _said(self, status: int) -> str:
        return self._ctx.tr("The server answered with HTTP {code}.").format(code=status)

    def _clean(self, text: str) -> str:
        """Return a text without the token, on one line, not too long."""
        for secret in (self._bot.token, quote(self._bot.token, safe=""), self._bot.token.partition(":")[2]):
            text = text.replace(secret, "…")
        return " ".join(text.split())[:_LONGEST_TEXT]
