"""What canned responses and signatures need of the storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from desk_app.domain.messages.canned import CannedResponse
    from desk_app.domain.messages.signatures import Signature, SignatureScope


class CannedRepository(Protocol):
    """Canned responses inside a transaction."""

    def get(self, response_id: int) -> CannedResponse | None:
        """Return a response with its files."""
        ...

    def visible(self, agent_id: int | None) -> Sequence[CannedResponse]:
        """Return what is shared and what is the agent's own, without bytes."""
        ...

    def put(self, response: CannedResponse) -> CannedResponse | None:
        """Store a response: a new one (id 0), or over the state its `version` names; returns it as stored, None where
        another state is stored."""
        ...

    def remove(self, response_id: int) -> bool:
        """Delete a response and the bytes nobody else uses; returns whether there was one."""
        ...

    def count_use(self, response_id: int, at: datetime) -> None:
        """Count one use."""
        ...


class SignatureRepository(Protocol):
    """Signatures inside a transaction, one a scope."""

    def all(self) -> Sequence[Signature]:
        """Return every signature."""
        ...

    def put(self, signature: Signature) -> Signature | None:
        """Store a signature over the state its `version` names (0: there is none yet); None where another state is
        stored."""
        ...

    def remove(self, scope: SignatureScope) -> bool:
        """Delete a signature; returns whether there was one."""
        ...

    def values(self, ticket_id: int | None, account_id: int | None, agent_id: int | None) -> Mapping[str, str]:
        """Return the values of the placeholders, as WritingQueries does, within the transaction."""
        ...


class WritingQueries(Protocol):
    """What the composer reads without a writing transaction; safe from any thread."""

    def canned(self, agent_id: int | None) -> Sequence[CannedResponse]:
        """Return what is shared and what is the agent's own, without bytes."""
        ...

    def placeholder_values(
        self, *, ticket_id: int | None, account_id: int | None, agent_id: int | None
    ) -> Mapping[str, str]:
        """Return the values of the placeholders (placeholders.NAMES) as far as the three name them."""
        ...

    def people(self, typed: str, limit: int) -> Sequence[tuple[str, str]]:
        """Return names and addresses of contacts whose address or name begins with what was typed (no case), the
        newest writers first; both go by an index."""
        ...
