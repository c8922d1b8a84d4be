"""Pictures of lists: due dates, stars, saved views, filters, densities, and windows with little room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from PySide6.QtTest import QTest

from desk_app.domain.tickets.model import Bucket
from desk_app.domain.tickets.query import Span, TicketQuery
from desk_app.domain.views.model import SavedView
from desk_app.ui.shell.window import MainWindow
from tests.ui import stage

Lead = Callable[[MainWindow], None]


def scenes() -> Iterator[tuple[str, Lead]]:
    """Every picture in the usual sizes."""
    yield "list-full", _fill
    yield "list-hover", _hover
    yield "list-filters", _filters
    yield "list-search", _search
    yield "list-nothing", _nothing
    yield "view-save", _save_as
    yield "list-compact", _compact
    yield "list-usual", _usual


def narrow() -> Iterator[tuple[str, tuple[int, int], Lead]]:
    """Pictures of windows that have no room for everything."""
    yield "narrow-details", (1200, 800), _details
    yield "narrow-lists", (1000, 760), _open_lists
    yield "narrow-page", (700, 760), _page


def _fill(window: MainWindow) -> None:
    desk, me, actor = window.session.desk, window.session.agent.id, window.session.actor
    now = datetime.now(UTC)
    ids = list(desk.ticket_queries.ids(TicketQuery()))
    for ticket_id, hours in zip(ids[1:], (0.7, 2, 70, -3, 20), strict=False):
        desk.tickets.set_due([ticket_id], now + timedelta(hours=hours), actor)
    desk.views.star([ids[3], ids[6]], me, on=True)
    if not desk.views.visible(me):
        for name, icon, query in (
            ("SLA at risk", "flame", TicketQuery(due=Span(next_days=1))),
            ("VIP customers", "star", TicketQuery(tags=("vip",), buckets=(Bucket.OPEN, Bucket.WAITING))),
            ("Refunds this week", "tag", TicketQuery(tags=("refund",), updated=Span(last_days=7))),
        ):
            desk.views.add(SavedView(0, me, name, icon, query), me)
    window.session.views_changed.emit()
    window.preferences.set("look/reduce_motion", value=True)
    window.show_page("inbox")
    window.inbox.sidebar.choose("open")
    window.inbox.list.refresh()
    window.inbox.sidebar.count()
    stage.settle(window)
    window.inbox.list.open_first()


def _hover(window: MainWindow) -> None:
    table, model = window.inbox.list.table, window.inbox.list.model
    QTest.mouseMove(table.viewport(), table.visualRect(model.index(2, 0)).center())


def _filters(window: MainWindow) -> None:
    view = next(one for one in window.inbox.sidebar.saved.lists if one.title == "VIP customers")
    window.inbox.sidebar.choose(view.id)
    stage.settle(window)
    window.inbox.list.filter_by(replace(window.inbox.list.query, updated=Span(last_days=30)))


def _search(window: MainWindow) -> None:
    window.inbox.sidebar.choose("open")
    window.inbox.list.search("from:maya -newsletter is:open before:2100-01-01")


def _nothing(window: MainWindow) -> None:
    window.inbox.list.search("nobody wrote this")


def _save_as(window: MainWindow) -> None:
    window.inbox.list.close_search()
    window.run_action("view.save_as")


def _compact(window: MainWindow) -> None:
    window.preferences.set("look/density", "compact")


def _usual(window: MainWindow) -> None:
    window.preferences.set("look/density", "comfortable")


def _inbox(window: MainWindow) -> None:
    """Show the inbox with its first ticket, whatever page an earlier picture was of."""
    window.show_page("inbox")
    window.inbox.sidebar.choose("open")
    stage.settle(window)
    window.inbox.list.open_first()
    stage.settle(window)


def _details(window: MainWindow) -> None:
    _inbox(window)
    window.inbox.panes.toggle_details()


def _page(window: MainWindow) -> None:
    _inbox(window)
    window.inbox.panes.read()


def _open_lists(window: MainWindow) -> None:
    _inbox(window)
    window.inbox.panes.details_drawer.leave()
    window.inbox.panes.toggle_sidebar()
