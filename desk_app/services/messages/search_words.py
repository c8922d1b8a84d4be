"""The words a message is found by."""

from __future__ import annotations

from desk_app.domain.messages.model import AddressRole
from desk_app.domain.search import SearchFields, index_fields
from desk_app.services.ports.messages import MessageRecord

_SENDERS = frozenset({AddressRole.FROM, AddressRole.REPLY_TO})


def fields_of(record: MessageRecord) -> SearchFields:
    """Return the words of a message by field."""
    sender = [record.author_name, record.author_email]
    recipients: list[str] = []
    for role, address in record.addresses:
        names = sender if role in _SENDERS else recipients
        for text in (address.name, address.email):
            if text and (text not in names):
                names.append(text)
    return index_fields(
        subject=record.subject,
        sender=sender,
        recipients=recipients,
        text=record.text,
        attachment_names=[item.filename for item in record.attachments if item.filename],
    )
