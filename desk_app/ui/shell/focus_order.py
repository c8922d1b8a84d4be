"""The order of Tab: as things stand on screen, pane by pane, whenever they were made (ui.md 6).

Qt goes by the age of widgets: what is added later (a mailbox in the sidebar, a message's card, a recipient) would come
after everything else, and a page that hands its focus on would be left out with all that stands before the receiver.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLayout,
    QMainWindow,
    QScrollArea,
    QSplitter,
    QStackedLayout,
    QStackedWidget,
    QWidget,
)


def stops(root: QWidget) -> list[QWidget]:
    """Return what Tab comes to inside of a widget, in order."""
    found: list[QWidget] = []
    _add_stops(root, found)
    return found


def _add_stops(one: QWidget, found: list[QWidget]) -> None:
    if not one.isVisible() or not one.isEnabled():
        return
    if _is_stop(one):
        found.append(one)
    if not isinstance(one, (QComboBox, QAbstractSpinBox)):
        for child in parts(one):
            _add_stops(child, found)


def parts(root: QWidget) -> Iterator[QWidget]:
    """Return the direct parts of a widget in the order its layout shows them, then those no layout holds."""
    seen: set[QWidget] = {root.viewport()} if isinstance(root, QScrollArea) else set()  # it holds the widget again
    for child in _placed(root):
        if child not in seen:
            seen.add(child)
            yield child
    for other in root.children():
        if isinstance(other, QWidget) and other not in seen and not other.isWindow():
            yield other


def _placed(root: QWidget) -> Iterator[QWidget]:
    if isinstance(root, QSplitter):
        for place in range(root.count()):
            if (pane := root.widget(place)) is not None:
                yield pane
    elif isinstance(root, QStackedWidget):
        if (current := root.currentWidget()) is not None:
            yield current
    elif isinstance(root, QScrollArea):
        if (inside := root.widget()) is not None:
            yield inside
    elif isinstance(root, QMainWindow):
        if (centre := root.centralWidget()) is not None:
            yield centre
    elif (layout := root.layout()) is not None:
        yield from _laid_out(layout)


def _laid_out(layout: QLayout) -> Iterator[QWidget]:
    if isinstance(layout, QStackedLayout):
        if (current := layout.currentWidget()) is not None:
            yield current
        return
    for place in range(layout.count()):
        item = layout.itemAt(place)
        if item is None:
            continue
        if (widget := item.widget()) is not None:
            yield widget
        elif (inner := item.layout()) is not None:
            yield from _laid_out(inner)


def _is_stop(one: QWidget) -> bool:
    if one.focusProxy() is not None:
        return False
    group = one.group() if isinstance(one, QAbstractButton) and one.isCheckable() else None
    if group is not None and group.exclusive() and group.checkedButton() is not None:
        # arrow keys go on from the chosen one; Qt may have taken Tab from it when the program chose
        return group.checkedButton() is one and one.focusPolicy() != Qt.FocusPolicy.NoFocus
    return bool(one.focusPolicy() & Qt.FocusPolicy.TabFocus)


def layer(content: QWidget) -> QWidget | None:
    """Return the topmost thing that lies over the whole of `content`, such as the palette; None where nothing does."""
    layout = content.layout()
    over = [
        one
        for one in content.children()
        if isinstance(one, QWidget)
        and one.isVisible()
        and one.geometry().contains(content.rect())
        and (layout is None or layout.indexOf(one) < 0)
    ]
    return over[-1] if over else None


def move(root: QWidget, *, forward: bool) -> bool:
    """Give the focus to the next (or previous) stop inside of `root`, going round; False where there is none."""
    found = stops(root)
    if not found:
        return False
    focused = QApplication.focusWidget()
    here = next((place for place, one in enumerate(found) if one is focused), None)
    if here is None:
        here = _nearest(root, found, focused, forward=forward)
    target = found[(here + (1 if forward else -1)) % len(found)]
    target.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    _bring_into_view(target)
    return True


def move_pane(panes: Sequence[tuple[QWidget, QWidget]], by: int) -> None:
    """Give the focus to the pane that stands `by` places after the one that has it, going round; beside each pane
    stands what takes the focus in it."""
    shown = [pair for pair in panes if pair[0].isVisible()]
    focused = QApplication.focusWidget()
    here = next((i for i, (pane, _) in enumerate(shown) if focused is not None and pane.isAncestorOf(focused)), -1)
    pane, target = shown[(here + by) % len(shown)]
    inside = target if target.focusPolicy() != Qt.FocusPolicy.NoFocus else target.nextInFocusChain()
    (inside or pane).setFocus(Qt.FocusReason.ShortcutFocusReason)


def _bring_into_view(target: QWidget) -> None:
    outer = target.parentWidget()
    while outer is not None and not target.isWindow():
        if isinstance(outer, QScrollArea):
            outer.ensureWidgetVisible(target, 12, 12)
        outer = outer.parentWidget()


def _nearest(root: QWidget, found: list[QWidget], focused: QWidget | None, *, forward: bool) -> int:
    """Return the place beside which something stands that has the focus without being a stop itself."""
    if focused is None or not root.isAncestorOf(focused):
        return -1 if forward else 0
    outer: QWidget | None = focused
    while outer is not None and outer is not root:
        inside = [place for place, one in enumerate(found) if outer.isAncestorOf(one)]
        if inside:
            return inside[0] - 1 if forward else inside[-1] + 1
        outer = outer.parentWidget()
    return -1 if forward else 0
