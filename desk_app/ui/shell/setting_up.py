"""The wizard instead of the pages: opened for a mailbox or a first run, and left for the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desk_app.services.system.databases import DatabaseChoices
    from desk_app.ui.mailboxes.wizard import Wizard
    from desk_app.ui.setup.entered import Entered
    from desk_app.ui.shell.window import MainWindow


class SettingUp:
    """Keeps the window's wizard, made when it is first opened."""

    def __init__(self, window: MainWindow, databases: DatabaseChoices | None) -> None:
        self._window, self._databases = window, databases
        self.wizard: Wizard | None = None

    def open(self, account_id: int | None = None, *, first_run: bool = False) -> None:
        """Lead through connecting a mailbox, or through everything of a first run."""
        window = self._window
        if self.wizard is None:
            self.wizard = self._made()
        self.wizard.begin(account_id, first_run=first_run)
        window.rail.hide()
        window.stack.setCurrentWidget(self.wizard)
        self.wizard.setFocus()

    def _made(self) -> Wizard:
        from desk_app.ui.mailboxes.wizard import Wizard
        from desk_app.ui.settings.appearance_page import LanguageBox

        window = self._window
        language = LanguageBox(window.preferences)
        made = Wizard(
            window.session,
            language,
            preferences=window.preferences,
            databases=self._databases,
            parent=window.stack,
        )
        made.finished.connect(self._done)
        made.reopen_asked.connect(window.reopen_asked)
        window.stack.addWidget(made)
        return made

    def _done(self) -> None:
        window = self._window
        window.rail.show()
        window.show_page("inbox")
        window.session.load()
        window.inbox.list.refresh()
        window.inbox.sidebar.count()

    def entered(self) -> Entered | None:
        """Return what was entered in the wizard, None when it is not shown."""
        wizard = self.wizard
        return wizard.entered if wizard is not None and self._window.stack.currentWidget() is wizard else None

    def refill(self, entered: Entered) -> None:
        """Open the wizard as it was, with what was entered in it."""
        self.open(entered.account_id, first_run=entered.first_run)
        if self.wizard is not None:
            self.wizard.refill(entered)
