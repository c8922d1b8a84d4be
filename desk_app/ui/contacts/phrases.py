"""Words about people and organizations."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QDateTime, QLocale

from desk_app.domain.contacts.model import Contact
from desk_app.domain.contacts.query import ContactFilter
from desk_app.services.queries.contacts import ContactRow, OrganizationRow
from desk_app.ui.language import tr
from desk_app.ui.tickets.phrases import day_pattern, short_time, utc_now

ORGANIZATIONS = "organizations"
"""The filter of the list that shows organizations in place of people."""


def filter_names() -> list[tuple[str, str]]:
    """Return the filters of the list and their names."""
    return [
        (ContactFilter.ALL.value, tr("People")),
        (ORGANIZATIONS, tr("Organizations")),
        (ContactFilter.BLOCKED.value, tr("Blocked")),
        (ContactFilter.FAILING.value, tr("Mail fails")),
        (ContactFilter.WITHOUT_TICKETS.value, tr("No tickets")),
    ]


def event_name(kind: str) -> str:
    """Return what was done to a person or an organization, in words; a kind from a newer program is shown as it is."""
    return {
        "created": tr("made this entry"),
        "renamed": tr("changed the name"),
        "noted": tr("changed the note"),
        "fields": tr("changed details"),
        "joined": tr("chose the organization"),
        "left": tr("took the organization away"),
        "email_added": tr("added an e-mail address"),
        "phone_added": tr("added a phone number"),
        "address_labelled": tr("named an address"),
        "address_removed": tr("removed an address"),
        "primary_changed": tr("chose the main address"),
        "put_back": tr("took a change back"),
        "merged": tr("merged another customer into this one"),
        "merged_into": tr("merged this customer into another one"),
        "unmerged": tr("took a merge apart"),
        "blocked": tr("blocked mail"),
        "unblocked": tr("let mail through again"),
        "domain_added": tr("added a domain"),
        "domain_removed": tr("removed a domain"),
        "deleted": tr("deleted it"),
        "exported": tr("exported all data"),
    }.get(kind, kind)


def contact_name(contact: Contact) -> str:
    """Return how a person is called on screen."""
    return contact.name or contact.primary_email or tr("Nobody")


def spoken_person(row: ContactRow) -> str:
    """Return a line of the list as a screen reader says it."""
    parts = [row.name or row.email, row.email, row.organization]
    if row.blocked:
        parts.append(tr("Blocked"))
    if row.failing:
        parts.append(tr("Mail fails"))
    parts.append(tr("%n open ticket(s)", row.open_tickets))
    if row.last_contact_at is not None:
        parts.append(short_time(row.last_contact_at, utc_now()))
    return ", ".join(part for part in dict.fromkeys(parts) if part)


def spoken_organization(row: OrganizationRow) -> str:
    """Return a line of the list of organizations as a screen reader says it."""
    parts = [row.name, *row.domains, tr("%n member(s)", row.members), tr("%n open ticket(s)", row.open_tickets)]
    return ", ".join(part for part in parts if part)


def short_date(at: datetime) -> str:
    """Return day, month and year of an instant, in the agent's locale and time zone."""
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(at.timestamp())), day_pattern(year=True))
