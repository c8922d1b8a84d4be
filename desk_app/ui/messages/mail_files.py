"""Files of messages on their way out of the window: opened, saved, dragged; and the raw mail (IN-27, MB-14)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDrag
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from desk_app.services.queries.conversation import AttachmentView, MessageView
from desk_app.ui.language import tr
from desk_app.ui.messages.attachment_tiles import danger_of
from desk_app.ui.messages.preview import PreviewDialog
from desk_app.ui.messages.source_view import SourceDialog
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.tickets.tell import tell
from desk_app.ui.widgets.basics import Menu, label

if TYPE_CHECKING:
    from desk_app.ui.tickets.acts import TicketActs

_NAME_BYTES = 200
"""So long a file's name may be: file systems take 255 bytes, which are 85 letters of some scripts."""


class MailFiles(QObject):
    """What can be done with the files of the open ticket. `host` is the parent of dialogs."""

    def __init__(self, session: DeskSession, acts: TicketActs, host: QWidget) -> None:
        super().__init__(host)
        self._session, self._acts, self._host = session, acts, host
        self._temporary = tempfile.TemporaryDirectory(prefix="desk-app-")

    def close(self) -> None:
        """Delete the files made for opening and dragging."""
        self._temporary.cleanup()

    # -- attachments ------------------------------------------------------------------------------------------------
    def menu(self, attachment: AttachmentView, siblings: Sequence[AttachmentView], where: QWidget) -> None:
        """Offer everything that can be done with an attachment; `siblings` are all files of its message."""
        menu = Menu(self._host)
        menu.add(tr("Preview"), lambda: self.preview(attachment, siblings), icon_name="eye")
        menu.add(tr("Open the file"), lambda: self.open(attachment), icon_name="external-link")
        menu.add(tr("Save as…"), lambda: self.ask_save(attachment), icon_name="download")
        if len(siblings) > 1:
            menu.add(tr("Save all…"), lambda: self.ask_save_all(siblings), icon_name="folder")
        menu.below(where)

    def preview(self, attachment: AttachmentView, siblings: Sequence[AttachmentView]) -> PreviewDialog:
        """Show an attachment without running anything of it; the others are one key away."""
        dialog = PreviewDialog(self._session, siblings, attachment, self, self._host)
        dialog.open()
        return dialog

    def open(self, attachment: AttachmentView) -> None:
        """Open an attachment with the computer's program for it; dangerous kinds ask first."""
        self._warned(
            attachment,
            tr("Open “{name}”?").format(name=attachment.filename),
            tr("Open the file"),
            lambda: self._open(attachment),
        )

    def _warned(self, attachment: AttachmentView, title: str, yes: str, go_on: Callable[[], object]) -> None:
        risk = danger_of(attachment.filename)
        if not risk:
            go_on()
            return
        question = Question(title, yes, self._host, danger=True)
        question.content.addWidget(label(risk, "secondary", wrap=True))
        question.ask(go_on)

    def _open(self, attachment: AttachmentView) -> None:
        target = self._place_for(attachment)
        self.save(attachment, target, lambda: _open_on_disk(target))

    def _place_for(self, attachment: AttachmentView) -> Path:
        return Path(tempfile.mkdtemp(dir=self._temporary.name)) / safe_filename(attachment.filename)

    def ask_save(self, attachment: AttachmentView) -> None:
        """Ask where to, and save; dangerous kinds ask first."""
        title = tr("Save “{name}”?").format(name=attachment.filename)
        self._warned(attachment, title, tr("Save"), lambda: self._choose_place(attachment))

    def _choose_place(self, attachment: AttachmentView) -> None:
        name, _filter = QFileDialog.getSaveFileName(
            self._host, tr("Save attachment"), safe_filename(attachment.filename)
        )
        if name:
            words = tr("Saved as {name}").format(name=Path(name).name)
            self.save(attachment, Path(name), lambda: tell(self._acts, words, icon="download"))

    def ask_save_all(self, attachments: Sequence[AttachmentView]) -> None:
        """Ask for a folder and save every file into it."""
        folder = QFileDialog.getExistingDirectory(self._host, tr("Save all attachments"))
        if folder:
            self.save_all(attachments, Path(folder))

    def save_all(self, attachments: Sequence[AttachmentView], folder: Path) -> None:
        """Save files into a folder; a name that is taken gets a number, nothing is overwritten."""
        conversations = self._session.desk.conversations

        def write() -> int:
            count = 0
            for one in attachments:
                found = conversations.attachment(one.id)
                if found is not None:
                    write_whole(_free_name(folder, safe_filename(one.filename)), found[1])
                    count += 1
            return count

        self._session.work.run(
            write, lambda count: tell(self._acts, tr("%n file(s) saved", count), icon="download"), owner=self
        )

    def save(self, attachment: AttachmentView, target: Path, saved: Callable[[], object]) -> None:
        """Write an attachment to a file, off the GUI thread."""
        conversations = self._session.desk.conversations

        def write() -> None:
            found = conversations.attachment(attachment.id)
            if found is None:
                raise LookupError(tr("The attachment is gone."))
            write_whole(target, found[1])

        def written(_none: None) -> None:
            saved()

        self._session.work.run(write, written, owner=self)

    def drag(self, attachment: AttachmentView, source: QWidget) -> None:
        """Begin to drag an attachment out as a file, once its bytes are on the disk."""
        target = self._place_for(attachment)

        def ready() -> None:
            if not QApplication.mouseButtons() & Qt.MouseButton.LeftButton:
                return  # let go before the bytes were there
            data = file_data([target])
            drag = QDrag(source)
            drag.setMimeData(data)
            drag.exec(Qt.DropAction.CopyAction)

        self.save(attachment, target, ready)

    # -- raw mail ---------------------------------------------------------------------------------------------------
    def show_source(self, message: MessageView) -> None:
        """Show the mail as it came."""
        conversations = self._session.desk.conversations
        title = message.subject or tr("(no subject)")
        self._session.work.run(
            lambda: conversations.raw(message.id),
            lambda raw: SourceDialog(title, raw or b"", self._host).open(),
            owner=self,
        )

    def save_raw(self, message: MessageView) -> None:
        """Save the mail as it came."""
        name, _filter = QFileDialog.getSaveFileName(self._host, tr("Save as .eml"), f"message-{message.id}.eml")
        if name:
            conversations = self._session.desk.conversations
            words = tr("Saved as {name}").format(name=Path(name).name)
            self._session.work.run(
                lambda: write_whole(Path(name), conversations.raw(message.id) or b""),
                lambda _none: tell(self._acts, words, icon="download"),
                owner=self,
            )


def file_data(paths: Sequence[Path]) -> QMimeData:
    """Return what a drag carries so that other programs take it as files."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def safe_filename(name: str) -> str:
    """Return a file name without folders, control characters or names a system reserves."""
    cleaned = "".join("_" if char in '<>:"/\\|?*' or ord(char) < 32 else char for char in name).strip(" .")
    stem = cleaned.partition(".")[0].upper()
    reserved = {"CON", "PRN", "AUX", "NUL", *(f"COM{n}" for n in range(1, 10)), *(f"LPT{n}" for n in range(1, 10))}
    named = f"_{cleaned}" if stem in reserved else cleaned
    fitting = named.encode("utf-8", "ignore")[-_NAME_BYTES:].decode("utf-8", "ignore")  # the end says what kind it is
    return fitting.strip(" .") or "attachment"


def write_whole(target: Path, content: bytes) -> None:
    """Write a file, or leave what was there: never half of it where the disk is full."""
    part = target.with_name(f".{target.name[-_NAME_BYTES // 4 :]}.part")
    try:
        part.write_bytes(content)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _free_name(folder: Path, name: str) -> Path:
    target, number = folder / name, 2
    while target.exists():
        stem, dot, ending = name.rpartition(".")
        target = folder / (f"{stem} ({number}).{ending}" if dot and stem else f"{name} ({number})")
        number += 1
    return target


def _open_on_disk(target: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(target)))
