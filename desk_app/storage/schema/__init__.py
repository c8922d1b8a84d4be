"""The tables, by business area. Importing this package fills `metadata`."""

from desk_app.storage.schema import contacts, links, messages, people, plugins, sync, system, tickets, views, writing
from desk_app.storage.schema.base import metadata

__all__ = [
    "contacts",
    "links",
    "messages",
    "metadata",
    "people",
    "plugins",
    "sync",
    "system",
    "tickets",
    "views",
    "writing",
]
