"""What `desk-app plugin new` writes: a plugin that works, with a panel, a setting, a translation and tests."""

from __future__ import annotations

import re
from pathlib import Path

from desk_app.plugin_host.archives import ArchiveError

_ID = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*\Z")

_FILES = {
    "plugin.toml": """\
id = "$id"
version = "0.1.0"
api = ">=1.0,<2"
authors = ["$author"]
license = "MIT"
entry = "plugin"
ui_entry = "window"
permissions = ["tickets.read", "tickets.write", "ui"]

[name]
en = "$name"

[description]
en = "Tags the tickets of important customers and says so beside the ticket."

[settings.domain]
type = "text"
title = "Domain of important customers"
help = "Tickets from addresses that end in it get the tag."
default = "example.com"

[settings.tag]
type = "text"
title = "Tag"
default = "important"
required = true
""",
    "__init__.py": '"""$name."""\n',
    "plugin.py": '''\
"""What $name does without a window."""

from desk_app.plugin_api import Context, TicketView, hookimpl


def is_important(ctx: Context, ticket: TicketView) -> bool:
    """Whether a ticket comes from the domain in the settings."""
    return ticket.requester_email.endswith("@" + ctx.settings["domain"])


@hookimpl
def ticket_created(ctx: Context, ticket: TicketView) -> None:
    """Tag the ticket of an important customer."""
    if is_important(ctx, ticket):
        ctx.tickets.update(ticket.id, add_tags=[ctx.settings["tag"]])
        ctx.log.info("tagged ticket %s", ticket.number)
''',
    "window.py": '''\
"""What $name shows in the window."""

from PySide6.QtWidgets import QLabel

from desk_app.plugin_api import Context, TicketView, hookimpl
from desk_app.plugin_api.ui import PanelPort, PanelSpec


@hookimpl
def ticket_panels(ctx: Context) -> list[PanelSpec]:
    """Return the card beside a ticket."""

    def card(port: PanelPort, ticket: TicketView) -> QLabel:
        label = QLabel(ctx.tr("Important customers write from {domain}").format(domain=ctx.settings["domain"]))
        label.setWordWrap(True)
        return label

    return [PanelSpec(id="$id.card", title=ctx.tr("$name"), factory=card)]
''',
    "i18n/es.json": """\
{
  "Important customers write from {domain}": "Los clientes importantes escriben desde {domain}"
}
""",
    "tests/test_plugin.py": '''\
"""Run with: desk-app plugin test ."""

from desk_app.plugin_api.testing import MountPanel, TestDesk


def test_a_ticket_of_an_important_customer_is_tagged(desk: TestDesk) -> None:
    plugin = desk.activate(".")
    plugin.set(domain="bigshop.test")
    ticket_id = desk.receive("Ann <ann@bigshop.test>", "Order", "Where is it?")
    assert "important" in desk.ticket(ticket_id).tags


def test_others_are_left_alone(desk: TestDesk) -> None:
    desk.activate(".")
    ticket_id = desk.receive("Bob <bob@elsewhere.test>", "Hello", "How are you?")
    assert desk.ticket(ticket_id).tags == ()


def test_the_card_is_shown(desk: TestDesk, mounted_panel: MountPanel) -> None:
    desk.activate(".")
    ticket_id = desk.receive("Ann <ann@bigshop.test>", "Order", "Where is it?")
    assert "example.com" in mounted_panel("$id.card", ticket_id).text()
''',
    "README.md": """\
# $name

Tags the tickets of important customers and says so beside the ticket.

- Settings: the domain they write from, and the tag.
- Permissions: `tickets.read` and `tickets.write` for the tag, `ui` for the card.

Try it: `desk-app plugin run .` - test it: `desk-app plugin test .` - pack it: `desk-app plugin build .`
""",
}


def write_new(folder: Path, *, name: str = "", author: str = "Somebody") -> list[Path]:
    """Write a new plugin into a folder that is empty or not there yet; its id is the folder's name.

    Returns the files. Raises ArchiveError for a folder that is no good.
    """
    plugin_id = folder.name.replace("-", "_")
    if not _ID.match(plugin_id):
        raise ArchiveError(
            f"“{folder.name}” cannot be a plugin's id: use lower-case letters, digits and underscores, a letter first."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArchiveError(f"The folder {folder} is not empty.")
    words = {"$id": plugin_id, "$name": name or plugin_id.replace("_", " ").capitalize(), "$author": author}
    written = []
    for place, text in _FILES.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        for word, value in words.items():
            text = text.replace(word, value)  # noqa: PLW2901 -- the same text, filled in
        target.write_text(text, encoding="utf-8")
        written.append(target)
    return written
