"""The settings page of signatures: where each holds, what it says, whose name customers see (MB-18, CO-12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QTextBrowser, QWidget

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.mailboxes.model import SenderName
from desk_app.domain.messages.signatures import Signature, SignatureScope
from desk_app.services.messages.signatures import StaleSignatureError, fill_signature
from desk_app.ui.language import tr
from desk_app.ui.messages.composer_menu import history_words
from desk_app.ui.messages.rich_field import RichField, card_of, further_of, sample_values
from desk_app.ui.messages.suggest_popup import Suggestion, SuggestionLines
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.form import ChangesFooter, page_column, page_head
from desk_app.ui.theme.fonts import font
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.layout import boxed, clear, column, hairline, row
from desk_app.ui.widgets.panels import Banner, Field, announce

Tell = Callable[[str, object, str], object]
_MOST_SHOWN = 400
"""Characters shown of what a colleague wrote meanwhile."""


@dataclass(frozen=True, slots=True)
class _Place:
    """One line of the list: where a signature may hold."""

    scope: SignatureScope
    title: str
    group: str
    icon: str


class SignaturesPage(QWidget):
    """Shows every place a signature may hold at, the widest first; the closest one that is written goes along."""

    def __init__(self, session: DeskSession, tell: Tell) -> None:
        super().__init__()
        self._session, self._tell = session, tell
        self._places: list[_Place] = []
        self._signatures: Mapping[str, Signature] = {}
        self._values: Mapping[str, str] = {}
        self._histories: Mapping[int, HistoryIncluded | None] = {}
        self._here = SignatureScope()
        self._stored: tuple[str, str] | None = ("", "")
        """What is stored, as the field writes it; None: something else than what is shown."""
        self._loaded: Signature | None = None
        """What the text shown began from; only that is replaced by saving."""
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Signatures"))
        self.list.setItemDelegate(SuggestionLines(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(lambda _item: self._chosen())
        self.list.itemActivated.connect(lambda _item: self._chosen())
        self.text = RichField(tr("Signature"), height=120)
        self.text.changed.connect(self._touched)
        self.preview = QTextBrowser()
        self.preview.setFrameShape(QFrame.Shape.NoFrame)
        self.preview.setAccessibleName(tr("Preview"))
        self.preview.setFixedHeight(90)
        self.remove = button(tr("Use the wider one again"), self._remove, variant="ghost", icon_name="undo-2")
        self.from_name = Choice()
        self.from_name.activated.connect(lambda _place: self._choose_sender())
        self._sender_field = Field(tr("Name in front of the address"), self.from_name)
        self.history = Choice()
        self.history.activated.connect(lambda _place: self._choose_history())
        self._history_field = Field(tr("Quoted below a reply of this department"), self.history)
        self.footer = ChangesFooter()
        self.footer.save_asked.connect(self._save)
        self.footer.revert_asked.connect(self._revert)
        self._lay_out()
        session.signatures_changed.connect(self._load)
        session.facts_changed.connect(self._load)
        self._load()

    def _lay_out(self) -> None:
        left = boxed(column(self.list, margins=(12, 16, 8, 12)), "surface")
        left.setFixedWidth(300)
        words = tr(
            "Below a mail goes the first that is written: yours for the mailbox, the mailbox's, yours, the "
            "department's, the desk's."
        )
        self._title = label("", "title")
        self._state = label("", "tertiary", wrap=True)
        self._theirs_box = column()
        self._theirs = boxed(self._theirs_box)
        form = page_column(
            page_head(tr("Signatures"), words),
            self._title,
            self._state,
            self._theirs,
            Field(tr("Signature"), self.text),
            row(None, self.remove),
            Field(tr("Preview"), card_of(self.preview), help_text=tr("Filled in with example values.")),
            self._sender_field,
            self._history_field,
            title=tr("Signatures"),
        )
        self.setLayout(row(left, hairline(vertical=True), boxed(column(form, self.footer, spacing=0)), spacing=0))
        self.setFocusProxy(self.list)

    # -- reading ----------------------------------------------------------------------------------------------------
    def _load(self) -> None:
        desk, facts, agent = self._session.desk, self._session.facts, self._session.agent
        account = next((one.id for one, _health in facts.accounts), None)
        departments = [one.id for one in facts.departments]

        def read() -> tuple[Sequence[Signature], Mapping[str, str], Mapping[int, HistoryIncluded | None]]:
            histories = {one: desk.people.history_included(one) for one in departments}
            return desk.signatures.all(), desk.canned.samples(account, agent.id), histories

        def arrived(
            found: tuple[Sequence[Signature], Mapping[str, str], Mapping[int, HistoryIncluded | None]],
        ) -> None:
            self._signatures = {one.scope.key: one for one in found[0]}
            department = next((one.name for one in facts.departments), "")
            self._values = {**sample_values(), "department.name": department, **found[1]}
            self.text.further = further_of(found[1])
            self._histories = found[2]
            self._fill()
            if self.dirty:
                self._compare()
            else:
                self._show(self._here)

        self._session.work.run(read, arrived, owner=self)

    def _fill(self) -> None:
        facts, me = self._session.facts, self._session.agent.id
        boxes = [account for account, _health in facts.accounts]
        self._places = [
            _Place(SignatureScope(), tr("Whole desk"), "", "globe"),
            *(
                _Place(SignatureScope(department_id=one.id), one.name, tr("Departments"), "building-2")
                for one in facts.departments
            ),
            *(_Place(SignatureScope(account_id=one.id), one.name, tr("Mailboxes"), "mail") for one in boxes),
            _Place(SignatureScope(agent_id=me), tr("In every mailbox"), tr("Only mine"), "user"),
            *(
                _Place(SignatureScope(account_id=one.id, agent_id=me), one.name, tr("Only mine"), "user")
                for one in boxes
            ),
        ]
        self.list.clear()
        group = ""
        for place in self._places:
            if place.group != group:
                heading = QListWidgetItem(place.group)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                self.list.addItem(heading)
                group = place.group
            item = QListWidgetItem(place.title)
            written = self._signatures.get(place.scope.key)
            detail = "" if written is None else tr("none here") if written.empty else tr("written")
            item.setData(Qt.ItemDataRole.UserRole, Suggestion(place.title, lambda: None, detail, place.icon))
            item.setData(Qt.ItemDataRole.UserRole + 1, place.scope)
            self.list.addItem(item)
            if place.scope == self._here:
                self.list.setCurrentItem(item)

    def _chosen(self) -> None:
        here = self.list.currentRow()
        scope = self.list.item(here).data(Qt.ItemDataRole.UserRole + 1) if here >= 0 else None
        if isinstance(scope, SignatureScope) and scope != self._here:
            self.leave(lambda: self._show(scope))

    def _show(self, scope: SignatureScope) -> None:
        self._here = scope
        place = next((one for one in self._places if one.scope == scope), None)
        there = self._signatures.get(scope.key)
        self._title.setText(" · ".join(part for part in (place.group, place.title) if part) if place else "")
        if there is None:
            self._state.setText(tr("Nothing is written here: a wider signature goes along, where there is one."))
        else:
            self._state.setText(tr("An empty one means: no signature here.") if there.empty else "")
        self._state.setVisible(bool(self._state.text()))
        self.text.set_written(there.html if there else "", there.text if there else "")
        self._stored, self._loaded = self.text.written, there
        self._say_theirs(None)
        self.remove.setVisible(there is not None and scope != SignatureScope())
        self._show_sender(scope)
        self._show_history(scope)
        self.footer.show_clean()
        self._look()

    def _show_sender(self, scope: SignatureScope) -> None:
        account = self._session.facts.account(scope.account_id)
        self._sender_field.setVisible(account is not None and scope.agent_id is None)
        if account is None:
            return
        mailbox, agent = account.sender_name or account.name, self._session.agent.name
        self.from_name.clear()
        self.from_name.addItem(mailbox, SenderName.MAILBOX)
        self.from_name.addItem(agent, SenderName.AGENT)
        self.from_name.addItem(f"{agent} via {mailbox}", SenderName.AGENT_VIA_MAILBOX)
        self.from_name.setCurrentIndex(max(0, self.from_name.findData(account.policy.sender_name)))

    def _show_history(self, scope: SignatureScope) -> None:
        self._history_field.setVisible(scope.department_id is not None)
        if scope.department_id is None:
            return
        usual = history_words(self._session.facts.settings.history_included)
        self.history.clear()
        self.history.addItem(tr("As the desk does: {what}").format(what=usual), None)
        for included in HistoryIncluded:
            self.history.addItem(history_words(included), included)
        chosen = self._histories.get(scope.department_id)
        self.history.setCurrentIndex(max(0, self.history.findData(chosen)) if chosen is not None else 0)

    def _look(self) -> None:
        html, text = self.text.written
        made = fill_signature(Signature(self._here, text, html), self._values)
        self.preview.document().setDefaultFont(font(13))
        self.preview.setHtml(made.html)

    # -- two people at one signature ----------------------------------------------------------------------------------
    def _compare(self) -> None:
        """Show what a colleague stored here while this text was being written; nothing is replaced unseen."""
        there = self._signatures.get(self._here.key)
        if there == self._loaded:
            self._say_theirs(None)
            return

        def keep() -> None:
            self._loaded, self._stored = there, None
            self._say_theirs(None)
            self.footer.show_changes()
            self.text.setFocus()

        text = tr("Somebody else removed this signature meanwhile.")
        if there is not None:
            said = there.text.strip()
            text = tr("Somebody else changed this signature meanwhile. It says now:")
            text += "\n" + (said[:_MOST_SHOWN] + "…" if len(said) > _MOST_SHOWN else said or tr("none here"))
        choices = [(tr("Keep this text"), keep), (tr("Take the other one"), lambda: self._show(self._here))]
        self._say_theirs(Banner(text, "warning", choices))

    def _say_theirs(self, bar: Banner | None) -> None:
        clear(self._theirs_box)
        if bar is not None:
            self._theirs_box.addWidget(bar)
            announce(self, bar.text.text())
        self._theirs.setVisible(bar is not None)

    # -- changing ---------------------------------------------------------------------------------------------------
    @property
    def dirty(self) -> bool:
        """Whether the text differs from what is stored."""
        return self.text.written != self._stored

    def _touched(self) -> None:
        self._look()
        if self.dirty:
            self.footer.show_changes()
        else:
            self.footer.show_clean()

    def leave(self, then: Callable[[], None]) -> None:
        """Ask about changes before another place or page is shown."""
        if self.dirty:
            self.footer.ask_before(then)
        else:
            then()

    def _revert(self) -> None:
        then = self.footer.take_next()
        self._show(self._here)
        if then is not None:
            then()

    def _save(self) -> None:
        then, actor, signatures = self.footer.take_next(), self._session.actor, self._session.desk.signatures
        html, text = self.text.written
        made = Signature(self._here, text, html, self._loaded.version if self._loaded is not None else 0)

        def saved(stored: Signature) -> None:
            self._signatures = {**self._signatures, stored.scope.key: stored}
            self._fill()
            self._show(self._here)
            self._session.signatures_changed.emit()
            self._tell(tr("Saved"), None, "circle-check")
            if then is not None:
                then()

        def failed(problem: Problem) -> None:
            if isinstance(problem.error, StaleSignatureError):
                self.footer.show_changes()
                self._load()
            else:
                self.footer.show_error(problem.text)

        self._session.work.write(lambda: signatures.save(made, actor), saved, failed=failed, owner=self)

    def _remove(self) -> None:
        scope, actor, signatures = self._here, self._session.actor, self._session.desk.signatures

        def back(gone: Signature) -> None:
            self._session.work.write(
                lambda: signatures.save(replace(gone, version=0), actor), lambda _stored: self._load(), owner=self
            )

        def removed(gone: Signature | None) -> None:
            self._stored = self.text.written
            self._load()
            if gone is not None:
                self._tell(tr("The wider signature goes along again"), lambda: back(gone), "signature")

        self._session.work.write(lambda: signatures.remove(scope, actor), removed, owner=self)

    def _choose_sender(self) -> None:
        account_id, form = self._here.account_id, self.from_name.currentData()
        signatures, actor = self._session.desk.signatures, self._session.actor
        if account_id is not None:
            self._session.work.write(
                lambda: signatures.set_sender_name(account_id, SenderName(form), actor),
                lambda _none: self._session.load(),
                owner=self,
            )

    def _choose_history(self) -> None:
        department_id, included = self._here.department_id, self.history.currentData()
        people, actor = self._session.desk.people, self._session.actor
        chosen = HistoryIncluded(included) if included is not None else None
        if department_id is not None:
            self._session.work.write(
                lambda: people.set_history_included(department_id, chosen, actor),
                lambda _none: self._load(),
                owner=self,
            )
