"""A desk for the tests of plugins; authors import it from `desk_app.plugin_api.testing`."""

from __future__ import annotations

import itertools
import mimetypes
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any

from desk_app.domain.mailboxes.model import Account, AccountPolicy, FirstImport
from desk_app.domain.messages.canned import CannedResponse
from desk_app.domain.messages.model import ParsedMessage
from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.domain.messages.placeholders import fill, names_in
from desk_app.domain.people.actor import SYSTEM
from desk_app.domain.plugins.model import PluginFault, StateKind
from desk_app.domain.tickets.query import TicketQuery
from desk_app.plugin_api.channels import (
    AccountView,
    Capabilities,
    Cursor,
    FetchBatch,
    InboundMessage,
    OutboundMail,
    SendOutcome,
    SendReceipt,
    SentCheck,
    StepState,
    StreamCount,
    TestStep,
)
from desk_app.plugin_api.context import Context, Mode
from desk_app.plugin_api.contributions import ReportTable
from desk_app.plugin_api.data import MessageView, TicketView
from desk_app.plugin_api.errors import RefusedByDesk
from desk_app.plugin_host.manifest import SettingKind, read_manifest
from desk_app.runtime.compose import Surroundings, build_desk
from desk_app.runtime.plugins import PluginPlaces
from desk_app.services.people.agents import actor_for
from desk_app.services.plugins.commands import told
from desk_app.services.plugins.placeholders import PluginPlaceholders
from desk_app.services.ports.plugins import Contribution
from desk_app.services.system.place import DeskPlace
from desk_app.storage.database import open_database

ADDRESS = "support@desk.test"
COLLECTED = (
    "channel_types",
    "health_checks",
    "migrations",
    "placeholders",
    "report_types",
    "scheduled_jobs",
    "cli_commands",
)
_LEFT_OUT = shutil.ignore_patterns("__pycache__", ".pytest_cache", "tests", "dist", ".git")


class MemorySecrets:
    """Secrets that go with the test."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """Return a secret."""
        return self._values.get(name)

    def set(self, name: str, value: str) -> None:
        """Keep a secret."""
        self._values[name] = value

    def delete(self, name: str) -> None:
        """Forget a secret."""
        self._values.pop(name, None)


class FakeMail:
    """The channel "email" without a server: what is sent lies in `sent`."""

    id = "email"
    title = "E-mail"
    capabilities = Capabilities()

    def __init__(self) -> None:
        self.sent: list[OutboundMail] = []

    def open(self, account: AccountView) -> FakeSession:  # noqa: ARG002 -- one box for all
        """Return a session."""
        return FakeSession(self)

    def test(self, account: AccountView, *, send_to: str = "") -> Iterator[TestStep]:  # noqa: ARG002 -- nothing to try
        """Find everything in order."""
        yield TestStep("name", StepState.OK)

    def read(self, raw: bytes) -> ParsedMessage:
        """Read a mail as the real channel does."""
        from desk_app.channels.email.reading import read_message  # noqa: PLC0415 -- with the first mail

        return read_message(raw)


class FakeSession:
    """A session that fetches nothing and sends everything."""

    def __init__(self, mail: FakeMail) -> None:
        self._mail = mail

    def counts(self, since: datetime | None = None) -> Sequence[StreamCount]:  # noqa: ARG002 -- the channel's interface
        """Nothing lies on the server."""
        return ()

    def start_cursor(self, since: datetime | None) -> Cursor:  # noqa: ARG002 -- as above
        """Begin at the beginning."""
        return Cursor()

    def fetch(self, cursor: Cursor, *, limit: int, max_bytes: int) -> FetchBatch:  # noqa: ARG002 -- as above
        """Nothing is there."""
        return FetchBatch((), cursor)

    def fetch_one(self, source_key: str) -> InboundMessage | None:  # noqa: ARG002 -- as above
        """Nothing is there."""
        return None

    def acknowledge(self, source_keys: Sequence[str], action: Any, target: str = "") -> None:
        """Do nothing."""

    def wait(self, timeout: float) -> bool:  # noqa: ARG002 -- as above
        """Nothing comes."""
        return False

    def wake(self) -> None:
        """Do nothing."""

    def send(self, mail: OutboundMail) -> SendReceipt:
        """Take a mail."""
        self._mail.sent.append(mail)
        return SendReceipt(SendOutcome.ACCEPTED, "250 ok")

    def check_sent(self, message_id: str) -> SentCheck:
        """Look among what was sent."""
        return SentCheck.FOUND if any(one.message_id == message_id for one in self._mail.sent) else SentCheck.ABSENT

    def store_copy(self, raw: bytes) -> str:  # noqa: ARG002 -- as above
        """Keep no copies."""
        return ""

    def close(self) -> None:
        """Do nothing."""


@dataclass(slots=True)
class StoppedClock:
    """The time of `ctx.clock`: noon of this day, until a test moves it. Tickets and messages have the real time."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0))

    def now(self) -> datetime:
        """Return the time."""
        return self.at

    def forward(self, **span: float) -> None:
        """Move the time on, by the arguments of `timedelta`."""
        self.at += timedelta(**span)


class TestPlugin:
    """A plugin that is switched on; its context is `ctx`."""

    __test__ = False

    def __init__(self, desk: TestDesk, slug: str) -> None:
        self._desk = desk
        self.slug = slug

    @property
    def ctx(self) -> Context:
        """The plugin's own context."""
        found: Context | None = self._desk.desk.plugins.context(self.slug)
        assert found is not None, f"{self.slug} is not on: {self._desk.reason(self.slug)}"  # noqa: S101 -- a test's help
        return found

    def set(self, **settings: Any) -> None:
        """Change settings, secrets too, as a person does on the settings page; the plugin is told."""
        manifest = self._desk.host.state(self.slug).manifest
        hidden = {spec.key for spec in manifest.settings if spec.kind is SettingKind.SECRET}
        secrets = {key: str(value) for key, value in settings.items() if key in hidden}
        for key, value in settings.items():
            if key not in hidden:
                self.ctx.settings.set(key, value)
        self._desk.desk.plugin_keeping.save(self.slug, {}, secrets, SYSTEM)
        self._desk.host.sync()

    @property
    def faults(self) -> Sequence[PluginFault]:
        """What went wrong so far, newest first."""
        self._desk.host.settle()
        with self._desk.desk.unit_of_work() as uow:
            record = uow.plugins.get(self.slug)
            return tuple(uow.plugins.faults(record.id)) if record is not None else ()


class TestAccount:
    """An account of a channel that a plugin brings."""

    __test__ = False

    def __init__(self, desk: TestDesk, account_id: int, channel: str) -> None:
        self._desk = desk
        self.id = account_id
        self.channel = channel

    def fetch(self) -> Sequence[int]:
        """Fetch what is new, as the worker does, and tell the plugins; returns the ids of the tickets that have got
        a message, oldest first. What the session raises fails the test."""
        desk = self._desk.desk
        before = self._desk.message_counts()
        result = desk.sync.sync_once(self.id)
        self._desk.tell_events()
        assert not result.fault, f"{result.fault}: {result.detail}"  # noqa: S101 -- a test's help
        after = self._desk.message_counts()
        return sorted(one for one, count in after.items() if count > before.get(one, 0))


class TestDesk:
    """A desk on SQLite in a folder of the test's own: one mailbox, one agent, no plugins but those of the test."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = StoppedClock()
        self.mail = FakeMail()
        folder.mkdir(parents=True, exist_ok=True)
        self._database = open_database(f"sqlite:///{folder / 'desk.sqlite'}", origin="test")
        self._secrets: dict[Any, MemorySecrets] = {}
        here = Surroundings(
            DeskPlace(folder, self._database.url),
            plugins=PluginPlaces(pip=False),
            plugin_secrets=lambda slug: self._store(f"plugin {slug}"),
            now=self.clock.now,
        )
        self.desk = build_desk(self._database, self._store, channels=[self.mail], here=here)
        self.agent = self.desk.people.sign_in("ann", name="Ann Agent")
        self.actor = actor_for(self.agent)
        self.desk.present.agent = self.agent
        self._numbers = itertools.count(1)
        self.account = self._mailbox()
        self.host: Any = self.desk.plugins
        self._events = self.desk.plugin_events
        self.host.start(Mode.GUI)
        self.desk.settings.save(replace(self.desk.settings.desk(), undo_seconds=0), self.actor)
        self.desk.settings.arm(self.actor)

    def close(self) -> None:
        """Switch everything off."""
        self.desk.close()

    # -- plugins ------------------------------------------------------------------------------------------------------

    def activate(
        self, folder: str | Path = ".", *, settings: Mapping[str, Any] | None = None, without: Iterable[str] = ()
    ) -> TestPlugin:
        """Install the plugin in a folder on this desk and switch it on with the permissions its manifest asks for, but
        for those in `without`. Fails the test with the reason where that does not work."""
        source = Path(folder).resolve()
        manifest, problems = read_manifest(source)
        assert manifest is not None, "\n".join(map(str, problems))  # noqa: S101 -- a test's help
        target = self.folder / "plugins" / manifest.id / str(manifest.version)
        if not target.exists():
            shutil.copytree(source, target, ignore=_LEFT_OUT)
        self.desk.plugins.look()
        granted = [one for one in manifest.permissions if one.value not in set(without)]
        self.desk.plugin_admin.activate(manifest.slug, granted, SYSTEM)
        plugin = TestPlugin(self, manifest.slug)
        plugin.set(**(settings or {}))
        self.tell_events()  # what happened before is not told
        return plugin

    def deactivate(self, plugin: TestPlugin) -> None:
        """Switch a plugin off."""
        self.desk.plugin_admin.deactivate(plugin.slug, SYSTEM)

    def reason(self, slug: str) -> str:
        """Return why a plugin is not on."""
        state = self.desk.plugins.state(slug)
        return "it is not there" if state is None else f"{state.kind}: {state.reason}"

    def is_on(self, plugin: TestPlugin) -> bool:
        """Return whether a plugin is switched on and was not paused."""
        state = self.desk.plugins.state(plugin.slug)
        return state is not None and state.kind is StateKind.ACTIVE

    def run_job(self, plugin: TestPlugin, job: str) -> None:
        """Run one of a plugin's jobs now, in this thread; what it raises fails the test."""
        for one in self.desk.plugins.contributions("scheduled_jobs"):
            if one.plugin == plugin.slug and one.spec.id == job:
                one.spec.run(one.ctx)
                return
        raise AssertionError(f"{plugin.slug} has no job “{job}”")

    def report(self, report: str, **values: Any) -> ReportTable:
        """Run a report of any plugin that is on."""
        for one in self.desk.plugins.contributions("report_types"):
            if one.spec.id == report:
                table: ReportTable = one.spec.run(one.ctx, values)
                return table
        raise AssertionError(f"there is no report “{report}”")

    def command(self, plugin: TestPlugin, name: str, **arguments: Any) -> int:
        """Run a subcommand of a plugin."""
        from argparse import Namespace  # noqa: PLC0415 -- for this alone

        for one in self.desk.plugins.contributions("cli_commands"):
            if one.plugin == plugin.slug and one.spec.name == name:
                return int(one.spec.run(one.ctx, Namespace(**arguments)) or 0)
        raise AssertionError(f"{plugin.slug} has no command “{name}”")

    def tell_events(self) -> None:
        """Tell the plugins what has happened, as the worker does every second."""
        while self._events.round():
            pass

    def part(self, spec_id: str) -> Any:
        """Return what a plugin that is on adds, by the id (or name) of its spec: a column to ask for `values`, an
        action or a tool to `run` with a `TestPort`, a page, a placeholder, a health check."""
        for one in self._parts():
            if getattr(one.spec, "id", getattr(one.spec, "name", None)) == spec_id:
                return one.spec
        raise AssertionError(f"no plugin that is on adds “{spec_id}”")

    def _parts(self) -> Iterator[Contribution]:
        for hook in COLLECTED:
            yield from self.desk.plugins.contributions(hook)
        for state in self.desk.plugins.plugins():
            if state.kind is StateKind.ACTIVE:
                for found in self.desk.plugins.ui_part(state.slug).values():
                    yield from found

    def connect(
        self, plugin: TestPlugin, channel: str = "", *, address: str = "", name: str = "", **settings: Any
    ) -> TestAccount:
        """Add an account of a channel the plugin brings (its only one where none is named), with the settings of its
        form; those of the kind secret go to the keychain. Everything that lies there is fetched with the first
        `fetch`."""
        kinds = [one.spec for one in self.desk.plugins.contributions("channel_types") if one.plugin == plugin.slug]
        kind = next((one for one in kinds if channel in {"", one.id}), None)
        assert kind is not None, f"{plugin.slug} has no channel {channel or 'at all'}"  # noqa: S101 -- a test's help
        hidden = {one.key for one in getattr(kind, "account_settings", ()) if one.kind == "secret"}
        made = Account(
            id=0,
            department_id=self.account.department_id,
            channel=kind.id,
            name=name or kind.title,
            sender_name="Support",
            address=address or f"desk@{kind.id}",
            settings={key: value for key, value in settings.items() if key not in hidden},
            policy=AccountPolicy(first_import=FirstImport.ARCHIVE),
        )
        secrets = {key: str(value) for key, value in settings.items() if key in hidden}
        return TestAccount(self, self.desk.mailboxes.add(made, secrets, self.actor), kind.id)

    # -- mail and tickets ---------------------------------------------------------------------------------------------

    def receive(
        self,
        sender: str,
        subject: str,
        text: str,
        *,
        html: str = "",
        answers: str = "",
        headers: Mapping[str, str] | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> int:
        """Let a mail arrive and tell the plugins; returns its ticket, 0 where none came of it (a filter dropped it).
        `answers` is the Message-ID it answers, `files` are attachments by name."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, ADDRESS, subject
        mail["Date"] = format_datetime(datetime.now(UTC))
        number = next(self._numbers)
        mail["Message-ID"] = f"<{number}@{parseaddr(sender)[1].partition('@')[2] or 'customer.test'}>"
        if answers:
            mail["In-Reply-To"] = f"<{answers.strip('<>')}>"
        for name, value in (headers or {}).items():
            mail[name] = value
        mail.set_content(text)
        if html:
            mail.add_alternative(html, subtype="html")
        for filename, content in (files or {}).items():
            kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
            maintype, _, subtype = kind.partition("/")
            mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=filename)
        raw = mail.as_bytes()
        message = InboundMessage(f"1/{number}/INBOX", "INBOX", raw, len(raw))
        account = self.desk.mailboxes.get(self.account.id)
        assert account is not None  # noqa: S101 -- made above
        self.desk.intake.take(account, FetchBatch((message,), Cursor()))
        self.tell_events()
        internet_id = str(mail["Message-ID"]).strip("<>")
        with self.desk.unit_of_work() as uow:
            found = uow.messages.by_internet_ids([internet_id]).get(internet_id)
        return int(found[0].ticket_id) if found else 0

    def reply(self, ticket_id: int, text: str, *, html: str = "", files: Mapping[str, bytes] | None = None) -> None:
        """Answer a ticket as the agent would, send it, and tell the plugins. Raises RefusedByDesk with the reason where
        a guard denies it or the channel cannot send it."""
        start = self.desk.replies.start(ticket_id, agent_id=self.agent.id)
        attached = tuple(
            OutgoingAttachment(name, mimetypes.guess_type(name)[0] or "application/octet-stream", content)
            for name, content in (files or {}).items()
        )
        with told():
            self.desk.replies.send(start.draft(ticket_id, text, html, attached), self.actor)
        self.desk.outbox.send_due()
        self.tell_events()

    def resolve(self, ticket_id: int) -> None:
        """Resolve a ticket as the agent would, and tell the plugins. Raises RefusedByDesk where a guard denies it."""
        with told():
            for result in self.desk.tickets.set_status([ticket_id], "resolved", self.actor):
                if not result.ok:
                    raise RefusedByDesk(result.error)
        self.tell_events()

    def filled(self, ticket_id: int, text: str) -> str:
        """Return a text of a prepared answer with its placeholders filled in for a ticket."""
        names, words = names_in(text), PluginPlaceholders(self.desk.hooks, lambda: self.desk.plugins)
        return fill(text, words.values(names, self.ticket(ticket_id) if names else None)).text

    def add_canned_response(self, title: str, text: str) -> int:
        """Add a prepared answer everybody may use; returns its id."""
        return self.desk.canned.save(CannedResponse(0, title, text), self.actor).id

    def ticket(self, ticket_id: int) -> TicketView:
        """Return a ticket as plugins see it."""
        found = self._database.pictures.ticket(ticket_id)
        assert found is not None, f"ticket {ticket_id} is gone"  # noqa: S101 -- a test's help
        return found

    def messages(self, ticket_id: int) -> Sequence[MessageView]:
        """Return the messages of a ticket as plugins see them, oldest first."""
        return self._database.pictures.newest_messages(ticket_id, 50)

    def message_counts(self) -> Mapping[int, int]:
        """Return how many messages each of the newest thousand tickets has."""
        page = self.desk.ticket_queries.page(TicketQuery(buckets=()), agent_id=None, limit=1000)
        return {
            one.id: one.message_count for one in self._database.pictures.tickets(row.id for row in page.rows).values()
        }

    @property
    def outbox(self) -> Sequence[OutboundMail]:
        """Return the mails that have left."""
        return self.mail.sent

    def _mailbox(self) -> Account:
        made = Account(
            id=0,
            department_id=self.desk.people.departments()[0].id,
            channel="email",
            name="Support",
            sender_name="Support",
            address=ADDRESS,
            settings={
                "imap": {"host": "mail.test", "port": 143, "security": "none", "user": "x"},
                "smtp": {"host": "mail.test", "port": 25, "security": "none"},
            },
            policy=AccountPolicy(first_import=FirstImport.NONE),
        )
        account = self.desk.mailboxes.get(self.desk.mailboxes.add(made, {"password": "x"}, self.actor))
        assert account is not None  # noqa: S101 -- just added
        return account

    def _store(self, key: Any) -> MemorySecrets:
        return self._secrets.setdefault(key, MemorySecrets())
