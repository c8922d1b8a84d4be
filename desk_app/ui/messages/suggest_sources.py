"""What "/", "@" and "#" suggest: canned responses, colleagues, tickets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from PySide6.QtCore import QObject

from desk_app.domain.messages.canned import FOLDER_SEPARATOR, CannedResponse, CannedScope, offered
from desk_app.domain.tickets.query import TicketQuery
from desk_app.services.messages.canned import filled
from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.language import tr
from desk_app.ui.messages.composer import Composer
from desk_app.ui.messages.suggest_popup import Suggestion
from desk_app.ui.messages.suggestions import Deliver
from desk_app.ui.messages.triggers import CANNED, MENTION, TICKET
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.views import EVERYWHERE

SHOWN = 40
SCOPE_ICONS = {
    CannedScope.PRIVATE: "user",
    CannedScope.DEPARTMENT: "building-2",
    CannedScope.EVERYBODY: "message-square-text",
}


class CannedSource(QObject):
    """Canned responses, read once and again when somebody changed one; filled in for the ticket being written to."""

    sign = CANNED

    def __init__(self, session: DeskSession, composer: Composer) -> None:
        super().__init__(composer)
        self._session, self._composer = session, composer
        self._responses: Sequence[CannedResponse] | None = None
        self._values: tuple[tuple[int, int], Mapping[str, str]] | None = None
        session.canned_changed.connect(self._forget)

    def _forget(self) -> None:
        self._responses = None

    def wanted(self) -> bool:
        """A canned response fits every kind of text."""
        return True

    def find(self, typed: str, deliver: Deliver) -> None:
        """Search title, folder and text."""
        place = (self._composer.ticket_id, self._composer.head.chosen_sender[0])
        if self._responses is not None and self._values is not None and self._values[0] == place:
            deliver(self._suggest(typed, self._responses, self._values[1]))
            return
        canned, agent_id = self._session.desk.canned, self._session.agent.id

        def read() -> tuple[Sequence[CannedResponse], Mapping[str, str]]:
            return canned.visible(agent_id), canned.values(place[0] or None, place[1] or None, agent_id)

        def arrived(found: tuple[Sequence[CannedResponse], Mapping[str, str]]) -> None:
            self._responses, self._values = found[0], (place, found[1])
            deliver(self._suggest(typed, *found))

        self._session.work.run(read, arrived, owner=self)

    def _suggest(self, typed: str, responses: Sequence[CannedResponse], values: Mapping[str, str]) -> list[Suggestion]:
        view = self._composer.view
        language = view.ticket.language if view is not None else ""
        department_id = view.ticket.department_id if view is not None else None
        if not responses and not typed:
            return [Suggestion(tr("None there yet: make the first one…"), self._to_settings, icon="plus")]
        fitting = offered(responses, typed, language=language, department_id=department_id)[:SHOWN]
        if not typed.strip():
            fitting.sort(key=lambda one: one.folder.casefold())  # stable: the most used first in each folder
        return [self._suggestion(one, values, grouped=not typed.strip()) for one in fitting]

    def _to_settings(self) -> None:
        self._composer.action_asked.emit("settings.canned")

    def _suggestion(self, one: CannedResponse, values: Mapping[str, str], *, grouped: bool) -> Suggestion:
        folder = one.folder.replace(FOLDER_SEPARATOR, " › ")
        parts = [
            one.language.upper(),
            "" if grouped else folder,
            tr("%n use(s)", one.use_count) if grouped and one.use_count else "",
        ]
        return Suggestion(
            one.title,
            lambda: self._take(one, values),
            " · ".join(part for part in parts if part),
            SCOPE_ICONS[one.scope],
            (folder or tr("Without a folder")) if grouped else "",
            lambda: preview_html(filled(one, values)),
        )

    def _take(self, one: CannedResponse, values: Mapping[str, str]) -> None:
        """Insert it at once; its files follow, and its use is counted."""
        composer, ticket_id, note = self._composer, self._composer.ticket_id, self._composer.is_note
        made = filled(one, values)
        pictures = "cid:" in made.html
        if not pictures:
            insert(composer, made)
        canned, actor = self._session.desk.canned, self._session.actor

        def used(found: CannedResponse | None) -> None:
            if found is None or composer.ticket_id != ticket_id or composer.is_note != note:
                return
            for file in found.attachments:
                if file.content_id:
                    composer.edit.pictures[file.content_id] = file
                elif not note:
                    composer.attach(file.filename, file.content_type, file.content)
            if pictures:
                insert(composer, made)

        self._session.work.write(lambda: canned.use(one.id, actor), used, owner=self)


def insert(composer: Composer, made: CannedResponse) -> None:
    """Put a filled-in response into the text."""
    if made.html and not composer.plain:
        composer.edit.insert_written(made.html)
    else:
        composer.edit.insertPlainText(made.text)


def preview_html(made: CannedResponse) -> str:
    """Return a filled-in response to look at, placeholders without a value set off."""
    html = made.html or "<p>" + escape(made.text).replace("\n", "<br>") + "</p>"
    colour = theme().hex("warning")
    marked = html.replace("{{", f'<span style="color:{colour};font-weight:600">{{{{').replace("}}", "}}</span>")
    files = "".join(f"<p>📎 {escape(name)}</p>" for name in made.file_names)
    return marked + files


class MentionSource(QObject):
    """Colleagues, in notes only: what customers read mentions nobody."""

    sign = MENTION

    def __init__(self, session: DeskSession, composer: Composer) -> None:
        super().__init__(composer)
        self._session, self._composer = session, composer

    def wanted(self) -> bool:
        """Only notes mention."""
        return self._composer.is_note

    def find(self, typed: str, deliver: Deliver) -> None:
        """Search names and logins by the beginning of any of their words."""
        words = typed.casefold().split()
        found = [
            Suggestion(
                agent.name,
                lambda one=agent: self._composer.edit.insert_mention(one.id, one.name),  # type: ignore[misc]
                agent.email or agent.login,
                "circle-user",
            )
            for agent in self._session.facts.agents
            if agent.active and all(_begins(word, f"{agent.name} {agent.login}") for word in words)
        ]
        deliver(found[:SHOWN])


class TicketSource(QObject):
    """Tickets by number or words. In a note the number becomes a link that opens the ticket; a customer gets only the
    number, which leads nowhere for them."""

    sign = TICKET

    def __init__(self, session: DeskSession, composer: Composer) -> None:
        super().__init__(composer)
        self._session, self._composer = session, composer

    def wanted(self) -> bool:
        """Numbers fit every kind of text."""
        return True

    def find(self, typed: str, deliver: Deliver) -> None:
        """Search off the GUI thread; without words the newest tickets."""
        queries, agent_id, here = self._session.desk.ticket_queries, self._session.agent.id, self._composer.ticket_id

        def look() -> list[TicketRow]:
            number = queries.find(typed.strip()) if typed.strip() else None
            first = queries.rows([number], agent_id=agent_id) if number is not None else []
            query = TicketQuery(buckets=EVERYWHERE, search=typed.strip())
            rest = queries.page(query, agent_id=agent_id, limit=12).rows
            return [*first, *(row for row in rest if row.id not in {number, here})]

        def show(rows: list[TicketRow]) -> None:
            deliver(
                [
                    Suggestion(
                        f"#{row.number}  {row.subject}",
                        lambda one=row: self._take(one),  # type: ignore[misc]
                        row.requester_name or row.requester_email,
                        "ticket",
                    )
                    for row in rows
                ]
            )

        self._session.work.run(look, show, owner=self)

    def _take(self, row: TicketRow) -> None:
        if self._composer.is_note:
            self._composer.edit.insert_ticket_link(row.id, row.number)
        else:
            self._composer.edit.insertPlainText(f"#{row.number} ")


def _begins(word: str, text: str) -> bool:
    return any(part.startswith(word) for part in text.casefold().split())
