"""The page with a plugin's settings, made of what its manifest declares (plugins.md, "Settings, secrets, storage")."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_host.manifest import Manifest, SettingKind, setting_problem
from desk_app.services.plugins.keeping import KeptSettings
from desk_app.ui.language import said, tr
from desk_app.ui.plugins import phrases
from desk_app.ui.plugins.desk import PluginDesk
from desk_app.ui.plugins.setting_fields import SecretField, SettingField, SwitchField, setting_field
from desk_app.ui.problems import Problem
from desk_app.ui.settings.form import SettingsForm, page_head
from desk_app.ui.widgets.layout import clear, column
from desk_app.ui.widgets.panels import Banner
from desk_app.ui.work import Lane


class PluginSettingsPage(SettingsForm):
    """A field for each setting; what is entered is checked before it is stored, and the plugin is told."""

    def __init__(self, desk: PluginDesk, slug: str, open_details: Callable[[str], object]) -> None:
        state = desk.state(slug)
        manifest: Manifest | None = state.manifest if state is not None else None
        title = phrases.shown_name(state) if state is not None else slug
        super().__init__(title)
        self._desk, self.slug, self._details = desk, slug, open_details
        self._stored = KeptSettings()
        self.notices = column()
        specs = manifest.settings if manifest is not None else ()
        facts = desk.session.facts
        self.fields: dict[str, SettingField] = {one.key: setting_field(one, facts) for one in specs}
        for field in self.fields.values():
            field.show(False if field.spec.kind is SettingKind.SECRET else field.spec.default)
        description = phrases.shown_description(state) if state is not None else ""
        self.build(page_head(title, description), self.notices, *(one.widget for one in self.fields.values()))
        self._follow_switches()
        self._show_notice()
        desk.changed.connect(self._show_notice)
        self.read()

    # -- what the form says -------------------------------------------------------------------------------------------

    def _state(self) -> list[object]:
        return [_entered(field) for field in self.fields.values()]

    def _follow_switches(self) -> None:
        for field in self.fields.values():
            master = self.fields.get(field.spec.depends_on)
            if isinstance(master, SwitchField):
                master.switch.toggled.connect(field.widget.setVisible)
                field.widget.setVisible(master.switch.isChecked())

    def _counts(self, field: SettingField) -> bool:
        """Whether a setting matters: what it depends on is on."""
        master = self.fields.get(field.spec.depends_on)
        return not isinstance(master, SwitchField) or master.switch.isChecked()

    def _show_notice(self) -> None:
        clear(self.notices)
        state = self._desk.state(self.slug)
        if state is None or state.kind is StateKind.ACTIVE:
            return
        choices: list[tuple[str, Callable[[], object]]] = [(tr("Details"), lambda: self._details(self.slug))]
        if state.kind is StateKind.PAUSED:
            choices.append((tr("Try again"), lambda: self._desk.try_again(self.slug)))
        self.notices.addWidget(Banner(phrases.reason(state) or tr("The plugin is off."), "warning", choices))

    # -- stored values ------------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Read what is stored, unless something is being entered."""
        session, slug = self._desk.session, self.slug
        keeping = session.desk.plugin_keeping
        secrets = [key for key, field in self.fields.items() if isinstance(field, SecretField)]

        def arrived(found: KeptSettings) -> None:
            changed = self.has_changes
            self._stored = found
            if not changed:
                self.show_stored()
                self.mark_clean()
            if found.locked:
                self.tell(said(found.locked), bad=True)

        session.work.run(lambda: keeping.settings(slug, secrets), arrived, owner=self)

    def show_stored(self) -> None:
        """Fill in what is stored, else the defaults."""
        for key, field in self.fields.items():
            field.show_problem("")
            if isinstance(field, SecretField):
                field.show(key in self._stored.secrets)
            else:
                field.show(self._stored.values.get(key, field.spec.default))
        for field in self.fields.values():
            field.widget.setVisible(self._counts(field))

    def save(self) -> None:
        """Check what is entered, store it, and have the plugin told."""
        values, secrets, wrong = self._checked()
        if wrong is not None:
            self.footer.show_error(tr("Please look at “{name}”.").format(name=wrong.title))
            wrong.widget.setFocus()
            return
        session, slug, control = self._desk.session, self.slug, self._desk.control
        keeping, actor = session.desk.plugin_keeping, session.actor

        def store() -> None:
            keeping.save(slug, values, secrets, actor)

        def saved(_none: None) -> None:
            self._stored = KeptSettings(
                {**self._stored.values, **values},
                (self._stored.secrets | {key for key, one in secrets.items() if one})
                - {key for key, one in secrets.items() if not one},
            )
            self.show_stored()
            self.was_saved()
            session.work.run(control.sync, owner=self._desk, lane=Lane.LONG)  # the plugin hears of it at once
            self._desk.told.emit(tr("Saved"))

        def failed(problem: Problem) -> None:
            self.footer.show_error(problem.text)

        session.work.write(store, saved, failed=failed, owner=self)

    def _checked(self) -> tuple[dict[str, Any], dict[str, str], SettingField | None]:
        """Return values and secrets to store, and the first field with something wrong."""
        values: dict[str, Any] = {}
        secrets: dict[str, str] = {}
        wrong: SettingField | None = None
        for key, field in self.fields.items():
            value, problem = _read(field)
            if not self._counts(field):
                problem = ""
            field.show_problem(problem)
            if problem:
                wrong = wrong or field
            elif isinstance(field, SecretField):
                if value is not None:
                    secrets[key] = value
            elif value is not None and not (field.spec.kind is SettingKind.CHOICE and value == ""):
                values[key] = value
            elif key in self._stored.values:
                values[key] = None
        return values, secrets, wrong


def _entered(field: SettingField) -> object:
    try:
        return field.value()
    except ValueError as error:
        return error.args


def _read(field: SettingField) -> tuple[Any, str]:
    """Return a value and what is wrong with it, in the agent's language."""
    try:
        value = field.value()
    except ValueError as error:
        return None, _sentence(str(error))
    if isinstance(field, SecretField):
        kept = field.is_set if value is None else bool(value)
        return value, _sentence("it must not be empty") if field.spec.required and not kept else ""
    if field.spec.kind is SettingKind.CHOICE and value == "" and not field.spec.required:
        return value, ""
    return value, _sentence(setting_problem(field.spec, value))


def _sentence(text: str) -> str:
    words = said(text)
    return words[:1].upper() + words[1:]
