"""The plugins as the window follows them: what there is, and switching it, off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from desk_app.domain.plugins.model import Permission, StateKind
from desk_app.services.ports.plugins import PluginControl, PluginRefusedError, PluginState
from desk_app.ui.language import language, said, tr
from desk_app.ui.plugins.phrases import shown_name
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.work import Lane

if TYPE_CHECKING:
    from desk_app.plugin_host.installing import Candidate
    from desk_app.services.plugins.administration import PluginAdministration

FILE = "file:"
"""What is asked for about a file has its path for a slug, behind this."""


class PluginDesk(QObject):
    """What the Plugins page and the window's other parts know of plugins."""

    changed = Signal()
    """Something about a plugin is different now; `states` has it."""
    switched = Signal(str, str)
    """A plugin's slug and its new state."""
    told = Signal(str)
    """A short message about what was done."""
    refused = Signal(str, str)
    """A plugin's slug, and why what was asked for was not done."""
    _heard = Signal(str, str)

    def __init__(self, session: DeskSession, control: PluginControl, parent: QObject | None = None) -> None:
        super().__init__(parent or session)
        self.session, self.control = session, control
        self.busy: set[str] = set()
        """Slugs of plugins that something is being done with."""
        self._changes = QTimer(self)
        """Tells of many plugins at once what is different, as at a start."""
        self._changes.setSingleShot(True)
        self._changes.timeout.connect(self.changed)
        self._heard.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._stop: Callable[[], None] | None = control.on_change(self._listen)

    def _listen(self, slug: str, kind: StateKind) -> None:
        """Hear of a change, on any thread."""
        with suppress(RuntimeError):  # the window is gone
            self._heard.emit(slug, str(kind))

    @Slot(str, str)
    def _take(self, slug: str, kind: str) -> None:
        if not self._changes.isActive():  # told with the first of them, before what is switched with it is shown
            self._changes.start()
        self.switched.emit(slug, kind)

    def end(self) -> None:
        """Follow nothing any more."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    @property
    def states(self) -> Sequence[PluginState]:
        """Every plugin as it stands."""
        return self.control.plugins()

    @property
    def admin(self) -> PluginAdministration:
        """What switches plugins, for those who may."""
        return self.session.desk.plugin_admin

    def state(self, slug: str) -> PluginState | None:
        """Return one plugin as it stands, None where it is gone and nobody misses it."""
        found = self.control.state(slug)
        missed = found is not None and found.record is not None and found.record.wanted
        return found if found is not None and (found.kind is not StateKind.MISSING or missed) else None

    def name(self, slug: str) -> str:
        """Return a plugin's name in the agent's language."""
        found = self.state(slug)
        return shown_name(found) if found is not None else slug

    # -- switching ----------------------------------------------------------------------------------------------------

    def do(
        self,
        slug: str,
        call: Callable[[], object],
        title: str,
        told: str = "",
        done: Callable[[], object] | None = None,
    ) -> None:
        """Do something with a plugin off the GUI thread; what goes wrong is told by `refused`."""
        if slug in self.busy:
            return
        self.busy.add(slug)
        self.changed.emit()

        def ended(_result: object) -> None:
            self.busy.discard(slug)
            self.changed.emit()
            if told:
                self.told.emit(told)
            if done is not None:
                done()

        def failed(problem: Problem) -> None:
            self.busy.discard(slug)
            self.changed.emit()
            self.refused.emit(slug, _words(problem))

        self.session.work.run(call, ended, failed=failed, owner=self, lane=Lane.LONG, title=title)

    def activate(self, slug: str, granted: Iterable[Permission], done: Callable[[], object] | None = None) -> None:
        """Switch a plugin on."""
        name, wanted = self.name(slug), frozenset(granted)
        title = tr("Switching on {name}…").format(name=name)
        told = tr("{name} is on").format(name=name)
        self.do(slug, lambda: self.admin.activate(slug, wanted, self.session.actor), title, told, done)

    def deactivate(self, slug: str, done: Callable[[], object] | None = None) -> None:
        """Switch a plugin off."""
        name = self.name(slug)
        title = tr("Switching off {name}…").format(name=name)
        told = tr("{name} is off").format(name=name)
        self.do(slug, lambda: self.admin.deactivate(slug, self.session.actor), title, told, done)

    def pause(self, slug: str, reason: str) -> None:
        """Stop a plugin that harms the window."""
        self.session.work.run(lambda: self.control.pause(slug, reason), owner=self, lane=Lane.LONG)

    def try_again(self, slug: str) -> None:
        """Let a paused plugin run again."""
        name = self.name(slug)
        title = tr("Switching on {name}…").format(name=name)
        told = tr("{name} runs again").format(name=name)
        self.do(slug, lambda: self.admin.try_again(slug, self.session.actor), title, told)

    def update(self, slug: str) -> None:
        """Switch to a newer version."""
        state = self.state(slug)
        if state is None:
            return
        words = {"name": shown_name(state), "version": state.update}
        title = tr("Updating {name}…").format(**words)
        told = tr("{name} is at {version} now").format(**words)
        self.do(slug, lambda: self.admin.update(slug, self.session.actor), title, told)

    def roll_back(self, slug: str) -> None:
        """Switch to the version before."""
        name = self.name(slug)
        told = tr("{name} is back at the version before").format(name=name)
        title = tr("Going back with {name}…").format(name=name)
        self.do(slug, lambda: self.admin.roll_back(slug, self.session.actor), title, told)

    def uninstall(self, slug: str, *, delete_data: bool) -> None:
        """Remove a plugin."""
        name = self.name(slug)
        told = tr("{name} is deleted").format(name=name)
        title = tr("Deleting {name}…").format(name=name)
        actor = self.session.actor
        self.do(slug, lambda: self.admin.uninstall(slug, actor, delete_data=delete_data), title, told)

    def save_copy(self, slug: str, file: Path) -> None:
        """Write everything a plugin keeps into a file."""
        session = self.session
        session.work.run(
            lambda: session.desk.plugin_copies.write(slug, file, session.actor),
            lambda _lines: self.told.emit(tr("Saved as {file}").format(file=file.name)),
            owner=self,
            title=tr("Saving the data of {name}…").format(name=self.name(slug)),
        )

    def permit(self, slug: str, permission: Permission, *, on: bool) -> None:
        """Give or take a permission of a plugin that is on."""
        call = self.admin.grant if on else self.admin.revoke
        self.do(slug, lambda: call(slug, permission, self.session.actor), "")

    # -- from files ---------------------------------------------------------------------------------------------------

    def stage(self, path: Path, done: Callable[[Candidate, str], object]) -> None:
        """Unpack the file of a plugin and try it in a process of its own; `done` gets what came of it, and the name of
        who signed it, "" for nobody this desk trusts."""
        found: list[tuple[Candidate, str]] = []
        title = tr("Looking at {file}…").format(file=path.name)

        def call() -> None:
            candidate = self.admin.stage(path, self.session.actor)
            found.append((candidate, self.session.desk.plugin_signers.name_of(candidate.signed_by)))

        self.do(
            f"{FILE}{path}",
            call,
            title,
            done=lambda: done(*found[0]),
        )

    def install(self, candidate: Candidate, granted: Iterable[Permission]) -> None:
        """Put what was tried in its place, and switch it on."""
        manifest, wanted = candidate.manifest, frozenset(granted)
        admin, actor = self.admin, self.session.actor
        name = manifest.shown_name(language())

        def call() -> None:
            admin.activate_newest(admin.put(candidate, actor), wanted, actor)

        self.do(manifest.slug, call, tr("Installing {name}…").format(name=name), tr("{name} is on").format(name=name))

    def discard(self, candidate: Candidate) -> None:
        """Throw away what was tried."""
        self.session.work.run(candidate.discard, owner=self, lane=Lane.LONG)

    def reorder(self, slugs: Sequence[str]) -> None:
        """Have hooks of plugins called in this order."""
        wanted = tuple(slugs)
        self.do("", lambda: self.admin.reorder(wanted, self.session.actor), "")

    def look(self, done: Callable[[], object] | None = None) -> None:
        """Look again for plugins on this computer."""
        self.do(" ", self.control.look, "", done=done)


def _words(problem: Problem) -> str:
    error = problem.error
    return said(str(error)) if isinstance(error, PluginRefusedError) else problem.text
