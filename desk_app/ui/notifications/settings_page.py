"""Settings, section Program: what an agent is told and where, quiet hours, closing the window (ui.md 4.14, 4.17)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from PySide6.QtCore import QLocale, QTime, QTimeZone
from PySide6.QtWidgets import QBoxLayout, QFrame, QTimeEdit, QWidget

from desk_app.domain.notifications.choices import NotificationChoices, NotificationDefaults, QuietHours
from desk_app.domain.notifications.model import Channel, NoticeKind
from desk_app.services.notifications.commands import may_set_defaults
from desk_app.ui.language import tr
from desk_app.ui.notifications.feed import NotificationFeed
from desk_app.ui.notifications.matrix import CHANNELS, MatrixTable, channel_name
from desk_app.ui.notifications.phrases import kind_name
from desk_app.ui.preferences import Preferences
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.form import SwitchRow, page_column, page_head
from desk_app.ui.shell.leaving import CLOSE, REPLIES
from desk_app.ui.tickets.phrases import utc_now
from desk_app.ui.timers import single_shot
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.widgets.choices import Choice, Switch
from desk_app.ui.widgets.layout import FlowLayout, boxed, column, row
from desk_app.ui.widgets.panels import Field

_ME, _DESK = -1, 0
_SAVE_MS = 250


class NotificationsPage(QWidget):
    """Every choice applies at once."""

    def __init__(
        self, session: DeskSession, feed: NotificationFeed, preferences: Preferences, toggle_pause: Callable[[], object]
    ) -> None:
        super().__init__()
        self._session, self._feed, self._preferences = session, feed, preferences
        self._choices, self._defaults = feed.choices, feed.defaults
        self._save = single_shot(self, _SAVE_MS, self._store)
        self.scope = Choice(name=tr("For whom"))
        self.matrix = MatrixTable()
        self.reset = button(tr("Back to the defaults"), self._reset, variant="link")
        self.quiet = Switch(tr("Quiet hours"))
        self.start, self.end = QTimeEdit(), QTimeEdit()
        self.weekend = Switch(tr("Quiet on Saturdays and Sundays"))
        self.zone = Choice([(tr("The time zone of this computer"), ""), *_zones()], tr("Time zone"))
        self.private = Switch(tr("Private"))
        self.sound = Switch(tr("Sounds"))
        self.pause = button("", toggle_pause)
        self.close_choice = Choice(
            [(tr("Ask"), "ask"), (tr("Keep running"), "stay"), (tr("Quit"), "quit")], tr("Closing the window")
        )
        self.replies_choice = Choice(
            [(tr("Send them first"), "send"), (tr("Ask"), "ask"), (tr("Leave them in the outbox"), "leave")],
            tr("Replies whose time to undo is running"),
        )
        self.preview = label("", "secondary", wrap=True)
        self.setFocusProxy(self.matrix)
        whole = column()
        self.setLayout(whole)
        self._build(whole)
        self._show()
        self._connect()

    def _build(self, whole: QBoxLayout) -> None:
        self._scope_field = Field(tr("For whom"), self.scope)
        hours = FlowLayout(spacing=10)
        for words, edit in ((tr("From"), self.start), (tr("To"), self.end)):
            edit.setAccessibleName(f"{tr('Quiet hours')}: {words}")
            edit.setDisplayFormat(QLocale().timeFormat(QLocale.FormatType.ShortFormat))
            edit.setButtonSymbols(QTimeEdit.ButtonSymbols.NoButtons)
            hours.addWidget(boxed(row(label(words, "secondary"), edit, spacing=6)))
        hours.addWidget(self.zone)
        self._hours = boxed(hours)
        self._weekend_row = SwitchRow(tr("Quiet on Saturdays and Sundays"), self.weekend, tr("The whole day."))
        card = QFrame()
        card.setObjectName("settingrow")
        card.setLayout(
            column(
                label(tr("What would happen now"), "strong"),
                self.preview,
                row(self.pause, None),
                margins=(12, 10, 12, 12),
            )
        )
        page_column(
            page_head(tr("Notifications"), tr("Never for what you do yourself, never for mail from before.")),
            card,
            self._scope_field,
            self.matrix,
            row(None, self.reset),
            SwitchRow(
                tr("Quiet hours"), self.quiet, tr("Nothing pops up; afterwards one notification says what you missed.")
            ),
            self._hours,
            self._weekend_row,
            SwitchRow(tr("Private"), self.private, tr("Popups say that something came, not from whom nor what.")),
            SwitchRow(tr("Sounds"), self.sound, tr("Off: nothing is heard, whatever the table says.")),
            Field(tr("Closing the window"), self.close_choice, help_text=tr("On this computer.")),
            Field(tr("Quitting while the time to undo a reply is running"), self.replies_choice),
            title=tr("Notifications"),
            into=whole,
        )

    def _connect(self) -> None:
        self.matrix.chosen.connect(self._cell_chosen)
        self.scope.currentIndexChanged.connect(lambda _index: self._show())
        for switch in (self.quiet, self.weekend, self.private, self.sound):
            switch.toggled.connect(lambda _on: self._changed())
        for edit in (self.start, self.end):
            edit.timeChanged.connect(lambda _time: self._changed())
        self.zone.currentIndexChanged.connect(lambda _index: self._changed())
        settings = self._preferences.settings
        self.close_choice.currentIndexChanged.connect(
            lambda _index: settings.setValue(CLOSE, self.close_choice.currentData())
        )
        self.replies_choice.currentIndexChanged.connect(
            lambda _index: settings.setValue(REPLIES, self.replies_choice.currentData())
        )
        self._feed.changed.connect(self._follow)
        self._session.facts_changed.connect(self._show)

    # -- what is shown ------------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Take what was chosen elsewhere, unless something here is about to be stored."""
        if not self._save.isActive():
            self._choices, self._defaults = self._feed.choices, self._feed.defaults
            self._show()

    def _show(self) -> None:
        self._fill_scope()
        own = self._scope == _ME
        self.matrix.show_matrix({kind: self._channels(kind) for kind in NoticeKind})
        self.reset.setEnabled(bool(self._stored_matrix))
        quiet = self._choices.quiet
        for switch, on in (
            (self.quiet, quiet.on),
            (self.weekend, quiet.weekend),
            (self.private, self._choices.private),
            (self.sound, self._choices.sound),
        ):
            switch.show_state(on=on)
            switch.setEnabled(own)
        for edit, at in ((self.start, quiet.start), (self.end, quiet.end)):
            blocked = edit.blockSignals(True)
            edit.setTime(QTime(at.hour, at.minute))
            edit.blockSignals(blocked)
        self.zone.choose(quiet.zone)
        self._show_hours(on=quiet.on)
        settings = self._preferences.settings
        self.close_choice.choose(str(settings.value(CLOSE, "ask")))
        self.replies_choice.choose(str(settings.value(REPLIES, "send")))
        self._show_preview()

    def _show_hours(self, *, on: bool) -> None:
        self._hours.setVisible(on)
        self._weekend_row.setVisible(on)

    def _fill_scope(self) -> None:
        agent = next(
            (one for one in self._session.facts.agents if one.id == self._session.agent.id), self._session.agent
        )
        wanted: list[tuple[str, int]] = [(tr("Me"), _ME)]
        if may_set_defaults(agent):
            wanted.append((tr("Everybody who did not choose"), _DESK))
            wanted += [
                (tr("Everybody in {department} who did not choose").format(department=one.name), one.id)
                for one in self._session.facts.departments
            ]
        self._scope_field.setVisible(len(wanted) > 1)
        if [self.scope.itemText(place) for place in range(self.scope.count())] == [words for words, _ in wanted]:
            return
        blocked, before = self.scope.blockSignals(True), self._scope
        self.scope.clear()
        for words, value in wanted:
            self.scope.addItem(words, value)
        self.scope.choose(before)
        self.scope.blockSignals(blocked)

    @property
    def _scope(self) -> int:
        value = self.scope.currentData()
        return value if isinstance(value, int) else _ME

    @property
    def _stored_matrix(self) -> dict[NoticeKind, Channel]:
        if self._scope == _ME:
            return dict(self._choices.matrix)
        return dict(self._defaults.desk if self._scope == _DESK else self._defaults.departments.get(self._scope, {}))

    def _channels(self, kind: NoticeKind) -> Channel:
        if self._scope == _ME:
            departments = self._session.facts.departments
            only = departments[0].id if len(departments) == 1 else None
            return self._defaults.channels(kind, only, self._choices.matrix)
        return self._defaults.channels(kind, self._scope or None)

    def _show_preview(self) -> None:
        now = utc_now()
        paused = self._choices.paused_until is not None and self._choices.paused_until > now
        self.pause.setText(tr("Go on with notifications") if paused else tr("Pause notifications for 1 hour"))
        self.pause.setAccessibleName(self.pause.text())
        self.preview.setText("\n".join(preview(self._choices, self._defaults, now)))

    # -- what is chosen -----------------------------------------------------------------------------------------------

    def _cell_chosen(self, kind: NoticeKind, channels: Channel) -> None:
        matrix = {**self._stored_matrix, kind: channels}
        self._put_matrix(matrix)

    def _reset(self) -> None:
        self._put_matrix({})
        self._show()

    def _put_matrix(self, matrix: dict[NoticeKind, Channel]) -> None:
        if self._scope == _ME:
            self._choices = replace(self._choices, matrix=matrix)
            self._save.start()
        else:
            self._put_defaults(matrix, self._scope or None)
        self.reset.setEnabled(bool(matrix))
        self._show_preview()

    def _put_defaults(self, matrix: dict[NoticeKind, Channel], department_id: int | None) -> None:
        if department_id is None:
            self._defaults = replace(self._defaults, desk=matrix)
        else:
            self._defaults = replace(self._defaults, departments={**self._defaults.departments, department_id: matrix})
        service, actor = self._session.desk.notifications, self._session.actor
        self._session.work.write(
            lambda: service.set_defaults(matrix, department_id, actor), lambda _done: self._feed.look(), owner=self
        )

    def _changed(self) -> None:
        start, end = self.start.time(), self.end.time()
        self._choices = replace(
            self._choices,
            quiet=QuietHours(
                on=self.quiet.isChecked(),
                start=time(start.hour(), start.minute()),
                end=time(end.hour(), end.minute()),
                weekend=self.weekend.isChecked(),
                zone=str(self.zone.currentData() or ""),
            ),
            private=self.private.isChecked(),
            sound=self.sound.isChecked(),
        )
        self._show_hours(on=self.quiet.isChecked())
        self._show_preview()
        self._save.start()

    def _store(self) -> None:
        service, actor, choices = self._session.desk.notifications, self._session.actor, self._choices
        self._session.work.write(lambda: service.choose(choices, actor), lambda _done: self._feed.look(), owner=self)


def preview(choices: NotificationChoices, defaults: NotificationDefaults, now: datetime) -> Sequence[str]:
    """Return in words what would happen if somebody mentioned the agent, or a ticket came in, right now."""
    until = choices.left_alone_until(now)
    found = []
    if until is not None:
        local = until.astimezone()
        clock = QLocale().toString(QTime(local.hour, local.minute), QLocale.FormatType.ShortFormat)
        if local.date() != now.astimezone().date():
            days = (local.date() - now.astimezone().date()) // timedelta(days=1)
            clock = (
                tr("tomorrow at {time}").format(time=clock)
                if days == 1
                else f"{QLocale().dayName(local.isoweekday())} {clock}"
            )
        found.append(tr("Nothing pops up until {time}; it waits in the centre.").format(time=clock))
    for kind in (NoticeKind.MENTIONED, NoticeKind.NEW_TICKET):
        channels = defaults.channels(kind, None, choices.matrix)
        if not choices.sound:
            channels &= ~Channel.SOUND
        if until is not None:
            channels &= Channel.CENTRE
        words = [_inside(channel_name(one)) for one in CHANNELS if one & channels]
        found.append(f"{kind_name(kind)}: {', '.join(words) if words else tr('nothing')}")
    return found


def _inside(name: str) -> str:
    """Return a name as it stands inside a sentence."""
    return name[:1].lower() + name[1:]


def _zones() -> list[tuple[str, str]]:
    names = sorted(bytes(one.data()).decode() for one in QTimeZone.availableTimeZoneIds())
    return [(name.replace("_", " "), name) for name in names if "/" in name and not name.startswith(("Etc/", "posix"))]
