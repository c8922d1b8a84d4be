"""Questions about people and organizations."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from PySide6.QtWidgets import QButtonGroup, QLineEdit, QRadioButton, QSizePolicy, QWidget

from desk_app.domain.contacts.query import ContactQuery
from desk_app.services.contacts.merging import MergePreview
from desk_app.services.queries.contacts import ContactRow
from desk_app.ui.contacts.phrases import contact_name
from desk_app.ui.language import tr
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.tickets.picking import HITS, PickQuestion
from desk_app.ui.widgets.basics import label
from desk_app.ui.widgets.layout import boxed, column, row
from desk_app.ui.widgets.panels import Field, panel_card


def pick_person(session: DeskSession, title: str, yes: str, but_not: int, parent: QWidget) -> PickQuestion:
    """Return the question which person."""
    queries = session.desk.contact_queries

    def look(text: str) -> list[tuple[int, str]]:
        ids: array[int] = queries.ids(ContactQuery(search=text))[: HITS + 1]
        return [(one.id, person_line(one)) for one in queries.rows(ids) if one.id != but_not][:HITS]

    return PickQuestion(session, title, yes, tr("Customer"), look, parent)


def pick_organization(
    session: DeskSession, title: str, yes: str, parent: QWidget, *, but_not: int = 0, with_none: bool = False
) -> PickQuestion:
    """Return the question which organization; id 0 is "none"."""
    queries = session.desk.contact_queries

    def look(text: str) -> list[tuple[int, str]]:
        ids = queries.organization_ids(text)[: HITS + 1]
        found = [(one.id, one.name) for one in queries.organization_rows(ids) if one.id != but_not][:HITS]
        return [(0, tr("No organization")), *found] if with_none and not text.strip() else found

    return PickQuestion(session, title, yes, tr("Organization"), look, parent)


def person_line(one: ContactRow) -> str:
    """Return a person in one line."""
    return " — ".join(part for part in dict.fromkeys((one.name, one.email, one.organization)) if part)


class NewPersonQuestion(Question):
    """Who a new customer is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("New customer"), tr("Add"), parent)
        self.name, self.email, self.phone = QLineEdit(), QLineEdit(), QLineEdit()
        self.content.addWidget(Field(tr("Name"), self.name))
        self.email_field = Field(tr("E-mail address"), self.email)
        self.content.addWidget(self.email_field)
        self.content.addWidget(Field(tr("Phone (may stay empty)"), self.phone))
        self.email.textChanged.connect(lambda _text: self._check())
        self._check()

    def _check(self) -> None:
        self.yes.setEnabled("@" in self.email.text())
        self.email_field.set_error("")


class NewOrganizationQuestion(Question):
    """What a new organization is called, and which domain stands for it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("New organization"), tr("Add"), parent)
        self.name, self.domain = QLineEdit(), QLineEdit()
        self.name_field = Field(tr("Name"), self.name)
        self.content.addWidget(self.name_field)
        self.domain.setPlaceholderText("shop.example")
        words = tr("Everybody who writes from it joins, now and later.")
        self.domain_field = Field(tr("Domain (may stay empty)"), self.domain, help_text=words)
        self.content.addWidget(self.domain_field)
        self.name.textChanged.connect(lambda _text: self._check())
        self._check()

    def _check(self) -> None:
        self.yes.setEnabled(bool(self.name.text().strip()))


class LabelQuestion(Question):
    """What an address or number is, in the agent's own word."""

    def __init__(self, address: str, text: str, parent: QWidget) -> None:
        super().__init__(tr("What is {address}?").format(address=address), tr("Save"), parent)
        self.line = QLineEdit(text)
        self.line.setMaxLength(60)
        self.line.setPlaceholderText(tr("such as: reception"))
        self.content.addWidget(Field(tr("Label"), self.line))
        self.line.setFocus()


class MergeQuestion(Question):
    """Both sides of a merge, what moves, and which name and main address stay (CU-03)."""

    def __init__(self, preview: MergePreview, source: ContactRow, target: ContactRow, parent: QWidget) -> None:
        super().__init__(tr("Make one customer of two?"), tr("Merge"), parent)
        self.setMinimumWidth(620)
        self.preview = preview
        left = self._side(tr("Goes"), source, preview.source.phones)
        right = self._side(tr("Stays"), target, preview.target.phones)
        sides = row(left, Glyph("chevron-right", "text_tertiary", 18), right, spacing=10)
        sides.setStretch(0, 1)
        sides.setStretch(2, 1)
        self.content.addLayout(sides)
        self._names = QButtonGroup(self)
        self._emails = QButtonGroup(self)
        names = dict.fromkeys(one for one in (preview.target.name, preview.source.name) if one)
        if len(names) > 1:
            self.content.addWidget(self._choice(tr("Which name stays"), list(names), self._names, preview.target.name))
        emails = [one.address for one in preview.addresses if one.kind == "email"]
        if len(emails) > 1:
            primary = preview.target.primary_email
            self.content.addWidget(self._choice(tr("Main address"), emails, self._emails, primary))
        moves = [tr("%n ticket(s)", source.tickets)] if source.tickets else []
        moves.append(tr("%n address(es)", len(preview.source.addresses)))
        if preview.source.note:
            moves.append(tr("the note"))
        words = tr("Moves to {name}: {things}. Both stay reachable, and it can be undone.").format(
            things=", ".join(moves), name=contact_name(preview.target)
        )
        self.content.addWidget(label(words, "secondary", wrap=True))

    def _side(self, title: str, one: ContactRow, phones: Sequence[str]) -> QWidget:
        frame, content = panel_card(title)
        content.setSpacing(4)
        content.addWidget(label(one.name or one.email, "strong", wrap=True))
        for words in (one.email, *phones, one.organization, tr("%n ticket(s)", one.tickets)):
            if words:
                content.addWidget(label(words, "secondary", wrap=True))
        content.addStretch(1)
        frame.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)  # as high as the other one
        return frame

    def _choice(self, title: str, options: Sequence[str], group: QButtonGroup, chosen: str) -> QWidget:
        lines = column(label(title, "strong"), spacing=2)
        for place, words in enumerate(options):
            made = QRadioButton(words.replace("&", "&&"))
            made.setProperty("value", words)
            made.setChecked(words == chosen or (place == 0 and chosen not in options))
            group.addButton(made)
            lines.addWidget(made)
        return boxed(lines)

    @property
    def name(self) -> str:
        """The name that stays, "" for the target's."""
        return _value(self._names)

    @property
    def primary(self) -> str:
        """The main address, "" for the target's."""
        return _value(self._emails)


class ReplyAddressQuestion(Question):
    """Where the next reply goes after a ticket got another customer (CU-04)."""

    def __init__(self, addresses: Sequence[str], chosen: str, parent: QWidget) -> None:
        super().__init__(tr("Where should the next reply go?"), tr("Use this address"), parent)
        self._group = QButtonGroup(self)
        lines = column(spacing=2)
        for words in addresses:
            made = QRadioButton(words)
            made.setProperty("value", words)
            made.setChecked(words == chosen)
            self._group.addButton(made)
            lines.addWidget(made)
        text = tr("These are the addresses of the customer, and of the former one where the customer was changed.")
        self.content.addWidget(label(text, "secondary", wrap=True))
        self.content.addLayout(lines)

    @property
    def address(self) -> str:
        """The chosen address."""
        return _value(self._group)


def _value(group: QButtonGroup) -> str:
    made = group.checkedButton()
    return str(made.property("value")) if made is not None else ""
