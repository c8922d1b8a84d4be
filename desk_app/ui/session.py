"""What every screen shares: the desk, who is signed in, and what changed (architecture.md, data flow 7)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from desk_app.domain.people.actor import Actor, ActorKind
from desk_app.domain.people.agent import Agent
from desk_app.services.queries.changes import Change
from desk_app.services.queries.facts import DeskFacts
from desk_app.ui.agent_choices import AgentChoices
from desk_app.ui.language import language
from desk_app.ui.work import Work

if TYPE_CHECKING:
    from desk_app.services.desk import Desk

_log = logging.getLogger(__name__)
POLL_SECONDS = 0.25
WATCH_END_SECONDS = 2.0


class ChangeWatcher(QObject):
    """Polls the change feed, four times a second, on a thread of its own that no end of the window waits for: a server
    that is away keeps it for longer than anybody would."""

    changed = Signal(object)
    reachable = Signal(bool)
    """Whether the database answers; told when that changes."""

    def __init__(self, open_feed: Callable[[], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open_feed = open_feed
        self._end = threading.Event()
        self._there = True
        self._thread = threading.Thread(target=self._watch, name="changes", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._thread.start()

    def _watch(self) -> None:
        with suppress(RuntimeError):  # the window is gone, and this object with it
            self.run()

    def run(self) -> None:
        """Poll until `stop`."""
        feed = None
        try:
            feed = self._open_feed()
            while not self._end.wait(POLL_SECONDS):
                try:
                    found = feed.poll()
                except Exception:  # noqa: BLE001 -- a database that is away for a while must not end the watch
                    _log.warning("the change feed failed; trying again", exc_info=True)
                    self._tell(there=False)
                    self._end.wait(2)
                    continue
                self._tell(there=feed.alive)
                if found and not self._end.is_set():
                    self.changed.emit(found)
        except Exception:  # noqa: BLE001 -- a thread has nobody to raise to
            if not self._end.is_set():
                _log.exception("the change feed cannot be opened")
        finally:
            if feed is not None:
                feed.close()

    def _tell(self, *, there: bool) -> None:
        if there is not self._there and not self._end.is_set():
            self._there = there
            self.reachable.emit(there)

    def stop(self) -> None:
        """End within a moment, or behind everybody's back."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(WATCH_END_SECONDS)


class DeskSession(QObject):
    """One agent at one desk. Signals come on the GUI thread, whoever caused the change."""

    facts_changed = Signal()
    tickets_changed = Signal(object)
    """A frozenset of ticket ids."""
    outbox_changed = Signal()
    accounts_changed = Signal()
    quarantine_changed = Signal()
    notifications_changed = Signal()
    """Something is new or read among this agent's notifications."""
    canned_changed = Signal()
    signatures_changed = Signal()
    views_changed = Signal()
    """A saved view was made, changed or deleted."""
    choices_changed = Signal()
    """The agent itself chose something, here or on another computer (`choices`)."""
    contacts_changed = Signal(object)
    """A frozenset of contact ids; empty where an organization, a block or a setting about people changed."""

    reachable_changed = Signal()
    """The database went away, or is back (`reachable`)."""
    all_changed = Signal()
    """Changes may have been missed: everything on screen is to be read anew."""

    def __init__(self, desk: Desk, agent: Agent) -> None:
        super().__init__()
        self.desk = desk
        self.agent = agent
        self.actor = Actor(ActorKind.AGENT, agent.id, agent.name)
        desk.present.agent, desk.present.language = agent, language
        self.work = Work(self)
        self.choices = AgentChoices(self)
        self.facts = DeskFacts()
        self.reachable = True
        self._watcher: ChangeWatcher | None = None

    def load(self, done: Callable[[], None] | None = None) -> None:
        """Read the facts anew; `done` is called when they are there."""

        def arrived(facts: DeskFacts) -> None:
            self.facts = facts
            self.facts_changed.emit()
            if done is not None:
                done()

        self.work.run(self.desk.facts.read, arrived, owner=self)

    def watch(self) -> None:
        """Follow what others, the worker and this window change."""
        self._watcher = ChangeWatcher(self.desk.changes, self)
        self._watcher.changed.connect(self.take_changes, Qt.ConnectionType.QueuedConnection)
        self._watcher.reachable.connect(self.set_reachable, Qt.ConnectionType.QueuedConnection)
        self._watcher.start()

    @Slot(object)
    def take_changes(self, changes: Sequence[Change]) -> None:
        """Tell the screens about changes."""
        entities = {change.entity for change in changes}
        tickets = frozenset(change.entity_id for change in changes if change.entity == "ticket")
        if tickets:
            self.tickets_changed.emit(tickets)
        if "outbox" in entities:
            self.outbox_changed.emit()
        if any(change.entity == "choice" and change.entity_id == self.agent.id for change in changes):
            self.choices_changed.emit()
        if "canned_response" in entities:
            self.canned_changed.emit()
        if "signature" in entities:
            self.signatures_changed.emit()
        if "view" in entities:
            self.views_changed.emit()
        if "inbound" in entities:
            self.quarantine_changed.emit()
        if entities & {"contact", "organization", "sender_block", "contact_setting"}:
            self.contacts_changed.emit(frozenset(c.entity_id for c in changes if c.entity == "contact"))
        if "everything" in entities:
            self.refresh_all()
        mine = {("notification", self.agent.id), ("choice", self.agent.id)}
        if any((one.entity, one.entity_id) in mine for one in changes):
            self.notifications_changed.emit()
        if entities & {"account", "setting", "agent", "department", "tag"}:
            self.load()
            self.accounts_changed.emit()

    @Slot(bool)
    def set_reachable(self, there: bool) -> None:
        """Take note that the database went away or is back; then everything is read anew."""
        self.reachable = there
        self.reachable_changed.emit()
        if there:
            self.refresh_all()

    def refresh_all(self) -> None:
        """Have every screen read anew what it shows."""
        self.load()
        for signal in (
            self.accounts_changed,
            self.outbox_changed,
            self.quarantine_changed,
            self.notifications_changed,
            self.canned_changed,
            self.signatures_changed,
            self.views_changed,
            self.choices_changed,
            self.all_changed,
        ):
            signal.emit()
        self.contacts_changed.emit(frozenset())

    def close(self) -> bool:
        """Stop watching and working; returns whether everything ended in time."""
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None
        return self.work.close()
