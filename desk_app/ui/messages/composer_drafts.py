"""Keeps what is being written: within two seconds, on leaving, and across a crash (CO-04)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, QTimer, Signal

from desk_app.domain.messages.kept_draft import DraftKind, DraftStamp, KeptDraft, same_text
from desk_app.services.messages.drafts import StaleDraftError
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession

SAVE_MS = 1500
"""Counted from the first change that is not stored yet, so that nothing is older than two seconds."""
CLOSE_SECONDS = 2.0

_Place = tuple[int | None, DraftKind]


@dataclass
class _Line:
    """One draft on its way to the database. `waiting` is not stored yet, `kept` is what is stored; `leaving` while the
    text is being sent, and `since` is how it read when it was to be stored meanwhile; `disputed` while somebody must
    decide between two versions, `failed` while what waits could not be stored: it is tried again with whatever is
    stored next."""

    stamp: DraftStamp | None = None
    waiting: KeptDraft | None = None
    kept: KeptDraft | None = None
    leaving: bool = False
    since: KeptDraft | None = None
    disputed: bool = False
    failed: bool = False
    state: object = field(default_factory=object)
    """Another one after every write: what was read under an earlier one may be old."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def settle(self, draft: KeptDraft) -> None:
        """Take note that a draft waits no more; what was written meanwhile still does, and is stored next."""
        if self.waiting is draft:
            self.waiting = None


@dataclass(frozen=True)
class StoredDrafts:
    """The drafts of a ticket as they were read, with what was known to be written then."""

    drafts: Mapping[DraftKind, KeptDraft] = field(default_factory=dict)
    states: Mapping[DraftKind, object] = field(default_factory=dict)


class DraftKeeper(QObject):
    """Stores the drafts that `collect` returns, one write after the other, off the GUI thread."""

    conflict = Signal(object, object)
    """The KeptDraft here and the one stored by another window (None: sent or thrown away there)."""

    def __init__(
        self, session: DeskSession, collect: Callable[[], Iterable[KeptDraft]], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._collect = session, collect
        self._lines: dict[_Place, _Line] = {}
        self._finished = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_MS)
        self._timer.timeout.connect(self.flush)
        session.all_changed.connect(self.flush)  # the database is back

    def note_change(self) -> None:
        """Something was written; it is stored soon."""
        if not (self._finished or self._timer.isActive()):
            self._timer.start()

    def flush(self) -> None:
        """Store what is not stored yet, now."""
        self._timer.stop()
        for draft in self._collect():
            self._keep(draft)
        for line in self._lines.values():
            if line.failed and not line.leaving:
                self._store(line)

    def _keep(self, draft: KeptDraft) -> None:
        line = self._line(draft.ticket_id, draft.kind)
        with line.lock:
            if line.leaving:
                line.since = draft
                return
            newest = line.waiting or line.kept
            if draft == newest or (draft.empty and newest is None):
                return
            line.waiting = draft
            if line.disputed and not self._finished:
                return
        self._store(line)

    def _store(self, line: _Line) -> None:
        line.failed = False
        owner = self._session if self._finished else self  # a window that goes takes no message along
        self._session.work.write(
            lambda: self._save(line), failed=lambda problem: self._failed(line, problem), owner=owner
        )

    def _save(self, line: _Line) -> None:
        """Runs on the writing thread; whatever is newest by then is stored. The line is free meanwhile: who writes on
        waits for no database."""
        with line.lock:
            draft, stamp = line.waiting, line.stamp
            if draft is None or (line.disputed and not self._finished):
                return
        try:
            stamp = self._put(draft, stamp)
        except StaleDraftError as error:
            kept = line.kept
            if kept is not None and same_text(draft, kept):
                with line.lock:
                    line.settle(draft)  # nothing was written here; what is stored is shown when it is asked for
                return
            if self._finished:
                stamp = self._put(draft, stamp, beside=True)
            elif error.stored is not None and kept is not None and same_text(error.stored, kept):
                stamp = self._put(draft, error.stored.stamp)  # nothing was written there
            else:
                line.disputed = True
                raise
        with line.lock:
            line.stamp, line.disputed = stamp, False
            line.kept = None if draft.empty else draft
            line.state = object()
            line.settle(draft)

    def _put(self, draft: KeptDraft, stamp: DraftStamp | None, *, beside: bool = False) -> DraftStamp | None:
        return self._session.desk.drafts.save(replace(draft, stamp=stamp), self._session.actor, beside=beside)

    def _failed(self, line: _Line, problem: Problem) -> None:
        if line.waiting is None:
            return  # a later try was lucky
        if isinstance(problem.error, StaleDraftError):
            if not self._finished:
                self.conflict.emit(line.waiting, problem.error.stored)
            return
        line.failed = True
        self._session.work.problem.emit(problem)

    # -- reading ---------------------------------------------------------------------------------------------------
    def read(self, ticket_id: int | None) -> StoredDrafts:
        """Return what is stored to a ticket; for a thread that may wait."""
        states = {kind: self._line(ticket_id, kind).state for kind in DraftKind}  # before the drafts themselves
        return StoredDrafts(self._session.desk.drafts.of_ticket(ticket_id, self._session.agent.id), states)

    def newest(
        self, ticket_id: int | None, stored: StoredDrafts, kinds: Collection[DraftKind] = tuple(DraftKind)
    ) -> dict[DraftKind, KeptDraft]:
        """Return what to show of a ticket's drafts of these kinds, given what `read` returned: what still waits here is
        newer, and so is what was written since."""
        found: dict[DraftKind, KeptDraft] = {}
        for kind in kinds:
            line, there = self._line(ticket_id, kind), stored.drafts.get(kind)
            with line.lock:
                if line.state is not stored.states.get(kind):
                    there = replace(line.kept, stamp=line.stamp) if line.kept is not None else None
                if line.waiting is None and not line.leaving:
                    line.stamp = there.stamp if there is not None else None
                    line.kept = replace(there, stamp=None, saved_at=None) if there is not None else None
                shown = (line.since if line.leaving else None) or line.waiting or there
            if shown is not None and not shown.empty:
                found[kind] = shown
            if line.disputed and line.waiting is not None:
                self.conflict.emit(line.waiting, there)
        return found

    # -- sending ---------------------------------------------------------------------------------------------------
    def hold(self, ticket_id: int | None, kind: DraftKind) -> None:
        """The text is being sent: store nothing that would survive it. What it is now is stored first, in case it is
        not sent."""
        self.flush()
        line = self._line(ticket_id, kind)
        line.leaving, line.since = True, None

    def held(self, ticket_id: int | None, kind: DraftKind) -> bool:
        """Whether the text is being sent at the moment."""
        return self._line(ticket_id, kind).leaving

    def ends(self, ticket_id: int | None, kind: DraftKind) -> bool:
        """Whether what is stored is what was written here, and vanishes when that is sent; another window's text stays.
        Runs on the writing thread."""
        line = self._line(ticket_id, kind)
        there = self._session.desk.drafts.of_ticket(ticket_id, self._session.agent.id).get(kind)
        with line.lock:
            return there is None or (line.kept is not None and same_text(there, line.kept))

    def resume(self, ticket_id: int | None, kind: DraftKind) -> None:
        """It was not sent; go on keeping it."""
        line = self._line(ticket_id, kind)
        line.leaving = False
        if line.since is not None:
            self._keep(line.since)
        self.flush()

    def ended(self, ticket_id: int | None, kind: DraftKind, *, here: bool = True) -> None:
        """It was sent and its draft went with it. Where the text does not stand `here` any more, what was typed since
        it left is kept."""
        line = self._lines.pop((ticket_id, kind), None)
        if line is not None and not here:
            self._keep_since(line)

    def adopt(self, ticket_id: int | None, kind: DraftKind, stamp: DraftStamp | None) -> None:
        """Somebody decided between two versions: the next write replaces the state `stamp` names."""
        line = self._line(ticket_id, kind)
        with line.lock:
            line.stamp, line.waiting, line.kept, line.disputed = stamp, None, None, False
        self.flush()

    def finish(self, *, wait: bool = True) -> bool:
        """Store everything before the window closes and wait for it a moment; returns whether it is stored. Nobody can
        decide between two versions any more: both are kept."""
        self._timer.stop()
        self._finished = True
        for draft in self._collect():
            self._keep(draft)
        for line in self._lines.values():
            if line.leaving:
                self._keep_since(line)
            elif line.waiting is not None:
                self._store(line)
        if not wait:
            return False
        done = threading.Event()
        self._session.work.write(done.set)
        return done.wait(CLOSE_SECONDS)

    def _keep_since(self, line: _Line) -> None:
        """Keep what was typed since a text left; the writing thread knows by then whether it went out."""
        draft = line.since

        def save() -> None:
            left, agent_id = line.kept, self._session.agent.id
            if draft is None or left is None or same_text(left, draft):
                return
            since = draft
            if draft.kind not in self._session.desk.drafts.of_ticket(draft.ticket_id, agent_id):
                words = draft.text.removeprefix(left.text).strip()
                files = tuple(one for one in draft.attachments if one not in left.attachments)
                since = replace(draft, text=words, html="", attachments=files)
            self._put(since, None, beside=True)

        self._session.work.write(save, owner=self._session)

    def _line(self, ticket_id: int | None, kind: DraftKind) -> _Line:
        return self._lines.setdefault((ticket_id, kind), _Line())
