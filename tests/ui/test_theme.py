from __future__ import annotations

import re
import sys

import pytest
from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QSettings, QSize, Qt
from PySide6.QtGui import QFont, QFontInfo, QFontMetrics, QIcon, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QPlainTextEdit,
    QProxyStyle,
    QPushButton,
    QStyle,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from desk_app.ui import resources_path
from desk_app.ui.preferences import Preferences
from desk_app.ui.theme import tokens
from desk_app.ui.theme.fonts import font, load, system_family
from desk_app.ui.theme.icons import icon, svg
from desk_app.ui.theme.theme import Contrast, Density, Scheme, theme
from desk_app.ui.widgets.basics import Menu

SCHEMES = {
    "light": tokens.LIGHT,
    "dark": tokens.DARK,
    "light-high-contrast": tokens.high_contrast(tokens.LIGHT),
    "dark-high-contrast": tokens.high_contrast(tokens.DARK),
}


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
@pytest.mark.parametrize(("front", "back", "needed"), tokens.CONTRAST_PAIRS)
def test_ui_2_1_contrast_of_every_pair(scheme: dict[str, str], front: str, back: str, needed: float) -> None:
    assert tokens.contrast(scheme[front], scheme[back]) >= needed


def test_ui_2_1_every_pair_of_the_design_is_among_the_tested_ones() -> None:
    tested = {(front, back) for front, back, _ in tokens.CONTRAST_PAIRS}
    design = """
        text_primary: bg_surface bg_selected bg_rail note_bg; text_secondary: bg_surface bg_sidebar bg_selected;
        text_tertiary: bg_surface bg_sidebar bg_hover bg_selected note_bg;
        on_accent: accent accent_hover accent_pressed;
        accent_text: bg_surface accent_subtle; note_text: note_bg; on_toast: toast_bg;
        border_strong: bg_surface bg_sidebar; focus: bg_surface bg_rail; accent: bg_surface
    """
    for line in design.split(";"):
        front, _, backs = line.strip().partition(":")
        assert {(front, back) for back in backs.split()} <= tested
    assert {(tone, f"{tone}_subtle") for tone in tokens.TONES} <= tested


@pytest.mark.parametrize("scheme", [tokens.LIGHT, tokens.DARK], ids=["light", "dark"])
def test_ia_06_high_contrast_has_strong_lines_strong_text_and_no_tinted_fills(scheme: dict[str, str]) -> None:
    strong = tokens.high_contrast(scheme)
    for border in ("border_subtle", "border_default"):
        assert tokens.contrast(strong[border], strong["bg_surface"]) >= 3
    assert tokens.contrast(strong["text_tertiary"], strong["bg_surface"]) >= 7
    assert {strong[f"{tone}_subtle"] for tone in tokens.TONES} == {scheme["bg_surface"]}


def test_ia_06_high_contrast_draws_an_edge_where_a_fill_was() -> None:
    theme().apply("light", contrast="on")
    assert f"border-color: {tokens.LIGHT['success']}" in theme().style_sheet()
    theme().apply("light", contrast="off")
    assert f"border-color: {tokens.LIGHT['success_subtle']}" in theme().style_sheet()


def test_ia_06_contrast_follows_the_system_unless_somebody_chose(qapp: QApplication) -> None:
    theme().apply(contrast=Contrast.ON)
    assert theme().high_contrast
    theme().apply(contrast=Contrast.SYSTEM)
    hints = qapp.styleHints()
    wanted = hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast
    assert theme().high_contrast is wanted
    hints.accessibility().contrastPreferenceChanged.emit(Qt.ContrastPreference.HighContrast)
    assert theme().high_contrast is wanted, "asked again, the system says the same"


def test_ia_07_the_look_follows_the_system_live(qapp: QApplication) -> None:
    theme().apply(Scheme.SYSTEM)
    hints = qapp.styleHints()
    assert theme().is_dark is (hints.colorScheme() == Qt.ColorScheme.Dark)
    told: list[bool] = []
    theme().changed.connect(lambda: told.append(True))
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert told
    theme().apply(Scheme.LIGHT)
    told.clear()
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert not told, "who chose a scheme keeps it"


def test_nothing_is_filled_anew_when_nothing_changes(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    theme().apply("light", factor=1.0)
    filled: list[int] = []
    monkeypatch.setattr(theme(), "style_sheet", lambda: filled.append(1) or "")
    theme().apply("light", factor=1.0, density=Density.COMPACT)
    assert theme().is_compact
    assert not filled
    theme().apply(density=Density.COMFORTABLE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ui_2_1_what_stands_in_an_empty_field_can_be_read(qapp: QApplication, scheme: str) -> None:
    theme().apply(scheme)
    for made in (QLineEdit, QTextEdit, QPlainTextEdit):
        field = made()
        field.ensurePolished()
        hint = field.palette().color(QPalette.ColorRole.PlaceholderText)
        assert (hint.name(), hint.alpha()) == (theme().hex("text_tertiary").lower(), 255), made.__name__
    theme().apply("light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ui_7_lines_and_marks_of_a_menu_can_be_seen(qapp: QApplication, scheme: str) -> None:
    theme().apply(scheme)
    menu = Menu()
    menu.add("Newest first", lambda: None, checked=True)
    menu.addSeparator()
    menu.add("Oldest first", lambda: None, checked=False)
    menu.ensurePolished()
    menu.resize(menu.sizeHint())
    picture = menu.grab().toImage()
    mark = {picture.pixelColor(x, y).name() for x in range(8, 28) for y in range(6, 32)}
    assert theme().hex("text_primary").lower() in mark, "the check mark is of the theme, and not the style's own"
    middle = {picture.pixelColor(picture.width() // 2, y).name() for y in range(30, picture.height() - 30)}
    assert theme().hex("border_default").lower() in middle
    assert tokens.contrast(theme().hex("border_default"), theme().hex("bg_raised")) > 1.3
    theme().apply("light")


class _Counted(QWidget):
    """Counts how often it gets a style."""

    styled = 0

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt calls it so
        self.styled += event.type() == QEvent.Type.StyleChange
        super().changeEvent(event)


def test_ui_8_a_part_is_styled_as_often_however_many_others_are_around_it(qtbot: QtBot) -> None:
    outer = around = QWidget()
    parts = [_Counted(outer)]
    for _ in range(12):
        around = QWidget(around)
        parts.append(_Counted(around))
    qtbot.addWidget(outer)
    outer.show()
    for one in parts:
        one.styled = 0
    theme().apply("dark")
    assert {one.styled for one in parts} == {parts[0].styled}
    assert 0 < parts[0].styled <= 2


def test_ui_2_2_the_systems_type_face_can_be_used(qapp: QApplication) -> None:
    theme().apply(system_font=True)
    assert font(13).family() == system_family()
    assert qapp.font().family() == system_family()
    theme().apply(system_font=False)
    assert font(13).family() == "Inter"


def test_preferences_read_what_is_stored_and_survive_nonsense(settings: QSettings) -> None:
    preferences = Preferences(settings)
    assert (preferences.scheme, preferences.density, preferences.contrast) == (
        Scheme.SYSTEM,
        Density.COMFORTABLE,
        Contrast.SYSTEM,
    )
    for key, value in (
        ("look/scheme", "dark"),
        ("look/density", "compact"),
        ("look/high_contrast", True),
        ("look/system_font", True),
        ("look/text_size", 1.3),
    ):
        settings.setValue(key, value)
    assert (preferences.scheme, preferences.density, preferences.contrast) == (
        Scheme.DARK,
        Density.COMPACT,
        Contrast.ON,
    )
    assert preferences.system_font
    assert preferences.text_size == 1.3
    for key in ("look/scheme", "look/density", "look/high_contrast", "look/text_size"):
        settings.setValue(key, "nonsense")
    assert (preferences.scheme, preferences.density, preferences.contrast, preferences.text_size) == (
        Scheme.SYSTEM,
        Density.COMFORTABLE,
        Contrast.SYSTEM,
        1.0,
    )


def test_both_schemes_have_the_same_tokens() -> None:
    assert tokens.LIGHT.keys() == tokens.DARK.keys()


@pytest.mark.parametrize(("one", "other", "ratio"), [("#000000", "#FFFFFF", 21.0), ("#777777", "#FFFFFF", 4.48)])
def test_contrast_is_the_one_of_wcag(one: str, other: str, ratio: float) -> None:
    assert tokens.contrast(one, other) == pytest.approx(ratio, abs=0.01)


def test_switching_live_changes_palette_and_sheet(qapp: QApplication) -> None:
    seen: list[bool] = []
    theme().changed.connect(lambda: seen.append(theme().is_dark))
    theme().apply("dark")
    assert qapp.palette().window().color().name().upper() == tokens.DARK["bg_sidebar"]
    assert tokens.DARK["bg_surface"] in qapp.styleSheet()
    theme().apply("light")
    assert seen == [True, False]
    assert "$" not in qapp.styleSheet()
    assert not re.search(r"@\d", qapp.styleSheet())


def test_buttons_of_questions_have_no_icons_of_another_style(qapp: QApplication) -> None:
    class WithIcons(QProxyStyle):
        """What Linux desktops ask for."""

        def styleHint(self, hint: QStyle.StyleHint, *rest: object) -> int:  # noqa: N802 -- Qt's name
            if hint is QStyle.StyleHint.SH_DialogButtonBox_ButtonsHaveIcons:
                return 1
            return super().styleHint(hint, *rest)  # type: ignore[arg-type]

    dialog = QDialog()
    dialog.setStyle(WithIcons("Fusion"))
    dialog.setStyleSheet(theme().style_sheet())
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, dialog)
    assert box.buttons()[0].icon().isNull()


def test_ui_2_2_text_size_multiplies_pixel_tokens(qapp: QApplication) -> None:
    theme().apply(factor=1.3)
    assert font(13).pixelSize() == 17
    assert "font-size: 17px" in qapp.styleSheet()


def test_toolchain_fonts_bundled_inter_is_used_with_its_weights() -> None:
    assert load()
    widths = {
        weight: QFontMetrics(font(20, weight)).horizontalAdvance("Refund for order") for weight in (400, 500, 600)
    }
    assert QFontInfo(font(13)).family() == "Inter"
    assert widths[400] < widths[500] < widths[600], "a variable font would ignore the weight (ui.md 7.11)"
    assert isinstance(font(11, tabular=True), QFont)


def test_ui_7_3_icons_follow_the_theme_without_being_rebuilt() -> None:
    made = icon("inbox", "text_primary")
    theme().apply("light")
    light = made.pixmap(QSize(20, 20)).toImage()
    theme().apply("dark")
    dark = made.pixmap(QSize(20, 20)).toImage()
    assert not light.isNull()
    assert light != dark
    assert made.pixmap(QSize(20, 20), QIcon.Mode.Disabled).toImage() != dark


def test_every_icon_named_in_the_code_is_bundled() -> None:
    here = {path.stem for path in (resources_path() / "icons").glob("*.svg")}
    package = resources_path().parent
    pattern = re.compile(
        r'(?:Glyph|icon|icon_button|pixmap)\(\s*"([a-z0-9-]+)"|(?:icon_name|icon|glyph)="([a-z0-9-]+)"'
    )
    named = {
        name
        for path in package.rglob("*.py")
        for found in pattern.findall(path.read_text(encoding="utf-8"))
        for name in found
        if name
    }
    assert len(named) > 40
    assert named <= here, f"missing: {sorted(named - here)}"
    assert "currentColor" not in svg("inbox", "#123456")


def test_licences_lie_beside_fonts_and_icons() -> None:
    assert "SIL Open Font License" in (resources_path() / "fonts" / "LICENSE.txt").read_text(encoding="utf-8")
    assert "ISC License" in (resources_path() / "icons" / "LICENSE.txt").read_text(encoding="utf-8")


class _Table(QAbstractTableModel):
    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802 -- Qt's own signature
        return 10

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802 -- Qt's own signature
        return 1

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return None


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal there, so the fault cannot be seen")
def test_toolchain_trap_1_void_calls_keep_the_references_of_none() -> None:
    from PySide6.QtCore import QIdentityProxyModel

    model, proxy, button = _Table(), QIdentityProxyModel(), QPushButton()
    proxy.setSourceModel(model)
    index = proxy.index(0, 0)
    before = sys.getrefcount(None)
    for _ in range(1000):
        proxy.data(index, Qt.ItemDataRole.DisplayRole)
        button.setText("x")
    assert abs(sys.getrefcount(None) - before) < 50
