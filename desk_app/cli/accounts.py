"""`desk-app account`: add, test, list, remove, and the choice about mail that already lies there (MB-08)."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from desk_app.cli.exits import CommandError, Exit
from desk_app.cli.invocation import Invocation, sign_in
from desk_app.cli.output import complain, instant, print_json, print_table, say
from desk_app.cli.provider_sign_in import (
    add_registration_options,
    add_sign_in_options,
    ask_provider,
    check_registration,
    client_secret,
    from_environment,
    registered,
)
from desk_app.domain.mailboxes.model import Account, AccountHealth, AccountPolicy, AfterImport, Alias, FirstImport
from desk_app.domain.mailboxes.settings import EmailSettings, Security, SentCopy, ServerSettings
from desk_app.infra.logging import hide

if TYPE_CHECKING:
    from desk_app.domain.people.actor import Actor
    from desk_app.plugin_api.channels import TestStep
    from desk_app.services.desk import Desk

Subparsers = argparse._SubParsersAction  # noqa: SLF001 -- argparse gives its type no public name
_PORTS = {
    "imap": {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143},
    "smtp": {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25},
}


def add_parsers(subparsers: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add `account` with its actions."""
    parser = subparsers.add_parser("account", help="mailboxes: add, sign in, test, list, remove, import")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add_add(actions, common)

    test = actions.add_parser("test", parents=[common], help="try a mailbox step by step")
    test.add_argument("account", metavar="MAILBOX", help="its number or its address")
    test.add_argument("--send-to", metavar="ADDRESS", default="", help="also send a test mail there")
    test.add_argument("--json", action="store_true", help="print one JSON object")
    test.set_defaults(command=run_test)

    renew = actions.add_parser(
        "sign-in",
        parents=[common],
        help="sign a mailbox in at Google or Microsoft",
        description="Sign a mailbox in at its provider, in the browser: the first time, or again when the permission "
        "has ended. The registration's client secret is only needed when it has changed.",
    )
    renew.add_argument("account", metavar="MAILBOX", help="its number or its address")
    add_sign_in_options(renew)
    renew.add_argument("--json", action="store_true", help="print one JSON object")
    renew.set_defaults(command=run_sign_in)

    listing = actions.add_parser("list", parents=[common], help="list mailboxes and how they fare")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    listing.set_defaults(command=run_list)

    remove = actions.add_parser("remove", parents=[common], help="remove a mailbox; its tickets stay")
    remove.add_argument("account", metavar="MAILBOX", help="its number or its address")
    remove.add_argument("--yes", action="store_true", help="do not ask")
    remove.add_argument("--json", action="store_true", help="print one JSON object")
    remove.set_defaults(command=run_remove)

    decide = actions.add_parser(
        "import",
        parents=[common],
        help="decide what happens to the mail that already lies in a mailbox",
        description="Decide what happens to the mail that already lies in a mailbox. Imported mail triggers nothing. "
        "Without a choice, only count it.",
    )
    decide.add_argument("account", metavar="MAILBOX", help="its number or its address")
    decide.add_argument("choice", metavar="CHOICE", nargs="?", help="none, since, or archive (everything, as closed)")
    decide.add_argument("--since", metavar="DATE", type=_date, help="with since, or for counting: YYYY-MM-DD")
    decide.add_argument("--json", action="store_true", help="print one JSON object")
    decide.set_defaults(command=run_import)


def _add_add(actions: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    add = actions.add_parser(
        "add",
        parents=[common],
        help="add a mailbox",
        description="Add a mailbox. Without --imap and --smtp the settings are looked up from the address. "
        "The password is asked for, or read with --password-stdin or --password-env; it is never an argument. "
        "With --oauth the mailbox is signed in at Google or Microsoft instead.",
    )
    add.add_argument("address", metavar="ADDRESS", help="the mailbox's address")
    add.add_argument("--name", help="what it is called in the desk")
    add.add_argument("--sender-name", help="the name customers see")
    add.add_argument("--alias", action="append", default=[], metavar="ADDRESS", help="a further address (repeat it)")
    for protocol, what in (("imap", "receives"), ("smtp", "sends")):
        server = add.add_argument_group(f"the server it {what} with")
        server.add_argument(f"--{protocol}", metavar="HOST[:PORT]")
        server.add_argument(f"--{protocol}-security", choices=[s.value for s in Security])
        server.add_argument(f"--{protocol}-user", metavar="NAME", help="if it is not the address")
        server.add_argument(
            f"--{protocol}-certificate",
            action="append",
            default=[],
            metavar="SHA256",
            help="accept this certificate although it cannot be verified (`account test` prints it)",
        )
    add.add_argument("--folder", action="append", metavar="NAME", help="a folder to read (repeat it; default INBOX)")
    add.add_argument("--sent-copy", choices=[s.value for s in SentCopy], default="auto", help="a copy in Sent")
    add.add_argument("--after-import", choices=[a.value for a in AfterImport], default="keep", help="on the server")
    add.add_argument("--after-import-folder", metavar="NAME", default="", help="with --after-import move")
    add.add_argument(
        "--contact-form",
        action="append",
        default=[],
        metavar="SENDER",
        help="an address or domain whose Reply-To is the customer; * for every sender (repeat it)",
    )
    add.add_argument("--poll-seconds", type=int, default=60, metavar="N", help="without IDLE (default 60)")
    add.add_argument("--max-megabytes", type=int, default=50, metavar="N", help="larger mail waits in quarantine")
    add.add_argument("--import", dest="first_import", choices=("none", "since", "archive"), help="the mail there now")
    add.add_argument("--since", metavar="DATE", type=_date, help="with --import since: YYYY-MM-DD")
    add.add_argument("--no-test", action="store_true", help="add it without trying it first")
    add_registration_options(add)
    secret = add.add_argument_group("password")
    secret.add_argument("--password-stdin", action="store_true", help="read it from standard input")
    secret.add_argument("--password-env", metavar="NAME", help="read it from this environment variable")
    secret.add_argument("--smtp-password-env", metavar="NAME", help="a different one for sending")
    add.add_argument("--json", action="store_true", help="print one JSON object")
    add.set_defaults(command=run_add)


# -- add --------------------------------------------------------------------------------------------------------------


def run_add(invocation: Invocation) -> int:
    """Try a mailbox, add it, and decide about the mail that lies there."""
    args = invocation.args
    if args.first_import == "since" and args.since is None:
        raise CommandError(Exit.USAGE, "--import since needs --since YYYY-MM-DD.")
    check_registration(args)
    secrets: Mapping[str, str] = client_secret(args, ask=args.oauth == "google") if args.oauth else _secrets(args)
    if invocation.location.keychain == "memory":
        complain("with --keychain memory the password is forgotten when this command ends.")
    with invocation.desk() as desk:
        agent_actor = sign_in(desk)[1]
        account = _account(args, desk)
        if args.oauth:
            secrets = ask_provider(desk, account, agent_actor, secrets, args, silent=invocation.json)
        if not args.no_test:
            failed = _show_test(desk, account, secrets, "", silent=invocation.json)
            if failed is not None:
                raise CommandError(
                    Exit.NETWORK,
                    f"The mailbox was not added: step {failed.id} failed: {failed.detail}",
                    _advice(failed) or "Correct the settings, or add it anyway with --no-test.",
                )
        account_id = desk.mailboxes.add(account, secrets, agent_actor)
        if args.first_import:
            choice = FirstImport(args.first_import)
            desk.mailboxes.decide_first_import(account_id, choice, args.since, agent_actor)
        added = desk.mailboxes.get(account_id) or replace(account, id=account_id)
        _answer_added(invocation, added)
    return Exit.OK


def _answer_added(invocation: Invocation, account: Account) -> None:
    if invocation.json:
        print_json({"account": account_json(account, None)})
        return
    say(f"Added mailbox {account.id}: {account.name} <{account.address}>")
    if account.policy.first_import is FirstImport.UNDECIDED and account.settings.get("imap"):
        say("Nothing is fetched until you decide about the mail that lies there:")
        say(f"  desk-app account import {account.id}            count it")
        say(f"  desk-app account import {account.id} none       only what arrives from now on")


def _account(args: argparse.Namespace, desk: Desk) -> Account:
    settings = registered(args, _settings(args) if args.imap or args.smtp else _discovered(args, desk))
    departments = desk.people.departments()
    return Account(
        id=0,
        department_id=departments[0].id,
        channel="email",
        name=args.name or args.address,
        sender_name=args.sender_name or args.name or "",
        address=args.address.strip().lower(),
        settings=settings.to_json(),
        policy=AccountPolicy(
            after_import=AfterImport(args.after_import),
            after_import_target=args.after_import_folder,
            reply_to_senders=tuple(sender.lower() for sender in args.contact_form),
            max_bytes=args.max_megabytes * 1024 * 1024,
            poll_seconds=args.poll_seconds,
        ),
        aliases=tuple(Alias(alias.strip().lower()) for alias in args.alias),
        position=len(desk.mailboxes.list()),
    )


def _settings(args: argparse.Namespace) -> EmailSettings:
    settings = EmailSettings(
        imap=_server(args, "imap"),
        smtp=_server(args, "smtp"),
        folders=tuple(args.folder or ("INBOX",)),
        sent_copy=SentCopy(args.sent_copy),
    )
    return EmailSettings.from_json(settings.to_json())  # checks what was typed; raises SettingsError


def _server(args: argparse.Namespace, protocol: str) -> ServerSettings | None:
    place = getattr(args, protocol)
    if not place:
        return None
    host, mark, port = place.rpartition(":") if place.count(":") == 1 else (place, "", "")
    if mark and not port.isdigit():
        raise CommandError(Exit.USAGE, f"--{protocol} {place}: the port must be a number.")
    named = getattr(args, f"{protocol}_security")
    security = Security(named) if named else _security_of(protocol, int(port) if port else 0)
    return ServerSettings(
        host=host or place,
        port=int(port) if port else _PORTS[protocol][security],
        security=security,
        user=getattr(args, f"{protocol}_user") or args.address,
        accepted_certificates=tuple(getattr(args, f"{protocol}_certificate")),
    )


def _security_of(protocol: str, port: int) -> Security:
    """Encrypted from the start, except on the ports that are known to begin in clear (RFC 8314)."""
    return Security.STARTTLS if port in {143, 587, 25} or (protocol == "smtp" and not port) else Security.TLS


def _discovered(args: argparse.Namespace, desk: Desk) -> EmailSettings:
    candidates = desk.mailboxes.discover(args.address)
    if not candidates:
        raise CommandError(
            Exit.NETWORK,
            f"No settings were found for {args.address}.",
            "Name the servers with --imap HOST and --smtp HOST.",
        )
    found: EmailSettings = candidates[0].settings
    complain(f"using the settings of {candidates[0].title} ({candidates[0].source}).")
    return replace(found, folders=tuple(args.folder or found.folders), sent_copy=SentCopy(args.sent_copy))


def _secrets(args: argparse.Namespace) -> dict[str, str]:
    secrets: dict[str, str] = {}
    if args.password_stdin and args.password_env:
        raise CommandError(Exit.USAGE, "Choose one of --password-stdin and --password-env.")
    if args.password_stdin:
        secrets["password"] = sys.stdin.readline().rstrip("\r\n")
    elif args.password_env:
        secrets["password"] = from_environment(args.password_env)
    elif sys.stdin.isatty():
        secrets["password"] = getpass.getpass(f"Password of {args.address}: ")
    else:
        raise CommandError(
            Exit.USAGE, "There is no terminal to ask for the password.", "Use --password-stdin or --password-env NAME."
        )
    if not secrets["password"]:
        raise CommandError(Exit.USAGE, "The password is empty.")
    if args.smtp_password_env:
        secrets["smtp_password"] = from_environment(args.smtp_password_env)
    for value in secrets.values():
        hide(value)
    return secrets


# -- sign in, test, list, remove, import ------------------------------------------------------------------------------


def run_sign_in(invocation: Invocation) -> int:
    """Sign a stored mailbox in at its provider; whoever fetches it tries again at once."""
    args = invocation.args
    with invocation.desk() as desk:
        actor = sign_in(desk)[1]
        account = find_account(desk, args.account)
        if not desk.sign_in.possible(account):
            raise CommandError(
                Exit.USAGE,
                f"{account.address} is signed in by password, not at a provider.",
                f"Try it: desk-app account test {account.id}",
            )
        ask_provider(desk, account, actor, client_secret(args, ask=False), args, silent=invocation.json)
    if invocation.json:
        print_json({"account_id": account.id, "address": account.address, "signed_in": True})
    else:
        say(f"{account.address} is signed in. The worker goes on by itself; or: desk-app sync --once {account.id}")
    return Exit.OK


def run_test(invocation: Invocation) -> int:
    """Try a stored mailbox."""
    args = invocation.args
    with invocation.desk() as desk:
        account = find_account(desk, args.account)
        steps: list[dict[str, Any]] = []
        failed = _show_test(desk, account, None, args.send_to, silent=invocation.json, steps=steps)
        if invocation.json:
            print_json({"account_id": account.id, "ok": failed is None, "steps": steps})
        if failed is not None:
            complain(f"Step {failed.id} failed: {failed.detail}", _advice(failed))
        return Exit.OK if failed is None else Exit.NETWORK


def _show_test(
    desk: Desk,
    account: Account,
    secrets: Mapping[str, str] | None,
    send_to: str,
    *,
    silent: bool,
    steps: list[dict[str, Any]] | None = None,
) -> TestStep | None:
    """Run a test, print its steps, and return the first that failed."""
    failed = None
    for step in desk.mailboxes.test(account, secrets, send_to=send_to):
        if step.state.value == "running":
            continue
        if step.state.value == "failed" and failed is None:
            failed = step
        if steps is not None:
            steps.append(
                {
                    "id": step.id,
                    "state": step.state.value,
                    "detail": step.detail,
                    "fault": step.fault.value if step.fault else "",
                    "certificate": step.certificate,
                }
            )
        if not silent:
            say(f"  {step.state.value:<8}{step.id:<14}{step.detail}")
    return failed


def _advice(step: TestStep) -> str:
    if step.certificate:
        option = "--smtp-certificate" if step.id.startswith("smtp") else "--imap-certificate"
        return f"If you know this server, accept its certificate with {option} {step.certificate}"
    return {
        "name": "Check the server's name.",
        "network": "Check the connection, the port and any firewall.",
        "sign_in": "Check user and password; with two-step sign-in an app password is needed.",
        "consent": "Sign in again: desk-app account sign-in MAILBOX",
        "secret": "Check the keychain, or choose another with --keychain.",
        "tls": "Check the port and the kind of encryption.",
        "folder": "Check the folder's name.",
    }.get(step.fault.value if step.fault else "", "")


def run_list(invocation: Invocation) -> int:
    """List mailboxes."""
    with invocation.desk() as desk:
        rows = desk.mailboxes.list()
        alarmed = {account.id for account, _ in desk.mailboxes.alarms()}
    if invocation.json:
        print_json({"accounts": [account_json(a, h) | {"alarm": a.id in alarmed} for a, h in rows]})
    elif not rows:
        say("There is no mailbox yet. Add one: desk-app account add ADDRESS")
    else:
        print_table(
            ("id", "mailbox", "address", "state", "last success", "waiting", "detail"),
            [
                (a.id, a.name, a.address, _state(a, h, alarmed), instant(h.succeeded_at), h.backlog or "", h.detail)
                for a, h in rows
            ],
            stretch=6,
        )
        for account, health in rows:
            if account.id in alarmed and health.fault == "consent":
                complain(f"Mailbox {account.id} must be signed in again:", f"desk-app account sign-in {account.id}")
    return Exit.OK


def _state(account: Account, health: AccountHealth, alarmed: set[int]) -> str:
    if not account.enabled:
        return "off"
    if account.policy.first_import is FirstImport.UNDECIDED and account.settings.get("imap"):
        return "undecided"
    if health.fault:
        return f"ALARM: {health.fault}" if account.id in alarmed else health.fault
    return "ok" if health.succeeded_at else "new"


def run_remove(invocation: Invocation) -> int:
    """Remove a mailbox."""
    args = invocation.args
    with invocation.desk() as desk:
        actor = sign_in(desk)[1]
        account = find_account(desk, args.account)
        if not args.yes:
            if not sys.stdin.isatty():
                raise CommandError(Exit.USAGE, "Removing a mailbox asks first.", "Add --yes.")
            say(f"Remove {account.name} <{account.address}>? Its tickets stay. [y/N] ")
            if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
                raise CommandError(Exit.FAILED, "Nothing was removed.")
        desk.mailboxes.remove(account.id, actor)
    if invocation.json:
        print_json({"removed": account.id})
    else:
        say(f"Removed mailbox {account.id}.")
    return Exit.OK


def run_import(invocation: Invocation) -> int:
    """Count the mail that lies in a mailbox, or decide about it."""
    args = invocation.args
    if args.choice not in {None, "none", "since", "archive"}:
        raise CommandError(Exit.USAGE, f"{args.choice!r} is no choice.", "Use none, since or archive.")
    if args.choice == "since" and args.since is None:
        raise CommandError(Exit.USAGE, "since needs a date: --since YYYY-MM-DD.")
    with invocation.desk() as desk:
        actor = sign_in(desk)[1]
        account = find_account(desk, args.account)
        if args.choice is None:
            _count(invocation, desk, account)
        else:
            _decide(invocation, desk, account, actor)
    return Exit.OK


def _count(invocation: Invocation, desk: Desk, account: Account) -> None:
    counts = desk.mailboxes.count_old_mail(account.id, invocation.args.since)
    if invocation.json:
        folders = [{"folder": c.stream, "total": c.total, "since": c.since} for c in counts]
        print_json({"account_id": account.id, "since": invocation.args.since, "folders": folders})
    else:
        print_table(("folder", "mails", "since"), [(c.stream, c.total, c.since) for c in counts])


def _decide(invocation: Invocation, desk: Desk, account: Account, actor: Actor) -> None:
    choice = FirstImport(invocation.args.choice)
    desk.mailboxes.decide_first_import(account.id, choice, invocation.args.since, actor)
    if invocation.json:
        print_json({"account_id": account.id, "first_import": choice.value, "since": invocation.args.since})
    else:
        say(f"Decided: {choice.value}. Fetch now: desk-app sync --once {account.id}")


def find_account(desk: Desk, named: str) -> Account:
    """Return the mailbox with this number, address, alias or name; raises CommandError."""
    wanted = named.strip().lower()
    for account, _ in desk.mailboxes.list():
        if wanted in {str(account.id), account.name.lower(), *account.addresses}:
            return account
    raise CommandError(Exit.NOT_FOUND, f"There is no mailbox {named!r}.", "desk-app account list shows them.")


def account_json(account: Account, health: AccountHealth | None) -> dict[str, Any]:
    """Return a mailbox with stable keys; settings hold no secret."""
    found: dict[str, Any] = {
        "id": account.id,
        "name": account.name,
        "address": account.address,
        "aliases": [alias.address for alias in account.aliases],
        "sender_name": account.sender_name,
        "channel": account.channel,
        "enabled": account.enabled,
        "first_import": account.policy.first_import.value,
        "import_since_at": account.policy.import_since_at,
        "after_import": account.policy.after_import.value,
        "settings": dict(account.settings),
    }
    if health is not None:
        found["health"] = {
            "attempted_at": health.attempted_at,
            "succeeded_at": health.succeeded_at,
            "next_try_at": health.next_try_at,
            "failed_polls": health.failed_polls,
            "fault": health.fault,
            "detail": health.detail,
            "backlog": health.backlog,
            "server_count": health.server_count,
            "stored_count": health.stored_count,
        }
    return found


def _date(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-11-30") from None
    return found if found.tzinfo else found.astimezone()
