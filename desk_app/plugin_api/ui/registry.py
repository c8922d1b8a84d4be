"""Where the window looks up what it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from desk_app.plugin_api.ui.specs import (
    ActionSpec,
    ColumnSpec,
    ComposerTool,
    HighlighterSpec,
    PageSpec,
    PanelSpec,
    ReportPage,
    SettingsPage,
)


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
        self._holding, self._changed = 0, False
        self._adapt: Callable[[S], S] = lambda spec: spec

    def adapt(self, change: Callable[[S], S]) -> None:
        """Hand out every spec as `change` makes it, such as with the keys an agent chose; `own` gives the original."""
        self._adapt = change
        self.touch()

    def touch(self) -> None:
        """Tell the listeners that what is handed out has changed."""
        self._tell()

    def own(self, spec_id: str) -> S | None:
        """Return a spec as it was registered."""
        entry = self._specs.get(spec_id)
        return entry[1] if entry else None

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

    def replace_owner(self, owner: str, specs: Iterable[S]) -> None:
        """Put other specs in the place of all of an owner's, and tell listeners once. Raises ValueError as `register`,
        before anything changed."""
        wanted = {spec.id: spec for spec in specs}
        if "" in wanted:
            raise ValueError("a spec needs an id")
        for key in wanted:
            if key in self._specs and self._specs[key][0] != owner:
                raise ValueError(f"{key!r} is registered already by {self._specs[key][0]!r}")
        others = {key: entry for key, entry in self._specs.items() if entry[0] != owner}
        self._specs = others | {key: (owner, spec) for key, spec in wanted.items()}
        self._tell()

    def get(self, spec_id: str) -> S | None:
        """Return a spec by id."""
        entry = self._specs.get(spec_id)
        return self._adapt(entry[1]) if entry else None

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

    @contextmanager
    def told_once(self) -> Iterator[None]:
        """Tell the listeners at the end of a block, once for everything that changes in it."""
        self._holding += 1
        try:
            yield
        finally:
            self._holding -= 1
            if self._changed and not self._holding:
                self._tell()

    def _tell(self) -> None:
        self._changed = bool(self._holding)
        if self._holding:
            return
        for listener in tuple(self._listeners):
            listener()

    def __iter__(self) -> Iterator[S]:
        return iter(sorted((self._adapt(spec) for _, spec in self._specs.values()), key=lambda spec: spec.order))

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
    highlighters: Registry[HighlighterSpec] = field(default_factory=Registry)
    report_pages: Registry[ReportPage] = field(default_factory=Registry)

    def remove_owner(self, owner: str) -> int:
        """Remove everything an owner registered anywhere; each registry's listeners are told once."""
        with self.told_once():
            return sum(registry.remove_owner(owner) for registry in self._all())

    @contextmanager
    def told_once(self) -> Iterator[None]:
        """Tell listeners at the end of a block, once for everything that changes in it. Those of actions and pages come
        last: what is told of others may register some."""
        with ExitStack() as held:
            for registry in self._all():
                held.enter_context(registry.told_once())
            yield

    def _all(self) -> list[Registry[Any]]:
        return [
            self.actions,
            self.pages,
            self.panels,
            self.columns,
            self.composer_tools,
            self.settings_pages,
            self.highlighters,
            self.report_pages,
        ]
