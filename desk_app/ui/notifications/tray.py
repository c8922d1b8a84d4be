"""The icon in the tray: how many notifications wait, and the program without its window (NT-07)."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QFont, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QSystemTrayIcon

from desk_app.services.ports.desktop import DesktopNote
from desk_app.ui.language import tr
from desk_app.ui.theme.icons import icon, pixmap
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import Menu

SIDES = (16, 22, 32, 48, 64)
_MOST, _MOST_SMALL, _ROOMY = 99, 9, 32
_MESSAGE_MS = 8000


def tray_icon(unread: int, *, paused: bool = False) -> QIcon:
    """Return the program's sign with the number of unread notifications on it, in the colours of the theme."""
    made = QIcon()
    for side in SIDES:
        made.addPixmap(_picture(side, unread, paused=paused))
    return made


def _picture(side: int, unread: int, *, paused: bool) -> QPixmap:
    image = QPixmap(side, side)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().colour("accent"))
    painter.drawRoundedRect(QRectF(0, 0, side, side), side * 0.24, side * 0.24)
    inner = round(side * 0.66)
    glyph = pixmap("bell-off" if paused else "inbox", theme().hex("on_accent"), inner, 1.0)
    painter.drawPixmap((side - inner) // 2, (side - inner) // 2, glyph)
    if unread:
        most = _MOST if side >= _ROOMY else _MOST_SMALL
        words = str(unread) if unread <= most else f"{most}+"
        height = side * 0.6
        width = max(height, height * (0.42 * len(words) + 0.42))
        area = QRectF(side - width, side - height, width, height)
        painter.setBrush(theme().colour("bg_surface"))
        painter.drawRoundedRect(area, height / 2, height / 2)
        inside = area.adjusted(side * 0.05, side * 0.05, -side * 0.05, -side * 0.05)
        painter.setBrush(theme().colour("danger"))
        painter.drawRoundedRect(inside, inside.height() / 2, inside.height() / 2)
        face = QFont(theme().family)
        face.setPixelSize(max(6, round(height * 0.66)))
        face.setWeight(QFont.Weight.Bold)
        painter.setFont(face)
        painter.setPen(theme().colour("bg_surface"))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)
    painter.end()
    return image


class Tray(QObject):
    """The icon and its menu; `available` is False where the desktop shows no tray."""

    opened = Signal()
    message_pressed = Signal(str)
    """The key of the message shown last."""

    def __init__(
        self,
        *,
        new_ticket: Callable[[], object],
        pause: Callable[[], object],
        leave: Callable[[], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._calls = (new_ticket, pause, leave)
        self._unread, self._paused = 0, False
        self._key = ""
        self.icon = QSystemTrayIcon(self)
        self.icon.activated.connect(self._activated)
        self.icon.messageClicked.connect(lambda: self.message_pressed.emit(self._key))
        self.menu = Menu()
        self._draw()
        theme().changed.connect(self._draw)
        if self.available:
            self.icon.show()

    @property
    def available(self) -> bool:
        """Whether the desktop has a tray."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def show_state(self, unread: int, *, paused: bool) -> None:
        """Show how many notifications are unread, in the tray and on the icon of the dock."""
        if (unread, paused) == (self._unread, self._paused):
            return
        self._unread, self._paused = unread, paused
        self._draw()
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.setBadgeNumber(unread)

    def _draw(self) -> None:
        self.icon.setIcon(tray_icon(self._unread, paused=self._paused))
        words = tr("Desk App")
        if self._unread:
            words += f": {tr('%n unread', self._unread)}"
        if self._paused:
            words += f" ({tr('paused')})"
        self.icon.setToolTip(words)
        new_ticket, pause, leave = self._calls
        self.menu.clear()
        self.menu.add(tr("Open Desk App"), self.opened.emit, icon_name="inbox")
        self.menu.add(tr("New ticket…"), new_ticket, icon_name="square-pen")
        pausing = tr("Go on with notifications") if self._paused else tr("Pause notifications for 1 hour")
        self.menu.add(pausing, pause, icon_name="bell" if self._paused else "bell-off")
        self.menu.addSeparator()
        self.menu.add(tr("Quit"), leave, icon_name="power")
        self.icon.setContextMenu(self.menu)

    def show_note(self, note: DesktopNote) -> None:
        """Show a message where the desktop has no notification service of its own."""
        self._key = note.key
        if self.icon.isVisible() and self.icon.supportsMessages():
            self.icon.showMessage(note.title, note.text, icon("inbox", "accent"), _MESSAGE_MS)

    def close(self) -> None:
        """Take the icon away."""
        self.icon.hide()
        self.menu.clear()

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        pressed = {QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick}
        if reason in pressed:
            self.opened.emit()
