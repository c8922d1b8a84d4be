"""Makes a canned response of what was just written."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor, QTextDocument
from PySide6.QtWidgets import QLineEdit, QWidget

from desk_app.domain.messages.canned import CannedResponse
from desk_app.ui.language import tr
from desk_app.ui.messages.editor import ComposerEdit
from desk_app.ui.messages.serializer import serialize
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.widgets.basics import ElidedLabel
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.panels import Field

Tell = Callable[[str, object, str], object]


def selected_text(edit: ComposerEdit) -> tuple[str, str]:
    """Return the selection as HTML and text, the whole text where nothing is selected."""
    cursor = edit.textCursor()
    if not cursor.hasSelection():
        return serialize(edit.document())
    document = QTextDocument()
    QTextCursor(document).insertFragment(cursor.selection())
    return serialize(document)


class KeepQuestion(Question):
    """Asks for title and folder, and who is offered it."""

    def __init__(self, session: DeskSession, edit: ComposerEdit, tell: Tell, parent: QWidget) -> None:
        super().__init__(tr("Save as a canned response"), tr("Save"), parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session, self._tell = session, tell
        self._html, self._text = selected_text(edit)
        self._pictures = tuple(one for key, one in edit.pictures.items() if f"cid:{key}" in self._html)
        self.title = QLineEdit()
        self.folder = Choice()
        self.folder.setEditable(True)
        self.who = Choice()
        self.who.addItem(tr("Only me"), True)
        self.who.addItem(tr("Everybody"), False)
        self._title_field = Field(tr("Title"), self.title)
        for one in (self._title_field, Field(tr("Folder"), self.folder), Field(tr("Who is offered it"), self.who)):
            self.content.addWidget(one)
        self.content.addWidget(ElidedLabel(" ".join(self._text.split()), "tertiary"))
        session.work.run(lambda: session.desk.canned.visible(session.agent.id), self._offer_folders, owner=self)
        self.title.setFocus()

    def _offer_folders(self, there: object) -> None:
        folders = {one.folder for one in there if one.folder} if isinstance(there, (list, tuple)) else set()
        self.folder.addItems(sorted(folders, key=str.casefold))
        self.folder.setCurrentText("")

    def accept(self) -> None:
        """Save; the question stays when something is missing."""
        canned, actor = self._session.desk.canned, self._session.actor
        made = CannedResponse(
            0,
            self.title.text(),
            self._text,
            self._html,
            self.folder.currentText(),
            agent_id=self._session.agent.id if self.who.currentData() else None,
            attachments=self._pictures,
        )

        def saved(stored: CannedResponse) -> None:
            def undo() -> None:
                self._session.work.write(lambda: canned.delete(stored.id, actor))

            self._tell(tr("Saved: type / to insert it"), undo, "message-square-text")
            super(KeepQuestion, self).accept()

        def failed(problem: Problem) -> None:
            self.yes.setEnabled(True)
            self._title_field.set_error(problem.text)

        self.yes.setEnabled(False)  # pressed twice it is saved once
        self._session.work.write(lambda: canned.save(made, actor), saved, failed=failed, owner=self)
