"""Senders whose pictures from the internet are shown without asking each time (IN-25)."""

from __future__ import annotations

from collections.abc import Sequence

from desk_app.domain.people.actor import Actor
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory


class ImagePermissionService:
    """Remembers, for the whole desk, from whom pictures may be fetched."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    def allow(self, sender: str, actor: Actor) -> None:
        """Fetch pictures in mail of this address from now on. Raises ValueError where it is no address."""
        address = sender.strip().lower()
        if "@" not in address:
            raise ValueError("That is no e-mail address.")
        with self._uow() as uow:
            uow.image_permissions.allow(address, actor_name=actor.name, at=uow.now())
            uow.changed("setting", 0)
            uow.commit()

    def withdraw(self, sender: str) -> None:
        """Ask again before pictures of this address are fetched."""
        with self._uow() as uow:
            uow.image_permissions.withdraw(sender.strip().lower())
            uow.changed("setting", 0)
            uow.commit()

    def all(self) -> Sequence[str]:
        """Return the allowed addresses in order."""
        with self._uow() as uow:
            return uow.image_permissions.all()
