"""After every test that made widgets: does Python stand for something that Qt frees without telling? (Decision 065.)"""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Generator

import pytest

_HARMLESS = {"QMetaObject"}
"""They live as long as the program."""


def borrowed() -> dict[str, int]:
    """Return how many objects of each kind, made by Qt and its own, Python keeps an address of, `QObject` left aside
    (of whose end Qt tells)."""
    import shiboken6
    from PySide6.QtCore import QObject

    return Counter(
        name
        for one in shiboken6.getAllValidWrappers()
        if not (isinstance(one, QObject) or shiboken6.createdByPython(one) or shiboken6.ownedByPython(one))
        and (name := type(one).__name__) not in _HARMLESS
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    """Fail a test after which there are any."""
    yield
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is not None and widgets.QApplication.instance() is not None and borrowed():
        gc.collect()  # what is only not collected yet is let go in time
        assert not (left := borrowed()), f"kept beyond its end, see decision 065: {dict(left)}"
