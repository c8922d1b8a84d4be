"""Settings about customers: the desk's own fields (CU-06), and links to other systems (CU-14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Generic, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout

from desk_app.domain.contacts.fields import FIELD_TYPES, FieldDefinition
from desk_app.domain.contacts.links import PLACEHOLDERS, LinkTemplate, check, expand
from desk_app.plugin_api.ui import WindowPort
from desk_app.services.contacts.settings import ContactSettings, FieldDefinitions
from desk_app.ui.contacts.context_links import open_link
from desk_app.ui.language import said, tr
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.form import SettingsForm, page_head
from desk_app.ui.widgets.basics import button, icon_button, label
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.layout import clear, column, row

CONTACT, ORGANIZATION = "contact", "organization"
S = TypeVar("S")


def kind_names() -> dict[str, str]:
    """Return what the types of fields are called; a type a plugin brought is shown by its id."""
    return {
        "text": tr("Text"),
        "number": tr("Number"),
        "date": tr("Date"),
        "yes_no": tr("Yes or no"),
        "choice": tr("Choice"),
    }


class FieldRow(QFrame):
    """One field: name, type, choices, and its place among the others."""

    def __init__(self, form: FieldsPage, group: str, one: FieldDefinition) -> None:
        super().__init__()
        self.setObjectName("settingrow")
        self.stored, self.group = one, group
        self.name = QLineEdit(one.label)
        self.name.setPlaceholderText(tr("Name of the field"))
        self.name.setAccessibleName(tr("Name of the field"))
        names = kind_names()
        self.kind = Choice([(names.get(key, key), key) for key in FIELD_TYPES.ids()], tr("Type"))
        self.kind.choose(one.kind)
        self.choices = QLineEdit(", ".join(one.choices))
        self.choices.setPlaceholderText(tr("Choices, separated by commas"))
        self.choices.setAccessibleName(tr("Choices, separated by commas"))
        self.up = icon_button(
            "chevron-up", tr("Move {field} up").format(field=one.label), lambda: form.shift(self, -1), size=15
        )
        self.down = icon_button(
            "chevron-down", tr("Move {field} down").format(field=one.label), lambda: form.shift(self, 1), size=15
        )
        gone = icon_button("x", tr("Remove {field}").format(field=one.label), lambda: form.drop(self), size=15)
        line = row(self.name, self.kind, self.up, self.down, gone, spacing=6)
        line.setStretchFactor(self.name, 1)
        self.setLayout(column(line, self.choices, margins=(12, 8, 8, 8), spacing=6))
        self.kind.currentIndexChanged.connect(lambda _place: self._show_choices())
        self._show_choices()

    def _show_choices(self) -> None:
        self.choices.setVisible(self.kind.currentData() == "choice")

    @property
    def definition(self) -> FieldDefinition:
        """What is entered."""
        kind = str(self.kind.currentData())
        choices = tuple(one.strip() for one in self.choices.text().split(",") if one.strip())
        return replace(
            self.stored, label=self.name.text().strip(), kind=kind, choices=choices if kind == "choice" else ()
        )


class _RowsPage(SettingsForm, Generic[S]):
    """A page of settings about customers whose rows are added and taken away; `_stored` is what it was filled with."""

    _stored: S

    def __init__(self, title: str, session: DeskSession, port: WindowPort) -> None:
        super().__init__(title)
        self._session, self._port = session, port

    def load(self) -> None:
        """Read what is stored."""
        self._session.work.run(self._session.desk.contact_settings.read, self._arrived, owner=self)

    def _arrived(self, settings: ContactSettings) -> None:
        raise NotImplementedError

    def watch(self) -> None:
        """Take the present state as unchanged; rows are followed one by one."""
        self.mark_clean()

    def _write(self, write: Callable[[], S]) -> None:
        def saved(stored: S) -> None:
            self._stored = stored
            self.show_stored()
            self.was_saved()
            self._port.notify(tr("Saved"))

        self._session.work.write(write, saved, failed=lambda problem: self.footer.show_error(problem.text), owner=self)


class FieldsPage(_RowsPage[FieldDefinitions]):
    """Fields of people and of organizations."""

    def __init__(self, session: DeskSession, port: WindowPort) -> None:
        super().__init__(tr("Customer fields"), session, port)
        self._stored = FieldDefinitions()
        self.rows: dict[str, list[FieldRow]] = {CONTACT: [], ORGANIZATION: []}
        self._boxes: dict[str, QVBoxLayout] = {CONTACT: column(spacing=6), ORGANIZATION: column(spacing=6)}
        words = tr("What your desk wants to know of customers. Shown in the profile and beside tickets.")
        self.add_person = button(tr("Add a field"), lambda: self.add(CONTACT), icon_name="plus")
        self.add_organization = button(tr("Add a field"), lambda: self.add(ORGANIZATION), icon_name="plus")
        self.add_person.setAccessibleName(tr("Add a field of customers"))
        self.add_organization.setAccessibleName(tr("Add a field of organizations"))
        self.build(
            page_head(tr("Customer fields"), words),
            label(tr("Customers"), "title"),
            self._boxes[CONTACT],
            row(self.add_person, None),
            label(tr("Organizations"), "title"),
            self._boxes[ORGANIZATION],
            row(self.add_organization, None),
        )
        self.load()

    def _arrived(self, settings: ContactSettings) -> None:
        self._stored = settings.fields
        self.show_stored()
        self.watch()

    def show_stored(self) -> None:
        """Fill the form with what is stored."""
        for group, fields in ((CONTACT, self._stored.contact), (ORGANIZATION, self._stored.organization)):
            clear(self._boxes[group])
            self.rows[group] = [FieldRow(self, group, one) for one in fields]
            for made in self.rows[group]:
                self._boxes[group].addWidget(made)
        self._follow()

    def add(self, group: str) -> None:
        """Add an empty field."""
        made = FieldRow(self, group, FieldDefinition("", ""))
        self.rows[group].append(made)
        self._boxes[group].addWidget(made)
        self._follow()
        made.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def shift(self, one: FieldRow, by: int) -> None:
        """Move a field among the others."""
        rows, box = self.rows[one.group], self._boxes[one.group]
        here = rows.index(one)
        there = max(0, min(here + by, len(rows) - 1))
        rows.insert(there, rows.pop(here))
        box.removeWidget(one)
        box.insertWidget(there, one)
        had = next((made for made in (one.up, one.down) if made.hasFocus()), None)
        self._follow()
        if had is not None and not had.isEnabled():
            (one.down if had is one.up else one.up).setFocus()

    def drop(self, one: FieldRow) -> None:
        """Take a field away; its values stay stored."""
        self.rows[one.group].remove(one)
        self._boxes[one.group].removeWidget(one)
        one.hide()
        one.deleteLater()
        self._follow()

    def _follow(self) -> None:
        for rows in self.rows.values():
            for place, one in enumerate(rows):
                one.up.setEnabled(place > 0)
                one.down.setEnabled(place < len(rows) - 1)
        for one in (made for rows in self.rows.values() for made in rows):
            if not one.property("watched"):
                one.setProperty("watched", True)
                one.name.textChanged.connect(self._changed)
                one.choices.textChanged.connect(self._changed)
                one.kind.currentIndexChanged.connect(self._changed)
        self._changed()

    def _state(self) -> list[object]:
        return [(group, one.definition) for group, rows in self.rows.items() for one in rows]

    def save(self) -> None:
        """Store the fields."""
        settings, actor = self._session.desk.contact_settings, self._session.actor
        entered = FieldDefinitions(
            tuple(one.definition for one in self.rows[CONTACT]),
            tuple(one.definition for one in self.rows[ORGANIZATION]),
        )
        self._write(lambda: settings.save_fields(entered, actor))


class LinkRow(QFrame):
    """One link: its name, its address with placeholders, and a try."""

    def __init__(self, form: LinksPage, one: LinkTemplate) -> None:
        super().__init__()
        self.setObjectName("settingrow")
        self._form = form
        self.name, self.url = QLineEdit(one.title), QLineEdit(one.url)
        self.name.setPlaceholderText(tr("Name of the link"))
        self.name.setAccessibleName(tr("Name of the link"))
        self.url.setPlaceholderText("https://shop.example/customers?mail={email}")
        self.url.setAccessibleName(tr("Address of the link"))
        self.test = button(tr("Try it"), self.try_it, icon_name="external-link")
        gone = icon_button("x", tr("Remove {name}").format(name=one.title), lambda: form.drop(self), size=15)
        self.shown = label("", "tertiary", wrap=True, selectable=True)
        line = row(self.name, self.test, gone, spacing=6)
        line.setStretchFactor(self.name, 1)
        self.setLayout(column(line, self.url, self.shown, margins=(12, 8, 8, 8), spacing=6))
        self.url.textChanged.connect(lambda _text: self._preview())
        self._preview()

    @property
    def template(self) -> LinkTemplate:
        """What is entered."""
        return LinkTemplate(self.name.text().strip(), self.url.text().strip())

    def _wrong(self) -> str:
        try:
            check(replace(self.template, title=self.template.title or "-"), self._form.field_keys)
        except ValueError as error:
            return str(error)
        return ""

    def _preview(self) -> None:
        wrong = self._wrong() if self.template.url else ""
        self.test.setEnabled(bool(self.template.url) and not wrong)
        words = said(wrong) if wrong else expand(self.template, self._form.sample)
        self.shown.setText(words if self.template.url else "")
        self.shown.setProperty("state", "danger" if wrong else "")
        self.shown.style().unpolish(self.shown)
        self.shown.style().polish(self.shown)

    def try_it(self) -> None:
        """Open the link for a made-up customer."""
        if not self._wrong():
            open_link(expand(self.template, self._form.sample))


class LinksPage(_RowsPage[tuple[LinkTemplate, ...]]):
    """Links of the customer card."""

    def __init__(self, session: DeskSession, port: WindowPort) -> None:
        super().__init__(tr("Links to other systems"), session, port)
        self._stored = ()
        self.field_keys: frozenset[str] = frozenset()
        self.sample = {
            "email": "maya@shop.example",
            "name": "Maya Lind",
            "phone": "+46 8 123 45 67",
            "organization": "Studio & Co",
            "domain": "shop.example",
            "contact_id": "17",
            "ticket_number": "1001",
        }
        self.rows: list[LinkRow] = []
        self._box = column(spacing=6)
        self._names = label("", "tertiary", wrap=True, selectable=True)
        words = tr("Shown in the customer card, filled in with who the customer is. Only web addresses.")
        self.add_button = button(tr("Add a link"), self.add, icon_name="plus")
        self.build(page_head(tr("Links to other systems"), words), self._names, self._box, row(self.add_button, None))
        self.load()

    def _arrived(self, settings: ContactSettings) -> None:
        self._stored = settings.links
        self.field_keys = frozenset(one.key for one in settings.fields.contact)
        self.sample |= {f"field.{one.key}": one.label for one in settings.fields.contact}
        names = [*PLACEHOLDERS, *(f"field.{key}" for key in sorted(self.field_keys))]
        self._names.setText(tr("Placeholders: {names}").format(names=", ".join("{" + name + "}" for name in names)))
        self.show_stored()
        self.mark_clean()

    def show_stored(self) -> None:
        """Fill the form with what is stored."""
        clear(self._box)
        self.rows = []
        for one in self._stored:
            self._append(one)
        self._changed()

    def _append(self, one: LinkTemplate) -> LinkRow:
        made = LinkRow(self, one)
        made.name.textChanged.connect(self._changed)
        made.url.textChanged.connect(self._changed)
        self.rows.append(made)
        self._box.addWidget(made)
        return made

    def add(self) -> None:
        """Add an empty link."""
        made = self._append(LinkTemplate("", ""))
        self._changed()
        made.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def drop(self, one: LinkRow) -> None:
        """Take a link away."""
        self.rows.remove(one)
        self._box.removeWidget(one)
        one.hide()
        one.deleteLater()
        self._changed()

    def _state(self) -> list[object]:
        return [one.template for one in self.rows]

    def save(self) -> None:
        """Store the links."""
        settings, actor = self._session.desk.contact_settings, self._session.actor
        entered = [one.template for one in self.rows]
        self._write(lambda: settings.save_links(entered, actor))
