"""What the program itself adds by the hooks that plugins use; needs those, and so no start of a window loads it."""

from __future__ import annotations

from collections.abc import Sequence

from desk_app.plugin_api.channels import ChannelType
from desk_app.plugin_api.marks import hookimpl


class CorePart:
    """What the program itself adds, by the hooks that plugins use."""

    def __init__(self, channels: Sequence[ChannelType]) -> None:
        self._channels = channels

    @hookimpl
    def channel_types(self) -> Sequence[ChannelType]:
        """Return the channels that come with the program."""
        return self._channels
