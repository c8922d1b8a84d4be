"""`desk-app plugin key` and `trust`: who made a plugin file (PL-10)."""

from __future__ import annotations

import argparse
from pathlib import Path

from desk_app.cli.exits import CommandError, Exit
from desk_app.cli.invocation import Invocation, sign_in
from desk_app.cli.output import print_json, print_table, say

Subparsers = argparse._SubParsersAction  # noqa: SLF001 -- argparse gives its type no public name


def add_parsers(actions: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add the actions to `plugin`."""
    key = actions.add_parser("key", help="make a key to sign plugin files with, and print its public half")
    key.add_argument("file", metavar="FILE", type=Path, help="the private half; keep it to yourself")
    key.set_defaults(command=run_key)
    trust = actions.add_parser(
        "trust",
        parents=[common],
        help="whose plugin files this desk knows: list them, add one (admins only)",
        description="A file that was signed with a key shows the name the key is trusted under before it is installed.",
    )
    trust.add_argument("name", metavar="NAME", nargs="?", default="")
    trust.add_argument("key", metavar="KEY", nargs="?", default="", help="the public key its maker gives")
    trust.add_argument("--forget", action="store_true", help="know NAME no longer")
    trust.set_defaults(command=run_trust)
    for action in (key, trust):
        action.add_argument("--json", action="store_true", help="print one JSON object")


def run_key(invocation: Invocation) -> int:
    """Make a key."""
    from desk_app.plugin_host.signing import make_key  # noqa: PLC0415 -- `--help` does not wait for it

    file: Path = invocation.args.file.absolute()
    try:
        public = make_key(file)
    except OSError as error:
        raise CommandError(Exit.FAILED, f"{file} cannot be written: {error.strerror}.") from error
    if invocation.json:
        print_json({"file": str(file), "key": public})
    else:
        say(f"{file} is yours alone. Give your public key to whoever installs your plugins:\n{public}")
    return Exit.OK


def run_trust(invocation: Invocation) -> int:
    """List the makers a desk knows, add one, or forget one."""
    from desk_app.plugin_host.signing import is_key  # noqa: PLC0415 -- as above

    args = invocation.args
    with invocation.desk() as desk:
        signers = desk.plugin_signers
        if args.forget and not args.name:
            raise CommandError(Exit.USAGE, "Whom?", "desk-app plugin trust lists the names.")
        if args.forget:
            if not signers.forget(args.name, sign_in(desk)[1]):
                raise CommandError(Exit.NOT_FOUND, f"“{args.name}” was not trusted.")
        elif args.name:
            if not is_key(args.key):
                raise CommandError(Exit.USAGE, "That is no key.", "Give NAME and the KEY that its maker gives.")
            try:
                signers.trust(args.name, args.key, sign_in(desk)[1])
            except ValueError as error:
                raise CommandError(Exit.USAGE, str(error)) from error
        known = signers.all()
    if invocation.json:
        print_json({"trusted": [{"name": name, "key": key} for name, key in known.items()]})
    elif known:
        print_table(("Name", "Key"), list(known.items()))
    else:
        say("Nobody is trusted by name yet.")
    return Exit.OK
