"""The lists of the sidebar (features.md IN-02)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from desk_app.domain.mailboxes.model import Account
from desk_app.domain.people.agent import Agent
from desk_app.domain.tickets.model import Bucket
from desk_app.domain.tickets.query import Assigned, TicketQuery
from desk_app.domain.views.model import SavedView
from desk_app.services.queries.tickets import Counts
from desk_app.ui.language import tr

WORKING = (Bucket.OPEN,)
EVERYWHERE = (Bucket.OPEN, Bucket.WAITING, Bucket.SNOOZED, Bucket.CLOSED)


@dataclass(frozen=True, slots=True)
class ListView:
    """A list: its name, its query and its number.

    `count` reads the number from the counters; where it is None, the tickets are counted. `folded` lists stand under
    "More lists". `saved` is the view an agent made of it.
    """

    id: str
    title: str
    icon: str
    query: TicketQuery
    count: Callable[[Counts], int] | None = None
    dot: str = ""
    key: str = ""
    empty: str = ""
    folded: bool = False
    saved: SavedView | None = None


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
        _bucket("waiting", tr("Waiting"), "hourglass", Bucket.WAITING, "G, W", tr("No ticket waits for a customer.")),
        _bucket("snoozed", tr("Snoozed"), "alarm-clock", Bucket.SNOOZED, "G, H", tr("No ticket is snoozed.")),
        ListView(
            "drafts",
            tr("Drafts"),
            "file-pen",
            TicketQuery(buckets=EVERYWHERE, drafted=True),
            key="G, D",
            empty=tr("No answer is half written."),
        ),
        ListView(
            "sent",
            tr("Sent"),
            "send",
            TicketQuery(buckets=EVERYWHERE, answered=True),
            key="G, S",
            empty=tr("Tickets stand here after you answered, until the customer writes again."),
        ),
        ListView(
            "starred",
            tr("Starred"),
            "star",
            TicketQuery(buckets=EVERYWHERE, starred=True),
            key="G, F",
            empty=tr("No ticket has a star. Press * on one you want to find again."),
        ),
        ListView(
            "others",
            tr("Assigned to others"),
            "users",
            TicketQuery(buckets=WORKING, assigned=Assigned.OTHERS),
            lambda c: max(0, c.total.get(Bucket.OPEN, 0) - c.mine.get(Bucket.OPEN, 0) - c.nobody.get(Bucket.OPEN, 0)),
            key="G, A",
            empty=tr("Nobody else has an open ticket."),
            folded=True,
        ),
        ListView(
            "watched",
            tr("Watched"),
            "eye",
            TicketQuery(buckets=EVERYWHERE, watched=True),
            key="G, V",
            empty=tr("You watch no ticket."),
            folded=True,
        ),
        _bucket(
            "closed", tr("Closed"), "circle-check", Bucket.CLOSED, "G, E", tr("No ticket is closed yet."), folded=True
        ),
        _bucket("spam", tr("Spam"), "shield-alert", Bucket.SPAM, "G, X", tr("No spam."), folded=True),
        _bucket("trash", tr("Trash"), "trash-2", Bucket.TRASH, "G, T", tr("The trash is empty."), folded=True),
    ]


def _bucket(
    view_id: str, title: str, icon: str, bucket: Bucket, key: str, empty: str, *, folded: bool = False
) -> ListView:
    return ListView(
        view_id,
        title,
        icon,
        TicketQuery(buckets=(bucket,)),
        lambda c: c.total.get(bucket, 0),
        key=key,
        empty=empty,
        folded=folded,
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


def agent_view(agent: Agent) -> ListView:
    """Return the open tickets of a colleague."""
    return ListView(
        f"agent:{agent.id}",
        agent.name,
        "circle-user",
        TicketQuery(buckets=WORKING, assignee_id=agent.id),
        empty=tr("{name} has no open ticket.").format(name=agent.name),
        folded=True,
    )


def saved_list(view: SavedView) -> ListView:
    """Return the list of a saved view."""
    return ListView(
        f"view:{view.id}", view.name, view.icon, view.query, empty=tr("No ticket fits this view now."), saved=view
    )


def search_view(text: str) -> ListView:
    """Return the hits of a search."""
    return ListView(
        "search",
        tr("Search"),
        "search",
        TicketQuery(buckets=EVERYWHERE, search=text),
        lambda _c: 0,
        empty=tr("Nothing found"),
    )
