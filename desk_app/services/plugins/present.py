"""Who sits in front of this program."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desk_app.domain.people.agent import Agent
    from desk_app.plugin_api.data import AgentView


class Present:
    """The agent who is signed in and the language of the window. Set by the window, asked by plugins on any thread; a
    program without a window leaves it as it is."""

    def __init__(self) -> None:
        self.agent: Agent | None = None
        self.language: Callable[[], str] = lambda: "en"

    @property
    def code(self) -> str:
        """The code of the language that is spoken at the moment."""
        return self.language()

    @property
    def view(self) -> AgentView | None:
        """The agent as plugins see one."""
        from desk_app.services.plugins.views import agent_view  # noqa: PLC0415 -- not for the first paint

        return agent_view(self.agent) if self.agent is not None else None
