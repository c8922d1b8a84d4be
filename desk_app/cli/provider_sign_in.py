"""Signing a mailbox in at Google or Microsoft from a terminal (MB-03, MB-04)."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from desk_app.cli.exits import CommandError, Exit
from desk_app.domain.mailboxes.settings import EmailSettings, OAuthSettings, ServerSettings, SignIn
from desk_app.infra.logging import hide

if TYPE_CHECKING:
    from desk_app.domain.mailboxes.model import Account
    from desk_app.domain.people.actor import Actor
    from desk_app.services.desk import Desk

PROVIDERS = ("google", "microsoft")
CLIENT_SECRET = "oauth_client_secret"  # noqa: S105 -- the name of a secret


def add_registration_options(parser: argparse.ArgumentParser) -> None:
    """Add what describes the registration with a provider."""
    group = parser.add_argument_group("sign-in at a provider, instead of a password")
    group.add_argument("--oauth", choices=PROVIDERS, help="sign in in the browser")
    group.add_argument("--client-id", metavar="ID", help="of the registration with the provider")
    group.add_argument("--tenant", metavar="NAME", help="Microsoft's tenant (default common)")
    add_sign_in_options(group)


def add_sign_in_options(parser: argparse._ActionsContainer) -> None:
    """Add what concerns one sign-in."""
    parser.add_argument(
        "--client-secret-env", metavar="NAME", help="read the registration's client secret from this variable"
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address to open")
    parser.add_argument("--wait-seconds", type=_seconds, default=300.0, metavar="N", help="give up then (default 300)")


def registered(args: argparse.Namespace, settings: EmailSettings) -> EmailSettings:
    """Return settings whose servers are signed in at the provider that was named; unchanged where none was."""
    if not args.oauth:
        return settings

    def through(server: ServerSettings | None) -> ServerSettings | None:
        return replace(server, sign_in=SignIn.OAUTH2, user=server.user or args.address) if server else None

    oauth = OAuthSettings(args.oauth, args.client_id, args.tenant or "common")
    found = replace(settings, imap=through(settings.imap), smtp=through(settings.smtp), oauth=oauth)
    return EmailSettings.from_json(found.to_json())  # checks what was typed; raises SettingsError


def check_registration(args: argparse.Namespace) -> None:
    """Raise CommandError where options do not fit together."""
    password = args.password_stdin or args.password_env or args.smtp_password_env
    if args.oauth and password:
        raise CommandError(Exit.USAGE, "Choose one of --oauth and a password.")
    if args.oauth and not args.client_id:
        raise CommandError(Exit.USAGE, "--oauth needs --client-id: the desk ships no registration of its own.")
    if not args.oauth and (args.client_id or args.tenant or args.client_secret_env):
        raise CommandError(Exit.USAGE, "--client-id, --tenant and --client-secret-env belong to --oauth.")
    if args.tenant and args.oauth != "microsoft":
        raise CommandError(Exit.USAGE, "--tenant belongs to --oauth microsoft.")


def client_secret(args: argparse.Namespace, *, ask: bool) -> dict[str, str]:
    """Return the registration's client secret: from the environment, else asked for on a terminal if `ask`; nothing
    where there is none."""
    if args.client_secret_env:
        value = from_environment(args.client_secret_env)
    elif ask and sys.stdin.isatty():
        value = getpass.getpass("Client secret of the registration (empty: none): ").strip()
    else:
        return {}
    if value:
        hide(value)
    return {CLIENT_SECRET: value} if value else {}


def from_environment(name: str) -> str:
    """Return a secret from the environment; raises CommandError where it is not set."""
    value = os.environ.get(name)
    if not value:
        raise CommandError(Exit.USAGE, f"The environment variable {name} is not set.")
    return value


def ask_provider(
    desk: Desk, account: Account, actor: Actor, secrets: Mapping[str, str], args: argparse.Namespace, *, silent: bool
) -> Mapping[str, str]:
    """Let the person sign in in a browser and return the secrets of a mailbox that is not stored yet.

    The address goes to standard output, to standard error while `silent` (JSON stands in the output). Raises
    CommandError: FAILED where the keychain cannot take the tokens, NETWORK otherwise.
    """
    from desk_app.plugin_api.channels import ChannelError, ChannelFault  # noqa: PLC0415 -- `--help` does not wait

    out = sys.stderr if silent else sys.stdout
    try:
        attempt = desk.sign_in.begin(account, actor, secrets)
        try:
            out.write(f"Sign {account.address} in on this page:\n\n  {attempt.url}\n\n")
            out.write(f"Waiting for the browser, at most {args.wait_seconds:g} seconds; Ctrl+C gives up.\n")
            out.flush()
            if not args.no_browser:
                _open_browser(attempt.url)
            found = attempt.wait(args.wait_seconds)
        finally:
            attempt.close()
    except ChannelError as error:
        code = Exit.FAILED if error.fault is ChannelFault.SECRET else Exit.NETWORK
        raise CommandError(
            code, f"{account.address} was not signed in: {error.detail}.", _advice(error.fault.value)
        ) from (error)
    for value in found.values():
        hide(value)
    return found


def _advice(fault: str) -> str:
    return {
        "consent": "Try again, and check client id, client secret and tenant if the page itself complained.",
        "secret": "Unlock the keychain, or choose another with --keychain.",
        "network": "Check the connection and any firewall.",
        "throttled": "Wait a moment and try again.",
    }.get(fault, "")


def _open_browser(url: str) -> None:
    """Open a browser where there is a screen; a browser of the terminal would take the terminal away."""
    shown = sys.platform in {"win32", "darwin"} or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if shown:
        import webbrowser  # noqa: PLC0415 -- only needed here

        webbrowser.open(url)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds up to 3600")
    return value
