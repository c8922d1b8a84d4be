"""Where replies and notes are written, docked under the conversation (ui.md 4.5)."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QFileInfo, QSize, Qt, Signal
from PySide6.QtGui import QTextDocument, QTextListFormat
from PySide6.QtWidgets import QComboBox, QFileDialog, QFrame, QInputDialog, QLineEdit, QSizePolicy, QTabBar, QWidget

from desk_app.domain.messages.draft import ReplyDraft
from desk_app.domain.messages.guards import Objection, objections
from desk_app.domain.messages.kept_draft import DraftKind, KeptDraft
from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.domain.tickets.model import Status
from desk_app.plugin_api.ui import ComposerTool, Registry
from desk_app.ui.language import named, said, tr
from desk_app.ui.messages.composer_guards import conversation_of, guard_bar, outgoing_of, stale_bar
from desk_app.ui.messages.editor import ComposerEdit
from desk_app.ui.messages.recipients import RecipientLine
from desk_app.ui.messages.serializer import serialize
from desk_app.ui.session import DeskFacts
from desk_app.ui.theme.icons import icon
from desk_app.ui.tickets.phrases import size_text
from desk_app.ui.widgets.basics import Menu, button, icon_button, label, restyle, set_words
from desk_app.ui.widgets.layout import FlowLayout, boxed, column, row
from desk_app.ui.widgets.panels import Banner

if TYPE_CHECKING:
    from desk_app.services.messages.replies import NewerMessage
    from desk_app.services.queries.conversation import ConversationView

MAX_ATTACHED = 25 * 1024 * 1024


class Composer(QFrame):
    """A reply or a note to one ticket. It only collects; what happens on `sent` is the conversation's business."""

    sent = Signal(object, str, object)
    """ReplyDraft, then-status key, send_at (datetime or None)."""
    noted = Signal(str, str)
    """Text and HTML of an internal note."""
    height_wish = Signal()
    changed = Signal()
    """Something was written, or recipients, sender, subject, files or status changed."""
    left = Signal()
    """The text lost the focus."""

    def __init__(self, tools: Registry[ComposerTool]) -> None:
        super().__init__()
        self.setObjectName("composer")
        self._tools = tools
        self._facts = DeskFacts()
        self._ticket_id = 0
        self._start: Any = None
        self._attachments: list[OutgoingAttachment] = []
        self._then = ""
        self._asked: set[Objection] = set()
        self.view: ConversationView | None = None
        self._quiet = False
        self._texts = {on: QTextDocument(self) for on in (False, True)}
        self._cursors = {False: 0, True: 0}
        self._build()
        self._watch()
        self.destroyed.connect(self._tools.on_change(self._fill_tools))
        self.set_note(on=False)

    # -- parts ----------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        self.tabs = QTabBar()
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setIconSize(QSize(15, 15))
        self.tabs.setAccessibleName(tr("Kind of message"))
        self.tabs.addTab(icon("reply"), tr("Reply"))
        self.tabs.addTab(icon("sticky-note"), tr("Note"))
        self.tabs.currentChanged.connect(lambda index: self.set_note(on=index == 1))
        self.to, self.cc, self.bcc = RecipientLine(tr("To")), RecipientLine(tr("Cc")), RecipientLine(tr("Bcc"))
        self.more_recipients = button(tr("Cc Bcc"), self._show_cc, variant="link")
        self.from_box = QComboBox()
        self.from_box.setAccessibleName(tr("From"))
        self.from_box.setProperty("variant", "bare")
        self.from_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.from_box.setMaximumWidth(340)
        self.subject = QLineEdit()
        self.subject.setProperty("variant", "bare")
        self.subject.setAccessibleName(tr("Subject"))
        self.subject.setMinimumHeight(24)
        self.explain = icon_button("info", tr("Why these recipients?"), size=14, side=26)
        self._to_row = boxed(self._address_row(tr("To"), self.to, self.explain, self.more_recipients))
        self._cc_row = boxed(
            column(self._address_row(tr("Cc"), self.cc), self._address_row(tr("Bcc"), self.bcc), spacing=2)
        )
        self._subject_row = boxed(self._address_row(tr("Subject"), self.subject))
        self.edit = ComposerEdit()
        self.edit.setDocument(self._texts[False])
        self.edit.restyle()
        self.edit.files_dropped.connect(self.attach_files)
        self.edit.focus_changed.connect(lambda on: restyle(self, active="true" if on else "false"))
        self.edit.submitted.connect(lambda shift: self.submit(then="closed" if shift else None))
        self.edit.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._files = QWidget()
        self._files.setLayout(FlowLayout(spacing=6))
        self._files.hide()
        self._warning_holder = boxed(column())
        self._warning_holder.hide()
        self._format_bar = boxed(row(*self._format_buttons(), None, spacing=0))
        self._format_bar.hide()
        self._from_label = label(tr("From"), "tertiary")
        top = row(self.tabs, None, self._from_label, self.from_box, spacing=4)
        self.setLayout(
            column(
                top,
                self._to_row,
                self._cc_row,
                self._subject_row,
                self.edit,
                self._files,
                self._warning_holder,
                self._format_bar,
                self._bottom(),
                margins=(12, 4, 10, 10),
                spacing=6,
            )
        )
        self._cc_row.hide()
        self._subject_row.hide()

    def _watch(self) -> None:
        self.edit.textChanged.connect(self._touch)
        self.subject.textEdited.connect(self._touch)
        self.from_box.activated.connect(self._touch)
        for line in (self.to, self.cc, self.bcc):
            line.changed.connect(self._touch)
        self.edit.focus_changed.connect(lambda on: None if on else self.left.emit())

    def _touch(self) -> None:
        if not self._quiet:
            self.changed.emit()

    def _address_row(self, name: str, *widgets: QWidget) -> Any:
        caption = label(name, "tertiary")
        line = row(caption, *widgets, spacing=8)
        line.setStretchFactor(widgets[0], 1)
        for widget in (caption, *widgets):
            line.setAlignment(widget, Qt.AlignmentFlag.AlignVCenter)
        line.setAlignment(widgets[0], Qt.AlignmentFlag(0))
        return line

    def _bottom(self) -> QWidget:
        self._tool_row = row(spacing=0)
        self.then_button = button("", self._then_menu, variant="ghost", icon_name="hourglass")
        self.send_button = button(tr("Send"), lambda: self.submit(), variant="primary", icon_name="send")  # noqa: PLW0108 -- no argument
        self.send_button.setObjectName("sendmain")
        self.send_button.setToolTip(tr("Send") + "  (Ctrl+Enter)")
        self.send_more = button("", self._send_menu, variant="primary", icon_name="chevron-down")
        self.send_more.setObjectName("sendmore")
        self.send_more.setAccessibleName(tr("Other ways to send"))
        self._fill_tools()
        return boxed(
            row(self._tool_row, None, self.then_button, row(self.send_button, self.send_more, spacing=0), spacing=6)
        )

    def _fill_tools(self) -> None:
        while (item := self._tool_row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._tool_buttons = {}
        for spec in self._tools:
            made = icon_button(spec.icon, spec.title, size=16, checkable=spec.checkable)
            if spec.checkable:
                made.toggled.connect(lambda on, one=spec: one.run(self, on))
            else:
                made.clicked.connect(lambda _on=False, one=spec: one.run(self, True))
            self._tool_row.addWidget(made)
            self._tool_buttons[spec.id] = made

    def _format_buttons(self) -> list[QWidget]:
        return [
            icon_button("bold", tr("Bold"), self.edit.toggle_bold, size=15, key="Ctrl+B"),
            icon_button("italic", tr("Italic"), self.edit.toggle_italic, size=15, key="Ctrl+I"),
            icon_button("underline", tr("Underline"), self.edit.toggle_underline, size=15, key="Ctrl+U"),
            icon_button("strikethrough", tr("Strike through"), self.edit.toggle_strike, size=15),
            icon_button("list", tr("List"), lambda: self.edit.toggle_list(QTextListFormat.Style.ListDisc), size=15),
            icon_button(
                "list-ordered",
                tr("Numbered list"),
                lambda: self.edit.toggle_list(QTextListFormat.Style.ListDecimal),
                size=15,
            ),
            icon_button("quote", tr("Quote"), self.edit.toggle_quote, size=15),
        ]

    # -- state ----------------------------------------------------------------------------------------------------
    def set_facts(self, facts: DeskFacts) -> None:
        """Take the addresses and statuses of the desk."""
        self._facts = facts
        here = self.from_box.currentData()
        self.from_box.clear()
        for account, _health in facts.accounts:
            if account.enabled:
                for address in account.addresses:
                    self.from_box.addItem(address, (account.id, address))
        if here is not None:
            self._choose_from(*here)
        self._show_then()

    def _choose_from(self, account_id: int, address: str) -> None:
        for place in range(self.from_box.count()):
            if self.from_box.itemData(place) == (account_id, address):
                self.from_box.setCurrentIndex(place)
                return
        if account_id and address:
            self.from_box.addItem(address, (account_id, address))
            self.from_box.setCurrentIndex(self.from_box.count() - 1)

    @property
    def is_note(self) -> bool:
        """Whether an internal note is being written."""
        return self.tabs.currentIndex() == 1

    @property
    def ticket_id(self) -> int:
        """The ticket this text belongs to."""
        return self._ticket_id

    @property
    def last_message_id(self) -> int | None:
        """The newest message there was when the reply was begun."""
        return self._start.last_message_id if self._start is not None else None

    def set_note(self, *, on: bool) -> None:
        """Switch between reply and note."""
        if self.tabs.currentIndex() != int(on):
            self.tabs.setCurrentIndex(int(on))
            return
        self._switch_text(on=on)
        self._show_files()
        restyle(self, kind="note" if on else "reply")
        for part in (self._to_row, self.then_button, self.send_more, self.from_box, self._from_label):
            part.setVisible(not on)
        self._cc_row.setVisible(not on and bool(self.cc.addresses or self.bcc.addresses))
        self._subject_row.setVisible(not on and self._subject_row.property("wanted") is True)
        set_words(self.send_button, tr("Add note") if on else tr("Send"))
        restyle(self.send_button, variant="note" if on else "primary")
        glyph, token = ("sticky-note", "bg_surface") if on else ("send", "on_accent")
        self.send_button.setIcon(icon(glyph, token, token))
        self.edit.setPlaceholderText(tr("Write a note. Only your team can read it.") if on else tr("Write a reply…"))
        self.edit.setAccessibleName(tr("Note text") if on else tr("Reply text"))

    def _switch_text(self, *, on: bool) -> None:
        """Show the note's own text or the reply's: neither ever becomes the other (pains.md 21)."""
        if self.edit.document() is self._texts[on]:
            return
        self._cursors[not on] = self.edit.textCursor().position()
        self._quiet = True
        self.edit.setDocument(self._texts[on])
        self.edit.restyle()
        self.edit.put_cursor(self._cursors[on])
        self._quiet = False

    def begin(self, ticket_id: int, start: Any) -> None:
        """Take recipients, sender and subject of a new reply; the text stays."""
        self._ticket_id, self._start = ticket_id, start
        self._asked = set()
        self._show_warning(None)
        self.to.set_addresses(start.to)
        self.cc.set_addresses(start.cc)
        self.bcc.set_addresses(())
        self.subject.setText(start.subject)
        self._choose_from(start.from_account_id, start.from_address)
        self.explain.setToolTip("\n".join(_sentences(start.explanation)) or tr("Why these recipients?"))
        self._cc_row.setVisible(not self.is_note and bool(start.cc))

    def reset(self, ticket_id: int) -> None:
        """Forget the text: another ticket is shown, or the mail is on its way."""
        self._ticket_id, self._start = ticket_id, None
        self._quiet = True
        self._attachments = []
        for document in self._texts.values():
            document.clear()
        self._cursors = {False: 0, True: 0}
        self.edit.pictures.clear()
        self._then = ""
        self._asked = set()
        self._show_then()
        self._show_files()
        self._show_warning(None)
        self._subject_row.setProperty("wanted", False)
        self._subject_row.hide()
        self.tabs.setCurrentIndex(0)
        self._quiet = False

    def clear_text(self, *, note: bool) -> None:
        """Forget one text: it was added or sent."""
        if not note:
            self._attachments = []
            self._show_files()
        self._texts[note].clear()
        self._cursors[note] = 0

    def restore(self, kept: KeptDraft) -> None:
        """Show a kept reply or note again, its cursor where it was."""
        self._quiet = True
        note = kept.kind is DraftKind.NOTE
        here = self.edit.hasFocus()
        if not note:
            self._restore_letter(kept)
        self._switch_text(on=note)
        for one in kept.attachments:
            if one.content_id:
                self.edit.pictures[one.content_id] = one
        self.edit.show_written(kept.html, kept.text)
        self.edit.put_cursor(kept.cursor)
        self._cursors[note] = self.edit.textCursor().position()
        self._switch_text(on=self.is_note)
        self._show_files()
        if here:
            self.edit.setFocus()
        self._quiet = False

    def _restore_letter(self, kept: KeptDraft) -> None:
        self.to.set_addresses(kept.to)
        self.cc.set_addresses(kept.cc)
        self.bcc.set_addresses(kept.bcc)
        self._cc_row.setVisible(not self.is_note and bool(kept.cc or kept.bcc))
        self.subject.setText(kept.subject)
        self._choose_from(kept.from_account_id, kept.from_address)
        self._set_then(kept.then_status)
        self._attachments = [one for one in kept.attachments if not one.content_id]
        if kept.answers_message_id is not None and self._start is not None:
            self._start = replace(self._start, answers_message_id=kept.answers_message_id)
        if kept.last_message_id is not None and self._start is not None:
            self._start = replace(self._start, last_message_id=kept.last_message_id)

    def kept(self, agent_id: int) -> tuple[KeptDraft, ...]:
        """Return reply and note as they would be kept; nothing while no ticket is begun."""
        if not self._ticket_id or self._start is None:
            return ()
        self._cursors[self.is_note] = self.edit.textCursor().position()
        letter = self.draft()
        reply = KeptDraft(
            kind=DraftKind.REPLY,
            agent_id=agent_id,
            ticket_id=self._ticket_id,
            from_account_id=letter.from_account_id,
            from_address=letter.from_address,
            to=letter.to,
            cc=letter.cc,
            bcc=letter.bcc,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            attachments=letter.attachments,
            then_status=self._then,
            cursor=self._cursors[False],
            answers_message_id=letter.answers_message_id,
            last_message_id=letter.last_message_id,
        )
        html, text = serialize(self._texts[True])
        note = KeptDraft(
            kind=DraftKind.NOTE,
            agent_id=agent_id,
            ticket_id=self._ticket_id,
            text=text,
            html=html,
            cursor=self._cursors[True],
        )
        return reply, note

    def focus_reply(self) -> None:
        """Begin to write a reply."""
        self.tabs.setCurrentIndex(0)
        self.edit.setFocus()

    def focus_note(self) -> None:
        """Begin to write a note."""
        self.tabs.setCurrentIndex(1)
        self.edit.setFocus()

    def _show_cc(self) -> None:
        self._cc_row.show()
        self.cc.input.setFocus()

    def show_subject(self) -> None:
        """Let the subject be edited (CO-16)."""
        shown = not self._subject_row.isVisible()
        self._subject_row.setProperty("wanted", shown)
        self._subject_row.setVisible(shown)
        if shown:
            self.subject.setFocus()

    def show_format_bar(self, *, on: bool) -> None:
        """Show or hide the formatting buttons."""
        self._format_bar.setVisible(on)

    # -- ComposerPort ---------------------------------------------------------------------------------------------
    def insert_text(self, text: str) -> None:
        """Insert plain text at the cursor."""
        self.edit.insertPlainText(text)

    def insert_html(self, html: str) -> None:
        """Insert HTML at the cursor."""
        self.edit.insert_clean_html(html)

    def attach(self, filename: str, content_type: str, content: bytes) -> None:
        """Attach a file."""
        self._attachments.append(OutgoingAttachment(filename, content_type, content))
        self._show_files()
        self._touch()

    def attach_files(self, paths: Sequence[Path]) -> None:
        """Attach files from the disk."""
        total = sum(len(one.content) for one in self._attachments)
        for path in paths:
            info = QFileInfo(str(path))
            if not info.isFile():
                continue
            total += info.size()
            if total > MAX_ATTACHED:
                text = tr("{name} is too big: mail servers take about 25 MB in all.").format(name=path.name)
                self._show_warning(Banner(text, "warning"))
                return
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            self.attach(path.name, kind, path.read_bytes())

    def ask_files(self) -> None:
        """Let the agent choose files to attach."""
        names, _filter = QFileDialog.getOpenFileNames(self, tr("Attach files"))
        self.attach_files([Path(name) for name in names])

    def ask_link(self) -> None:
        """Let the agent enter a link."""
        target, ok = QInputDialog.getText(self, tr("Insert a link"), tr("Address"), text="https://")
        if ok and target.partition(":")[0] in {"http", "https", "mailto", "tel"}:
            self.edit.set_link(target)

    def _show_files(self) -> None:
        layout = self._files.layout()
        while layout is not None and (item := layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for attachment in self._attachments:
            words = f"{attachment.filename}  {size_text(len(attachment.content))}  ×"
            made = button(words, lambda one=attachment: self._detach(one), variant="chip", icon_name="paperclip")  # type: ignore[misc]
            made.setAccessibleName(tr("Remove attachment {name}").format(name=attachment.filename))
            layout.addWidget(made)  # type: ignore[union-attr]
        self._files.setVisible(bool(self._attachments) and not self.is_note)

    def _detach(self, attachment: OutgoingAttachment) -> None:
        self._attachments.remove(attachment)
        self._show_files()
        self._touch()

    # -- sending --------------------------------------------------------------------------------------------------
    def _then_menu(self) -> None:
        menu = Menu(self)
        menu.add(tr("Leave the status as it is"), lambda: self.choose_then(""), checked=not self._then)
        for status in self._facts.statuses:
            menu.add(named(status.name), lambda one=status: self.choose_then(one.key), checked=status.key == self._then)  # type: ignore[misc]
        menu.below(self.then_button, above=True)

    def choose_then(self, key: str) -> None:
        """Choose the status after sending."""
        self._set_then(key)
        self._touch()

    def _set_then(self, key: str) -> None:
        self._then = key
        self._show_then()

    def _show_then(self) -> None:
        status = self._facts.status(self._then)
        words = tr("then {status}").format(status=named(status.name)) if status else tr("status stays")
        set_words(self.then_button, words)
        self.then_button.setAccessibleName(tr("Status after sending: {status}").format(status=words))

    def _closing_status(self) -> Status | None:
        return next((one for one in self._facts.statuses if one.category.value == "closed"), None)

    def _send_menu(self) -> None:
        menu = Menu(self)
        closing = self._closing_status()
        if closing is not None:
            words = tr("Send and set {status}").format(status=named(closing.name))
            menu.add(words, lambda: self.submit(then="closed"), icon_name="circle-check", key="Ctrl+Shift+Return")
        menu.addSeparator()
        now = datetime.now().astimezone()
        for words, at in (
            (tr("Send in one hour"), now + timedelta(hours=1)),
            (tr("Send tomorrow at 8:00"), _morning(now, 1)),
            (tr("Send on Monday at 8:00"), _morning(now, (7 - now.weekday()) or 7)),
        ):
            menu.add(words, lambda when=at: self.submit(send_at=when), icon_name="clock")  # type: ignore[misc]
        menu.below(self.send_more, above=True)

    def draft(self) -> ReplyDraft:
        """Return what was written as a draft."""
        html, text = serialize(self._texts[False])
        account_id, address = self.from_box.currentData() or (0, "")
        base = ReplyDraft(
            ticket_id=self._ticket_id,
            from_account_id=account_id,
            from_address=address,
            to=self.to.addresses,
            cc=self.cc.addresses,
            bcc=self.bcc.addresses,
            subject=self.subject.text().strip(),
            text=text,
            html=html,
            attachments=(*self._attachments, *self.edit.used_pictures(self._texts[False])),
            last_message_id=self.last_message_id,
        )
        answered = getattr(self._start, "answers_message_id", None)
        return replace(base, answers_message_id=answered) if answered is not None else base

    def submit(self, *, then: str | None = None, send_at: datetime | None = None) -> None:
        """Send the reply or add the note, unless something must be put right first."""
        if self.is_note:
            html, text = serialize(self.edit.document())
            if text:
                self.noted.emit(text, html)
            return
        draft = self.draft()
        if self._objection(draft) or self._second_look(draft, then, send_at):
            return
        self._show_warning(None)
        closing = self._closing_status()
        then_key = (closing.key if closing is not None else "") if then == "closed" else self._then
        self.sent.emit(draft, then_key, send_at)

    def _objection(self, draft: ReplyDraft) -> bool:
        unreadable = self.to.unreadable or self.cc.unreadable or self.bcc.unreadable
        if unreadable:
            return self._object(tr("“{text}” is not an e-mail address.").format(text=unreadable))
        if not (draft.to or draft.cc or draft.bcc):
            return self._object(tr("Nobody would get this mail. Enter a recipient."))
        if not draft.text and not draft.attachments:
            return self._object(tr("There is nothing to send yet."))
        if not draft.from_address:
            return self._object(tr("There is no mailbox to send from. Add one in the settings."))
        return False

    def _second_look(self, draft: ReplyDraft, then: str | None, send_at: datetime | None) -> bool:
        """Ask once about what is unusual; whoever was asked and sends again is not asked again."""
        expected = (*self._start.to, *self._start.cc) if self._start is not None else ()
        own = [one for account, _health in self._facts.accounts for one in account.addresses]
        known = conversation_of(self.view, expected, own, draft.answers_message_id)
        found = objections(outgoing_of(draft), known)
        if set(found) <= self._asked:
            return False
        self._asked |= set(found)

        def back() -> None:
            self._show_warning(None)
            self.edit.setFocus()

        self._show_warning(guard_bar(found, lambda: self.submit(then=then, send_at=send_at), back))
        return True

    def _object(self, text: str) -> bool:
        self._show_warning(Banner(text, "danger"))
        return True

    def warn_stale(self, newer: Sequence[NewerMessage], send_anyway: Callable[[], object]) -> None:
        """Show what arrived while the agent was writing; the text stays (IN-09)."""

        def back() -> None:
            if self._start is not None:
                self._start = replace(self._start, last_message_id=max(one.message_id for one in newer))
            self._show_warning(None)
            self.edit.setFocus()

        self._show_warning(stale_bar(newer, send_anyway, back))

    def say(self, banner: QWidget | None) -> None:
        """Show a bar above the buttons, or take it away."""
        self._show_warning(banner)

    def warn(self, text: str) -> None:
        """Say that sending failed; the text stays."""
        self._show_warning(Banner(text, "danger"))

    def _show_warning(self, banner: QWidget | None) -> None:
        layout = self._warning_holder.layout()
        while layout is not None and (item := layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        if banner is not None:
            layout.addWidget(banner)  # type: ignore[union-attr]
        self._warning_holder.setVisible(banner is not None)


def _morning(now: datetime, days: int) -> datetime:
    return (now + timedelta(days=days)).replace(hour=8, minute=0, second=0, microsecond=0)


def _sentences(explanation: Any) -> list[str]:
    if isinstance(explanation, str):
        return [said(explanation)] if explanation else []
    return [said(str(sentence)) for sentence in explanation or ()]
