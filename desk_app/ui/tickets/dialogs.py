"""Small questions about tickets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from desk_app.ui.language import tr
from desk_app.ui.tickets.phrases import card_time, utc_now
from desk_app.ui.widgets.basics import button, label, restyle, scroller
from desk_app.ui.widgets.layout import FlowLayout, boxed, column
from desk_app.ui.widgets.panels import Field

if TYPE_CHECKING:
    from desk_app.domain.messages.model import Address
    from desk_app.services.ports.tags import TagUse
    from desk_app.services.queries.conversation import MessageView
    from desk_app.ui.session import DeskSession

_TEXTS = (QLineEdit, QPlainTextEdit)


def _text_of(field: QWidget) -> str:
    if isinstance(field, QPlainTextEdit):
        return field.toPlainText()
    return field.text() if isinstance(field, QLineEdit) else ""


class Question(QDialog):
    """A dialog with a title, some content and two buttons."""

    def __init__(self, title: str, yes: str, parent: QWidget | None = None, *, danger: bool = False) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(460)
        self._danger = danger
        self.content = column(label(title, "title", wrap=True), spacing=12)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.yes = self.buttons.addButton(yes, QDialogButtonBox.ButtonRole.AcceptRole)
        restyle(self.yes, variant="danger" if danger else "primary")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.setLayout(column(self.content, self.buttons, margins=(20, 20, 20, 16), spacing=16))

    def sizeHint(self) -> QSize:
        """Ask for the height of the width it will have: lines that wrap are fewer then."""
        wished = super().sizeHint()
        return QSize(max(wished.width(), self.minimumWidth()), wished.height())

    def showEvent(self, event: QShowEvent) -> None:
        """Begin where there is something to write, else at the button that loses nothing."""
        super().showEvent(event)
        self.fit()
        texts = [one for one in self.findChildren(QWidget) if isinstance(one, _TEXTS) and one.isVisible()]
        empty = (one for one in texts if one.isEnabled() and not _text_of(one))
        if (first := next(empty, texts[0] if texts else None)) is not None:
            first.setFocus()
        elif self._danger:
            self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setFocus()

    def fit(self) -> None:
        """Be as high as the words need at this width, even where a window manager answers late with the size before."""
        layout = self.layout()
        if layout is None or not layout.hasHeightForWidth():  # Qt itself gives a dialog no more than 2/3 of the screen
            return
        for one in (self.content, layout):
            one.invalidate()  # what was measured before its words had their size
        wanted = min(layout.totalHeightForWidth(self.width()), self.screen().availableGeometry().height())
        self.setMinimumHeight(wanted)
        self.resize(self.width(), max(self.height(), wanted))

    def ask(self, on_yes: Callable[[], object]) -> None:
        """Open without blocking; `on_yes` is called when the agent agrees."""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.accepted.connect(on_yes)
        self.open()


class SplitQuestion(Question):
    """Which messages go to a new ticket."""

    def __init__(
        self, messages: Sequence[MessageView], chosen: int, subject: str, parent: QWidget | None = None
    ) -> None:
        from desk_app.ui.messages.thread_lines import author

        super().__init__(tr("Split into a new ticket"), tr("Split"), parent)
        self.subject = QLineEdit(subject)
        self.content.addWidget(Field(tr("Subject of the new ticket"), self.subject))
        self.content.addWidget(label(tr("Messages to move"), "strong"))
        self._boxes: list[tuple[QCheckBox, int]] = []
        lines = column(spacing=6)
        for message in messages:
            words = f"{author(message)} · {card_time(message.sent_at, utc_now())} · {message.snippet[:50]}"
            shown = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, self.minimumWidth() - 80)
            box = QCheckBox(shown.replace("&", "&&"))
            box.setAccessibleName(words)
            box.setToolTip(words)
            box.setChecked(message.id == chosen)
            box.toggled.connect(lambda _on: self._check())
            self._boxes.append((box, message.id))
            lines.addWidget(box)
        area = scroller(boxed(column(lines, None)), tr("Messages to move"))
        area.setFixedHeight(min(260, 34 * len(self._boxes) + 8))
        self.content.addWidget(area)
        chosen_box = next((box for box, message_id in self._boxes if message_id == chosen), None)
        if chosen_box is not None:
            QTimer.singleShot(0, area, lambda: area.ensureWidgetVisible(chosen_box))
        self._check()

    def _check(self) -> None:
        self.yes.setEnabled(0 < len(self.message_ids) < len(self._boxes))

    @property
    def message_ids(self) -> list[int]:
        """The chosen messages."""
        return [message_id for box, message_id in self._boxes if box.isChecked()]


class PersonQuestion(Question):
    """Who the customer of a ticket is."""

    def __init__(self, title: str, yes: str, address: Address | None = None, parent: QWidget | None = None) -> None:
        super().__init__(title, yes, parent)
        self.email, self.name = QLineEdit(), QLineEdit()
        self.content.addWidget(Field(tr("E-mail address"), self.email))
        self.content.addWidget(Field(tr("Name"), self.name))
        self.email.textChanged.connect(lambda _text: self._check())
        if address is not None:
            self.email.setText(address.email)
            self.name.setText(address.name)
        self._check()

    def _check(self) -> None:
        from desk_app.ui.messages.recipients import read_addresses

        self.yes.setEnabled(bool(read_addresses(self.email.text())[0]))

    @property
    def address(self) -> Address:
        """The person entered."""
        from desk_app.domain.messages.model import Address
        from desk_app.ui.messages.recipients import read_addresses

        return Address(self.name.text().strip(), read_addresses(self.email.text())[0][0].email)


_SHOWN_TAGS = 12


class TagsQuestion(Question):
    """Tags as a line of words; those the desk uses most are a click away."""

    def __init__(self, tags: Sequence[str], session: DeskSession, parent: QWidget | None = None) -> None:
        super().__init__(tr("Tags"), tr("Save"), parent)
        self._before = tuple(tags)
        self.line = QLineEdit(", ".join(tags))
        self.content.addWidget(Field(tr("Tags, separated by commas"), self.line))
        self.offered: dict[str, QPushButton] = {}
        self.line.textChanged.connect(lambda _text: self._follow())
        session.work.run(session.desk.tags.listed, self._offer, owner=self)

    def _offer(self, known: Sequence[TagUse]) -> None:
        most = sorted(known, key=lambda one: -one.tickets)[:_SHOWN_TAGS]
        if not most:
            return
        flow = FlowLayout(spacing=6)
        for name in sorted(one.name for one in most):
            made = button(name.replace("&", "&&"), variant="filter")
            made.setCheckable(True)
            made.setMinimumHeight(26)
            made.toggled.connect(lambda on, one=name: self._turn(one, on=on))  # a screen reader toggles, too
            self.offered[name] = made
            flow.addWidget(made)
        most_used = Field(tr("Used most"), boxed(flow))
        self.content.addWidget(most_used)
        most_used.show()  # what is not shown yet has no height
        self._follow()
        self.fit()

    def _turn(self, name: str, *, on: bool) -> None:
        kept = [one for one in self._named if one != name]
        self.line.setText(", ".join([*kept, name] if on else kept))

    def _follow(self) -> None:
        for name, made in self.offered.items():
            with QSignalBlocker(made):
                made.setChecked(name in self._named)

    @property
    def _named(self) -> list[str]:
        return [" ".join(tag.lower().split()) for tag in self.line.text().split(",") if tag.strip()]

    @property
    def change(self) -> tuple[list[str], list[str]]:
        """Which tags come and which go."""
        now = self._named
        return [tag for tag in now if tag not in self._before], [tag for tag in self._before if tag not in now]
