"""Plugins in words: permissions, what they add, how they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from desk_app.domain.plugins.model import Permission, StateKind
from desk_app.plugin_host.manifest import Manifest
from desk_app.services.ports.plugins import PluginState
from desk_app.ui.language import language, said, tr
from desk_app.ui.widgets.painted import hue

MOST_CHIPS = 5
PROBLEMS = frozenset(
    {StateKind.INVALID, StateKind.INCOMPATIBLE, StateKind.CONFLICT, StateKind.CHANGED, StateKind.PAUSED}
    | {StateKind.MISSING}
)
"""States that need somebody."""


def permission_words(one: Permission) -> tuple[str, str]:
    """Return what a permission allows, and what that means."""
    return {
        Permission.NETWORK: (
            tr("Connect to other computers"),
            tr("It may send what it knows to servers on the internet, and fetch from them."),
        ),
        Permission.TICKETS_READ: (
            tr("Read tickets"),
            tr("All tickets of the desk with their messages, notes and files."),
        ),
        Permission.TICKETS_WRITE: (
            tr("Change tickets"),
            tr("Status, priority, assignee and tags, and add internal notes. The history names the plugin."),
        ),
        Permission.CONTACTS: (tr("See customers"), tr("Names, addresses and your own fields.")),
        Permission.MAIL_SEND: (
            tr("Write to customers"),
            tr("It may send replies in the name of the desk, through the outbox."),
        ),
        Permission.FILES: (tr("Use files of this computer"), tr("Read and write files outside of the desk.")),
        Permission.SECRETS: (
            tr("Keep passwords"),
            tr("Its own only, in the keychain of this computer; never those of your mailboxes."),
        ),
        Permission.UI: (tr("Add to the window"), tr("Cards, pages, columns, buttons and commands.")),
        Permission.SCHEDULE: (tr("Work by the clock"), tr("It does something again and again, without being asked.")),
    }[one]


def ordered(permissions: Iterable[Permission]) -> list[Permission]:
    """Return permissions, those that reach farthest first."""
    order = (
        Permission.MAIL_SEND,
        Permission.NETWORK,
        Permission.TICKETS_WRITE,
        Permission.TICKETS_READ,
        Permission.CONTACTS,
        Permission.FILES,
        Permission.SECRETS,
        Permission.SCHEDULE,
        Permission.UI,
    )
    return sorted(permissions, key=order.index)


def _hook_words() -> dict[str, str]:
    return {
        "channel_types": tr("Channel"),
        "ticket_panels": tr("Ticket panel"),
        "composer_tools": tr("Composer"),
        "list_columns": tr("List column"),
        "ticket_actions": tr("Commands"),
        "navigation_pages": tr("Page"),
        "report_types": tr("Report"),
        "report_pages": tr("Report"),
        "text_highlighters": tr("Composer"),
        "placeholders": tr("Placeholders"),
        "field_types": tr("Field type"),
        "trigger_types": tr("Automation"),
        "condition_types": tr("Automation"),
        "action_types": tr("Automation"),
        "transition_guards": tr("Blueprint"),
        "transition_steps": tr("Blueprint"),
        "cli_commands": tr("Command line"),
        "scheduled_jobs": tr("Background work"),
    }


def decided_words() -> dict[str, str]:
    """Return what is changed or judged by a hook that plugins are asked for one after another."""
    return {
        "filter_inbound_message": tr("incoming messages"),
        "match_ticket": tr("which ticket a message joins"),
        "filter_outbound_message": tr("answers before they leave"),
        "before_message_send": tr("whether an answer may leave"),
        "before_ticket_change": tr("whether a ticket may be changed"),
        "filter_message_html": tr("messages as they are shown"),
        "filter_reply_draft": tr("how a reply begins"),
        "filter_signature": tr("signatures"),
        "filter_mail": tr("headers of outgoing mail"),
        "before_transition": tr("whether a Blueprint goes on"),
    }


def _provided_words() -> dict[str, str]:
    return {
        "channels": tr("Channel"),
        "field_types": tr("Field type"),
        "actions": tr("Automation"),
        "conditions": tr("Automation"),
        "triggers": tr("Automation"),
        "guards": tr("Blueprint"),
        "steps": tr("Blueprint"),
        "panels": tr("Ticket panel"),
        "columns": tr("List column"),
        "composer_tools": tr("Composer"),
        "pages": tr("Page"),
        "reports": tr("Report"),
        "jobs": tr("Background work"),
        "commands": tr("Command line"),
        "placeholders": tr("Placeholders"),
    }


def chips(manifest: Manifest | None, hooks: Sequence[str]) -> list[str]:
    """Return what a plugin adds and how far it reaches, in a few words: by its hooks where it runs, else by what its
    manifest says."""
    if manifest is None:
        return []
    by_hook, provided = _hook_words(), _provided_words()
    found = [by_hook[one] for one in by_hook if one in hooks]
    found += [words for key, words in provided.items() if key in manifest.provides]
    if Permission.NETWORK in manifest.permissions:
        found.append(tr("Network"))
    if Permission.MAIL_SEND in manifest.permissions:
        found.append(tr("Writes to customers"))
    return list(dict.fromkeys(found))


def shown_name(state: PluginState) -> str:
    """Return a plugin's name in the agent's language."""
    return state.manifest.shown_name(language()) if state.manifest is not None else state.slug


def shown_description(state: PluginState) -> str:
    """Return what a plugin says it does, in the agent's language."""
    return state.manifest.shown_description(language()) if state.manifest is not None else ""


def authors(state: PluginState) -> str:
    """Return who made it."""
    people = state.manifest.authors if state.manifest is not None else ()
    names = [re.sub(r"\s*<[^>]*>", "", one) for one in people]
    return tr("by {names}").format(names=", ".join(names)) if names else ""


def state_words(kind: StateKind) -> tuple[str, str]:
    """Return how a plugin stands, and the tone of that; "" for what its switch says already."""
    return {
        StateKind.INVALID: (tr("Cannot be read"), "danger"),
        StateKind.INCOMPATIBLE: (tr("Does not fit"), "warning"),
        StateKind.CONFLICT: (tr("Same id twice"), "warning"),
        StateKind.CHANGED: (tr("Files changed"), "warning"),
        StateKind.PAUSED: (tr("Paused after error"), "danger"),
        StateKind.MISSING: (tr("Files are gone"), "warning"),
        StateKind.ACTIVATING: (tr("Starting…"), "info"),
        StateKind.DEACTIVATING: (tr("Stopping…"), "info"),
    }.get(kind, ("", ""))


def reason(state: PluginState) -> str:
    """Return in plain words why a plugin does not run."""
    if state.reason:
        here = state.kind is StateKind.PAUSED and state.record is not None and not state.record.paused
        return f"{said(state.reason)} {tr('Only this computer is concerned.')}" if here else said(state.reason)
    return {
        StateKind.INVALID: tr("Its file plugin.toml has errors."),
        StateKind.INCOMPATIBLE: tr("It was made for another version of the program."),
        StateKind.CONFLICT: tr("Another plugin has the same id and comes first."),
        StateKind.CHANGED: tr("Its files are not those that were switched on."),
        StateKind.PAUSED: tr("It was stopped after an error."),
        StateKind.MISSING: tr("It is switched on, but its files are gone."),
    }.get(state.kind, "")


def missing_needs(state: PluginState, states: Sequence[PluginState]) -> list[str]:
    """Return what a plugin needs and does not find: "Teams" 2.0."""
    found = []
    manifest: Manifest | None = state.manifest
    for other, wanted in manifest.requires.items() if manifest is not None else ():
        there = next((one for one in states if one.manifest is not None and one.manifest.id == other), None)
        fits = there is not None and wanted.contains(there.manifest.version, prereleases=True)
        if there is None or not fits or there.kind is not StateKind.ACTIVE:
            name = shown_name(there) if there is not None else other
            least = next((one.version for one in wanted if one.operator in {">=", "==", "~="}), "")
            found.append(tr("Needs “{name}” {version}").format(name=name, version=least).strip())
    return found


def tone(state: PluginState) -> str:
    """Return the colour of a plugin's tile, always the same for a plugin; red where it was stopped."""
    if state.kind in {StateKind.PAUSED, StateKind.INVALID}:
        return "danger"
    found = hue(state.slug)
    return "info" if found == "danger" else found


def found_by(state: PluginState, words: str) -> bool:
    """Return whether a search finds a plugin."""
    manifest: Any = state.manifest
    texts = [shown_name(state), state.name, state.slug, shown_description(state), authors(state)]
    if manifest is not None:
        texts += [manifest.id, *chips(manifest, ())]
    whole = " ".join(texts).casefold()
    return all(one in whole for one in words.casefold().split())
