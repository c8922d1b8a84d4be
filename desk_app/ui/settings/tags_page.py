"""Tags: their colours and use; rename, merge, delete, each with a way back (IN-21)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QLineEdit, QProgressBar, QStackedWidget, QWidget

from desk_app.domain.tickets.tags import clean_tag
from desk_app.services.ports.tags import TagUse
from desk_app.services.tickets.tags import TagChange, TagProgress
from desk_app.ui.language import grouped, tr
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.finding import folded
from desk_app.ui.settings.form import SettingsForm
from desk_app.ui.settings.swatches import Swatches, dot_token, tag_colours
from desk_app.ui.tasks import Shown
from desk_app.ui.widgets.basics import button, label, search_field, set_words
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.layout import boxed, clear, column, hairline, row
from desk_app.ui.widgets.panels import Banner, EmptyState, Field, panel_card
from desk_app.ui.widgets.table import PlainTable, TableRow
from desk_app.ui.work import Job

Tell = Callable[[str, Callable[[], object] | None, str], object]


class TagsPage(QWidget):
    """The tags in the middle, one at the right. `tell(text, undo, icon)` shows what was done with its way back,
    `search` looks tickets up."""

    def __init__(self, session: DeskSession, tell: Tell, search: Callable[[str], object]) -> None:
        super().__init__()
        self._session, self._tell, self._look_up = session, tell, search
        self.tags: Sequence[TagUse] = ()
        self._wanted = ""
        self._job: Job | None = None
        self._half: Callable[[], object] = lambda: None
        self.search = search_field(tr("Search tags"))
        self.search.textChanged.connect(lambda _text: self._fill())
        self.setFocusProxy(self.search)
        self.new_button = button(tr("New tag"), self.new, variant="primary", icon_name="plus")
        self.table = PlainTable(tr("Tags"), (tr("Tag"), tr("Tickets")), numbers=(1,))
        self.table.chosen.connect(lambda key: self._leave_to(str(key)))
        self.editor = TagEditor(self)
        self._right = QStackedWidget()
        self._right.addWidget(self._empty())
        self._right.addWidget(self.editor)
        line = row(self._left(), hairline(vertical=True), self._right, spacing=0)
        line.setStretch(0, 4)
        line.setStretch(2, 6)
        self.setLayout(line)
        session.facts_changed.connect(self.load)
        self.load()

    def _left(self) -> QWidget:
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("Progress"))
        self._progress_text = label("", "tertiary")
        self.stop = button(tr("Stop"), self._stop, variant="ghost")
        self._running = boxed(
            column(row(self._progress_text, None, self.stop), self.progress, margins=(16, 4, 12, 10), spacing=4)
        )
        self._running.hide()
        head = column(
            row(label(tr("Tags"), "title"), None, self.new_button), self.search, margins=(12, 9, 12, 10), spacing=8
        )
        listed = boxed(column(self.table, margins=(12, 12, 12, 12)))
        left = boxed(column(head, hairline(), self._running, listed, spacing=0), "surface")
        left.setMinimumWidth(280)
        left.setMaximumWidth(380)
        return left

    def _empty(self) -> QWidget:
        return boxed(
            column(
                EmptyState(
                    "tag",
                    tr("No tag yet"),
                    tr("Tags sort tickets across mailboxes. Make one here, or write one into a ticket."),
                    (tr("New tag"), self.new),
                )
            ),
            "canvas",
        )

    # -- the list -------------------------------------------------------------------------------------------------
    def load(self) -> None:
        """Read the tags anew."""
        self._session.work.run(self._session.desk.tags.listed, self._take, owner=self)

    def _take(self, tags: Sequence[TagUse]) -> None:
        self.tags = tags
        self._fill()

    def _fill(self) -> None:
        wanted = folded(self.search.text().strip())
        rows = [
            TableRow(one.name, (one.name, grouped(one.tickets)), dot=dot_token(one.colour))
            for one in self.tags
            if wanted in folded(one.name)
        ]
        names = [str(one.key) for one in rows]
        with QSignalBlocker(self.table):  # the cursor comes to no other line, so nobody is asked about changes
            self.table.show_rows(rows)
            self.table.choose(self._wanted)
        if self._wanted in names:
            self.editor.show_tag(self._tag(self._wanted), self.tags)
        elif names and not self.editor.is_new:
            self._leave_to(names[0])
        self._right.setCurrentIndex(1 if names or self.editor.is_new else 0)

    def _tag(self, name: str) -> TagUse | None:
        return next((one for one in self.tags if one.name == name), None)

    def _leave_to(self, name: str) -> None:
        if name != self._wanted or self.editor.is_new:
            self.editor.leave(lambda: self._open(name))

    def _open(self, name: str) -> None:
        self._wanted = name
        self.table.choose(name)
        self.editor.show_tag(self._tag(name), self.tags, anew=True)
        self._right.setCurrentIndex(1)

    def new(self) -> None:
        """Begin a tag."""

        def begin() -> None:
            self._wanted = ""
            self.editor.show_tag(None, self.tags, anew=True)
            self._right.setCurrentIndex(1)
            self.editor.name.setFocus()

        self.editor.leave(begin)

    def leave(self, then: Callable[[], None]) -> None:
        """Ask about changes before the page is left."""
        self.editor.leave(then)

    # -- changes --------------------------------------------------------------------------------------------------
    def put(self, name: str, colour: str, done: Callable[[], None] = lambda: None) -> None:
        """Make a tag or recolour it."""
        tags = self._session.desk.tags

        def made(clean: str) -> None:
            self._wanted = clean
            done()
            self._session.load()

        self._session.work.write(lambda: tags.put(name, colour), made, failed=self._failed, owner=self)

    def replace(self, name: str, into: str) -> None:
        """Rename or merge a tag."""
        tags, actor = self._session.desk.tags, self._session.actor
        merged = self._tag(into) is not None
        words = tr("“{name}” is part of “{into}” now") if merged else tr("“{name}” is called “{into}” now")
        self._wanted = into
        self._run(lambda: tags.replace(name, into, actor), words.format(name=name, into=into))

    def delete(self, name: str) -> None:
        """Take a tag away everywhere."""
        tags, actor = self._session.desk.tags, self._session.actor
        self._wanted = ""
        self._run(lambda: tags.delete(name, actor), tr("Tag “{name}” deleted").format(name=name))

    def show_tickets(self, name: str) -> None:
        """Look up the tickets with a tag."""
        self._look_up(f'tag:"{name}"' if " " in name else f"tag:{name}")

    def _run(self, change: Callable[[], Iterator[TagProgress]], words: str, *, undoable: bool = True) -> None:
        last: list[TagChange] = []

        def step(found: TagProgress) -> None:
            last[:] = [found.change]
            self._running.setVisible(not found.finished)
            self.progress.setMaximum(max(1, found.total))
            self.progress.setValue(found.done)
            self._progress_text.setText(tr("{done} of %n ticket(s)", found.total).format(done=grouped(found.done)))

        def done(_none: None) -> None:
            self._ended()
            undo = (lambda: self._take_back(last[0])) if undoable and last else None
            self._tell(words, undo, "tag")

        self._job = self._session.work.stream(
            change,
            step,
            done,
            failed=self._failed,
            owner=self,
            shown=Shown(tr("Changing a tag…"), lambda found: (found.done, found.total), self._stop),
        )
        self._half = lambda: self._tell(
            tr("Stopped. What was changed so far stays."),
            (lambda: self._take_back(last[0])) if undoable and last else None,
            "tag",
        )

    def _take_back(self, change: TagChange) -> None:
        tags, actor = self._session.desk.tags, self._session.actor
        self._wanted = change.name
        words = tr("“{name}” is back").format(name=change.name)
        self._run(lambda: tags.take_back(change, actor), words, undoable=False)

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._ended()
            self._half()

    def _ended(self) -> None:
        self._job = None
        self._running.hide()
        self.editor.mark_clean()
        self._session.load()

    def _failed(self, problem: Problem) -> None:
        self._running.hide()
        self.editor.footer.show_error(problem.text)


class TagEditor(SettingsForm):
    """Name and colour of one tag, what it is used for, and how it goes."""

    def __init__(self, page: TagsPage) -> None:
        super().__init__(tr("Tag"))
        self._page = page
        self._tag: TagUse | None = None
        self.is_new = False
        self.name = QLineEdit()
        self.colour = Swatches(tr("Colour"), tag_colours())
        self._heading = label("", "h2")
        self._use = label("", "secondary")
        self.tickets_button = button(tr("Show them"), self._show_tickets, variant="link")
        self._notice = column(spacing=8)
        self.into = Choice(name=tr("Merge into"))
        self.into.setProperty("unwatched", True)
        self.merge_button = button(tr("Merge"), self._merge, icon_name="merge")
        self.delete_button = button(tr("Delete"), self._delete, variant="danger", icon_name="trash-2")
        self._more, content = panel_card(tr("Tidy up"))
        content.setSpacing(12)
        merging = row(self.into, self.merge_button)
        merging.setStretch(0, 1)
        into = Field(
            tr("Merge into"),
            boxed(merging),
            help_text=tr("Every ticket with this tag gets the other one instead."),
        )
        content.addWidget(into)
        stays = label(tr("Tickets stay, they only lose the tag."), "tertiary", wrap=True)
        last = row(self.delete_button, stays)
        last.setStretchFactor(stays, 1)
        content.addLayout(last)
        self.build(
            column(self._heading, row(self._use, self.tickets_button, None), spacing=2),
            self._notice,
            Field(tr("Name"), self.name, help_text=tr("Tags are written in small letters.")),
            Field(tr("Colour"), self.colour),
            self._more,
        )

    def show_tag(self, tag: TagUse | None, tags: Sequence[TagUse], *, anew: bool = False) -> None:
        """Show a tag, or an empty form for None; without `anew`, what is being edited stays."""
        if not anew and self.has_changes:
            return
        self._tag, self.is_new = tag, tag is None
        clear(self._notice)
        self._heading.setText(tag.name if tag is not None else tr("New tag"))
        self._use.setText(tr("In %n ticket(s).", tag.tickets) if tag is not None else "")
        self.tickets_button.setVisible(tag is not None and tag.tickets > 0)
        words = tr("Show it") if tag is not None and tag.tickets == 1 else tr("Show them")
        set_words(self.tickets_button, words, gap=False)
        self._more.setVisible(tag is not None)
        self.into.clear()
        for one in tags:
            if tag is None or one.name != tag.name:
                self.into.addItem(one.name, one.name)
        self.merge_button.setEnabled(self.into.count() > 0)
        self.show_stored()
        self.mark_clean()

    def show_stored(self) -> None:
        """Fill in what is stored."""
        self.name.setText(self._tag.name if self._tag is not None else "")
        self.colour.choose(self._tag.colour if self._tag is not None else "")

    def save(self) -> None:
        """Store name and colour; a name that is taken is asked about first."""
        wanted = clean_tag(self.name.text())
        clear(self._notice)
        if not wanted:
            self.footer.show_error(tr("A tag needs a name."))
            return
        taken = any(one.name == wanted for one in self._page.tags) and (self._tag is None or self._tag.name != wanted)
        if taken and self._tag is not None:
            name = self._tag.name
            text = tr("There is a tag “{name}” already. Merge the two?").format(name=wanted)
            choice = (tr("Merge"), lambda: self._page.replace(name, wanted))
            self._notice.addWidget(Banner(text, "warning", [choice]))
            self.footer.show_error(tr("The name is taken."))
        elif taken:
            self.footer.show_error(tr("The name is taken."))
        elif self._tag is None or self._tag.name == wanted:
            self.is_new = False
            self._page.put(wanted, self.colour.colour, self.was_saved)
        else:
            self._rename(self._tag, wanted)

    def _rename(self, tag: TagUse, wanted: str) -> None:
        self.was_saved()
        if self.colour.colour != tag.colour:
            self._page.put(tag.name, self.colour.colour, lambda: self._page.replace(tag.name, wanted))
        else:
            self._page.replace(tag.name, wanted)

    def _show_tickets(self) -> None:
        if self._tag is not None:
            self._page.show_tickets(self._tag.name)

    def _merge(self) -> None:
        if self._tag is not None and self.into.currentData():
            self._page.replace(self._tag.name, str(self.into.currentData()))

    def _delete(self) -> None:
        if self._tag is not None:
            self._page.delete(self._tag.name)
