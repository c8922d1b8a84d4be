"""Builds a desk: the one place that knows which implementation stands behind which port."""

from __future__ import annotations

import os
import secrets as random_secrets
import socket
from collections.abc import Callable, Sequence
from datetime import timedelta

from desk_app.infra.location import DeskLocation, prepare
from desk_app.infra.secrets import KeychainChoice, open_keychain
from desk_app.plugin_api.channels import ChannelType
from desk_app.runtime.outside import (
    InstalledBuilder,
    InstalledChannels,
    InstalledPipeline,
    InstalledReader,
    KeychainReplyKeys,
    OpenSecrets,
    builtin_channels,
)
from desk_app.runtime.reading_process import ReadingProcess
from desk_app.services.contacts.commands import ContactService
from desk_app.services.desk import Desk
from desk_app.services.mailboxes.accounts import MailboxService
from desk_app.services.mailboxes.outbox import CLAIM, OutboxService
from desk_app.services.mailboxes.quarantine import QuarantineService
from desk_app.services.mailboxes.sign_in import SignInService
from desk_app.services.mailboxes.sync import SyncService
from desk_app.services.messages.answers import AutoAnswers
from desk_app.services.messages.contents import ContentService
from desk_app.services.messages.dispatch import Dispatcher
from desk_app.services.messages.drafts import DraftService
from desk_app.services.messages.intake import IntakeService
from desk_app.services.messages.replies import ReplyService
from desk_app.services.people.agents import PeopleService
from desk_app.services.ports.outside import MessageReader
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory
from desk_app.services.settings import SettingsService
from desk_app.services.tickets.commands import TicketService
from desk_app.services.timers import TimerService
from desk_app.storage.database import Database, open_database
from desk_app.storage.engine.urls import file_of, parse_url

_KEYCHAINS = {
    "": KeychainChoice.AUTO,
    "system": KeychainChoice.SYSTEM,
    "sealed": KeychainChoice.FILE,
    "memory": KeychainChoice.MEMORY,
}


def open_desk(location: DeskLocation, *, origin: str) -> Desk:
    """Open the desk at a location; `origin` names the program in logs ("window", "worker", "cli").

    Creates the database where there is none and brings an older one up to date. Raises a StorageError that says what to
    do. Close the desk once with `desk.close()`.
    """
    prepare(location)
    database = open_database(location.database_url, origin=origin)
    try:
        instance_id = SettingsService(database.unit_of_work).ensure_instance()
        keychain = open_keychain(location.data_dir, _KEYCHAINS[location.keychain], instance_id=instance_id)
        return build_desk(database, keychain.account, unlock=keychain.unlock)
    except BaseException:
        database.close()
        raise


def build_desk(
    database: Database,
    open_secrets: OpenSecrets,
    *,
    channels: Sequence[ChannelType] | None = None,
    reader: MessageReader | None = None,
    claim: timedelta = CLAIM,
    lease_ttl: timedelta | None = None,
    unit_of_work: UnitOfWorkFactory | None = None,
    unlock: Callable[[], None] = lambda: None,
) -> Desk:
    """Build the services over an open database.

    Tests name their own `channels`, `claim` (how long a mail being sent is left alone) and `lease_ttl`; the demo plays
    the past through a `unit_of_work` with another clock. `unlock` asks the person to unlock the keychain.
    """
    types = list(channels) if channels is not None else builtin_channels()
    uow: UnitOfWorkFactory = unit_of_work or database.unit_of_work
    settings = SettingsService(uow)
    settings.ensure_instance()
    holder = f"{socket.gethostname()[:60]}:{random_secrets.token_hex(8)}"
    installed = InstalledChannels(types, open_secrets)
    process = ReadingProcess()
    mail_reader = reader or InstalledReader(types, process)
    pipeline, keys = InstalledPipeline(), KeychainReplyKeys(open_secrets)
    dispatcher = Dispatcher(InstalledBuilder(), pipeline)
    intake = IntakeService(uow, mail_reader, keys)

    def close() -> None:
        process.close()
        database.close()

    ttl = {"ttl": lease_ttl} if lease_ttl is not None else {}

    return Desk(
        tickets=TicketService(uow),
        replies=ReplyService(uow, dispatcher, mail_reader, pipeline, installed, keys),
        intake=intake,
        content=ContentService(uow, mail_reader, pipeline),
        contacts=ContactService(uow),
        mailboxes=MailboxService(uow, installed, intake),
        sign_in=SignInService(uow, installed, unlock),
        sync=SyncService(uow, intake, installed, holder=holder, **ttl),
        outbox=OutboxService(uow, installed, holder=holder, claim=claim),
        quarantine=QuarantineService(uow, intake, installed),
        people=PeopleService(uow, private=_belongs_to_this_user(database)),
        settings=settings,
        timers=TimerService(uow),
        auto_answers=AutoAnswers(uow, dispatcher, mail_reader, keys),
        drafts=DraftService(uow, database.drafts),
        ticket_queries=database.ticket_queries,
        conversations=database.conversations,
        changes=database.change_feed,
        close=close,
        unit_of_work=uow,
        holder=holder,
        upkeep=database.housekeeping.run,
    )


def _belongs_to_this_user(database: Database) -> bool:
    """Whether the database is a file of the user who runs this program, so that nobody else decides who may use it."""
    if database.dialect != "sqlite":
        return False
    if not hasattr(os, "getuid"):  # Windows: who may open the file is decided by its rights
        return True
    return file_of(parse_url(database.url)).stat().st_uid == os.getuid()
