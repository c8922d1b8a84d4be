"""`desk-app agent`: who works at the desk."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from desk_app.cli.exits import Exit
from desk_app.cli.invocation import Invocation, sign_in
from desk_app.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from desk_app.domain.people.agent import Agent

Subparsers = argparse._SubParsersAction  # noqa: SLF001 -- argparse gives its type no public name


def add_parsers(subparsers: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add `agent` with its actions."""
    parser = subparsers.add_parser("agent", help="who works at the desk: list, add")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", parents=[common], help="list them, active ones first")
    listing.set_defaults(command=run_list)
    add = actions.add_parser(
        "add",
        parents=[common],
        help="let somebody work at a shared desk (admins only)",
        description="Let somebody work at this desk. Whoever opens a new desk first is its admin; on a shared database "
        "everybody else must be added by an admin before they can open a window or use this command.",
    )
    add.add_argument("login", metavar="LOGIN", help="the user name on their computer")
    add.add_argument("--name", default="", help="the name customers see")
    add.add_argument("--email", default="", help="their own address")
    add.add_argument("--admin", action="store_true", help="they may add others")
    add.set_defaults(command=run_add)
    for action in (listing, add):
        action.add_argument("--json", action="store_true", help="print one JSON object")


def run_list(invocation: Invocation) -> int:
    """List the agents."""
    with invocation.desk() as desk:
        agents = desk.people.agents()
    if invocation.json:
        print_json({"agents": [_json(agent) for agent in agents]})
    elif not agents:
        say("Nobody yet: whoever opens the desk first becomes its admin.")
    else:
        print_table(
            ("id", "login", "name", "email", "kind", "active"),
            [(a.id, a.login, a.name, a.email, a.kind, "yes" if a.active else "no") for a in agents],
        )
    return Exit.OK


def run_add(invocation: Invocation) -> int:
    """Add an agent."""
    args = invocation.args
    with invocation.desk() as desk:
        kind = "admin" if args.admin else "agent"
        agent = desk.people.add_agent(args.login, sign_in(desk)[1], name=args.name, email=args.email, kind=kind)
    if invocation.json:
        print_json({"agent": _json(agent)})
    else:
        say(f"{agent.name} ({agent.login}) works at this desk now.")
    return Exit.OK


def _json(agent: Agent) -> dict[str, Any]:
    return {
        "id": agent.id,
        "login": agent.login,
        "name": agent.name,
        "email": agent.email,
        "kind": agent.kind,
        "active": agent.active,
    }
