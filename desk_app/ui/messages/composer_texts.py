"""The texts a composer holds side by side: reply, note and forward never become each other (pains.md 21)."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QTextDocument

from desk_app.domain.messages.kept_draft import DraftKind
from desk_app.ui.messages.editor import ComposerEdit

KINDS = (DraftKind.REPLY, DraftKind.NOTE, DraftKind.FORWARD)
"""What can be written in a ticket, in the order of the tabs."""


class WrittenTexts(QObject):
    """One document and cursor a kind; `edit` shows one of them."""

    def __init__(self, edit: ComposerEdit) -> None:
        super().__init__(edit)
        self._edit = edit
        self._documents = {kind: QTextDocument(self) for kind in KINDS}
        self._cursors = dict.fromkeys(KINDS, 0)
        self.shown = DraftKind.REPLY
        edit.setDocument(self._documents[DraftKind.REPLY])
        edit.restyle()

    def document(self, kind: DraftKind) -> QTextDocument:
        """Return the text of a kind."""
        return self._documents[kind]

    def show(self, kind: DraftKind) -> None:
        """Put a kind's text into the editor, its cursor where it was."""
        if self._edit.document() is self._documents[kind]:
            return
        self._cursors[self.shown] = self._edit.textCursor().position()
        self.shown = kind
        self._edit.setDocument(self._documents[kind])
        self._edit.restyle()
        self._edit.put_cursor(self._cursors[kind])

    def cursor(self, kind: DraftKind) -> int:
        """Return where the cursor of a text is, in UTF-16 units from its beginning."""
        if kind is self.shown:
            self._cursors[kind] = self._edit.textCursor().position()
        return self._cursors[kind]

    def clear(self, kind: DraftKind | None = None) -> None:
        """Forget one text, or all of them."""
        for one in KINDS if kind is None else (kind,):
            if self._edit.document() is self._documents[one]:
                self._edit.forget_text()
            else:
                self._documents[one].clear()
            self._cursors[one] = 0
        if kind is None:
            self._edit.pictures.clear()
