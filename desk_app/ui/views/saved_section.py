"""The saved views of the sidebar: shown, moved, and their menu."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QWidget

from desk_app.domain.views.model import SavedView
from desk_app.ui.language import tr
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.views import ListView, saved_list
from desk_app.ui.views.droppable import DropItem
from desk_app.ui.views.shown import ListChoices
from desk_app.ui.widgets.basics import Menu, icon_button, label
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.tips import plain_tip


class SavedSection(QWidget):
    """A heading and a line for each view, in the agent's own order."""

    chosen = Signal(str)
    act_asked = Signal(str, int)
    """An action such as "view.edit" and the view's id."""
    changed = Signal()
    """Views came, went or have another name."""

    def __init__(self, session: DeskSession, choices: ListChoices) -> None:
        super().__init__()
        self._session, self._choices = session, choices
        self.views: list[SavedView] = []
        self.items: dict[str, DropItem] = {}
        self._lines = column(spacing=2)
        add = icon_button(
            "plus", tr("Save this list as a view"), lambda: self.act_asked.emit("view.save_as", 0), size=14, side=26
        )
        self._heading = boxed(row(label(tr("SAVED VIEWS"), "caption"), None, add, margins=(9, 0, 2, 0)))
        self.setLayout(column(self._heading, self._lines, spacing=0))
        session.views_changed.connect(self.load)
        choices.changed.connect(self._fill)

    def load(self) -> None:
        """Read the views."""
        views, agent_id = self._session.desk.views, self._session.agent.id

        def arrived(found: Sequence[SavedView]) -> None:
            if list(found) != self.views or not self.items:
                self.views = list(found)
                self._fill()

        self._session.work.run(lambda: views.visible(agent_id), arrived, owner=self)

    @property
    def lists(self) -> list[ListView]:
        """The lists of the views, in the agent's own order."""
        places = {view_id: place for place, view_id in enumerate(self._choices.positions)}
        known = sorted(self.views, key=lambda view: places.get(view.id, len(places)))
        return [saved_list(view) for view in known]

    def _fill(self) -> None:
        checked = next((key for key, item in self.items.items() if item.isChecked()), "")
        focused = next((key for key, item in self.items.items() if item.hasFocus()), "")
        clear(self._lines)
        self.items = {}
        for shown in self.lists:
            view = shown.saved
            if view is None:
                continue
            item = DropItem(shown.title, shown.icon, view_id=view.id)
            item.clicked.connect(lambda _checked=False, key=shown.id: self.chosen.emit(key))
            item.moved.connect(lambda by, one=view.id: self.move_view(one, by))
            item.view_dropped.connect(lambda other, one=view.id: self._put_before(other, one))
            item.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            item.customContextMenuRequested.connect(lambda point, one=view, by=item: self._menu(one, by, point))
            item.setToolTip(plain_tip(self._tip(view)))
            self.items[shown.id] = item
            self._lines.addWidget(item)
        if checked in self.items:
            self.items[checked].setChecked(True)
        if focused in self.items:
            self.items[focused].setFocus()
        self.changed.emit()

    def _tip(self, view: SavedView) -> str:
        if not view.shared:
            return tr("{name}: only you see it").format(name=view.name)
        place = next((one.name for one in self._session.facts.departments if one.id == view.department_id), "")
        if place:
            return tr("{name}: shared with {department}").format(name=view.name, department=place)
        return tr("{name}: shared with everybody").format(name=view.name)

    # -- order ------------------------------------------------------------------------------------------------------
    def _order(self) -> list[int]:
        return [one.saved.id for one in self.lists if one.saved is not None]

    def move_view(self, view_id: int, by: int) -> None:
        """Move a view up or down."""
        order = self._order()
        if view_id not in order:
            return
        place = order.index(view_id)
        order.insert(max(0, min(len(order) - 1, place + by)), order.pop(place))
        self._reorder(order)

    def _put_before(self, view_id: int, other_id: int) -> None:
        order = self._order()
        if view_id == other_id or view_id not in order or other_id not in order:
            return
        place = order.index(other_id)
        order.remove(view_id)
        order.insert(place, view_id)
        self._reorder(order)

    def _reorder(self, order: Sequence[int]) -> None:
        if tuple(order) != tuple(self._order()):
            self._choices.set_positions(tuple(order))
            self._fill()

    def _menu(self, view: SavedView, item: DropItem, point: QPoint) -> None:
        menu = Menu(self)
        mine = view.agent_id == self._session.agent.id
        order = self._order()
        for action, words, icon_name, enabled in (
            ("view.edit", tr("Edit the view…"), "pencil", mine),
            ("view.duplicate", tr("Duplicate the view"), "copy", True),
            ("view.up", tr("Move up"), "chevron-up", order[:1] != [view.id]),
            ("view.down", tr("Move down"), "chevron-down", order[-1:] != [view.id]),
            ("view.delete", tr("Delete the view"), "trash-2", mine),
        ):
            call = lambda one=action: self.act_asked.emit(one, view.id)  # noqa: E731
            menu.add(words, call, icon_name=icon_name, enabled=enabled)
        menu.popup(item.mapToGlobal(point))
