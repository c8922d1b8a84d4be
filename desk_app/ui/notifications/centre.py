"""The notification centre: a drawer over the window, beside the rail (ui.md 4.17 and 7.9)."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QStackedWidget, QWidget
from shiboken6 import isValid

from desk_app.ui.language import tr
from desk_app.ui.notifications.centre_list import CentreList, CentreModel, drawer_shadow
from desk_app.ui.notifications.feed import NotificationFeed
from desk_app.ui.notifications.groups import Filter, Group, lines
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import chip, icon_button, label
from desk_app.ui.widgets.choices import Segments
from desk_app.ui.widgets.layout import column, hairline, row
from desk_app.ui.widgets.panels import EmptyState

WIDTH = 430
Act = Callable[[str, Group], object]


class NotificationCentre(QWidget):
    """A layer over the window with the drawer on it. Esc or a click beside it closes; the focus goes back."""

    def __init__(
        self, host: QWidget, feed: NotificationFeed, left: QWidget, act: Act, settings: Callable[[], object]
    ) -> None:
        super().__init__(host)
        self._host, self._feed, self._left, self._act, self._settings = host, feed, left, act, settings
        self._before: QWidget | None = None
        self._kept: set[int] = set()
        self._box = QFrame(self)
        self._box.setObjectName("drawer")
        self._count = chip("", "accent")
        self._all = icon_button("check-check", tr("Mark all as read"), feed.mark_all)
        choose = icon_button("settings", tr("Notification settings"), self._choose)
        close = icon_button("x", tr("Close"), self.leave)
        heading = label(tr("Notifications"), "h2")
        head = row(heading, self._count, None, self._all, choose, close, margins=(18, 14, 10, 8), spacing=6)
        self.filter = Segments(
            tr("Show"),
            [
                (tr("All"), Filter.ALL),
                (tr("Unread"), Filter.UNREAD),
                (tr("To me"), Filter.TO_ME),
                (tr("Trouble"), Filter.TROUBLE),
            ],
        )
        self.filter.choose(Filter.ALL)
        self.filter.chosen.connect(self._filter_chosen)
        self.model = CentreModel()
        self.list = CentreList(self.model)
        self.list.acted.connect(self._acted)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.list)
        self._empty: dict[Filter, QWidget] = {}
        hint = label(tr("Enter opens, I assigns to me, H snoozes, U marks, Esc leaves"), "tertiary", wrap=True)
        self._box.setLayout(
            column(
                head,
                row(self.filter, None, margins=(16, 0, 16, 10)),
                hairline(),
                self._stack,
                hairline(),
                row(hint, margins=(18, 8, 18, 10)),
                spacing=0,
            )
        )
        feed.changed.connect(self.fill)
        host.installEventFilter(self)
        self.hide()

    def toggle(self) -> None:
        """Open or close the drawer."""
        if self.isVisible():
            self.leave()
        else:
            self.enter()

    def enter(self) -> None:
        """Open the drawer."""
        self._before = self._host.window().focusWidget()
        self._kept.clear()
        self._feed.look()
        self._place()
        self.show()
        self.raise_()
        self.fill()
        if self.list.current_group() is None:
            self.list.choose_first()
        self.list.setFocus()

    def leave(self) -> None:
        """Close the drawer; the focus goes back where it was."""
        self.hide()
        if self._before is not None and isValid(self._before) and self._before.isVisible():
            self._before.setFocus()

    def fill(self) -> None:
        """Show what the feed holds now, staying on the same line."""
        self._count.setText(str(self._feed.unread))
        self._count.setAccessibleName(tr("%n unread", self._feed.unread))
        self._count.setVisible(self._feed.unread > 0)
        self._all.setEnabled(self._feed.unread > 0)
        if self.isHidden():
            return
        wanted = self._wanted
        here = self.list.current_group()
        found = lines(self._feed.rows, wanted, self._kept)
        self.model.show(found)
        place = self.model.row_of(here.newest.notice.id) if here is not None else -1
        if place >= 0:
            self.list.setCurrentIndex(self.model.index(place, 0))
        elif found:
            self.list.choose_first()
        self._stack.setCurrentWidget(self.list if found else self._nothing(wanted))

    @property
    def _wanted(self) -> Filter:
        chosen = self.filter.value
        return chosen if isinstance(chosen, Filter) else Filter.ALL

    def _nothing(self, wanted: Filter) -> QWidget:
        if wanted not in self._empty:
            title, text = {
                Filter.ALL: (tr("Nothing has happened yet"), tr("What concerns you appears here.")),
                Filter.UNREAD: (tr("All read"), tr("New notifications appear here.")),
                Filter.TO_ME: (tr("Nobody asked for you"), tr("Mentions and tickets assigned to you appear here.")),
                Filter.TROUBLE: (
                    tr("No trouble"),
                    tr("Replies that failed and mailboxes that need somebody appear here."),
                ),
            }[wanted]
            self._empty[wanted] = EmptyState("bell", title, text)
            self._stack.addWidget(self._empty[wanted])
        return self._empty[wanted]

    def _choose(self) -> None:
        self.leave()
        self._settings()

    def _filter_chosen(self, _value: object) -> None:
        self._kept.clear()
        self.fill()
        if self.list.current_group() is None:
            self.list.choose_first()

    def _acted(self, action: str, group: Group) -> None:
        if action == "unread":
            self._feed.mark(group.ids[:1], read=False)
            return
        self._kept.update(group.ids)
        if group.unread:
            self._feed.mark(group.ids)
        if action == "read":
            return
        if action in {"open", "snooze"}:
            self.leave()
        self._act(action, group)

    def keyPressEvent(self, event: object) -> None:
        """Leave with Esc."""
        if event.key() == Qt.Key.Key_Escape:  # type: ignore[attr-defined]
            self.leave()
        else:
            super().keyPressEvent(event)  # type: ignore[arg-type]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Leave by clicking beside the drawer."""
        if not self._box.geometry().contains(event.position().toPoint()):
            self.leave()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size."""
        if watched is self._host and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _place(self) -> None:
        edge = self._left.width() if self._left.isVisible() else 0
        self.setGeometry(QRect(edge, 0, self._host.width() - edge, self._host.height()))
        width = min(theme().px(WIDTH), self.width() - 24)
        self._box.setGeometry(QRect(8, 8, width, self.height() - 16))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Dim the window a little and lift the drawer."""
        painter = QPainter(self)
        dim = theme().colour("shadow")
        dim.setAlphaF(0.45 if theme().is_dark else 0.18)
        painter.fillRect(self.rect(), dim)
        drawer_shadow(painter, self._box)
