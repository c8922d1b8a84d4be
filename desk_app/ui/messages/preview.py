"""Shows attachments without running anything of them: pictures, text, tables, mails, pages of a PDF (IN-27)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QKeyEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QPlainTextEdit,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desk_app.services.queries.conversation import AttachmentView
from desk_app.ui.language import said, tr
from desk_app.ui.messages.attachment_tiles import attachment_icon, danger_of
from desk_app.ui.messages.body_view import BodyView
from desk_app.ui.messages.preview_content import Kind, Preview, preview_of
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.phrases import size_text
from desk_app.ui.widgets.basics import ElidedLabel, button, icon_button, label, scroller
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.panels import Banner, EmptyState
from desk_app.ui.widgets.tips import plain_tip

if TYPE_CHECKING:
    from desk_app.ui.messages.mail_files import MailFiles


class FittingPicture(QLabel):
    """A picture as large as it is, or as there is room; pressing it changes between the two."""

    def __init__(self, image: QImage, name: str) -> None:
        super().__init__()
        self._image = image
        self._whole = True
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAccessibleName(name)
        self.setMinimumSize(80, 80)

    def _fit(self) -> None:
        ratio = self.devicePixelRatioF()
        room = self.size() * ratio
        image = self._image
        if image.width() > room.width() or image.height() > room.height():
            image = image.scaled(room, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
        shown = QPixmap.fromImage(image)
        shown.setDevicePixelRatio(ratio)
        self.setPixmap(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the room there is."""
        super().resizeEvent(event)
        self._fit()


class PreviewDialog(QDialog):
    """A gallery of the files of one message; Left and Right change between them, Esc closes."""

    def __init__(
        self,
        session: DeskSession,
        attachments: Sequence[AttachmentView],
        first: AttachmentView,
        files: MailFiles,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Preview"))
        self.resize(900, 680)
        self._session, self._files = session, files
        self._attachments = list(attachments) or [first]
        self._place = next((n for n, one in enumerate(self._attachments) if one.id == first.id), 0)
        self.shown: Preview | None = None
        """What is on screen; None while it is read."""
        self.name = ElidedLabel("", "title")
        self.about = label("", "tertiary")
        self.before = icon_button("chevron-left", tr("Previous file"), lambda: self.step(-1), key="Left")
        self.after = icon_button("chevron-right", tr("Next file"), lambda: self.step(1), key="Right")
        self._stage: QVBoxLayout = column()
        texts = column(self.name, self.about, spacing=1)
        head = row(texts, self.before, self.after, spacing=4)
        head.setStretchFactor(texts, 1)
        foot = row(
            button(tr("Save all…"), self._save_all, icon_name="folder") if len(self._attachments) > 1 else None,
            None,
            button(tr("Save as…"), lambda: files.ask_save(self.attachment), icon_name="download"),
            button(tr("Open the file"), lambda: files.open(self.attachment), icon_name="external-link"),
            button(tr("Close"), self.close, variant="primary"),
        )
        stage = boxed(self._stage)
        content = column(head, stage, foot, margins=(18, 16, 18, 16), spacing=12)
        content.setStretchFactor(stage, 1)
        self.setLayout(content)
        self._show()

    @property
    def attachment(self) -> AttachmentView:
        """The file on screen."""
        return self._attachments[self._place]

    def _save_all(self) -> None:
        self._files.ask_save_all(self._attachments)

    def step(self, by: int) -> None:
        """Show the next or previous file."""
        there = self._place + by
        if 0 <= there < len(self._attachments):
            self._place = there
            self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let the arrows change between files."""
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key())) if event.key() else None
        if by is not None:
            self.step(by)
        else:
            super().keyPressEvent(event)

    def _show(self) -> None:
        one, count = self.attachment, len(self._attachments)
        self.shown = None
        self.name.set_text(one.filename or tr("(no name)"))
        place = tr("{place} of {count}").format(place=self._place + 1, count=count) if count > 1 else ""
        self.about.setText(" · ".join(part for part in (size_text(one.size), kind_words(one), place) if part))
        self.about.setToolTip(plain_tip(one.content_type))
        self.before.setEnabled(self._place > 0)
        self.after.setEnabled(self._place < count - 1)
        self._fill(label(tr("Loading…"), "tertiary"))
        conversations = self._session.desk.conversations

        def read() -> Preview:
            found = conversations.attachment(one.id)
            if found is None:
                return Preview(Kind.NOTHING, reason="The attachment is gone.")
            return preview_of(one.filename, one.content_type, found[1])

        def arrived(preview: Preview) -> None:
            if one is self.attachment:
                self.shown = preview
                self._fill(_made(preview, one))

        self._session.work.run(read, arrived, owner=self)

    def _fill(self, content: QWidget) -> None:
        clear(self._stage)
        risk = danger_of(self.attachment.filename)
        if risk:
            self._stage.addWidget(Banner(risk, "danger"))
        self._stage.addWidget(content, 1)


def kind_words(one: AttachmentView) -> str:
    """Return what kind of file it is as its name says it, "PDF"; what it was sent as where the name says nothing."""
    _name, dot, ending = one.filename.rpartition(".")
    return ending.upper() if dot and ending.isalnum() and len(ending) <= 5 else one.content_type


def _made(preview: Preview, one: AttachmentView) -> QWidget:
    makers: dict[Kind, Callable[[], QWidget | None]] = {
        Kind.PICTURE: lambda: _picture(preview, one.filename),
        Kind.TEXT: lambda: _text(preview),
        Kind.TABLE: lambda: _table(preview),
        Kind.MAIL: lambda: _mail(preview),
        Kind.PAGES: lambda: _pages(preview),
    }
    made = makers.get(preview.kind)
    content = made() if made is not None else None
    if content is None:
        reason = said(preview.reason) or tr("There is no preview of this kind of file.")
        return EmptyState(attachment_icon(one), tr("No preview"), reason)
    if preview.reason:
        lines = column(label(said(preview.reason), "tertiary", wrap=True), content, spacing=8)
        lines.setStretchFactor(content, 1)
        return boxed(lines)
    return content


def _picture(preview: Preview, name: str) -> QWidget | None:
    return FittingPicture(preview.images[0], name) if preview.images else None


def _pages(preview: Preview) -> QScrollArea:
    pages = column(spacing=12)
    for number, image in enumerate(preview.images, 1):
        page = QLabel()
        page.setPixmap(QPixmap.fromImage(image))
        page.setAccessibleName(tr("Page {number}").format(number=number))
        page.setAlignment(Qt.AlignmentFlag.AlignCenter)
        pages.addWidget(page)
    return scroller(boxed(pages, "canvas"), tr("Pages"))


def _text(preview: Preview) -> QPlainTextEdit:
    view = QPlainTextEdit(preview.text)
    view.setReadOnly(True)
    view.setProperty("variant", "source")
    view.setAccessibleName(tr("Text of the file"))
    return view


def _table(preview: Preview) -> QTableWidget:
    width = max((len(line) for line in preview.rows), default=0)
    view = QTableWidget(max(0, len(preview.rows) - 1), width)
    view.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    view.setAccessibleName(tr("Table of the file"))
    with contextlib.suppress(IndexError):
        view.setHorizontalHeaderLabels([*preview.rows[0], *[""] * (width - len(preview.rows[0]))])
    for at, line in enumerate(preview.rows[1:]):
        for place, value in enumerate(line):
            view.setItem(at, place, QTableWidgetItem(value))
    return view


def _mail(preview: Preview) -> QScrollArea:
    head = column(spacing=2)
    for name, value in preview.rows:
        caption = label(
            {"From": tr("From"), "To": tr("To"), "Subject": tr("Subject"), "Date": tr("Date")}.get(name, name)
        )
        caption.setProperty("role", "tertiary")
        caption.setFixedWidth(70)
        text = label(value, wrap=True, selectable=True)
        line = row(caption, text, spacing=8)
        line.setStretchFactor(text, 1)
        head.addLayout(line)
    return scroller(boxed(column(head, BodyView("", preview.text), None, spacing=12), "surface"), tr("Mail"))
