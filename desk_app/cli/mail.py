"""`desk-app sync`, `outbox`, `outgoing` and `reparse`: mail in, mail out, mail read again."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from desk_app.cli.accounts import find_account
from desk_app.cli.exits import CommandError, Exit
from desk_app.cli.invocation import Invocation, sign_in
from desk_app.cli.output import complain, instant, print_json, print_table, say

if TYPE_CHECKING:
    from desk_app.domain.mailboxes.model import Account
    from desk_app.services.mailboxes.sync import SyncResult
    from desk_app.services.ports.sync import OutboxItem

Subparsers = argparse._SubParsersAction  # noqa: SLF001 -- argparse gives its type no public name


def add_parsers(subparsers: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add `sync`, `outbox`, `outgoing` and `reparse`."""
    sync = subparsers.add_parser("sync", parents=[common], help="get mail now")
    sync.add_argument("accounts", metavar="MAILBOX", nargs="*", help="numbers or addresses (default: every mailbox)")
    sync.add_argument("--once", action="store_true", help="fetch once and end (for going on, run desk-app worker)")
    _json(sync)
    sync.set_defaults(command=run_sync)
    _add_outbox(subparsers, common)
    outgoing = subparsers.add_parser("outgoing", help="may mail leave this desk?")
    actions = outgoing.add_subparsers(metavar="ACTION", required=True)
    for name, text in (
        ("arm", "let mail out from now on; what waits in the tray stays until it is released"),
        ("disarm", "let no mail out; what is queued goes into the tray"),
        ("status", "say which it is"),
    ):
        action = actions.add_parser(name, parents=[common], help=text)
        _json(action)
        action.set_defaults(command=run_outgoing, action=name)
    reparse = subparsers.add_parser(
        "reparse",
        parents=[common],
        help="read stored mail again with today's reader",
        description="Read stored mail again with today's reader. Ids, notes and states stay as they are.",
    )
    reparse.add_argument("messages", metavar="MESSAGE", nargs="*", type=int, help="message ids (default: all)")
    _json(reparse)
    reparse.set_defaults(command=run_reparse)


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_outbox(subparsers: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    outbox = subparsers.add_parser("outbox", help="mail on its way out")
    actions = outbox.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", parents=[common], help="what is held, queued, unclear or failed")
    listing.set_defaults(command=run_outbox_list)
    send = actions.add_parser(
        "send", parents=[common], help="send what is due now (a running worker does it by itself)"
    )
    send.set_defaults(command=run_outbox_send)
    release = actions.add_parser("release", parents=[common], help="let held mail go")
    release.add_argument("mails", metavar="ID", nargs="*", type=int, help="default: all that is held")
    release.set_defaults(command=run_outbox_release)
    cancel = actions.add_parser("cancel", parents=[common], help="never send a mail that has not left")
    cancel.add_argument("mail", metavar="ID", type=int)
    cancel.set_defaults(command=run_outbox_cancel)
    decide = actions.add_parser(
        "decide", parents=[common], help="say what became of a mail with an unclear outcome, or try a failed one again"
    )
    decide.add_argument("mail", metavar="ID", type=int)
    decide.add_argument("outcome", choices=("sent", "again"), help="it arrived; or: send it again")
    decide.set_defaults(command=run_outbox_decide)
    for action in (listing, send, release, cancel, decide):
        _json(action)


# -- sync -------------------------------------------------------------------------------------------------------------


def run_sync(invocation: Invocation) -> int:
    """Fetch once."""
    args = invocation.args
    if not args.once:
        complain("fetching once; desk-app worker goes on by itself.")
    with invocation.desk() as desk:
        accounts = {account.id: account for account, _ in desk.mailboxes.list()}
        if not accounts:
            raise CommandError(Exit.NOT_FOUND, "There is no mailbox yet.", "Add one: desk-app account add ADDRESS")
        if args.accounts:
            chosen = [find_account(desk, named) for named in args.accounts]
            results = {account.id: desk.sync.sync_once(account.id) for account in chosen}
        else:
            results = desk.sync.sync_all()
    rows = [(accounts[account_id], result) for account_id, result in results.items()]
    if invocation.json:
        print_json({"accounts": [_sync_json(account, result) for account, result in rows]})
    else:
        print_table(
            ("mailbox", "fetched", "new tickets", "joined", "duplicates", "quarantined", "remark"),
            [
                (
                    a.address,
                    r.fetched,
                    r.created,
                    r.joined,
                    r.duplicates,
                    r.quarantined,
                    f"{r.fault} {r.detail}".strip(),
                )
                for a, r in rows
            ],
            stretch=6,
        )
    failed = [(account, result) for account, result in rows if result.fault]
    for account, result in failed:
        complain(
            f"{account.address} failed ({result.fault}): {result.detail}", f"Try: desk-app account test {account.id}"
        )
    if failed:
        return Exit.NETWORK
    return Exit.FAILED if any(result.detail for _, result in rows) else Exit.OK


def _sync_json(account: Account, result: SyncResult) -> dict[str, Any]:
    return {
        "id": account.id,
        "address": account.address,
        "fetched": result.fetched,
        "created": result.created,
        "joined": result.joined,
        "duplicates": result.duplicates,
        "quarantined": result.quarantined,
        "ignored": result.ignored,
        "blocked": result.blocked,
        "fault": result.fault,
        "detail": result.detail,
    }


# -- outbox -----------------------------------------------------------------------------------------------------------


def run_outbox_list(invocation: Invocation) -> int:
    """List what is not settled."""
    with invocation.desk() as desk:
        items = desk.outbox.tray()
        numbers = _numbers(desk.ticket_queries, items)
    if invocation.json:
        print_json({"outbox": [_outbox_json(item, numbers) for item in items]})
    elif not items:
        say("Nothing waits: everything has left.")
    else:
        print_table(
            ("id", "state", "ticket", "to", "leaves after", "tries", "answer"),
            [
                (
                    item.id,
                    item.state.value,
                    numbers.get(item.ticket_id or 0, ""),
                    ", ".join(r.address for r in item.recipients),
                    instant(item.send_after_at),
                    item.attempts,
                    item.response,
                )
                for item in items
            ],
            stretch=6,
        )
    return Exit.OK


def _numbers(queries: Any, items: list[OutboxItem]) -> dict[int, str]:
    ids = sorted({item.ticket_id for item in items if item.ticket_id})
    return {row.id: row.number for row in queries.rows(ids, agent_id=None)}


def _outbox_json(item: OutboxItem, numbers: dict[int, str]) -> dict[str, Any]:
    return {
        "id": item.id,
        "state": item.state.value,
        "account_id": item.account_id,
        "ticket": numbers.get(item.ticket_id or 0, ""),
        "message_id": item.message_id,
        "internet_id": item.internet_id,
        "queued_at": item.queued_at,
        "send_after_at": item.send_after_at,
        "sent_at": item.sent_at,
        "attempts": item.attempts,
        "response": item.response,
        "recipients": [
            {"role": r.role, "address": r.address, "name": r.name, "state": r.state, "response": r.response}
            for r in item.recipients
        ],
    }


def run_outbox_send(invocation: Invocation) -> int:
    """Send what is due."""
    with invocation.desk() as desk:
        unclear = desk.outbox.recover_expired()
        sent = desk.outbox.send_due()
    if invocation.json:
        print_json({"handled": sent, "unclear": unclear})
    else:
        say(f"{sent} mails were handed over." + (f" {unclear} have an unclear outcome." if unclear else ""))
    return Exit.OK


def run_outbox_release(invocation: Invocation) -> int:
    """Let held mail go."""
    with invocation.desk() as desk:
        released = desk.outbox.release(invocation.args.mails or None, sign_in(desk)[1])
    if invocation.json:
        print_json({"released": released})
    else:
        say(f"{released} mails were released.")
    return Exit.OK if released or not invocation.args.mails else Exit.NOT_FOUND


def run_outbox_cancel(invocation: Invocation) -> int:
    """Cancel one mail."""
    with invocation.desk() as desk:
        done = desk.outbox.cancel(invocation.args.mail, sign_in(desk)[1])
    return _decided(invocation, done, "cancelled", "It has left, or there is no such mail.")


def run_outbox_decide(invocation: Invocation) -> int:
    """Say what became of a mail."""
    args = invocation.args
    with invocation.desk() as desk:
        actor = sign_in(desk)[1]
        decide = desk.outbox.it_arrived if args.outcome == "sent" else desk.outbox.send_again
        done = decide(args.mail, actor)
    told = "sent" if args.outcome == "sent" else "queued"
    return _decided(invocation, done, told, "Its outcome is not unclear, or there is no such mail.")


def _decided(invocation: Invocation, done: bool, state: str, reason: str) -> int:
    mail = invocation.args.mail
    if not done:
        raise CommandError(Exit.NOT_FOUND, f"Mail {mail} stays as it is: {reason}", "desk-app outbox list shows them.")
    if invocation.json:
        print_json({"id": mail, "state": state})
    else:
        say(f"Mail {mail} is {state} now.")
    return Exit.OK


# -- outgoing, reparse ------------------------------------------------------------------------------------------------


def run_outgoing(invocation: Invocation) -> int:
    """Arm, disarm or show the switch."""
    action = invocation.args.action
    with invocation.desk() as desk:
        if action == "arm":
            desk.settings.arm(sign_in(desk)[1])
        elif action == "disarm":
            desk.settings.disarm(sign_in(desk)[1])
        armed = desk.settings.desk().outgoing_armed
        held = desk.outbox.held()
    if invocation.json:
        print_json({"armed": armed, "held": held})
    else:
        say(
            "Outgoing mail is armed: replies leave."
            if armed
            else "Outgoing mail is not armed: replies wait in the tray."
        )
        if held:
            say(f"{held} mails wait in the tray: desk-app outbox list, desk-app outbox release")
    return Exit.OK


def run_reparse(invocation: Invocation) -> int:
    """Read stored mail again."""
    with invocation.desk() as desk:
        result = desk.content.reparse(invocation.args.messages or None, sign_in(desk)[1])
    if invocation.json:
        differences = [
            {
                "message_id": one.message_id,
                "ticket_id": one.ticket_id,
                "fields": {name: {"old": old, "new": new} for name, (old, new) in one.fields.items()},
            }
            for one in result.differences
        ]
        print_json(
            {"changed": result.changed, "same": result.same, "failed": result.failed, "differences": differences}
        )
    else:
        for one in result.differences:
            say(f"message {one.message_id}: {', '.join(one.fields)}")
        say(f"{result.changed} changed, {result.same} the same, {result.failed} failed.")
    return Exit.FAILED if result.failed else Exit.OK
