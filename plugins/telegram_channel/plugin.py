"""Adds the channel."""

from __future__ import annotations

from desk_app.plugin_api import Context, hookimpl
from desk_app.plugin_api.channels import ChannelType

from .channel import TelegramChannel


@hookimpl
def channel_types(ctx: Context) -> list[ChannelType]:
    """Return the channel “telegram”."""
    return [TelegramChannel(ctx)]
