"""Saved views: made, shared, changed and deleted with a way back; and the stars of an agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from desk_app.domain.views.model import SavedView, problem

if TYPE_CHECKING:
    from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


class ViewRefusedError(Exception):
    """A view cannot be changed like that; the text says why, for people."""


class ViewService:
    """What agents do with views. A shared view is changed and deleted only by who made it; others copy it."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    def visible(self, agent_id: int) -> Sequence[SavedView]:
        """Return an agent's own views and those shared with it."""
        with self._uow() as uow:
            return uow.views.visible(agent_id)

    def add(self, view: SavedView, agent_id: int) -> SavedView:
        """Save a new view of an agent and return it with its id. Raises ViewRefusedError."""
        with self._uow() as uow:
            view = _checked(uow, replace(view, id=0, agent_id=agent_id, version=1))
            view = replace(view, id=uow.views.add(view))
            uow.commit()
        return view

    def save(self, view: SavedView, agent_id: int) -> SavedView:
        """Change a view and return it as it is now. Raises ViewRefusedError."""
        with self._uow() as uow:
            _own(uow, view.id, agent_id)
            view = _checked(uow, replace(view, agent_id=agent_id))
            if not uow.views.save(view):
                raise ViewRefusedError("Somebody else changed the view at the same moment.")
            uow.commit()
        return replace(view, version=view.version + 1)

    def copy(self, view_id: int, name: str, agent_id: int) -> SavedView:
        """Make a private copy of a view the agent can see. Raises ViewRefusedError."""
        with self._uow() as uow:
            found = next((one for one in uow.views.visible(agent_id) if one.id == view_id), None)
            if found is None:
                raise ViewRefusedError("The view is gone.")
            made = replace(found, id=0, agent_id=agent_id, name=name, shared=False, department_id=None, version=1)
            made = _checked(uow, made)
            made = replace(made, id=uow.views.add(made))
            uow.commit()
        return made

    def delete(self, view_id: int, agent_id: int) -> SavedView:
        """Delete a view and return it, for `restore`. Raises ViewRefusedError."""
        with self._uow() as uow:
            view = _own(uow, view_id, agent_id)
            uow.views.delete(view_id)
            uow.commit()
        return view

    def restore(self, view: SavedView, agent_id: int) -> None:
        """Bring a view back that was just deleted, under its old id. Raises ViewRefusedError."""
        if view.agent_id != agent_id:
            raise ViewRefusedError("Only who made a view can bring it back.")
        with self._uow() as uow:
            if uow.views.get(view.id) is None:
                uow.views.add(view)
                uow.commit()

    def star(self, ticket_ids: Sequence[int], agent_id: int, *, on: bool) -> list[int]:
        """Star tickets for an agent, or take the stars away; returns those that changed, for the way back."""
        with self._uow() as uow:
            changed = [one for one in dict.fromkeys(ticket_ids) if uow.views.star(one, agent_id, on=on)]
            uow.commit()
        return changed


def _own(uow: UnitOfWork, view_id: int, agent_id: int) -> SavedView:
    view = uow.views.get(view_id)
    if view is None:
        raise ViewRefusedError("The view is gone.")
    if view.agent_id != agent_id:
        raise ViewRefusedError("Only who made a view can change it. Make a copy to have your own.")
    return view


def _checked(uow: UnitOfWork, view: SavedView) -> SavedView:
    view = replace(view, name=" ".join(view.name.split()), department_id=view.department_id if view.shared else None)
    wrong = problem(view)
    if wrong:
        raise ViewRefusedError(wrong)
    if view.department_id is not None and view.department_id not in {one.id for one in uow.people.departments()}:
        raise ViewRefusedError("There is no such department.")
    return view
