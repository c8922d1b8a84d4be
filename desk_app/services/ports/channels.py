"""What services know of channel types, and of those that are not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from desk_app.plugin_api.channel_faults import ChannelError, ChannelFault

if TYPE_CHECKING:
    from desk_app.plugin_api.contributions import Parameter


MAIL = "email"
"""The channel of mailboxes."""
CORE = "core"
"""Who brings what comes with the program."""


class ChannelGoneError(ChannelError):
    """Nobody brings this channel at this moment; its accounts are suspended until somebody does."""

    def __init__(self, channel: str) -> None:
        super().__init__(ChannelFault.PLUGIN, gone(channel))


def gone(channel: str) -> str:
    """Return why the accounts of a channel that nobody brings are suspended."""
    return f"Suspended until the plugin that brings the channel “{channel}” is active."


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """A channel type that is there. `plugin` says who brings it, "core" the program itself; `settings` are what a
    person fills in for an account, () where the channel has a form of its own."""

    id: str
    title: str
    plugin: str
    settings: tuple[Parameter, ...] = ()
