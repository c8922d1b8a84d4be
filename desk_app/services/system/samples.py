"""Sample tickets to try everything on: marked, sent nowhere, and gone without a trace when asked (AD-07)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from desk_app.domain.mailboxes.model import Account, AccountPolicy, FirstImport
from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.model import Bucket, Priority
from desk_app.domain.tickets.query import TicketQuery
from desk_app.plugin_api.channels import Cursor, FetchBatch, InboundMessage
from desk_app.services.messages.intake import IntakeService
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory
from desk_app.services.queries.tickets import TicketQueries
from desk_app.services.tickets.commands import TicketService

ADDRESS = "samples@desk-app.invalid"
"""The mailbox of the samples; nothing can be delivered to or from ".invalid" (RFC 2606)."""
TAG = "sample"
_LETTERS: Sequence[tuple[str, str, str, str]] = (
    (
        "Maya Lindqvist",
        "maya@lindqvist.invalid",
        "Refund for order 58213 not received",
        "I returned the lamp nine days ago and was told the refund takes five.\n\nCan you check what happened?\n\nMaya",
    ),
    (
        "Budi Santoso",
        "budi@kopi.invalid",
        "Paket saya rusak saat tiba",
        "Selamat pagi,\n\npaket saya rusak saat tiba. Apa yang harus saya lakukan?\n\nTerima kasih,\nBudi",
    ),
    (
        "Lucía Fernández",
        "lucia@tienda.invalid",
        "¿Pueden cambiar la dirección de envío?",
        "Hola,\n\nnos mudamos la semana pasada. ¿Pueden enviar el pedido a la nueva dirección?\n\nGracias,\nLucía",
    ),
    (
        "Tom Becker",
        "tom@becker.invalid",
        "Cannot log in after the password was reset",
        "I tried the link you sent, yet it says that it has expired.\n\nTom",
    ),
    (
        "Hannah Schulz",
        "hannah@schulz.invalid",
        "Invoice shows the wrong VAT number",
        "Hello,\n\nthe invoice shows our old VAT number. Could you send a corrected one?\n\nHannah",
    ),
)


class SampleService:
    """Brings a handful of tickets in the way real mail comes, and takes them away again."""

    def __init__(
        self, uow: UnitOfWorkFactory, intake: IntakeService, tickets: TicketService, queries: TicketQueries
    ) -> None:
        self._uow = uow
        self._intake = intake
        self._tickets = tickets
        self._queries = queries

    def present(self) -> bool:
        """Return whether the samples are here."""
        with self._uow() as uow:
            return self._account(uow.accounts.all()) is not None

    @staticmethod
    def _account(accounts: Sequence[Account]) -> Account | None:
        return next((one for one in accounts if one.address == ADDRESS), None)

    def load(self, actor: Actor) -> int:
        """Bring the samples in, once; returns how many tickets that are. Their mailbox is switched off, so nothing is
        fetched for it and nothing leaves from it."""
        with self._uow() as uow:
            if self._account(uow.accounts.all()) is not None:
                return 0
            new = Account(
                id=0,
                department_id=uow.people.departments()[0].id,
                channel="email",
                name="Samples",
                sender_name="Samples",
                address=ADDRESS,
                settings={},
                policy=AccountPolicy(first_import=FirstImport.NONE),
                colour="chart6",
                position=99,
                enabled=True,
            )
            account_id = uow.accounts.add(new)
            uow.changed("account", account_id, "insert", new.department_id)
            account = uow.accounts.get(account_id) or replace(new, id=account_id)
            now = uow.now()
            uow.commit()
        mails = []
        for place, (name, address, subject, text) in enumerate(_LETTERS):
            at = now - timedelta(minutes=40 * (len(_LETTERS) - place))
            raw = _mail(name, address, subject, text, format_datetime(at), f"sample-{place}-{account.id}")
            mails.append(InboundMessage(f"1/{place + 1}/INBOX", "INBOX", raw, len(raw), at))
        cursor = Cursor({"INBOX": {"uidvalidity": 1, "uid": len(mails)}})
        self._intake.take(account, FetchBatch(tuple(mails), cursor))
        ids = self._ids(account.id)
        self._tickets.tag(ids, [TAG], [], actor)
        self._tickets.set_priority(ids[:1], Priority.HIGH, actor)
        with self._uow() as uow:
            stored = uow.accounts.get(account.id)
            if stored is not None:
                uow.accounts.save(replace(stored, enabled=False))
                uow.changed("account", stored.id, "update", stored.department_id)
            uow.commit()
        return len(ids)

    def _ids(self, account_id: int) -> list[int]:
        return sorted(self._queries.ids(TicketQuery(buckets=tuple(Bucket), account_id=account_id)))

    def remove(self, actor: Actor) -> int:
        """Take the samples away for good, their mailbox too; returns how many tickets went."""
        with self._uow() as uow:
            account = self._account(uow.accounts.all())
        if account is None:
            return 0
        ids = self._ids(account.id)
        self._tickets.trash(ids, actor)
        gone = self._tickets.purge(ids, actor, "sample ticket")
        with self._uow() as uow:
            uow.accounts.remove(account.id)
            uow.changed("account", account.id, "delete", account.department_id)
            uow.commit()
        return sum(one.ok for one in gone)


def _mail(name: str, address: str, subject: str, text: str, date: str, key: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = f"{name} <{address}>"
    mail["To"] = ADDRESS
    mail["Subject"] = subject
    mail["Date"] = date
    mail["Message-ID"] = f"<{key}@{address.partition('@')[2]}>"
    mail.set_content(text)
    return mail.as_bytes()
