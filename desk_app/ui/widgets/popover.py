"""A small sheet with an explanation that hangs below what was asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget, QWidgetAction

from desk_app.ui.widgets.basics import Menu, button, label
from desk_app.ui.widgets.layout import boxed, column, row

WIDTH = 400


def popover(
    parent: QWidget,
    where: QWidget,
    title: str,
    lines: Sequence[tuple[str, str]],
    choices: Sequence[tuple[str, Callable[[], object]]] = (),
) -> Menu:
    """Show name and value of every line below `where` (a line without a name is a sentence), and what can be done."""
    menu = Menu(parent)
    menu.setAccessibleName(title)
    content = column(label(title, "strong", wrap=True), margins=(14, 12, 14, 12), spacing=6)
    for name, value in lines:
        text = label(value, "" if name else "secondary", wrap=True, selectable=True)
        text.setFixedWidth(WIDTH if not name else WIDTH - 104)
        if name:
            caption = label(name, "tertiary", wrap=True)
            caption.setFixedWidth(96)
            line = row(caption, text, spacing=8)
            line.setAlignment(caption, Qt.AlignmentFlag.AlignTop)
            content.addLayout(line)
        else:
            content.addWidget(text)
    if choices:

        def act(call: Callable[[], object]) -> None:
            menu.close()
            call()

        content.addLayout(row(*(button(words, lambda one=call: act(one)) for words, call in choices), None, spacing=6))  # type: ignore[misc]
    action = QWidgetAction(menu)
    holder = boxed(content)
    action.setDefaultWidget(holder)
    menu.addAction(action)
    menu.below(where)
    return menu
