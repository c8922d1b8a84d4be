"""`make screenshots`: every screen and state as a picture, light and dark, in two sizes.

python -m tests.ui.screenshots FOLDER
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

from PySide6.QtCore import QSettings

from desk_app.runtime.gui import application
from desk_app.storage.database import open_database
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.ui import stage

SIZES = ((1280, 800), (1920, 1080))
SCHEMES = ("light", "dark")


def _compose(window: MainWindow) -> None:
    window.run_action("ticket.reply")
    composer = window.inbox.ticket.composer
    composer.edit.insert_clean_html(
        "<p>Hello Maya,</p><p>thank you, the <b>refund</b> leaves today:</p><ul><li>Amount: 129.00</li></ul>"
    )
    composer.attach("return-label.pdf", "application/pdf", b"x" * 20_000)


def _note(window: MainWindow) -> None:
    composer = window.inbox.ticket.composer
    composer.reset(composer.ticket_id)
    window.run_action("ticket.note")


def _first(window: MainWindow) -> None:
    window.inbox.list.open_first()
    stage.settle(window)
    window.inbox.list.table.setFocus()


def _several(window: MainWindow) -> None:
    composer = window.inbox.ticket.composer
    composer.reset(composer.ticket_id)
    for _ in range(3):
        window.inbox.list.step(1, extend=True)


def _settings(page: str) -> Callable[[MainWindow], None]:
    def show(window: MainWindow) -> None:
        window.show_page("settings")
        window.page("settings").open_page(page)  # type: ignore[union-attr]

    return show


def _wizard(step: int) -> Callable[[MainWindow], None]:
    def show(window: MainWindow) -> None:
        window.open_wizard()
        wizard = window._wizard
        assert wizard is not None
        wizard.address.setText("support@kopiworks.example")
        wizard.shown_name.setText("Kopi Works Support")
        wizard._show(step)

    return show


def _empty(window: MainWindow) -> None:
    window.show_page("inbox")
    window.inbox.sidebar.choose("waiting")


def _toast(window: MainWindow) -> None:
    window.inbox.sidebar.choose("open")
    window.inbox.list.clear_selection()
    stage.settle(window)
    window.run_action("ticket.mine")


def scenes() -> Iterator[tuple[str, Callable[[MainWindow], None]]]:
    """Every picture: its name and what leads to it."""
    yield "inbox", _first
    yield "composer", _compose
    yield "note", _note
    yield "palette", lambda window: window.open_palette()
    yield "several", lambda window: (window.palette_layer.leave(), _several(window))[0]
    yield "outbox", lambda window: window.show_page("outbox")
    yield "quarantine", lambda window: window.show_page("quarantine")
    yield "empty", _empty
    yield "toast", _toast
    for page in ("mailboxes", "outgoing", "appearance"):
        yield f"settings-{page}", _settings(page)
    for step, name in enumerate(("address", "connection", "old-mail", "done")):
        yield f"wizard-{name}", _wizard(step)


def shoot(folder: Path) -> int:
    """Write every picture and return how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    application()
    count = 0
    for scheme in SCHEMES:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            database = open_database(f"sqlite:///{Path(name) / 'desk.sqlite'}", origin="screenshots")
            kit = DeskKit(database)
            stage.believable(kit)
            ini = QSettings(str(Path(name) / "window.ini"), QSettings.Format.IniFormat)
            window = stage.open_window(kit, ini, scheme=scheme)
            for scene, lead in scenes():
                lead(window)
                for width, height in SIZES:
                    window.resize(width, height)
                    stage.settle(window)
                    window.grab().save(str(folder / f"{scene}-{scheme}-{width}.png"))
                    count += 1
            window.close()
            database.close()
    return count


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots")
    print(f"{shoot(target)} pictures in {target}")  # noqa: T201 -- a command's answer
