"""The files that go with a text, as chips below it."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.ui.language import tr
from desk_app.ui.problems import Problem
from desk_app.ui.tickets.phrases import size_text
from desk_app.ui.widgets.basics import button
from desk_app.ui.widgets.layout import FlowLayout, clear
from desk_app.ui.work import Job, Lane, Work

MAX_ATTACHED = 25 * 1024 * 1024
"""Bytes of all files together that mail servers usually take."""

_MOST_PX = 120
"""Height of the chips, four lines, that the text makes room for."""


@dataclass(eq=False, slots=True)
class _Reading:
    """A file that is on its way from the disk."""

    path: Path
    job: Job | None = None


class _TooBigError(Exception):
    """A file has more bytes than mail servers take."""


class AttachedFiles(QWidget):
    """Files with their sizes; a click takes one out. What comes from the disk is read off the GUI thread: its chip is
    there at once and says that it is being read."""

    changed = Signal()
    refused = Signal(str)
    """A sentence: a file was not taken."""
    settled = Signal()
    """Nothing is being read any more, and every file that was chosen is there."""
    taken_out = Signal()
    """Somebody does not want a file any more that was being read."""
    left_out = Signal(str)
    """A sentence: another text took the place of this one before a file of it was read."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work = work
        self._flow = FlowLayout(spacing=6)
        self.setLayout(self._flow)
        self._entries: list[OutgoingAttachment | _Reading] = []
        self.hide()

    @property
    def files(self) -> tuple[OutgoingAttachment, ...]:
        """What is attached, in order; without what is still being read."""
        return tuple(one for one in self._entries if isinstance(one, OutgoingAttachment))

    @property
    def being_read(self) -> tuple[str, ...]:
        """Names of the files that are still being read."""
        return tuple(one.path.name for one in self._entries if isinstance(one, _Reading))

    @property
    def total_bytes(self) -> int:
        """Bytes of all files together, as far as they are read."""
        return sum(len(one.content) for one in self.files)

    def set_files(self, files: Iterable[OutgoingAttachment]) -> None:
        """Show other files; what is being read still comes to them."""
        self._entries = [*files, *(one for one in self._entries if isinstance(one, _Reading))]
        self._draw()

    def forget(self) -> None:
        """Take everything out: another text is written. What was still being read is told by `left_out`."""
        missing = ", ".join(self.being_read)
        for one in self._entries:
            if isinstance(one, _Reading) and one.job is not None:
                one.job.cancel()
        self._entries = []
        self._draw()
        if missing:
            self.left_out.emit(tr("Not attached, because it was not read yet: {names}").format(names=missing))

    def add(self, filename: str, content_type: str, content: bytes) -> None:
        """Attach a file."""
        self._entries.append(OutgoingAttachment(filename, content_type, content))
        self._draw()
        self.changed.emit()

    def add_from_disk(self, paths: Sequence[Path]) -> None:
        """Attach files from the disk, as far as mail servers take them; folders are left out."""
        for path in paths:
            self._begin(_Reading(path))
        self._draw()

    def _begin(self, reading: _Reading) -> None:
        path, room = reading.path, MAX_ATTACHED - self.total_bytes

        def arrived(content: bytes | None) -> None:
            if content is None:
                self._drop(reading, tr("{name} is a folder: only files can be attached.").format(name=path.name))
            elif self.total_bytes + len(content) > MAX_ATTACHED:
                self._drop(reading, _too_big(path))
            else:
                kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                self._entries[self._entries.index(reading)] = OutgoingAttachment(path.name, kind, content)
                self._draw()
                self.changed.emit()
                self._settle()

        def failed(problem: Problem) -> None:
            self._drop(reading, _why_not(path, problem.error))

        self._entries.append(reading)
        # a share may answer as slowly as a server: it must not delay lists
        reading.job = self._work.run(
            lambda: _content(path, room), arrived, failed=failed, owner=self, lane=Lane.NETWORK
        )

    def _drop(self, reading: _Reading, why: str) -> None:
        self._entries.remove(reading)
        self._draw()
        self.refused.emit(why)

    def _settle(self) -> None:
        if not self.being_read:
            self.settled.emit()

    def ask(self) -> None:
        """Let the agent choose files."""
        names, _filter = QFileDialog.getOpenFileNames(self.window(), tr("Attach files"))
        self.add_from_disk([Path(name) for name in names])

    def _take_out(self, entry: OutgoingAttachment | _Reading) -> None:
        if isinstance(entry, _Reading):
            if entry.job is not None:
                entry.job.cancel()
            self.taken_out.emit()
        self._entries.remove(entry)
        self._draw()
        self.changed.emit()

    def _draw(self) -> None:
        clear(self._flow)
        for entry in self._entries:
            self._flow.addWidget(self._chip(entry))
        self.setVisible(bool(self._entries) and self.property("shown") is not False)

    def _fit(self) -> None:
        """Take the room that the lines of chips need: a layout that is short of it would cut the last one."""
        wanted = self._flow.heightForWidth(self.width()) if self._entries else 0
        self.setMinimumHeight(min(wanted, _MOST_PX))

    def event(self, event: QEvent) -> bool:
        """Follow the chips as they come and go."""
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return handled

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def _chip(self, entry: OutgoingAttachment | _Reading) -> QPushButton:
        if isinstance(entry, _Reading):
            words, icon_name = tr("{name}  reading…").format(name=entry.path.name), "loader-circle"
            spoken = tr("{name} is being read. Press to leave it out.").format(name=entry.path.name)
        else:
            words, icon_name = f"{entry.filename}  {size_text(len(entry.content))}", "paperclip"
            spoken = tr("Remove attachment {name}").format(name=entry.filename)
        made = button(f"{words}  ×", lambda: self._take_out(entry), variant="chip", icon_name=icon_name)
        made.setAccessibleName(spoken)
        return made

    def set_shown(self, *, on: bool) -> None:
        """Show the files, where there are any, or hide them while another text is written."""
        self.setProperty("shown", on)
        self.setVisible(on and bool(self._entries))


def _content(path: Path, room: int) -> bytes | None:
    """Return a file's bytes, None for a folder; for a thread that may wait.

    Raises OSError, and _TooBigError for a file of more than `room` bytes.
    """
    if path.is_dir():
        return None
    with path.open("rb") as file:
        content = file.read(max(0, room) + 1)
    if len(content) > room:
        raise _TooBigError
    return content


def _too_big(path: Path) -> str:
    return tr("{name} is too big: mail servers take about 25 MB in all.").format(name=path.name)


def _why_not(path: Path, error: BaseException) -> str:
    if isinstance(error, _TooBigError):
        text = _too_big(path)
    elif isinstance(error, FileNotFoundError):
        text = tr("{name} is not there any more.").format(name=path.name)
    elif isinstance(error, PermissionError):
        text = tr("{name} may not be read: this computer does not allow it.").format(name=path.name)
    else:
        text = tr("{name} could not be read. Check the disk or the network, and try again.").format(name=path.name)
    return text
