"""A plugin may highlight words in what is written; the program itself brings nothing (CO-15)."""

from __future__ import annotations

from PySide6.QtGui import QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from desk_app.plugin_api.ui import HighlighterSpec
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.ui import stage


class Wrong(QSyntaxHighlighter):
    """Underlines "teh"."""

    def highlightBlock(self, text: str) -> None:  # noqa: N802 -- Qt's own
        fmt = QTextCharFormat()
        fmt.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SpellCheckUnderline)
        fmt.setFontWeight(QFont.Weight.Bold)
        place = text.find("teh")
        if place >= 0:
            self.setFormat(place, 3, fmt)


def test_co_15_a_registered_highlighter_marks_words_and_changes_nothing(window: MainWindow, kit: DeskKit) -> None:
    asked: list[str] = []

    def factory(document: QTextDocument, language: str) -> QSyntaxHighlighter | None:
        asked.append(language)
        return None if language == "xx" else Wrong(document)

    registry = window.registries.highlighters
    assert len(registry) == 0, "nothing is built in"
    window.open_ticket(next(one.id for one in kit.tickets() if one.requester_email == "budi@kopi.example"))
    stage.settle(window)
    registry.register(HighlighterSpec("spell", "Spelling", factory), "example")
    composer = window.inbox.ticket.composer
    composer.edit.setPlainText("teh lamp")
    stage.settle(window)
    first = composer.edit.document().firstBlock()
    assert [(one.start, one.length) for one in first.layout().formats()] == [(0, 3)]
    assert composer.draft().html == "<p>teh lamp</p>", "marks are no part of the mail"
    assert set(asked) == {window.inbox.ticket.view.ticket.language}  # type: ignore[union-attr]
    composer.focus_note()
    composer.edit.setPlainText("teh note")
    assert composer.edit.document().firstBlock().layout().formats()
    assert window.registries.remove_owner("example") == 1
    stage.settle(window)
    assert not composer.edit.document().firstBlock().layout().formats()
