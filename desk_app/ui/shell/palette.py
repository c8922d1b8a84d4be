"""The command palette: every command, place and person in one box (ui.md 4.9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QSizePolicy, QWidget
from shiboken6 import isValid

from desk_app.ui.language import tr
from desk_app.ui.shell.matching import match
from desk_app.ui.shell.palette_lines import HEADING, LETTERS, Entry, PaletteDelegate
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import ElidedLabel, button, chip, label, set_words
from desk_app.ui.widgets.keys import key_text
from desk_app.ui.widgets.layout import column, hairline, row
from desk_app.ui.widgets.panels import announce

__all__ = ["Entry", "Palette", "Step"]

_NEARER = 100
"""So much better fits what concerns the selection: less than between two ways to fit."""
SHOWN = 60
MOST_HEIGHT, LEAST_LINES = 450, 72
Search = Callable[[str], Iterable[Entry]]
_Line = tuple[Entry, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Step:
    """What the box offers: entries, and what is made of the words typed. `take` lets words such as "#12" or ">" choose
    among the entries and returns what is left to match. `later` is called with the words typed, and `add_late` takes
    what was found for them."""

    entries: tuple[Entry, ...]
    search: Search
    prompt: str = ""
    context: str = ""
    grouped: bool = False
    take: Callable[[str, Sequence[Entry]], tuple[str, Sequence[Entry]]] = lambda text, entries: (text, entries)
    later: Callable[[str], None] | None = None


class Palette(QWidget):
    """A dimmed layer over the window with the box on it. Esc closes; focus returns to where it was.

    An entry that opens the palette again makes a step in the same box; Back and Backspace lead out of it.
    """

    WIDTH = 600

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._host = host
        self._step = Step((), lambda _text: ())
        self._earlier: list[tuple[Step, str]] = []
        self._running: tuple[Step, str] | None = None
        self._found: list[Entry] = []
        self._late: list[Entry] = []
        self._before: QWidget | None = None
        self.ran: Callable[[Entry], None] = lambda _entry: None
        """Told of every entry that runs."""
        self._box = QFrame(self)
        self._box.setObjectName("palette")
        self.input = QLineEdit()
        self.input.setAccessibleName(tr("Command"))
        self.back = button(tr("Back"), self.step_back, variant="chip", icon_name="chevron-left")
        self._chip = chip("")
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Commands"))
        self._delegate = PaletteDelegate(self.list)
        self.list.setItemDelegate(self._delegate)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(lambda _item: self._take())
        self.list.currentItemChanged.connect(self._speak)
        self._hint = row(spacing=6)
        for caps, words in (("↑ ↓", tr("choose")), (key_text("Return"), tr("run")), ("Tab", tr("more actions"))):
            cap, meaning = label(caps, "kbd"), label(words, "tertiary")
            cap.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            self._hint.addWidget(cap)
            self._hint.addWidget(meaning)
            self._hint.addSpacing(4)
        self._more_hint = (cap, meaning)  # the last one
        self._sigils = ElidedLabel(tr("# ticket   @ person   > command   / go to"), "tertiary")
        self._sigils.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._hint.addWidget(self._sigils, 1)
        self._hint.addStretch()
        head = row(Glyph("search", "text_tertiary", 18), self.back, self.input, self._chip, margins=(8, 0, 6, 0))
        head.setStretchFactor(self.input, 1)
        self._hint.setContentsMargins(8, 2, 8, 2)
        self._box.setLayout(
            column(head, hairline(), self.list, hairline(), self._hint, margins=(10, 8, 10, 8), spacing=6)
        )
        self.input.textChanged.connect(self._typed)
        self.input.installEventFilter(self)
        host.installEventFilter(self)
        self.hide()

    def open_with(
        self, entries: Iterable[Entry], search: Search | None = None, prompt: str = "", *, step: Step | None = None
    ) -> None:
        """Show the box with entries; `search` makes further ones from what is typed. Inside a running entry this is the
        next step of the same box."""
        if self._running is not None:
            self._earlier.append(self._running)
            self._running = None
        else:
            self._earlier.clear()
            if not self.isVisible():
                self._before = self._host.window().focusWidget()
        self._show(step or Step(tuple(entries), search or (lambda _text: ()), prompt), "")
        self._place()
        self.show()
        self.raise_()
        self.input.setFocus()

    def leave(self) -> None:
        """Close the box."""
        self.hide()
        self._earlier.clear()
        if self._before is not None and isValid(self._before) and self._before.isVisible():
            self._before.setFocus()

    def step_back(self) -> bool:
        """Go back one step; returns whether there was one."""
        if not self._earlier:
            return False
        step, text = self._earlier.pop()
        self._show(step, text)
        self.input.setFocus()
        return True

    def add_late(self, text: str, entries: Sequence[Entry]) -> None:
        """Add what was found for words after a while, if they still stand in the box."""
        if self.isVisible() and self._step.later is not None and self.input.text() == text:
            self._late = list(entries)
            self._fill(text, keep=True)

    def _show(self, step: Step, text: str) -> None:
        self._step = step
        self._delegate.grouped = step.grouped
        for one in (self._sigils, *self._more_hint):
            one.setVisible(step.grouped)
        self.back.setVisible(bool(self._earlier))
        if self._earlier:
            set_words(self.back, tr("Back"))
        self._chip.setText(step.context)
        self._chip.setVisible(bool(step.context))
        self.input.setPlaceholderText(step.prompt or tr("What do you want to do?"))
        blocked = self.input.blockSignals(True)
        self.input.setText(text)
        self.input.blockSignals(blocked)
        self._typed(text)

    def _typed(self, text: str) -> None:
        self._late = []
        self._fill(text)
        if self._step.later is not None:
            self._step.later(text)

    def _speak(self, item: QListWidgetItem | None) -> None:
        """Say what Return would run: the focus stays where the agent types."""
        if item is not None and self.isVisible():
            announce(self.input, str(item.data(Qt.ItemDataRole.AccessibleTextRole)))

    def _fill(self, text: str, *, keep: bool = False) -> None:
        chosen = self._current() if keep else None
        words, among = self._step.take(text, self._step.entries)
        fitting = []
        for place, entry in enumerate(among):
            found = match(words, entry.title, entry.words)
            if found is not None:
                score = found.score + (_NEARER if entry.near else 0)
                fitting.append((-score if words.strip() else 0, place, entry, found.letters))
        fitting.sort(key=lambda one: one[:2])
        lines: list[_Line] = [(entry, letters) for _score, _place, entry, letters in fitting[:SHOWN]]
        made: list[_Line] = [(entry, _letters(words, entry.title)) for entry in (*self._step.search(text), *self._late)]
        lines = [*made, *lines] if text.startswith("#") else [*lines, *made]
        if self._step.grouped:
            lines = _by_group(lines)
        self._put(lines)
        rows = [i for i in range(self.list.count()) if self.list.item(i).data(HEADING) is None]
        same = next((i for i in rows if chosen is not None and self._entry(i).title == chosen.title), None)
        self.list.setCurrentRow(same if same is not None else rows[0] if rows else -1)
        if rows and self.list.currentRow() == rows[0]:
            self.list.scrollToTop()
        self._place()

    def _put(self, lines: Sequence[_Line]) -> None:
        self.list.clear()
        group = None
        for entry, letters in lines:
            if self._step.grouped and entry.group and entry.group != group:
                heading = QListWidgetItem(entry.group)
                heading.setData(HEADING, entry.group)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                self.list.addItem(heading)
            group = entry.group
            item = QListWidgetItem(entry.title)
            spoken = [entry.title, entry.detail, key_text(entry.key)]
            item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join(part for part in spoken if part))
            item.setData(Qt.ItemDataRole.UserRole, entry)
            item.setData(LETTERS, tuple(letters))
            self.list.addItem(item)

    def _entry(self, place: int) -> Entry:
        found = self.list.item(place).data(Qt.ItemDataRole.UserRole)
        assert isinstance(found, Entry)  # noqa: S101 -- headings are left out by the caller
        return found

    def _current(self) -> Entry | None:
        place = self.list.currentRow()
        found = self.list.item(place).data(Qt.ItemDataRole.UserRole) if place >= 0 else None
        return found if isinstance(found, Entry) else None

    def _take(self) -> None:
        entry = self._current()
        if entry is None:
            return
        here = (self._step, self.input.text())
        earlier = list(self._earlier)
        self.leave()
        self._earlier = earlier
        self._running = here
        try:
            self.ran(entry)
            entry.run()
        finally:
            if self._running is not None:
                self._running = None
                self._earlier.clear()

    def _offer_more(self) -> None:
        entry = self._current()
        if entry is not None and entry.more:
            self._earlier.append((self._step, self.input.text()))
            self._show(Step(tuple(entry.more), lambda _text: (), entry.title), "")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Steer the list from the input, and follow the window's size."""
        if watched is self._host and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        if watched is self.input and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._steer(event)
        return False

    def _steer(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape:
            self.leave()
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._take()
        elif key == Qt.Key.Key_Tab:
            self._offer_more()
        elif key == Qt.Key.Key_Backtab or (key == Qt.Key.Key_Backspace and not self.input.text() and self._earlier):
            self.step_back()
        else:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}.get(key)
            if step is None:
                return False
            self._move(step)
        return True

    def _move(self, step: int) -> None:
        rows = [i for i in range(self.list.count()) if self.list.item(i).data(HEADING) is None]
        if not rows:
            return
        here = rows.index(self.list.currentRow()) if self.list.currentRow() in rows else 0
        there = here + step
        if abs(step) == 1:
            there %= len(rows)
        self.list.setCurrentRow(rows[max(0, min(len(rows) - 1, there))])
        if self.list.currentRow() == rows[0]:
            self.list.scrollToTop()

    def _place(self) -> None:
        self.setGeometry(self._host.rect())
        width = min(theme().px(self.WIDTH), self.width() - 40)
        around = self._box.sizeHint().height() - self.list.sizeHint().height()
        room = min(theme().px(MOST_HEIGHT), self.height() - 80) - around
        lines = 0
        for place in range(self.list.count()):
            more = lines + self.list.sizeHintForRow(place)
            if more > room:  # the last line in sight is a whole one
                break
            lines = more
        height = around + min(room, max(lines, theme().px(LEAST_LINES)))
        self._box.setGeometry(QRect((self.width() - width) // 2, max(30, self.height() // 8), width, height))
        self.update()  # the shadow goes beyond the box

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Leave by clicking beside the box."""
        if not self._box.geometry().contains(event.position().toPoint()):
            self.leave()

    def paintEvent(self, _event: object) -> None:
        """Dim the window and lift the box."""
        painter = QPainter(self)
        dim = QColor(theme().hex("shadow"))
        dim.setAlphaF(0.55 if theme().is_dark else 0.35)
        painter.fillRect(self.rect(), dim)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for spread in range(9):
            shade = QColor(theme().hex("shadow"))
            shade.setAlphaF(0.02)
            painter.setBrush(shade)
            painter.drawRoundedRect(self._box.geometry().adjusted(-spread, -spread + 4, spread, spread + 6), 14, 14)


def _letters(words: str, title: str) -> tuple[int, ...]:
    found = match(words, title)
    return found.letters if found is not None else ()


def _by_group(lines: Sequence[_Line]) -> list[_Line]:
    """Put the entries of a group together, groups in the order of their best entry."""
    groups: dict[str, list[_Line]] = {}
    for line in lines:
        groups.setdefault(line[0].group, []).append(line)
    return [line for found in groups.values() for line in found]
