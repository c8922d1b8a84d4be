"""CU-10: everything about a person handed out, or gone from every table."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest
import sqlalchemy as sa

from desk_app.domain.contacts.erasing import ERASED_NAME, ErasedPerson, ErasureChoice
from desk_app.domain.contacts.query import ContactQuery
from desk_app.domain.messages.kept_draft import DraftKind, KeptDraft
from desk_app.domain.messages.model import Address
from desk_app.domain.messages.side_conversations import SideDraft
from desk_app.domain.notifications.model import NoticeKind
from desk_app.domain.tickets.model import Bucket
from desk_app.domain.tickets.query import TicketQuery
from desk_app.services.contacts.privacy import Progress
from desk_app.services.tickets.history import line
from desk_app.storage.contacts.erased_messages import ERASED_MAIL
from desk_app.storage.messages.blobs import unpack
from tests.support.desks import DeskKit, mail

MAYA = "maya.lind@studio.example"
PRIVATE = "maya@home.example"
PHONE = "+46 8 123 45 67"


def _full_desk(kit: DeskKit) -> int:
    """Maya in as many places as a desk has; returns her id."""
    box = kit.mailbox("support@desk.example")
    desk, ann = kit.desk, kit.ann
    kit.arrive(
        box, mail(f"Please help. Maya ({PHONE}, {MAYA})", subject="Lamp for Maya Lind", from_=f"Maya Lind <{MAYA}>")
    )
    (ticket,) = kit.tickets()
    maya = desk.contacts.by_email(MAYA)
    assert maya is not None
    kit.reply(ticket.id, f"Hello Maya,\n\nwe write to {MAYA.upper()} soon.")
    desk.replies.note(ticket.id, f"Maya Lind called from {PHONE}", "", ann)
    first = kit.messages(ticket.id)[0]
    kit.arrive(box, mail("Thanks!", from_=f"Maya <{PRIVATE}>", in_reply_to=first.internet_id))
    double = desk.contacts.by_email(PRIVATE)
    if double is None:
        place = desk.people.departments()[0].id
        desk.contacts.create("Maya Private", PRIVATE, ann, department_id=place)
        double = desk.contacts.by_email(PRIVATE)
    assert double is not None
    desk.contact_merges.merge(double.id, maya.id, ann)
    desk.contacts.add_address(maya.id, PHONE, ann, kind="phone")
    desk.contacts.set_note(maya.id, "Likes lamps", ann)
    desk.tickets.change_requester([ticket.id], PRIVATE, "Maya Lind", ann)
    kit.arrive(box, mail(f"My colleague {MAYA} knows more.", from_="Bob <bob@customer.example>", headers=f"Cc: {MAYA}"))
    kit.arrive(box, f"From: Maya <{MAYA}>\r\nX-Break-The-Reader: yes\r\n\r\nx".encode())
    desk.drafts.save(
        KeptDraft(
            kind=DraftKind.REPLY,
            agent_id=kit.agent.id,
            ticket_id=ticket.id,
            to=(Address("Maya Lind", MAYA),),
            text="Dear Maya",
        ),
        ann,
    )
    desk.blocks.block(PRIVATE, ann)
    return maya.id


def traces(kit: DeskKit, *wanted: str) -> list[str]:
    """Every place of the database where one of these texts stands, bytes of mail included."""
    found = []
    with kit.database.unit_of_work() as uow:
        connection = uow.connection  # type: ignore[attr-defined]
        for name in sa.inspect(connection).get_table_names():
            if name == "search_text":  # FTS5 without content: what it keeps lies in the tables beside it
                continue
            for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"').mappings():
                for column, stored in row.items():
                    packed = name == "blob" and column == "content"
                    value = unpack(row["codec"], bytes(stored), row["size"]) if packed else stored
                    raw = bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
                    found += [f"{name}.{column}: {one}" for one in wanted if one.lower().encode() in raw.lower()]
    return found


def test_cu_10_the_desk_of_these_tests_is_full_of_the_person(desk_kit: DeskKit) -> None:
    _full_desk(desk_kit)
    tables = {place.partition(".")[0] for place in traces(desk_kit, MAYA, PRIVATE)}
    wanted = {
        "contact_address",
        "ticket",
        "ticket_event",
        "message",
        "message_body",
        "message_address",
        "blob",
        "draft",
    }
    assert wanted | {"outbox_recipient", "sender_block"} <= tables


@pytest.mark.parametrize("choice", list(ErasureChoice))
def test_cu_10_after_an_erasure_no_byte_of_the_addresses_is_left(desk_kit: DeskKit, choice: ErasureChoice) -> None:
    maya = _full_desk(desk_kit)
    privacy, ann = desk_kit.desk.privacy, desk_kit.ann
    steps = list(privacy.erase(maya, "Maya Lind", choice, ann))
    assert steps[-1] == Progress(steps[-1].total, steps[-1].total, "")
    assert all(0 <= one.done <= one.total for one in steps)
    assert traces(desk_kit, MAYA, PRIVATE, PHONE, "Maya Lind") == []
    (entry,) = privacy.log()
    assert (entry.contact_id, entry.action, entry.actor_name) == (maya, "erase", "Ann Agent")
    assert desk_kit.desk.contacts.by_email(MAYA) is None
    left = desk_kit.tickets()
    assert len(left) == (2 if choice is ErasureChoice.KEEP_TICKETS else 1)
    found = desk_kit.desk.ticket_queries.ids(TicketQuery(buckets=tuple(Bucket), search="maya"))
    assert list(found) == []


def test_cu_10_kept_tickets_stay_readable_without_the_person(desk_kit: DeskKit) -> None:
    maya = _full_desk(desk_kit)
    number = desk_kit.tickets()[0].number
    list(desk_kit.desk.privacy.erase(maya, "Maya Lind", ErasureChoice.KEEP_TICKETS, desk_kit.ann))
    ticket = next(one for one in desk_kit.tickets() if one.number == number)
    assert (ticket.requester_name, ticket.requester_email) == (ERASED_NAME, "")
    texts = [one.visible_text for one in desk_kit.messages(ticket.id)]
    assert texts[0] == "[erased]"
    assert texts[1].startswith("Hello [erased],")
    raws = {desk_kit.desk.conversations.raw(one.id) for one in desk_kit.messages(ticket.id)}
    assert raws == {None, ERASED_MAIL}
    queries = desk_kit.desk.contact_queries
    names = [row.name for row in queries.rows(queries.ids(ContactQuery()))]
    assert names == ["Bob", ERASED_NAME]
    other = next(one for one in desk_kit.tickets() if one.requester_name == "Bob")
    assert desk_kit.messages(other.id)[0].visible_text.strip() == "My colleague [erased] knows more."


def test_cu_10_no_undo_brings_an_erased_person_back(desk_kit: DeskKit) -> None:
    maya = _full_desk(desk_kit)
    ticket_id = next(t.id for t in desk_kit.tickets() if t.requester_id == maya)
    bulk = desk_kit.desk.bulk
    named = bulk.start("rename", {"subject": "About Maya Lind"}, [ticket_id], desk_kit.ann)
    asked = bulk.start("requester", {"email": "bob@customer.example", "name": "Bob"}, [ticket_id], desk_kit.ann)
    list(bulk.undo(asked.job_id, desk_kit.ann))
    list(desk_kit.desk.privacy.erase(maya, "Maya Lind", ErasureChoice.KEEP_TICKETS, desk_kit.ann))
    for job in (named, asked):
        list(bulk.undo(job.job_id, desk_kit.ann))
    found = desk_kit.ticket(ticket_id)
    assert "Maya" not in found.subject
    assert found.requester_name == ERASED_NAME
    with desk_kit.database.unit_of_work() as uow:
        connection = uow.connection  # type: ignore[attr-defined]
        kept = connection.exec_driver_sql("SELECT before FROM bulk_item UNION SELECT arguments FROM bulk_job").all()
    assert "Maya" not in str(kept)


def test_cu_10_the_name_must_be_typed_and_mail_that_waits_is_stopped(desk_kit: DeskKit) -> None:
    maya = _full_desk(desk_kit)
    privacy, ann = desk_kit.desk.privacy, desk_kit.ann
    with pytest.raises(ValueError, match="name typed"):
        next(privacy.erase(maya, "maya lind", ErasureChoice.DELETE_TICKETS, ann))
    plan = privacy.plan(maya)
    assert (plan.tickets, plan.messages) == (1, 1)
    desk_kit.arm()
    list(privacy.erase(maya, "Maya Lind", ErasureChoice.KEEP_TICKETS, ann))
    desk_kit.desk.outbox.send_due(20)
    assert desk_kit.channel.server("support@desk.example").sent == []


def test_cu_10_who_waits_for_an_answer_that_is_stopped_is_told_of(desk_kit: DeskKit) -> None:
    maya = _full_desk(desk_kit)
    desk, ann = desk_kit.desk, desk_kit.ann
    bobs = next(one for one in desk_kit.tickets() if one.requester_name == "Bob")
    desk_kit.arm()
    desk_kit.watch(bobs.id)
    start = desk.replies.start(bobs.id)
    sent = desk.replies.send(replace(start.draft(bobs.id, "Both of you: it works."), cc=(Address("", MAYA),)), ann)
    list(desk.privacy.erase(maya, "Maya Lind", ErasureChoice.KEEP_TICKETS, ann))
    desk_kit.desk.outbox.send_due(20)
    assert desk_kit.channel.server("support@desk.example").sent == []
    failed = desk_kit.events(bobs.id)[-1]
    assert (failed.kind, failed.message_id, failed.data) == (
        "ReplyFailed",
        sent.message_id,
        {"outbox_id": sent.outbox_id},
    )
    assert failed.cause == "It was also addressed to a person who is being erased. Please answer anew."
    (told,) = desk.notifications.centre(desk_kit.agent.id)[:1]
    assert (told.notice.kind, told.notice.ticket_id) == (NoticeKind.SEND_FAILED, bobs.id)


def test_cu_10_an_erasure_that_was_stopped_goes_on(desk_kit: DeskKit) -> None:
    maya = _full_desk(desk_kit)
    privacy, ann = desk_kit.desk.privacy, desk_kit.ann
    job = privacy.erase(maya, "Maya Lind", ErasureChoice.KEEP_TICKETS, ann)
    for _ in range(4):
        next(job)
    job.close()  # type: ignore[attr-defined]
    assert traces(desk_kit, MAYA) != []
    list(privacy.erase(maya, "Maya Lind", ErasureChoice.KEEP_TICKETS, ann))
    assert traces(desk_kit, MAYA, PRIVATE, PHONE) == []


def test_cu_10_an_export_holds_everything_to_read_and_to_process(desk_kit: DeskKit) -> None:
    maya = _full_desk(desk_kit)
    target = io.BytesIO()
    steps = list(desk_kit.desk.exports.export(maya, target, desk_kit.ann, with_internal=True))
    assert steps[-1].done == steps[-1].total
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        data = json.loads(archive.read("data.json"))
        page = archive.read("index.html").decode()
        mails = [archive.read(name) for name in names if name.endswith(".eml")]
    assert {one["address"] for one in data["person"]["addresses"]} == {MAYA, PRIVATE, PHONE}
    assert data["person"]["note"] == "Likes lamps"
    assert [one["subject"] for one in data["tickets"]] == ["Lamp for Maya Lind"]
    assert len(data["tickets"][0]["messages"]) == 4
    assert len(data["other_messages"]) == 1
    assert "<script" not in page
    assert "Please help." in page
    assert any(MAYA.encode() in raw for raw in mails)
    assert desk_kit.desk.privacy.log()[0].action == "export"


def test_cu_10_what_the_team_wrote_for_itself_is_left_out_unless_asked_for(desk_kit: DeskKit) -> None:
    maya = _full_desk(desk_kit)
    (ticket_id,) = (one.id for one in desk_kit.tickets() if one.subject == "Lamp for Maya Lind")
    sides = desk_kit.desk.side_conversations
    start = sides.start(ticket_id)
    supplier = (Address("Supplier", "help@supplier.example"),)
    aside = SideDraft(
        ticket_id=ticket_id,
        from_account_id=start.from_account_id,
        from_address=start.from_address,
        to=supplier,
        text="Is the lamp broken?",
    )
    sides.send(aside, desk_kit.ann)
    found: dict[bool, str] = {}
    for wanted in (False, True):
        target = io.BytesIO()
        list(desk_kit.desk.exports.export(maya, target, desk_kit.ann, with_internal=wanted))
        with zipfile.ZipFile(target) as archive:
            found[wanted] = "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    for secret in ("called from", "Likes lamps", "supplier.example", "Is the lamp broken", "NoteAdded"):
        assert secret not in found[False], secret
        assert secret in found[True], secret
    assert "Please help." in found[False]
    log = [one.summary for one in desk_kit.desk.privacy.log()]
    assert log[0].endswith("with internal notes.")
    assert log[1].endswith("without internal notes.")


@pytest.mark.parametrize("choice", list(ErasureChoice))
def test_cu_10_merged_tickets_go_too(desk_kit: DeskKit, choice: ErasureChoice) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk, ann = desk_kit.desk, desk_kit.ann
    letters = [mail(f"Letter {n}", subject=f"Lamp {n}", from_=f"Maya Lind <{MAYA}>") for n in range(3)]
    desk_kit.arrive(box, *letters, mail())
    maya = desk.contacts.by_email(MAYA)
    assert maya is not None
    first, second, third, bobs = desk_kit.tickets()
    desk.tickets.merge([second.id], first.id, ann)
    desk.tickets.merge([third.id], bobs.id, ann)
    list(desk.privacy.erase(maya.id, "Maya Lind", choice, ann))
    assert traces(desk_kit, MAYA, "Maya Lind") == []
    assert bobs.id in [one.id for one in desk_kit.tickets()]


@pytest.mark.parametrize("number", ["12", "8123456"])
def test_cu_10_a_phone_number_takes_nothing_else_along(desk_kit: DeskKit, number: str) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk, ann = desk_kit.desk, desk_kit.ann
    desk_kit.arrive(box, mail("Help.", subject="Lamp", from_=f"Maya Lind <{MAYA}>"), mail(subject="Printer"))
    bobs = next(one for one in desk_kit.tickets() if one.subject == "Printer")
    desk.replies.note(bobs.id, "Shelf 12, call 8123456", "", ann)
    with desk_kit.database.unit_of_work() as uow:
        uow.choices.set(desk_kit.agent.id, "width_12", {"width": int(number), "tickets": [int(number)]})
        uow.settings.set("desk.wide", int(number))
        uow.tickets.record([line(bobs, "Tried", ann, uow.now(), data={"ticket_id": int(number)})])
        uow.commit()
    maya = desk.contacts.by_email(MAYA)
    assert maya is not None
    desk.contacts.add_address(maya.id, number, ann, kind="phone")
    list(desk.privacy.erase(maya.id, "Maya Lind", ErasureChoice.KEEP_TICKETS, ann))
    with desk_kit.database.unit_of_work() as uow:
        kept = uow.choices.get(desk_kit.agent.id, "width_12")
        assert uow.settings.get("desk.wide") == int(number)
    assert kept == {"width": int(number), "tickets": [int(number)]}
    assert desk_kit.events(bobs.id)[-1].data == {"ticket_id": int(number)}
    note = desk_kit.messages(bobs.id)[-1].visible_text
    assert note.strip() == ("Shelf 12, call 8123456" if number == "12" else "Shelf 12, call [erased]")


def test_cu_10_a_name_with_accents_goes_out_of_drafts_and_history(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk, ann = desk_kit.desk, desk_kit.ann
    desk_kit.arrive(box, mail("Help.", subject="Lamp", from_="=?utf-8?q?J=C3=B6rg_=22Jo=22_Lind?= <jl@studio.example>"))
    (ticket,) = desk_kit.tickets()
    desk.drafts.save(
        KeptDraft(
            kind=DraftKind.REPLY,
            agent_id=desk_kit.agent.id,
            ticket_id=ticket.id,
            to=(Address('Jörg "Jo" Lind', "jl@studio.example"),),
            text="See you",
        ),
        ann,
    )
    contact = desk.contacts.by_email("jl@studio.example")
    assert contact is not None
    list(desk.privacy.erase(contact.id, contact.name, ErasureChoice.KEEP_TICKETS, ann))
    (kept,) = desk.drafts.of_ticket(ticket.id, desk_kit.agent.id).values()
    assert kept.to == (Address("[erased]", "[erased]"),)
    assert traces(desk_kit, "Jörg", "J\\u00f6rg", "jl@studio.example") == []


def test_cu_10_what_drafts_were_before_a_merge_joined_them_goes_too(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk, ann, from_ = desk_kit.desk, desk_kit.ann, "=?utf-8?q?J=C3=B6rg_=22Jo=22_Lind?= <jl@studio.example>"
    desk_kit.arrive(box, mail("Help.", subject="Lamp", from_=from_), mail("Help!", subject="Shelf", from_=from_))
    one, other = (ticket.id for ticket in desk_kit.tickets())
    for ticket_id in (one, other):
        person = Address('Jörg "Jo" Lind', "jl@studio.example")
        made = KeptDraft(kind=DraftKind.REPLY, agent_id=desk_kit.agent.id, ticket_id=ticket_id, to=(person,))
        desk.drafts.save(replace(made, text=f"Jörg, about {ticket_id}"), ann)
    assert desk.tickets.merge([one], other, ann)[0].ok
    contact = desk.contacts.by_email("jl@studio.example")
    assert contact is not None
    list(desk.privacy.erase(contact.id, contact.name, ErasureChoice.KEEP_TICKETS, ann))
    assert traces(desk_kit, "Jörg", "J\\u00f6rg", "jl@studio.example") == []
    assert desk.tickets.unmerge(one, ann).ok
    for ticket_id in (one, other):
        (kept,) = desk.drafts.of_ticket(ticket_id, desk_kit.agent.id).values()
        assert (kept.to, kept.text) == ((Address("[erased]", "[erased]"),), f"[erased], about {ticket_id}")


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("Al", "Al, also call the hall: all ok.", "[erased], also call the hall: all ok."),
        ("An", 'Hi An! <a href="x">an answer</a>', 'Hi [erased]! <a href="x">an answer</a>'),
        ("a", "A lamp and a table.", "A lamp and a table."),
        ("Ann", "ANN has planned the annex.", "[erased] has planned the annex."),
        ("j.", "Hi j. Data. OBJ.", "Hi j. Data. OBJ."),
        ("田中", "田中様へ", "[erased]様へ"),
        ("Maria", "Marias lamp, MARIA!", "[erased]s lamp, [erased]!"),
    ],
)
def test_cu_10_a_short_name_is_not_cut_out_of_other_words(name: str, before: str, after: str) -> None:
    assert ErasedPerson((1,), (), (name,)).in_own_tickets(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"price": 1.10, "id": 20081234567890123456789, "n": 1e400}', None),
        ('{"who": "maya@home.example",  "n": 81234567, "at": 1.10}', '{"who": "[erased]",  "n": 81234567, "at": 1.10}'),
        ('{"maya@home.example" : {"a": ["x", "<maya@home.example>"]}}', '{"[erased]" : {"a": ["x", "<[erased]>"]}}'),
        ('["say \\"maya@home.example\\"", "\\ud83d maya@home.example"]', '["say \\"[erased]\\"", "\\ud83d [erased]"]'),
        ('"maya\\u0040home.example"', '"[erased]"'),
        ("maya@home.example, no JSON", "[erased], no JSON"),
        ("81234567", None),
    ],
)  # fmt: skip
def test_cu_10_of_json_only_texts_are_changed(before: str, after: str | None) -> None:
    person = ErasedPerson((1,), (PRIVATE,), (), ("81234567",))
    assert person.in_json(before, person.anywhere) == (before if after is None else after)


def test_cu_10_json_in_tables_of_plugins_is_swept(desk_kit: DeskKit) -> None:
    maya, greek = _full_desk(desk_kit), "μάγια@home.example"
    desk_kit.desk.contacts.add_address(maya, greek, desk_kit.ann)
    theirs = {"seen": [MAYA, {PRIVATE: f"at {PHONE}"}], "call": 46812345678, "id": 7, "text": json.dumps({"a": MAYA})}
    clean = {
        "seen": ["[erased]", {"[erased]": "at [erased]"}],
        "call": 46812345678,
        "id": 7,
        "text": '{"a": "[erased]"}',
    }
    others = {"price": 1.10, "who": "bob@customer.example"}
    kinds = ["JSON"]
    with desk_kit.database.unit_of_work() as uow:
        connection = uow.connection  # type: ignore[attr-defined]
        if connection.dialect.name == "postgresql":
            kinds.append("JSONB")
        for kind in kinds:
            named, keyless = f"px_demo__{kind.lower()}", f"px_demo__{kind.lower()}_keyless"
            columns = f"data {kind}, more {kind}, note TEXT, loud TEXT GENERATED ALWAYS AS (upper(note)) STORED"
            connection.exec_driver_sql(f"CREATE TABLE {named} (id INTEGER PRIMARY KEY, {columns})")
            connection.exec_driver_sql(f"CREATE TABLE {keyless} (id INTEGER, {columns})")
            for key, value in enumerate((theirs, others, {"greek": greek}, 46812345678, MAYA, None), 1):
                kept = "NULL" if value is None else f"'{json.dumps(value)}'"
                row = f"(id, data, more, note) VALUES ({key}, {kept}, NULL, 'about {MAYA}')"
                connection.exec_driver_sql(f"INSERT INTO {named} {row}")
                connection.exec_driver_sql(f"INSERT INTO {keyless} {row}")
        before = _kept(connection, kinds)
        uow.commit()
    list(desk_kit.desk.privacy.erase(maya, "Maya Lind", ErasureChoice.KEEP_TICKETS, desk_kit.ann))
    assert traces(desk_kit, MAYA, PRIVATE, PHONE, greek, json.dumps(greek)[1:-1]) == []
    with desk_kit.database.unit_of_work() as uow:
        after = _kept(uow.connection, kinds)  # type: ignore[attr-defined]
    for then, now in zip(before, after, strict=True):
        assert [json.loads(one or "") for one in now[:5]] == [
            clean,
            others,
            {"greek": "[erased]"},
            46812345678,
            "[erased]",
        ]
        assert (now[1], now[3], now[5]) == (then[1], then[3], None), "what is not about the person stays as it is"


def _kept(connection: sa.Connection, kinds: list[str]) -> list[list[str | None]]:
    """The JSON of the plugin's tables as it is written, table by table."""
    found = []
    for kind in kinds:
        for name in ("", "_keyless"):
            statement = f"SELECT CAST(data AS TEXT) FROM px_demo__{kind.lower()}{name} ORDER BY id"
            found.append(list(connection.exec_driver_sql(statement).scalars()))
    return found


def test_cu_10_tables_of_plugins_are_swept(desk_kit: DeskKit) -> None:
    maya = _full_desk(desk_kit)
    with desk_kit.database.unit_of_work() as uow:
        connection = uow.connection  # type: ignore[attr-defined]
        for name, columns in (
            ("px_demo__caller", "id INTEGER PRIMARY KEY, email VARCHAR(80) NOT NULL UNIQUE, data TEXT"),
            ("px_demo__keyless", "email VARCHAR(80), number VARCHAR(17)"),
            ("px_demo__named", "email VARCHAR(80) PRIMARY KEY, score INTEGER"),
        ):
            connection.exec_driver_sql(f"CREATE TABLE {name} ({columns})")
        data = json.dumps({"seen": [MAYA], "call": 81234567})
        for key, email in ((1, MAYA), (2, PRIVATE), (3, "bob@customer.example")):
            caller = f"INSERT INTO px_demo__caller VALUES ({key}, '{email}', '{data}')"
            connection.exec_driver_sql(caller)
            connection.exec_driver_sql(f"INSERT INTO px_demo__keyless VALUES ('{email}', '{PHONE}')")
            connection.exec_driver_sql(f"INSERT INTO px_demo__named VALUES ('{email}', {key})")
        uow.commit()
    list(desk_kit.desk.privacy.erase(maya, "Maya Lind", ErasureChoice.KEEP_TICKETS, desk_kit.ann))
    assert traces(desk_kit, MAYA, PRIVATE, PHONE) == []
    with desk_kit.database.unit_of_work() as uow:
        connection = uow.connection  # type: ignore[attr-defined]
        callers = connection.exec_driver_sql("SELECT email, data FROM px_demo__caller ORDER BY id").all()
        named = connection.exec_driver_sql("SELECT email, score FROM px_demo__named").all()
    assert [one.email for one in callers] == ["[erased]", "bob@customer.example"]
    assert json.loads(callers[1].data) == {"seen": ["[erased]"], "call": 81234567}
    assert [tuple(one) for one in named] == [("bob@customer.example", 3)]
