"""The table of the notification settings: what happens, and where it appears (NT-02)."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QGridLayout, QHBoxLayout, QWidget

from desk_app.domain.notifications.choices import Matrix
from desk_app.domain.notifications.model import Channel, NoticeKind
from desk_app.ui.language import tr
from desk_app.ui.notifications.phrases import LOOKS, kind_name
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.widgets.basics import label
from desk_app.ui.widgets.layout import hairline

CHANNELS = (Channel.CENTRE, Channel.DESKTOP, Channel.SOUND)
_BOX_WIDTH = 84


def channel_name(channel: Channel) -> str:
    """Return the word for a channel."""
    return {
        Channel.CENTRE: tr("In the centre"),
        Channel.DESKTOP: tr("Popup"),
        Channel.SOUND: tr("Sound"),
    }[channel]


class MatrixTable(QFrame):
    """Check boxes for every kind and channel. Arrows walk between them; each says what it is for."""

    chosen = Signal(object, object)
    """Kind and its channels."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("settingrow")
        self.boxes: dict[tuple[NoticeKind, Channel], QCheckBox] = {}
        grid = QGridLayout()
        grid.setContentsMargins(12, 10, 12, 10)
        grid.setVerticalSpacing(2)
        grid.setHorizontalSpacing(8)
        grid.setColumnStretch(1, 1)
        for place, channel in enumerate(CHANNELS):
            heading = label(channel_name(channel), "caption", wrap=True)
            heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
            heading.setFixedWidth(_BOX_WIDTH)
            grid.addWidget(heading, 0, 2 + place)
        for kind in NoticeKind:
            line = grid.rowCount()
            grid.addWidget(hairline(), line, 0, 1, 2 + len(CHANNELS))
            glyph, tone = LOOKS[kind]
            grid.addWidget(Glyph(glyph, tone, 16), line + 1, 0)
            grid.addWidget(label(kind_name(kind), wrap=True), line + 1, 1)
            for place, channel in enumerate(CHANNELS):
                grid.addWidget(self._cell(kind, channel), line + 1, 2 + place)
        self.setLayout(grid)
        self.setFocusProxy(next(iter(self.boxes.values())))

    def _cell(self, kind: NoticeKind, channel: Channel) -> QWidget:
        box = QCheckBox()
        box.setProperty("variant", "alone")
        box.setMinimumSize(28, 28)
        box.setAccessibleName(f"{kind_name(kind)}: {channel_name(channel)}")
        box.setToolTip(channel_name(channel))
        box.toggled.connect(self._clicked(kind))
        self.boxes[kind, channel] = box
        cell = QWidget()
        cell.setFixedWidth(_BOX_WIDTH)
        line = QHBoxLayout(cell)
        line.setContentsMargins(0, 2, 0, 2)
        line.addStretch(1)
        line.addWidget(box)
        line.addStretch(1)
        return cell

    def _clicked(self, kind: NoticeKind) -> Callable[[], None]:
        def tell(_checked: bool = False) -> None:
            self.chosen.emit(kind, self.channels(kind))

        return tell

    def channels(self, kind: NoticeKind) -> Channel:
        """Return where a kind appears as the boxes stand."""
        found = Channel.NONE
        for channel in CHANNELS:
            if self.boxes[kind, channel].isChecked():
                found |= channel
        return found

    def show_matrix(self, matrix: Matrix) -> None:
        """Show a whole matrix without telling anybody."""
        for (kind, channel), box in self.boxes.items():
            with QSignalBlocker(box):
                box.setChecked(bool(matrix[kind] & channel))
