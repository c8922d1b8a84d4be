"""Words for states, priorities, times and history lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QDateTime, QLocale

from desk_app.domain.tickets.model import Bucket, Priority, TicketEvent
from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.language import named, tr
from desk_app.ui.tickets.due import due_chip

BUCKET_TONES = {
    Bucket.OPEN: "info",
    Bucket.WAITING: "warning",
    Bucket.CLOSED: "success",
    Bucket.SNOOZED: "violet",
    Bucket.SPAM: "danger",
    Bucket.TRASH: "danger",
    Bucket.MERGED: "teal",
}
BUCKET_ICONS = {
    Bucket.OPEN: ("circle-dot", "info"),
    Bucket.WAITING: ("hourglass", "warning"),
    Bucket.CLOSED: ("circle-check", "success"),
    Bucket.SNOOZED: ("alarm-clock", "violet"),
    Bucket.SPAM: ("shield-alert", "danger"),
    Bucket.TRASH: ("trash-2", "danger"),
    Bucket.MERGED: ("merge", "teal"),
}
PRIORITY_TONES = {Priority.LOW: "", Priority.NORMAL: "", Priority.HIGH: "warning", Priority.URGENT: "danger"}


def priority_name(priority: Priority) -> str:
    """Return the word for a priority."""
    return {
        Priority.LOW: tr("Low"),
        Priority.NORMAL: tr("Normal"),
        Priority.HIGH: tr("High"),
        Priority.URGENT: tr("Urgent"),
    }[priority]


def bucket_name(bucket: Bucket) -> str:
    """Return the word for a bucket."""
    return {
        Bucket.OPEN: tr("Open"),
        Bucket.WAITING: tr("Waiting"),
        Bucket.CLOSED: tr("Closed"),
        Bucket.SNOOZED: tr("Snoozed"),
        Bucket.SPAM: tr("Spam"),
        Bucket.TRASH: tr("Trash"),
        Bucket.MERGED: tr("Merged"),
    }[bucket]


def utc_now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


def day_pattern(*, year: bool = False) -> str:
    """Return Qt's pattern for a day with its month in letters, in the order of the agent's locale."""
    order = QLocale().dateFormat(QLocale.FormatType.ShortFormat)
    if 0 <= order.find("M") < order.find("d"):
        return "MMM d, yyyy" if year else "MMM d"
    return "d MMM yyyy" if year else "d MMM"


def day_text(at: datetime) -> str:
    """Return a day: "14 Nov 2026"."""
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(at.timestamp())), day_pattern(year=True))


def short_time(at: datetime, now: datetime) -> str:
    """Return an age for lists: "2 min", "3 h", "14 Nov", "Nov 2024"."""
    age = now - at
    if age < timedelta(minutes=1):
        return tr("now")
    if age < timedelta(hours=1):
        return tr("%n min", int(age.total_seconds() // 60))
    if age < timedelta(hours=24):
        return tr("%n h", int(age.total_seconds() // 3600))
    date = QDateTime.fromSecsSinceEpoch(int(at.timestamp()))
    return QLocale().toString(date, day_pattern() if age < timedelta(days=300) else "MMM yyyy")


def clock_text(at: datetime) -> str:
    """Return the time of day as the agent's locale writes it: "8:00", "8:00 AM"."""
    moment = QDateTime.fromSecsSinceEpoch(int(at.timestamp()))
    return QLocale().toString(moment.time(), QLocale.FormatType.ShortFormat)


def card_time(at: datetime, now: datetime) -> str:
    """Return a time for cards: "Today 09:12", "14 Nov 09:12"; day and clock as the agent's locale writes them."""
    date = QDateTime.fromSecsSinceEpoch(int(at.timestamp()))
    days = (now.astimezone().date() - at.astimezone().date()).days
    clock = clock_text(at)
    if days == 0:
        return tr("Today") + " " + clock
    if days == 1:
        return tr("Yesterday") + " " + clock
    return QLocale().toString(date, day_pattern(year=not 0 <= days < 300)) + " " + clock


def day_time(at: datetime, now: datetime) -> str:
    """Return a day of the week with date and time, as short as it stays clear: "Fri, 27 Nov 8:00"."""
    date = QDateTime.fromSecsSinceEpoch(int(at.timestamp()))
    pattern = "ddd, " + day_pattern(year=at.astimezone().year != now.astimezone().year)
    return QLocale().toString(date, pattern) + " " + clock_text(at)


def full_time(at: datetime) -> str:
    """Return date and time in full, in the agent's locale and time zone: "Friday, November 21, 2025 9:12 AM"."""
    date = QDateTime.fromSecsSinceEpoch(int(at.timestamp()))
    day = QLocale().toString(date.date(), QLocale.FormatType.LongFormat)
    return day + " " + clock_text(at)


def size_text(size: int) -> str:
    """Return a size in bytes in the words of the agent's locale, such as "880 kB" or "1.4 MB"."""
    places = 0 if size < 1024 * 1024 else 1
    return QLocale().formattedDataSize(size, places, QLocale.DataSizeFormat.DataSizeTraditionalFormat)


def spoken_row(row: TicketRow) -> str:
    """Return the sentence a screen reader says of a list row (ui.md 6)."""
    parts = [
        tr("Unread.") if row.unread else "",
        row.requester_name or row.requester_email,
        row.subject or tr("(no subject)"),
        named(row.status_name),
        priority_name(row.priority) if row.priority in {Priority.HIGH, Priority.URGENT} else "",
        tr("assigned to {name}").format(name=row.assignee_name) if row.assignee_name else "",
        tr("has attachments") if row.has_attachments else "",
        tr("starred") if row.starred else "",
        tr("due: {time}").format(time=due_chip(row.due_at, row.created_at, utc_now())[0]) if row.due_at else "",
        short_time(row.activity_at, utc_now()),
    ]
    first, rest = parts[0], ", ".join(part for part in parts[1:] if part)
    return f"{first} {rest}".strip()


def event_value(field: str, value: str | None) -> str:
    """Return an old or new value of a history line as people read it, "" for none."""
    if not value:
        return ""
    if field.endswith("_at"):
        return day_time(datetime.fromisoformat(value), utc_now())
    if field == "priority" and value in {one.value for one in Priority}:
        return priority_name(Priority(value))
    if field == "status":
        return named(value.replace("_", " ").capitalize())
    return value


def _assigned(who: str, new: str) -> str:
    if who and who == new:
        return tr("{who} took the ticket")
    return tr("{who} assigned it to {new}") if new else tr("{who} took the assignment away")


def event_text(event: TicketEvent) -> str:
    """Return a history line: who did what, old and new."""
    who = event.actor.name
    old, new = event_value(event.field, event.old), event_value(event.field, event.new)
    known = {
        "TicketCreated": tr("{who} opened the ticket"),
        "MessageAdded": tr("{who} wrote"),
        "NoteAdded": tr("{who} added a note"),
        "ReplyQueued": tr("{who} wrote a reply"),
        "ReplyHeld": tr("A reply waits in the outbox"),
        "ReplySent": tr("A reply left"),
        "DraftTakenOver": tr("{who} took over a draft: {old} → {new}"),
        "ReplyUndone": tr("{who} took a reply back"),
        "NoteUndone": tr("{who} took a note back"),
        "AutoAnswered": tr("An automatic answer was sent"),
        "FileImported": tr("{who} took a mail file over"),
        "MailboxAdded": tr("The same mail came to {new}"),
        "AssigneeChanged": _assigned(who, new),
        "StatusChanged": tr("{who} set the status: {old} → {new}"),
        "PriorityChanged": tr("{who} set the priority: {old} → {new}"),
        "SubjectChanged": tr("{who} changed the subject to “{new}”"),
        "TagsChanged": tr("{who} set the tags: {new}") if new else tr("{who} removed all tags"),
        "Snoozed": tr("{who} snoozed it until {new}"),
        "Woken": tr("{who} woke it up"),
        "MailboxChanged": tr("{who} moved it to the mailbox {new}"),
        "DueChanged": tr("{who} set the due date: {new}") if new else tr("{who} took the due date away"),
        "Moved": tr("{who} moved it from {old} to {new}"),
        "TicketMerged": tr("{who} merged this ticket into #{new}") if new else tr("{who} merged this ticket"),
        "TicketAbsorbed": tr("{who} merged ticket #{new} into this one")
        if new
        else tr("{who} merged another ticket into this one"),
        "TicketUnmerged": tr("{who} took a merged ticket apart"),
        "TicketReleased": tr("{who} took ticket #{old} out of this one again"),
        "Linked": tr("{who} linked it to ticket #{new}"),
        "Unlinked": tr("{who} took the link to ticket #{old} away"),
        "Watched": tr("{new} watches this ticket"),
        "Unwatched": tr("{old} does not watch this ticket any more"),
        "SideConversationStarted": tr("{who} began a side conversation with {new}"),
        "SideMessageQueued": tr("{who} wrote to {new} on the side"),
        "SideAnswerAdded": tr("{who} answered on the side"),
        "SideMessageUndone": tr("{who} took a message to a third party back"),
        "TicketSplit": tr("{who} split messages off"),
        "MessageMovedHere": tr("{who} moved a message here"),
        "MessageMovedAway": tr("{who} moved a message to another ticket"),
        "Trashed": tr("{who} moved it to the trash"),
        "Restored": tr("{who} took it out of the trash"),
        "MarkedSpam": tr("{who} marked it as spam"),
        "ClearedSpam": tr("{who} said it is no spam"),
        "RequesterChanged": tr("{who} changed the customer: {old} → {new}"),
        "ReplyAddressChanged": tr("{who} lets replies go to {new}"),
        "ReplyCancelled": tr("{who} took a reply back"),
        "ReplyFailed": tr("A reply could not be sent"),
        "ReplyUnknown": tr("It is not known whether a reply left"),
        "ReplyRequeued": tr("{who} had a reply sent again"),
        "ReplyReleased": tr("{who} released a reply"),
        "DeliveryFailed": tr("A mail came back undelivered: {new}") if new else tr("A mail came back undelivered"),
    }.get(event.kind)
    if known is not None:
        return known.format(who=who, old=old, new=new)
    words = "".join(f" {char.lower()}" if char.isupper() else char for char in event.kind).strip()
    change = f": {old} → {new}" if old and new else f": {new or old}" if new or old else ""
    return f"{who} · {words}{change}"


def relation_name(relation: str) -> str:
    """Return what another ticket is to the one looked at."""
    return {
        "related": tr("Related"),
        "parent": tr("Parent"),
        "child": tr("Child"),
        "blocks": tr("Blocks"),
        "blocked_by": tr("Blocked by"),
        "earlier": tr("Follows on"),
        "follow_up": tr("Follow-up"),
        "split_from": tr("Split from"),
        "split_off": tr("Split off"),
        "split": tr("Split from"),
        "pair": tr("Same mail in another mailbox"),
    }.get(relation, relation)
