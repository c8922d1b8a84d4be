"""Where the window looks up what it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from desk_app.plugin_api.ui.specs import ActionSpec, ColumnSpec, ComposerTool, PageSpec, PanelSpec, SettingsPage


class _Spec(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def order(self) -> int: ...


S = TypeVar("S", bound=_Spec)
Listener = Callable[[], None]


class Registry(Generic[S]):
    """Specs of one kind by id, in `order` and then in order of registration. GUI thread only.

    Every spec belongs to an owner ("core" or a plugin's id), so that a plugin's specs go as a whole.
    """

    def __init__(self) -> None:
        self._specs: dict[str, tuple[str, S]] = {}
        self._listeners: list[Listener] = []

    def register(self, spec: S, owner: str = "core") -> None:
        """Add a spec. Raises ValueError where the id is empty or taken."""
        if not spec.id:
            raise ValueError("a spec needs an id")
        if spec.id in self._specs:
            raise ValueError(f"{spec.id!r} is registered already by {self._specs[spec.id][0]!r}")
        self._specs[spec.id] = (owner, spec)
        self._tell()

    def remove_owner(self, owner: str) -> int:
        """Remove everything an owner registered and return how many specs that were."""
        gone = [key for key, (who, _) in self._specs.items() if who == owner]
        for key in gone:
            del self._specs[key]
        if gone:
            self._tell()
        return len(gone)

    def get(self, spec_id: str) -> S | None:
        """Return a spec by id."""
        entry = self._specs.get(spec_id)
        return entry[1] if entry else None

    def owner(self, spec_id: str) -> str:
        """Return who registered a spec, "" where nobody did."""
        return self._specs[spec_id][0] if spec_id in self._specs else ""

    def on_change(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every change; returns what ends that."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    def __iter__(self) -> Iterator[S]:
        return iter(sorted((spec for _, spec in self._specs.values()), key=lambda spec: spec.order))

    def __len__(self) -> int:
        return len(self._specs)

    def __contains__(self, spec_id: object) -> bool:
        return spec_id in self._specs


@dataclass(slots=True)
class UiRegistries:
    """Everything the window can be extended with."""

    pages: Registry[PageSpec] = field(default_factory=Registry)
    panels: Registry[PanelSpec] = field(default_factory=Registry)
    actions: Registry[ActionSpec] = field(default_factory=Registry)
    columns: Registry[ColumnSpec] = field(default_factory=Registry)
    composer_tools: Registry[ComposerTool] = field(default_factory=Registry)
    settings_pages: Registry[SettingsPage] = field(default_factory=Registry)

    def remove_owner(self, owner: str) -> int:
        """Remove everything an owner registered anywhere."""
        return sum(
            registry.remove_owner(owner)
            for registry in (
                self.pages,
                self.panels,
                self.actions,
                self.columns,
                self.composer_tools,
                self.settings_pages,
            )
        )
