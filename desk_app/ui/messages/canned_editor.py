"""One canned response being written: title, folder, who may use it, language, text, files, a live preview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QTextBrowser, QWidget

from desk_app.domain.messages.canned import CannedResponse, clean_folder
from desk_app.domain.messages.placeholders import unknown
from desk_app.services.messages.canned import filled
from desk_app.services.queries.facts import DeskFacts
from desk_app.ui.language import LANGUAGES, tr
from desk_app.ui.messages.composer_files import AttachedFiles
from desk_app.ui.messages.rich_field import RichField, card_of, further_of
from desk_app.ui.messages.suggest_sources import preview_html
from desk_app.ui.theme.fonts import font
from desk_app.ui.tickets.phrases import full_time
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.layout import boxed, column, row
from desk_app.ui.widgets.panels import Field
from desk_app.ui.work import Work

NEW = CannedResponse(0, "", "")
FURTHER_LANGUAGES = {"de": "Deutsch", "fr": "Français", "it": "Italiano", "nl": "Nederlands", "pt": "Português"}
_MINE, _EVERYBODY = "mine", "everybody"


class CannedEditor(QWidget):
    """Shows a response and gives back what became of it."""

    changed = Signal()
    delete_asked = Signal()
    refused = Signal(str)
    """A sentence: a file was not taken."""

    def __init__(self, agent_id: int, work: Work) -> None:
        super().__init__()
        self._agent_id = agent_id
        self._response = self._stored = NEW
        self._values: Mapping[str, str] = {}
        self.title = QLineEdit()
        self.folder = Choice()
        self.folder.setEditable(True)
        self.folder.setToolTip(tr("Folders may lie in folders: Money/Refunds"))
        self.folder.setAccessibleName(tr("Folder"))
        self.who, self.language = Choice(), Choice()
        self.text = RichField(tr("Text"))
        self.files = AttachedFiles(work)
        self.attach = button(tr("Attach files"), self.files.ask, variant="ghost", icon_name="paperclip")
        self.preview = QTextBrowser()
        self.preview.setFrameShape(QFrame.Shape.NoFrame)
        self.preview.setAccessibleName(tr("Preview"))
        self.preview.setOpenLinks(False)
        self.preview.setFixedHeight(130)
        self._used = label("", "tertiary")
        self.delete = button(tr("Delete"), self.delete_asked.emit, variant="ghost", icon_name="trash-2")
        self._text_field = Field(tr("Text"), self.text)
        self._title_field = Field(tr("Title"), self.title)
        folder = Field(tr("Folder"), self.folder)
        where = row(folder, Field(tr("Who is offered it"), self.who), Field(tr("Language"), self.language), spacing=12)
        self.setLayout(
            column(
                self._title_field,
                boxed(where),
                self._text_field,
                self.files,
                row(self.attach, None, self._used, self.delete),
                Field(tr("Preview"), card_of(self.preview), help_text=tr("Filled in with example values.")),
                spacing=14,
            )
        )
        for box in (self.title, self.folder.lineEdit()):
            if box is not None:
                box.textChanged.connect(self._touch)
        for choice in (self.who, self.language):
            choice.currentIndexChanged.connect(self._touch)
        self.text.changed.connect(self._touch)
        self.files.changed.connect(self._touch)
        self.files.refused.connect(self.refused)
        self._quiet = False

    def set_choices(self, facts: DeskFacts, folders: Iterable[str], values: Mapping[str, str]) -> None:
        """Take departments, folders there are, and values for the preview."""
        self._values = values
        self.text.further = further_of(values)
        self._quiet = True
        folder, who, language = self.folder.currentText(), self.who.currentData(), self.language.currentData()
        self.folder.clear()
        self.folder.addItems(sorted({one for one in folders if one}, key=str.casefold))
        self.folder.setCurrentText(folder)
        self.who.clear()
        self.who.addItem(tr("Everybody"), _EVERYBODY)
        self.who.addItem(tr("Only me"), _MINE)
        for department in facts.departments:
            self.who.addItem(department.name, department.id)
        self.language.clear()
        self.language.addItem(tr("Any language"), "")
        for code, name in {**LANGUAGES, **FURTHER_LANGUAGES}.items():
            self.language.addItem(name, code)
        self.who.setCurrentIndex(max(0, self.who.findData(who)))
        self.language.setCurrentIndex(max(0, self.language.findData(language)))
        self._quiet = False
        self._look()

    def set_response(self, response: CannedResponse) -> None:
        """Show a response."""
        self._quiet = True
        self._response = response
        self.title.setText(response.title)
        self.folder.setCurrentText(response.folder)
        mine = response.agent_id is not None
        self.who.setCurrentIndex(max(0, self.who.findData(_MINE if mine else response.department_id or _EVERYBODY)))
        if response.language and self.language.findData(response.language) < 0:
            self.language.addItem(response.language, response.language)
        self.language.setCurrentIndex(max(0, self.language.findData(response.language)))
        self.text.edit.pictures = {one.content_id: one for one in response.attachments if one.content_id}
        self.text.set_written(response.html, response.text)
        self.files.forget()
        self.files.set_files(one for one in response.attachments if not one.content_id)
        used = tr("Used %n time(s)", response.use_count) if response.use_count else tr("Not used yet")
        if response.used_at is not None:
            used += " · " + tr("last on {when}").format(when=full_time(response.used_at))
        self._used.setText(used if response.id else "")
        self.delete.setVisible(bool(response.id))
        self._title_field.set_error("")
        self._text_field.set_error("")
        self._stored = self.response
        self._quiet = False
        self._look()

    @property
    def response(self) -> CannedResponse:
        """What is written."""
        html, text = self.text.written
        who = self.who.currentData()
        return replace(
            self._response,
            title=self.title.text().strip(),
            folder=clean_folder(self.folder.currentText()),
            language=str(self.language.currentData() or ""),
            agent_id=self._agent_id if who == _MINE else None,
            department_id=who if isinstance(who, int) else None,
            text=text,
            html=html,
            attachments=(*self.files.files, *self.text.edit.used_pictures()),
        )

    @property
    def stored(self) -> CannedResponse:
        """The response as it is stored."""
        return self._response

    @property
    def dirty_or_new(self) -> bool:
        """Whether another response must not simply take this one's place."""
        return self.dirty or bool(self._response.id)

    @property
    def dirty(self) -> bool:
        """Whether something differs from what is stored."""
        return bool(self.files.being_read) or self.response != self._stored

    def _touch(self) -> None:
        if not self._quiet:
            self._look()
            self.changed.emit()

    def _look(self) -> None:
        one = self.response
        made = filled(replace(one, file_names=tuple(file.filename for file in self.files.files)), self._values)
        self.preview.document().setDefaultFont(font(13))
        self.preview.setHtml(preview_html(made))
        wrong = unknown(f"{one.text}", (name for name, _title in self.text.further))
        self._text_field.set_error(
            tr("Nobody knows these placeholders: {names}").format(names=", ".join(wrong)) if wrong else ""
        )
