"""`desk-app quarantine`: mail that could not be taken over (MB-12)."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from desk_app.cli.exits import CommandError, Exit
from desk_app.cli.inspect import inspect_bytes
from desk_app.cli.invocation import Invocation, sign_in
from desk_app.cli.output import instant, print_json, print_table, say

if TYPE_CHECKING:
    from desk_app.services.ports.sync import InboundItem

Subparsers = argparse._SubParsersAction  # noqa: SLF001 -- argparse gives its type no public name


def add_parsers(subparsers: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add `quarantine` with its actions."""
    parser = subparsers.add_parser("quarantine", help="mail that could not be taken over")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", parents=[common], help="list it, newest first")
    listing.set_defaults(command=run_list)
    show = actions.add_parser("show", parents=[common], help="show one mail and why it is there")
    show.add_argument("mail", metavar="ID", type=int)
    show.add_argument("--raw", action="store_true", help="print its bytes as they came")
    show.set_defaults(command=run_show)
    retry = actions.add_parser("retry", parents=[common], help="try again; what was too large is fetched now")
    retry.add_argument("mails", metavar="ID", nargs="*", type=int, help="default: all")
    retry.set_defaults(command=run_retry)
    for action in (listing, show, retry):
        action.add_argument("--json", action="store_true", help="print one JSON object")


def run_list(invocation: Invocation) -> int:
    """List quarantined mail."""
    with invocation.desk() as desk:
        items = desk.quarantine.list()
        addresses = {account.id: account.address for account, _ in desk.mailboxes.list()}
    if invocation.json:
        print_json({"quarantine": [_json(item, addresses) for item in items]})
    elif not items:
        say("The quarantine is empty.")
    else:
        print_table(
            ("id", "mailbox", "arrived", "bytes", "tries", "reason"),
            [
                (i.id, addresses.get(i.account_id, ""), instant(i.received_at), i.size, i.attempts, i.reason)
                for i in items
            ],
            stretch=5,
        )
    return Exit.OK


def run_show(invocation: Invocation) -> int:
    """Show one quarantined mail."""
    args = invocation.args
    with invocation.desk() as desk:
        item = next((item for item in desk.quarantine.list() if item.id == args.mail), None)
        if item is None:
            raise CommandError(
                Exit.NOT_FOUND, f"Mail {args.mail} is not in quarantine.", "desk-app quarantine list shows what is."
            )
        raw = desk.quarantine.raw(item.id)
        addresses = {account.id: account.address for account, _ in desk.mailboxes.list()}
    if args.raw:
        if raw is None:
            raise CommandError(
                Exit.FAILED, "Its bytes were never fetched.", f"Fetch them: desk-app quarantine retry {item.id}"
            )
        sys.stdout.flush()
        sys.stdout.buffer.write(raw)
        return Exit.OK
    report = inspect_bytes(raw) if raw is not None else None
    if invocation.json:
        print_json(_json(item, addresses) | {"content": report})
        return Exit.OK
    mailbox = addresses.get(item.account_id, "a removed mailbox")
    say(f"Mail {item.id}, {item.size} bytes, arrived {instant(item.received_at)} in {mailbox}")
    say(f"Reason:  {item.reason}")
    if report is not None:
        say(f"From:    {_people(report.get('from'))}")
        say(f"Subject: {report.get('subject', '')}")
    return Exit.OK


def _people(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value.get('name', '')} <{value.get('email', '')}>".strip()
    return str(value or "")


def run_retry(invocation: Invocation) -> int:
    """Try quarantined mail again."""
    with invocation.desk() as desk:
        result = desk.quarantine.retry(invocation.args.mails or None, sign_in(desk)[1])
    if invocation.args.mails and not result.done and not result.still:
        raise CommandError(Exit.NOT_FOUND, "None of these mails is in quarantine.")
    if invocation.json:
        reasons = {str(mail): reason for mail, reason in result.reasons.items()}
        print_json({"done": result.done, "still": result.still, "reasons": reasons})
    else:
        say(f"{result.done} mails were taken over, {result.still} stay in quarantine.")
        for mail, reason in result.reasons.items():
            say(f"  {mail}: {reason}")
    return Exit.FAILED if result.still else Exit.OK


def _json(item: InboundItem, addresses: dict[int, str]) -> dict[str, Any]:
    return {
        "id": item.id,
        "account_id": item.account_id,
        "mailbox": addresses.get(item.account_id, ""),
        "folder": item.stream,
        "received_at": item.received_at,
        "stored_at": item.stored_at,
        "size": item.size,
        "attempts": item.attempts,
        "reason": item.reason,
        "fetched": item.raw_sha256 is not None,
    }
