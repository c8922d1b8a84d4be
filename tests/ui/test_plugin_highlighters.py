"""A plugin marks words while they are written (hook `text_highlighters`)."""

from __future__ import annotations

from PySide6.QtCore import QRegularExpression
from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextDocument

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api.ui import HighlighterSpec
from desk_app.ui.shell.window import MainWindow
from tests.ui import plugin_stage, stage
from tests.ui.plugin_stage import FakeControl, control, plugged

__all__ = ["control", "plugged"]  # fixtures
SAMPLE = 'id = "sample"\nname = "Sample"\nversion = "1.0"\nui_entry = "window"\npermissions = ["ui"]\n'


class Terms(QSyntaxHighlighter):
    """Underlines the word “lamp”."""

    def highlightBlock(self, text: str) -> None:  # noqa: N802 -- Qt's own
        mark = QTextCharFormat()
        mark.setFontUnderline(True)
        found = QRegularExpression("lamp").globalMatch(text)
        while found.hasNext():
            self.setFormat(found.next().capturedStart(), 4, mark)


def marks(document: QTextDocument) -> int:
    return len(document.firstBlock().layout().formats())


def test_pl_05_words_are_marked_while_they_are_written(plugged: MainWindow, control: FakeControl) -> None:
    control.halves["sample"] = lambda: {
        "text_highlighters": [HighlighterSpec("sample.terms", "Terms", lambda document, _language: Terms(document))]
    }
    control.add(plugin_stage.plugin(SAMPLE, StateKind.INACTIVE))
    plugged.inbox.list.open_first()
    stage.settle(plugged)
    document = plugged.inbox.ticket.composer.edit.document()
    document.setPlainText("The lamp")
    assert marks(document) == 0
    control.become("sample", StateKind.ACTIVE)
    stage.settle(plugged)
    assert stage.pump(lambda: marks(document) == 1, 5)
    control.become("sample", StateKind.INACTIVE)
    stage.settle(plugged)
    assert stage.pump(lambda: marks(document) == 0, 5)
