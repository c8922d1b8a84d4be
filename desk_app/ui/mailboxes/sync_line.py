"""The line below the lists: how the mail fares, and whether anything can be reached at all (ui.md 4)."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desk_app.ui.language import tr
from desk_app.ui.mailboxes.alarms import alarmed_mailboxes
from desk_app.ui.mailboxes.connection import Connection, Reach
from desk_app.ui.problems import fault_text
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.widgets.basics import ElidedLabel, button, restyle
from desk_app.ui.widgets.layout import row


class SyncLine(QWidget):
    """Says in a few words what the mailboxes do; Fix leads to the one that needs somebody."""

    fix_asked = Signal(int)

    def __init__(self, session: DeskSession) -> None:
        super().__init__()
        self._session, self._connection = session, Connection.of(session)
        self._faulty = 0
        self.glyph = Glyph("circle-check", "success", 14)
        self.text = ElidedLabel(tr("Looking at the mailboxes…"), "tertiary")
        self.fix = button(tr("Fix"), lambda: self.fix_asked.emit(self._faulty), variant="link")
        self.fix.hide()
        line = row(self.glyph, self.text, self.fix, margins=(19, 6, 10, 10), spacing=6)
        line.setStretchFactor(self.text, 1)
        self.setLayout(line)
        session.facts_changed.connect(self.show_state)
        self._connection.changed.connect(self.show_state)
        if self._connection.reach is Reach.NO_DATABASE or session.facts.accounts:
            self.show_state()

    def show_state(self) -> None:
        """Show how things are now."""
        facts = self._session.facts
        alarmed = alarmed_mailboxes(facts)
        faulty = alarmed or [(one, health) for one, health in facts.accounts if health.fault and one.enabled]
        reach = self._connection.reach
        if alarmed and reach is Reach.NO_MAIL:
            reach = Reach.ALL  # away for so long that somebody must look (MB-04); the strip still says offline
        self.fix.setVisible(bool(faulty) and reach is Reach.ALL)
        restyle(self.text, state="danger" if alarmed and reach is Reach.ALL else "")
        if reach is Reach.NO_DATABASE:
            self._say("cloud-off", "text_tertiary", tr("Offline: no database"))
        elif reach is Reach.NO_MAIL:
            self._say("cloud-off", "text_tertiary", tr("Offline: no mail server"))
        elif faulty:
            account, health = faulty[0]
            title, advice = fault_text(health.fault)
            self._faulty = account.id
            icon_name, tone = ("circle-alert", "danger") if alarmed else ("triangle-alert", "warning")
            self._say(icon_name, tone, f"{account.name}: {title}", f"{account.name}: {title}. {advice}")
            self.fix.setAccessibleName(tr("Fix {mailbox}").format(mailbox=account.name))
        elif not facts.accounts:
            self._say("info", "text_tertiary", tr("No mailbox yet"))
        elif backlog := sum(health.backlog for _, health in facts.accounts):
            self._say("refresh-cw", "info", tr("%n mail(s) to fetch", backlog))
        else:
            self._say("circle-check", "success", tr("All mailboxes up to date"))

    def _say(self, icon_name: str, tone: str, words: str, tip: str = "") -> None:
        self.glyph.set(icon_name, tone)
        self.text.set_text(words, tip)
