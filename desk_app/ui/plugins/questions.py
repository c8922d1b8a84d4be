"""What is asked before a plugin is switched on, or deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QScrollArea, QWidget

from desk_app.domain.plugins.model import REVOCABLE, Permission, Source, StateKind
from desk_app.plugin_host.installing import Candidate
from desk_app.services.ports.plugins import PluginState
from desk_app.ui.language import tr
from desk_app.ui.plugins import phrases
from desk_app.ui.plugins.tile import Tile
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.widgets.basics import button, label, scroller
from desk_app.ui.widgets.choices import Switch
from desk_app.ui.widgets.layout import boxed, column, row
from desk_app.ui.widgets.panels import Banner

_ICONS = {
    Permission.NETWORK: "globe",
    Permission.TICKETS_READ: "eye",
    Permission.TICKETS_WRITE: "pencil",
    Permission.CONTACTS: "users",
    Permission.MAIL_SEND: "send",
    Permission.FILES: "folder",
    Permission.SECRETS: "lock",
    Permission.UI: "panel-right",
    Permission.SCHEDULE: "clock",
}
_WIDTH = 520
_LIST_HEIGHT = 360


def not_a_sandbox() -> str:
    """Return what must be known of every plugin."""
    return tr(
        "A plugin is not locked in: it runs inside this program, and a bad one could do more than it says. Switch on "
        "only what comes from somebody you trust."
    )


def told_anyway() -> str:
    """Return what must be known of a plugin that does not ask to read tickets."""
    return tr("Where it takes part in what happens to tickets, it is told of them and their messages without asking.")


class PermissionQuestion(Question):
    """What a plugin may do, before it is switched on for the first time or with new wishes. Permissions that can be
    taken away later can be left out here already. `notes` are what is to be known beside."""

    def __init__(
        self,
        state: PluginState,
        parent: QWidget | None = None,
        *,
        title: str = "",
        yes: str = "",
        notes: Sequence[str] = (),
    ) -> None:
        name = phrases.shown_name(state)
        super().__init__(title or tr("Switch on {name}?").format(name=name), yes or tr("Switch on"), parent)
        self.setMinimumWidth(theme().px(_WIDTH))
        self._area: QScrollArea | None = None
        wanted = state.manifest.permissions if state.manifest is not None else frozenset()
        before = state.record.granted if state.record is not None else frozenset()
        self._fixed = frozenset(one for one in wanted if one not in REVOCABLE)
        self.switches: dict[Permission, Switch] = {}
        self.content.addLayout(self._who(state))
        if wanted:
            self.content.addWidget(label(tr("It wants to:"), "strong"))
            lines = column(spacing=10)
            for one in phrases.ordered(wanted):
                lines.addWidget(self._line(one, new=bool(before) and one not in before))
            self._area = scroller(boxed(column(lines, None)), tr("What it wants to do"))
            self._area.setFixedHeight(1)  # until its words have their size
            self.content.addWidget(self._area)
        else:
            self.content.addWidget(label(tr("It asks for no permission."), "secondary", wrap=True))
        if Permission.TICKETS_READ not in wanted:
            self.content.addWidget(label(told_anyway(), "secondary", wrap=True))
        for note in notes:
            self.content.addWidget(label(note, "secondary", wrap=True))
        self.content.addWidget(Banner(not_a_sandbox(), "warning", icon_name="shield-alert"))

    def showEvent(self, event: QShowEvent) -> None:
        """Show the whole list where there is room for it, now that the style sheet has given its words their size."""
        if self._area is not None and (inside := self._area.widget()) is not None:
            wanted = inside.heightForWidth(self._area.viewport().width())
            self._area.setFixedHeight(min(theme().px(_LIST_HEIGHT), wanted))
        super().showEvent(event)

    @staticmethod
    def _who(state: PluginState) -> QHBoxLayout:
        texts = column(label(phrases.shown_description(state), "secondary", wrap=True), spacing=2)
        origin = " · ".join(one for one in (state.version, phrases.authors(state)) if one)
        texts.addWidget(label(origin, "tertiary", wrap=True))
        tile = Tile(state.manifest.icon if state.manifest is not None else "", phrases.tone(state))
        line = row(tile, texts, spacing=12)
        line.setAlignment(tile, Qt.AlignmentFlag.AlignTop)
        line.setStretchFactor(texts, 1)
        return line

    def _line(self, one: Permission, *, new: bool) -> QWidget:
        title, meaning = phrases.permission_words(one)
        if new:
            title = tr("{permission} (new)").format(permission=title)
        texts = column(label(title, "strong", wrap=True), label(meaning, "tertiary", wrap=True), spacing=1)
        glyph = Glyph(_ICONS[one], "text_secondary", 18)
        line = row(glyph, texts, spacing=12)
        line.setAlignment(glyph, Qt.AlignmentFlag.AlignTop)
        line.setStretchFactor(texts, 1)
        if one in REVOCABLE:
            switch = Switch(title, on=True)
            switch.setAccessibleDescription(meaning)
            self.switches[one] = switch
            line.addWidget(switch)
        return boxed(line)

    @property
    def granted(self) -> frozenset[Permission]:
        """What the agent agrees to."""
        return self._fixed | {one for one, switch in self.switches.items() if switch.isChecked()}


def _origin(candidate: Candidate, signer: str) -> QWidget:
    """Say who signed the file, and what can be compared with what its maker publishes."""
    if signer:
        words = tr("Signed by {name}, whom this desk trusts.").format(name=signer)
    else:
        words = tr("Signed, but by nobody this desk knows.") if candidate.signed_by else tr("Nobody signed this file.")
    glyph = Glyph("shield-check" if signer else "shield", "success" if signer else "text_secondary", 18)
    checksum = label(f"SHA-256 {candidate.sha256[:32]} {candidate.sha256[32:]}", "mono", wrap=True, selectable=True)
    checksum.setAccessibleName(tr("Checksum of the file: {sum}").format(sum=candidate.sha256))
    line = row(glyph, column(label(words, wrap=True), checksum, spacing=1), spacing=12)
    line.setAlignment(glyph, Qt.AlignmentFlag.AlignTop)
    line.setStretch(1, 1)
    return boxed(line)


def install_question(
    candidate: Candidate, before: PluginState | None, parent: QWidget, *, signer: str = ""
) -> PermissionQuestion:
    """Return the question whether a plugin that was tried is installed, or takes the place of an older one. `signer` is
    who signed it, as far as the desk trusts them."""
    manifest = candidate.manifest
    record = before.record if before is not None else None
    state = PluginState(
        manifest.slug, StateKind.INACTIVE, Source.USER, candidate.folder, manifest=manifest, record=record
    )
    words = {"name": phrases.shown_name(state), "version": str(manifest.version)}
    if candidate.previous is None:
        title, yes = tr("Install {name} {version}?").format(**words), tr("Install and switch on")
        notes = list[str]()
    else:
        title, yes = tr("Install {name} {version}?").format(**words), tr("Install")
        notes = [
            tr("It takes the place of version {version}, which stays for a way back.").format(
                version=candidate.previous
            )
        ]
    question = PermissionQuestion(state, parent, title=title, yes=yes, notes=notes)
    question.content.insertWidget(question.content.count() - 1, _origin(candidate, signer))
    return question


class DeleteQuestion(Question):
    """What becomes of a plugin's data when it is deleted; `save_copy` is called with a file to copy it to before."""

    def __init__(
        self, state: PluginState, parent: QWidget | None = None, *, save_copy: Callable[[Path], object] | None = None
    ) -> None:
        name = phrases.shown_name(state)
        super().__init__(tr("Delete {name}?").format(name=name), tr("Delete"), parent, danger=True)
        self.content.addWidget(
            label(tr("Its files are deleted from this computer, and its parts leave the window at once."), wrap=True)
        )
        self.content.addWidget(
            label(tr("Its data is kept: installed again later, it goes on where it was."), "secondary", wrap=True)
        )
        self.delete = QCheckBox(tr("Delete its data too"))
        words = tr("Settings, passwords, its tables and what it keeps at tickets are gone for good, for everybody.")
        meaning = label(words, "tertiary", wrap=True)
        meaning.setIndent(29)  # below the words of the box
        self.delete.setAccessibleDescription(words)
        self.content.addLayout(column(self.delete, meaning, spacing=1))
        if save_copy is not None:
            self._slug, self._save_copy = state.slug, save_copy
            self.copy = button(tr("Save a copy of its data…"), self._choose_copy, icon_name="download")
            self.content.addLayout(row(self.copy, None))

    def _choose_copy(self) -> None:
        name, _kind = QFileDialog.getSaveFileName(self, self.copy.text(), f"{self._slug}.jsonl")
        if name:
            self._save_copy(Path(name))

    @property
    def deletes_data(self) -> bool:
        """Whether its data goes, too."""
        return self.delete.isChecked()


class ChangedQuestion(Question):
    """Whether changed files of a plugin may run."""

    def __init__(self, state: PluginState, parent: QWidget | None = None) -> None:
        name = phrases.shown_name(state)
        super().__init__(tr("Let the changed {name} run?").format(name=name), tr("Use the new files"), parent)
        self.setMinimumWidth(_WIDTH)
        words = tr(
            "Somebody or something changed its files after it was switched on. If that was you, go on. If you do not "
            "know why, leave it off and install it again from where it came from."
        )
        self.content.addWidget(label(words, "secondary", wrap=True))
        if state.folder is not None:
            folder = state.folder
            place = label(str(folder), "mono", wrap=True, selectable=True)
            show = button(
                tr("Open the folder"),
                lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))),
                icon_name="folder",
            )
            self.content.addLayout(column(place, row(show, None), spacing=6))
        self.content.addWidget(Banner(not_a_sandbox(), "warning", icon_name="shield-alert"))
