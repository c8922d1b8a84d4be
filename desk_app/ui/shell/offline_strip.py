"""The grey strip above the pages while the database or the mail servers are away: "Offline, 3 replies wait"."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QLocale, QTime
from PySide6.QtWidgets import QFrame, QWidget

from desk_app.ui.language import tr
from desk_app.ui.mailboxes.connection import Connection, Reach
from desk_app.ui.shell.error_details import ErrorDetails
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.widgets.basics import ElidedLabel, button
from desk_app.ui.widgets.layout import row
from desk_app.ui.widgets.panels import announce


class OfflineStrip(QFrame):
    """Appears and goes by itself; never in the way of what is being done."""

    def __init__(self, connection: Connection, try_now: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("offline")
        self._connection = connection
        self.text = ElidedLabel("", "secondary")
        self.retry = button(tr("Try now"), try_now, variant="link")
        self.details = button(tr("Details"), self._details, variant="link")
        line = row(
            Glyph("cloud-off", "text_secondary", 16), self.text, self.retry, self.details, margins=(16, 5, 10, 5)
        )
        line.setStretchFactor(self.text, 1)
        self.setLayout(line)
        self.hide()
        connection.changed.connect(self.show_state)
        self.show_state()

    def show_state(self) -> None:
        """Show what is away, if anything."""
        words = self._words()
        said_before = "" if self.isHidden() else self.text.whole_text
        self.setVisible(bool(words))
        if words and words != said_before:
            self.text.set_text(words)
            announce(self, words)

    def _words(self) -> str:
        found = self._connection
        if found.reach is Reach.ALL or found.since is None:
            return ""
        local = found.since.astimezone()
        clock = QLocale().toString(QTime(local.hour, local.minute), QLocale.FormatType.ShortFormat)
        if found.reach is Reach.NO_DATABASE:
            return tr("Offline since {time}: the database cannot be reached. Trying again by itself.").format(
                time=clock
            )
        if found.waiting:
            return tr("Offline since {time}, %n reply(s) wait", found.waiting).format(time=clock)
        return tr("Offline since {time}: no mail server can be reached. Trying again by itself.").format(time=clock)

    def _details(self) -> None:
        window: QWidget = self.window()
        ErrorDetails(self._connection.problem(), window, choice=(tr("Try now"), self.retry.click)).open()
