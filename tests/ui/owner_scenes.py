"""Pictures of what an owner sets up and looks after: forms with changes, tests, questions, errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QScrollArea, QWidget

from desk_app.domain.mailboxes.model import AccountHealth
from desk_app.domain.people.actor import SYSTEM
from desk_app.domain.plugins.bisection import Bisection
from desk_app.domain.plugins.model import StateKind
from desk_app.domain.tickets.query import TicketQuery
from desk_app.domain.views.model import SavedView
from desk_app.plugin_api.channels import ChannelFault, StepState, TestStep
from desk_app.ui.language import tr
from desk_app.ui.mailboxes.settings_page import MailboxEditor, MailboxesPage
from desk_app.ui.plugins.parts import plugins_of
from desk_app.ui.problems import Problem
from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.shell.error_details import ErrorDetails
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.views.days_question import DaysQuestion
from desk_app.ui.views.editor import ViewQuestion
from tests.ui import plugin_scenes, stage
from tests.ui.plugin_stage import FakeControl

Lead = Callable[[MainWindow], None]
_PEOPLE = (
    ("dewi", "Dewi Lestari", "agent"),
    ("rafael", "Rafael Ortega", "lead"),
    ("lucia", "Lucía Fernández de Córdoba", "admin"),
)


def page(window: MainWindow, page_id: str) -> QWidget:
    """Return a page of the settings, shown; what was entered on the one before is dropped."""
    window.show_page("settings")
    home = window.page("settings")
    assert isinstance(home, SettingsHome)
    home.search.clear()
    home._show(page_id)
    stage.settle(window)
    found = home.page(page_id)
    assert found is not None
    return found


def down(widget: QWidget, part: float = 1.0) -> None:
    """Scroll what scrolls in a widget."""
    for area in widget.findChildren(QScrollArea):
        bar = area.verticalScrollBar()
        bar.setValue(round(bar.maximum() * part))


def _mailbox(window: MainWindow) -> MailboxEditor:
    found = page(window, "mailboxes")
    assert isinstance(found, MailboxesPage)
    mail = next(account for account, _ in window.session.facts.accounts if account.channel == "email")
    found.open_account(mail.id)
    stage.settle(window)
    assert isinstance(found.editor, MailboxEditor)
    return found.editor


def _middle(window: MainWindow) -> None:
    editor = _mailbox(window)
    editor.name.setText("Support of the lamp shop")
    steps = (
        TestStep("name", StepState.OK, "imap.desk.example, port 993"),
        TestStep("tls", StepState.FAILED, "self-signed certificate", ChannelFault.TLS, "9f2c4e0a7d5b1c3e" * 4),
        TestStep("sign_in", StepState.FAILED, "AUTHENTICATIONFAILED", ChannelFault.SIGN_IN),
        TestStep("smtp_name", StepState.SKIPPED),
    )
    editor.steps.run(lambda: iter(steps))
    stage.settle(window)
    down(editor, 0.5)


def _bottom(window: MainWindow) -> None:
    editor = _mailbox(window)
    stage.settle(window)
    down(editor)


def _remove(window: MainWindow) -> None:
    _mailbox(window)._ask_remove()


def _health(window: MainWindow) -> None:
    """A mailbox whose server refuses the password, and one of which mail is missing."""
    found = page(window, "health")
    pairs = list(window.session.facts.accounts)
    account, health = pairs[0]
    bad = replace(health, fault=ChannelFault.SIGN_IN.value, detail="AUTHENTICATIONFAILED", failed_polls=3)
    pairs[0] = (account, bad)
    short: AccountHealth = replace(pairs[1][1], server_count=1204, stored_count=1198)
    pairs[1] = (pairs[1][0], short)
    window.session.facts = replace(window.session.facts, accounts=tuple(pairs))
    found._fill()  # type: ignore[attr-defined]
    found._show_facts()  # type: ignore[attr-defined]


def _people(window: MainWindow) -> None:
    desk = window.session.desk
    known = {one.login for one in window.session.facts.agents}
    for login, name, kind in _PEOPLE:
        if login not in known:
            desk.people.add_agent(login, SYSTEM, name=name, kind=kind)
    window.session.load()
    stage.settle(window)
    found = page(window, "people")
    found.new()  # type: ignore[attr-defined]
    found.form.name.setText("Tom Becker")  # type: ignore[attr-defined]


def _departments(window: MainWindow) -> None:
    found = page(window, "departments")
    found.new()  # type: ignore[attr-defined]


def _canned(window: MainWindow) -> None:
    found = page(window, "canned")
    found.new.click()  # type: ignore[attr-defined]


def _keys(window: MainWindow) -> None:
    found = page(window, "keyboard")
    found.table.choose("ticket.assign")  # type: ignore[attr-defined]
    found.record()  # type: ignore[attr-defined]


def _view(window: MainWindow) -> None:
    window.show_page("inbox")
    view = SavedView(0, window.session.agent.id, "Refunds this week", "tag", TicketQuery(tags=("refund",)))
    ViewQuestion(tr("Save as view"), view, window.session.facts.departments, window).open()


def _days(window: MainWindow) -> None:
    DaysQuestion(TicketQuery(), window).open()


def _error(window: MainWindow) -> None:
    problem = Problem(
        "The reply could not be stored",
        "The disk is full. Free some space and try again; what you wrote is still in the editor.",
        'Traceback (most recent call last):\n  File "desk_app/storage/blobs.py", line 88, in put\n'
        "    os.fsync(handle)\nOSError: [Errno 28] No space left on device",
        OSError("No space left on device"),
    )
    shown = ErrorDetails(problem, window, choice=("Try again", lambda: None))
    shown.open()
    shown.fold.click()


def _empty_tab(window: MainWindow) -> None:
    found = plugin_scenes.plugins(window)
    found.search.setText("nothing like it")


def _updates(window: MainWindow) -> None:
    found = plugin_scenes.plugins(window)
    found.show_filter("updates")


def _refused(window: MainWindow) -> None:
    found = plugin_scenes.plugins(window)
    found.show_filter("problems")
    why = "It is not a plugin: there is no file plugin.toml in it."
    found._tell_of_file(Path("/home/ann/Downloads/holiday-pictures.zip"), why)


def _changed(window: MainWindow) -> None:
    found = plugin_scenes.plugins(window)
    control = window.session.desk.plugins
    assert isinstance(control, FakeControl)
    control.become("survey", StateKind.CHANGED)
    found.ask_changed("survey")


def _found(window: MainWindow) -> None:
    found = plugin_scenes.plugins(window)
    plugins_of(window).search.search = Bisection(("survey",), ("survey",), (), 3, seen_gone=True)
    found._show_notices()


def scenes() -> Iterator[tuple[str, Lead]]:
    """Every picture: its name and what leads to it."""
    yield "owner-mailbox-test", _middle
    yield "owner-mailbox-bottom", _bottom
    yield "owner-mailbox-remove", _remove
    yield "owner-people", _people
    yield "owner-departments", _departments
    yield "owner-canned", _canned
    yield "owner-keys", _keys
    yield "owner-view", _view
    yield "owner-days", _days
    yield "owner-error", _error
    yield "owner-plugins-nothing", _empty_tab
    yield "owner-plugins-updates", _updates
    yield "owner-plugins-refused", _refused
    yield "owner-plugins-changed", _changed
    yield "owner-health", _health
