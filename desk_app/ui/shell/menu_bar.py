"""The menu bar with every command: native on macOS, shown by Alt or F10 elsewhere (ui.md 4, Shell)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QWindow
from PySide6.QtWidgets import QApplication, QMenuBar, QWidget

from desk_app.plugin_api.ui import ActionScope, ActionSpec, Registry
from desk_app.ui.language import tr
from desk_app.ui.theme.icons import icon
from desk_app.ui.widgets.basics import Menu
from desk_app.ui.widgets.keys import key_text

_ENDS = frozenset({QEvent.Type.MouseButtonPress, QEvent.Type.FocusOut, QEvent.Type.Wheel})


class MenuBar(QMenuBar):
    """One menu a group of actions, filled when it is opened."""

    def __init__(
        self, actions: Registry[ActionSpec], run: Callable[[str], object], chosen: Callable[[], Sequence[int]]
    ) -> None:
        super().__init__()
        self._actions, self._run, self._chosen = actions, run, chosen
        self.menus: dict[str, Menu] = {}
        self._always = sys.platform == "darwin"
        self.setAccessibleName(tr("Menu"))
        self.fill()
        self.destroyed.connect(actions.on_change(self.fill))
        self.setVisible(self._always)

    def fill(self) -> None:
        """Make one menu for each group there is now."""
        groups = list(dict.fromkeys(spec.group or tr("Plugins") for spec in self._actions))
        if groups == list(self.menus):
            return
        self.clear()
        for old in self.menus.values():
            old.deleteLater()
        self.menus = {}
        for name in groups:
            menu = Menu(self)
            menu.setTitle(name.replace("&", "&&"))
            menu.aboutToShow.connect(self._filler(name, menu))
            menu.aboutToHide.connect(lambda: QTimer.singleShot(0, self, self._maybe_hide))
            self.addMenu(menu)
            self.menus[name] = menu

    def _filler(self, name: str, menu: Menu) -> Callable[[], None]:
        def fill() -> None:
            menu.clear()
            ids = self._chosen()
            for spec in self._actions:
                if (spec.group or tr("Plugins")) == name:
                    self._add(menu, spec, ids)

        return fill

    def _add(self, menu: Menu, spec: ActionSpec, ids: Sequence[int]) -> None:
        key = f"\t{key_text(spec.keys[0])}" if spec.keys else ""
        action = menu.addAction(spec.title.replace("&", "&&") + key)
        if spec.icon:
            action.setIcon(icon(spec.icon))
        action.setEnabled(spec.scope is ActionScope.NONE or (bool(ids) and spec.enabled(ids)))
        action.triggered.connect(lambda _checked=False: self._do(spec.id))

    def _do(self, action_id: str) -> None:
        self.put_away()
        self._run(action_id)

    def _maybe_hide(self) -> None:
        if not any(menu.isVisible() for menu in self.menus.values()) and self.activeAction() is None:
            self.put_away()

    def come(self) -> None:
        """Show the bar with its first menu open; arrows walk on from there."""
        self.show()
        self.setFocus(Qt.FocusReason.MenuBarFocusReason)
        first = next(iter(self.actions()), None)
        if first is not None:
            self.setActiveAction(first)

    def put_away(self) -> None:
        """Hide the bar where it is not always there."""
        if not self._always and self.isVisible():
            self.hide()

    def toggle(self) -> None:
        """Show or hide the bar (Alt, F10)."""
        if self.isVisible() and not self._always:
            self.put_away()
        else:
            self.come()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go away with Esc."""
        super().keyPressEvent(event)
        if event.key() == Qt.Key.Key_Escape and not any(menu.isVisible() for menu in self.menus.values()):
            self.put_away()


class AltKey(QObject):
    """Notices Alt pressed and let go by itself, in one window. Alt with another key, or with the mouse, is no wish.

    It looks at what the system sends to the window, not at every event of the program.
    """

    def __init__(self, window: QWidget, call: Callable[[], object]) -> None:
        super().__init__(window)
        self._window, self._call = window, call
        self._down = False
        self._followed: QWindow | None = None

    def follow(self) -> None:
        """Begin to look; the window is on screen."""
        handle = self._window.windowHandle()
        if sys.platform != "darwin" and handle is not self._followed:
            handle.installEventFilter(self)
            self._followed = handle

    def forget(self) -> None:
        """Take note that a key with Alt did something."""
        self._down = False

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Follow the keyboard."""
        kind = event.type()
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            self._down = event.key() == Qt.Key.Key_Alt and event.modifiers() in {
                Qt.KeyboardModifier.AltModifier,
                Qt.KeyboardModifier.NoModifier,
            }
        elif kind in _ENDS:
            self._down = False
        elif kind == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Alt:
            wanted, self._down = self._down, False
            if wanted and QApplication.activePopupWidget() is None and QApplication.activeModalWidget() is None:
                self._call()
        return False
