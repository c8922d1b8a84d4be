"""What the window can do with a page, where the page offers it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from PySide6.QtWidgets import QWidget


@runtime_checkable
class Searchable(Protocol):
    """A page with a search box of its own."""

    def focus_search(self) -> None:
        """Put the cursor into the search box."""
        ...


@runtime_checkable
class Layered(Protocol):
    """A page with something over, or instead of, what it shows at first."""

    def step_out(self) -> bool:
        """Go back to what was shown before; returns whether there was anything."""
        ...


@runtime_checkable
class Columned(Protocol):
    """A page with a column at its left where messages and jobs can stand."""

    @property
    def column(self) -> QWidget:
        """The column; its layout gives way at the lower end."""
        ...
