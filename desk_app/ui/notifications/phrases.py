"""Words for notifications."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, QLocale

from desk_app.domain.notifications.model import NoticeKind
from desk_app.domain.notifications.showing import Popup, PopupKind
from desk_app.ui.language import tr
from desk_app.ui.problems import fault_text

if TYPE_CHECKING:
    from desk_app.services.ports.notifications import NoticeRow

LOOKS: dict[NoticeKind, tuple[str, str]] = {
    NoticeKind.MENTIONED: ("at-sign", "violet"),
    NoticeKind.ASSIGNED: ("user-plus", "accent_text"),
    NoticeKind.SEND_FAILED: ("mail-x", "danger"),
    NoticeKind.CUSTOMER_WROTE: ("mail", "info"),
    NoticeKind.NOTE_ADDED: ("sticky-note", "warning"),
    NoticeKind.WOKEN: ("alarm-clock", "violet"),
    NoticeKind.NEW_TICKET: ("inbox", "teal"),
    NoticeKind.MAILBOX_ALARM: ("circle-alert", "danger"),
    NoticeKind.JOB_FINISHED: ("circle-check", "success"),
}
"""Icon and colour token of each kind."""


def kind_name(kind: NoticeKind) -> str:
    """Return what a kind is called in the settings."""
    return {
        NoticeKind.MENTIONED: tr("Somebody mentions me"),
        NoticeKind.ASSIGNED: tr("A ticket is assigned to me"),
        NoticeKind.SEND_FAILED: tr("A reply failed or came back"),
        NoticeKind.CUSTOMER_WROTE: tr("A customer writes on my or a watched ticket"),
        NoticeKind.NOTE_ADDED: tr("A note on my or a watched ticket"),
        NoticeKind.WOKEN: tr("A snoozed ticket comes back"),
        NoticeKind.NEW_TICKET: tr("A new ticket that nobody has, in my departments"),
        NoticeKind.MAILBOX_ALARM: tr("A mailbox needs somebody"),
        NoticeKind.JOB_FINISHED: tr("A job over many tickets ends"),
    }[kind]


def headline(row: NoticeRow) -> str:
    """Return in one short sentence what happened; nothing of what was written."""
    kind, who, data = row.notice.kind, row.author or tr("Somebody"), row.notice.data
    if kind is NoticeKind.SEND_FAILED:
        return {
            "bounced": tr("A reply came back"),
            "unknown": tr("Nobody knows whether a reply left"),
        }.get(str(data.get("how")), tr("A reply was refused"))
    if kind is NoticeKind.CUSTOMER_WROTE and data.get("how") == "side":
        return tr("{person} answered in a side conversation").format(person=who)
    if kind is NoticeKind.MAILBOX_ALARM:
        return f"{data.get('mailbox', '')}: {fault_text(str(data.get('fault', '')))[0]}"
    if kind is NoticeKind.JOB_FINISHED:
        done, failed = (value if isinstance(value := data.get(key), int) else 0 for key in ("done", "failed"))
        words = tr("A change of %n ticket(s) has ended", done)
        return f"{words} · {tr('%n failed', failed)}" if failed else words
    count = data.get("count")
    if kind is NoticeKind.ASSIGNED and isinstance(count, int):
        return tr("{person} assigned %n ticket(s) to you", count).format(person=who)
    return {
        NoticeKind.MENTIONED: tr("{person} mentioned you"),
        NoticeKind.ASSIGNED: tr("{person} assigned this to you") if row.author else tr("Assigned to you"),
        NoticeKind.CUSTOMER_WROTE: tr("{person} wrote"),
        NoticeKind.NOTE_ADDED: tr("{person} added a note"),
        NoticeKind.WOKEN: tr("Back from snooze"),
        NoticeKind.NEW_TICKET: tr("New from {person}"),
    }[kind].format(person=who)


def title(row: NoticeRow) -> str:
    """Return what a notification is about: the ticket, or nothing."""
    return f"#{row.number} {row.subject}".strip() if row.number else ""


def day_name(at: datetime, today: date) -> str:
    """Return "Today", "Yesterday" or the day in full, in the agent's time zone and language."""
    day = at.astimezone().date()
    if day == today:
        return tr("Today")
    if (today - day).days == 1:
        return tr("Yesterday")
    return QLocale().toString(QDate(day.year, day.month, day.day), QLocale.FormatType.LongFormat)


def popup_words(
    popup: Popup, rows: Sequence[NoticeRow], department: Callable[[int | None], str], *, private: bool
) -> tuple[str, str]:
    """Return title and text of a popup about `rows`, oldest first. `department` names a department. A private popup has
    no word of what was written, nor of whom or what it is about."""
    newest, count = rows[-1], len(rows)
    if popup.kind is PopupKind.NEW_TICKETS:
        words = tr("%n new in {department}", count).format(department=department(newest.notice.department_id))
        text = ", ".join(dict.fromkeys(row.author for row in reversed(rows) if row.author))
        return words, "" if private else text[:120]
    if popup.kind is PopupKind.DIGEST:
        text = " · ".join(headline(row) for row in reversed(rows[-3:]))
        return tr("%n notification(s) while you were away", count), "" if private else text
    if private:
        return kind_name(newest.notice.kind), tr("%n notification(s)", count) if count > 1 else ""
    about = title(newest)
    more = f" · {tr('%n more', count - 1)}" if count > 1 else ""
    if not about:
        advice = fault_text(str(newest.notice.data.get("fault", "")))[1]
        return headline(newest), advice if newest.notice.kind is NoticeKind.MAILBOX_ALARM else ""
    return headline(newest) + more, "\n".join(part for part in (about, newest.snippet[:160]) if part)
