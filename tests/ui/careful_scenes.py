"""Pictures of what asks or tells before something is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from desk_app.domain.messages.model import Address
from desk_app.domain.messages.signatures import Signature, SignatureScope
from desk_app.ui.messages.composer_files import _Reading
from desk_app.ui.messages.signatures_page import SignaturesPage
from desk_app.ui.settings.form import SettingsForm
from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.new_ticket import NewTicketDialog
from tests.ui import contact_scenes, stage


def _reading(window: MainWindow) -> None:
    window.show_page("inbox")
    window.inbox.list.open_first()
    stage.settle(window)
    composer = window.inbox.ticket.composer
    composer.reset(composer.ticket_id)
    window.inbox.ticket.writing.begin()
    stage.settle(window)
    window.run_action("ticket.reply")
    composer.edit.insert_clean_html("<p>Here is the scan you asked for.</p>")
    composer.attach("label.pdf", "application/pdf", b"x" * 20_000)
    composer.files._entries.append(_Reading(Path("scan-of-the-contract.pdf")))
    composer.files._draw()
    composer.submit()


def _home(window: MainWindow, page: str) -> SettingsHome:
    window.inbox.ticket.composer.reset(window.inbox.ticket.composer.ticket_id)
    window.toast.clear()
    window.show_page("settings")
    home = window.page("settings")
    assert isinstance(home, SettingsHome)
    shown = home.page(home.current)
    if isinstance(shown, SettingsForm):
        shown.footer.revert.click()  # what an earlier picture left
    home.open_page(page)
    stage.settle(window)
    return home


def _signature(window: MainWindow) -> None:
    desk = window.session.desk
    there = next((one for one in desk.signatures.all() if one.scope == SignatureScope()), None)
    desk.signatures.save(
        Signature(SignatureScope(), "Kind regards", "", there.version if there else 0), window.session.actor
    )
    page = _home(window, "signatures").page("signatures")
    assert isinstance(page, SignaturesPage)
    page._load()
    stage.settle(window)
    page.text.edit.insertPlainText("{{agent.name}} · ")
    (there,) = (one for one in desk.signatures.all() if one.scope == SignatureScope())
    theirs = Signature(SignatureScope(), "Best wishes\nThe lamp team", "", there.version)
    desk.signatures.save(theirs, window.session.actor)
    window.session.signatures_changed.emit()
    stage.settle(window)


def _discard(window: MainWindow) -> None:
    page = _home(window, "signatures").page("signatures")
    assert isinstance(page, SignaturesPage)
    page._show(SignatureScope())


def _quit(window: MainWindow) -> None:
    _discard(window)
    page = _home(window, "outgoing").page("outgoing")
    page.undo.setValue(33)  # type: ignore[union-attr]
    page.leave(lambda: None)  # type: ignore[union-attr]


def _backup(window: MainWindow) -> None:
    home = window.page("settings")
    home.page("outgoing").footer.revert.click()  # type: ignore[union-attr]
    with window.session.desk.backups._uow() as uow:
        why = "The disk is full. Free some space and try again; nothing that was saved is lost."
        uow.settings.set("backup.failed", {"at": "2026-03-02T08:00:00+00:00", "why": why})
        uow.commit()
    window.session.load()
    stage.settle(window)
    window.show_page("inbox")


def _export(window: MainWindow) -> None:
    window.session.desk.backups.set_daily(False)
    window.session.load()
    contact_scenes._person("maya@lindqvist.example")(window)
    stage.settle(window)
    window.run_action("contact.export")


def _begun(window: MainWindow) -> None:
    window.show_page("inbox")
    window.ask_new_ticket(Address("Maya Lindqvist", "maya@lindqvist.example"))
    stage.settle(window)
    dialog = next(one for one in window.findChildren(NewTicketDialog) if one.isVisible())
    dialog.subject.setText("Your refund")
    dialog.text.setPlainText("Dear Maya")
    dialog.reject()
    stage.settle(window)
    window.ask_new_ticket(Address("Tom Becker", "tom@becker.example"))


def scenes() -> Iterator[tuple[str, Callable[[MainWindow], None]]]:
    """Every picture: its name and what leads to it."""
    yield "careful-reading", _reading
    yield "careful-signature", _signature
    yield "careful-quit", _quit
    yield "careful-backup", _backup
    yield "careful-export", _export
    yield "careful-begun", _begun
