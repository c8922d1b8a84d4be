"""The colour tokens of the design system as data (ui.md 2.1); everything else derives from them."""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "bg_rail": "#E9EBF0",
    "bg_sidebar": "#F4F5F8",
    "bg_surface": "#FFFFFF",
    "bg_raised": "#FFFFFF",
    "bg_sunken": "#F6F7F9",
    "bg_hover": "#EEF0F4",
    "bg_pressed": "#E4E7ED",
    "bg_selected": "#E9EBFD",
    "bg_selected_inactive": "#EEF0F4",
    "border_subtle": "#E5E7EC",
    "border_default": "#D3D7DF",
    "border_strong": "#868D9B",
    "text_primary": "#1A1E26",
    "text_secondary": "#4A5261",
    "text_tertiary": "#5D6574",
    "text_disabled": "#A0A6B2",
    "accent": "#4653D6",
    "accent_hover": "#3945BF",
    "accent_pressed": "#2F3AA6",
    "accent_subtle": "#E9EBFD",
    "accent_text": "#3945BF",
    "on_accent": "#FFFFFF",
    "note_bg": "#FFF8E1",
    "note_border": "#EBD48A",
    "note_text": "#5B4500",
    "focus": "#4653D6",
    "canvas": "#F4F5F8",
    "canvas_dot": "#D3D7DF",
    "shadow": "#0F172A",
    "toast_bg": "#1F242E",
    "on_toast": "#FFFFFF",
    "success": "#177245",
    "success_subtle": "#E2F5EA",
    "warning": "#8A5200",
    "warning_subtle": "#FDF0D9",
    "danger": "#C02B2B",
    "danger_subtle": "#FDE8E7",
    "info": "#0A64A8",
    "info_subtle": "#E2F0FC",
    "violet": "#7A3FC4",
    "violet_subtle": "#F2E9FC",
    "teal": "#0B6E6E",
    "teal_subtle": "#DDF3F1",
    "chart1": "#4F5CE0",
    "chart2": "#12908A",
    "chart3": "#9A5BE0",
    "chart4": "#1E88D6",
    "chart5": "#C77A12",
    "chart6": "#D4537E",
}

DARK: Mapping[str, str] = {
    "bg_rail": "#0F1115",
    "bg_sidebar": "#14171C",
    "bg_surface": "#1A1D24",
    "bg_raised": "#22262F",
    "bg_sunken": "#15181D",
    "bg_hover": "#232730",
    "bg_pressed": "#2B303B",
    "bg_selected": "#282E52",
    "bg_selected_inactive": "#262A34",
    "border_subtle": "#282C36",
    "border_default": "#383D49",
    "border_strong": "#747C8C",
    "text_primary": "#E9EBEF",
    "text_secondary": "#B3B9C5",
    "text_tertiary": "#949CAB",
    "text_disabled": "#5E6573",
    "accent": "#5561E4",
    "accent_hover": "#5B68EA",
    "accent_pressed": "#4853CF",
    "accent_subtle": "#282E52",
    "accent_text": "#A6AEFB",
    "on_accent": "#FFFFFF",
    "note_bg": "#2A2619",
    "note_border": "#54492A",
    "note_text": "#F1E2B3",
    "focus": "#8791F8",
    "canvas": "#14171C",
    "canvas_dot": "#2B303B",
    "shadow": "#000000",
    "toast_bg": "#E9EBEF",
    "on_toast": "#1A1E26",
    "success": "#5CCB93",
    "success_subtle": "#16352A",
    "warning": "#E9B25A",
    "warning_subtle": "#3A2C12",
    "danger": "#F58A86",
    "danger_subtle": "#452023",
    "info": "#74B8F2",
    "info_subtle": "#14304A",
    "violet": "#C49BF5",
    "violet_subtle": "#33244A",
    "teal": "#63CFC9",
    "teal_subtle": "#123635",
    "chart1": "#7681F4",
    "chart2": "#35B5AC",
    "chart3": "#B287EE",
    "chart4": "#55A9EC",
    "chart5": "#E0A142",
    "chart6": "#E88AAB",
}

TONES = ("success", "warning", "danger", "info", "violet", "teal")
CHART_COLOURS = ("chart1", "chart2", "chart3", "chart4", "chart5", "chart6")
AVATAR_HUES = ("accent", *TONES)
TEXT_SIZES = (0.9, 1.0, 1.15, 1.3)
"""The factors of the text size setting; they multiply all px tokens (ui.md 2.2)."""

_TEXT_PAIRS = (
    *(("text_primary", on) for on in ("bg_surface", "bg_selected", "bg_rail", "bg_sidebar", "bg_sunken", "bg_raised")),
    *(("text_secondary", on) for on in ("bg_surface", "bg_sidebar", "bg_selected", "bg_raised", "bg_rail")),
    *(("text_tertiary", on) for on in ("bg_surface", "bg_sidebar", "bg_hover", "bg_selected", "note_bg", "bg_sunken")),
    *(("on_accent", on) for on in ("accent", "accent_hover", "accent_pressed")),
    ("accent_text", "bg_surface"),
    ("accent_text", "accent_subtle"),
    ("text_primary", "note_bg"),
    ("note_text", "note_bg"),
    ("on_toast", "toast_bg"),
    *((tone, f"{tone}_subtle") for tone in TONES),
    *((tone, "bg_surface") for tone in TONES),
    *(("text_primary", f"{tone}_subtle") for tone in ("accent", *TONES)),
    *(("text_secondary", on) for on in ("bg_hover", "bg_pressed")),
)
_SHAPE_PAIRS = (
    ("border_strong", "bg_surface"),
    ("border_strong", "bg_sidebar"),
    ("focus", "bg_surface"),
    ("focus", "bg_rail"),
    ("accent", "bg_surface"),
    *((chart, "bg_surface") for chart in CHART_COLOURS),
)
CONTRAST_PAIRS: tuple[tuple[str, str, float], ...] = (
    *((text, on, 4.5) for text, on in _TEXT_PAIRS),
    *((shape, on, 3.0) for shape, on in _SHAPE_PAIRS),
)
"""Foreground, background and the ratio WCAG 2.2 asks of them (1.4.3: text 4.5, 1.4.11: shapes 3)."""


def _linear(channel: int) -> float:
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def luminance(colour: str) -> float:
    """Return the relative luminance of "#RRGGBB" (WCAG 2.2), 0 to 1."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2), 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def high_contrast(tokens: Mapping[str, str]) -> dict[str, str]:
    """Return the variant without faint lines and tinted fills (ui.md 2.1)."""
    changed = dict(tokens)
    changed["border_subtle"] = changed["border_default"] = tokens["border_strong"]
    changed["text_tertiary"] = changed["text_secondary"] = tokens["text_primary"]
    changed["note_border"] = tokens["border_strong"]
    for tone in ("accent", *TONES):
        changed[f"{tone}_subtle"] = tokens["bg_surface"]
    return changed
