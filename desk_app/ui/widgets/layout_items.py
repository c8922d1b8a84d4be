"""Mends how PySide 6.11 keeps the items of layouts; importing it is enough (decision 065).

PySide ties an item that `itemAt` gives out to its layout, and the items of a layout that is added to one in use to that
one: Python keeps them as long as the layout. Qt frees an item together with its widget and tells nobody. Whatever
Python makes at that address later has two halves in Python, and the program ends in its destructor. Here no item stays
tied; what `itemAt` returns is good for as long as its widget is in the layout, as it is in C++.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any
from weakref import WeakValueDictionary

import shiboken6
from PySide6.QtWidgets import QBoxLayout, QFormLayout, QGridLayout, QLayout, QLayoutItem, QStackedLayout, QVBoxLayout

_given: WeakValueDictionary[int, QLayoutItem] = WeakValueDictionary()
"""What somebody got from `itemAt` and still holds, by its address."""


@cache
def _elsewhere() -> QLayout:
    return QVBoxLayout()


def _untied(item: QLayoutItem | None) -> QLayoutItem | None:
    """Return an item that nothing but its references keeps, nor any item inside of it."""
    if item is None:
        return None
    if isinstance(item, QLayout):
        for place in range(item.count()):
            _untied(_plain_item_at(item, place))
        return item
    (address,) = shiboken6.getCppPointer(item)
    if shiboken6.createdByPython(item) or _given.get(address) is item:
        return item  # of the end of that one Python is told; this one is in somebody's hands and has to stay as it is
    _elsewhere().removeItem(item)  # ties it to none, from whatever layout it is; it is void now
    again: QLayoutItem = shiboken6.wrapInstance(address, type(item))  # type: ignore[assignment]
    return again


def _give(original: Callable[..., QLayoutItem | None], *args: Any, **named: Any) -> QLayoutItem | None:
    item = _untied(original(*args, **named))
    if item is not None:
        _given[shiboken6.getCppPointer(item)[0]] = item
    return item


def _add(original: Callable[..., None], layout: QLayout, *args: Any, **named: Any) -> None:
    original(layout, *args, **named)
    if layout.parentWidget() is not None:
        for one in (*args, *named.values()):
            if isinstance(one, QLayout):
                _untied(one)


class _Mended:
    """A method of Qt's with its mend around it.

    What it gives is not a method in Python's eyes. Of one PySide would think that Python overrides a virtual function,
    and Qt itself would come through here whenever it looks at a layout, also while it takes one apart.
    """

    def __init__(self, mend: Callable[..., Any], original: Callable[..., Any]) -> None:
        self._mend, self.original = mend, original

    def __get__(self, layout: QLayout | None, kind: type | None = None) -> Callable[..., Any]:
        call = partial(self._mend, self.original)
        return call if layout is None else partial(call, layout)


def _plain_item_at(layout: QLayout, place: int) -> QLayoutItem | None:
    found = next(vars(kind)["itemAt"] for kind in type(layout).__mro__ if "itemAt" in vars(kind))
    item: QLayoutItem | None = (found.original if isinstance(found, _Mended) else found)(layout, place)
    return item


_MENDS: dict[Callable[..., Any], tuple[str, ...]] = {
    _give: ("itemAt", "itemAtPosition"),
    _add: ("addItem", "addLayout", "insertItem", "insertLayout"),
}
for _kind in (QLayout, QBoxLayout, QFormLayout, QGridLayout, QStackedLayout):
    for _mend, _names in _MENDS.items():
        for _name in _names:
            if _name in vars(_kind):
                setattr(_kind, _name, _Mended(_mend, getattr(_kind, _name)))
