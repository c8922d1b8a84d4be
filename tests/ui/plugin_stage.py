"""Plugins that are not there: a control that answers like the real one, without files, imports and threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from desk_app.domain.plugins.model import Permission, PluginRecord, Source, StateKind
from desk_app.plugin_api.context import Mode
from desk_app.plugin_api.marks import Waits
from desk_app.plugin_host.archives import ArchiveError
from desk_app.plugin_host.bounded import BoundedCalls, LeftBehind, StillHangingError
from desk_app.plugin_host.dispatch import Timing
from desk_app.plugin_host.installing import Candidate, Installer
from desk_app.plugin_host.manifest import Manifest, parse_manifest
from desk_app.plugin_host.probing import ProbeReport
from desk_app.services.ports.plugins import Contribution, PluginRefusedError, PluginState
from desk_app.ui.plugins.page import PluginsPage
from desk_app.ui.plugins.parts import plugins_of
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.ui import stage
from tests.ui.conftest import close

T = TypeVar("T")
ASK_SECONDS = 0.5
"""So long what a plugin brought may take here."""

FOLDER = Path("/plugins")


def manifest(text: str) -> Manifest:
    """Return a manifest from the lines that matter; the rest is filled in."""
    usual = 'api = ">=1.0,<2"\nentry = "plugin"\n'
    made, problems = parse_manifest(usual + text, Path("plugin.toml"))
    assert made is not None, problems
    return made


def plugin(text: str, kind: StateKind = StateKind.INACTIVE, **more: Any) -> PluginState:
    """Return a plugin that stands as given."""
    made = manifest(text)
    record = None
    if kind not in {StateKind.INACTIVE, StateKind.INCOMPATIBLE, StateKind.CONFLICT}:
        record = PluginRecord(
            1,
            made.slug,
            version=str(made.version),
            wanted=True,
            paused="an error" if kind is StateKind.PAUSED else "",
            granted=made.permissions,
            activated_at=datetime(2026, 11, 20, tzinfo=UTC),
        )
    folder = FOLDER / made.slug / str(made.version)
    return PluginState(
        made.slug,
        kind,
        more.pop("source", Source.USER),
        folder=more.pop("folder", folder),
        manifest=made,
        record=more.pop("record", record),
        running=kind is StateKind.ACTIVE,
        **more,
    )


@dataclass
class FakeControl:
    """See `PluginControl`. `asked` notes what was called; `refuse` makes a slug's switching fail."""

    states: dict[str, PluginState] = field(default_factory=dict)
    hooks_used: dict[str, tuple[str, ...]] = field(default_factory=dict)
    halves: dict[str, Callable[[], Mapping[str, Sequence[Any]]]] = field(default_factory=dict)
    timed: dict[str, dict[str, Timing]] = field(default_factory=dict)
    refuse: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    faults: list[tuple[str, str, BaseException | None]] = field(default_factory=list)
    specs: dict[str, list[Contribution]] = field(default_factory=dict)
    contexts: dict[str, Any] = field(default_factory=dict)
    more: list[PluginState] = field(default_factory=list)
    safe_mode: str = ""
    installer: Installer | None = None
    listeners: list[Callable[[str, StateKind], None]] = field(default_factory=list)
    left: LeftBehind = field(default_factory=LeftBehind)

    def add(self, *states: PluginState) -> FakeControl:
        self.states |= {one.slug: one for one in states}
        return self

    def become(self, slug: str, kind: StateKind, **more: Any) -> None:
        """Let a plugin stand otherwise, and tell of it."""
        self.states[slug] = replace(self.states[slug], kind=kind, running=kind is StateKind.ACTIVE, **more)
        for one in list(self.listeners):
            one(slug, kind)

    def _check(self, slug: str) -> None:
        if slug in self.refuse:
            raise PluginRefusedError(self.refuse[slug])

    def expect(self, mode: Mode) -> None: ...

    def start(self, mode: Mode, *, safe: bool = False) -> None: ...

    def start_was_good(self) -> None: ...

    def leave_safe_mode(self) -> None:
        self.run_only(None)

    def run_only(self, slugs: Iterable[str] | None) -> None:
        """Let those of the wanted plugins run; a plugin is wanted where it has a record that says so."""
        only = None if slugs is None else frozenset(slugs)
        self.asked.append(("run_only", only))
        self.safe_mode = "All plugins were put aside in this program." if only == frozenset() else ""
        for slug, state in list(self.states.items()):
            if state.record is not None and state.record.wanted and state.kind is not StateKind.PAUSED:
                self.become(slug, StateKind.ACTIVE if only is None or slug in only else StateKind.INACTIVE)

    def look(self) -> Sequence[PluginState]:
        return self.plugins()

    def sync(self) -> None: ...

    def plugins(self) -> Sequence[PluginState]:
        return [*self.states.values(), *self.more]

    def state(self, slug: str) -> PluginState | None:
        return self.states.get(slug)

    def activate(self, slug: str, granted: Iterable[Permission]) -> None:
        self.asked.append(("activate", slug, frozenset(granted)))
        self._check(slug)
        made = self.states[slug].manifest
        record = PluginRecord(
            1, slug, str(made.version), wanted=True, granted=frozenset(granted), activated_at=datetime.now(UTC)
        )
        self.become(slug, StateKind.ACTIVE, record=record, reason="")

    def deactivate(self, slug: str) -> None:
        self.asked.append(("deactivate", slug))
        self._check(slug)
        self.become(slug, StateKind.INACTIVE)

    def try_again(self, slug: str) -> None:
        self.asked.append(("try_again", slug))
        self._check(slug)
        self.become(slug, StateKind.ACTIVE, reason="")

    def grant(self, slug: str, permission: Permission) -> None:
        self.asked.append(("grant", slug, permission))
        record = self.states[slug].record
        assert record is not None
        self.become(
            slug,
            self.states[slug].kind,
            record=replace(record, granted=record.granted | {permission}, revoked=record.revoked - {permission}),
        )

    def revoke(self, slug: str, permission: Permission) -> None:
        self.asked.append(("revoke", slug, permission))
        record = self.states[slug].record
        assert record is not None
        self.become(slug, self.states[slug].kind, record=replace(record, revoked=record.revoked | {permission}))

    def reorder(self, slugs: Sequence[str]) -> None:
        self.asked.append(("reorder", tuple(slugs)))
        places = {slug: place for place, slug in enumerate(slugs)}
        self.states = dict(sorted(self.states.items(), key=lambda pair: places.get(pair[0], 99)))

    def stage(self, file: Path) -> Candidate:
        assert self.installer is not None
        try:
            return self.installer.stage(file)
        except ArchiveError as error:
            raise PluginRefusedError(str(error)) from error

    def put(self, candidate: Candidate) -> str:
        Installer(candidate.folder.parents[2], lambda _folder: ProbeReport()).install(candidate)
        return candidate.manifest.slug

    def update(self, slug: str) -> None:
        self.asked.append(("update", slug))
        self._check(slug)
        self.become(slug, self.states[slug].kind, update="")

    def roll_back(self, slug: str) -> None:
        self.asked.append(("roll_back", slug))

    def uninstall(self, slug: str, *, delete_data: bool) -> None:
        self.asked.append(("uninstall", slug, delete_data))
        del self.states[slug]

    def contributions(self, hook: str) -> Sequence[Contribution]:
        return self.specs.get(hook, ())

    def speak_anew(self) -> None:
        self.asked.append(("speak_anew",))

    def context(self, slug: str) -> Any:
        return self.contexts.get(slug)

    def ui_part(self, slug: str) -> Mapping[str, Sequence[Contribution]]:
        half = self.halves[slug]() if slug in self.halves else {}
        return {hook: [Contribution(slug, None, spec) for spec in specs] for hook, specs in half.items()}

    def fault(self, slug: str, place: str, error: BaseException | None, summary: str = "") -> None:
        self.faults.append((slug, place, error))

    def let(self, slug: str, doing: str, function: Callable[[], T]) -> T:
        bounded = BoundedCalls(lambda _slug, _doing: nullcontext(), dict.fromkeys(Waits, ASK_SECONDS))
        return bounded(slug, doing, Waits.DESK, self.left, function)

    def ask(self, slug: str, doing: str, function: Callable[[], T], otherwise: T) -> T:
        bounded = BoundedCalls(lambda _slug, _doing: nullcontext(), dict.fromkeys(Waits, ASK_SECONDS))
        try:
            return bounded(slug, doing, Waits.PERSON, self.left, function)
        except StillHangingError:
            return otherwise
        except BaseException as error:  # noqa: BLE001 -- as the host
            self.fault(slug, doing, error)
            return otherwise

    def pause(self, slug: str, reason: str) -> None:
        self.asked.append(("pause", slug, reason))
        self.become(slug, StateKind.PAUSED, reason=reason)

    def used_hooks(self, slug: str) -> Sequence[str]:
        return self.hooks_used.get(slug, ())

    def timings(self, slug: str) -> Mapping[str, Timing]:
        return self.timed.get(slug, {})

    def on_change(self, listener: Callable[[str, StateKind], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def close(self, deadline: float) -> None: ...


def five() -> FakeControl:
    """The plugins of mockups/plugins-light.png."""
    control = FakeControl()
    control.add(
        plugin(
            'id = "auto-translate"\nname = "Auto-translate"\nversion = "1.4.0"\nauthors = ["Acme Labs"]\n'
            'icon = "languages"\n'
            'description = "Translates incoming messages and drafts with the provider you choose. Adds a button to the '
            'composer and a field to the ticket."\n[settings.provider]\ntitle = "Provider"\n',
            StateKind.ACTIVE,
        ),
        plugin(
            'id = "shop-orders"\nname = "Shop orders"\nversion = "2.1.3"\nauthors = ["Kopi Works"]\n'
            'icon = "shopping-cart"\npermissions = ["network", "tickets.read", "contacts"]\n'
            'description = "Shows the customer\'s last orders beside the ticket and fills the order number."\n'
            '[settings.address]\ntype = "url"\ntitle = "Address of the shop"\n',
            StateKind.ACTIVE,
            update="2.2.0",
        ),
        plugin(
            'id = "chat-bridge"\nname = "Chat bridge"\nversion = "0.9.1"\nauthors = ["J. Becker"]\n'
            'icon = "message-circle"\ndescription = "Brings chat conversations into the inbox as tickets."\n'
            '[settings.server]\ntype = "url"\ntitle = "Server address"\n',
            StateKind.PAUSED,
            reason="Stopped after an error while starting: the setting “server address” is empty.",
        ),
        plugin(
            'id = "survey"\nname = "Satisfaction survey"\nversion = "1.0.2"\nauthors = ["Acme Labs"]\nicon = "star"\n'
            'description = "Sends a one-question survey after a ticket is resolved and adds a report."\n'
            'permissions = ["tickets.read", "mail.send", "schedule"]\n[settings.wait]\ntype = "duration"\n'
            'title = "Time to wait"\n',
            StateKind.ACTIVE,
        ),
        plugin(
            'id = "approvals"\nname = "Approval chains"\nversion = "3.0.0"\nauthors = ["OpenDesk"]\n'
            'icon = "shield-check"\ndescription = "Adds multi-step approvals to Blueprint transitions."\n'
            'requires = { teams = ">=2.0" }\n'
        ),
    )
    control.hooks_used = {
        "auto_translate": ("composer_tools", "filter_reply_draft", "ticket_panels"),
        "shop_orders": ("ticket_panels",),
        "survey": ("report_types", "scheduled_jobs"),
    }
    return control


def page_of(window: MainWindow) -> PluginsPage:
    """Return the page Plugins, shown."""
    window.show_page("plugins")
    page = window.page("plugins")
    assert isinstance(page, PluginsPage)
    stage.settle(window)
    return page


@pytest.fixture
def control(kit: DeskKit) -> FakeControl:
    made = five()
    vars(kit.desk)["_plugin_host"] = made  # found there before the real one is built
    return made


@pytest.fixture
def plugged(kit: DeskKit, control: FakeControl, settings: QSettings, qapp: QApplication) -> Iterator[MainWindow]:
    """A window on a believable desk with the plugins of the mockup."""
    stage.believable(kit)
    window = stage.open_window(kit, settings)
    plugins_of(window)
    stage.settle(window)
    yield window
    close(window)
