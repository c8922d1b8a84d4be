"""Canned responses on both databases (CO-06, CO-07)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from desk_app.domain.messages.canned import CannedResponse, CannedScope
from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.domain.people.actor import SYSTEM, Actor, ActorKind
from desk_app.services.messages.canned import StaleCannedError, filled
from desk_app.storage.schema.messages import blob
from tests.support.desks import DeskKit, mail

FILE = OutgoingAttachment("terms.pdf", "application/pdf", b"%PDF terms" * 300)
PICTURE = OutgoingAttachment("image-1.png", "image/png", b"\x89PNG" + b"q" * 900, "pic@desk")
REFUND = CannedResponse(
    0, "Refund  sent", "Dear {{customer.first_name}}", "<p>Dear {{customer.first_name}}</p>", " Money / Back ", "en"
)


def blobs(kit: DeskKit) -> int:
    with kit.database.unit_of_work() as uow:
        return int(uow.connection.execute(select(func.count()).select_from(blob)).scalar_one())


def test_co_06_a_response_is_kept_with_folder_files_and_count(desk_kit: DeskKit) -> None:
    canned, before = desk_kit.desk.canned, blobs(desk_kit)
    stored = canned.save(replace(REFUND, attachments=(FILE, PICTURE)), desk_kit.ann)
    assert (stored.title, stored.folder, stored.version) == ("Refund sent", "Money/Back", 1)
    (listed,) = canned.visible(desk_kit.agent.id)
    assert (listed.attachments, listed.file_names, listed.scope) == ((), ("terms.pdf",), CannedScope.EVERYBODY)
    used = canned.use(stored.id, desk_kit.ann)
    assert used is not None
    assert used.attachments == (FILE, PICTURE)
    (listed,) = canned.visible(desk_kit.agent.id)
    assert listed.use_count == 1
    assert listed.used_at is not None
    gone = canned.delete(stored.id, desk_kit.ann)
    assert gone is not None
    assert blobs(desk_kit) == before, "its bytes went with it"
    assert canned.use(stored.id, desk_kit.ann) is None
    back = canned.save(replace(gone, id=0, version=0), desk_kit.ann)
    assert canned.get(back.id, desk_kit.ann) == replace(gone, id=back.id, version=1)


def test_co_06_private_ones_are_their_agents_alone(desk_kit: DeskKit) -> None:
    canned = desk_kit.desk.canned
    mine = canned.save(replace(REFUND, agent_id=desk_kit.agent.id), desk_kit.ann)
    bob = desk_kit.desk.people.add_agent("bob", SYSTEM, name="Bob")
    his = Actor(ActorKind.AGENT, bob.id, bob.name)
    assert canned.visible(bob.id) == ()
    assert canned.get(mine.id, his) is None
    assert canned.use(mine.id, his) is None
    with pytest.raises(PermissionError):
        canned.save(replace(mine, agent_id=None), his)
    with pytest.raises(PermissionError):
        canned.delete(mine.id, his)
    with pytest.raises(PermissionError):
        canned.save(replace(REFUND, agent_id=desk_kit.agent.id), his)
    shared = canned.save(replace(mine, agent_id=None), desk_kit.ann)
    assert [one.id for one in canned.visible(bob.id)] == [shared.id]


def test_a_late_change_is_refused(desk_kit: DeskKit) -> None:
    canned = desk_kit.desk.canned
    first = canned.save(REFUND, desk_kit.ann)
    canned.save(replace(first, text="newer"), desk_kit.ann)
    with pytest.raises(StaleCannedError):
        canned.save(replace(first, text="late"), desk_kit.ann)
    canned.delete(first.id, desk_kit.ann)
    with pytest.raises(StaleCannedError):
        canned.save(replace(first, text="late"), desk_kit.ann)
    for nothing in (replace(REFUND, title=" "), replace(REFUND, text="", html="")):
        with pytest.raises(ValueError, match="needs"):
            canned.save(nothing, desk_kit.ann)


def test_co_06_placeholders_know_ticket_customer_agent_and_mailbox(desk_kit: DeskKit) -> None:
    support = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(support, mail(from_="Maya Lindqvist <maya@lindqvist.example>", subject="Lamp & shade"))
    ticket = desk_kit.tickets()[0]
    values = desk_kit.desk.canned.values(ticket.id, support.id, desk_kit.agent.id)
    assert values["customer.first_name"] == "Maya"
    assert values["customer.email"] == "maya@lindqvist.example"
    assert values["ticket.number"] == ticket.number
    assert values["agent.name"] == desk_kit.agent.name
    assert values["mailbox.address"] == "support@desk.example"
    assert values["organization.name"] == ""
    template = CannedResponse(0, "t", "{{customer.first_name}}: {{organization.name}}", "<p>{{ticket.subject}}</p>")
    made = filled(template, values)
    assert made.text == "Maya: {{organization.name}}", "what has no value is left for the guard to find"
    assert made.html == "<p>Lamp &amp; shade</p>"


def test_co_06_export_and_import_between_desks(desk_kit: DeskKit) -> None:
    canned = desk_kit.desk.canned
    canned.save(REFUND, desk_kit.ann)
    canned.save(replace(REFUND, title="Otra", language="es", text="Hola"), desk_kit.ann)
    exported = canned.export(desk_kit.ann)
    again = canned.import_(exported, desk_kit.ann)
    assert (again.added, again.known) == (0, 2)
    for one in canned.visible(desk_kit.agent.id):
        canned.delete(one.id, desk_kit.ann)
    assert canned.import_(exported, desk_kit.ann).added == 2
    assert {(one.title, one.language, one.folder) for one in canned.visible(None)} == {
        ("Refund sent", "en", "Money/Back"),
        ("Otra", "es", "Money/Back"),
    }
    for broken in ("", "{}", '{"format": "desk-app canned responses", "responses": [{"title": ""}]}', "[1]"):
        with pytest.raises(ValueError, match="file"):
            canned.import_(broken, desk_kit.ann)


def test_recipients_are_found_by_the_beginning_of_name_or_address(desk_kit: DeskKit) -> None:
    support = desk_kit.mailbox("support@desk.example")
    for name, address in (("Maya Lind", "maya@x.example"), ("Mario 100%", "zz@x.example"), ("Zoe", "mara@x.example")):
        desk_kit.arrive(support, mail(from_=f"{name} <{address}>", subject=address))
    people = desk_kit.desk.writing.people
    assert people("ma", 10) == [
        ("Maya Lind", "maya@x.example"),
        ("Zoe", "mara@x.example"),
        ("Mario 100%", "zz@x.example"),
    ]
    assert people("MAYA l", 10) == [("Maya Lind", "maya@x.example")]
    assert people("zz@", 10) == [("Mario 100%", "zz@x.example")]
    assert people("m%", 10) == people("", 10) == people("_", 10) == []
    assert len(people("ma", 2)) == 2
