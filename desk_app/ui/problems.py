"""Errors in words an agent can act on: what happened, what it means, what to do (ui.md 4.18)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from desk_app.services.ports.errors import StorageError
from desk_app.ui.language import said, tr

if TYPE_CHECKING:
    from desk_app.plugin_api.channel_faults import ChannelFault


def _faults() -> dict[ChannelFault, tuple[str, str]]:
    from desk_app.plugin_api.channel_faults import ChannelFault

    return {
        ChannelFault.NAME: (
            tr("The server name was not found"),
            tr("Check the spelling of the server, and your internet connection."),
        ),
        ChannelFault.NETWORK: (
            tr("The server cannot be reached"),
            tr("Check your internet connection and the port. The desk tries again by itself."),
        ),
        ChannelFault.TLS: (
            tr("The server's certificate is not trusted"),
            tr("Ask the provider for the right server name, or accept this certificate."),
        ),
        ChannelFault.SIGN_IN: (
            tr("User name or password refused"),
            tr("Enter the password again. Many providers ask for an app password."),
        ),
        ChannelFault.CONSENT: (
            tr("The sign-in has expired"),
            tr("Sign in again with the provider."),
        ),
        ChannelFault.SECRET: (
            tr("The password is not available"),
            tr("Unlock the keychain of this computer, or enter the password again."),
        ),
        ChannelFault.THROTTLED: (
            tr("The provider asks for a pause"),
            tr("Nothing to do: the desk goes on by itself when the pause is over."),
        ),
        ChannelFault.FOLDER: (
            tr("A folder cannot be read"),
            tr("Choose another folder in the mailbox settings."),
        ),
        ChannelFault.REFUSED: (
            tr("The server said no"),
            tr("Read the server's answer below; the provider's help pages know its words."),
        ),
        ChannelFault.PROTOCOL: (
            tr("The server gave an answer that makes no sense"),
            tr("Check server, port and encryption."),
        ),
        ChannelFault.PLUGIN: (
            tr("The plugin of this channel is not active or failed"),
            tr("Look at it on the Plugins page. Nothing is lost; it goes on when the plugin runs."),
        ),
    }


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, ready to show. `details` are technical and shown on demand; `error` is kept for views that can
    do better than show a message."""

    title: str
    advice: str
    details: str
    error: BaseException
    unexpected: bool = False

    @property
    def kind(self) -> str:
        """The class of the error, for the log."""
        return type(self.error).__name__

    @property
    def text(self) -> str:
        """Title and advice in one line."""
        return f"{self.title}. {self.advice}" if self.advice else self.title


_OWN_WORDS = frozenset({"sign_in", "secret", "consent", "refused", "throttled", "protocol"})


def fault_text(fault: str) -> tuple[str, str]:
    """Return title and advice for a ChannelFault value; an unknown one gives a general text."""
    from desk_app.plugin_api.channel_faults import ChannelFault

    try:
        title, advice = _faults()[ChannelFault(fault)]
    except ValueError:
        return tr("The mailbox does not work"), tr("Open the mailbox settings and run the test.")
    return title, advice


def health_text(channel: str, fault: str, detail: str) -> str:
    """Return what is wrong with an account and what to do. Where advice for mailboxes would mislead (an app password
    for a bot), the channel's own words stand alone."""
    if channel != "email" and detail and fault in _OWN_WORDS:
        return detail
    return fault_report(fault, detail)


def fault_report(fault: str, detail: str) -> str:
    """Return what is wrong, what to do, and in a line of its own what the server or the system said."""
    title, advice = fault_text(fault)
    return f"{title}. {advice}" + ("\n" + tr("In detail: {words}").format(words=detail) if detail else "")


def explain(error: BaseException) -> Problem:
    """Turn an exception into a Problem."""
    from desk_app.plugin_api.channels import ChannelError
    from desk_app.services.ports.unit_of_work import StaleTicketError
    from desk_app.services.tickets.results import CommandRefusedError

    if isinstance(error, ChannelError):
        title, advice = fault_text(error.fault.value)
        return Problem(title, advice, error.detail, error)
    if isinstance(error, StaleTicketError):
        return Problem(
            tr("Somebody else changed this ticket at the same moment"), tr("Look at it again and repeat."), "", error
        )
    if isinstance(error, StorageError):
        return Problem(said(error.message).rstrip("."), said(error.advice), type(error).__name__, error)
    if isinstance(error, (CommandRefusedError, ValueError, PermissionError, LookupError)) and str(error):
        words = said(str(error).strip("'\"")).rstrip(".")
        return Problem(words[:1].upper() + words[1:], "", "", error)
    return Problem(
        tr("That did not work"),
        tr("Nothing was changed. The log of the program has the details."),
        f"{type(error).__name__}: {error}",
        error,
        unexpected=True,
    )
