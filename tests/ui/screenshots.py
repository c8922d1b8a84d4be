"""`make screenshots`: every screen and state as a picture, light and dark, in two sizes, and in Spanish.

python -m tests.ui.screenshots FOLDER [SCHEME LANGUAGE [SCENE...]]

A SCENE is a name or a pattern ("plugins*"); the others are led to, but no pictures are taken of them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatch
from html import escape
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

from PySide6.QtCore import QSettings
from PySide6.QtGui import QPixmap

from desk_app.plugin_api.channels import ChannelError, ChannelFault
from desk_app.runtime.gui import application
from desk_app.storage.database import open_database
from desk_app.ui.setup.checklist import CHECKLIST, SHOWN
from desk_app.ui.setup.entered import DATABASE, DONE, LANGUAGE, TEAM
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.ui import (
    bulk_scenes,
    bundled_scenes,
    careful_scenes,
    channel_scenes,
    contact_scenes,
    list_scenes,
    owner_scenes,
    plugin_scenes,
    stage,
    ticket_scenes,
    writing_scenes,
)

SIZES = ((1280, 800), (1920, 1080))
SCHEMES = ("light", "dark")
SETTINGS_PAGES = (
    "mailboxes",
    "health",
    "outgoing",
    "people",
    "departments",
    "tags",
    "appearance",
    "notifications",
    "keyboard",
    "data",
    "logs",
    "system",
)
FIRST_RUN = ((LANGUAGE, "language"), (DATABASE, "database"), (TEAM, "team"), (DONE, "done"))


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
    window.show_page("inbox")
    window.inbox.list.open_first()
    stage.settle(window)
    window.inbox.list.table.setFocus()


def _settings(page: str) -> Callable[[MainWindow], None]:
    def show(window: MainWindow) -> None:
        window.show_page("settings")
        window.page("settings").open_page(page)  # type: ignore[union-attr]

    return show


def _wizard(step: int) -> Callable[[MainWindow], None]:
    def show(window: MainWindow) -> None:
        window.setting_up.open()
        wizard = window.setting_up.wizard
        assert wizard is not None
        wizard.address.setText("support@kopiworks.example")
        wizard.shown_name.setText("Kopi Works Support")
        wizard._show(step)

    return show


def _settings_search(window: MainWindow) -> None:
    _settings("appearance")(window)
    window.page("settings").search.setText("re")  # type: ignore[union-attr]
    stage.settle(window)


def _settings_changes(window: MainWindow) -> None:
    window.show_page("settings")
    home = window.page("settings")
    home.search.clear()  # type: ignore[union-attr]
    home.open_page("outgoing")  # type: ignore[union-attr]
    home.page("outgoing").undo.setValue(30)  # type: ignore[union-attr]
    home.open_page("tags")  # type: ignore[union-attr]


def _first_run(step: int) -> Callable[[MainWindow], None]:
    def show(window: MainWindow) -> None:
        window.setting_up.open(first_run=True)
        assert window.setting_up.wizard is not None
        window.setting_up.wizard._show(step)

    return show


def _first_steps(window: MainWindow) -> None:
    session = window.session
    session.desk.choices.set(session.agent.id, CHECKLIST, SHOWN)
    window.setting_up.open()
    window.setting_up.wizard.finished.emit()  # type: ignore[union-attr]
    _first(window)


def _empty(window: MainWindow) -> None:
    window.show_page("inbox")
    window.inbox.sidebar.choose("waiting")


def _toast(window: MainWindow) -> None:
    window.inbox.sidebar.choose("open")
    window.inbox.list.clear_selection()
    stage.settle(window)
    window.run_action("ticket.mine")


def _quiet(window: MainWindow) -> None:
    """The settings, once the jobs ended and the messages went."""
    bulk_scenes.end_progress()
    window.toast.clear()
    window.rail.show()
    _settings("mailboxes")(window)


LOG = """\
2026-11-25 09:12:01,114 INFO    4120 T1 desk_app.runtime.worker: support@desk.example is fetched by this program
2026-11-25 09:12:03,870 INFO    4120 T1 desk_app.services.messages.intake: 14 mails of support@desk.example stored
2026-11-25 09:14:55,002 WARNING 4120 T1 desk_app.services.mailboxes.sync: sales@desk.example: the server closed the line
2026-11-25 09:15:25,431 INFO    4120 T1 desk_app.services.mailboxes.sync: sales@desk.example: connected again
2026-11-25 09:20:42,663 ERROR   4120 T1 desk_app.services.messages.intake: a mail cannot be read and is in quarantine
Traceback (most recent call last):
  File "desk_app/channels/email/reading/message.py", line 88, in read
RuntimeError: X-Break-The-Reader
2026-11-25 09:31:07,219 INFO    4120 T1 desk_app.runtime.jobs: counters folded, 0.03 s
"""


def _logs(window: MainWindow) -> None:
    folder = window.session.desk.system.place.logs
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "worker.log").write_text(LOG, encoding="utf-8")
    _settings("logs")(window)
    window.page("settings").page("logs").load()  # type: ignore[union-attr]
    stage.settle(window)
    window.page("settings").page("logs").table.choose(1)  # type: ignore[union-attr]


def _offline(window: MainWindow) -> None:
    """The mail servers cannot be reached and a reply waits; it goes by itself when the next scene reads the facts."""
    window.inbox.list.open_first()
    for account, _ in window.session.facts.accounts:
        window.session.desk.sync.note_failure(account.id, ChannelError(ChannelFault.NETWORK, "no route to host"))
    window.session.load()
    stage.settle(window)


def _online(window: MainWindow) -> None:
    window.mail.sync_now()
    stage.settle(window)
    window.toast.clear()
    window.notices.toggle()
    stage.pump(lambda: not window.notices.feed.busy)


def _keys(window: MainWindow) -> None:
    window.notices.centre.leave()
    window.open_palette()
    window.palette_layer.input.setText("ass")


def scenes() -> Iterator[tuple[str, Callable[[MainWindow], object]]]:
    """Every picture: its name and what leads to it."""
    yield "inbox", _first
    yield "composer", _compose
    yield "note", _note
    yield from writing_scenes.scenes()
    yield from list_scenes.scenes()
    yield from ticket_scenes.scenes()
    yield "palette", lambda window: window.open_palette()
    yield "offline", lambda window: (window.palette_layer.leave(), _offline(window))[0]
    yield "notifications", _online
    yield "palette-search", _keys
    yield from bulk_scenes.scenes()
    yield "outbox", lambda window: window.show_page("outbox")
    yield "quarantine", lambda window: window.show_page("quarantine")
    yield "empty", _empty
    yield "toast", _toast
    yield "settings-messages", _settings("mailboxes")
    yield "customers-messages", lambda window: window.show_page("customers")
    yield "wizard-messages", _wizard(0)
    yield "settings-mailboxes", _quiet
    for page in SETTINGS_PAGES[1:]:
        yield f"settings-{page}", _logs if page == "logs" else _settings(page)
    yield "settings-search", _settings_search
    yield from contact_scenes.scenes()
    yield from contact_scenes.dialogs()
    yield from plugin_scenes.scenes()
    yield "settings-changes", _settings_changes  # the last of the settings: it asks before it lets go
    yield from careful_scenes.scenes()
    for step, name in enumerate(("address", "connection", "old-mail", "done")):
        yield f"wizard-{name}", _wizard(step)
    for step, name in FIRST_RUN:
        yield f"first-run-{name}", _first_run(step)
    yield "first-steps", _first_steps
    yield from channel_scenes.scenes()


@contextmanager
def _stage(scheme: str, language: str) -> Iterator[tuple[DeskKit, Callable[[], MainWindow]]]:
    """Give a believable desk, and what opens the window on it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        database = open_database(f"sqlite:///{Path(name) / 'desk.sqlite'}", origin="screenshots")
        kit = DeskKit(database)
        stage.believable(kit)
        ini = QSettings(str(Path(name) / "window.ini"), QSettings.Format.IniFormat)
        yield kit, lambda: stage.open_window(kit, ini, scheme=scheme, language=language)
        kit.desk.plugins.close(2)
        database.close()


def shoot(folder: Path, scheme: str, language: str = "en", wanted: Sequence[str] = ("*",)) -> list[Path]:
    """Write the pictures wanted of one look in one language and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    application()
    written: list[Path] = []

    def is_wanted(scene: str) -> bool:
        return any(fnmatch(scene, one) for one in wanted)

    def save(picture: QPixmap, scene: str, width: int) -> None:
        file = folder / f"{scene}-{scheme}-{width}.png"
        picture.save(str(file))
        written.append(file)

    def take(window: MainWindow, found: Sequence[tuple[str, Callable[[MainWindow], object]]]) -> None:
        last = max((place for place, (scene, _) in enumerate(found) if is_wanted(scene)), default=-1)
        for scene, lead in found[: last + 1]:
            ticket_scenes.tidy(window)
            lead(window)
            for width, height in SIZES if is_wanted(scene) else ():
                window.resize(width, height)
                stage.settle(window)
                save(ticket_scenes.picture(window), scene, width)
            stage.settle(window)
        ticket_scenes.tidy(window)

    with _stage(scheme, language) as (kit, opened):
        contact_scenes.furnish(kit)
        window = opened()
        take(window, (*_unseen(window), *scenes(), *owner_scenes.scenes()))  # what leaves something open comes last
        for scene, (width, height), lead in list_scenes.narrow():
            if is_wanted(scene):
                window.resize(width, height)
                stage.settle(window)
                lead(window)
                stage.settle(window)
                save(window.grab(), scene, width)
        window.close()
    bundled = tuple(bundled_scenes.scenes())
    if any(is_wanted(scene) for scene, _ in bundled):
        with _stage(scheme, language) as (kit, opened):
            window = opened()
            bundled_scenes.start(kit)
            take(window, bundled)
            window.close()
    return written


def _unseen(window: MainWindow) -> Iterator[tuple[str, Callable[[MainWindow], None]]]:
    """Pages of the registries that no scene of its own shows, so that a new one is never left out."""
    known = {name for name, _ in scenes()}
    for page in window.registries.pages:
        if page.id not in known | {"inbox", "settings"}:
            yield f"page-{page.id}", lambda one, page_id=page.id: one.show_page(page_id)  # type: ignore[misc]
    for sheet in window.registries.settings_pages:
        if sheet.id not in SETTINGS_PAGES:
            yield f"settings-{sheet.id}", _settings(sheet.id)


def contact_sheet(folder: Path) -> None:
    """Write a page that shows all pictures side by side, a scene a row."""
    rows: dict[str, list[str]] = {}
    for file in sorted(folder.rglob("*.png")):
        shown = file.relative_to(folder).as_posix()
        rows.setdefault(re.sub(r"-(light|dark)-\d+$", "", file.stem), []).append(shown)
    parts = ["<!doctype html><meta charset=utf-8><title>Desk App: every screen</title>"]
    parts.append(
        "<style>body{font:14px sans-serif;margin:16px}img{width:400px;margin:4px;border:1px solid #999}</style>"
    )
    for scene, files in sorted(rows.items()):
        pictures = "".join(f'<a href="{one}"><img loading=lazy src="{one}" title="{one}"></a>' for one in files)
        parts.append(f"<h2>{escape(scene)}</h2>{pictures}")
    (folder / "index.html").write_text("\n".join(parts), encoding="utf-8")


def shoot_all(folder: Path) -> int:
    """Write every picture, each look and language by a process of its own; returns how many there are."""
    command = [sys.executable, "-m", "tests.ui.screenshots", str(folder)]
    looks = (("light", "en"), ("dark", "en"), ("light", "es"))
    running = [subprocess.Popen([*command, scheme, language]) for scheme, language in looks]
    if failed := [look for look, child in zip(looks, running, strict=True) if child.wait() != 0]:
        raise RuntimeError(f"no pictures of {failed}")
    contact_sheet(folder)
    return len(list(folder.rglob("*.png")))


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots")
    if len(sys.argv) > 3:
        chosen, spoken = sys.argv[2:4]
        shoot(target if spoken == "en" else target / spoken, chosen, spoken, sys.argv[4:] or ("*",))
    else:
        print(f"{shoot_all(target)} pictures in {target}, all on one page: index.html")  # noqa: T201 -- a command's answer
