"""Sets the demo up: mail server, customers, a desk of its own, two mailboxes, a month of work."""

from __future__ import annotations

import getpass
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from desk_app.domain.mailboxes.model import Account, AccountPolicy, Alias, FirstImport
from desk_app.domain.mailboxes.settings import EmailSettings, Security, SentCopy, ServerSettings
from desk_app.domain.people.actor import Actor
from desk_app.domain.people.agent import Agent
from desk_app.infra.location import DeskLocation, prepare
from desk_app.infra.secrets import KeychainChoice, open_keychain
from desk_app.runtime.compose import build_desk
from desk_app.runtime.demo.mail_host import HOST, MailHost, SentMail
from desk_app.runtime.demo.month import Clock, Month
from desk_app.runtime.demo.outside import FORMS
from desk_app.runtime.demo.robot import CustomerRobot
from desk_app.runtime.demo.story import NAMES, ORDERS, PEDIDOS, SUPPORT, people
from desk_app.services.people.agents import actor_for
from desk_app.services.settings import SettingsService
from desk_app.storage.database import Database, open_database

if TYPE_CHECKING:
    from desk_app.services.desk import Desk
    from desk_app.services.ports.unit_of_work import UnitOfWork

DEMO_FILE = "demo.sqlite"  # never a desk's own file, whatever folder --keep names
_UNREAD = 6  # notifications that the month leaves unread
_COLOURS = {SUPPORT: "chart1", ORDERS: "chart2"}


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo. `mails` is how many mails went through the desk while it was set up."""

    desk: Desk
    location: DeskLocation
    host: MailHost
    robot: CustomerRobot
    agent: Agent
    actor: Actor
    accounts: dict[str, int]
    mails: int


@contextmanager
def running_demo(
    folder: Path, *, answer_seconds: float, undo_seconds: int, on_mail: Callable[[int], None] = lambda _: None
) -> Iterator[Demo]:
    """Run the demo with its data in `folder`; on leaving, everything is stopped and closed.

    A customer takes `answer_seconds` to answer, a reply can be taken back for `undo_seconds`.

    A folder that holds a demo already keeps its tickets and gets an empty mail server. Passwords are random, known to
    this process only, and never reach a keychain.
    """
    now = datetime.now(UTC)
    location = DeskLocation(f"sqlite:///{folder / DEMO_FILE}", folder, "demo", "demo", keychain="memory")
    prepare(location)
    sent: list[SentMail] = []
    passwords = {SUPPORT: secrets.token_urlsafe(18), ORDERS: secrets.token_urlsafe(18)}
    with ExitStack() as stack:
        host = stack.enter_context(MailHost(passwords, sent.append))
        database = open_database(location.database_url, origin="demo")
        stack.callback(database.close)
        instance_id = SettingsService(database.unit_of_work).ensure_instance()
        keychain = open_keychain(folder, KeychainChoice.MEMORY, instance_id=instance_id)
        desk = build_desk(database, keychain.account)
        agent = desk.people.sign_in(getpass.getuser(), name="You")
        actor = actor_for(agent)
        clock = Clock(now)
        past = build_desk(database, keychain.account, unit_of_work=_with_clock(database, clock))
        fresh = not desk.mailboxes.list()
        accounts = _connect(desk, host, passwords, actor) if fresh else _reconnect(desk, host, passwords, actor)
        mails = 0
        if fresh:
            agents = {SUPPORT: desk.people.sign_in("rina", name="Rina"), ORDERS: desk.people.sign_in("tom", name="Tom")}
            month = Month(past, clock, host, accounts, agents, agent, sent)
            _prepare_desk(desk, actor, undo_seconds=0)
            mails = month.play(now, on_mail=on_mail)
            month.mark_read(now)
            newest = desk.notifications.centre(agent.id, limit=_UNREAD + 1)
            if len(newest) > _UNREAD:
                desk.notifications.mark_all_read(newest[-1].notice.id, actor)
            _reconnect(desk, host, passwords, actor)
        _prepare_desk(desk, actor, undo_seconds=undo_seconds)
        robot = CustomerRobot(
            {person.email: person for person in people().values()},
            host.deliver,
            delay_seconds=answer_seconds,
        )
        host.on_sent = robot.take
        robot.start()
        stack.callback(robot.stop)
        yield Demo(desk, location, host, robot, agent, actor, accounts, mails)


def _with_clock(database: Database, clock: Callable[[], datetime]) -> Callable[[], UnitOfWork]:
    """Return a factory of units of work that believe it is `clock`'s time."""

    def unit_of_work() -> UnitOfWork:
        uow = database.unit_of_work()
        uow.now = clock  # type: ignore[method-assign] # the demo's past; nothing else may set the time
        return uow

    return unit_of_work


def _connect(desk: Desk, host: MailHost, passwords: dict[str, str], actor: Actor) -> dict[str, int]:
    """Add both mailboxes. They are still empty, so everything that comes is new mail."""
    accounts = {}
    for position, address in enumerate((SUPPORT, ORDERS)):
        account = Account(
            id=0,
            department_id=desk.people.departments()[0].id,
            channel="email",
            name=NAMES[address].removeprefix("Kopi Works "),
            sender_name=NAMES[address],
            address=address,
            settings=_settings(address, host, SentCopy.NEVER).to_json(),  # nobody looks into Sent while the month plays
            policy=AccountPolicy(reply_to_senders=(FORMS.email,), poll_seconds=20),
            colour=_COLOURS[address],
            position=position,
            aliases=(Alias(PEDIDOS, NAMES[PEDIDOS]),) if address == ORDERS else (),
        )
        accounts[address] = desk.mailboxes.add(account, {"password": passwords[address]}, actor)
        desk.mailboxes.decide_first_import(accounts[address], FirstImport.NONE, None, actor)
    return accounts


def _reconnect(desk: Desk, host: MailHost, passwords: dict[str, str], actor: Actor) -> dict[str, int]:
    accounts = {}
    for account, _ in desk.mailboxes.list():
        if account.address not in passwords:
            continue
        settings = _settings(account.address, host, SentCopy.ALWAYS).to_json()
        desk.mailboxes.update(replace(account, settings=settings), {"password": passwords[account.address]}, actor)
        accounts[account.address] = account.id
    return accounts


def _settings(address: str, host: MailHost, sent_copy: SentCopy) -> EmailSettings:
    return EmailSettings(
        imap=ServerSettings(HOST, host.imap_port, Security.NONE, user=address),
        smtp=ServerSettings(HOST, host.smtp_port, Security.NONE, user=address),
        sent_folder="Sent",
        sent_copy=sent_copy,
    )


def _prepare_desk(desk: Desk, actor: Actor, *, undo_seconds: int) -> None:
    settings = replace(desk.settings.desk(), desk_name="Kopi Works", undo_seconds=undo_seconds)
    desk.settings.save(settings, actor)
    if not settings.outgoing_armed:
        desk.settings.arm(actor)
