"""Drafts in the database; see the port."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, delete, insert, select, update

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.messages.model import Address, AddressRole
from desk_app.storage.schema.writing import draft, draft_attachment
from desk_app.storage.upsert import insert_new

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from desk_app.domain.messages.kept_draft import DraftKind, DraftOptions, DraftStamp, KeptDraft, TicketPlace
    from desk_app.domain.messages.outgoing import OutgoingAttachment
    from desk_app.storage.engine.connections import Connections
    from desk_app.storage.transaction import Transaction

_OWNER = draft_attachment.c.draft_id
_ROLES = (AddressRole.TO, AddressRole.CC, AddressRole.BCC)
_IN_JSON = ("recipients", "options")
_JOINED = "joined"
"""Among the options: what two drafts were before a merge made one of them, as long as nobody writes on in it."""


class SqlDraftRepository:
    """Drafts inside a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def find(self, agent_id: int, kind: DraftKind, ticket_id: int | None) -> KeptDraft | None:
        """Return an agent's draft with its attachments."""
        found = _read(self._t.connection, agent_id, ticket_id)
        return next((one for one in found if one.kind is kind), None)

    def put(self, item: KeptDraft, department_id: int) -> DraftStamp | None:
        """Store a draft over the state its stamp names; None where another one is stored."""
        from desk_app.domain.messages.kept_draft import DraftStamp
        from desk_app.storage.messages.kept_files import put_files

        values = _values(item) | {"department_id": department_id, "saved_at": self._t.now()}
        if item.stamp is None:
            keys = {"agent_id": item.agent_id, "kind": item.kind.value, "slot": item.ticket_id or 0}
            statement = insert_new(self._t, draft, keys=("agent_id", "slot", "kind")).values(
                **values, **keys, ticket_id=item.ticket_id, revision=1
            )
            draft_id = self._t.connection.execute(statement.returning(draft.c.id)).scalar()
            if draft_id is None:
                return None
            stamp = DraftStamp(int(draft_id), 1)
        else:
            stamp = DraftStamp(item.stamp.draft_id, item.stamp.revision + 1)
            values |= self._still_joined(item, item.stamp)
            changed = self._t.connection.execute(
                update(draft)
                .where(draft.c.id == item.stamp.draft_id, draft.c.revision == item.stamp.revision)
                .values(**values, revision=stamp.revision)
            ).rowcount
            if changed != 1:
                return None
        put_files(self._t, _OWNER, stamp.draft_id, item.attachments, {"department_id": department_id})
        return stamp

    def _still_joined(self, item: KeptDraft, stamp: DraftStamp) -> dict[str, str]:
        """Return the options of a joined draft in which nothing was written since, with what it was made of."""
        from desk_app.domain.messages.kept_draft import same_words

        known = select(draft).where(draft.c.id == stamp.draft_id)
        before = self._t.connection.execute(known).first()
        parts = json.loads(before.options).get(_JOINED) if before is not None else None
        if before is None or parts is None or not same_words(_draft(before, self._t.connection), item):
            return {}
        return {"options": _json(asdict(item.options) | {_JOINED: parts})}

    def remove(self, agent_id: int, kind: DraftKind, ticket_id: int | None, *, stamp: DraftStamp | None = None) -> bool:
        """Delete a draft and the bytes nobody else uses."""
        from desk_app.storage.messages.kept_files import remove_files

        connection = self._t.connection
        where = [draft.c.agent_id == agent_id, draft.c.slot == (ticket_id or 0), draft.c.kind == kind.value]
        if stamp is not None:
            where += [draft.c.id == stamp.draft_id, draft.c.revision == stamp.revision]
        draft_id = connection.execute(select(draft.c.id).where(*where)).scalar()
        if draft_id is None:
            return False
        remove_files(self._t, _OWNER, draft_id)
        connection.execute(delete(draft).where(draft.c.id == draft_id))
        return True

    def follow(self, ticket_id: int, target_id: int, department_id: int) -> tuple[int, ...]:
        """Carry the drafts of a merged ticket over; each keeps its stamp, unless its writer has begun there already."""
        begun, whole = self._rows(ticket_id), list[int]()
        there = {(row.agent_id, row.kind): row for row in self._rows(target_id)} if begun else {}
        for row in begun:
            own = there.get((row.agent_id, row.kind))
            if own is not None:
                self._join(own, row, department_id)
            else:
                self._place(row.id, target_id, department_id)
                whole.append(row.id)
        return tuple(whole)

    def _join(self, above: Row[Any], below: Row[Any], department_id: int) -> None:
        """Let two drafts be one, which knows what they were."""
        from desk_app.domain.messages.kept_draft import joined_drafts

        first, second = _draft(above, self._t.connection), _draft(below, self._t.connection)
        joined = joined_drafts(first, second)
        if self.put(joined, department_id) is None:
            return
        parts = {
            "ticket_id": below.ticket_id,
            "above": {"text": above.text, "html": above.html, _JOINED: json.loads(above.options).get(_JOINED)},
            "above_files": [_digest(one) for one in first.attachments],
            "below": {name: getattr(below, name) for name in _values(second)}
            | {name: json.loads(getattr(below, name)) for name in _IN_JSON},
            "below_files": [_digest(one) for one in second.attachments],
        }
        self._set_options(above.id, asdict(joined.options) | {_JOINED: parts})
        self.remove(below.agent_id, second.kind, below.ticket_id, stamp=second.stamp)

    def go_back(self, draft_ids: Sequence[int], target_id: int, ticket_id: int, department_id: int) -> None:
        """Carry drafts to the ticket they were begun for, and part those that were joined."""
        rows = self._rows(target_id)
        begun = {(row.agent_id, row.kind) for row in self._rows(ticket_id)} if rows else set()
        for row in rows:
            parts = json.loads(row.options).get(_JOINED)
            if (row.agent_id, row.kind) in begun:
                continue
            if row.id in draft_ids:
                self._place(row.id, ticket_id, department_id)
            elif parts is not None and parts["ticket_id"] == ticket_id:
                self._part(row, parts, department_id)

    def _part(self, row: Row[Any], parts: dict[str, Any], department_id: int) -> None:
        """Let a joined draft be the two that it was made of."""
        from desk_app.storage.messages.kept_files import put_files

        joined, own, ticket_id = _draft(row, self._t.connection), parts["above"], parts["ticket_id"]
        files = {_digest(one): one for one in joined.attachments}
        theirs, ours = ([files[one] for one in parts[name]] for name in ("below_files", "above_files"))
        self.put(replace(joined, text=own["text"], html=own["html"], attachments=tuple(ours)), row.department_id)
        if own[_JOINED] is not None:
            self._set_options(row.id, asdict(joined.options) | {_JOINED: own[_JOINED]})
        place = {"agent_id": row.agent_id, "kind": row.kind, "slot": ticket_id, "ticket_id": ticket_id}
        values = parts["below"] | place | {"department_id": department_id, "saved_at": self._t.now(), "revision": 1}
        values |= {name: _json(values[name]) for name in _IN_JSON}
        draft_id = self._t.connection.execute(insert(draft).values(values).returning(draft.c.id)).scalar_one()
        put_files(self._t, _OWNER, draft_id, theirs, {"department_id": department_id})

    def _rows(self, ticket_id: int) -> Sequence[Row[Any]]:
        begun = select(draft).where(draft.c.ticket_id == ticket_id)
        return self._t.connection.execute(begun.order_by(draft.c.id)).all()

    def _set_options(self, draft_id: int, options: dict[str, Any]) -> None:
        statement = update(draft).where(draft.c.id == draft_id)
        self._t.connection.execute(statement.values(options=_json(options)))

    def _place(self, draft_id: int, ticket_id: int, department_id: int) -> None:
        place = {"ticket_id": ticket_id, "slot": ticket_id, "department_id": department_id}
        self._t.connection.execute(update(draft).where(draft.c.id == draft_id).values(place))
        self._t.connection.execute(
            update(draft_attachment).where(draft_attachment.c.draft_id == draft_id).values(department_id=department_id)
        )


class SqlDraftQueries:
    """Drafts read without a writing transaction."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def of_ticket(self, agent_id: int, ticket_id: int | None) -> tuple[KeptDraft, ...]:
        """Return an agent's drafts to a ticket with their attachments."""
        return self._connections.read(lambda connection: _read(connection, agent_id, ticket_id))

    def ticket_ids(self, agent_id: int) -> frozenset[int]:
        """Return the tickets an agent has begun to write to."""
        statement = select(draft.c.ticket_id).where(draft.c.agent_id == agent_id, draft.c.slot != 0)
        return self._connections.read(lambda connection: frozenset(connection.execute(statement).scalars()))

    def of_others(self, agent_id: int, ticket_id: int) -> tuple[KeptDraft, ...]:
        """Return what other agents have begun to write to a ticket."""
        statement = select(draft).where(draft.c.ticket_id == ticket_id, draft.c.agent_id != agent_id)
        return self._connections.read(
            lambda connection: tuple(
                _draft(row, None) for row in connection.execute(statement.order_by(draft.c.id)).all()
            )
        )


def _digest(file: OutgoingAttachment) -> str:
    return sha256(file.content).hexdigest()


def _json(value: object) -> str:
    """Return JSON whose texts an erasure finds as they are."""
    return json.dumps(value, ensure_ascii=False)


def _read(connection: Connection, agent_id: int, ticket_id: int | None) -> tuple[KeptDraft, ...]:
    statement = select(draft).where(draft.c.agent_id == agent_id, draft.c.slot == (ticket_id or 0))
    return tuple(_draft(row, connection) for row in connection.execute(statement.order_by(draft.c.id)).all())


def _values(item: KeptDraft) -> dict[str, Any]:
    recipients = [
        [role.value, address.name, address.email]
        for role, addresses in zip(_ROLES, (item.to, item.cc, item.bcc), strict=True)
        for address in addresses
    ]
    return {
        "from_account_id": item.from_account_id,
        "from_address": item.from_address,
        "recipients": json.dumps(recipients, ensure_ascii=False),
        "subject": item.subject,
        "text": item.text,
        "html": item.html,
        "then_status": item.then_status,
        "cursor": item.cursor,
        "answers_message_id": item.answers_message_id,
        "last_message_id": item.last_message_id,
        "channel": item.channel,
        "options": json.dumps(asdict(item.options)),
    }


def _draft(row: Row[Any], connection: Connection | None) -> KeptDraft:
    from desk_app.domain.messages.kept_draft import DraftKind, DraftStamp, KeptDraft
    from desk_app.storage.messages.kept_files import read_files

    people: dict[str, list[Address]] = {role.value: [] for role in _ROLES}
    for role, name, email in json.loads(row.recipients):
        people[role].append(Address(name, email))
    files = read_files(connection, _OWNER, row.id) if connection is not None else ()
    return KeptDraft(
        kind=DraftKind(row.kind),
        agent_id=row.agent_id,
        ticket_id=row.ticket_id,
        from_account_id=row.from_account_id,
        from_address=row.from_address,
        to=tuple(people[AddressRole.TO.value]),
        cc=tuple(people[AddressRole.CC.value]),
        bcc=tuple(people[AddressRole.BCC.value]),
        subject=row.subject,
        text=row.text,
        html=row.html,
        attachments=files,
        then_status=row.then_status,
        cursor=row.cursor,
        answers_message_id=row.answers_message_id,
        last_message_id=row.last_message_id,
        channel=row.channel,
        options=_options(row.options),
        stamp=DraftStamp(row.id, row.revision),
        saved_at=row.saved_at,
    )


def _options(text: str) -> DraftOptions:
    """Return options; what a newer client wrote and this one does not know is left out."""
    from desk_app.domain.messages.kept_draft import DraftOptions, TicketPlace

    values = _known(DraftOptions, json.loads(text))
    if values.get("history"):
        values["history"] = HistoryIncluded(values["history"])
    if values.get("place"):
        values["place"] = TicketPlace(**_known(TicketPlace, values["place"]))
    return DraftOptions(**values)


def _known(kind: type[DraftOptions | TicketPlace], values: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in values.items() if name in names}
