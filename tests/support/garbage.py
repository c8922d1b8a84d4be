"""Once a test process has made a window, it looks for garbage on its main thread only, as the program does
(`desk_app/ui/garbage.py`): whatever thread it would happen on, in whatever test, could destroy what is Qt's.
"""

from __future__ import annotations

import gc
import itertools
import sys

import pytest

_FULL_EVERY = 40
"""So many tests go by from one full look to the next."""
_tests = itertools.count(1)


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish() -> None:
    """Look once nothing of the test is held by pytest any more."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is not None and widgets.QApplication.instance() is not None:
        gc.disable()
        gc.collect(1 if next(_tests) % _FULL_EVERY else 2)
