"""The narrow strip of pages at the very left."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QToolButton, QWidget

from desk_app.plugin_api.ui import PageSpec, Registry
from desk_app.ui.language import tr
from desk_app.ui.notifications.bell import Bell
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import icon_button, restyle
from desk_app.ui.widgets.layout import clear, column
from desk_app.ui.widgets.painted import Avatar


class Rail(QWidget):
    """One button a page, in the order of the registry."""

    page_chosen = Signal(str)
    bell_pressed = Signal()

    def __init__(self, pages: Registry[PageSpec], agent_name: str) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._pages = pages
        self._agent_name = agent_name
        self._current = ""
        self.buttons: dict[str, QToolButton] = {}
        self.bell = Bell(self.bell_pressed.emit)
        self._column = column(margins=(8, 12, 8, 12), spacing=4)
        self.setLayout(self._column)
        self.fill()
        self.destroyed.connect(pages.on_change(self.fill))

    def fill(self) -> None:
        """Draw the buttons anew."""
        current = self.current
        self._column.removeWidget(self.bell)
        clear(self._column)
        self.buttons.clear()
        top = [spec for spec in self._pages if not spec.bottom and not spec.hidden]
        bottom = [spec for spec in self._pages if spec.bottom and not spec.hidden]
        for place, spec in enumerate(top):
            self._column.addWidget(self._button(spec, f"Ctrl+{place + 1}"))
        self._column.addStretch(1)
        self._column.addWidget(self.bell)
        for spec in bottom:
            self._column.addWidget(self._button(spec, "Ctrl+," if spec.id == "settings" else ""))
        self._column.addSpacing(4)
        self._column.addWidget(Avatar(self._agent_name, 36))
        self.set_current(current)

    def _button(self, spec: PageSpec, key: str) -> QToolButton:
        made = icon_button(spec.icon, spec.title, lambda: self.page_chosen.emit(spec.id), size=20, key=key)
        made.setFixedSize(QSize(38, 38))
        self.buttons[spec.id] = made
        return made

    @property
    def current(self) -> str:
        """The page marked as shown."""
        return self._current

    def set_current(self, page_id: str) -> None:
        """Mark a page as shown."""
        if page_id not in self.buttons:
            return
        self._current = page_id
        for one, made in self.buttons.items():
            if made.property("current") is not (one == page_id):
                restyle(made, current=one == page_id)
                made.setAccessibleDescription(tr("Shown now") if one == page_id else "")

    def sizeHint(self) -> QSize:
        """Return the strip's size."""
        return QSize(theme().px(54), 400)
