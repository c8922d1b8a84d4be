"""How services ask plugins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from desk_app.plugin_api.verdicts import Deny, Drop

T = TypeVar("T")
MESSAGE_HTML = "filter_message_html"
"""The hook that changes how messages are seen; asked for by whoever shows them."""


class Hooks(Protocol):
    """Asks every active plugin (plugins.md, "Shape"). Arguments are the frozen types of `desk_app.plugin_api`.

    Nothing a plugin does comes out of these calls but its answer, which is there after the seconds that the hook has
    (`plugin_api.marks`) at the latest. Never called from a paint or from `data()` of a model, inside a transaction
    (decision 127), or, but for hooks of the window, on the GUI thread.
    """

    def await_plugins(self) -> None:
        """Wait for plugins that are being loaded. Called before a transaction in which it shows whether they are to be
        asked: whoever waits inside one keeps every other writer waiting, the plugins too."""
        ...

    def wants(self, hook: str, /) -> bool:
        """Return whether any plugin implements a hook, so that nobody collects arguments for nothing."""
        ...

    def users(self, hook: str, /) -> Sequence[str]:
        """Return who implements a hook."""
        ...

    def state(self, hook: str, /) -> int:
        """Return a number that changes whenever answers to a hook may: other plugins, versions, order, settings. For
        caches of this program."""
        ...

    def event(self, hook: str, /, **arguments: Any) -> None:
        """Tell that something has happened."""
        ...

    def tell(self, plugin: str, hook: str, /, **arguments: Any) -> bool:
        """Tell one plugin that something has happened; returns whether it was there and implements the hook."""
        ...

    def filter(self, hook: str, value: T, /, **arguments: Any) -> T | Drop:
        """Return `value` as the plugins changed it; Drop only for hooks that allow it."""
        ...

    def guard(self, hook: str, /, **arguments: Any) -> Deny | None:
        """Return the first denial, None where nobody objects."""
        ...

    def first(self, hook: str, /, **arguments: Any) -> Any:
        """Return the first answer that is not None."""
        ...


class NoHooks:
    """A desk without plugins."""

    def await_plugins(self) -> None:
        """Wait for nobody."""

    def wants(self, hook: str, /) -> bool:  # noqa: ARG002 -- nobody is asked
        """Nobody implements anything."""
        return False

    def users(self, hook: str, /) -> Sequence[str]:  # noqa: ARG002 -- nobody is asked
        """Nobody implements anything."""
        return ()

    def state(self, hook: str, /) -> int:  # noqa: ARG002 -- nobody is asked
        """Return always the same."""
        return 0

    def event(self, hook: str, /, **arguments: Any) -> None:
        """Tell nobody."""

    def tell(self, plugin: str, hook: str, /, **arguments: Any) -> bool:  # noqa: ARG002 -- nobody is asked
        """Tell nobody."""
        return False

    def filter(self, hook: str, value: T, /, **arguments: Any) -> T | Drop:  # noqa: ARG002 -- nobody is asked
        """Return the value as it is."""
        return value

    def guard(self, hook: str, /, **arguments: Any) -> Deny | None:  # noqa: ARG002 -- nobody is asked
        """Nobody objects."""
        return None

    def first(self, hook: str, /, **arguments: Any) -> Any:  # noqa: ARG002 -- nobody is asked
        """Nobody answers."""
        return None
