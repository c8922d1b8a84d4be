"""The desk's own settings, and the switch that lets mail out (features.md, "What none of the peers has" 1)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from desk_app.domain.tickets.numbers import check_format
from desk_app.services.ports.sync import OutboxState

if TYPE_CHECKING:
    from desk_app.domain.mailboxes.desk import DeskSettings
    from desk_app.domain.people.actor import Actor
    from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from desk_app.services.system.backup_failure import BackupFailure, failure_of

_MOST_UNDO_SECONDS = 60
_MOST_NOTED = 200


class SettingsService:
    """Reads and changes settings; every change is noted with who made it."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    def desk(self) -> DeskSettings:
        """Return the desk's settings."""
        with self._uow() as uow:
            return uow.settings.desk()

    def backup_failure(self) -> BackupFailure | None:
        """Return why the last daily backup failed; None where it was made, or none is wanted."""
        with self._uow() as uow:
            return failure_of(uow)

    def ensure_instance(self) -> str:
        """Return the id that marks this desk's own mail, made when the desk is opened for the first time."""
        with self._uow() as uow:
            found = uow.settings.desk().instance_id
            if found:
                return found
            uow.leases.serialise("settings")
            settings = uow.settings.desk()
            if not settings.instance_id:
                settings = replace(settings, instance_id=secrets.token_hex(8))
                uow.settings.save_desk(settings)
                uow.commit()
        return settings.instance_id

    def save(self, settings: DeskSettings, actor: Actor) -> None:
        """Store settings. The instance id, the armed switch and the formats used so far are kept as they are. Raises
        ValueError with what is wrong."""
        wrong = _wrong(settings)
        if wrong:
            raise ValueError(wrong)
        with self._uow() as uow:
            old = uow.settings.desk()
            used = tuple(dict.fromkeys([*old.number_prefixes_used, old.number_format.partition("#")[0]]))
            new = replace(
                settings,
                instance_id=old.instance_id,
                outgoing_armed=old.outgoing_armed,
                number_prefixes_used=used if settings.number_format != old.number_format else old.number_prefixes_used,
            )
            uow.settings.save_desk(new)
            _note(uow, actor, "settings changed")
            uow.changed("setting", 0)
            uow.commit()

    def arm(self, actor: Actor) -> int:
        """Let mail out from now on. What waits in the tray stays there until somebody releases it; returns how much."""
        with self._uow() as uow:
            uow.settings.save_desk(replace(uow.settings.desk(), outgoing_armed=True))
            held = uow.outbox.count([OutboxState.HELD])
            _note(uow, actor, "outgoing armed")
            uow.changed("setting", 0)
            uow.commit()
        return held

    def disarm(self, actor: Actor) -> int:
        """Let no mail out from now on; what is queued goes into the tray. Returns how many mails that were."""
        with self._uow() as uow:
            uow.settings.save_desk(replace(uow.settings.desk(), outgoing_armed=False))
            moved = hold_all(uow)
            _note(uow, actor, "outgoing disarmed")
            uow.changed("setting", 0)
            uow.commit()
        return moved


def hold_all(uow: UnitOfWork) -> int:
    """Put whatever is queued into the tray, because outgoing is not armed; returns how many mails."""
    moved = 0
    while queued := uow.outbox.listed([OutboxState.QUEUED]):
        held = [
            item
            for item in queued
            if uow.outbox.transition(item.id, [OutboxState.QUEUED], OutboxState.HELD, response="Outgoing is not armed.")
        ]
        for item in held:
            uow.changed("outbox", item.id, "update", item.department_id)
        moved += len(held)
        if not held:
            break
    return moved


def _wrong(settings: DeskSettings) -> str:
    wrong = check_format(settings.number_format)
    if not wrong and not 0 <= settings.undo_seconds <= _MOST_UNDO_SECONDS:
        wrong = "Undo send takes 0 to 60 seconds (CO-02)."
    spans = (
        settings.reopen_days,
        settings.trash_days,
        settings.auto_answers_per_hour,
        settings.alarm_after_failed_polls,
    )
    if not wrong and min(spans) < 0:
        wrong = "Days and counts cannot be negative."
    return wrong


def _note(uow: UnitOfWork, actor: Actor, what: str) -> None:
    log = list(uow.settings.get("setting_changes", []))
    log.append({"at": uow.now().isoformat(), "actor": actor.name, "what": what})
    uow.settings.set("setting_changes", log[-_MOST_NOTED:])
