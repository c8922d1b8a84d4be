"""The last step: may mail leave, does it come back, how shall the window look, samples to try on."""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QRadioButton, QWidget

from desk_app.ui.language import tr
from desk_app.ui.mailboxes.test_steps import StepList
from desk_app.ui.preferences import Preferences
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.appearance_page import SchemeCard
from desk_app.ui.settings.form import SwitchRow
from desk_app.ui.theme.theme import Scheme
from desk_app.ui.widgets.basics import BAR, beside_bar, button, label, scroller
from desk_app.ui.widgets.choices import Switch
from desk_app.ui.widgets.layout import FlowLayout, boxed, column, row


class ReadyStep(QWidget):
    """What is shown depends on whether a mailbox was connected and whether this is the first run."""

    def __init__(self, session: DeskSession, preferences: Preferences | None) -> None:
        super().__init__()
        self._session, self._preferences = session, preferences
        self._account_id: int | None = None
        self.title = label("", "h2")
        self.text = label("", "secondary", wrap=True)
        self.stay_held = QRadioButton(tr("Hold everything in the outbox for now (you look through it first)"))
        self.arm_now = QRadioButton(tr("Let replies leave by themselves from now on"))
        self.stay_held.setChecked(True)
        self.trip_button = button(tr("Send a test mail and wait for it"), self.try_round_trip, icon_name="mail-check")
        self.trip = StepList(session)
        self._mail = boxed(
            column(
                label(tr("May the desk send mail?"), "strong"),
                row(self.stay_held, None),
                row(self.arm_now, None),
                label(tr("You can change this at any time in Settings, Sending."), "tertiary", wrap=True),
                row(self.trip_button, None),
                self.trip,
                spacing=8,
            )
        )
        self.samples = Switch(tr("Load sample tickets"))
        words = tr("Five marked tickets to try everything on. One click removes them.")
        self._samples_row = SwitchRow(tr("Load sample tickets"), self.samples, words)
        self._look = self._look_choice()
        inside = column(self._mail, self._samples_row, self._look, None, spacing=14)
        area = scroller(boxed(inside), tr("Done"))
        self.setLayout(column(self.title, self.text, 4, area, spacing=10))
        beside_bar(area, inside, 0, BAR)

    def _look_choice(self) -> QWidget:
        flow, group = FlowLayout(spacing=10), QButtonGroup(self)
        group.setExclusive(True)
        self.cards: list[SchemeCard] = []
        for scheme, words in (
            (Scheme.LIGHT, tr("Light")),
            (Scheme.DARK, tr("Dark")),
            (Scheme.SYSTEM, tr("As the system")),
        ):
            card = SchemeCard(scheme, words)
            card.setChecked(self._preferences is not None and self._preferences.scheme is scheme)
            card.toggled.connect(lambda on, one=scheme: self._choose_look(one) if on else None)
            group.addButton(card)
            flow.addWidget(card)
            self.cards.append(card)
        return boxed(column(label(tr("How shall the window look?"), "strong"), boxed(flow), spacing=6))

    def _choose_look(self, scheme: Scheme) -> None:
        if self._preferences is not None:
            self._preferences.set("look/scheme", scheme.value)

    def show_for(self, account_id: int | None, address: str, *, first_run: bool) -> None:
        """Show what fits: with a mailbox or without, in the first run or later."""
        self._account_id = account_id
        connected = account_id is not None
        if connected:
            self.title.setText(tr("The mailbox is connected"))
            words = tr("{address} is read from now on. New mail appears in the inbox by itself.")
            unnamed = tr("It is read from now on. New mail appears in the inbox by itself.")
            self.text.setText(words.format(address=address) if address else unnamed)
        else:
            self.title.setText(tr("Ready"))
            self.text.setText(tr("You can connect a mailbox at any time with “Add a mailbox”."))
        self.arm_now.setChecked(self._session.facts.settings.outgoing_armed)
        self._mail.setVisible(connected)
        self._samples_row.setVisible(first_run)
        self._look.setVisible(first_run and self._preferences is not None)

    def try_round_trip(self) -> None:
        """Send a mail from the mailbox to itself and wait until it is back."""
        account_id, mailboxes = self._account_id, self._session.desk.mailboxes
        if account_id is not None:
            self.trip.run(lambda: mailboxes.round_trip(account_id))

    def leave(self) -> None:
        """Stop what runs."""
        self.trip.stop()
