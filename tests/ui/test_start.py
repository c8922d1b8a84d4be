"""What a start loads (decision 110): measured by `make bench ARGS=window`, kept by what is shown here."""

from __future__ import annotations

import builtins
import shutil
from pathlib import Path

from desk_app.runtime.gui import application
from tests.ui.test_office_pc import used

NOT_FOR_A_LIST = {
    "desk_app.ui.contacts.customers_page": "a page nobody opened",
    "desk_app.ui.messages.outbox_page": "a page beside the lists",
    "desk_app.ui.settings.page": "the settings",
    "desk_app.ui.settings.people_page": "a page of the settings",
    "desk_app.ui.mailboxes.wizard": "connecting a mailbox",
    "desk_app.ui.tickets.ticket_pane": "a ticket nobody opened",
    "desk_app.ui.messages.composer": "writing",
    "desk_app.ui.tickets.printing": "printing",
    "desk_app.ui.shell.palette": "the palette",
    "desk_app.ui.notifications.centre": "the list of notifications",
    "desk_app.services.messages.intake": "mail that comes in",
    "desk_app.services.messages.replies": "mail that goes out",
    "desk_app.services.contacts.privacy": "a service nobody asked",
    "desk_app.services.system.backups": "making backups",
    "desk_app.storage.search.search": "a search",
    "desk_app.storage.contacts.repository": "a repository nobody asked",
    "desk_app.channels.email": "the channel",
    "desk_app.runtime.outside": "the world outside",
    "desk_app.services.mailboxes.accounts": "working on mailboxes; that there are some is a fact",
    "desk_app.services.tickets.tags": "working on tags",
    "desk_app.services.queries.conversation": "a ticket nobody opened",
    "desk_app.ui.notifications.tray": "notifications, behind the list",
    "desk_app.ui.notifications.popups": "as above",
    "desk_app.plugin_api.data": "what plugins are told",
    "desk_app.plugin_api.channels": "what channels are given",
    "desk_app.services.ports.plugins": "what the plugin host needs",
    "pluggy": "plugins, which are loaded behind the list",
    "desk_app.plugin_host.host": "as above",
    "sqlalchemy.dialects.postgresql": "a database the desk does not lie on",
    "sqlalchemy.orm": "what the program does not use",
    "psycopg": "the driver of that database",
    "imapclient": "the mail server",
    "lxml": "mail that is read",
}


def test_ad_14_a_usable_list_waits_for_nothing_that_nobody_opened(large_desk_file: Path, tmp_path: Path) -> None:
    shutil.copyfile(large_desk_file, tmp_path / "desk.sqlite")
    modules = set(used("usable", tmp_path)["modules"])
    assert "desk_app.ui.tickets.list_pane" in modules
    assert {"desk_app.storage.tickets.queries", "desk_app.services.people.agents"} <= modules
    assert not NOT_FOR_A_LIST.keys() & modules


def test_ad_14_importing_reads_no_sources_again() -> None:
    application()  # PySide6 has every module read once more that is loaded after it, and keeps the text
    assert builtins.__import__ is getattr(builtins, "__orig_import__", builtins.__import__)
