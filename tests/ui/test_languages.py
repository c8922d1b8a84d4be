"""The window in English, Indonesian and Spanish (features.md IA-01 and IA-03, ui.md 13)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QEvent, QLocale, QSettings, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCalendarWidget,
    QCheckBox,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)

from desk_app.plugin_api.ui import ActionScope, ActionSpec
from desk_app.services.ports.errors import StorageError
from desk_app.services.tickets.results import CommandRefusedError
from desk_app.ui import language
from desk_app.ui.language import SYSTEM, Catalogue, language_name, quoted, read_catalogue, said, speak, speak_from, tr
from desk_app.ui.preferences import Preferences
from desk_app.ui.problems import explain
from desk_app.ui.settings.appearance_page import AppearancePage
from desk_app.ui.settings.logs_page import level_names, moment
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.phrases import card_time, full_time, short_time, size_text
from desk_app.ui.widgets.basics import ElidedLabel
from installer import translations
from tests.support.desks import DeskKit
from tests.ui import contact_scenes, screenshots, stage, ticket_scenes
from tests.ui.conftest import close

NOW = datetime(2026, 3, 20, 15, 0, tzinfo=UTC)
CODES = ("es", "id")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = QLocale()
    yield
    speak("en")
    QLocale.setDefault(before)
    QApplication.sendPostedEvents(None, QEvent.Type.LanguageChange.value)


def test_no_word_of_the_window_is_about_weapons() -> None:
    assert [one for one in translations.window_strings() if re.search(r"\b(dis)?arm(ed|ing)?\b", one.lower())] == []


def test_a_language_is_called_what_its_speakers_call_it() -> None:
    assert [language_name(one) for one in ("en", "es", "id", "de", "pt-BR")] == [
        "English",
        "Español",
        "Bahasa Indonesia",
        "Deutsch",
        "Português",
    ]
    assert language_name("tlh") == "tlh", "nobody knows it"


def test_quotation_marks_are_those_of_the_language() -> None:
    assert quoted("Refunds") == "“Refunds”"
    speak("es")
    assert quoted("Refunds") == "«Refunds»"


@pytest.mark.parametrize(("size", "words"), [(70, "70 bytes"), (901_120, "880 kB"), (82_800_000_000, "77.1 GB")])
def test_sizes_are_told_in_units_that_everybody_knows(size: int, words: str) -> None:
    QLocale.setDefault(QLocale("en_GB"))
    assert size_text(size) == words


def test_levels_and_days_of_the_log_are_in_the_language_of_the_window() -> None:
    at = datetime(2026, 11, 25, 9, 14, 55)  # noqa: DTZ001 -- the log has this computer's time
    QLocale.setDefault(QLocale("en_GB"))
    assert (level_names()["WARNING"], moment(at)) == ("Warning", "25 Nov 09:14:55")
    speak("es")
    assert (level_names()["WARNING"], moment(at)) == ("Aviso", "25 nov 09:14:55")


def test_spanish_has_one_word_for_merging() -> None:
    found = read_catalogue("es")
    merging = {**found.messages, **found.sentences}
    words = [str(said) for text, said in merging.items() if "merge" in text.lower()]
    assert [one for one in words if re.search(r"\bunir\b", one.lower())] == []


# -- catalogues -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("code", CODES)
def test_ia_01_every_string_is_there_with_its_placeholders_and_none_too_many(code: str) -> None:
    assert translations.problems(code) == []


def test_the_check_finds_missing_strings_wrong_placeholders_and_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = translations.FOLDER / "es.json"
    text = path.read_text(encoding="utf-8").replace('"Send": "Enviar"', '"Sendd": "Enviar"', 1)
    text = text.replace('"Abrir el ticket {number}"', '"Abrir el ticket {numero}"').replace('"one": "%n intento",', "")
    (tmp_path / "es.json").write_text(text, encoding="utf-8")
    monkeypatch.setattr(translations, "FOLDER", tmp_path)
    found = " ".join(translations.problems("es"))
    assert "missing in messages: 'Send'" in found
    assert "nobody says this any more (messages): 'Sendd'" in found
    assert "other placeholders: 'Open ticket {number}'" in found
    assert "wrong plural forms: '%n attempt(s)'" in found
    assert translations.renew("es") == 1
    assert not [one for one in translations.problems("es") if "any more" in one]


def test_nothing_is_translated_before_the_language_is_known() -> None:
    for path in translations.WINDOW.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inside = {
            id(one)
            for part in ast.walk(tree)
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for one in ast.walk(part)
        }
        early = [
            one.lineno
            for one in ast.walk(tree)
            if isinstance(one, ast.Call) and getattr(one.func, "id", "") == "tr" and id(one) not in inside
        ]
        assert not early, f"{path}: tr() runs while the module is imported, lines {early}"


@pytest.mark.parametrize(
    ("code", "one", "many"),
    [
        ("en", "1 mail to fetch", "12,345 mails to fetch"),
        ("es", "1 correo por recibir", "12.345 correos por recibir"),
        ("id", "1 email menunggu diambil", "12.345 email menunggu diambil"),
    ],
)
def test_plural_forms_and_grouped_numbers(code: str, one: str, many: str) -> None:
    speak(code)
    assert tr("%n mail(s) to fetch", 1) == one
    assert tr("%n mail(s) to fetch", 12345) == many


def test_sentences_of_services_are_shown_in_the_language() -> None:
    speak("es")
    assert explain(CommandRefusedError("The note is empty.")).title == "La nota está vacía"
    assert explain(LookupError("There is no mailbox 7.")).title == "No existe el buzón 7"
    full = explain(StorageError("The disk is full.", "Check the disk."))
    assert (full.title, full.advice) == ("El disco está lleno", "Revisa el disco.")
    reason = "The subject names ticket HD-4, and the sender takes part in it. A new, linked ticket."
    assert said(reason) == "El asunto nombra el ticket HD-4 y el remitente participa en él. Un ticket nuevo enlazado."
    assert said("550 5.7.1 mailbox unavailable") == "550 5.7.1 mailbox unavailable"


@pytest.mark.parametrize("code", ["es", "id"])
def test_in_22_every_cause_in_the_history_is_told_in_the_language(code: str) -> None:
    speak(code)
    for cause in (
        "The snooze has ended.",
        "The customer wrote.",
        "Chosen with the reply.",
        "The reply was taken back.",
        "Chosen with the message to a third party.",
        "The mail that both tickets answer arrived later.",
        "The raw mail was read again by a newer reader.",
        "Ann mentioned them in a note.",
        "Ann took the change back.",
    ):
        told = said(cause)
        assert told != cause
        assert ("Ann" in told) == ("Ann" in cause)


# -- locale -----------------------------------------------------------------------------------------------------------
def test_ia_03_dates_and_times_follow_the_locale() -> None:
    at = NOW - timedelta(days=6)
    local = at.astimezone()
    clock = {"en": f"{local:%I:%M}".lstrip("0"), "es": f"{local.hour}:{local:%M}", "id": f"{local:%H.%M}"}
    for code, day in (("en", f"Mar {local.day}"), ("es", f"{local.day} mar"), ("id", f"{local.day} Mar")):
        speak(code)
        assert short_time(at, NOW) == day
        assert card_time(at, NOW).startswith(f"{day} {clock[code]}")
    assert full_time(at).startswith(("Sabtu", "Jumat", "Minggu"))


def test_the_first_day_of_the_week_follows_the_locale() -> None:
    first = {}
    for code in ("es", "id"):
        speak(code)
        calendar = QCalendarWidget()
        first[code] = calendar.firstDayOfWeek()
        calendar.deleteLater()
    assert first == {"es": Qt.DayOfWeek.Monday, "id": Qt.DayOfWeek.Sunday}
    assert QLocale().toString(QDate(2025, 11, 21), QLocale.FormatType.LongFormat) == "Jumat, 21 November 2025"


def test_the_systems_language_is_taken_where_the_window_speaks_it() -> None:
    assert language.first_spoken(["de-DE", "es-MX", "en-US"]) == "es"
    assert language.first_spoken(["id_ID"]) == "id"
    assert language.first_spoken(["de", "fr"]) == "en"


# -- Qt's own words ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("code", "save", "cancel", "paste"),
    [("en", "Save", "Cancel", "Paste"), ("es", "Guardar", "Cancelar", "Pegar"), ("id", "Simpan", "Batal", "Tempel")],
)
def test_qts_own_buttons_and_menus_speak_too(code: str, save: str, cancel: str, paste: str) -> None:
    speak(code)
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
    assert {one.text().replace("&", "") for one in box.buttons()} == {save, cancel}
    line = QLineEdit()
    menu = line.createStandardContextMenu()
    assert any(one.text().replace("&", "").startswith(paste) for one in menu.actions())
    for made in (box, menu, line):
        made.deleteLater()


def test_keys_written_in_english_work_in_every_language() -> None:
    for code in ("en", "es", "id"):
        speak(code)
        for key in ("Ctrl+Shift+Return", "Del", "Esc", "Ctrl+K", "G, M"):
            sequence = QKeySequence(key)
            assert sequence.toString(QKeySequence.SequenceFormat.PortableText) == key, (code, key)


# -- the window --------------------------------------------------------------------------------------------------------
def switch(window: MainWindow, choice: str) -> None:
    window.preferences.set("look/language", choice)
    stage.pump(lambda: False, 0.05)
    stage.settle(window)


def words(root: QWidget) -> set[str]:
    """Everything readable in a window."""
    found = set()
    for one in (root, *root.findChildren(QWidget)):
        if isinstance(one, QLabel | QAbstractButton):
            found.add(one.text().replace("&", ""))
        if isinstance(one, QLineEdit):
            found.add(one.placeholderText())
        found |= {one.toolTip().partition("  (")[0], one.accessibleName()}
    return found - {""}


def left_in_english(root: QWidget, code: str) -> set[str]:
    """Strings of the source language that have another translation."""
    shown = words(root)
    return {
        source
        for source, target in read_catalogue(code).messages.items()
        if isinstance(target, str) and target != source and source in shown
    }


@pytest.mark.parametrize("code", CODES)
def test_ia_01_the_open_window_changes_its_language(window: MainWindow, code: str) -> None:
    window.inbox.list.open_first()
    stage.settle(window)
    switch(window, code)
    for page in ("outbox", "quarantine", "settings"):
        window.show_page(page)
        stage.settle(window)
    for page in ("mailboxes", "outgoing", "appearance"):
        window.page("settings").open_page(page)  # type: ignore[union-attr]
        stage.settle(window)
    window.setting_up.open()
    taken = {"Normal", "Text", "Support"}  # also what customers and mailboxes are called here
    assert left_in_english(window, code) - taken == set()
    titles = {spec.title for spec in window.registries.actions}
    assert {"es": "Resolver", "id": "Selesaikan"}[code] in titles
    assert "Resolve" not in titles


def test_ticket_text_cursor_and_list_survive_the_change(window: MainWindow) -> None:
    window.inbox.sidebar.choose("unassigned")
    stage.settle(window)
    window.inbox.list.open_first()
    stage.settle(window)
    ticket_id = window.inbox.ticket.ticket_id
    composer = window.inbox.ticket.composer
    window.run_action("ticket.reply")
    composer.edit.insertPlainText("Half an answer")
    composer.edit.put_cursor(4)
    switch(window, "es")
    shown = window.inbox.ticket
    assert shown.composer is not composer
    assert (shown.ticket_id, window.inbox.list.current_id()) == (ticket_id, ticket_id)
    assert window.inbox.list.view is not None
    assert window.inbox.list.view.id == "unassigned"
    assert shown.composer.edit.toPlainText() == "Half an answer"
    assert shown.composer.edit.textCursor().position() == 4
    assert shown.composer.send_button.text().strip() == "Enviar"
    assert window.session.desk.drafts.of_ticket(ticket_id, window.session.agent.id)
    window.run_action("ticket.note")
    shown.composer.edit.insertPlainText("Only for us")
    switch(window, "id")
    again = window.inbox.ticket.composer
    assert again.is_note
    assert again.edit.toPlainText() == "Only for us"


def test_the_settings_page_stays_open_and_keeps_the_focus(window: MainWindow, settings: QSettings) -> None:
    window.show_page("settings")
    home = window.page("settings")
    home.open_page("appearance")  # type: ignore[union-attr]
    page = home.page("appearance")  # type: ignore[union-attr]
    assert isinstance(page, AppearancePage)
    page.language.setFocus()
    page.language.setCurrentIndex(page.language.findData("id"))
    stage.pump(lambda: False, 0.05)
    stage.settle(window)
    fresh = window.page("settings").page("appearance")  # type: ignore[union-attr]
    assert isinstance(fresh, AppearancePage)
    assert fresh is not page
    assert fresh.language.currentData() == "id"
    assert fresh.language.currentText() == "Bahasa Indonesia"
    assert fresh.isVisible()
    assert window.focusWidget() is fresh.language
    settings.sync()
    assert Preferences(QSettings(settings.fileName(), QSettings.Format.IniFormat)).language == "id"


def test_a_search_and_what_the_wizard_was_told_survive(window: MainWindow) -> None:
    window.inbox.list.search("invoice")
    stage.settle(window)
    switch(window, "es")
    assert window.inbox.list.header.search_box.text() == "invoice"
    assert window.inbox.list.model.rowCount() == 1
    window.setting_up.open()
    wizard = window.setting_up.wizard
    assert wizard is not None
    wizard.address.setText("help@shop.example")
    wizard.password.setText("secret words")
    switch(window, "id")
    fresh = window.setting_up.wizard
    assert fresh is not None
    assert fresh is not wizard
    assert fresh.isVisible()
    assert (fresh.address.text(), fresh.password.text()) == ("help@shop.example", "secret words")
    assert "secret" not in repr(fresh.entered)


def test_keys_and_what_plugins_registered_outlive_the_change(window: MainWindow) -> None:
    ran = []
    window.registries.actions.register(
        ActionSpec("shout", "Shout", lambda _port, _ids: ran.append(1), scope=ActionScope.NONE, keys=("Ctrl+9",)),
        "a-plugin",
    )
    for code in ("es", "id", "en", SYSTEM):
        switch(window, code)
    assert window.registries.actions.owner("shout") == "a-plugin"
    window.run_action("shout")
    assert ran == [1]
    keys = window.shortcuts.keys
    assert keys.count("Ctrl+9") == 1
    assert keys.count("Ctrl+K") == 1
    window.registries.actions.remove_owner("a-plugin")  # nobody of the windows before is asked any more


def test_an_unknown_choice_in_the_file_means_the_system(settings: QSettings) -> None:
    settings.setValue("look/language", "tlh")
    assert Preferences(settings).language == SYSTEM


# -- room --------------------------------------------------------------------------------------------------------------
def longer(text: str) -> str:
    return f"[{text}{'·' * max(2, round(len(text) * 0.35))}]"


def pseudo() -> Catalogue:
    """A language a third longer than English, to see what has no room for it."""
    messages = {source: longer(source.replace("(s)", "s")) for source in translations.window_strings()}
    return Catalogue("es", messages, {}, {})


def too_narrow(root: QWidget) -> set[str]:
    """Buttons, boxes and one-line texts that are drawn in less room than their words need."""
    found = set()
    for one in root.findChildren(QWidget):
        if not one.isVisible() or one.visibleRegion().isEmpty():
            continue
        need = one.minimumSizeHint().width()
        narrow = one.width() + 1 < need
        if isinstance(one, QPushButton | QCheckBox | QRadioButton) and one.text() and narrow:
            found.add(f"{type(one).__name__} {one.text()!r}: {one.width()} of {need}")
        one_line = isinstance(one, QLabel) and not isinstance(one, ElidedLabel) and not one.wordWrap()
        if one_line and one.text() and narrow:
            found.add(f"label {one.text()!r}: {one.width()} of {need}")
        if isinstance(one, QPushButton | QCheckBox | QRadioButton) and one.text():
            top = one.window()  # a dialog over the window has its own edge
            if one.mapTo(top, one.rect().topRight()).x() > top.width():
                found.add(f"{one.text()!r} ends outside of the window")
    return found


def test_the_measure_finds_a_button_and_a_text_without_room(qapp: QApplication) -> None:
    root = QWidget()
    for made in (QPushButton("Volver a iniciar sesión", root), QLabel("Volver a iniciar sesión", root)):
        made.setGeometry(0, 0, 40, 24)
    root.show()
    assert len(too_narrow(root)) == 2
    root.close()
    root.deleteLater()


@pytest.mark.parametrize("code", ["pseudo", *CODES])
def test_no_button_is_cut_off_at_1280_by_800(kit: DeskKit, settings: QSettings, code: str) -> None:
    stage.believable(kit)
    contact_scenes.furnish(kit)
    window = stage.open_window(kit, settings)
    try:
        window.resize(1280, 800)
        if code == "pseudo":
            speak_from(pseudo())
        else:
            window.preferences.set("look/language", code)
        stage.pump(lambda: False, 0.05)
        stage.settle(window)
        spoken = {"pseudo": "[Search", "es": "Buscar", "id": "Cari"}[code]
        assert any(one.startswith(spoken) for one in words(window))
        cut = set()
        for scene, lead in screenshots.scenes():
            ticket_scenes.tidy(window)
            lead(window)
            stage.settle(window)
            cut |= {f"{scene}: {one}" for one in too_narrow(window)}
        assert cut == set()
    finally:
        close(window)
