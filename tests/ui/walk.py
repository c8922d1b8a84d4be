"""What makes a screen usable without a mouse and without eyes, as measures that return what they find (ui.md 6)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QFrame,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QStyle,
    QStyleOptionComboBox,
    QTextBrowser,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

from desk_app.ui.widgets.basics import ElidedLabel

CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QTextEdit, QAbstractItemView)
SPOKEN_ROLES = frozenset(
    {
        *(QAccessible.Role.Button, QAccessible.Role.CheckBox, QAccessible.Role.RadioButton, QAccessible.Role.ComboBox),
        *(QAccessible.Role.EditableText, QAccessible.Role.SpinBox, QAccessible.Role.StaticText, QAccessible.Role.Link),
        *(QAccessible.Role.Table, QAccessible.Role.List, QAccessible.Role.Tree, QAccessible.Role.PageTabList),
        *(
            QAccessible.Role.ButtonMenu,
            QAccessible.Role.ButtonDropDown,
            QAccessible.Role.Slider,
            QAccessible.Role.Document,
        ),
        *(
            QAccessible.Role.PopupMenu,
            QAccessible.Role.Paragraph,
            QAccessible.Role.HotkeyField,
            QAccessible.Role.Switch,
        ),
    }
)
"""What a thing with the keyboard's focus may be; a bare widget would be spoken as nothing at all."""
CARET_PX = 40
"""So many pixels a text cursor may change; a focus ring changes more."""


def described(one: QWidget) -> str:
    """Return words that find a widget in the code."""
    parent = one.parentWidget()
    words = getattr(one, "text", lambda: "")()
    said = one.accessibleName() or one.objectName() or (words if isinstance(words, str) else "")
    return f"{type(one).__name__} “{said[:40]}” in {type(parent).__name__ if parent else 'nothing'}"


def _inner(one: QWidget) -> bool:
    """Whether Qt put a widget into another one of its own."""
    parent = one.parentWidget()
    return one.objectName().startswith("qt_") or isinstance(parent, QComboBox | QAbstractSpinBox | QLineEdit)


def _shown(root: QWidget) -> Iterator[QWidget]:
    for one in (root, *root.findChildren(QWidget)):
        if one.isVisible() and one.window() is root.window() and not _inner(one):
            yield one


def controls(root: QWidget) -> list[QWidget]:
    """Everything that can be pressed, typed into or chosen from."""
    return [one for one in _shown(root) if isinstance(one, CONTROLS) and not isinstance(one, QHeaderView)]


def stops(root: QWidget) -> list[QWidget]:
    """Everything Tab should come to."""
    return [
        one
        for one in _shown(root)
        if one.isEnabled()
        and one.focusPolicy() & Qt.FocusPolicy.TabFocus
        and one.focusProxy() is None
        and not isinstance(one, QMenu | QHeaderView)
    ]


def unspoken(root: QWidget) -> set[str]:
    """Controls and stops without a name, and stops with no role a screen reader has a word for."""
    found = set()
    for one in {*controls(root), *stops(root)}:
        interface = QAccessible.queryAccessibleInterface(one)
        if interface is None:
            found.add(f"{described(one)} is not there for a screen reader")
            continue
        if not (interface.text(QAccessible.Text.Name).strip() or one.accessibleName().strip()):
            found.add(f"{described(one)} has no name")
        elif isinstance(one, QPushButton) and not _words(one.text()) <= _words(interface.text(QAccessible.Text.Name)):
            found.add(f"{described(one)} is spoken otherwise than it is written: {one.text()!r}")  # WCAG 2.5.3
    for one in stops(root):
        interface = QAccessible.queryAccessibleInterface(one)
        scrolled = isinstance(one, QScrollArea) and bool(one.accessibleName())  # has the focus to be scrolled by keys
        if interface is not None and interface.role() not in SPOKEN_ROLES and not scrolled:
            found.add(f"{described(one)} is spoken as {interface.role().name}")
    return found


def _words(text: str) -> set[str]:
    """The words of a text that matter to somebody who says them: no numbers, no units, nothing cut off."""
    return set() if "…" in text else set(re.findall(r"[^\W\d_]{3,}", text.lower())) - {"kib", "mib"}


def deaf(root: QWidget) -> set[str]:
    """Buttons with a tick whose press is heard and whose toggle, all a screen reader has, is not."""
    return {
        f"{described(one)} is toggled in vain"
        for one in _shown(root)
        if isinstance(one, QAbstractButton)
        and one.isCheckable()
        and one.receivers("2clicked(bool)") > 0
        and one.receivers("2toggled(bool)") == 0
    }


def small(root: QWidget, least: int = 24) -> set[str]:
    """Targets below the 24 px of WCAG 2.5.8."""
    return {
        f"{described(one)} is {one.width()} x {one.height()}"
        for one in controls(root)
        if (one.width() < least or one.height() < least) and not isinstance(one, QAbstractItemView | QTextBrowser)
    }


def unreached(root: QWidget, key: Qt.Key = Qt.Key.Key_Tab) -> set[str]:
    """What Tab (or Shift+Tab, `Key_Backtab`) never comes to; a trap shows as everything behind it."""
    root.activateWindow()
    wanted = stops(root)
    if not wanted:
        return set()
    (wanted[0] if key == Qt.Key.Key_Tab else wanted[-1]).setFocus(Qt.FocusReason.TabFocusReason)
    visited: list[QWidget] = []
    left = set(wanted)
    for _ in range(2 * len(wanted) + 6):
        here = QApplication.focusWidget()
        if here is None or not left:
            break
        visited.append(here)
        left.discard(here)
        QTest.keyClick(here, key)
    return {
        f"{described(one)} is not reached"
        for one in wanted
        if isValid(one) and one.isVisible() and one not in visited
        if not any(mate in visited for mate in _group(one))
    }


def _group(one: QWidget) -> list[QAbstractButton]:
    """The buttons among which arrow keys choose, Tab coming to the chosen one only."""
    group = one.group() if isinstance(one, QAbstractButton) else None
    return group.buttons() if group is not None and group.exclusive() else []


def _look(root: QWidget, area: QRect) -> QImage:
    return root.grab(area).toImage()


def _alike(one: QImage, other: QImage, allowed: int) -> bool:
    """Whether two pictures differ in no more pixels than allowed."""
    if one.size() != other.size():
        return False
    pair = [image.convertToFormat(QImage.Format.Format_RGB32) for image in (one, other)]
    first, second = (bytes(image.constBits()) for image in pair)
    differing, line = 0, pair[0].bytesPerLine()
    for start in range(0, len(first), line):
        here, there = first[start : start + line], second[start : start + line]
        if here != there:
            differing += sum(here[at : at + 4] != there[at : at + 4] for at in range(0, line, 4))
            if differing > allowed:
                return False
    return True


def unmarked(root: QWidget) -> set[str]:
    """Stops that look the same with the focus and without."""
    found: set[str] = set()
    seen = set()
    if len(stops(root)) == 1:
        return found  # where the focus is needs no mark
    for one in stops(root):
        if not isValid(one):  # a message whose time was over
            continue
        kind = (type(one), one.objectName(), one.property("variant"), one.isEnabled(), type(one.parentWidget()))
        if kind in seen or one.visibleRegion().isEmpty():
            continue
        hit = root.window().childAt(one.mapTo(root.window(), one.rect().center()))
        if hit is not None and hit is not one and not one.isAncestorOf(hit):
            continue  # something lies over it
        seen.add(kind)
        parent = one.parentWidget()
        # a box that is there only while its input has the focus
        alone = isinstance(parent, QFrame) and parent.objectName() == "palette"
        framed = parent if alone or one.property("variant") == "bare" or isinstance(one, QTextEdit) else one
        framed = framed if framed is not None and root.isAncestorOf(framed) else one  # its frame shows the focus
        corner = framed.mapTo(root, QPoint(0, 0)) if framed is not root else QPoint(0, 0)
        area = QRect(corner, framed.size()).adjusted(-3, -3, 3, 3) & root.rect()
        one.setFocus(Qt.FocusReason.TabFocusReason)
        QApplication.processEvents()
        if QApplication.focusWidget() is not one:
            continue
        with_focus = _look(root, area)
        if isValid(one):
            one.clearFocus()
        assert QApplication.focusWidget() is not one
        QApplication.processEvents()
        without = _look(root, area)
        if not isValid(one) or not one.isVisible():
            continue
        if with_focus == without:
            found.add(f"{described(one)} shows no focus")
        elif not alone and area.width() * area.height() < 400_000 and _alike(with_focus, without, CARET_PX):
            found.add(f"{described(one)} shows its focus by a cursor only")
    return found


def cut_off(root: QWidget) -> set[str]:
    """Words that are drawn in less room than they need, or outside of what they lie in."""
    found = set()
    for one in _shown(root):
        if one.visibleRegion().isEmpty():
            continue
        if isinstance(one, QComboBox) and not one.isEditable() and one.toolTip() != one.currentText():
            found |= _cut_in_box(one)
        words = one.text() if isinstance(one, QPushButton | QCheckBox | QRadioButton | QLabel) else ""
        if not words.strip() or isinstance(one, ElidedLabel):
            continue
        need = one.minimumSizeHint()
        wrapped = isinstance(one, QLabel) and one.wordWrap()
        if not wrapped and one.width() + 1 < need.width():
            found.add(f"{described(one)} {words[:40]!r} has {one.width()} of {need.width()} px")
        height = one.heightForWidth(one.width()) if wrapped else need.height()
        if one.height() + 1 < height:
            found.add(f"{described(one)} {words[:40]!r} is {one.height()} of {height} px high")
        found |= _outside(one, words)
    return found


def _cut_in_box(one: QComboBox) -> set[str]:
    option = QStyleOptionComboBox()
    one.initStyleOption(option)
    field = one.style().subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, one
    )
    need = one.fontMetrics().horizontalAdvance(one.currentText())
    if not option.currentIcon.isNull():
        need += one.iconSize().width()
    return (
        {f"{described(one)} {one.currentText()!r} has {field.width()} of {need} px"} if field.width() < need else set()
    )


def _outside(one: QWidget, words: str) -> set[str]:
    place, inside = QRect(QPoint(0, 0), one.size()), one
    while (parent := inside.parentWidget()) is not None and not inside.isWindow():
        place = place.translated(inside.pos())
        if isinstance(parent.parentWidget(), QAbstractScrollArea):
            return set()
        if place.right() > parent.width() + 1 or place.bottom() > parent.height() + 1 or place.left() < -1:
            return {f"{described(one)} {words[:40]!r} sticks out of {type(parent).__name__} {parent.objectName()}"}
        inside = parent
    return set()
