"""The tables, by business area. Importing this package fills `metadata`."""

from desk_app.storage.schema import contacts, messages, people, sync, system, tickets, writing
from desk_app.storage.schema.base import metadata

__all__ = ["contacts", "messages", "metadata", "people", "sync", "system", "tickets", "writing"]
