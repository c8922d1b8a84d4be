"""Hands the composer's texts to whoever highlights words in them (CO-15)."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject
from PySide6.QtGui import QSyntaxHighlighter

from desk_app.plugin_api.ui import HighlighterSpec, Registry
from desk_app.ui.messages.composer_texts import KINDS, WrittenTexts

_log = logging.getLogger(__name__)


class Highlighting(QObject):
    """Keeps the registered highlighters on every text of one composer."""

    def __init__(self, registry: Registry[HighlighterSpec], texts: WrittenTexts) -> None:
        super().__init__(texts)
        self._registry, self._texts = registry, texts
        self._language = ""
        self._made: list[QSyntaxHighlighter] = []
        self.destroyed.connect(registry.on_change(self.renew))
        self.renew()

    def set_language(self, language: str) -> None:
        """Follow the language of the ticket."""
        if language != self._language:
            self._language = language
            self.renew()

    def renew(self) -> None:
        """Make the highlighters anew; one that fails is left out and noted."""
        for old in self._made:
            old.setDocument(None)
            old.deleteLater()
        self._made = []
        for spec in self._registry:
            for kind in KINDS:
                try:
                    made = spec.factory(self._texts.document(kind), self._language)
                except Exception:  # noqa: BLE001 -- writing goes on without it
                    _log.exception("the highlighter %s failed", spec.id)
                    break
                if made is not None:
                    self._made.append(made)
