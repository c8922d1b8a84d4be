"""What the command palette offers: commands, places, settings, people and tickets (ui.md 4.9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from desk_app.plugin_api.ui import ActionScope, ActionSpec
from desk_app.ui.language import tr
from desk_app.ui.shell.palette_lines import Entry

if TYPE_CHECKING:
    from desk_app.services.queries.contacts import ContactRow
    from desk_app.ui.shell.window import MainWindow

RECENT = "palette/recent"
MOST_RECENT = 6
_SHOWN_RECENT = 4
_PEOPLE = 5
_LEAST_LETTERS = 2
_SIGILS = "#@>/"


class PaletteEntries:
    """Collects entries for the tickets chosen in a window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._asked = 0

    def open(self) -> None:
        """Show the palette."""
        from desk_app.ui.shell.palette import Step

        window = self._window
        palette = window.palette_layer
        palette.ran = self._ran
        entries = (*self._commands(), *self._places(), *self._settings())
        step = Step(
            (*self._recent(entries), *entries),
            self._typed,
            context=self._context(),
            grouped=True,
            take=_take,
            later=self._later,
        )
        palette.open_with((), step=step)

    # -- what there is ------------------------------------------------------------------------------------------------

    def _context(self) -> str:
        ids = self._window.selected_ticket_ids()
        view = self._window.inbox.open_view
        if len(ids) > 1:
            return tr("%n ticket(s)", len(ids))
        return f"#{view.ticket.number}" if view is not None and ids and view.ticket.id == ids[0] else ""

    def _commands(self) -> Iterable[Entry]:
        window = self._window
        ids = window.selected_ticket_ids()

        def usable(spec: ActionSpec) -> bool:
            return spec.scope is ActionScope.NONE or (bool(ids) and spec.enabled(ids))

        others = {"window.palette", *(f"settings.{page.id}" for page in window.registries.settings_pages)}
        found = [spec for spec in window.registries.actions if usable(spec) and spec.id not in others]
        found.sort(key=lambda spec: spec.scope is ActionScope.NONE)  # what concerns the ticket comes first
        for spec in found:
            yield Entry(
                spec.title,
                partial(window.run_action, spec.id),
                spec.group or tr("Plugins"),
                spec.icon,
                spec.keys[0] if spec.keys else "",
                more=self._more(spec),
                id=f"action:{spec.id}",
                near=spec.scope is not ActionScope.NONE,
            )

    def _more(self, spec: ActionSpec) -> tuple[Entry, ...]:
        return (
            Entry(tr("Change its key…"), partial(self._change_key, spec.title), icon="keyboard"),
            Entry(tr("All keyboard shortcuts"), self._window.show_keys, icon="keyboard"),
        )

    def _places(self) -> Iterable[Entry]:
        window = self._window
        known = {spec.title for spec in window.registries.actions}
        for page in window.registries.pages:
            if page.title not in known:
                yield Entry(
                    page.title, partial(window.show_page, page.id), tr("Go to"), page.icon, id=f"page:{page.id}"
                )

    def _settings(self) -> Iterable[Entry]:
        for page in self._window.registries.settings_pages:
            title = f"{tr('Settings')}: {page.title}"
            action = self._window.registries.actions.get(f"settings.{page.id}")
            yield Entry(
                title,
                partial(self._open_settings, page.id),
                tr("Settings"),
                page.icon,
                action.keys[0] if action is not None and action.keys else "",
                more=self._more(action) if action is not None else (),
                id=f"settings:{page.id}",
                words=page.words,
            )

    def _recent(self, entries: Sequence[Entry]) -> Iterable[Entry]:
        known = {entry.id: entry for entry in entries}
        for wanted in self._recent_ids()[:_SHOWN_RECENT]:
            if (entry := known.get(wanted)) is not None:
                yield Entry(
                    entry.title, entry.run, tr("Recent"), entry.icon, entry.key, entry.detail, entry.more, entry.id
                )

    # -- what the words make ------------------------------------------------------------------------------------------

    def _typed(self, text: str) -> Iterable[Entry]:
        words = text.strip()
        if words.startswith("#") and len(words) > 1:
            title = tr("Open ticket {number}").format(number=words)
            yield Entry(title, partial(self._open_number, words[1:]), tr("Tickets"), "ticket")
        elif len(words) >= _LEAST_LETTERS and words[0] not in _SIGILS:
            title = tr("Search tickets for “{words}”").format(words=words)
            yield Entry(title, partial(self._window.search_tickets, words), tr("Search"), "search")
        elif words.startswith("@"):
            yield from self._colleagues(words[1:])

    def _colleagues(self, words: str) -> Iterable[Entry]:
        window, ids = self._window, self._window.selected_ticket_ids()
        for agent in window.session.facts.agents:
            if not agent.active or words.lower() not in agent.name.lower():
                continue
            search: Callable[[], object] = partial(window.search_tickets, f"assignee:{agent.login}")
            assign: Callable[[], object] = partial(window.acts.assign, ids, agent.id)
            run = assign if ids else search
            detail = tr("assign to this colleague") if ids else tr("tickets of this colleague")
            more = (Entry(tr("Show the tickets of {name}").format(name=agent.name), search, icon="search"),)
            yield Entry(agent.name, run, tr("Colleagues"), "circle-user", detail=detail, more=more)

    def _later(self, text: str) -> None:
        """Look for people and tickets off the window's thread; what was typed since then is asked for anew."""
        from desk_app.domain.contacts.query import ContactQuery

        words = text.strip().lstrip("@")
        self._asked += 1
        asked, window = self._asked, self._window
        if len(words) < _LEAST_LETTERS or text.strip()[:1] in "#>/":
            return
        queries = window.session.desk.contact_queries

        def read() -> list[ContactRow]:
            query = ContactQuery(search=words)
            return queries.rows(list(queries.ids(query)[:_PEOPLE]))

        def found(rows: list[ContactRow]) -> None:
            if asked == self._asked:
                window.palette_layer.add_late(text, [self._person(row) for row in rows])

        window.session.work.run(read, found, failed=lambda _problem: None, owner=window)

    def _person(self, row: ContactRow) -> Entry:
        window = self._window
        name = row.name or row.email
        more = (
            Entry(
                tr("Tickets of {name}").format(name=name),
                partial(window.search_tickets, f"from:{row.email}"),
                icon="search",
            ),
        )
        detail = " · ".join(part for part in (row.email if row.email != name else "", row.organization) if part)
        return Entry(name, partial(self._open_person, row.id), tr("Customers"), "user", detail=detail, more=more)

    # -- what they do -------------------------------------------------------------------------------------------------

    def _open_person(self, contact_id: int) -> None:
        from desk_app.ui.contacts.customers_page import CustomersPage

        self._window.show_page("customers")
        page = self._window.page("customers")
        if isinstance(page, CustomersPage):
            page.open_person(contact_id)

    def _open_settings(self, page_id: str) -> None:
        from desk_app.ui.settings.page import SettingsHome

        self._window.show_page("settings")
        home = self._window.page("settings")
        if isinstance(home, SettingsHome):
            home.open_page(page_id)

    def _change_key(self, title: str) -> None:
        from desk_app.ui.settings.page import SettingsHome

        self._open_settings("keyboard")
        home = self._window.page("settings")
        page = home.page("keyboard") if isinstance(home, SettingsHome) else None
        if page is not None and hasattr(page, "search"):
            page.search.setText(title)

    def _open_number(self, number: str) -> None:
        window, queries = self._window, self._window.session.desk.ticket_queries

        def found(ticket_id: int | None) -> None:
            if ticket_id is None:
                window.notify(tr("There is no ticket #{number}.").format(number=number))
            else:
                window.open_ticket(ticket_id)

        window.session.work.run(lambda: queries.find(number), found, owner=window)

    # -- what was run lately ------------------------------------------------------------------------------------------

    def _recent_ids(self) -> list[str]:
        value = self._window.preferences.settings.value(RECENT)
        return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []

    def _ran(self, entry: Entry) -> None:
        if entry.id:
            ids = [entry.id, *(one for one in self._recent_ids() if one != entry.id)][:MOST_RECENT]
            self._window.preferences.settings.setValue(RECENT, ids)


def _take(text: str, entries: Sequence[Entry]) -> tuple[str, Sequence[Entry]]:
    """Let ">" choose commands, "/" places and settings; "#" and "@" leave all entries out. While something is typed,
    nothing is named twice."""
    words = text.lstrip()
    kinds = {">": ("action:",), "/": ("page:", "settings:", "action:go."), "#": (), "@": ()}
    if words[:1] in kinds:
        wanted = kinds[words[:1]]
        entries = [one for one in entries if wanted and one.id.startswith(wanted)]
        words = words[1:]
    if words.strip() or text.strip():
        entries = list({one.id: one for one in entries}.values())
    return words, entries
