"""Outgoing mail: claims, outcomes, ceilings (database.md 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, Select, Update, func, insert, select, update

from desk_app.plugin_api.channels import RecipientResult
from desk_app.services.ports.sync import OutboxItem, OutboxState
from desk_app.storage.mailboxes.mapping import outbox_values, to_outbox
from desk_app.storage.schema.sync import auto_answer, outbox, outbox_recipient

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction


class SqlOutboxRepository:
    """Outgoing mail in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def add(self, item: OutboxItem) -> int:
        """Insert a mail with its recipients and return the new id."""
        connection = self._t.connection
        item.id = int(
            connection.execute(insert(outbox).values(outbox_values(item)).returning(outbox.c.id)).scalar_one()
        )
        for recipient in item.recipients:
            recipient.id = int(
                connection.execute(
                    insert(outbox_recipient).returning(outbox_recipient.c.id),
                    {
                        "outbox_id": item.id,
                        "department_id": item.department_id,
                        "role": recipient.role,
                        "address": recipient.address.lower(),
                        "name": recipient.name,
                        "state": recipient.state,
                        "response": recipient.response,
                    },
                ).scalar_one()
            )
        self._t.changed("outbox", item.id, "insert", item.department_id)
        return item.id

    def get(self, outbox_id: int) -> OutboxItem | None:
        """Return a mail."""
        return self._first(select(outbox).where(outbox.c.id == outbox_id))

    def by_internet_id(self, internet_id: str) -> OutboxItem | None:
        """Return the mail with this Message-ID."""
        return self._first(select(outbox).where(outbox.c.internet_id == internet_id).order_by(outbox.c.id.desc()))

    def listed(self, states: Sequence[OutboxState], limit: int = 500) -> Sequence[OutboxItem]:
        """Return mails in these states, oldest first."""
        statement = select(outbox).where(outbox.c.state.in_([state.value for state in states]))
        return self._items(statement.order_by(outbox.c.id).limit(limit))

    def count(self, states: Sequence[OutboxState]) -> int:
        """Return how many mails are in these states."""
        statement = select(func.count()).where(outbox.c.state.in_([state.value for state in states]))
        return int(self._t.connection.execute(statement).scalar_one())

    def claim_due(
        self, *, holder: str, lease: timedelta, limit: int, without: Collection[int] = ()
    ) -> Sequence[OutboxItem]:
        """Move due queued mails to SENDING under `holder` and return them; `without` names accounts to leave alone.

        PostgreSQL skips rows that another claimer has locked; SQLite lets only one claimer in.
        """
        now = self._t.now()
        due = (
            select(outbox.c.id)
            .where(outbox.c.state == OutboxState.QUEUED.value, outbox.c.send_after_at <= now)
            .order_by(outbox.c.send_after_at, outbox.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        if without:
            due = due.where(outbox.c.account_id.not_in(sorted(without)))
        ids = list(self._t.connection.execute(due).scalars())
        if not ids:
            return []
        self._t.connection.execute(
            update(outbox)
            .where(outbox.c.id.in_(ids), outbox.c.state == OutboxState.QUEUED.value)
            .values(
                state=OutboxState.SENDING.value,
                claimed_by=holder,
                lease_until_at=now + lease,
                attempts=outbox.c.attempts + 1,
                version=outbox.c.version + 1,
            )
        )
        claimed = self._items(select(outbox).where(outbox.c.id.in_(ids)).order_by(outbox.c.send_after_at, outbox.c.id))
        for item in claimed:
            self._t.changed("outbox", item.id, "update", item.department_id)
        return claimed

    def renew(self, item: OutboxItem, lease: timedelta) -> bool:
        """Prolong the claim on a mail that is still being sent; False when the claim was lost."""
        return self._write(_claimed(item).values(lease_until_at=self._t.now() + lease))

    def expired(self, limit: int = 100) -> Sequence[OutboxItem]:
        """Return SENDING mails whose lease ran out."""
        statement = (
            select(outbox)
            .where(outbox.c.state == OutboxState.SENDING.value, outbox.c.lease_until_at < self._t.now())
            .order_by(outbox.c.id)
            .limit(limit)
        )
        return self._items(statement)

    def finish(self, item: OutboxItem, state: OutboxState, response: str, results: Sequence[RecipientResult]) -> bool:
        """Write the outcome if `item` is still claimed by its holder; False when the claim was lost.

        The fence is holder and version together: a claim by the same process later is another one.
        """
        now = self._t.now()
        values: dict[str, Any] = {
            "state": state.value,
            "response": response,
            "lease_until_at": None,
            "version": item.version + 1,
        }
        if state is OutboxState.SENT:
            values["sent_at"] = now
        if not self._write(_claimed(item).values(values)):
            return False
        said = {result.address.lower(): result for result in results}
        for recipient in item.recipients:
            result = said.get(recipient.address.lower())
            outcome = _recipient_state(state, result)
            if outcome == recipient.state and result is None:
                continue
            self._t.connection.execute(
                update(outbox_recipient)
                .where(outbox_recipient.c.id == recipient.id)
                .values(state=outcome, response=result.response if result else response, at=now)
            )
        self._t.changed("outbox", item.id, "update", item.department_id)
        return True

    def postpone(self, item: OutboxItem, until_at: datetime, response: str) -> bool:
        """Put a mail that certainly did not leave back to QUEUED for a later attempt; False when the claim was lost."""
        written = self._write(
            _claimed(item).values(
                state=OutboxState.QUEUED.value,
                send_after_at=until_at,
                response=response,
                claimed_by="",
                lease_until_at=None,
                version=item.version + 1,
            )
        )
        if written:
            self._t.changed("outbox", item.id, "update", item.department_id)
        return written

    def transition(self, outbox_id: int, from_: Sequence[OutboxState], to: OutboxState, *, response: str = "") -> bool:
        """Change the state if it still is one of `from_`; False otherwise."""
        values: dict[str, Any] = {"state": to.value, "lease_until_at": None, "version": outbox.c.version + 1}
        if response:
            values["response"] = response
        if to is OutboxState.SENT:
            values["sent_at"] = self._t.now()
        if to in {OutboxState.QUEUED, OutboxState.HELD}:
            values["claimed_by"] = ""
        written = self._write(
            update(outbox)
            .where(outbox.c.id == outbox_id, outbox.c.state.in_([state.value for state in from_]))
            .values(values)
        )
        if written:
            self._t.changed("outbox", outbox_id)
        return written

    def reschedule(self, outbox_id: int, send_after_at: datetime) -> bool:
        """Change when a queued (or held) mail leaves; False when it is too late."""
        waiting = (OutboxState.QUEUED.value, OutboxState.HELD.value)
        written = self._write(
            update(outbox)
            .where(outbox.c.id == outbox_id, outbox.c.state.in_(waiting))
            .values(send_after_at=send_after_at, version=outbox.c.version + 1)
        )
        if written:
            self._t.changed("outbox", outbox_id)
        return written

    def copies_due(self, limit: int) -> Sequence[OutboxItem]:
        """Return sent mails whose copy in the Sent folder is still missing."""
        statement = (
            select(outbox)
            .where(outbox.c.copy_state == "pending", outbox.c.state == OutboxState.SENT.value)
            .order_by(outbox.c.id)
            .limit(limit)
        )
        return self._items(statement)

    def set_copy_state(self, outbox_id: int, state: str) -> None:
        """Note what became of the copy in the Sent folder."""
        self._t.connection.execute(update(outbox).where(outbox.c.id == outbox_id).values(copy_state=state))

    def mark_bounced(self, internet_id: str, address: str, response: str) -> None:
        """Mark one recipient (all, where `address` is empty) of a sent mail as bounced."""
        item = self.by_internet_id(internet_id)
        if item is None:
            return
        statement = update(outbox_recipient).where(outbox_recipient.c.outbox_id == item.id)
        if address:
            statement = statement.where(outbox_recipient.c.address == address.lower())
        self._t.connection.execute(statement.values(state="bounced", response=response, at=self._t.now()))
        self._t.changed("outbox", item.id, "update", item.department_id)

    def note_auto_answer(self, address: str, ticket_id: int | None, department_id: int, at: datetime) -> None:
        """Remember one automatic answer."""
        self._t.connection.execute(
            insert(auto_answer),
            {"address": address.lower(), "ticket_id": ticket_id, "department_id": department_id, "at": at},
        )

    def auto_answers_since(self, at: datetime, *, address: str = "", ticket_id: int | None = None) -> int:
        """Count automatic answers since an instant."""
        statement = select(func.count()).where(auto_answer.c.at >= at)
        if address:
            statement = statement.where(auto_answer.c.address == address.lower())
        if ticket_id is not None:
            statement = statement.where(auto_answer.c.ticket_id == ticket_id)
        return int(self._t.connection.execute(statement).scalar_one())

    def _write(self, statement: Update) -> bool:
        return self._t.connection.execute(statement).rowcount == 1

    def _first(self, statement: Select[Any]) -> OutboxItem | None:
        found = self._items(statement.limit(1))
        return found[0] if found else None

    def _items(self, statement: Select[Any]) -> list[OutboxItem]:
        rows = self._t.connection.execute(statement).all()
        if not rows:
            return []
        recipients: dict[int, list[Row[Any]]] = defaultdict(list)
        for row in self._t.connection.execute(
            select(outbox_recipient)
            .where(outbox_recipient.c.outbox_id.in_([row.id for row in rows]))
            .order_by(outbox_recipient.c.id)
        ):
            recipients[row.outbox_id].append(row)
        return [to_outbox(row, recipients.get(row.id, ())) for row in rows]


def _claimed(item: OutboxItem) -> Update:
    return update(outbox).where(
        outbox.c.id == item.id,
        outbox.c.state == OutboxState.SENDING.value,
        outbox.c.claimed_by == item.claimed_by,
        outbox.c.version == item.version,
    )


def _recipient_state(state: OutboxState, result: RecipientResult | None) -> str:
    if result is not None:
        return "accepted" if result.accepted else "refused"
    return {
        OutboxState.SENT: "accepted",
        OutboxState.FAILED: "refused",
        OutboxState.UNKNOWN: "unknown",
    }.get(state, "queued")
