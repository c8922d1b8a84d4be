"""What is said of plugin files and of plugins that do not run is said in the agent's language."""

from __future__ import annotations

import pytest

from desk_app.ui.language import said, speak


@pytest.mark.parametrize(
    ("sentence", "spanish"),
    [
        (
            "It needs “Orders” in a version >=2; there is 1.0. It is locked with a password.",
            "Necesita «Orders» en una versión >=2; hay la 1.0. Está protegido con contraseña.",
        ),
        (
            "It cannot be unpacked. The disk is full. Make room on it, and try again.",
            "No se puede descomprimir. El disco está lleno. Libere espacio e inténtelo de nuevo.",
        ),
        ("It cannot be loaded: it took longer than 20 seconds.", "No se puede cargar: tardó más de 20 segundos."),
        (
            "The plugin “Hours” took too long. It did not come back from report_types: hours within 60 seconds.",
            "El complemento «Hours» tardó demasiado. No volvió de report_types: hours en 60 segundos.",
        ),
        ("it must be at least 3", "debe ser al menos 3"),
        ("It cannot be loaded: ValueError: no", "No se puede cargar: ValueError: no"),
        (
            "The program ended while this plugin was in ticket_created. It was not the first time.",
            "El programa se cerró mientras este complemento estaba en ticket_created. No fue la primera vez.",
        ),
    ],
)
def test_reasons_are_told_in_the_agents_language(sentence: str, spanish: str) -> None:
    speak("es")
    try:
        assert said(sentence) == spanish
    finally:
        speak("en")
