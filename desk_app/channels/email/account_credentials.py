"""What an account signs in with, fetched from the keychain when it is needed and not before."""

from __future__ import annotations

from typing import Protocol

from desk_app.plugin_api.channels import ChannelError, ChannelFault, SecretError, SecretStore


class TokenSource(Protocol):
    """Where access tokens come from."""

    def access_token(self, secrets: SecretStore, *, refused: str = "") -> str:
        """Return a token that is valid now, another one than `refused`; raises ChannelError (CONSENT, NETWORK, ...)."""
        ...


class Credentials:
    """The secrets of one account."""

    def __init__(self, secrets: SecretStore, tokens: TokenSource | None) -> None:
        self._secrets = secrets
        self._tokens = tokens

    def imap_password(self) -> str:
        """Return the password for receiving; raises ChannelError (SECRET)."""
        return self._stored("password")

    def smtp_password(self) -> str:
        """Return the password for sending: its own one, or else the one for receiving."""
        return self._stored("smtp_password", "password")

    def access_token(self, *, refused: str = "") -> str:
        """Return an OAuth access token; `refused` is one that the server has just declined."""
        if self._tokens is None:
            raise ChannelError(ChannelFault.CONSENT, "no OAuth registration is set for this mailbox")
        try:
            return self._tokens.access_token(self._secrets, refused=refused)
        except SecretError as error:
            raise ChannelError(ChannelFault.SECRET, str(error)) from error

    def _stored(self, *names: str) -> str:
        try:
            for name in names:
                value = self._secrets.get(name)
                if value:
                    return value
        except SecretError as error:
            raise ChannelError(ChannelFault.SECRET, str(error)) from error
        raise ChannelError(
            ChannelFault.SECRET, "no password is stored for this mailbox on this machine: enter it again"
        )
