"""The lists of the sidebar (features.md IN-02)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from desk_app.domain.mailboxes.model import Account
from desk_app.domain.tickets.model import Bucket
from desk_app.domain.tickets.query import TicketQuery
from desk_app.services.queries.tickets import Counts
from desk_app.ui.language import tr

WORKING = (Bucket.OPEN,)


@dataclass(frozen=True, slots=True)
class ListView:
    """A list: its name, its query and its number. `quiet_status` is the status bucket not worth a chip in it."""

    id: str
    title: str
    icon: str
    query: TicketQuery
    count: Callable[[Counts], int]
    dot: str = ""
    key: str = ""
    empty: str = ""


def core_views(agent_id: int) -> list[ListView]:
    """Return the standing lists of an agent."""
    return [
        ListView(
            "mine",
            tr("My open"),
            "circle-user",
            TicketQuery(buckets=WORKING, assignee_id=agent_id),
            lambda c: c.mine.get(Bucket.OPEN, 0),
            key="G, M",
            empty=tr("Nothing waits for you."),
        ),
        ListView(
            "unassigned",
            tr("Unassigned"),
            "circle-dashed",
            TicketQuery(buckets=WORKING, assignee_id=0),
            lambda c: c.nobody.get(Bucket.OPEN, 0),
            key="G, U",
            empty=tr("Everything has somebody who looks after it."),
        ),
        ListView(
            "open",
            tr("All open"),
            "layers",
            TicketQuery(buckets=WORKING),
            lambda c: c.total.get(Bucket.OPEN, 0),
            key="G, I",
            empty=tr("All done. New mail appears here by itself."),
        ),
        _bucket("waiting", tr("Waiting"), "hourglass", Bucket.WAITING, "G, W"),
        _bucket("snoozed", tr("Snoozed"), "alarm-clock", Bucket.SNOOZED, "G, H"),
        _bucket("closed", tr("Closed"), "circle-check", Bucket.CLOSED, "G, E", counted=False),
        _bucket("spam", tr("Spam"), "shield-alert", Bucket.SPAM, "G, X"),
        _bucket("trash", tr("Trash"), "trash-2", Bucket.TRASH, "G, T", counted=False),
    ]


def _bucket(view_id: str, title: str, icon: str, bucket: Bucket, key: str, *, counted: bool = True) -> ListView:
    return ListView(
        view_id,
        title,
        icon,
        TicketQuery(buckets=(bucket,)),
        (lambda c: c.total.get(bucket, 0)) if counted else (lambda _c: 0),
        key=key,
        empty=tr("Nothing here."),
    )


def mailbox_view(account: Account) -> ListView:
    """Return the open tickets of one mailbox."""
    return ListView(
        f"mailbox:{account.id}",
        account.name,
        "mail",
        TicketQuery(buckets=WORKING, account_id=account.id),
        lambda c: c.mailboxes.get(account.id, {}).get(Bucket.OPEN, 0),
        dot=account.colour,
        empty=tr("All done. New mail appears here by itself."),
    )


EVERYWHERE = (Bucket.OPEN, Bucket.WAITING, Bucket.SNOOZED, Bucket.CLOSED)


def search_view(text: str) -> ListView:
    """Return the hits of a search."""
    return ListView(
        "search",
        tr("Search"),
        "search",
        TicketQuery(buckets=EVERYWHERE, search=text),
        lambda _c: 0,
        empty=tr("Nothing found. Try fewer words, or an operator such as from: or tag:"),
    )
