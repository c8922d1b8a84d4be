"""The settings page of canned responses: folders at the left, one response at the right (CO-06)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QListWidget, QListWidgetItem, QStackedWidget, QWidget

from desk_app.domain.messages.canned import FOLDER_SEPARATOR, CannedResponse, offered
from desk_app.services.messages.canned import Imported
from desk_app.ui.language import tr
from desk_app.ui.messages.canned_editor import NEW, CannedEditor
from desk_app.ui.messages.rich_field import sample_values
from desk_app.ui.messages.suggest_popup import Suggestion, SuggestionLines
from desk_app.ui.messages.suggest_sources import SCOPE_ICONS
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.form import ChangesFooter, page_column, page_head
from desk_app.ui.widgets.basics import Menu, icon_button, search_field
from desk_app.ui.widgets.layout import boxed, column, hairline, row
from desk_app.ui.widgets.panels import EmptyState

Tell = Callable[[str, object, str], object]
"""Text, undo (callable or None), icon name."""
EXPORT_NAME = "canned-responses.json"


class CannedPage(QWidget):
    """Lists, writes, imports and exports canned responses."""

    def __init__(self, session: DeskSession, tell: Tell) -> None:
        super().__init__()
        self._session, self._tell = session, tell
        self._responses: Sequence[CannedResponse] = ()
        self._wanted: int | None = None
        self.search = search_field(tr("Search canned responses"))
        self.search.textChanged.connect(lambda _text: self._fill())
        self.new = icon_button("plus", tr("New canned response"), lambda: self._leave_for(self._begin))
        self.more = icon_button("ellipsis", tr("Import and export"), self._more_menu)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Canned responses"))
        self.list.setItemDelegate(SuggestionLines(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(lambda _item: self._chosen())
        self.list.itemActivated.connect(lambda _item: self._chosen())
        self.editor = CannedEditor(session.agent.id, session.work)
        self.editor.refused.connect(self._not_attached)
        self.editor.changed.connect(self._touched)
        self.editor.delete_asked.connect(self._delete)
        self.footer = ChangesFooter()
        self.footer.save_asked.connect(self._save)
        self.footer.revert_asked.connect(self._revert)
        self._lay_out()
        session.canned_changed.connect(self._load)
        session.facts_changed.connect(self._load)
        self._load()

    def _lay_out(self) -> None:
        text = tr("Texts you write often. Type / in a reply or a note to insert one.")
        side = column(row(self.search, self.new, self.more, spacing=4), self.list, margins=(12, 16, 8, 12), spacing=8)
        left = boxed(side, "surface")
        left.setFixedWidth(300)
        form = page_column(page_head(tr("Canned responses"), text), self.editor, title=tr("Canned responses"))
        empty = EmptyState(
            "message-square-text",
            tr("No canned response yet"),
            text,
            (tr("Write the first one"), lambda: self._begin()),  # noqa: PLW0108 -- bound later
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(boxed(column(form, self.footer, spacing=0)))
        self._stack.addWidget(boxed(column(empty), "canvas"))
        self.setLayout(row(left, hairline(vertical=True), self._stack, spacing=0))
        self.setFocusProxy(self.search)

    # -- reading ----------------------------------------------------------------------------------------------------
    def _load(self) -> None:
        canned, agent = self._session.desk.canned, self._session.agent
        account = next((one.id for one, _health in self._session.facts.accounts), None)

        def arrived(found: tuple[Sequence[CannedResponse], Mapping[str, str]]) -> None:
            self._responses = found[0]
            facts = self._session.facts
            department = next((one.name for one in facts.departments), "")
            values = {**sample_values(), "department.name": department, **found[1]}
            self.editor.set_choices(facts, (one.folder for one in self._responses), values)
            self._fill()

        self._session.work.run(
            lambda: (canned.visible(agent.id), canned.samples(account, agent.id)), arrived, owner=self
        )

    def _fill(self) -> None:
        typed = self.search.text()
        found = offered(self._responses, typed)
        if not typed.strip():
            found.sort(key=lambda one: (one.folder.casefold(), one.title.casefold()))
        self.list.clear()
        folder = ""
        for one in found:
            if one.folder != folder and not typed.strip():
                heading = QListWidgetItem(one.folder.replace(FOLDER_SEPARATOR, " › "))
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                self.list.addItem(heading)
            folder = one.folder
            item = QListWidgetItem(one.title)
            detail = " · ".join(part for part in (one.language.upper(), str(one.use_count or "")) if part)
            line = Suggestion(one.title, lambda: None, detail, SCOPE_ICONS[one.scope])
            item.setData(Qt.ItemDataRole.UserRole, line)
            item.setData(Qt.ItemDataRole.UserRole + 1, one.id)
            self.list.addItem(item)
            if one.id == self._wanted:
                self.list.setCurrentItem(item)
        here = self._wanted is not None or bool(self._responses)
        self._stack.setCurrentIndex(0 if here else 1)
        if self._wanted is None and found and not self.editor.dirty_or_new:
            self._open(found[0].id)

    def _chosen(self) -> None:
        here = self.list.currentRow()
        response_id = self.list.item(here).data(Qt.ItemDataRole.UserRole + 1) if here >= 0 else None
        if isinstance(response_id, int) and response_id != self._wanted:
            self._leave_for(lambda: self._open(response_id))

    def _open(self, response_id: int) -> None:
        self._wanted = response_id
        canned, actor = self._session.desk.canned, self._session.actor

        def arrived(found: CannedResponse | None) -> None:
            if found is not None and self._wanted == response_id:
                self._show(found)

        self._session.work.run(lambda: canned.get(response_id, actor), arrived, owner=self)

    def _show(self, response: CannedResponse) -> None:
        self._wanted = response.id
        self._stack.setCurrentIndex(0)
        self.editor.set_response(response)
        self.footer.show_clean()

    def _begin(self) -> None:
        self._show(replace(NEW, folder=self.editor.response.folder if self._responses else ""))
        self.list.setCurrentRow(-1)
        self.editor.title.setFocus()

    # -- changing ---------------------------------------------------------------------------------------------------
    def _touched(self) -> None:
        if self.editor.dirty:
            self.footer.show_changes()
        else:
            self.footer.show_clean()

    def leave(self, then: Callable[[], None]) -> None:
        """Ask about changes before another page is shown."""
        self._leave_for(then)

    def _leave_for(self, then: Callable[[], None]) -> None:
        if self.editor.dirty:
            self.footer.ask_before(then)
        else:
            then()

    def _revert(self) -> None:
        then = self.footer.take_next()
        if self.editor.stored.id or then is not None or not self._responses:
            self.editor.set_response(self.editor.stored)
        else:
            self._open(self._responses[0].id)
        self.footer.show_clean()
        if then is not None:
            then()

    def _not_attached(self, text: str) -> None:
        self.footer.show_text(text, bad=True, changes=self.editor.dirty)

    def _save(self) -> None:
        reading = self.editor.files.being_read
        if reading:
            text = tr("One moment: {names} is being read. Save again when it is there.")
            self.footer.show_error(text.format(names=", ".join(reading)))
            return
        response, then = self.editor.response, self.footer.take_next()
        canned, actor = self._session.desk.canned, self._session.actor

        def saved(stored: CannedResponse) -> None:
            self._show(stored)
            self._tell(tr("Saved"), None, "circle-check")
            self._load()
            if then is not None:
                then()

        def failed(problem: Problem) -> None:
            self.footer.show_error(problem.text)

        self._session.work.write(lambda: canned.save(response, actor), saved, failed=failed, owner=self)

    def _delete(self) -> None:
        response_id = self.editor.stored.id
        canned, actor = self._session.desk.canned, self._session.actor

        def back(gone: CannedResponse) -> None:
            self._session.work.write(
                lambda: canned.save(replace(gone, id=0, version=0), actor), self._restored, owner=self
            )

        def deleted(gone: CannedResponse | None) -> None:
            self._wanted = None
            self.editor.set_response(NEW)
            self.footer.show_clean()
            self._load()
            if gone is not None:
                self._tell(tr("“{title}” deleted").format(title=gone.title), lambda: back(gone), "trash-2")

        self._session.work.write(lambda: canned.delete(response_id, actor), deleted, owner=self)

    def _restored(self, stored: CannedResponse) -> None:
        self._show(stored)
        self._load()

    # -- files ------------------------------------------------------------------------------------------------------
    def _more_menu(self) -> None:
        menu = Menu(self)
        menu.add(tr("Import…"), self._ask_import, icon_name="upload")
        menu.add(tr("Export…"), self._ask_export, icon_name="download", enabled=bool(self._responses))
        menu.below(self.more)

    def _ask_import(self) -> None:
        name, _filter = QFileDialog.getOpenFileName(self, tr("Import canned responses"), filter="JSON (*.json)")
        if name:
            self.import_file(Path(name))

    def import_file(self, path: Path) -> None:
        """Add the responses of an exported file."""
        canned, actor = self._session.desk.canned, self._session.actor

        def done(result: Imported) -> None:
            words = tr("%n canned response(s) imported", result.added)
            if result.known:
                words += " · " + tr("%n known already", result.known)
            self._tell(words, None, "upload")
            self._load()

        def failed(problem: Problem) -> None:
            self._tell(problem.text, None, "triangle-alert")

        self._session.work.write(
            lambda: canned.import_(path.read_text(encoding="utf-8"), actor), done, failed=failed, owner=self
        )

    def _ask_export(self) -> None:
        name, _filter = QFileDialog.getSaveFileName(self, tr("Export canned responses"), EXPORT_NAME)
        if name:
            self.export_file(Path(name))

    def export_file(self, path: Path) -> None:
        """Write every response this agent sees to a file."""
        canned, actor = self._session.desk.canned, self._session.actor

        def written(_size: int) -> None:
            self._tell(tr("Saved as {name}").format(name=path.name), None, "download")

        self._session.work.run(lambda: path.write_text(canned.export(actor), encoding="utf-8"), written, owner=self)
