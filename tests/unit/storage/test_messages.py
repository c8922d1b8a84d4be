"""Messages and their bytes in the database."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.messages.content import PreparedContent
from desk_app.domain.messages.model import Address, AddressRole, Classification, Direction
from desk_app.domain.tickets.query import TicketQuery
from desk_app.services.ports.errors import DamagedDatabaseError
from desk_app.services.ports.messages import StoredAttachment
from desk_app.services.ports.sync import OutboxItem, OutboxState
from desk_app.storage.database import Database
from desk_app.storage.messages.blobs import pack, unpack
from tests.unit.storage.samples import NOON, account, message, ticket

CONTENT = PreparedContent(
    visible_text="new",
    folded_text="> old",
    safe_html="<p>new</p><blockquote>old</blockquote>",
    visible_html="<p>new</p>",
    folded_html="<blockquote>old</blockquote>",
    remote_images=("https://example.org/a.png",),
    deceptive_links=(("bank.example", "evil.example"),),
    own_colours=True,
    version=3,
)


def test_a_message_comes_back_with_everything_beside_it(database: Database) -> None:
    with database.unit_of_work() as uow:
        stored = ticket(uow)
        sha = uow.blobs.put(b"%PDF" * 100)
        record = message(
            uow,
            stored,
            addresses=(
                (AddressRole.FROM, Address("Ana", "ana@example.org")),
                (AddressRole.TO, Address("", "desk@example.net")),
                (AddressRole.CC, Address("B", "b@example.org")),
                (AddressRole.TO, Address("Two", "two@example.net")),
            ),
            refers_to=("one@x", "two@x"),
            attachments=(StoredAttachment("a.pdf", "application/pdf", 400, sha, "cid", inline=True, part="1.2"),),
            content=CONTENT,
            visible_text="new",
            folded_text="> old",
            raw_sha256=sha,
            reader_version=4,
            join_reason={"rule": "references", "matched": "one@x"},
            problems=("charset",),
            classification=Classification.LIST,
        )
        uow.commit()
    with database.unit_of_work() as uow:
        found = uow.messages.get(record.id)
        assert found is not None
        attachment = found.attachments[0]
        assert attachment.id > 0
        assert replace(found, attachments=(replace(attachment, id=0),)) == record
        assert [item.id for item in uow.messages.of_ticket(stored.id)] == [record.id]
        assert uow.messages.get(999) is None


def test_threading_finds_messages_by_id_and_by_reference(database: Database) -> None:
    with database.unit_of_work() as uow:
        stored = ticket(uow)
        parent = message(uow, stored, internet_id="a@x", content_hash="1")
        twin = message(uow, stored, internet_id="a@x", content_hash="2")
        child = message(uow, stored, internet_id="c@x", refers_to=("missing@x", "a@x", "a@x"))
        found = uow.messages.by_internet_ids(["a@x", "", "zz@x"])
        assert {key: [known.id for known in value] for key, value in found.items()} == {"a@x": [parent.id, twin.id]}
        assert [known.id for known in uow.messages.referring_to_any(["missing@x"])["missing@x"]] == [child.id]
        assert uow.messages.by_internet_ids([]) == {}


def test_moving_messages_takes_search_along(database: Database) -> None:
    with database.unit_of_work() as uow:
        one, two = ticket(uow), ticket(uow)
        record = message(uow, one, "zebra crossing")
        uow.messages.move([record.id], two.id)
        uow.messages.move([], two.id)
        uow.commit()
    assert list(database.ticket_queries.ids(TicketQuery(search="zebra"))) == [two.id]


def test_discarding_a_message_leaves_nothing_behind(database: Database) -> None:
    with database.unit_of_work() as uow:
        box, stored = account(uow), ticket(uow)
        record = message(uow, stored, "zebra", direction=Direction.OUTBOUND)
        mime = uow.blobs.put(b"mime" * 99)
        uow.outbox.add(
            OutboxItem(box, 1, OutboxState.CANCELLED, "m@x", "d@x", mime, NOON, NOON, [], record.id, stored.id)
        )
        uow.messages.discard(record.id)
        assert uow.messages.get(record.id) is None
        assert uow.blobs.get(mime) is None
        uow.commit()
    assert list(database.ticket_queries.ids(TicketQuery(search="zebra"))) == []


def test_a_new_reading_replaces_content_and_keeps_the_rest(database: Database) -> None:
    with database.unit_of_work() as uow:
        stored = ticket(uow)
        record = message(uow, stored, "old words", raw_sha256="0" * 64, join_rule="references")
        again = replace(
            record,
            text="new words",
            join_rule="new",
            subject="S",
            addresses=((AddressRole.TO, Address("X", "x@y.z")),),
            reader_version=9,
        )
        uow.messages.replace_content(again)
        uow.search.index(again)
        found = uow.messages.get(record.id)
        assert found is not None
        assert (found.text, found.join_rule, found.subject, found.reader_version) == ("new words", "references", "S", 9)
        assert [address.email for _role, address in found.addresses] == ["x@y.z"]
        uow.commit()
    assert list(database.ticket_queries.ids(TicketQuery(search="old"))) == []
    assert list(database.ticket_queries.ids(TicketQuery(search="new"))) == [stored.id]


def test_unprepared_and_outdated_messages_are_found_by_version(database: Database) -> None:
    with database.unit_of_work() as uow:
        stored = ticket(uow)
        records = [message(uow, stored, raw_sha256="0" * 64, reader_version=version) for version in (1, 2, 1, 3)]
        written_here = message(uow, stored, direction=Direction.OUTBOUND)
        uow.messages.set_content(records[0].id, CONTENT)
        first, second, third, fourth = (record.id for record in records)
        assert list(uow.messages.unprepared(3, ticket_id=None, limit=10)) == [fourth, third, second]
        assert list(uow.messages.unprepared(4, ticket_id=stored.id, limit=2)) == [fourth, third]
        assert list(uow.messages.unprepared(4, ticket_id=None, limit=10)) == [fourth, third, second, first]
        assert list(uow.messages.older_readings(3, after_id=0, limit=10)) == [first, second, third]
        assert list(uow.messages.older_readings(3, after_id=first, limit=1)) == [second]
        sent_from_here = message(uow, stored, direction=Direction.OUTBOUND, raw_sha256="1" * 64)
        assert {written_here.id, sent_from_here.id}.isdisjoint(uow.messages.older_readings(99, after_id=0, limit=10))


def test_each_blob_is_stored_once(database: Database) -> None:
    content = b"From: a\r\n" * 1000
    with database.unit_of_work() as uow:
        assert uow.blobs.put(content) == uow.blobs.put(content)
        assert uow.blobs.get(uow.blobs.put(b"")) == b""
        rows = uow.connection.execute(sa.text("SELECT codec, size, LENGTH(content) AS stored FROM blob")).all()
        sizes = {row.size: row.stored for row in rows}
        assert sizes[len(content)] < len(content) / 10
        assert uow.blobs.get("f" * 64) is None


@pytest.mark.parametrize("change", ["content = :other", "codec = 'future'"])
def test_damaged_bytes_are_noticed(database: Database, change: str) -> None:
    with database.unit_of_work() as uow:
        sha256 = uow.blobs.put(b"hello" * 100)
        values = {"other": b"rubbish"} if ":other" in change else {}
        uow.connection.execute(sa.text(f"UPDATE blob SET {change}"), values)
        with pytest.raises(DamagedDatabaseError, match="damaged"):
            uow.blobs.get(sha256)


@given(st.one_of(st.binary(max_size=2000), st.binary(min_size=1, max_size=9).map(lambda part: part * 500)))
def test_packing_keeps_every_byte(content: bytes) -> None:
    codec, packed = pack(content)
    assert unpack(codec, packed, len(content)) == content
    assert len(packed) <= len(content)


def test_what_does_not_shrink_is_stored_as_it_is() -> None:
    noise = os.urandom(600_000)
    assert pack(noise) == ("raw", noise)
    assert pack(b"\x89PNG" + b"a" * 1000)[0] == "raw"
    assert pack(b"a" * 1000, compressible=False)[0] == "raw"
    assert unpack("zstd", b"rubbish", 10) is None
