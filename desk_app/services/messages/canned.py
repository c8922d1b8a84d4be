"""Keeps canned responses and fills them in (CO-06, CO-07)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from desk_app.domain.messages.canned import CannedResponse, clean_folder, export_json, read_export
from desk_app.domain.messages.placeholders import fill, names_in
from desk_app.domain.people.actor import Actor
from desk_app.services.plugins.placeholders import PluginPlaceholders
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from desk_app.services.ports.writing import WritingQueries

LONGEST_TITLE = 200


class StaleCannedError(Exception):
    """Somebody else changed the response since it was read; nothing was overwritten."""

    def __init__(self) -> None:
        super().__init__("Somebody else changed this canned response meanwhile. Open it again.")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: how many responses are new, and how many were there already."""

    added: int
    known: int


class CannedService:
    """Canned responses; whoever may write to customers may change the shared ones."""

    def __init__(self, uow: UnitOfWorkFactory, queries: WritingQueries, further: PluginPlaceholders) -> None:
        self._uow = uow
        self._queries = queries
        self._further = further

    def samples(self, account_id: int | None, agent_id: int | None) -> Mapping[str, str]:
        """Return what placeholders stand for where there is no ticket, to preview a text: those of plugins for their
        titles."""
        return {**dict(self._further.listed()), **self.values(None, account_id, agent_id)}

    def visible(self, agent_id: int | None) -> Sequence[CannedResponse]:
        """Return what is shared and what is the agent's own, by folder and title, without the bytes of files."""
        return self._queries.canned(agent_id)

    def get(self, response_id: int, actor: Actor) -> CannedResponse | None:
        """Return a response with its files; None where it is gone or somebody else's own."""
        with self._uow() as uow:
            found = uow.canned.get(response_id)
        return found if found is not None and _may_see(found, actor) else None

    def values(self, ticket_id: int | None, account_id: int | None, agent_id: int | None) -> Mapping[str, str]:
        """Return what placeholders stand for in a mail of this agent from this mailbox to this ticket; those of plugins
        as far as a response that the agent is offered asks for them."""
        found = self._queries.placeholder_values(ticket_id=ticket_id, account_id=account_id, agent_id=agent_id)
        if ticket_id is None or not self._further.listed():
            return found
        used = {name for one in self.visible(agent_id) for name in names_in(f"{one.text}\n{one.html}")}
        with self._uow() as uow:
            ticket = uow.pictures.ticket(ticket_id)
        return {**self._further.values(used, ticket), **found}

    def save(self, response: CannedResponse, actor: Actor) -> CannedResponse:
        """Store a response, a new one with id 0, and return it as stored.

        Raises ValueError without a title or a text, StaleCannedError where somebody else was faster, and
        PermissionError for what is somebody else's own.
        """
        clean = replace(response, title=" ".join(response.title.split()), folder=clean_folder(response.folder))
        if not clean.title or len(clean.title) > LONGEST_TITLE:
            raise ValueError("A canned response needs a title of at most 200 characters.")
        if not (clean.text.strip() or clean.html.strip() or clean.attachments):
            raise ValueError("A canned response needs a text.")
        with self._uow() as uow:
            before = uow.canned.get(clean.id) if clean.id else None
            if clean.id and before is None:
                raise StaleCannedError
            if not all(_may_see(one, actor) for one in (clean, before) if one is not None):
                raise PermissionError("This canned response belongs to somebody else.")
            stored = uow.canned.put(clean)
            if stored is None:
                raise StaleCannedError
            uow.changed("canned_response", stored.id, "update" if clean.id else "insert", stored.department_id)
            uow.commit()
        return stored

    def delete(self, response_id: int, actor: Actor) -> CannedResponse | None:
        """Delete a response and return it as it was: saved again with id 0 it is back, its count included."""
        with self._uow() as uow:
            found = uow.canned.get(response_id)
            if found is None:
                return None
            if not _may_see(found, actor):
                raise PermissionError("This canned response belongs to somebody else.")
            uow.canned.remove(response_id)
            uow.changed("canned_response", response_id, "delete", found.department_id)
            uow.commit()
        return found

    def use(self, response_id: int, actor: Actor) -> CannedResponse | None:
        """Count a use and return the response with its files; None where it is gone."""
        with self._uow() as uow:
            found = uow.canned.get(response_id)
            if found is None or not _may_see(found, actor):
                return None
            uow.canned.count_use(response_id, uow.now())
            uow.changed("canned_response", response_id, "update", found.department_id)
            uow.commit()
        return found

    def export(self, actor: Actor) -> str:
        """Return the shared responses and the actor's own as a JSON text."""
        return export_json(self._queries.canned(actor.agent_id))

    def import_(self, content: str, actor: Actor, *, private: bool = False) -> Imported:
        """Add the responses of an exported file; what is there already with folder, title, language and text is left
        alone. `private` makes them the actor's own. Raises ValueError where the file is none."""
        agent_id = actor.agent_id if private else None
        with self._uow() as uow:
            known = {_sameness(one) for one in uow.canned.visible(actor.agent_id)}
            new = [replace(one, folder=clean_folder(one.folder), agent_id=agent_id) for one in read_export(content)]
            fresh = {_sameness(one): one for one in new if _sameness(one) not in known}
            for one in fresh.values():
                self._add(uow, one)
            uow.commit()
        return Imported(len(fresh), len(new) - len(fresh))

    def _add(self, uow: UnitOfWork, response: CannedResponse) -> None:
        stored = uow.canned.put(response)
        if stored is not None:
            uow.changed("canned_response", stored.id, "insert")


def filled(response: CannedResponse, values: Mapping[str, str]) -> CannedResponse:
    """Return a response with its placeholders filled in; those without a value stay, for the guard to find."""
    html = fill(response.html, values, html=True).text if response.html else ""
    return replace(response, text=fill(response.text, values).text, html=html)


def _sameness(one: CannedResponse) -> tuple[str, ...]:
    return (one.folder.casefold(), one.title.casefold(), one.language, one.text.strip())


def _may_see(response: CannedResponse, actor: Actor) -> bool:
    return response.agent_id is None or response.agent_id == actor.agent_id
