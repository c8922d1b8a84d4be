"""Logs: what the programs of this desk wrote down on this computer, newest first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QDate, QLocale, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from desk_app.plugin_api.ui import WindowPort
from desk_app.services.system.logs import LogLine
from desk_app.ui.language import tr
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.form import page_head
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.phrases import day_pattern
from desk_app.ui.timers import single_shot
from desk_app.ui.widgets.basics import button, icon_button, label, search_field
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.layout import boxed, column, row
from desk_app.ui.widgets.panels import EmptyState
from desk_app.ui.widgets.table import PlainTable, TableRow

_WRITTEN_BY = re.compile(r"[^:]*?\bdesk_app[\w.]*: ")
_TONES = {"WARNING": "warning", "ERROR": "danger", "CRITICAL": "danger"}


def level_names() -> dict[str, str]:
    """Return what the levels of entries are called."""
    return {
        "DEBUG": tr("Detail"),
        "INFO": tr("Info"),
        "WARNING": tr("Warning"),
        "ERROR": tr("Error"),
        "CRITICAL": tr("Grave error"),
    }


def moment(at: datetime) -> str:
    """Return the day and the second of an entry, the day as the agent's locale writes it: "25 Nov 09:31:07"."""
    return QLocale().toString(QDate(at.year, at.month, at.day), day_pattern()) + f" {at:%H:%M:%S}"


def shown_words(text: str) -> str:
    """Return an entry without the thread and the part of the program that wrote it; the whole entry has them."""
    found = _WRITTEN_BY.match(text)
    return text[found.end() :] if found is not None else text


class LogsPage(QWidget):
    """A filter, the entries, and the whole of the chosen one."""

    def __init__(self, session: DeskSession, port: WindowPort) -> None:
        super().__init__()
        self._session, self._port = session, port
        self._lines: Sequence[LogLine] = ()
        self._wait = single_shot(self, 200, self.load)
        self.table = PlainTable(tr("Log"), (tr("When"), tr("Level"), tr("What")), wide=2)
        self.table.chosen.connect(self._show_one)
        self.whole = QPlainTextEdit()
        self.whole.setReadOnly(True)
        self.whole.setProperty("variant", "source")
        self.whole.setAccessibleName(tr("The whole entry"))
        self.whole.setTabChangesFocus(True)
        self.whole.setFixedHeight(theme().px(150))
        self.whole.hide()
        self.nothing = EmptyState("file-text", tr("Nothing was written down."), "")
        self.count = label("", "tertiary")
        self.copy_button = button(tr("Copy"), self._copy, icon_name="copy")
        content = boxed(
            column(
                page_head(tr("Logs"), tr("On this computer only. Passwords and text of mail are never written down.")),
                self._filters(),
                self.table,
                self.nothing,
                row(self.count, None, self.copy_button),
                self.whole,
                margins=(28, 24, 28, 20),
                spacing=10,
            ),
            "canvas",
        )
        self.setLayout(column(content))
        self.load()

    def _filters(self) -> QWidget:
        self.level = Choice(
            (
                (tr("Everything"), "DEBUG"),
                (tr("Normal"), "INFO"),
                (tr("Warnings and errors"), "WARNING"),
                (tr("Errors"), "ERROR"),
            ),
            tr("Level"),
        )
        self.level.choose("INFO")
        self.level.currentIndexChanged.connect(lambda _index: self.load())
        self.words = search_field(tr("Search the log"))
        self.words.textChanged.connect(lambda _text: self._wait.start())
        self.setFocusProxy(self.words)
        line = row(
            self.words,
            self.level,
            icon_button("refresh-cw", tr("Read again"), self.load),
            button(tr("Open the folder"), self._open_folder, icon_name="folder"),
            spacing=8,
        )
        line.setStretchFactor(self.words, 1)
        return boxed(line)

    def load(self) -> None:
        """Read the log anew."""
        system, least, words = self._session.desk.system, str(self.level.currentData()), self.words.text().strip()
        self._session.work.run(lambda: system.logs(least=least, words=words), self._show, owner=self)

    def _show(self, lines: Sequence[LogLine]) -> None:
        self._lines = lines
        levels = level_names()
        self.table.show_rows(
            [
                TableRow(
                    place,
                    (moment(one.at), levels.get(one.level, one.level), shown_words(one.text)),
                    dot=_TONES.get(one.level, "border_default"),
                )
                for place, one in enumerate(lines)
            ]
        )
        self.count.setText(tr("%n line(s)", len(lines)) if lines else "")
        for one in (self.table, self.copy_button, self.whole):
            one.setVisible(bool(lines))
        self.nothing.setVisible(not lines)
        self.whole.clear()
        if lines:
            self.table.choose(0)
            self._show_one(0)

    def _show_one(self, place: object) -> None:
        if isinstance(place, int) and place < len(self._lines):
            self.whole.setPlainText(self._lines[place].whole)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.whole.toPlainText())
        self._port.notify(tr("Copied"))

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._session.desk.system.place.logs)))
