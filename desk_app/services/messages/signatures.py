"""Keeps signatures and the form of sender names (MB-18)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from desk_app.domain.mailboxes.model import SenderName
from desk_app.domain.messages.placeholders import fill, names_in
from desk_app.domain.messages.signatures import (
    Signature,
    SignatureScope,
    SignatureText,
    chosen_signature,
)
from desk_app.domain.people.actor import Actor
from desk_app.services.messages.checks import OutgoingChecks, SignatureChange
from desk_app.services.plugins.asking import answer
from desk_app.services.plugins.placeholders import Brought
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


class StaleSignatureError(Exception):
    """Somebody else changed the signature since it was read; nothing was overwritten."""

    def __init__(self) -> None:
        super().__init__("Somebody else changed this signature meanwhile. Open it again.")


class SignatureService:
    """Signatures by mailbox, department and agent."""

    def __init__(self, uow: UnitOfWorkFactory, checks: OutgoingChecks) -> None:
        self._uow = uow
        self._checks = checks

    def all(self) -> Sequence[Signature]:
        """Return every signature."""
        with self._uow() as uow:
            return uow.signatures.all()

    def save(self, signature: Signature, actor: Actor) -> Signature:
        """Store a signature and return it as stored. Raises StaleSignatureError where somebody else was faster, and
        PermissionError for another agent's own."""
        _refuse_another(signature.scope, actor)
        with self._uow() as uow:
            stored = uow.signatures.put(signature)
            if stored is None:
                raise StaleSignatureError
            uow.changed("signature", 0)
            uow.commit()
        return stored

    def remove(self, scope: SignatureScope, actor: Actor) -> Signature | None:
        """Let wider scopes hold again; returns what was there, which saved with version 0 is back."""
        _refuse_another(scope, actor)
        with self._uow() as uow:
            found = next((one for one in uow.signatures.all() if one.scope == scope), None)
            if found is None or not uow.signatures.remove(scope):
                return None
            uow.changed("signature", 0)
            uow.commit()
        return replace(found, version=0)

    def set_sender_name(self, account_id: int, form: SenderName, actor: Actor) -> None:  # noqa: ARG002 -- every command names its actor
        """Choose whose name customers see in front of a mailbox's address. Raises LookupError where it is gone."""
        with self._uow() as uow:
            account = uow.accounts.get(account_id)
            if account is None:
                raise LookupError("The mailbox is gone.")
            uow.accounts.save(replace(account, policy=replace(account.policy, sender_name=form)))
            uow.changed("account", account_id, "update", account.department_id)
            uow.commit()

    def for_mail(self, ticket_id: int | None, account_id: int, actor: Actor) -> SignatureText:
        """Return what stands below a mail of this actor from this mailbox to this ticket, filled in."""
        with self._uow() as uow:
            sign = signature_for(uow, ticket_id, account_id, actor, self._checks)
        return sign()


def _refuse_another(scope: SignatureScope, actor: Actor) -> None:
    if scope.agent_id is not None and actor.agent_id not in {None, scope.agent_id}:
        raise PermissionError("A signature of an agent is changed by that agent.")


@dataclass(frozen=True, slots=True)
class Signing:
    """What is needed to sign a mail: read in a transaction, and called outside of it, for plugins are asked then. One
    that equals another one asks them the same."""

    template: Signature | None
    values: Mapping[str, str]
    brought: Brought
    changed: SignatureChange

    def __call__(self) -> SignatureText:
        """Return the signature. Placeholders without a value become nothing: it is nobody's text to be looked at
        twice."""
        if self.template is None:
            return SignatureText()
        return self.changed(fill_signature(self.template, {**self.brought(), **self.values}))

    def in_work(self) -> SignatureText:
        """Return the signature of a ticket that is opened in work done by `asked_before`: it may name the number, which
        is given inside. Plugins see the ticket with the id 0, as in all that is asked before it is there."""
        if self.template is None or not (self.brought.wanted or self.changed.hooks):
            return self()
        return answer(self, replace(self, brought=self.brought.unopened()), fill_signature(self.template, self.values))


def signature_for(
    uow: UnitOfWork, ticket_id: int | None, account_id: int, actor: Actor, checks: OutgoingChecks
) -> Signing:
    """Read within a transaction what says a mail's signature after it."""
    ticket = uow.tickets.get(ticket_id) if ticket_id is not None else None
    account = uow.accounts.get(account_id)
    agent_id = actor.agent_id
    found: Signature | None = None
    department_id = 0
    if account is not None:
        department_id = ticket.department_id if ticket is not None else account.department_id
        found = chosen_signature(
            uow.signatures.all(), account_id=account_id, department_id=department_id, agent_id=agent_id
        )
    if found is None or found.empty:
        return Signing(None, {}, Brought(), SignatureChange())
    values = uow.signatures.values(ticket_id, account_id, agent_id)
    used = names_in(f"{found.text}\n{found.html}") - values.keys()
    brought = checks.placeholders.brought(used, uow, ticket) if ticket is not None else Brought()
    return Signing(found, values, brought, checks.signature(uow, actor, department_id))


def fill_signature(signature: Signature, values: Mapping[str, str]) -> SignatureText:
    """Return a signature with its placeholders filled in."""
    text, html = fill(signature.text, values), fill(signature.html, values, html=True)
    return SignatureText(_without(text.text, text.missing), _without(html.text, html.missing), signature.scope)


def _without(text: str, missing: tuple[str, ...]) -> str:
    for one in missing:
        text = text.replace(one, "")
    return text
