"""The command `desk-app`: finds the subcommand, runs it, and turns what goes wrong into one line and an exit code."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from importlib import metadata

from desk_app.cli import (
    accounts,
    agents,
    database,
    inspect,
    mail,
    plugin_commands,
    plugins,
    programs,
    quarantine,
    reports,
    tickets,
)
from desk_app.cli.exits import CommandError, Exit
from desk_app.cli.invocation import Invocation, Programs
from desk_app.cli.output import complain
from desk_app.infra import logging as desk_logging
from desk_app.infra.location import KEYCHAINS, LocationError

log = logging.getLogger(__name__)

EPILOG = """\
Exit codes: 0 done; 1 something the command was asked for failed; 2 wrong use; 3 the database cannot be used;
4 a mailbox or its server failed; 5 nothing found.

The database is found by --database, DESK_APP_DATABASE, --data, DESK_APP_DATA, the settings file, or the
platform's default, in that order. "desk-app doctor" shows which one it was.
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    common = _common_options()
    parser = argparse.ArgumentParser(
        prog="desk-app",
        description="A desktop help desk: many mailboxes, one inbox.",
        epilog=EPILOG,
        parents=[common],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"desk-app {metadata.version('desk-app')}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True, title="commands", dest="command_name")
    programs.add_parsers(subparsers, common)
    accounts.add_parsers(subparsers, common)
    agents.add_parsers(subparsers, common)
    tickets.add_parsers(subparsers, common)
    mail.add_parsers(subparsers, common)
    quarantine.add_parsers(subparsers, common)
    plugins.add_parsers(subparsers, common)
    reports.add_parsers(subparsers, common)
    database.add_parsers(subparsers, common)
    reading = subparsers.add_parser("mail", help="look at raw mail, without a database or a network")
    inspect.add_parser(reading.add_subparsers(metavar="ACTION", required=True))
    return parser


def main(argv: Sequence[str] | None, handed_in: Programs) -> int:
    """Run one command and return its exit code (see desk_app.cli.exits). `argv` None means the process's arguments."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console without UTF-8 shows a mark instead of ending the program
            stream.reconfigure(errors="replace")
    if not logging.getLogger().handlers:  # else the logging module prints to stderr what has no log file yet
        logging.getLogger().addHandler(logging.NullHandler())
    args = _parsed(list(sys.argv[1:] if argv is None else argv))
    command = getattr(args, "command", None)
    if command is None:
        return int(args.run(args))
    try:
        return run_safely(command, Invocation(args, handed_in))
    finally:
        desk_logging.release()


def _parsed(argv: list[str]) -> argparse.Namespace:
    parser = build_parser()
    place = plugin_commands.first_word(argv)
    known = next(one.choices for one in parser._actions if one.dest == "command_name") or ()  # noqa: SLF001
    of_plugin = None
    if place >= 0 and argv[place] not in known:
        of_plugin = plugin_commands.parse(argv, place, _common_options())
    return of_plugin or parser.parse_args(argv)


def run_safely(command: object, invocation: Invocation) -> int:
    """Run a command and answer for whatever it raises."""
    try:
        return int(command(invocation)) if callable(command) else Exit.USAGE
    except CommandError as error:
        complain(error.message, error.advice)
        return error.code
    except LocationError as error:
        complain(str(error))
        return Exit.USAGE
    except KeyboardInterrupt:
        complain("interrupted.")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone (`| head`); that is no failure
        return Exit.OK
    except Exception as error:  # noqa: BLE001 -- a person gets one line, the log gets the rest
        return _explain(error)


def _explain(error: Exception) -> int:
    from desk_app.plugin_api.channels import ChannelError, SecretError  # noqa: PLC0415 -- only when something failed
    from desk_app.services.ports.errors import StorageError  # noqa: PLC0415

    if isinstance(error, StorageError):
        complain(error.message, error.advice)
        return Exit.DATABASE
    if isinstance(error, ChannelError):
        complain(f"The mailbox failed ({error.fault.value}): {error.detail}")
        return Exit.NETWORK
    if isinstance(error, SecretError):
        complain(f"{error}.", "Choose with --keychain system, sealed or memory.")
        return Exit.FAILED
    if isinstance(error, PermissionError):
        complain(str(error))
        return Exit.FAILED
    if type(error) is LookupError:  # what services raise; KeyError and IndexError would be our own mistakes
        complain(str(error))
        return Exit.NOT_FOUND
    if type(error) is ValueError:
        complain(str(error))
        return Exit.USAGE
    if type(error).__name__.endswith("RefusedError"):
        complain(str(error))
        return Exit.FAILED
    log.error("the command failed", exc_info=error)
    complain(
        f"This should not have happened: {type(error).__name__}: {error}.",
        "The log in the data folder has the details; please report it.",
    )
    return Exit.FAILED


def _common_options() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    place = common.add_argument_group("where the desk is")
    place.add_argument("--database", metavar="PATH|URL", help="an SQLite file, or postgresql://USER@HOST/NAME")
    place.add_argument("--data", metavar="FOLDER", help="the data folder: logs, and the database file by default")
    place.add_argument(
        "--keychain",
        choices=KEYCHAINS,
        help="where mailbox passwords are kept: the computer's keychain, sealed files, or memory only",
    )
    place.add_argument("--log-level", metavar="LEVEL", help="DEBUG, INFO (default), WARNING or ERROR")
    return common
