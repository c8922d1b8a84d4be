"""Writes docs/plugins/context.md: what `ctx` gives a plugin, from the interfaces of `desk_app.plugin_api`."""

from __future__ import annotations

import inspect
import re
from typing import Any

from desk_app.plugin_api import channels, context, errors

_PARTS = (
    ("ctx.log", context.Log),
    ("ctx.settings", context.Settings),
    ("ctx.secrets", channels.SecretStore),
    ("ctx.kv", context.KeyValues),
    ("ctx.data_for(ticket_id)", context.TicketData),
    ("ctx.tables", context.Tables),
    ("ctx.tickets", context.TicketCommands),
    ("ctx.contacts", context.Contacts),
    ("ctx.http", context.Http),
    ("the answer of ctx.http.request", context.HttpResponse),
    ("ctx.clock", context.Clock),
)
_LIMITS = (
    "A value of `kv` or `data_for` has at most 64 kB as JSON, its key at most 200 characters.",
    "`kv` keeps at most 10,000 values and 16 MB of a plugin; for more there are `ctx.tables`.",
    "`data_for` keeps at most 100 values and 256 kB about a ticket, 1,000,000 values and 256 MB about all of them.",
    "A secret's name has letters, digits, dots, dashes and underscores, 64 at most.",
    "A search gives at most 1,000 tickets, `get_many` at most 10,000.",
    "Eight changes may follow from one another: a plugin that is told of its own change and changes again is stopped.",
    "Plugins may write to a customer 5 times before the customer writes, and 12 times in ten minutes at all.",
    "A request waits at most 120 seconds and reads at most 100 MB; 10 seconds and 10 MB where nothing is said.",
    "Errors and logs name the host of a request only. Proxies of this computer are not used.",
    "Inside a transaction of its own (`ctx.tables.begin()`) a plugin can read what it likes.",
    "What writes elsewhere, or waits for a network, is refused there: do it before or after.",
    "The program's log takes 200 lines of a plugin at once and 10 a second; the Plugins page shows the newest.",
    "On SQLite a transaction of `ctx.tables` is undone after 20 seconds, one that reads after 120: others wait for it.",
    "After the plugin was switched off every call raises `RefusedByDesk`.",
)


def page() -> str:
    """Return the page."""
    lines = [
        "# The context",
        "",
        "What `ctx` gives a plugin. Written from the interfaces; do not edit.",
        "",
        _doc(context),
        "",
        *_members("ctx", context.Context),
    ]
    for name, part in _PARTS:
        lines += [f"## {name[0].upper()}{name[1:]}" if " " in name else f"## {name}", ""]
        lines += [_doc(part), "", *_members("", part)]
    lines += ["## Limits", "", *[f"- {one}" for one in _LIMITS], "", "## Errors", ""]
    for error in (errors.PluginError, errors.PermissionDenied, errors.RefusedByDesk, errors.HttpError):
        lines += [f"- `{error.__name__}`: {' '.join(_doc(error).split())}"]
    return "\n".join(lines) + "\n"


def _members(owner: str, part: type) -> list[str]:
    found = []
    for base in reversed(part.__mro__):
        if base.__module__.startswith("desk_app.plugin_api"):
            found += [name for name in vars(base) if _shown(name) and name not in found]
    lines = []
    for name in found:
        member = inspect.getattr_static(part, name)
        doc = _doc(member).replace("\n\n", " ").replace("\n", " ")
        lines.append(f"- `{f'{owner}.' if owner else ''}{_written(name, member)}`{f': {doc}' if doc else ''}")
    return [*lines, ""]


def _shown(name: str) -> bool:
    return not name.startswith("_") or name == "__getitem__"


def _written(name: str, member: Any) -> str:
    if isinstance(member, property):
        return name
    signature = inspect.signature(member)
    arguments = [one for one in signature.parameters.values() if one.name != "self"]
    shown = re.sub(r"(: |-> )'([^']+)'", r"\1\2", str(signature.replace(parameters=arguments)))
    return f"[{arguments[0].name}]" if name == "__getitem__" else f"{name}{shown}"


def _doc(part: Any) -> str:
    return re.sub(r' \(plugins\.md, "[^"]+"\)', "", inspect.getdoc(part) or "")
