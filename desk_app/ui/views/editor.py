"""Name, icon and audience of a saved view."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QButtonGroup, QLineEdit, QWidget

from desk_app.domain.people.agent import Department
from desk_app.domain.views.model import MOST_NAME_CHARS, SavedView
from desk_app.ui.language import tr
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.widgets.basics import icon_button
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.layout import FlowLayout, boxed
from desk_app.ui.widgets.panels import Field

EVERYBODY = -1


def icon_names() -> dict[str, str]:
    """Return the icons a view can have, and what each is called."""
    return {
        "layers": tr("Layers"),
        "bookmark": tr("Bookmark"),
        "flame": tr("Flame"),
        "star": tr("Star"),
        "tag": tr("Tag"),
        "flag": tr("Flag"),
        "heart": tr("Heart"),
        "clock": tr("Clock"),
        "hourglass": tr("Hourglass"),
        "inbox": tr("Inbox"),
        "users": tr("People"),
        "building-2": tr("Building"),
        "briefcase": tr("Briefcase"),
        "package": tr("Parcel"),
        "truck": tr("Truck"),
        "credit-card": tr("Card"),
        "shopping-cart": tr("Shopping cart"),
        "megaphone": tr("Megaphone"),
        "wrench": tr("Wrench"),
        "bug": tr("Bug"),
        "gift": tr("Gift"),
        "house": tr("House"),
    }


class ViewQuestion(Question):
    """Asks for name, icon and who sees a view."""

    def __init__(
        self, title: str, view: SavedView, departments: Sequence[Department], parent: QWidget | None = None
    ) -> None:
        super().__init__(title, tr("Save"), parent)
        self.name = QLineEdit(view.name)
        self.name.setMaxLength(MOST_NAME_CHARS)
        self.name.textChanged.connect(lambda _text: self._check())
        self.content.addWidget(Field(tr("Name"), self.name))
        self._icons = QButtonGroup(self)
        self._icons.setExclusive(True)
        flow = FlowLayout(spacing=4)
        self.icons = {}
        for icon_name, words in icon_names().items():
            made = icon_button(icon_name, words, checkable=True, side=32)
            made.setChecked(icon_name == view.icon)
            self._icons.addButton(made)
            self.icons[icon_name] = made
            flow.addWidget(made)
        self.content.addWidget(Field(tr("Icon"), boxed(flow)))
        self.audience = Choice()
        self.audience.addItem(tr("Only me"), 0)
        self.audience.addItem(tr("Everybody"), EVERYBODY)
        if len(departments) > 1:
            for one in departments:
                self.audience.addItem(tr("Department {name}").format(name=one.name), one.id)
        here = (view.department_id or EVERYBODY) if view.shared else 0
        self.audience.setCurrentIndex(max(0, self.audience.findData(here)))
        self.content.addWidget(Field(tr("Who sees it"), self.audience))
        self._check()
        self.name.setFocus()
        self.name.selectAll()

    def _check(self) -> None:
        self.yes.setEnabled(bool(self.name.text().strip()))

    @property
    def icon_name(self) -> str:
        """The icon chosen."""
        return next((name for name, made in self.icons.items() if made.isChecked()), "layers")

    @property
    def shared(self) -> bool:
        """Whether others see it."""
        return int(self.audience.currentData()) != 0

    @property
    def department_id(self) -> int | None:
        """The department it is shared with, None for everybody or nobody."""
        chosen = int(self.audience.currentData())
        return chosen if chosen > 0 else None
