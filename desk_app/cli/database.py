"""`desk-app db` and `desk-app doctor`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from desk_app.cli.exits import CommandError, Exit
from desk_app.cli.invocation import Invocation
from desk_app.cli.output import print_json, say
from desk_app.infra import location as places
from desk_app.infra.database_password import full_url

Subparsers = argparse._SubParsersAction  # noqa: SLF001 -- argparse gives its type no public name


def add_parsers(subparsers: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add `db` with its actions, and `doctor`."""
    parser = subparsers.add_parser("db", help="the database: status, upgrade")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    status = actions.add_parser("status", parents=[common], help="what is there, without changing it")
    status.set_defaults(command=run_status)
    upgrade = actions.add_parser("upgrade", parents=[common], help="create it, or bring it up to date")
    upgrade.set_defaults(command=run_upgrade)
    doctor = subparsers.add_parser("doctor", parents=[common], help="check everything and say what to do")
    doctor.add_argument(
        "--bundle", metavar="FILE", help="also write a .zip for whoever helps: no secrets, no addresses, no mail in it"
    )
    doctor.set_defaults(command=run_doctor)
    for action in (status, upgrade, doctor):
        action.add_argument("--json", action="store_true", help="print one JSON object")


def run_status(invocation: Invocation) -> int:
    """Show the state of the database; an existing one that needs an upgrade is exit code 3."""
    from desk_app.storage.database import status

    facts = status(full_url(invocation.location))
    _answer(invocation, facts)
    return Exit.DATABASE if facts["exists"] and facts["needs_upgrade"] else Exit.OK


def run_upgrade(invocation: Invocation) -> int:
    """Create the database or bring it up to date."""
    from desk_app.storage.database import upgrade

    places.prepare(invocation.location)
    _answer(invocation, upgrade(full_url(invocation.location)))
    return Exit.OK


def _answer(invocation: Invocation, facts: dict[str, Any]) -> None:
    facts = facts | {"source": invocation.location.database_source}
    if invocation.json:
        print_json(facts)
        return
    for key, value in facts.items():
        say(f"{key.replace('_', ' '):<16}{value}")


def run_doctor(invocation: Invocation) -> int:
    """Check everything; exit code 1 where something fails, warnings are 0."""
    from desk_app.cli.doctor import examine, write_diagnostics

    bundle = Path(invocation.args.bundle).expanduser().absolute() if invocation.args.bundle else None
    try:
        checks = write_diagnostics(invocation.location, bundle) if bundle else examine(invocation.location)
    except OSError as error:
        raise CommandError(Exit.FAILED, f"The file cannot be written: {error.strerror}.", "Name another.") from error
    failed = [check for check in checks if check.state == "fail"]
    if invocation.json:
        found = [{"id": c.id, "state": c.state, "detail": c.detail, "advice": c.advice} for c in checks]
        print_json({"ok": not failed, "checks": found} | ({"bundle": str(bundle)} if bundle else {}))
    else:
        for check in checks:
            say(f"{check.state:<5}{check.title:<22}{check.detail}")
            if check.advice:
                say(f"{'':<27}{check.advice}")
        if bundle:
            say(f"{'':<5}{'Bundle':<22}{bundle}")
    return Exit.FAILED if failed else Exit.OK
