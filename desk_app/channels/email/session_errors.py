"""From what servers and libraries say to what an admin can act on (pains.md 4), without letting a secret through."""

from __future__ import annotations

import base64
import re
import socket
import ssl
from collections.abc import Callable, Iterable
from types import TracebackType

from desk_app.plugin_api.channels import ChannelError, ChannelFault

_LONGEST_DETAIL = 300
_BACK_OFF = re.compile(r"back-?off time:\s*(\d+)\s*(milliseconds|ms|seconds|s)?", re.IGNORECASE)
_THROTTLED = re.compile(
    r"throttl|too many|rate limit|try (?:again|your request) later|slow down|bandwidth|exceeded.{0,30}limit"
    r"|\[limit\]|\[inuse\]|\[unavailable\]|temporar(?:y|ily)",
    re.IGNORECASE,
)
_SIGN_IN_CODES = re.compile(r"\[(?:authenticationfailed|authorizationfailed|expired|privacyrequired)\b", re.IGNORECASE)
_FOLDER_CODES = re.compile(
    r"\[(?:nonexistent|trycreate|noperm|cannot)\b|doesn't exist|not found|unknown mailbox", re.IGNORECASE
)


class LineLostError(ConnectionError):
    """The other side hung up, or said less than it announced."""


def clean(text: str | bytes, secrets: Iterable[str] = ()) -> str:
    """Return a server's words in one printable line of at most 300 characters, with every secret (and its base64) cut
    out."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    for secret in secrets:
        if secret:
            for form in (secret, base64.b64encode(secret.encode()).decode().rstrip("=")):
                text = text.replace(form, "***")
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return text if len(text) <= _LONGEST_DETAIL else text[: _LONGEST_DETAIL - 1] + "…"


def refusal(text: str, default: ChannelFault) -> ChannelError:
    """Return the error for a server's "no": throttling and sign-in are told from other refusals by code and wording."""
    fault = default
    if _THROTTLED.search(text):
        fault = ChannelFault.THROTTLED
    elif _SIGN_IN_CODES.search(text):
        fault = ChannelFault.SIGN_IN
    elif default is ChannelFault.REFUSED and _FOLDER_CODES.search(text):
        fault = ChannelFault.FOLDER
    return ChannelError(fault, text, retry_after=back_off(text) if fault is ChannelFault.THROTTLED else None)


def back_off(text: str) -> float | None:
    """Return the pause (seconds) a server asks for in words, None where it names none."""
    found = _BACK_OFF.search(text)
    if not found:
        return None
    amount = float(found.group(1))
    return amount / 1000 if (found.group(2) or "ms").lower().startswith("m") else amount


def line_fault(error: OSError, where: str) -> ChannelError:
    """Return the error for a connection that failed or broke; `where` is host and port for people."""
    if isinstance(error, socket.gaierror):
        if error.errno == socket.EAI_AGAIN:  # no name server answers: that says nothing about the name
            return ChannelError(ChannelFault.NETWORK, f"{where}: no name server answers; is there a network?")
        return ChannelError(
            ChannelFault.NAME, f"{where}: the name is not known ({clean(error.strerror or 'no address')})"
        )
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        reason = getattr(error, "reason", None) or "the encrypted line broke"
        return ChannelError(ChannelFault.TLS, f"{where}: {clean(reason)}")
    if isinstance(error, TimeoutError):
        return ChannelError(ChannelFault.NETWORK, f"{where}: no answer in time")
    if isinstance(error, ConnectionRefusedError):
        return ChannelError(ChannelFault.NETWORK, f"{where}: nothing listens there")
    if isinstance(error, LineLostError | ssl.SSLError):
        return ChannelError(ChannelFault.NETWORK, f"{where}: the server hung up")
    return ChannelError(ChannelFault.NETWORK, f"{where}: {clean(error.strerror or 'the connection broke')}")


class Translating:
    """A `with` block in which errors of some kinds are raised as ChannelError; nothing is swallowed."""

    def __init__(
        self, kinds: tuple[type[BaseException], ...], translate: Callable[[BaseException], ChannelError]
    ) -> None:
        self._kinds = kinds
        self._translate = translate

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, self._kinds):
            raise self._translate(error) from None
