"""Where the parts of a list row are: one reading for painting and for clicking."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QPoint, QRect

from desk_app.ui.theme.theme import theme

COMFORTABLE, COMPACT = 82, 56
BUTTON = 28


class RowPart(StrEnum):
    """What can be clicked in a row while the pointer is over it; each has a key and a command too."""

    CHECK = "check"
    STAR = "star"
    ASSIGN = "assign"
    SNOOZE = "snooze"
    RESOLVE = "resolve"


QUICK = (RowPart.STAR, RowPart.ASSIGN, RowPart.SNOOZE, RowPart.RESOLVE)
"""The quick actions at the right, from left to right."""


def row_height() -> int:
    """Return the height of a row in the density and text size chosen."""
    return theme().px(COMPACT if theme().is_compact else COMFORTABLE)


def avatar_rect(area: QRect) -> QRect:
    """Return the circle of a person."""
    side = 28 if theme().is_compact else 32
    top = area.top() + (area.height() - side) // 2 if theme().is_compact else area.top() + (area.height() - 60) // 2 + 2
    return QRect(area.left() + 18 + (32 - side) // 2, top, side, side)


def check_rect(area: QRect) -> QRect:
    """Return the target of the check box that takes the place of the circle."""
    return avatar_rect(area).adjusted(-2, -2, 2, 2)


def quick_rects(area: QRect) -> dict[RowPart, QRect]:
    """Return the targets of the quick actions: beside the first line, where time and clip were."""
    top = area.top() + (area.height() - BUTTON) // 2 if theme().is_compact else area.top() + 8
    left = area.right() - 12 - BUTTON * len(QUICK)
    return {part: QRect(left + place * BUTTON, top, BUTTON, BUTTON) for place, part in enumerate(QUICK)}


def part_at(area: QRect, point: QPoint) -> RowPart | None:
    """Return the part of a row at a point, None where a click means the row."""
    if check_rect(area).contains(point):
        return RowPart.CHECK
    return next((part for part, rect in quick_rects(area).items() if rect.contains(point)), None)
