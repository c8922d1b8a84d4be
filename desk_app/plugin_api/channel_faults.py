"""How calls of a channel, and of the keychain, fail. Light: screens name faults long before a channel is loaded."""

from __future__ import annotations

from enum import StrEnum


class ChannelFault(StrEnum):
    """Why a channel call failed, in the words an admin acts on (pains.md 4)."""

    NAME = "name"  # host name not found
    NETWORK = "network"  # no connection, time-out, connection lost
    TLS = "tls"  # certificate not trusted, wrong host, protocol mismatch
    SIGN_IN = "sign_in"  # user or password refused
    CONSENT = "consent"  # OAuth token dead: a person must sign in again
    SECRET = "secret"  # noqa: S105 -- a fault's name: no stored password, or the keychain is locked
    THROTTLED = "throttled"  # provider asks us to slow down
    FOLDER = "folder"  # folder missing or not readable
    REFUSED = "refused"  # the server answered no, permanently
    PROTOCOL = "protocol"  # the server answered nonsense
    PLUGIN = "plugin"  # the plugin that brings the channel is not active, or failed


class ChannelError(Exception):
    """A channel call failed.

    `fault` says what to do about it, `retry_after` (seconds) is set where the server asked for a pause, `detail` is the
    server's own wording without any secret.
    """

    def __init__(self, fault: ChannelFault, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"{fault.value}: {detail}")
        self.fault = fault
        self.detail = detail
        self.retry_after = retry_after


class SecretError(Exception):
    """A secret cannot be read or stored: the keychain is missing, locked or damaged. The text says what to do about it
    and holds no secret."""
