"""What an agent does to people and organizations: the command, the message afterwards, the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from desk_app.ui.language import tr

if TYPE_CHECKING:
    from desk_app.domain.contacts.blocking import SenderBlock
    from desk_app.services.contacts.blocking import BlockChange
    from desk_app.services.contacts.commands import ContactChange
    from desk_app.services.contacts.organizations import OrganizationChange
    from desk_app.ui.problems import Problem
    from desk_app.ui.session import DeskSession

Failed = Callable[[str], object]


class ContactActs(QObject):
    """Runs commands off the GUI thread and announces the outcome."""

    told = Signal(str, object, str)
    """Text, undo (callable or None), icon name."""
    refused = Signal(str)
    changed = Signal()
    """People or organizations are not what they were."""
    person_asked = Signal(int)
    organization_asked = Signal(int)
    reply_address_asked = Signal(int)
    """A ticket has another customer."""

    def __init__(self, session: DeskSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session

    def run(
        self,
        call: Callable[[], Any],
        text: str | Callable[[Any], str] = "",
        *,
        undo: Callable[[Any], object] | None = None,
        icon: str = "circle-check",
        then: Callable[[Any], object] | None = None,
        failed: Failed | None = None,
    ) -> None:
        """Run a command; `undo` gets its outcome. Without `failed` a refusal is announced."""

        def done(outcome: Any) -> None:
            words = text(outcome) if callable(text) else text
            self.changed.emit()
            if words:
                self.told.emit(words, (lambda: undo(outcome)) if undo is not None else None, icon)
            if then is not None:
                then(outcome)

        def refused(problem: Problem) -> None:
            if problem.unexpected:
                self._session.work.problem.emit(problem)
            elif failed is not None:
                failed(problem.text)
            else:
                self.refused.emit(problem.text)
            self.changed.emit()

        self._session.work.write(call, done, failed=refused, owner=self)

    # -- people -----------------------------------------------------------------------------------------------------
    def change(
        self, call: Callable[[], ContactChange], text: str, icon: str = "pencil", failed: Failed | None = None
    ) -> None:
        """Change a person; the toast can put it back."""
        contacts, actor = self._session.desk.contacts, self._session.actor

        def undo(change: ContactChange) -> None:
            self.run(lambda: contacts.put_back(change, actor), tr("Taken back"), icon="undo-2")

        self.run(call, text, undo=undo, icon=icon, failed=failed)

    def rename(self, contact_id: int, name: str, failed: Failed | None = None) -> None:
        """Give a person another name."""
        contacts, actor = self._session.desk.contacts, self._session.actor
        words = tr("The name is now {name}").format(name=name)
        self.change(lambda: contacts.rename(contact_id, name, actor), words, failed=failed)

    def set_note(self, contact_id: int, note: str) -> None:
        """Keep a note; it saves by itself while it is written, so nothing is announced."""
        contacts, actor = self._session.desk.contacts, self._session.actor
        self.run(lambda: contacts.set_note(contact_id, note, actor))

    def set_field(self, contact_id: int, key: str, value: str, label: str, failed: Failed | None = None) -> None:
        """Change a value of the desk's own fields."""
        contacts, actor = self._session.desk.contacts, self._session.actor
        words = tr("{field} changed").format(field=label)
        self.change(lambda: contacts.set_fields(contact_id, {key: value}, actor), words, failed=failed)

    def set_organization(self, contact_id: int, organization_id: int | None, name: str) -> None:
        """Make a person a member of an organization, or of none."""
        contacts, actor = self._session.desk.contacts, self._session.actor
        words = tr("Belongs to {name} now").format(name=name) if name else tr("Belongs to no organization now")
        self.change(lambda: contacts.set_organization(contact_id, organization_id, actor), words, "building-2")

    def add_address(self, contact_id: int, text: str, failed: Failed | None = None) -> None:
        """Add what was typed: an e-mail address, or a phone number."""
        contacts, actor = self._session.desk.contacts, self._session.actor
        kind = "email" if "@" in text else "phone"
        words = tr("{address} added").format(address=text.strip())
        icon = "mail" if kind == "email" else "phone"
        self.change(lambda: contacts.add_address(contact_id, text, actor, kind=kind), words, icon, failed)

    def label_address(self, contact_id: int, address: str, name: str) -> None:
        """Say what an address is."""
        contacts, actor = self._session.desk.contacts, self._session.actor
        self.change(lambda: contacts.label_address(contact_id, address, name, actor), tr("Label changed"), "tag")

    def remove_address(self, contact_id: int, address: str) -> None:
        """Take an address away."""
        contacts, actor = self._session.desk.contacts, self._session.actor
        words = tr("{address} removed").format(address=address)
        self.change(lambda: contacts.remove_address(contact_id, address, actor), words, "x")

    def set_primary(self, contact_id: int, address: str) -> None:
        """Choose the address that replies go to."""
        contacts, actor = self._session.desk.contacts, self._session.actor
        words = tr("New replies go to {address}").format(address=address)
        self.change(lambda: contacts.set_primary(contact_id, address, actor), words, "star")

    def merge(self, source_id: int, target_id: int, name: str, primary: str) -> None:
        """Make one person of two."""
        merges, actor = self._session.desk.contact_merges, self._session.actor

        def undo(_merged: object) -> None:
            self.run(lambda: merges.unmerge(source_id, actor), tr("Taken apart again"), icon="split")

        self.run(
            lambda: merges.merge(source_id, target_id, actor, name=name, primary=primary),
            tr("Merged: everything of both is here"),
            undo=undo,
            icon="merge",
            then=lambda _merged: self.person_asked.emit(target_id),
        )

    def choose_reply_address(self, ticket_id: int, email: str) -> None:
        """Let the next reply of a ticket go to an address."""
        addresses, actor = self._session.desk.reply_addresses, self._session.actor

        def undo(before: str) -> None:
            self.run(lambda: addresses.choose(ticket_id, before, actor), tr("Taken back"), icon="undo-2")

        words = tr("The next reply goes to {address}").format(address=email)
        self.run(lambda: addresses.choose(ticket_id, email, actor), words, undo=undo, icon="mail")

    # -- organizations ------------------------------------------------------------------------------------------------
    def change_organization(
        self,
        call: Callable[[], OrganizationChange],
        text: str | Callable[[OrganizationChange], str],
        *,
        icon: str = "building-2",
        failed: Failed | None = None,
        then: Callable[[OrganizationChange], object] | None = None,
    ) -> None:
        """Change an organization; the toast can put it back."""
        organizations, actor = self._session.desk.organizations, self._session.actor

        def undo(change: OrganizationChange) -> None:
            def back(_none: object) -> None:
                if change.before is not None:
                    self.organization_asked.emit(change.before.id)

            self.run(lambda: organizations.put_back(change, actor), tr("Taken back"), icon="undo-2", then=back)

        self.run(call, text, undo=undo, icon=icon, failed=failed, then=then)

    # -- blocks -------------------------------------------------------------------------------------------------------
    def block(
        self,
        text: str,
        *,
        reason: str = "",
        failed: Failed | None = None,
        then: Callable[[BlockChange], object] | None = None,
    ) -> None:
        """Hold mail from an address or a domain back."""
        blocks, actor = self._session.desk.blocks, self._session.actor
        words = tr("Mail from {sender} is held back from now on").format(sender=text.strip())
        self._block(lambda: blocks.block(text, actor, reason=reason), words, failed, then)

    def block_person(self, contact_id: int, name: str) -> None:
        """Hold mail from every address of a person back."""
        blocks, actor = self._session.desk.blocks, self._session.actor
        words = tr("Mail from {sender} is held back from now on").format(sender=name)
        self._block(lambda: blocks.block_contact(contact_id, actor), words)

    def unblock_person(self, contact_id: int, name: str) -> None:
        """Let mail of a person through again."""
        blocks, actor = self._session.desk.blocks, self._session.actor
        words = tr("Mail from {sender} comes through again").format(sender=name)
        self._block(lambda: blocks.unblock_contact(contact_id, actor), words)

    def unblock(self, block: SenderBlock) -> None:
        """Take a block away."""
        blocks, actor = self._session.desk.blocks, self._session.actor
        words = tr("Mail from {sender} comes through again").format(sender=block.value)
        self._block(lambda: blocks.unblock(block.kind, block.value, actor), words)

    def _block(
        self,
        call: Callable[[], BlockChange],
        words: str,
        failed: Failed | None = None,
        then: Callable[[BlockChange], object] | None = None,
    ) -> None:
        blocks, actor = self._session.desk.blocks, self._session.actor

        def undo(change: BlockChange) -> None:
            self.run(lambda: blocks.put_back(change, actor), tr("Taken back"), icon="undo-2")

        self.run(call, words, undo=undo, icon="shield-alert", failed=failed, then=then)
