"""The list of keys, from the registry of actions: in groups, with a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

from desk_app.plugin_api.ui import ActionSpec, Registry
from desk_app.ui.language import tr
from desk_app.ui.shell.matching import match
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import button, label, scroller, search_field
from desk_app.ui.widgets.keys import key_text
from desk_app.ui.widgets.layout import boxed, column, row
from desk_app.ui.widgets.panels import EmptyState

WIDTH, HEIGHT = 880, 640
_GROUP_WEIGHT = 2
"""How many lines a group's heading and frame are worth when the two columns are balanced."""


@dataclass(frozen=True, slots=True)
class KeyLine:
    """What a key does; several keys may do the same."""

    title: str
    keys: tuple[str, ...]
    group: str

    def fits(self, words: str) -> bool:
        """Return whether typed words mean this line: its title, or one of its keys."""
        typed = words.strip().lower()
        return match(words, self.title) is not None or any(key_text(key).lower() == typed for key in self.keys)


def key_lines(actions: Registry[ActionSpec]) -> list[KeyLine]:
    """Return every key of the window, and those of the composer that are no actions."""
    found = [KeyLine(spec.title, spec.keys, spec.group or tr("Plugins")) for spec in actions if spec.keys]
    writing = tr("Writing")
    known = {key for line in found for key in line.keys}
    return [
        *found,
        *(
            KeyLine(title, keys, writing)
            for title, keys in (
                (tr("Send, or add the note"), ("Ctrl+Return",)),
                (tr("Paste without formatting"), ("Ctrl+Shift+V",)),
                (tr("Canned response"), ("/",)),
                (tr("Mention a colleague in a note"), ("@",)),
            )
            if keys[0] == "/" or not known & set(keys)
        ),
    ]


def caps(keys: Sequence[str]) -> QWidget:
    """Return key caps: "G then I", several keys beside each other."""
    line = row(spacing=4)
    for place, key in enumerate(keys):
        if place:
            line.addSpacing(6)
        for number, part in enumerate(key.split(", ")):
            if number:
                line.addWidget(label(tr("then"), "tertiary"))
            cap: QLabel = label(key_text(part), "kbd")
            cap.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            line.addWidget(cap)
    return boxed(line)


class KeysSheet(QDialog):
    """Shows which key does what."""

    def __init__(self, actions: Registry[ActionSpec], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        room = parent.size() if parent is not None else None
        width, height = theme().px(WIDTH), theme().px(HEIGHT)
        self.resize(min(width, room.width() - 80), min(height, room.height() - 80)) if room else self.resize(
            width, height
        )
        self.search = search_field(tr("Search actions or keys"))
        self.search.setFixedWidth(theme().px(280))
        self.search.textChanged.connect(self._filter)
        self._lines: list[tuple[KeyLine, QWidget]] = []
        self._groups: list[tuple[QWidget, list[QWidget]]] = []
        self._nothing = EmptyState("keyboard", tr("No such key"), tr("Try another word, or the key itself."))
        self._nothing.hide()
        sides = [column(spacing=12), column(spacing=12)]
        inside = boxed(column(row(*sides, spacing=16), self._nothing, None, margins=(2, 2, 12, 2)), "canvas")
        head = row(label(tr("Keyboard shortcuts"), "h2"), None, self.search)
        hint = label(tr("Keys are changed in the settings, under Keyboard."), "tertiary")
        end = row(hint, None, button(tr("Close"), self.close, variant="primary"))
        self.setLayout(column(head, scroller(inside, tr("Keys")), end, margins=(20, 16, 20, 16), spacing=12))
        self._fill(sides, key_lines(actions))  # last: what is put into something else gets a new style with it
        self.search.setFocus()

    def _fill(self, sides: Sequence[QVBoxLayout], lines: Sequence[KeyLine]) -> None:
        groups: dict[str, list[KeyLine]] = {}
        for line in lines:
            groups.setdefault(line.group, []).append(line)
        weights = [0] * len(sides)
        for name, found in groups.items():
            side = weights.index(min(weights))
            weights[side] += len(found) + _GROUP_WEIGHT
            sides[side].addWidget(self._group(name, found))
        for side_column in sides:
            side_column.addStretch(1)

    def _group(self, name: str, lines: Sequence[KeyLine]) -> QFrame:
        frame = QFrame()
        frame.setObjectName("panelcard")
        content = column(label(name.upper(), "caption"), margins=(14, 10, 12, 10), spacing=4)
        rows = []
        for line in lines:
            title = label(line.title, wrap=True)
            title.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            made = boxed(row(title, caps(line.keys), spacing=10))
            content.addWidget(made)
            rows.append(made)
            self._lines.append((line, made))
        frame.setLayout(content)
        self._groups.append((frame, rows))
        return frame

    def shown(self) -> list[str]:
        """Return the titles that fit the search."""
        return [line.title for line, made in self._lines if not made.isHidden()]

    def _filter(self, words: str) -> None:
        for line, made in self._lines:
            made.setVisible(line.fits(words))
        for frame, rows in self._groups:
            frame.setVisible(any(not one.isHidden() for one in rows))
        self._nothing.setVisible(not self.shown())
