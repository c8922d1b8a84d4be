"""A file for whoever helps: how the desk fares, without secrets and without anything of customers (AD-08).

Nothing of a ticket, a message or a contact is ever read for it. What comes from people all the same (addresses in
health messages, quoted words and the messages of exceptions in the log) is masked line by line.
"""

from __future__ import annotations

import json
import platform
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from desk_app import __version__
from desk_app.services.ports.sync import OutboxState
from desk_app.services.ports.unit_of_work import UnitOfWork
from desk_app.services.system.checks import Check
from desk_app.services.system.place import DeskPlace

_MOST_LOG_BYTES = 1_000_000
_ADDRESS = re.compile(r"[\w.+%~'-]+@[\w.-]+")
_QUOTED = re.compile("\"[^\"\n]{3,}\"|(?<!\\w)'[^'\n]{3,}'|“[^”\n]*”|«[^»\n]*»|‘[^’\n]*’")
_LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (?:DEBUG|INFO|WARNING|ERROR|CRITICAL)\s")
_TRACE_PLACE = re.compile(r'^\s+File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<name>\w+|<\w+>)')
_TRACE_HEAD = re.compile(r"^(?:Traceback \(most recent call last\):|During handling|The above exception)")
_ERROR_CLASS = re.compile(r"^(?P<kind>[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit|Warning|Lost|Refused))\b")
_SAFE_SETTINGS = frozenset({"imap", "smtp", "folders", "sent_copy", "host", "port", "security", "sign_in", "provider"})

README = """Desk App diagnostics

checks.txt      what desk-app doctor says
versions.json   program, Python, system
desk.json       database, settings, mailboxes, queue, jobs
logs/           the newest part of each log

There are no passwords or tokens in here, no addresses, no subjects and no text of mail: the tickets and messages of the
desk were not read, and logs were masked line by line.
"""


@dataclass(frozen=True, slots=True)
class DeskPicture:
    """What can be told about a desk without telling anything of its customers."""

    database: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    mailboxes: Sequence[Mapping[str, Any]] = ()
    outbox: Mapping[str, int] = field(default_factory=dict)
    jobs: Sequence[Mapping[str, Any]] = ()
    people: Mapping[str, int] = field(default_factory=dict)


def picture_of(uow: UnitOfWork, facts: Mapping[str, Any]) -> DeskPicture:
    """Read what a bundle tells about a desk."""
    settings = {key: value for key, value in asdict(uow.settings.desk()).items() if key != "instance_id"}
    boxes = []
    for account in uow.accounts.all():
        health = uow.accounts.health(account.id)
        boxes.append(
            {
                "id": account.id,
                "channel": account.channel,
                "enabled": account.enabled,
                "servers": _safe(account.settings),
                "policy": asdict(account.policy) | {"reply_to_senders": len(account.policy.reply_to_senders)},
                "aliases": len(account.aliases),
                "stored": uow.inbound.count(account.id),
                "health": asdict(health) | {"detail": masked(health.detail)},
            }
        )
    agents = uow.people.agents()
    return DeskPicture(
        database={key: value for key, value in facts.items() if key != "url"},
        settings=settings,
        mailboxes=boxes,
        outbox={state.value: uow.outbox.count([state]) for state in OutboxState},
        jobs=[
            {"name": one.name, "epoch": one.epoch, "until_at": one.until_at, "pid": one.pid} for one in uow.leases.all()
        ],
        people={"agents": len(agents), "active": sum(one.active for one in agents)},
    )


def _safe(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _safe(value) if isinstance(value, Mapping) else value
        for key, value in settings.items()
        if key in _SAFE_SETTINGS
    }


def masked(text: str) -> str:
    """Return a text without addresses and without what somebody put into quotes."""
    return _ADDRESS.sub("[address]", _QUOTED.sub("[text]", text))


def masked_log(text: str) -> str:
    """Return a log whose lines are masked; of traces only places and kinds of errors stay, for their messages may quote
    mail."""
    kept = []
    for line in text.splitlines():
        if _LOG_LINE.match(line):
            kept.append(masked(line))
        elif place := _TRACE_PLACE.match(line):
            kept.append(f"  {Path(place['file']).name}:{place['line']} {place['name']}")
        elif _TRACE_HEAD.match(line):
            kept.append(line.partition(":")[0])
        elif kind := _ERROR_CLASS.match(line):
            kept.append(f"{kind['kind']}: [text]")
    return "\n".join(kept) + ("\n" if kept else "")


def write_bundle(
    target: Path,
    place: DeskPlace,
    checks: Sequence[Check],
    picture: DeskPicture,
    redact: Callable[[str], str],
) -> Path:
    """Write the bundle to `target` (.zip), readable by its owner only, and return the path. `redact` takes secrets out
    of a text. Raises OSError."""
    home = str(Path.home())

    def clean(text: str) -> str:
        return redact(masked(text)).replace(home, "~")

    versions = {
        "program": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "made_at": datetime.now(UTC),
    }
    lines = [f"{one.state:<5}{one.title:<16}{clean(one.detail)}  {clean(one.advice)}".rstrip() for one in checks]
    unfinished = target.with_name(target.name + ".part")
    unfinished.touch(mode=0o600)
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as bundle:
            bundle.writestr("README.txt", README)
            bundle.writestr("checks.txt", "\n".join(lines) + "\n")
            bundle.writestr("versions.json", _json(versions, redact))
            bundle.writestr("desk.json", _json(asdict(picture), redact).replace(home, "~"))
            for file in sorted(place.logs.glob("*.log")) if place.logs.is_dir() else ():
                bundle.writestr(f"logs/{file.name}", redact(masked_log(_tail(file))).replace(home, "~"))
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def _json(value: Mapping[str, Any], redact: Callable[[str], str]) -> str:
    return redact(json.dumps(value, indent=2, default=str, ensure_ascii=False)) + "\n"


def _tail(file: Path) -> str:
    with file.open("rb") as source:
        source.seek(0, 2)
        source.seek(max(0, source.tell() - _MOST_LOG_BYTES))
        return source.read().decode("utf-8", "replace")
