"""What a plugin gets: its own things, and tickets as far as it may (PL-01, PL-02, PL-07, PL-12)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desk_app.domain.people.actor import ActorKind
from desk_app.domain.people.agent import Agent
from desk_app.domain.tickets.model import Priority
from desk_app.plugin_api.context import Context
from desk_app.plugin_api.data import AgentView, TicketView
from desk_app.plugin_api.errors import PermissionDenied, PluginError, RefusedByDesk
from desk_app.plugin_host import own_values
from desk_app.plugin_host.context import PluginContext
from tests.support.desks import DeskKit, mail
from tests.support.plugin_contexts import NOW, Contexts, ticket_of

SETTINGS = """
[settings.address]
type = "url"
title = "Address"
required = true
default = "https://example.org"
[settings.tries]
type = "number"
default = 3
min = 1
max = 9
[settings.kinds]
type = "multi"
choices = ["a", "b"]
default = ["a"]
[settings.loud]
type = "bool"
[settings.token]
type = "secret"
required = true
"""


@pytest.fixture
def contexts(desk_kit: DeskKit, tmp_path: Path) -> Contexts:
    return Contexts(desk_kit, tmp_path)


# -- its own things ----------------------------------------------------------------------------------------------------


def test_pl_02_a_context_is_what_the_interface_promises(contexts: Contexts) -> None:
    ctx: Context = contexts.make()
    assert (ctx.plugin_id, ctx.version, ctx.mode.value) == ("sample", "1.0", "gui")
    assert ctx.clock.now() == NOW
    assert ctx.agent is None
    contexts.factory.present.agent = Agent(1, "ann", "Ann", "ann@desk.example")
    assert ctx.agent == AgentView(1, "Ann", "ann@desk.example")


def test_pl_07_settings_have_the_declared_type_and_default_and_are_checked(contexts: Contexts) -> None:
    ctx = contexts.make(settings=SETTINGS)
    assert (ctx.settings["tries"], ctx.settings["loud"], ctx.settings["kinds"]) == (3, False, ["a"])
    ctx.settings.set("tries", 5)
    ctx.settings.set("kinds", ("a", "b"))
    again = contexts.make(settings=SETTINGS)
    assert (again.settings["tries"], again.settings["kinds"]) == (5, ["a", "b"])
    for key, value in (("tries", 10), ("tries", "5"), ("tries", True), ("kinds", ["c"]), ("address", ""), ("loud", 1)):
        with pytest.raises(RefusedByDesk):
            ctx.settings.set(key, value)
    with pytest.raises(KeyError):
        ctx.settings["unknown"]
    with pytest.raises(KeyError):
        ctx.settings.set("unknown", 1)
    assert ctx.settings["tries"] == 5
    ctx.settings.set("tries", None)
    assert ctx.settings["tries"] == 3
    assert list(ctx.settings) == ["address", "tries", "kinds", "loud"]


def test_pl_07_settings_are_stored_all_or_none(contexts: Contexts) -> None:
    ctx = contexts.make(settings=SETTINGS)
    with pytest.raises(RefusedByDesk):
        ctx.settings.save({"tries": 7, "address": "no address"})
    assert ctx.settings["tries"] == 3


def test_pl_07_what_another_program_stored_is_seen_after_a_refresh(contexts: Contexts) -> None:
    here, there = contexts.make(settings=SETTINGS), contexts.make(settings=SETTINGS)
    assert here.settings["tries"] == 3
    there.settings.set("tries", 8)
    here.settings.refresh()
    assert here.settings["tries"] == 8


def test_pl_07_a_stored_value_that_no_longer_fits_gives_the_default(contexts: Contexts) -> None:
    contexts.make(settings=SETTINGS).settings.set("tries", 9)
    stricter = contexts.make(settings=SETTINGS.replace("max = 9", "max = 4"))
    assert stricter.settings["tries"] == 3


def test_pl_07_a_list_that_is_changed_changes_no_setting(contexts: Contexts) -> None:
    ctx = contexts.make(settings=SETTINGS)
    ctx.settings["kinds"].append("b")
    assert ctx.settings["kinds"] == ["a"]


def test_pl_12_secrets_are_in_the_keychain_and_never_in_the_database(contexts: Contexts) -> None:
    ctx = contexts.make("secrets", settings=SETTINGS)
    ctx.secrets.set("token", "hunter2-hunter2")
    assert ctx.secrets.get("token") == "hunter2-hunter2"
    stored = contexts.kit.database.plugin_reading.settings(contexts.records["sample"].id)
    assert "hunter2" not in repr(stored)
    assert [key for key in stored if key.startswith("secret:")] == ["secret:token"]
    with pytest.raises(KeyError, match="secret"):
        ctx.settings["token"]
    ctx.log.warning("it is hunter2-hunter2")
    assert "hunter2" not in ctx.log.lines()[-1].text
    ctx.log.warning("%s", "x" * 1990 + " hunter2-hunter2 is where a long line is cut")
    assert "hunter2" not in ctx.log.lines()[-1].text
    assert ctx.log.lines()[-1].text.endswith(" ... [34 characters cut]")
    try:
        _fail("hunter2-hunter2" + "x" * 11_990)
    except ValueError:
        ctx.log.exception("It failed")
    assert "er2" not in ctx.log.lines()[-1].text
    other = contexts.make("secrets", slug="other")
    assert other.secrets.get("token") is None
    ctx.secrets.delete("token")
    assert ctx.secrets.get("token") is None
    for name in ("", "a b", "a" * 65, "../x", "a\n"):
        with pytest.raises(RefusedByDesk):
            ctx.secrets.set(name, "x")
    for value in ("", 5, "x" * 30_000):
        with pytest.raises(RefusedByDesk):
            ctx.secrets.set("token", value)  # type: ignore[arg-type]


def test_pl_07_what_a_plugin_leaves_behind_can_be_deleted(contexts: Contexts) -> None:
    import sqlalchemy as sa

    ctx = contexts.make("secrets")
    ctx.secrets.set("token", "abcdefgh")
    table = ctx.tables.define("thing", sa.Column("id", sa.Integer, primary_key=True))
    with ctx.tables.begin() as connection:
        ctx.tables.create(connection, table)
    contexts.factory.forget("sample", contexts.records["sample"])
    with contexts.kit.database.unit_of_work() as uow:
        uow.plugins.delete("sample")
        uow.commit()
    assert list(contexts.kit.database.plugin_tables.space("sample").existing()) == []
    assert contexts.make("secrets").secrets.get("token") is None


def test_pl_07_small_values_are_remembered(contexts: Contexts) -> None:
    ctx = contexts.make()
    assert ctx.kv.get("seen", 7) == 7
    ctx.kv.set("seen", {"a": [1, 2.5, None, "ü"]})
    ctx.kv.set("seen.more", 1)
    ctx.kv.set("Seen", 2)
    assert ctx.kv.get("seen") == {"a": [1, 2.5, None, "ü"]}
    assert set(ctx.kv.items("seen")) == {"seen", "seen.more"}
    ctx.kv.set("seen", None)
    assert ctx.kv.get("seen") is None
    assert contexts.make(slug="other").kv.items() == {}


def _fail(text: str) -> None:
    raise ValueError(text)


class _Odd:
    def __repr__(self) -> str:
        raise RuntimeError("no")


def _circle() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


def test_pl_07_what_is_no_json_or_too_much_is_refused_in_plain_words(contexts: Contexts) -> None:
    ctx = contexts.make()
    odd = [object(), _Odd(), {1, 2}, b"bytes", float("nan"), float("inf"), "\ud800", "x" * 70_000, _circle(), {(1,): 2}]
    for value in odd:
        with pytest.raises(RefusedByDesk):
            ctx.kv.set("key", value)
    assert ctx.kv.get("key") is None


def test_pl_07_a_plugin_keeps_so_many_values_and_no_more(contexts: Contexts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_values, "MOST_KEYS", 3)
    ctx, other = contexts.make(), contexts.make(slug="other")
    for key in "abc":
        ctx.kv.set(key, 1)
    with pytest.raises(RefusedByDesk, match="keeps at most 3 values"):
        ctx.kv.set("d", 1)
    ctx.kv.set("a", 2)
    ctx.kv.set("d", None)
    other.kv.set("d", 1)
    ctx.kv.set("b", None)
    ctx.kv.set("d", 1)
    assert ctx.kv.items() == {"a": 2, "c": 1, "d": 1}


def test_pl_07_a_plugin_keeps_so_many_bytes_and_no_more(contexts: Contexts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_values, "MOST_BYTES_IN_ALL", 1024 * 1024)
    ctx = contexts.make()
    large = "ü" * 32_767  # with its quotes 64 kB
    for number in range(16):
        ctx.kv.set(f"large.{number}", large)
    with pytest.raises(RefusedByDesk, match="keeps at most 1 MB of values"):
        ctx.kv.set("more", 1)
    ctx.kv.set("large.3", large)
    monkeypatch.setattr(own_values, "MOST_BYTES_IN_ALL", 1024)
    ctx.kv.set("large.3", "less")
    with pytest.raises(RefusedByDesk, match="Forget some"):
        ctx.kv.set("large.3", "more than that")
    assert ctx.kv.get("large.3") == "less"


def test_pl_07_a_plugin_keeps_so_much_about_a_ticket_and_no_more(
    contexts: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_values, "MOST_OF_A_TICKET", 3)
    monkeypatch.setattr(own_values, "MOST_BYTES_OF_A_TICKET", 1024)
    ctx, other = contexts.make(), contexts.make(slug="other")
    one, two = ticket_of(contexts.kit), ticket_of(contexts.kit, subject="Another")
    for key in "abc":
        ctx.data_for(one).set(key, 1)
    with pytest.raises(RefusedByDesk, match="keeps at most 3 values about a ticket"):
        ctx.data_for(one).set("d", 1)
    ctx.data_for(one).set("a", "ü" * 500)
    with pytest.raises(RefusedByDesk, match="keeps at most 1 kB of values about a ticket"):
        ctx.data_for(one).set("b", "x" * 30)
    ctx.data_for(two).set("d", "x" * 500)
    other.data_for(one).set("d", 1)
    ctx.data_for(one).set("b", None)
    ctx.data_for(one).set("d", 1)
    assert set(ctx.data_for(one).items()) == {"a", "c", "d"}


def test_pl_07_a_plugin_keeps_so_much_about_all_tickets_and_no_more(
    contexts: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_values, "MOST_OF_TICKETS", 3)
    ctx = contexts.make()
    one, two = ticket_of(contexts.kit), ticket_of(contexts.kit, subject="Another")
    ctx.data_for(one).set("a", 1)
    ctx.data_for(one).set("b", 1)
    ctx.data_for(two).set("a", 1)
    with pytest.raises(RefusedByDesk, match="at most 3 values about tickets"):
        ctx.data_for(two).set("b", 1)
    with pytest.raises(RefusedByDesk, match="at most 3 values about tickets"):
        contexts.make().data_for(two).set("b", 1)  # as in another program
    contexts.make(slug="other").data_for(two).set("b", 1)
    ctx.data_for(two).set("a", 2)
    contexts.kit.desk.tickets.trash([one], contexts.kit.ann)
    contexts.kit.desk.tickets.purge([one], contexts.kit.ann, "test")
    ctx.data_for(two).set("b", 1)
    monkeypatch.setattr(own_values, "MOST_BYTES_OF_TICKETS", 1024 * 1024)
    monkeypatch.setattr(own_values, "MOST_BYTES_OF_A_TICKET", 2 * 1024 * 1024)
    monkeypatch.setattr(own_values, "MOST_OF_TICKETS", 100)
    large = "ü" * 32_767  # with its quotes 64 kB
    for number in range(15):
        ctx.data_for(two).set(f"large.{number}", large)
    with pytest.raises(RefusedByDesk, match=r"at most 1 MB about tickets\. Forget some"):
        ctx.data_for(two).set("large", large)
    ctx.data_for(two).set("large.3", "less")
    ctx.data_for(two).set("large", large)


def test_pl_07_what_a_plugin_keeps_about_tickets_is_counted_now_and_then(
    contexts: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_values, "COUNTED_EVERY", 4)
    reading = contexts.factory.reading
    counted: list[int] = []
    count = reading.size_of_all_tickets
    monkeypatch.setattr(reading, "size_of_all_tickets", lambda found: counted.append(found) or count(found))
    ctx, made = contexts.make(), ticket_of(contexts.kit)
    for number in range(8):
        ctx.data_for(made).set(f"{number}", number)
    assert len(counted) == 2
    ctx.data_for(made).set("0", None)
    assert len(counted) == 2
    monkeypatch.setattr(own_values, "BYTES_UNCOUNTED", 10)
    for number in range(3):
        ctx.data_for(made).set(f"long.{number}", "x" * 10)
    assert len(counted) == 5


def test_pl_07_odd_keys_are_refused(contexts: Contexts) -> None:
    ctx = contexts.make()
    odd: list[Any] = ["", "x" * 201, "a\0b", "a\nb", 5, None]
    for key in odd:
        with pytest.raises(RefusedByDesk):
            ctx.kv.set(key, 1)
        with pytest.raises(RefusedByDesk):
            ctx.kv.get(key)


def test_pl_07_data_of_a_ticket_goes_with_it(contexts: Contexts) -> None:
    ctx = contexts.make()
    made = ticket_of(contexts.kit)
    ctx.data_for(made).set("minutes", 5)
    assert ctx.data_for(made).get("minutes") == 5
    assert ctx.data_for(made).items("min") == {"minutes": 5}
    assert contexts.make(slug="other").data_for(made).get("minutes") is None
    contexts.kit.desk.tickets.trash([made], contexts.kit.ann)
    contexts.kit.desk.tickets.purge([made], contexts.kit.ann, "test")
    assert ctx.data_for(made).get("minutes") is None
    with pytest.raises(RefusedByDesk, match="gone"):
        ctx.data_for(made).set("minutes", 6)
    for odd in (0, -1, "1", True, None, 2**70):
        with pytest.raises(RefusedByDesk):
            ctx.data_for(odd)  # type: ignore[arg-type]


def test_pl_07_nothing_is_kept_for_a_plugin_that_was_never_switched_on(contexts: Contexts) -> None:
    ctx = contexts.make(stored=False, settings=SETTINGS)
    assert ctx.settings["tries"] == 3
    assert ctx.kv.get("x") is None
    with pytest.raises(RefusedByDesk):
        ctx.kv.set("x", 1)
    with pytest.raises(RefusedByDesk):
        ctx.settings.set("tries", 4)


def test_pl_02_the_log_keeps_the_newest_lines_and_never_raises(contexts: Contexts) -> None:
    log = contexts.make().log
    for number in range(600):
        log.info("line %d", number)
    lines = log.lines()
    assert len(lines) == 500
    assert (lines[0].text, lines[-1].text) == ("line 100", "line 599")
    log.warning("%d and %s", "no number", _Odd())
    log.warning(5)  # type: ignore[arg-type]
    log.info("password=%s", "sesame")
    assert "sesame" not in log.lines()[-1].text
    try:
        int("it broke")
    except ValueError:
        log.exception("failed for %s", "once")
    assert log.lines()[-1].text.startswith("failed for once\n")
    assert "ValueError: invalid literal" in log.lines()[-1].text
    log.info("x" * 5000)
    assert len(log.lines()[-1].text) < 2100


def test_pl_02_a_talkative_plugin_does_not_fill_the_programs_log(
    contexts: Contexts, caplog: pytest.LogCaptureFixture
) -> None:
    log = contexts.make().log
    with caplog.at_level("INFO", "desk_app.plugin.sample"):
        for number in range(2000):
            log.info("line %d", number)
    assert 200 <= len(caplog.records) < 400


def test_pl_02_texts_come_from_the_plugins_own_files(contexts: Contexts) -> None:
    (contexts.folder / "i18n").mkdir()
    (contexts.folder / "i18n" / "es.json").write_text('{"Hello": "Hola", "Bad": 5}')
    (contexts.folder / "i18n" / "de.json").write_text("{nonsense")
    (contexts.folder / "i18n" / "fr.json").write_text("[]")
    ctx = contexts.make()
    present = contexts.factory.present
    assert ctx.tr("Hello") == "Hello"
    for language, wanted in (("es", "Hola"), ("es_MX", "Hola"), ("es-MX", "Hola"), ("de", "Hello"), ("fr", "Hello")):
        present.language = lambda spoken=language: spoken
        assert ctx.tr("Hello") == wanted
    present.language = lambda: "es"
    assert ctx.tr("Bad") == "Bad"
    present.language = lambda: "../../etc/passwd"
    assert ctx.tr("Hello") == "Hello"
    assert len([line for line in ctx.log.lines() if "i18n" in line.text]) == 2


# -- tickets -----------------------------------------------------------------------------------------------------------


def test_pl_02_a_change_carries_the_plugins_name(contexts: Contexts) -> None:
    kit = contexts.kit
    made = ticket_of(kit)
    ctx = contexts.make("tickets.read", "tickets.write")
    view = ctx.tickets.update(
        made,
        subject="Other",
        status="waiting",
        priority="urgent",
        assignee_id=kit.agent.id,
        add_tags=["vip"],
        remove_tags=["none"],
    )
    assert (view.subject, view.status, view.priority, view.tags) == ("Other", "waiting", "urgent", ("vip",))
    assert view.assignee is not None
    assert ctx.tickets.get(made) == view
    mine = [event for event in kit.events(made) if event.actor.kind is ActorKind.PLUGIN]
    assert {event.actor.name for event in mine} == {"Sample"}
    assert {event.kind for event in mine} == {
        "SubjectChanged",
        "StatusChanged",
        "PriorityChanged",
        "AssigneeChanged",
        "TagsChanged",
    }
    assert ctx.tickets.update(made, assignee_id=None).assignee is None


def test_pl_01_who_may_only_change_a_ticket_does_not_read_it_that_way(contexts: Contexts) -> None:
    made = ticket_of(contexts.kit)
    contexts.make("tickets.read", "tickets.write").tickets.update(made, add_tags=["secret"], assignee_id=None)
    ctx = contexts.make("tickets.write")
    mine = ctx.tickets.update(made, priority="urgent")
    assert mine == TicketView(made, "", "", "", "", "urgent", "", 0)
    agent = contexts.kit.agent.id
    mine = ctx.tickets.update(
        made, subject="Other", status="waiting", assignee_id=agent, add_tags=["VIP"], remove_tags=["none"]
    )
    assert mine == TicketView(
        made, "", "Other", "waiting", "", "", "", 0, assignee=AgentView(agent, "", ""), tags=("vip",)
    )
    assert ctx.tickets.update(made, assignee_id=None).assignee is None
    ctx = contexts.make("tickets.read", "tickets.write")
    assert ctx.tickets.update(made, priority="low") == ctx.tickets.get(made)
    contexts.take("tickets.read")
    assert ctx.tickets.update(made, priority="high") == TicketView(made, "", "", "", "", "high", "", 0)


NOT_ALLOWED: list[dict[str, Any]] = [
    {},
    {"colour": "red"},
    {"subject": ""},
    {"subject": 5},
    {"subject": "x" * 501},
    {"status": "nonsense"},
    {"status": None},
    {"priority": "very"},
    {"assignee_id": 999_999},
    {"assignee_id": "1"},
    {"assignee_id": True},
    {"assignee_id": 2**80},
    {"add_tags": "vip"},
    {"add_tags": [1]},
    {"remove_tags": [""]},
]


def test_pl_02_a_change_that_is_not_allowed_changes_nothing(contexts: Contexts) -> None:
    made = ticket_of(contexts.kit)
    ctx = contexts.make("tickets.read", "tickets.write")
    before, events = ctx.tickets.get(made), len(contexts.kit.events(made))
    for changes in NOT_ALLOWED:
        with pytest.raises(RefusedByDesk):
            ctx.tickets.update(made, **({"priority": "high", **changes} if changes else {}))
        assert ctx.tickets.get(made) == before, changes
    assert len(contexts.kit.events(made)) == events


def test_pl_02_a_ticket_that_is_gone_is_told(contexts: Contexts) -> None:
    ctx = contexts.make("tickets.read", "tickets.write", "mail.send")
    for odd in (999_999, 0, -5, 2**80, "1", None, True, 1.5):
        ticket: Any = odd
        assert ctx.tickets.get(ticket) is None
        assert ctx.tickets.messages(ticket) == () or ctx.tickets.messages(ticket) == []
        for act in (
            lambda: ctx.tickets.update(ticket, priority="high"),  # noqa: B023 -- called at once
            lambda: ctx.tickets.add_note(ticket, "x"),  # noqa: B023
            lambda: ctx.tickets.reply(ticket, "x"),  # noqa: B023
        ):
            with pytest.raises(RefusedByDesk):
                act()
    assert ctx.tickets.get_many([999_999, 2**80]) == {}


def test_pl_02_reading_many_and_searching(contexts: Contexts) -> None:
    kit = contexts.kit
    ids = [ticket_of(kit, subject=f"Invoice {n}", text="about copper") for n in range(3)]
    kit.desk.tickets.trash(ids[:1], kit.ann)
    ctx = contexts.make("tickets.read")
    assert list(ctx.tickets.get_many(ids)) == ids
    assert {view.id for view in ctx.tickets.search("copper")} == set(ids[1:])
    assert len(ctx.tickets.search("copper", limit=1)) == 1
    kit.desk.tickets.set_status(ids[1:2], "resolved", kit.ann)
    kit.desk.tickets.tag(ids[2:], ["vip"], [], kit.ann)
    assert [view.id for view in ctx.tickets.search("in:closed")] == [ids[1]]
    assert [view.id for view in ctx.tickets.search("in:open tag:vip")] == [ids[2]]
    assert len(ctx.tickets.messages(ids[1])) == 1
    for limit in (0, -1, "5", True):
        with pytest.raises(RefusedByDesk):
            ctx.tickets.search("copper", limit=limit)  # type: ignore[arg-type]


def test_pl_02_notes_and_answers(contexts: Contexts) -> None:
    kit = contexts.kit
    kit.arm()
    made = ticket_of(kit)
    ctx = contexts.make("tickets.read", "tickets.write", "mail.send")
    note = ctx.tickets.add_note(made, "Called them")
    reply = ctx.tickets.reply(made, "We are on it")
    views = ctx.tickets.messages(made)
    assert [(view.id, view.direction) for view in views[1:]] == [(note, "note"), (reply, "outbound")]
    queued = [event for event in kit.events(made) if event.kind == "ReplyQueued"]
    assert [event.actor.name for event in queued] == ["Sample"]
    kit.desk.outbox.send_due()
    (sent,) = kit.channel.servers["support@desk.example"].sent
    assert sent.recipients == ("bob@customer.example",)
    assert b"We are on it" in sent.raw
    for text in ("", "  ", None, 5, "x" * 600_000):
        with pytest.raises(RefusedByDesk):
            ctx.tickets.add_note(made, text)  # type: ignore[arg-type]


def test_pl_02_a_merged_ticket_stands_for_the_one_that_took_it_over(contexts: Contexts) -> None:
    kit = contexts.kit
    first, second = ticket_of(kit, subject="One"), ticket_of(kit, subject="Two")
    kit.desk.tickets.merge([first], second, kit.ann)
    ctx = contexts.make("tickets.read", "tickets.write")
    assert ctx.tickets.update(first, priority="high").id == second
    assert kit.ticket(second).priority is Priority.HIGH


def test_pl_02_customers_and_prepared_answers(contexts: Contexts) -> None:
    made = ticket_of(contexts.kit)
    ctx = contexts.make("tickets.read", "contacts")
    bob = ctx.contacts.find("BOB@customer.example")
    assert bob is not None
    assert ctx.contacts.get(bob.id) == bob
    assert ctx.contacts.get(2**80) is None
    view = ctx.tickets.get(made)
    assert view is not None
    assert view.requester == bob
    assert ctx.canned_responses() == ()


# -- permissions -------------------------------------------------------------------------------------------------------

ACTS: list[tuple[str, Callable[[PluginContext, int], object]]] = [
    ("tickets.read", lambda ctx, ticket: ctx.tickets.get(ticket)),
    ("tickets.read", lambda ctx, ticket: ctx.tickets.get_many([ticket])),
    ("tickets.read", lambda ctx, ticket: ctx.tickets.messages(ticket)),
    ("tickets.read", lambda ctx, ticket: ctx.tickets.search("fire")),
    ("tickets.read", lambda ctx, ticket: ctx.canned_responses()),
    ("tickets.write", lambda ctx, ticket: ctx.tickets.update(ticket, priority="high")),
    ("tickets.write", lambda ctx, ticket: ctx.tickets.add_note(ticket, "x")),
    ("mail.send", lambda ctx, ticket: ctx.tickets.reply(ticket, "x")),
    ("contacts", lambda ctx, ticket: ctx.contacts.get(1)),
    ("contacts", lambda ctx, ticket: ctx.contacts.find("bob@customer.example")),
    ("secrets", lambda ctx, ticket: ctx.secrets.get("token")),
    ("secrets", lambda ctx, ticket: ctx.secrets.set("token", "x")),
    ("secrets", lambda ctx, ticket: ctx.secrets.delete("token")),
    ("network", lambda ctx, ticket: ctx.http.request("GET", "http://127.0.0.1:9/")),
]
ALL = ("network", "tickets.read", "tickets.write", "contacts", "mail.send", "files", "secrets", "ui", "schedule")


def test_pl_01_every_act_needs_its_permission_at_every_call(contexts: Contexts) -> None:
    made = ticket_of(contexts.kit)
    before = len(contexts.kit.events(made))
    for permission, act in ACTS:
        others = [one for one in ALL if one != permission]
        ctx = contexts.make(*others)
        with pytest.raises(PermissionDenied) as refused:
            act(ctx, made)
        assert refused.value.permission == permission
        assert permission in ctx.log.lines()[-1].text
    assert len(contexts.kit.events(made)) == before


def test_pl_01_a_permission_that_is_taken_away_is_gone_at_once(contexts: Contexts) -> None:
    made = ticket_of(contexts.kit)
    ctx = contexts.make(*ALL)
    tickets = ctx.tickets
    assert tickets.reply(made, "first")
    contexts.take("mail.send")
    with pytest.raises(PermissionDenied):
        tickets.reply(made, "second")
    assert tickets.get(made) is not None


def test_pl_01_a_plugin_that_was_switched_off_can_do_nothing_any_more(contexts: Contexts) -> None:
    made = ticket_of(contexts.kit)
    ctx = contexts.make(*ALL)
    kept = ctx.data_for(made)
    ctx.close()
    acts = [act for _, act in ACTS] + [
        lambda ctx, ticket: ctx.kv.set("x", 1),
        lambda ctx, ticket: kept.set("x", 1),
        lambda ctx, ticket: ctx.tables.begin().__enter__(),
        lambda ctx, ticket: ctx.tables.reading().__enter__(),
    ]
    for act in acts:
        with pytest.raises(RefusedByDesk, match="switched off"):
            act(ctx, made)


# -- going in circles --------------------------------------------------------------------------------------------------


def test_pl_02_a_plugin_that_answers_its_own_changes_is_stopped(contexts: Contexts) -> None:
    made = ticket_of(contexts.kit)
    ctx = contexts.make("tickets.read", "tickets.write")
    chains = contexts.commands.chains
    done = 0
    with pytest.raises(RefusedByDesk, match="circle"):  # noqa: PT012 -- as events are told, one after the other
        for number in range(50):
            with chains.telling(made, ActorKind.PLUGIN if number else ActorKind.CONTACT, number + 1):
                ctx.tickets.add_note(made, f"note {number}")
                done += 1
    assert done == 8
    with chains.telling(made, ActorKind.AGENT, 100):
        ctx.tickets.add_note(made, "a person came between")


def test_pl_02_a_plugin_may_do_much_that_does_not_follow_from_itself(contexts: Contexts) -> None:
    made = ticket_of(contexts.kit)
    ctx = contexts.make("tickets.read", "tickets.write")
    for number in range(20):
        ctx.tickets.add_note(made, f"note {number}")


def test_pl_02_plugins_cannot_write_to_a_customer_without_end(contexts: Contexts) -> None:
    made = ticket_of(contexts.kit)
    one, other = contexts.make("mail.send"), contexts.make("mail.send", slug="other")
    for number in range(5):
        (one if number % 2 else other).tickets.reply(made, f"answer {number}")
    for ctx in (one, other):
        with pytest.raises(RefusedByDesk, match="a person must go on"):
            ctx.tickets.reply(made, "one more")
    contexts.kit.reply(made, "a person still can")
    (account, _health) = contexts.kit.desk.mailboxes.list()[0]
    answered = contexts.kit.messages(made)[0].internet_id
    contexts.kit.arrive(account, mail(text="Thank you", in_reply_to=answered, references=[answered]))
    one.tickets.reply(made, "now they wrote")


# -- in the middle of a change -----------------------------------------------------------------------------------------


def test_pl_02_in_the_middle_of_a_change_reading_works_and_waiting_is_refused(contexts: Contexts) -> None:
    made = ticket_of(contexts.kit)
    ctx = contexts.make(*ALL, settings=SETTINGS)
    ctx.kv.set("x", 1)
    with contexts.kit.database.unit_of_work() as uow:
        assert uow.tickets.get(made) is not None
        assert ctx.tickets.get(made) is not None
        assert ctx.kv.get("x") == 1
        assert ctx.settings["tries"] == 3
        acts: list[Callable[[], object]] = [
            lambda: ctx.tickets.update(made, priority="high"),
            lambda: ctx.tickets.add_note(made, "x"),
            lambda: ctx.tickets.reply(made, "x"),
            lambda: ctx.kv.set("x", 2),
            lambda: ctx.data_for(made).set("x", 2),
            lambda: ctx.settings.set("tries", 4),
            lambda: ctx.tables.begin().__enter__(),
            lambda: ctx.http.request("GET", "http://127.0.0.1:9/"),
        ]
        for act in acts:
            with pytest.raises(PluginError, match="middle of a change"):
                act()
    ctx.kv.set("x", 2)
