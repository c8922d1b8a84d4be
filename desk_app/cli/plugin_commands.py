"""`desk-app <plugin> <name>`: the subcommands that plugins bring."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from desk_app.cli.exits import CommandError, Exit
from desk_app.cli.invocation import Invocation
from desk_app.cli.output import print_table
from desk_app.infra.location import LocationError, resolve

_VALUED = frozenset({"--database", "--data", "--keychain", "--log-level"})


def first_word(argv: Sequence[str]) -> int:
    """Return where the first word stands that is neither an option of the whole command nor its value, -1 for none."""
    place = 0
    while place < len(argv):
        word = argv[place]
        if not word.startswith("-"):
            return place
        place += 2 if word in _VALUED else 1
    return -1


def parse(argv: Sequence[str], place: int, common: argparse.ArgumentParser) -> argparse.Namespace | None:
    """Return the arguments of a word the program itself does not know; whether a plugin does is seen with the desk.

    None where there is no desk yet: a mistyped word must not make one.
    """
    args = common.parse_args(argv[:place])
    try:
        file = resolve(getattr(args, "database", None), getattr(args, "data", None)).database_file
    except LocationError:
        return None
    if file is not None and not file.exists():
        return None
    args.plugin, args.rest = argv[place], list(argv[place + 1 :])
    args.command = run_plugin_command
    return args


def run_plugin_command(invocation: Invocation) -> int:
    """Load the plugins that are on, and run the subcommand of one."""
    from desk_app.plugin_api.context import Mode  # noqa: PLC0415 -- `--help` does not wait for it
    from desk_app.plugin_host.sources import slug_of  # noqa: PLC0415 -- as above

    plugin, rest = slug_of(invocation.args.plugin), invocation.args.rest
    with invocation.desk() as desk:
        desk.plugins.start(Mode.CLI)
        state = desk.plugins.state(plugin)
        if state is None:
            raise CommandError(
                Exit.USAGE,
                f"There is no command and no plugin “{invocation.args.plugin}”.",
                "desk-app --help shows the commands, desk-app plugin list the plugins.",
            )
        found = {one.spec.name: one for one in desk.plugins.contributions("cli_commands") if one.plugin == plugin}
        if not found:
            why = f": {state.reason}" if state.reason else "" if state.running else ": it is not switched on"
            raise CommandError(Exit.USAGE, f"The plugin “{plugin}” has no commands here{why}.")
        name = rest[0] if rest and not rest[0].startswith("-") else ""
        if name not in found:
            print_table(("Command", ""), [(f"{plugin} {one.spec.name}", one.spec.help) for one in found.values()])
            return Exit.OK if not rest or rest[0] in {"-h", "--help"} else Exit.USAGE
        return _run(desk, found[name], rest[1:])


def _run(desk: Any, found: Any, rest: list[str]) -> int:
    parser = argparse.ArgumentParser(prog=f"desk-app {found.plugin} {found.spec.name}", description=found.spec.help)
    try:
        found.spec.arguments(parser)
        return int(found.spec.run(found.ctx, parser.parse_args(rest)) or 0)
    except SystemExit as end:  # --help, or arguments that argparse refuses
        return end.code if isinstance(end.code, int) else Exit.USAGE
    except Exception as error:
        desk.plugins.fault(found.plugin, f"command {found.spec.name}", error)
        raise CommandError(
            Exit.FAILED, f"The plugin “{found.plugin}” failed: {type(error).__name__}: {error}."
        ) from error
