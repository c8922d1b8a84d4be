"""`desk-app ticket`: list, show, search, reply and note."""

from __future__ import annotations

import argparse
import mimetypes
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desk_app.cli.accounts import find_account
from desk_app.cli.exits import CommandError, Exit
from desk_app.cli.invocation import Invocation, sign_in
from desk_app.cli.output import complain, instant, print_json, print_table, safe_text, say
from desk_app.domain.tickets.model import Bucket
from desk_app.domain.tickets.query import PageKey, TicketOrder, TicketQuery

if TYPE_CHECKING:
    from desk_app.domain.people.agent import Agent
    from desk_app.services.desk import Desk
    from desk_app.services.messages.replies import ReplySent, ReplyStart
    from desk_app.services.queries.conversation import ConversationView, MessageView
    from desk_app.services.queries.tickets import TicketPage, TicketRow

Subparsers = argparse._SubParsersAction  # noqa: SLF001 -- argparse gives its type no public name
_SEARCHED = tuple(bucket for bucket in Bucket if bucket not in {Bucket.MERGED, Bucket.TRASH, Bucket.SPAM})


def add_parsers(subparsers: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add `ticket` with its actions."""
    parser = subparsers.add_parser("ticket", help="tickets: list, show, search, reply, note")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", parents=[common], help="list tickets, newest activity first")
    listing.add_argument(
        "--in",
        dest="bucket",
        default="open",
        choices=[bucket.value for bucket in Bucket if bucket is not Bucket.MERGED],
        help="which list (default: open)",
    )
    listing.add_argument("--mailbox", metavar="MAILBOX", help="only of this mailbox: its number or address")
    listing.add_argument("--assignee", metavar="WHO", help='only of this agent: a login, "me" or "nobody"')
    listing.add_argument("--tag", default="", help="only with this tag")
    listing.add_argument("--order", choices=["activity", "created"], default="activity")
    listing.set_defaults(command=run_list)
    search = actions.add_parser(
        "search",
        parents=[common],
        help="search everything that was written",
        description='Words, "phrases", -without, from: to: subject: in: is: tag: assignee: before: after: '
        "has:attachment. Put -- before a text that begins with a minus.",
    )
    search.add_argument("text", metavar="TEXT", nargs="+")
    search.set_defaults(command=run_search)
    for action in (listing, search):
        action.add_argument("--limit", type=_positive, default=50, metavar="N", help="at most (default 50)")
        action.add_argument("--after", metavar="KEY", type=_page_key, help='go on after "next" of the page before')
    show = actions.add_parser("show", parents=[common], help="show a conversation")
    show.add_argument("ticket", metavar="TICKET", help='its number, or "#" and its id')
    show.add_argument("--full", action="store_true", help="with quoted text and signatures")
    show.set_defaults(command=run_show)
    reply = actions.add_parser("reply", parents=[common], help="answer the customer")
    reply.add_argument("--only-sender", action="store_true", help="leave out everybody else (default: reply to all)")
    reply.add_argument("--attach", metavar="FILE", action="append", default=[], type=Path, help="repeat it for more")
    reply.add_argument("--then", metavar="STATUS", default="", help="set this status: open, waiting, solved, ...")
    reply.add_argument("--at", metavar="TIME", type=_instant, help="send later, e.g. 2026-12-01T09:00")
    reply.add_argument("--force", action="store_true", help="although something newer came in meanwhile")
    reply.set_defaults(command=run_reply)
    note = actions.add_parser("note", parents=[common], help="write an internal note; customers never see it")
    note.set_defaults(command=run_note)
    for action in (reply, note):
        action.add_argument("ticket", metavar="TICKET", help='its number, or "#" and its id')
        action.add_argument("--text", help="what to write (default: standard input)")
        action.add_argument("--file", type=Path, metavar="FILE", help="read the text from a file")
    for action in (listing, search, show, reply, note):
        action.add_argument("--json", action="store_true", help="print one JSON object")


# -- list and search --------------------------------------------------------------------------------------------------


def run_list(invocation: Invocation) -> int:
    """List tickets."""
    args = invocation.args
    with invocation.desk() as desk:
        agent, _ = sign_in(desk)
        query = TicketQuery(
            buckets=(Bucket(args.bucket),),
            account_id=find_account(desk, args.mailbox).id if args.mailbox else None,
            assignee_id=_assignee(desk, agent, args.assignee),
            tag=args.tag,
            order=TicketOrder(args.order),
        )
        page = desk.ticket_queries.page(query, agent_id=agent.id, limit=args.limit, after=args.after)
        addresses = _addresses(desk)
    _print_page(invocation, page, addresses, "No tickets here.")
    return Exit.OK


def run_search(invocation: Invocation) -> int:
    """Search tickets; nothing found is exit code 5."""
    args = invocation.args
    with invocation.desk() as desk:
        agent, _ = sign_in(desk)
        query = TicketQuery(buckets=_SEARCHED, search=" ".join(args.text))
        page = desk.ticket_queries.page(query, agent_id=agent.id, limit=args.limit, after=args.after)
        addresses = _addresses(desk)
    _print_page(invocation, page, addresses, "Nothing found.")
    return Exit.OK if page.rows else Exit.NOT_FOUND


def _assignee(desk: Desk, agent: Agent, named: str | None) -> int | None:
    if named is None:
        return None
    if named in {"me", "nobody"}:
        return agent.id if named == "me" else 0
    found = next((a.id for a in desk.people.agents() if named.lower() in {a.login, a.name.lower()}), None)
    if found is None:
        raise CommandError(Exit.NOT_FOUND, f"There is no agent {named!r}.")
    return found


def _addresses(desk: Desk) -> dict[int, str]:
    return {account.id: account.address for account, _ in desk.mailboxes.list()}


def _print_page(invocation: Invocation, page: TicketPage, addresses: dict[int, str], nothing: str) -> None:
    at = page.next.at if page.next else None
    following = f"{at.astimezone(UTC).isoformat()},{page.next.id}" if page.next and isinstance(at, datetime) else ""
    if invocation.json:
        tickets = [row_json(row, addresses) for row in page.rows]
        print_json({"tickets": tickets, "next": following, "partial": page.partial})
        return
    if not page.rows:
        say(nothing)
        return
    print_rows(page.rows)
    if following:
        say(f"... go on with --after {following}")


def print_rows(rows: tuple[TicketRow, ...]) -> None:
    """Print tickets as a table."""
    print_table(
        ("number", "", "from", "subject", "status", "assignee", "mails", "last activity"),
        [
            (
                row.number,
                "*" if row.unread else "",
                row.requester_name or row.requester_email,
                row.subject + (" [+]" if row.has_attachments else ""),
                row.status_name,
                row.assignee_name,
                row.message_count,
                instant(row.activity_at),
            )
            for row in rows
        ],
        stretch=3,
    )


def row_json(row: TicketRow, addresses: dict[int, str]) -> dict[str, Any]:
    """Return one line of a list with stable keys."""
    return {
        "id": row.id,
        "number": row.number,
        "subject": row.subject,
        "snippet": row.snippet,
        "requester": {"name": row.requester_name, "email": row.requester_email},
        "list": row.bucket.value,
        "status": row.status_key,
        "priority": row.priority.value,
        "assignee": row.assignee_name,
        "mailboxes": [addresses.get(account_id, str(account_id)) for account_id in row.account_ids],
        "message_count": row.message_count,
        "has_attachments": row.has_attachments,
        "unread": row.unread,
        "imported": row.imported,
        "activity_at": row.activity_at,
        "created_at": row.created_at,
        "snoozed_until_at": row.snoozed_until_at,
    }


# -- show -------------------------------------------------------------------------------------------------------------


def run_show(invocation: Invocation) -> int:
    """Show a conversation."""
    with invocation.desk() as desk:
        agent, _ = sign_in(desk)
        ticket_id = find_ticket(desk, invocation.args.ticket)
        desk.content.prepare_ticket(ticket_id)
        view = desk.conversations.conversation(ticket_id, agent_id=agent.id)
        if view is None:
            raise CommandError(Exit.NOT_FOUND, f"Ticket {invocation.args.ticket} is gone.")
        addresses = _addresses(desk)
    if invocation.json:
        print_json(_conversation_json(view, addresses))
    else:
        _print_conversation(view, full=invocation.args.full)
    return Exit.OK


def _print_conversation(view: ConversationView, *, full: bool) -> None:
    ticket = view.ticket
    say(f"{ticket.number}  {safe_text(ticket.subject)}")
    say(f"{view.status_name}, {ticket.priority.value}, {view.assignee_name or 'nobody'}" + _tag_list(view.tags))
    for message in view.messages:
        kind = {"internal_note": "note"}.get(message.kind.value, "sent" if message.direction.value == "out" else "mail")
        author = f"{message.author_name} <{message.author_email}>" if message.author_email else message.author_name
        say()
        say(f"--- {instant(message.sent_at)}  {kind} from {safe_text(author)}" + _remarks(message))
        say(safe_text(message.visible_text).strip())
        if full and message.folded_text.strip():
            say(safe_text(message.folded_text).rstrip())
        for attachment in message.attachments:
            say(f"[{safe_text(attachment.filename)}, {attachment.size} bytes]")


def _tag_list(tags: tuple[str, ...]) -> str:
    return f", tags: {', '.join(tags)}" if tags else ""


def _remarks(message: MessageView) -> str:
    remarks = [message.classification.value] if message.classification.value != "normal" else []
    if message.stranger:
        remarks.append("unknown sender")
    if message.delivery is not None and message.delivery.state != "sent":
        remarks.append(message.delivery.state)
    return f"  ({', '.join(remarks)})" if remarks else ""


def _conversation_json(view: ConversationView, addresses: dict[int, str]) -> dict[str, Any]:
    ticket = view.ticket
    return {
        "id": ticket.id,
        "number": ticket.number,
        "subject": ticket.subject,
        "list": ticket.bucket.value,
        "status": view.status_name,
        "priority": ticket.priority.value,
        "assignee": view.assignee_name,
        "tags": list(view.tags),
        "requester": {"name": ticket.requester_name, "email": ticket.requester_email},
        "mailboxes": [addresses.get(account_id, str(account_id)) for account_id in ticket.mailbox_ids],
        "created_at": ticket.created_at,
        "activity_at": ticket.activity_at,
        "messages": [_message_json(message) for message in view.messages],
        "events": [
            {
                "at": event.at,
                "kind": event.kind,
                "actor": {"kind": event.actor.kind.value, "name": event.actor.name},
                "cause": event.cause,
                "field": event.field,
                "old": event.old,
                "new": event.new,
            }
            for event in view.events
        ],
    }


def _message_json(message: MessageView) -> dict[str, Any]:
    return {
        "id": message.id,
        "kind": message.kind.value,
        "direction": message.direction.value,
        "author": {"name": message.author_name, "email": message.author_email},
        "to": [{"name": a.name, "email": a.email} for a in message.to],
        "cc": [{"name": a.name, "email": a.email} for a in message.cc],
        "subject": message.subject,
        "sent_at": message.sent_at,
        "internet_id": message.internet_id,
        "classification": message.classification.value,
        "unknown_sender": message.stranger,
        "visible_text": message.visible_text,
        "folded_text": message.folded_text,
        "join_rule": message.join_rule,
        "join_reason": message.join_reason,
        "problems": list(message.problems),
        "delivery": message.delivery.state if message.delivery else "",
        "attachments": [
            {"filename": a.filename, "content_type": a.content_type, "size": a.size, "sha256": a.sha256}
            for a in message.attachments
        ],
    }


def find_ticket(desk: Desk, named: str) -> int:
    """Return the id of a ticket by its number or "#id"; raises CommandError."""
    ticket_id = desk.ticket_queries.find(named.strip())
    if ticket_id is None:
        raise CommandError(Exit.NOT_FOUND, f"There is no ticket {named!r}.", "desk-app ticket list shows them.")
    return ticket_id


# -- reply and note ---------------------------------------------------------------------------------------------------


def run_reply(invocation: Invocation) -> int:
    """Queue a reply to the customer's newest message."""
    from desk_app.services.messages.replies import StaleReplyError  # noqa: PLC0415 -- `--help` does not wait for it

    args = invocation.args
    text = _written(args)
    with invocation.desk() as desk:
        agent, actor = sign_in(desk)
        ticket_id = find_ticket(desk, args.ticket)
        start = desk.replies.start(ticket_id, agent_id=agent.id, reply_all=not args.only_sender)
        draft = _draft(ticket_id, start, text, args.attach)
        try:
            sent = desk.replies.send(draft, actor, then_status=args.then, send_at=args.at, force=args.force)
        except StaleReplyError as error:
            raise CommandError(Exit.FAILED, str(error), "Look at the ticket, then repeat with --force.") from error
    if invocation.json:
        print_json(
            {
                "ticket_id": ticket_id,
                "message_id": sent.message_id,
                "outbox_id": sent.outbox_id,
                "state": sent.state,
                "undo_until_at": sent.undo_until_at,
                "from": start.from_address,
                "to": [address.email for address in start.to],
                "cc": [address.email for address in start.cc],
            }
        )
    else:
        _say_sent(start, sent)
    return Exit.OK


def _draft(ticket_id: int, start: ReplyStart, text: str, files: list[Path]) -> Any:
    from desk_app.domain.messages.outgoing import OutgoingAttachment  # noqa: PLC0415 -- `--help` does not wait for it

    attachments = []
    for file in files:
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        attachments.append(OutgoingAttachment(file.name, kind, _bytes_of(file)))
    return start.draft(ticket_id, text, attachments=attachments)


def _say_sent(start: ReplyStart, sent: ReplySent) -> None:
    people = ", ".join(str(address) for address in (*start.to, *start.cc))
    say(f"From {start.from_address} to {people}: {sent.state}.")
    if sent.state == "held":
        complain("outgoing mail is not armed, so the reply waits in the tray.", "Arm it: desk-app outgoing arm")
    elif sent.undo_until_at is not None:
        say(f"It leaves after {instant(sent.undo_until_at)} with a running window or worker, or: desk-app outbox send")


def run_note(invocation: Invocation) -> int:
    """Write an internal note."""
    text = _written(invocation.args)
    with invocation.desk() as desk:
        _, actor = sign_in(desk)
        ticket_id = find_ticket(desk, invocation.args.ticket)
        message_id = desk.replies.note(ticket_id, text, "", actor)
    if invocation.json:
        print_json({"ticket_id": ticket_id, "message_id": message_id})
    else:
        say("The note is in the ticket.")
    return Exit.OK


def _written(args: argparse.Namespace) -> str:
    if args.text is not None and args.file is not None:
        raise CommandError(Exit.USAGE, "Choose one of --text and --file.")
    if args.text is not None:
        text = str(args.text)
    elif args.file is not None:
        text = _bytes_of(args.file).decode("utf-8", "replace")
    else:
        text = sys.stdin.read()
    if not text.strip():
        raise CommandError(Exit.USAGE, "There is nothing to write.", "Use --text, --file, or standard input.")
    return text


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(Exit.USAGE, f"{file} cannot be read: {error.strerror}.") from error


# -- what options mean ------------------------------------------------------------------------------------------------


def _positive(text: str) -> int:
    number = int(text) if text.isdigit() else 0
    if not 1 <= number <= 10_000:
        raise argparse.ArgumentTypeError("a number from 1 to 10000")
    return number


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time like 2026-12-01T09:00") from None


def _page_key(text: str) -> PageKey:
    at, _, row = text.rpartition(",")
    try:
        return PageKey(datetime.fromisoformat(at).astimezone(UTC), int(row))
    except ValueError:
        raise argparse.ArgumentTypeError('not the value of "next"') from None
