"""Which database this computer works with, and how it is changed (AD-03)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote

from desk_app.plugin_api.channels import TestStep


@dataclass(frozen=True, slots=True)
class ServerDatabase:
    """A PostgreSQL database that several computers share."""

    host: str
    name: str
    user: str
    port: int = 5432
    password: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """The address as it may be written down: without the password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"postgresql://{quote(self.user, safe='')}@{host}:{self.port}/{quote(self.name, safe='')}"

    @property
    def problem(self) -> str:
        """The name of the field that is missing: host, name, user, or "" for none."""
        return next((key for key in ("host", "name", "user") if not getattr(self, key).strip()), "")


class DatabaseChoices(Protocol):
    """Tests and chooses the database of this computer's user. A choice holds from the next opening on."""

    @property
    def shown(self) -> str:
        """The database in use, without its password."""
        ...

    @property
    def is_server(self) -> bool:
        """Whether the database in use is a server."""
        ...

    @property
    def fixed_by(self) -> str:
        """Who decided in a way that cannot be changed here, such as "--database"; "" where it can."""
        ...

    def test(self, server: ServerDatabase) -> Iterator[TestStep]:
        """Try a server step by step: "db_reach", "db_sign_in", "db_desk"; changes nothing and never raises."""
        ...

    def choose(self, server: ServerDatabase | None) -> None:
        """Work with a server from now on, or with the file of this computer for None. The password goes into the
        keychain only; raises SecretError where that fails, OSError where the choice cannot be written down."""
        ...
