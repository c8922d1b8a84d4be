"""Hooks that never come back hold nobody up: who waits goes on after a few seconds, everybody else writes meanwhile,
and the plugin is named and stopped (PL-03; decision 127)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from desk_app.domain.messages.canned import CannedResponse
from desk_app.domain.messages.draft import NewTicketDraft
from desk_app.domain.messages.model import Address
from desk_app.domain.messages.side_conversations import SideDraft
from desk_app.domain.messages.signatures import Signature, SignatureScope
from desk_app.domain.plugins.model import Permission, StateKind
from desk_app.domain.tickets.model import Priority
from desk_app.plugin_api import MessageDraft
from desk_app.plugin_api.context import Mode
from desk_app.plugin_api.marks import Waits
from desk_app.runtime.compose import Surroundings
from desk_app.runtime.plugins import PluginPlaces
from desk_app.services.messages.checks import SendDeniedError
from desk_app.services.messages.replies import ReplySent
from desk_app.services.plugins.reporting import ReportFailedError, run_report
from desk_app.services.system.place import DeskPlace
from desk_app.storage.database import Database
from tests.support.desks import DeskKit, mail
from tests.support.plugin_folders import write_plugin
from tests.support.plugin_hosts import module, until

SECONDS = 0.5
"""So long hooks may take here."""
ENOUGH = 1.5
"""So long is enough for a plugin that does little, on a busy machine."""
SOON = 15.0
"""So long whatever does not wait for a plugin may take on a busy machine; a plugin sleeps for longer."""
SLEEPS = """
    import threading
    from desk_app.plugin_api import Placeholder, hookimpl
    ASKED, GO, CALLS = threading.Event(), threading.Event(), []

    def sleep(*_about):
        CALLS.append(threading.current_thread().name)
        ASKED.set()
        GO.wait(50)

    @hookimpl
    def {hook}(ctx):
        {body}
"""
PLACEHOLDER = 'return [Placeholder("hostile.word", "Word", sleep)]'


class HurriedDesk(DeskKit):
    """A desk whose hooks have so many seconds, with a ticket."""

    def __init__(self, database: Database, folder: Path, seconds: float) -> None:
        self.plugins = folder / "bundled"
        self.plugins.mkdir()
        places = PluginPlaces(self.plugins, pip=False, seconds=dict.fromkeys(Waits, seconds))
        self.folder = folder
        super().__init__(database, here=Surroundings(DeskPlace(folder, database.url), plugins=places))
        self.desk.plugins.start(Mode.GUI)
        self.support = self.mailbox("support@desk.example")
        self.arrive(self.support, mail())
        self.one = self.tickets()[0].id
        self.desk.content.prepare_pending(10)
        self.slugs: list[str] = []

    def plugin(self, code: str, slug: str = "hostile", *permissions: Permission) -> None:
        """Switch a plugin on."""
        asked = json.dumps([one.value for one in permissions])
        write_plugin(self.plugins, slug, code, manifest=f"permissions = {asked}")
        self.desk.plugins.activate(slug, permissions)
        self.slugs.append(slug)

    def reason(self, slug: str = "hostile") -> str:
        """Why a plugin is paused, "" where it is not."""
        state = self.desk.plugins.state(slug)
        assert state is not None
        return state.reason if state.kind is StateKind.PAUSED else ""

    def faults(self, slug: str = "hostile") -> list[str]:
        assert self.desk.plugins.settle()  # type: ignore[attr-defined]
        with self.database.unit_of_work() as uow:
            record = uow.plugins.get(slug)
            assert record is not None
            return [f"{one.place}: {one.summary}" for one in uow.plugins.faults(record.id)]

    def write_something(self) -> float:
        """Write as another program would; returns how many seconds that took."""
        begun = time.monotonic()
        with self.database.unit_of_work() as uow:
            uow.settings.set("something", begun)
            uow.commit()
        return time.monotonic() - begun

    def side(self) -> ReplySent:
        to = (Address("", "parts@supplier.example"),)
        draft = SideDraft(
            ticket_id=self.one,
            from_account_id=self.support.id,
            from_address=self.support.address,
            to=to,
            subject="Parts",
            text="Do you have one?",
        )
        return self.desk.side_conversations.send(draft, self.ann, then_status="waiting")

    def new(self) -> ReplySent:
        to = (Address("Carl", "carl@customer.example"),)
        draft = NewTicketDraft(
            from_account_id=self.support.id,
            from_address=self.support.address,
            to=to,
            subject="Your order",
            text="It is here.",
        )
        return self.desk.new_tickets.open(draft, self.ann)

    def automatic(self) -> bool:
        first = self.messages(self.one)[0]
        return self.desk.auto_answers.offer(first.id, "We have got it.").allowed

    def end(self) -> None:
        for slug in self.slugs:
            try:
                module("plugin", slug).GO.set()
            except (KeyError, AttributeError):
                continue  # it was let go of, or never waits
        self.desk.plugins.close(1)


def _desk(database: Database, folder: Path, seconds: float) -> Iterator[HurriedDesk]:
    kit = HurriedDesk(database, folder, seconds)
    kit.desk.signatures.save(Signature(SignatureScope(), "Your Support, {{hostile.word}}"), kit.ann)
    kit.desk.canned.save(CannedResponse(0, "Word", "{{hostile.word}}"), kit.ann)
    yield kit
    kit.end()


@pytest.fixture
def hurried(database: Database, tmp_path: Path) -> Iterator[HurriedDesk]:
    """A desk whose hooks have next to no time."""
    yield from _desk(database, tmp_path, SECONDS)


@pytest.fixture
def unhurried(database: Database, tmp_path: Path) -> Iterator[HurriedDesk]:
    """A desk whose hooks have little time."""
    yield from _desk(database, tmp_path, ENOUGH)


@pytest.fixture
def patient(database: Database, tmp_path: Path) -> Iterator[HurriedDesk]:
    """A desk whose hooks have more time than anything here takes."""
    yield from _desk(database, tmp_path, 30.0)


Act = Callable[[HurriedDesk], Any]
REPLY: Act = lambda kit: kit.reply(kit.one, then_status="waiting")  # noqa: E731 -- one of a list of acts
ACTS: dict[str, tuple[str, Act]] = {
    "reply: words": ("filter_outbound_message", REPLY),
    "reply: headers": ("filter_mail", REPLY),
    "reply: signature": ("filter_signature", REPLY),
    "reply: word in the signature": ("placeholders", REPLY),
    "reply: status": ("before_ticket_change", REPLY),
    "reply: how it begins": ("filter_reply_draft", lambda kit: kit.desk.replies.start(kit.one)),
    "side conversation: words": ("filter_outbound_message", HurriedDesk.side),
    "side conversation: headers": ("filter_mail", HurriedDesk.side),
    "side conversation: signature": ("filter_signature", HurriedDesk.side),
    "side conversation: status": ("before_ticket_change", HurriedDesk.side),
    "new ticket: words": ("filter_outbound_message", HurriedDesk.new),
    "new ticket: headers": ("filter_mail", HurriedDesk.new),
    "new ticket: signature": ("filter_signature", HurriedDesk.new),
    "new ticket: word in the signature": ("placeholders", HurriedDesk.new),
    "automatic answer": ("filter_mail", HurriedDesk.automatic),
    "signature to look at": (
        "filter_signature",
        lambda kit: kit.desk.signatures.for_mail(kit.one, kit.support.id, kit.ann),
    ),
    "canned responses": ("placeholders", lambda kit: kit.desk.canned.values(kit.one, None, kit.agent.id)),
    "ticket: priority": (
        "before_ticket_change",
        lambda kit: kit.desk.tickets.set_priority([kit.one], Priority.HIGH, kit.ann)[0].ok,
    ),
    "ticket: customer": (
        "before_ticket_change",
        lambda kit: kit.desk.tickets.change_requester([kit.one], "carl@customer.example", "Carl", kit.ann)[0].ok,
    ),
    "tickets at once": (
        "before_ticket_change",
        lambda kit: kit.desk.bulk.start("priority", {"priority": "urgent"}, [kit.one], kit.ann).done == 1,
    ),
    "message to look at": (
        "filter_message_html",
        lambda kit: kit.desk.shown.shown(kit.desk.conversations.conversation(kit.one, agent_id=kit.agent.id)),  # type: ignore[arg-type]
    ),
}


SLEPT = (
    "reply: words",
    "reply: headers",
    "reply: signature",
    "reply: word in the signature",
    "reply: status",
    "reply: how it begins",
    "new ticket: signature",
    "ticket: priority",
    "tickets at once",
    "message to look at",
)
"""Acts in which every kind of hook never comes back."""


@pytest.mark.parametrize("what", SLEPT)
def test_pl_03_a_hook_that_never_comes_back_holds_nobody_up(hurried: HurriedDesk, what: str) -> None:
    hook, act = ACTS[what]
    body = PLACEHOLDER if hook == "placeholders" else "sleep()"
    hurried.plugin(SLEEPS.format(hook=hook, body=body))
    hostile = module("plugin", "hostile")
    found: list[Any] = []
    acting = threading.Thread(target=lambda: found.append(act(hurried)))
    acting.start()
    assert hostile.ASKED.wait(SOON)
    assert hurried.write_something() < SOON, "nobody waits for a plugin who only wants to write"
    acting.join(SOON)
    assert found, "who waits for it goes on after a while"
    assert found[0] is not False
    place = "placeholder hostile.word" if hook == "placeholders" else hook
    said = f"It did not come back from {place} within {SECONDS:g} seconds."
    assert until(lambda: hurried.reason() == said)
    assert hurried.faults() == [f"{place}: {said}"]
    assert len(hostile.CALLS) == 1, "it is not asked again while it hangs"
    assert act(hurried) is not False, "without it, everything goes on"


LOOKS = """
    from desk_app.plugin_api import Placeholder, hookimpl
    LOOK, SEEN = [], {{}}

    def look(hook):
        SEEN.setdefault(hook, []).append(LOOK[0]())

    @hookimpl
    def placeholders(ctx):
        return [Placeholder("hostile.word", "Word", lambda ctx, ticket: look("placeholders") or "word")]
    {hooks}
"""


def test_pl_03_no_plugin_is_asked_while_a_transaction_is_open(patient: HurriedDesk) -> None:
    hooks = {hook for hook, _ in ACTS.values()} | {"before_message_send"}
    asked = hooks - {"placeholders"}
    code = "".join(f"\n    @hookimpl\n    def {hook}(): look('{hook}')" for hook in sorted(asked))
    patient.plugin(LOOKS.format(hooks=code))
    hostile = module("plugin", "hostile")
    hostile.LOOK.append(lambda: bool(patient.database._connections._writers))
    for what, (hook, act) in ACTS.items():
        patient.desk.tickets.set_status([patient.one], "open", patient.ann)
        hostile.SEEN.pop(hook, None)
        assert act(patient) is not False, what
        assert hook in hostile.SEEN, what
        assert not any(map(any, hostile.SEEN.values())), what
    assert set(hostile.SEEN) == hooks
    assert patient.faults() == []


def test_pl_03_a_guard_of_sending_that_never_comes_back_denies_until_it_is_paused(hurried: HurriedDesk) -> None:
    hurried.plugin(SLEEPS.format(hook="before_message_send", body="sleep()"))
    with pytest.raises(SendDeniedError, match="“hostile” failed while it checked this"):
        hurried.reply(hurried.one)
    assert len(hurried.messages(hurried.one)) == 1
    assert until(lambda: hurried.reason() != "")
    assert hurried.reply(hurried.one).message_id
    assert hurried.faults() == [
        "before_message_send: It did not come back from before_message_send within 0.5 seconds."
    ]


def test_pl_03_what_is_changed_with_a_sleeping_guard_is_changed_once(hurried: HurriedDesk) -> None:
    hurried.arm()
    hurried.plugin(SLEEPS.format(hook="before_ticket_change", body="sleep()"))
    before = len(hurried.events(hurried.one))
    hurried.reply(hurried.one, then_status="waiting")
    hurried.desk.outbox.send_due()
    assert len(hurried.server(hurried.support).sent) == 1
    assert hurried.status(hurried.one) == "waiting"
    kinds = [one.kind for one in hurried.events(hurried.one)[before:]]
    assert sorted(kinds) == ["ReplyQueued", "ReplySent", "StatusChanged"]


REPORTS = """
    import threading
    from desk_app.plugin_api import ReportTable, ReportType, hookimpl
    ASKED, GO = threading.Event(), threading.Event()

    def rows():
        ASKED.set()
        GO.wait(50)
        yield ("late",)

    @hookimpl
    def report_types(ctx):
        return [ReportType("hours", "Hours", lambda ctx, values: ReportTable(("A",), rows()))]
"""


def test_pl_03_a_report_that_never_comes_back_ends_and_names_its_plugin(hurried: HurriedDesk) -> None:
    hurried.plugin(REPORTS)
    plugins = hurried.desk.plugins
    (found,) = plugins.contributions("report_types")
    late = f"It did not come back from report_types: hours within {SECONDS:g} seconds."
    with pytest.raises(ReportFailedError) as failed:
        run_report(plugins, found, {})
    assert str(failed.value) == f"The plugin “Hostile” took too long. {late}"
    assert until(lambda: hurried.reason() == late)
    assert hurried.faults() == [f"report_types: hours: {late}"]


STAMPS = """
    import threading
    from desk_app.plugin_api import Deny, hookimpl
    ASKED, GO, SEEN = threading.Event(), threading.Event(), []

    @hookimpl
    def before_ticket_change(ticket, changes):
        SEEN.append((ticket.priority, [one.field for one in changes]))
        ASKED.set()
        GO.wait(20 if len(SEEN) == 1 else 0)
        return Deny("Urgent ones keep their name.") if ticket.priority == "urgent" else None
"""


def test_a_guard_is_asked_again_where_the_ticket_has_changed_meanwhile(patient: HurriedDesk) -> None:
    patient.plugin(STAMPS)
    hostile = module("plugin", "hostile")
    other = DeskKit(patient.database, channel=patient.channel)
    found: list[Any] = []
    tickets = patient.desk.tickets
    renaming = threading.Thread(target=lambda: found.append(tickets.rename(patient.one, "Another", patient.ann)))
    renaming.start()
    assert hostile.ASKED.wait(SOON)
    assert other.desk.tickets.set_priority([patient.one], Priority.URGENT, other.ann)[0].ok  # a program without it
    hostile.GO.set()
    renaming.join(SOON)
    assert [(one.ok, one.error) for one in found] == [(False, "Urgent ones keep their name.")]
    assert hostile.SEEN == [("normal", ["subject"]), ("urgent", ["subject"])]
    assert patient.ticket(patient.one).subject == "Printer on fire"


RESTLESS = """
    import threading
    from desk_app.plugin_api import hookimpl
    TOUCH, SEEN = [], []

    @hookimpl
    def before_ticket_change(ticket, changes):
        SEEN.append(ticket.subject)
        TOUCH[0](len(SEEN))
"""


def test_a_ticket_that_changes_whenever_a_guard_is_asked_is_left_alone(patient: HurriedDesk) -> None:
    patient.plugin(RESTLESS)
    other = DeskKit(patient.database, channel=patient.channel)
    hostile = module("plugin", "hostile")
    hostile.TOUCH.append(lambda number: other.desk.tickets.rename(patient.one, f"Name {number}", other.ann))
    (done,) = patient.desk.tickets.set_priority([patient.one], Priority.HIGH, patient.ann)
    assert (done.ok, done.error) == (False, "Somebody else changed the ticket at the same moment.")
    assert patient.ticket(patient.one).priority is Priority.NORMAL
    assert ["Printer on fire", *(f"Name {number}" for number in range(1, 9))] == hostile.SEEN


CHANGES = """
    from desk_app.plugin_api import hookimpl

    @hookimpl
    def filter_outbound_message(ctx, value, ticket):
        changed = ctx.tickets.update(ticket.id, subject="Sorted", priority="high", add_tags=["b", "a"])
        ctx.kv.set("seen", changed.priority)
"""
SEES = """
    from desk_app.plugin_api import hookimpl
    SEEN = []

    @hookimpl
    def before_ticket_change(ticket, changes, actor):
        SEEN.append((actor.name, ticket.subject, ticket.priority, ticket.tags, [one.field for one in changes]))
"""


def test_what_a_plugin_changes_together_is_asked_about_step_by_step(patient: HurriedDesk) -> None:
    patient.plugin(CHANGES, "friend", Permission.TICKETS_WRITE)
    patient.plugin(SEES, "guard")
    assert patient.reply(patient.one).message_id
    assert module("plugin", "guard").SEEN == [
        ("Friend", "Printer on fire", "normal", (), ["subject"]),
        ("Friend", "Sorted", "normal", (), ["priority"]),
        ("Friend", "Sorted", "high", (), ["tags"]),
    ]
    assert patient.faults("friend") == []
    assert patient.ticket(patient.one).subject == "Sorted"


def test_pl_03_who_waits_for_another_plugin_is_not_to_blame(unhurried: HurriedDesk) -> None:
    unhurried.plugin(CHANGES, "friend", Permission.TICKETS_WRITE)
    unhurried.plugin(SLEEPS.format(hook="before_ticket_change", body="sleep()"))
    assert unhurried.reply(unhurried.one).message_id
    assert until(lambda: unhurried.reason() != "")
    assert (unhurried.reason("friend"), unhurried.faults("friend")) == ("", [])
    assert unhurried.ticket(unhurried.one).priority is Priority.HIGH


KEEPS = """
    from desk_app.plugin_api import hookimpl

    @hookimpl
    def filter_outbound_message(ctx, value):
        ctx.kv.set("subject", value.subject)
"""


def test_pl_03_who_waits_for_the_database_is_not_to_blame(unhurried: HurriedDesk) -> None:
    unhurried.plugin(KEEPS, "friend")
    begun = threading.Event()

    def hold() -> None:
        with unhurried.database.unit_of_work() as uow:
            uow.settings.set("something", 1)  # on SQLite nobody else can write now
            begun.set()
            time.sleep(2 * ENOUGH)

    holding = threading.Thread(target=hold)
    holding.start()
    assert begun.wait(SOON)
    draft = MessageDraft("A subject", "words")
    assert unhurried.desk.hooks.filter("filter_outbound_message", draft, ticket=None) is draft
    holding.join(SOON)
    assert (unhurried.reason("friend"), unhurried.faults("friend")) == ("", [])
    assert unhurried.desk.plugins.context("friend").kv.get("subject") == "A subject"


def test_pl_03_a_hook_at_work_is_noted_for_the_next_start(hurried: HurriedDesk) -> None:
    hurried.plugin(SLEEPS.format(hook="before_ticket_change", body="sleep()"))
    hostile = module("plugin", "hostile")
    acting = threading.Thread(
        target=lambda: hurried.desk.tickets.set_priority([hurried.one], Priority.HIGH, hurried.ann)
    )
    acting.start()
    assert hostile.ASKED.wait(SOON)
    (note,) = (hurried.folder / "plugins").glob("loading-*.json")
    assert json.loads(note.read_text()) == [{"slug": "hostile", "version": "", "doing": "before_ticket_change"}]
    acting.join(SOON)
    hostile.GO.set()
    assert until(lambda: note.read_text() == "")


def test_a_desk_without_such_plugins_asks_on_no_other_thread(patient: HurriedDesk, monkeypatch: Any) -> None:
    patient.plugin("from desk_app.plugin_api import hookimpl\n@hookimpl\ndef ticket_deleted(ctx): pass\n", "other")
    monkeypatch.setattr("desk_app.plugin_host.bounded.within", None)
    assert patient.reply(patient.one, then_status="waiting").message_id
    assert patient.new().message_id
    assert patient.automatic()
    assert patient.desk.tickets.set_priority([patient.one], Priority.HIGH, patient.ann)[0].ok
