"""Rows to accounts, intake rows and outgoing mails, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from desk_app.domain.mailboxes.model import (
    Account,
    AccountHealth,
    AccountPolicy,
    AfterImport,
    Alias,
    FirstImport,
    SenderName,
)
from desk_app.services.ports.sync import InboundItem, InboundState, OutboxItem, OutboxRecipient, OutboxState

_ACCOUNT_PLAIN = ("department_id", "channel", "name", "sender_name", "colour", "enabled", "position")
HEALTH_PLAIN = tuple(field.name for field in fields(AccountHealth))
_INBOUND_PLAIN = (
    "account_id",
    "department_id",
    "stream",
    "source_key",
    "received_at",
    "stored_at",
    "size",
    "raw_sha256",
    "archive",
    "reason",
    "attempts",
    "internet_id",
    "content_hash",
    "message_id",
    "acknowledged",
)
_OUTBOX_PLAIN = (
    "account_id",
    "department_id",
    "internet_id",
    "envelope_from",
    "mime_sha256",
    "queued_at",
    "send_after_at",
    "message_id",
    "ticket_id",
    "purpose",
    "sent_at",
    "attempts",
    "lease_until_at",
    "claimed_by",
    "response",
    "copy_state",
    "cancel_on_reply",
    "version",
)


def account_values(account: Account) -> dict[str, Any]:
    """Return the columns of an account without id, version and creation time."""
    values = {name: getattr(account, name) for name in _ACCOUNT_PLAIN}
    values["address"] = account.address.strip().lower()
    values["settings"] = json.dumps(dict(account.settings), ensure_ascii=False)
    values["policy"] = policy_json(account.policy)
    return values


def to_account(row: Row[Any], aliases: Iterable[Row[Any]]) -> Account:
    """Return the account of a row."""
    return Account(
        id=row.id,
        address=row.address,
        settings=json.loads(row.settings),
        policy=policy_from(row.policy),
        created_at=row.created_at,
        aliases=tuple(Alias(item.address, item.sender_name) for item in aliases),
        version=row.version,
        **{name: getattr(row, name) for name in _ACCOUNT_PLAIN},
    )


def policy_json(policy: AccountPolicy) -> str:
    """Return a policy as JSON; instants in ISO 8601."""
    values: dict[str, Any] = {}
    for field in fields(AccountPolicy):
        value = getattr(policy, field.name)
        values[field.name] = value.isoformat() if isinstance(value, datetime) else value
    return json.dumps(values, ensure_ascii=False)


def policy_from(text: str) -> AccountPolicy:
    """Return the policy of a JSON text; unknown keys of newer clients are left out."""
    stored = json.loads(text)
    known = {field.name for field in fields(AccountPolicy)}
    values = {name: value for name, value in stored.items() if name in known}
    for name in ("import_since_at", "connected_at"):
        if values.get(name):
            values[name] = datetime.fromisoformat(values[name])
    if "first_import" in values:
        values["first_import"] = FirstImport(values["first_import"])
    if "after_import" in values:
        values["after_import"] = AfterImport(values["after_import"])
    if "sender_name" in values:
        values["sender_name"] = SenderName(values["sender_name"])
    if "reply_to_senders" in values:
        values["reply_to_senders"] = tuple(values["reply_to_senders"])
    return AccountPolicy(**values)


def to_health(row: Row[Any]) -> AccountHealth:
    """Return the health of a row."""
    return AccountHealth(**{name: getattr(row, name) for name in HEALTH_PLAIN})


def inbound_values(item: InboundItem) -> dict[str, Any]:
    """Return the columns of an intake row without its id."""
    values = {name: getattr(item, name) for name in _INBOUND_PLAIN}
    values["state"] = item.state.value
    values["after_import"] = item.after_import.value
    return values


def to_inbound(row: Row[Any]) -> InboundItem:
    """Return the intake row of a row."""
    return InboundItem(
        **{name: getattr(row, name) for name in _INBOUND_PLAIN},
        state=InboundState(row.state),
        after_import=AfterImport(row.after_import),
        id=row.id,
    )


def outbox_values(item: OutboxItem) -> dict[str, Any]:
    """Return the columns of an outgoing mail without its id."""
    values = {name: getattr(item, name) for name in _OUTBOX_PLAIN}
    values["state"] = item.state.value
    return values


def to_outbox(row: Row[Any], recipients: Iterable[Row[Any]]) -> OutboxItem:
    """Return the outgoing mail of a row."""
    return OutboxItem(
        **{name: getattr(row, name) for name in _OUTBOX_PLAIN},
        state=OutboxState(row.state),
        recipients=[
            OutboxRecipient(item.role, item.address, item.name, item.state, item.response, item.id)
            for item in recipients
        ],
        id=row.id,
    )
