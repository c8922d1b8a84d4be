"""Words between double braces that plugins bring (hook `placeholders`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from desk_app.domain.messages.placeholders import NAMES
from desk_app.domain.tickets.model import Ticket
from desk_app.plugin_api.data import TicketView
from desk_app.services.ports.hooks import Hooks
from desk_app.services.ports.plugins import Contribution, PluginControl
from desk_app.services.ports.unit_of_work import UnitOfWork

HOOK = "placeholders"


@dataclass(frozen=True, slots=True)
class Brought:
    """Says what placeholders of plugins stand for in a ticket as it was when this was made; equal ones are about the
    same placeholders."""

    names: frozenset[str] = frozenset()
    ticket: TicketView | None = field(default=None, compare=False)
    wanted: Sequence[Contribution] = field(default=(), compare=False)
    value: Callable[[Contribution, TicketView], str] | None = field(default=None, compare=False)

    def __call__(self) -> dict[str, str]:
        """Return the values by name. Not inside a transaction."""
        if self.ticket is None or self.value is None:
            return {}
        return {one.spec.name: self.value(one, self.ticket) for one in self.wanted}

    def unopened(self) -> Brought:
        """Return the same for a ticket that is still to be opened."""
        return replace(self, ticket=replace(self.ticket, id=0)) if self.ticket is not None else self


class PluginPlaceholders:
    """The placeholders of the plugins that run. `plugins` returns them; it is asked where there are any."""

    def __init__(self, hooks: Hooks, plugins: Callable[[], PluginControl]) -> None:
        self._hooks = hooks
        self._plugins = plugins

    def listed(self) -> Sequence[tuple[str, str]]:
        """Return names and titles; asks no plugin."""
        return [(one.spec.name, one.spec.title) for one in self._all()]

    def brought(self, names: Collection[str], uow: UnitOfWork, ticket: Ticket) -> Brought:
        """Return what says, outside of the transaction, what these names stand for in a ticket."""
        wanted = tuple(one for one in self._all() if one.spec.name in names) if names else ()
        if not wanted:
            return Brought()
        return Brought(frozenset(one.spec.name for one in wanted), uow.pictures.of(ticket), wanted, self._value)

    def values(self, names: Collection[str], ticket: TicketView | None) -> dict[str, str]:
        """Return what these names stand for in a ticket, as far as plugins bring them. One that fails stands for
        nothing, and its plugin is blamed. Not for the GUI thread, and not inside a transaction."""
        if not names or ticket is None:
            return {}
        return {one.spec.name: self._value(one, ticket) for one in self._all() if one.spec.name in names}

    def _value(self, one: Contribution, ticket: TicketView) -> str:
        place = f"placeholder {one.spec.name}"
        found: object = self._plugins().ask(one.plugin, place, lambda: one.spec.value(one.ctx, ticket), "")
        if isinstance(found, str):
            return found
        if found is not None:
            said = f"it returned {type(found).__name__} where a text was promised"
            self._plugins().fault(one.plugin, place, None, said)
        return ""

    def _all(self) -> Sequence[Contribution]:
        """Those of the program cannot be replaced, and of two with one name the first holds."""
        if not self._hooks.wants(HOOK):
            return ()
        found: dict[str, Contribution] = {}
        for one in self._plugins().contributions(HOOK):
            if one.spec.name not in NAMES:
                found.setdefault(one.spec.name, one)
        return list(found.values())
