"""Keeps the keyboard where it is while a list of cards is built anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLayout, QWidget

ITEM = "item"
"""The property of a card that says what it stands for, the same in the next one of it."""
CONTROL = "control"
"""The property of a button that says which one of its card it is, where its words change."""


@contextmanager
def keeping_focus(cards: QLayout, otherwise: QWidget) -> Iterator[None]:
    """Build the cards of a layout anew inside: the focus comes back to the same button of the same card. Where the
    button is gone it goes to the card's first one, where the card is gone to the one in its place, and to `otherwise`
    where no card is left. The same where a question above the window has the focus for now."""
    holder = cards.parentWidget()
    here = holder.window().focusWidget() if holder is not None else None
    before = _widgets(cards)
    place = next((n for n, card in enumerate(before) if here is not None and card.isAncestorOf(here)), None)
    item = before[place].property(ITEM) if place is not None else None
    words = _words(here)
    yield
    if place is None:
        return
    after = [card for card in _widgets(cards) if _controls(card)]
    same = next((card for card in after if item is not None and card.property(ITEM) == item), None)
    if same is None and not after:
        otherwise.setFocus(Qt.FocusReason.OtherFocusReason)
        return
    card = same if same is not None else after[min(place, len(after) - 1)]
    controls = _controls(card)
    named = [one for one in controls if same is not None and _words(one) == words]
    card.show()  # a card that is not shown yet cannot take the focus
    (named or controls)[0].setFocus(Qt.FocusReason.OtherFocusReason)


@contextmanager
def leaving_focus(pane: QWidget, otherwise: QWidget) -> Iterator[None]:
    """Hide a pane inside: `otherwise` takes the focus where the pane had it. Qt would give it to what comes next."""
    focused: QWidget | None = pane.window().focusWidget()
    had = focused is not None and pane.isAncestorOf(focused)
    yield
    if had and pane.isHidden():
        otherwise.setFocus(Qt.FocusReason.OtherFocusReason)


def _widgets(cards: QLayout) -> list[QWidget]:
    found = (cards.itemAt(n) for n in range(cards.count()))
    return [widget for one in found if one is not None and (widget := one.widget()) is not None]


def _controls(card: QWidget) -> list[QAbstractButton]:
    return [one for one in card.findChildren(QAbstractButton) if one.isEnabled() and not one.isHidden()]


def _words(widget: QWidget | None) -> str:
    if widget is None:
        return ""
    own = widget.property(CONTROL) or widget.accessibleName()
    return own or (widget.text() if isinstance(widget, QAbstractButton) else "")
