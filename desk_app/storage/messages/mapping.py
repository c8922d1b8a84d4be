"""Rows to messages and what stands beside them, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, Select, select

from desk_app.domain.messages.content import PreparedContent
from desk_app.domain.messages.model import Address, AddressRole, Classification, Direction, MessageKind
from desk_app.services.ports.messages import MessageRecord, StoredAttachment
from desk_app.storage.schema.messages import attachment, message, message_address, message_body

NOT_PREPARED = -1
"""Reader and pipeline version of messages that came from no raw mail: nothing is ever read or prepared again."""

FINAL = 2**31 - 1
"""Pipeline version of messages whose body is never prepared again: a plugin changed them when they came."""

_PLAIN = (
    "ticket_id",
    "department_id",
    "account_id",
    "contact_id",
    "agent_id",
    "author_name",
    "author_email",
    "subject",
    "snippet",
    "sent_at",
    "created_at",
    "internet_id",
    "content_hash",
    "raw_sha256",
    "size",
    "imported",
    "stranger",
    "has_html",
    "join_rule",
    "side_conversation_id",
)

_BODY = ("text", "visible_text", "folded_text", "html", "folded_html", "view", "reader_version", "pipeline_version")

MESSAGES: Select[Any] = select(message, *(message_body.c[name] for name in _BODY)).outerjoin(
    message_body, message_body.c.message_id == message.c.id
)
"""Selects what `to_record` needs."""

ADDRESSES = select(message_address).order_by(message_address.c.message_id, message_address.c.id)
ATTACHMENTS = select(attachment).order_by(attachment.c.message_id, attachment.c.position, attachment.c.id)


def message_values(record: MessageRecord) -> dict[str, Any]:
    """Return the columns of a message without its id."""
    values = {name: getattr(record, name) for name in _PLAIN}
    values["author_email"] = record.author_email.lower()
    values["kind"] = record.kind.value
    values["direction"] = record.direction.value
    values["classification"] = record.classification.value
    values["attachment_count"] = sum(1 for item in record.attachments if not item.inline)
    values["join_reason"] = _json(record.join_reason) if record.join_reason else "{}"
    values["problems"] = _json(list(record.problems)) if record.problems else "[]"
    return values


def body_values(record: MessageRecord) -> dict[str, Any]:
    """Return the columns of a body."""
    content = content_values(record.content)
    if record.content is None and record.raw_sha256 is None:
        content["pipeline_version"] = NOT_PREPARED
    was_read = record.raw_sha256 is not None and record.direction is Direction.INBOUND
    reader_version = record.reader_version if was_read and not record.final else NOT_PREPARED
    if record.final:
        content["pipeline_version"] = FINAL
    return {
        "message_id": record.id,
        "department_id": record.department_id,
        "text": record.text,
        "visible_text": record.visible_text,
        "folded_text": record.folded_text,
        "reader_version": reader_version,
        **content,
    }


def content_values(content: PreparedContent | None) -> dict[str, Any]:
    """Return the columns of prepared content; NULL and version 0 where there is none yet.

    The safe HTML before normalising is not stored: it is made again from the raw mail by whoever needs it.
    """
    if content is None:
        return {"html": None, "folded_html": None, "view": "{}", "pipeline_version": 0}
    view = {
        "remote_images": list(content.remote_images),
        "deceptive_links": [list(pair) for pair in content.deceptive_links],
        "own_colours": content.own_colours,
    }
    return {
        "html": content.visible_html,
        "folded_html": content.folded_html,
        "view": _json(view),
        "pipeline_version": content.version,
    }


def address_values(record: MessageRecord) -> list[dict[str, Any]]:
    """Return the rows of a message's addresses, numbered within their role."""
    rows: list[dict[str, Any]] = []
    positions: dict[str, int] = {}
    for role, address in record.addresses:
        position = positions.get(role.value, 0)
        positions[role.value] = position + 1
        rows.append(
            {
                "message_id": record.id,
                "department_id": record.department_id,
                "role": role.value,
                "position": position,
                "name": address.name,
                "email": address.email.lower(),
            }
        )
    return rows


def reference_values(record: MessageRecord) -> list[dict[str, Any]]:
    """Return the rows of the Message-IDs a message refers to, each once."""
    return [
        {"message_id": record.id, "department_id": record.department_id, "internet_id": internet_id}
        for internet_id in dict.fromkeys(record.refers_to)
        if internet_id
    ]


def attachment_values(record: MessageRecord) -> list[dict[str, Any]]:
    """Return the rows of a message's attachments in order."""
    return [
        {
            "message_id": record.id,
            "department_id": record.department_id,
            "position": position,
            "part": item.part,
            "filename": item.filename,
            "content_type": item.content_type,
            "size": item.size,
            "content_id": item.content_id,
            "inline": item.inline,
            "sha256": item.sha256,
        }
        for position, item in enumerate(record.attachments)
    ]


def to_record(
    row: Row[Any], addresses: Iterable[Row[Any]], references: Iterable[str], attachments: Iterable[Row[Any]]
) -> MessageRecord:
    """Return the message of a row of `MESSAGES` with what stands beside it."""
    return MessageRecord(
        **{name: getattr(row, name) for name in _PLAIN},
        kind=MessageKind(row.kind),
        direction=Direction(row.direction),
        classification=Classification(row.classification),
        join_reason=json.loads(row.join_reason),
        problems=tuple(json.loads(row.problems)),
        text=row.text or "",
        visible_text=row.visible_text or "",
        folded_text=row.folded_text or "",
        reader_version=max(row.reader_version or 0, 0),
        content=to_content(row),
        final=row.pipeline_version == FINAL,
        addresses=tuple((AddressRole(item.role), Address(item.name, item.email)) for item in addresses),
        refers_to=tuple(references),
        attachments=tuple(to_attachment(item) for item in attachments),
        id=row.id,
    )


def to_content(row: Row[Any]) -> PreparedContent | None:
    """Return prepared content, None where it was not prepared yet."""
    if not row.pipeline_version or row.pipeline_version < 0:
        return None
    view = json.loads(row.view)
    return PreparedContent(
        visible_text=row.visible_text,
        folded_text=row.folded_text,
        safe_html=(row.html or "") + (row.folded_html or ""),
        visible_html=row.html or "",
        folded_html=row.folded_html or "",
        remote_images=tuple(view.get("remote_images", ())),
        deceptive_links=tuple((pair[0], pair[1]) for pair in view.get("deceptive_links", ())),
        own_colours=bool(view.get("own_colours", False)),
        version=row.pipeline_version,
    )


def to_attachment(row: Row[Any]) -> StoredAttachment:
    """Return an attachment of a row."""
    return StoredAttachment(
        filename=row.filename,
        content_type=row.content_type,
        size=row.size,
        sha256=row.sha256,
        content_id=row.content_id,
        inline=row.inline,
        part=row.part,
        id=row.id,
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
