"""The composer in a window of its own (ui.md 4.5). It hands the text over through the draft, so that nothing is lost
whichever of both closes first."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from desk_app.domain.messages.kept_draft import DraftKind
from desk_app.plugin_api.ui import UiRegistries
from desk_app.services.queries.conversation import ConversationView
from desk_app.ui.language import tr
from desk_app.ui.messages.composer import TEAR_KEY
from desk_app.ui.messages.writing import Writing
from desk_app.ui.session import DeskSession
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.widgets.layout import boxed, column, row


class ComposerWindow(QWidget):
    """Writes to one ticket. It closes when its text was sent, and when it is docked again; the draft is kept."""

    docked = Signal(int, str)
    """The window is closing; the ticket goes back to its pane, which shows this kind of text."""

    def __init__(self, session: DeskSession, registries: UiRegistries, view: ConversationView, kind: DraftKind) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self.setWindowTitle(f"#{view.ticket.number} {view.ticket.subject or tr('(no subject)')}")
        self.ticket_id = view.ticket.id
        self.writing = Writing(session, registries, self)
        self.composer = self.writing.composer
        self.composer.set_torn(on=True)
        self.composer.tear_asked.connect(self.close)
        self.setLayout(column(self.writing.neighbours, self.composer, margins=(12, 12, 12, 12)))
        for key in (TEAR_KEY, "Ctrl+W"):
            QShortcut(QKeySequence(key), self).activated.connect(self.close)
        self.setMinimumSize(460, 320)
        self.resize(760, 560)
        self.writing.reply_sent.connect(lambda _sent, _order: self.close())
        self.writing.note_added.connect(lambda _note: self.close())
        self.writing.open(view)
        self.composer.set_kind(kind)

    def take_view(self, view: ConversationView) -> None:
        """Take the ticket as it was read again."""
        self.writing.take_view(view)

    def bring_up(self) -> None:
        """Show the window above the others."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.composer.edit.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the text as a draft and give the ticket back."""
        kind = self.composer.kind
        self.writing.close(wait=False)
        self.docked.emit(self.ticket_id, kind.value)
        super().closeEvent(event)


def placeholder(show: Callable[[], object], dock: Callable[[], object]) -> QWidget:
    """Return what stands where the composer was, with the ways to it."""
    words = label(tr("This ticket is being written to in a window of its own."), "secondary", wrap=True)
    line = row(words, button(tr("Show"), show), button(tr("Dock it here"), dock), margins=(14, 10, 10, 10))
    line.setStretchFactor(words, 1)
    return boxed(line, "panelcard", frame=True)
