"""The table of deliveries, and how one is made.

Every event is written down first and posted afterwards, so that nothing is lost when the receiver or this computer is
off. A receiver may get one twice; the header X-Desk-Delivery tells.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import sqlalchemy as sa

from desk_app.plugin_api import Context, HttpError, PluginError, Tables
from desk_app.plugin_api.channels import SecretError

PAUSES = (60, 5 * 60, 30 * 60, 2 * 3600, 12 * 3600)
"""Seconds before the second, third ... try; after the last one a delivery is given up."""
KEPT = timedelta(days=30)
_ROUND = 20
ROUND_SECONDS = 60.0
"""A round ends after so long, however slowly the receiver answers: the job it runs in has to come back in time."""

_SIGNED = "signed"
_seen_here: set[str] = set()
"""Whether this program has seen the signing secret: one that is gone then was taken away, and is not elsewhere."""


class Held(Exception):  # noqa: N818 -- read as a sentence
    """Nothing can be posted here now, whatever the receiver says: that costs a delivery none of its tries."""


def _table(tables: Tables) -> sa.Table:
    made: sa.Table = tables.define(
        "delivery",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("made_at", sa.Float, nullable=False),  # seconds since 1970
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("ticket", sa.String(40), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),  # waiting, delivered, failed
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Index("ix_px_webhook_notify_delivery_due", "state", "due_at"),
    )
    return made


def create_tables(tables: Tables, connection: Any) -> None:
    """Create the table; the first migration."""
    tables.create(connection, _table(tables))


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what stands in X-Desk-Signature: `sha256=` and the HMAC of timestamp, a dot and the body, in hex."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class Deliveries:
    """What is to be posted, and what became of it."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._table = _table(ctx.tables)

    def add(self, event: str, content: Mapping[str, Any]) -> None:
        """Write down an event to deliver."""
        now = self._ctx.clock.now()
        body = {"event": event, "at": now.isoformat().replace("+00:00", "Z"), **content}
        ticket = content.get("ticket") or {}
        row = {
            "made_at": now.timestamp(),
            "due_at": now.timestamp(),
            "event": event,
            "ticket": str(ticket.get("number") or content.get("ticket_id") or ""),
            "body": json.dumps(body, ensure_ascii=False, default=str),
            "state": "waiting",
            "tries": 0,
            "answer": "",
        }
        with self._ctx.tables.begin() as connection:
            connection.execute(sa.insert(self._table), row)

    def deliver_due(self) -> int:
        """Post what is due, oldest first; one that fails does not hold up the others, and a round ends after a minute.
        Returns how many were tried."""
        if not self._ctx.settings["url"]:
            return 0
        table = self._table
        due = (
            sa.select(table)
            .where(table.c.state == "waiting", table.c.due_at <= self._now())
            .order_by(table.c.due_at, table.c.id)
            .limit(_ROUND)
        )
        with self._ctx.tables.reading() as connection:
            rows = connection.execute(due).all()
        end = monotonic() + ROUND_SECONDS
        for done, row in enumerate(rows, 1):
            self._deliver(row)
            if monotonic() >= end:
                return done
        return len(rows)

    def _deliver(self, row: Any) -> None:
        try:
            state, answer, again = self._post(row.id, row.event, row.body)
        except Held as error:
            self._keep(row.id, due_at=self._now() + PAUSES[0], answer=str(error))
            return
        tries, due = row.tries + 1, row.due_at
        if state != "delivered":
            if again and row.tries < len(PAUSES):
                state, due = "waiting", self._now() + PAUSES[row.tries]
            else:
                state = "failed"
                self._ctx.log.warning("delivery %s was given up after %s tries: %s", row.id, tries, answer)
        self._keep(row.id, state=state, tries=tries, due_at=due, answer=answer)

    def _keep(self, number: int, *, answer: str, **changes: Any) -> None:
        with self._ctx.tables.begin() as connection:
            connection.execute(
                sa.update(self._table).where(self._table.c.id == number).values(answer=answer[:500], **changes)
            )

    def _post(self, number: int, event: str, text: str) -> tuple[str, str, bool]:
        """Post one body; returns the state, the answer in words, and whether another try makes sense. Raises Held."""
        body, stamp = text.encode(), str(int(self._now()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"Desk-App-Webhook/{self._ctx.version}",
            "X-Desk-Event": event,
            "X-Desk-Delivery": str(number),
            "X-Desk-Timestamp": stamp,
        }
        if secret := self.note_secret():
            headers["X-Desk-Signature"] = signature(secret, stamp, body)
        try:
            answer = self._ctx.http.request(
                "POST",
                self._ctx.settings["url"],
                headers=headers,
                data=body,
                timeout=15,
                max_bytes=10_000,
                redirects=False,
            )
        except HttpError as error:
            return "waiting", str(error), error.retry
        except PluginError as error:  # the permission was taken away
            raise Held(str(error)) from None
        if answer.status // 100 == 2:
            return "delivered", str(answer.status), False
        if answer.status // 100 == 3:  # a client that follows may leave the body behind, and takes that for an answer
            moved = self._ctx.tr("HTTP {code}: the receiver has another address")
            return "waiting", moved.format(code=answer.status), True
        # 4xx is an answer for good, but for "too slow" and "too many"
        return "waiting", f"HTTP {answer.status}", answer.status >= 500 or answer.status in {408, 425, 429}

    def note_secret(self) -> str:
        """Return the signing secret, "" for none, and keep on the desk whether there is one. Raises Held where it is on
        another computer only: what is not signed the receiver refuses for good."""
        try:
            secret = self._ctx.secrets.get("secret") or ""
            signed = self._ctx.kv.get(_SIGNED, False)
            if bool(secret) is not signed and (secret or _seen_here):
                self._ctx.kv.set(_SIGNED, bool(secret) or None)
                signed = bool(secret)
        except (PluginError, SecretError) as error:  # a permission was taken away, or the keychain is locked
            raise Held(str(error)) from None
        if secret:
            _seen_here.add(_SIGNED)
        else:
            _seen_here.clear()
            if signed:
                text = self._ctx.tr("The signing secret is not in the keychain of this computer. Enter it here, too.")
                raise Held(text)
        return secret

    def post_test(self) -> tuple[str, str]:
        """Post a test message at once; returns state and answer."""
        now = self._ctx.clock.now().isoformat().replace("+00:00", "Z")
        try:
            state, answer, _ = self._post(0, "test", json.dumps({"event": "test", "at": now}))
        except Held as error:
            return "failed", str(error)
        return ("delivered" if state == "delivered" else "failed"), answer

    def retry_failed(self) -> int:
        """Let everything that was given up be tried again; returns how many that are."""
        again = {"state": "waiting", "tries": 0, "due_at": self._now()}
        with self._ctx.tables.begin() as connection:
            done = connection.execute(sa.update(self._table).where(self._table.c.state == "failed").values(**again))
        return int(done.rowcount)

    def counts(self) -> tuple[int, int]:
        """Return how many wait for another try, and how many were given up."""
        table = self._table
        tried = sa.and_(table.c.state == "waiting", table.c.answer != "")
        with self._ctx.tables.reading() as connection:
            waiting = connection.execute(sa.select(sa.func.count()).select_from(table).where(tried)).scalar_one()
            failed = connection.execute(
                sa.select(sa.func.count()).select_from(table).where(table.c.state == "failed")
            ).scalar_one()
        return int(waiting), int(failed)

    def log(self, state: str, limit: int = 500) -> Sequence[Sequence[Any]]:
        """Return the newest deliveries as rows of the report."""
        table = self._table
        statement = sa.select(table).order_by(table.c.id.desc()).limit(limit)
        if state:
            statement = statement.where(table.c.state == state)
        with self._ctx.tables.reading() as connection:
            rows = connection.execute(statement).all()
        return [
            (
                f"{datetime.fromtimestamp(r.made_at, UTC):%Y-%m-%d %H:%M:%S}",
                r.event,
                r.ticket,
                r.state,
                r.tries,
                r.answer,
            )
            for r in rows
        ]

    def forget_old(self) -> None:
        """Forget what was delivered or given up a month ago."""
        table = self._table
        old = sa.delete(table).where(table.c.state != "waiting", table.c.made_at < self._now() - KEPT.total_seconds())
        with self._ctx.tables.begin() as connection:
            connection.execute(old)

    def _now(self) -> float:
        return float(self._ctx.clock.now().timestamp())
