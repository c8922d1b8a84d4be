"""Finds everything about a person, and takes it out of every table (CU-10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Integer,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
    cast,
    delete,
    func,
    insert,
    inspect,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.exc import DataError, IntegrityError, NoSuchTableError

from desk_app.domain.contacts.erasing import ERASED_NAME, ErasedPerson, as_in_json
from desk_app.domain.contacts.naming import sort_key
from desk_app.services.ports.privacy import PrivacyEntry, Stretch
from desk_app.services.ports.sync import InboundState, OutboxState
from desk_app.storage.contacts.erased_messages import erase_message, erase_ticket, permit_erasure
from desk_app.storage.contacts.erased_words import forget_words
from desk_app.storage.messages.blobs import read_blob, remove_orphans
from desk_app.storage.schema import metadata
from desk_app.storage.schema.base import CleanText, holds_json
from desk_app.storage.schema.contacts import (
    contact,
    contact_address,
    contact_event,
    contact_move,
    privacy_log,
    sender_block,
)
from desk_app.storage.schema.links import image_permission
from desk_app.storage.schema.messages import message, message_address
from desk_app.storage.schema.sync import auto_answer, inbound_item, outbox, outbox_recipient
from desk_app.storage.schema.tickets import ticket, ticket_event

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction

_ROWS_A_PART = 4_000
_EVERY = 2**62
_LOOSE_AT_ONCE = 50
_AT_ONCE = 400
_LOOSE = (
    InboundState.QUARANTINED,
    InboundState.BLOCKED,
    InboundState.DROPPED,
    InboundState.IGNORED,
    InboundState.STORED,
)
_WAITING = (OutboxState.HELD, OutboxState.QUEUED, OutboxState.UNKNOWN, OutboxState.FAILED)
_NOT_SWEPT = frozenset(
    {"blob", "privacy_log", "agent", "channel_account", "account_alias", "search_document", "search_term", "lease"}
)
"""Bytes and words have their own ways; the desk's own people and mailboxes are not the customer's data."""
_NO_TEXT = frozenset({"sha256", "raw_sha256", "mime_sha256", "files_sha256", "content_hash", "number"})
"""Columns that hold a hash or the number of a ticket, in which a phone number may stand by chance."""
_OF_PLUGINS = "px_"
_LAST = ("contact", "contact_address", "contact_event", "sender_block", "image_permission", "auto_answer")
"""What tells who the person is: it goes at the end, so that an erasure that was stopped can go on."""


class SqlPrivacyRepository:
    """Everything about a person in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def person(self, contact_id: int) -> ErasedPerson:
        """Return every id, address, name and number of a person."""
        connection = self._t.connection
        if not self._t.postgresql:
            self._t.execute_raw("PRAGMA secure_delete = ON")  # what is deleted from here on is overwritten in the file
        family = [contact_id]
        new = [contact_id]
        while new:
            merged = select(contact.c.id).where(contact.c.merged_into_id.in_(new))
            new = [key for key in connection.execute(merged).scalars() if key not in family]
            family += new
        rows = connection.execute(
            select(contact_address.c.kind, contact_address.c.address).where(contact_address.c.contact_id.in_(family))
        ).all()
        addresses = [row.address.lower() for row in rows if row.kind == "email"]
        names = list(connection.execute(select(contact.c.name).where(contact.c.id.in_(family))).scalars())
        lines = connection.execute(
            select(ticket.c.requester_name, ticket.c.requester_email)
            .where(ticket.c.requester_id.in_(family))
            .distinct()
        ).all()
        own = set(self._own_addresses())
        addresses += [row.requester_email.lower() for row in lines if row.requester_email]
        names += [row.requester_name for row in lines]
        return ErasedPerson(
            contact_ids=tuple(family),
            addresses=tuple(dict.fromkeys(one for one in addresses if one not in own)),
            names=tuple(dict.fromkeys(name for name in names if name and name != ERASED_NAME)),
            phones=tuple(dict.fromkeys(row.address for row in rows if row.kind == "phone")),
        )

    def _own_addresses(self) -> Sequence[str]:
        account, alias = metadata.tables["channel_account"], metadata.tables["account_alias"]
        statement = select(account.c.address).union(select(alias.c.address))
        return list(self._t.connection.execute(statement).scalars())

    def own_tickets(self, person: ErasedPerson) -> Sequence[int]:
        """Return the tickets whose customer the person is."""
        statement = select(ticket.c.id).where(ticket.c.requester_id.in_(person.contact_ids)).order_by(ticket.c.id)
        return list(self._t.connection.execute(statement).scalars())

    def elsewhere(self, person: ErasedPerson) -> Sequence[int]:
        """Return messages outside of these tickets that the person wrote or stands in."""
        mine = select(ticket.c.id).where(ticket.c.requester_id.in_(person.contact_ids))
        wrote = select(message.c.id).where(message.c.contact_id.in_(person.contact_ids))
        stands = select(message_address.c.message_id).where(message_address.c.email.in_(person.addresses))
        found = wrote.union(stands).subquery()
        statement = (
            select(message.c.id)
            .join(found, found.c[0] == message.c.id)
            .where(message.c.ticket_id.not_in(mine))
            .order_by(message.c.id)
        )
        return list(self._t.connection.execute(statement).scalars())

    def mail_to_others(self, person: ErasedPerson) -> Sequence[int]:
        """Return mail in tickets of other customers that waits to leave and is addressed to the person, too."""
        to_them = select(outbox_recipient.c.outbox_id).where(outbox_recipient.c.address.in_(person.addresses))
        mine = select(ticket.c.id).where(ticket.c.requester_id.in_(person.contact_ids))
        waiting = outbox.c.state.in_([state.value for state in _WAITING if state is not OutboxState.FAILED])
        statement = select(outbox.c.id).where(outbox.c.id.in_(to_them), outbox.c.ticket_id.not_in(mine), waiting)
        return list(self._t.connection.execute(statement.order_by(outbox.c.id)).scalars())

    def stop_mail(self, person: ErasedPerson) -> int:
        """Cancel mail to the person that has not left; returns how many are being sent."""
        to_them = select(outbox_recipient.c.outbox_id).where(outbox_recipient.c.address.in_(person.addresses))
        mine = select(ticket.c.id).where(ticket.c.requester_id.in_(person.contact_ids))
        theirs = or_(outbox.c.id.in_(to_them), outbox.c.ticket_id.in_(mine))
        connection = self._t.connection
        sending = connection.execute(
            select(func.count()).select_from(outbox).where(theirs, outbox.c.state == OutboxState.SENDING.value)
        ).scalar_one()
        if not sending:
            connection.execute(
                update(outbox)
                .where(theirs, outbox.c.state.in_([state.value for state in _WAITING]))
                .values(state=OutboxState.CANCELLED.value, version=outbox.c.version + 1)
            )
            self._t.changed("outbox", 0)
        return int(sending)

    def anonymise_ticket(self, ticket_id: int, person: ErasedPerson) -> None:
        """Take the person out of one of their own tickets."""
        erase_ticket(self._t, ticket_id, person)

    def anonymise_message(self, message_id: int, person: ErasedPerson) -> None:
        """Take the person out of a message of another ticket."""
        erase_message(self._t, message_id, person, own_ticket=False)

    # -- everywhere else ----------------------------------------------------------------------------------------------

    def stretches(self) -> Sequence[Stretch]:
        """Return all tables with texts in parts, those of plugins too."""
        parts: list[Stretch] = []
        names = sorted(inspect(self._t.connection).get_table_names())
        foreign = [self._table(name) for name in names if name.startswith(_OF_PLUGINS)]
        for table in [*metadata.sorted_tables, *(one for one in foreign if one is not None)]:
            if table.name in _NOT_SWEPT or table.name in _LAST or not _texts(table):
                continue
            number = _number(table)
            if number is None:
                parts.append(Stretch(table.name, 0, 0))
                continue
            low, high = self._t.connection.execute(select(func.min(number), func.max(number))).one()
            if low is not None:
                parts += [
                    Stretch(table.name, start, start + _ROWS_A_PART - 1)
                    for start in range(int(low), int(high) + 1, _ROWS_A_PART)
                ]
        return parts

    def sweep(self, part: Stretch, person: ErasedPerson) -> int:
        """Take addresses and numbers out of every text of a part."""
        if not person.traces:
            return 0
        table = self._table(part.table)
        if table is None:
            return 0
        columns, number = _texts(table), _number(table)
        conditions: list[ColumnElement[bool]] = [_mentions(columns, person)]
        if number is not None:
            conditions.append(number.between(part.low, part.high))
        wanted = {column.name: _as_text(column).label(column.name) for column in (*_keys(table), *columns)}
        statement = select(*wanted.values()).where(*conditions)
        rows = self._t.connection.execute(statement).mappings().all()
        for row in rows:
            self._clean(table, row, person)
        return len(rows)

    def _table(self, name: str) -> Table | None:
        """Return a table of the desk, or one of a plugin as it is in the database; None where that is gone."""
        if not name.startswith(_OF_PLUGINS):
            return metadata.tables[name]
        try:
            return Table(name, MetaData(), autoload_with=self._t.connection, resolve_fks=False)
        except NoSuchTableError:
            return None

    def _clean(self, table: Table, old: RowMapping, person: ErasedPerson) -> None:
        values = {one.name: _scrubbed(one, old[one.name], person) for one in _texts(table) if old[one.name]}
        values = {name: text for name, text in values.items() if text != old[name]}
        if not values:
            return
        connection = self._t.connection
        here = [_as_text(column) == old[column.name] for column in _keys(table)]
        if table is ticket_event:
            permit_erasure(self._t, int(connection.execute(select(ticket_event.c.ticket_id).where(*here)).scalar_one()))
        if any(column.name in values for column in table.primary_key.columns):
            connection.execute(delete(table).where(*here))
            return
        kept = {name: self._stored(table.columns[name], text) for name, text in values.items()}
        try:
            with connection.begin_nested():
                connection.execute(update(table).where(*here).values(kept))
        except (IntegrityError, DataError):  # in a plugin's table: another row says the same, or there is no room
            connection.execute(delete(table).where(*here))
        if table.name in {"message", "message_body"}:
            key = int(old["id"] if table is message else old["message_id"])
            erase_message(self._t, key, person, own_ticket=False)

    def _stored(self, column: Any, text: str) -> Any:
        """Return a text as a column keeps it: JSON that is written as a text would be a text in JSON."""
        if not isinstance(column.type, JSON):
            return text
        return cast(literal(text, Text()), column.type) if self._t.postgresql else literal(text, Text())

    def sweep_loose_mail(self, after_id: int, person: ErasedPerson) -> int:
        """Delete raw mail of the person that never became a message."""
        connection = self._t.connection
        rows = connection.execute(
            select(inbound_item.c.id, inbound_item.c.raw_sha256)
            .where(
                inbound_item.c.state.in_([state.value for state in _LOOSE]),
                inbound_item.c.raw_sha256.is_not(None),
                inbound_item.c.id > after_id,
            )
            .order_by(inbound_item.c.id)
            .limit(_LOOSE_AT_ONCE)
        ).all()
        for row in rows:
            raw = read_blob(connection, row.raw_sha256) or b""
            if not person.mentions(raw.decode("latin-1")):
                continue
            connection.execute(
                update(inbound_item)
                .where(inbound_item.c.id == row.id)
                .values(raw_sha256=None, state=InboundState.PURGED.value, reason="Erased on request.")
            )
            remove_orphans(self._t, [row.raw_sha256])
            self._t.changed("inbound", row.id)
        return int(rows[-1].id) if rows else 0

    def forget(self, person: ErasedPerson, *, keep_row: bool) -> None:
        """Empty or delete the contact itself, its history, and the words only it brought into the search."""
        connection, ids = self._t.connection, person.contact_ids
        connection.execute(delete(contact_event).where(contact_event.c.contact_id.in_(ids)))
        connection.execute(delete(contact_address).where(contact_address.c.contact_id.in_(ids)))
        connection.execute(delete(image_permission).where(image_permission.c.sender.in_(person.addresses)))
        connection.execute(delete(sender_block).where(sender_block.c.value.in_(person.addresses)))
        connection.execute(delete(auto_answer).where(auto_answer.c.address.in_(person.addresses)))
        empty: dict[str, Any] = {"name": ERASED_NAME, "sort_name": sort_key(ERASED_NAME), "note": "", "language": ""}
        empty |= {"fields": "{}", "organization_id": None, "blocked": False, "updated_at": self._t.now()}
        connection.execute(update(contact).where(contact.c.id.in_(ids)).values(**empty, version=contact.c.version + 1))
        if not keep_row:
            connection.execute(update(message).where(message.c.contact_id.in_(ids)).values(contact_id=None))
            connection.execute(delete(contact_move).where(contact_move.c.source_id.in_(ids)))
            connection.execute(update(contact).where(contact.c.id.in_(ids)).values(merged_into_id=None))
            connection.execute(delete(contact).where(contact.c.id.in_(ids)))
        for name in _LAST:
            self.sweep(Stretch(name, 0, _EVERY), person)
        forget_words(self._t, (*person.addresses, *person.names, *person.phones))
        for key in ids:
            self._t.changed("contact", key, "update" if keep_row else "delete")

    # -- log ----------------------------------------------------------------------------------------------------------

    def log(self, contact_id: int, action: str, actor_name: str, summary: str) -> None:
        """Write a line of the privacy log."""
        row = {"contact_id": contact_id, "action": action, "actor_name": actor_name, "summary": summary}
        self._t.connection.execute(insert(privacy_log), row | {"at": self._t.now()})

    def entries(self, limit: int = 200) -> Sequence[PrivacyEntry]:
        """Return the privacy log, newest first."""
        rows = self._t.connection.execute(select(privacy_log).order_by(privacy_log.c.id.desc()).limit(limit))
        return [PrivacyEntry(row.contact_id, row.action, row.actor_name, row.summary, row.at, row.id) for row in rows]


def _texts(table: Table) -> list[Any]:
    """Return the columns with texts, JSON among them; what the database computes follows from the others."""
    left_out = frozenset() if table.name.startswith(_OF_PLUGINS) else _NO_TEXT
    return [
        column
        for column in table.columns
        if isinstance(column.type, (CleanText, Text, String, JSON))
        and column.name not in left_out
        and column.computed is None
    ]


def _as_text(column: Any) -> Any:
    """Return a column to select and to compare by: of JSON the text it is written as."""
    return cast(column, Text()) if isinstance(column.type, JSON) else column


def _scrubbed(column: Any, stored: str, person: ErasedPerson) -> str:
    """Return a text without the person; what a plugin keeps may be JSON."""
    of_plugin = column.table.name.startswith(_OF_PLUGINS) and stored.startswith(("{", "["))
    if of_plugin or isinstance(column.type, JSON) or holds_json(column):
        return person.in_json(stored, person.anywhere)
    return person.anywhere(stored)


def _keys(table: Table) -> list[Any]:
    """Return the columns that name a row; a table of a plugin may have no key."""
    return list(table.primary_key.columns) or _texts(table)


def _number(table: Table) -> Any:
    """Return the column a table is cut into parts by, None for small tables with keys of words."""
    for name in ("id", "message_id", "ticket_id"):
        column = table.columns.get(name)
        if column is not None and column.primary_key and isinstance(column.type, Integer):
            return column
    return None


def _mentions(columns: Sequence[Any], person: ErasedPerson) -> ColumnElement[bool]:
    traces = dict.fromkeys((*person.traces, *map(as_in_json, person.traces)))
    likes = ["%" + one.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%" for one in traces]
    return or_(*(func.lower(_as_text(column)).like(like, escape="\\") for column in columns for like in likes))
