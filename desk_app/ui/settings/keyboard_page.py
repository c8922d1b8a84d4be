"""Keyboard: every action with its keys; press to change, presets, single keys off (ui.md 5, WCAG 2.1.4)."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QFrame, QWidget

from desk_app.domain.people.keymap import KeyChoices, clash, is_single
from desk_app.plugin_api.ui import ActionSpec, Registry
from desk_app.ui.language import quoted, tr
from desk_app.ui.settings.finding import folded
from desk_app.ui.settings.form import SwitchRow, page_column, page_head
from desk_app.ui.settings.key_recorder import KeyRecorder
from desk_app.ui.shell.keymap import Keymap
from desk_app.ui.widgets.basics import button, icon_button, label, search_field
from desk_app.ui.widgets.choices import Choice, Switch
from desk_app.ui.widgets.keys import key_text
from desk_app.ui.widgets.layout import FlowLayout, boxed, clear, column, hairline, row
from desk_app.ui.widgets.panels import Banner, Field
from desk_app.ui.widgets.table import PlainTable, TableRow


class KeyboardPage(QWidget):
    """The actions in the middle, the keys of one at the right. Changes apply at once."""

    def __init__(self, keymap: Keymap, actions: Registry[ActionSpec]) -> None:
        super().__init__()
        self._keymap, self._actions = keymap, actions
        self.search = search_field(tr("Search actions or keys"))
        self.search.setProperty("unwatched", True)
        self.search.textChanged.connect(lambda _text: self._fill())
        self.setFocusProxy(self.search)
        self.table = PlainTable(tr("Actions and their keys"), (tr("Action"), tr("Keys")))
        self.table.chosen.connect(lambda _key: self._show_action())
        self.table.opened.connect(lambda _key: self.record())
        head = column(label(tr("Keyboard"), "title"), self.search, margins=(12, 14, 12, 10), spacing=8)
        left = boxed(
            column(head, hairline(), boxed(column(self.table, margins=(12, 12, 12, 12))), spacing=0), "surface"
        )
        left.setMinimumWidth(330)
        left.setMaximumWidth(430)
        line = row(left, hairline(vertical=True), self._right(), spacing=0)
        line.setStretch(0, 5)
        line.setStretch(2, 6)
        self.setLayout(line)
        keymap.changed.connect(self._follow)
        self.destroyed.connect(actions.on_change(self._fill))
        self._fill()
        self._follow()

    def _right(self) -> QWidget:
        self.preset = Choice(
            ((tr("Default"), "default"), (tr("Like Gmail"), "gmail"), (tr("Like Outlook"), "outlook")), tr("Preset")
        )
        self.preset.currentIndexChanged.connect(self._choose_preset)
        self.single = Switch(tr("Single keys"))
        self.single.toggled.connect(self._choose_single)
        self.reset_all = button(tr("Reset all keys"), self._reset_all, icon_name="rotate-ccw")
        self._card = QFrame()
        self._card.setObjectName("panelcard")
        self._action = label("", "title", wrap=True)
        self._chips = FlowLayout(spacing=8)
        self._notice = column(spacing=8)
        self.recorder = KeyRecorder()
        self.recorder.recorded.connect(self._recorded)
        self.add = button(tr("Add keys…"), self.record, icon_name="plus")
        self.recorder.given_up.connect(self.add.setFocus)
        self.reset = button(tr("Usual keys"), self._reset_action, variant="ghost", icon_name="rotate-ccw")
        offered = boxed(row(self.add, self.reset, None))
        self.recorder.listening.connect(lambda on: offered.setVisible(not on))
        self._card.setLayout(
            column(
                self._action,
                boxed(self._chips),
                self.recorder,
                self._notice,
                offered,
                margins=(16, 14, 16, 14),
                spacing=12,
            )
        )
        return page_column(
            self._card,
            page_head(tr("All keys"), tr("Your keys follow you to every computer.")),
            Field(
                tr("Preset"), self.preset, help_text=tr("The keys of a program you know. What you set yourself stays.")
            ),
            SwitchRow(
                tr("Single keys"),
                self.single,
                tr("J, R or G I without Ctrl. Switch them off if speech input or chance sets them off."),
            ),
            row(self.reset_all, None),
            title=tr("Keyboard"),
        )

    # -- the list -------------------------------------------------------------------------------------------------
    def _fill(self) -> None:
        wanted = folded(self.search.text().strip())
        rows: list[TableRow] = []
        groups: dict[str, list[ActionSpec]] = {}
        for spec in self._actions:
            groups.setdefault(spec.group, []).append(spec)
        for group, specs in groups.items():
            lines = [
                TableRow(spec.id, (spec.title, "   ".join(key_text(key) for key in spec.keys)))
                for spec in specs
                if wanted in folded(f"{spec.title} {' '.join(key_text(key) for key in spec.keys)} {group}")
            ]
            if lines:
                rows += [TableRow(None, (group.upper(), ""), heading=True), *lines]
        self.table.show_rows(rows)
        if self.table.key is None and (first := next((one for one in rows if not one.heading), None)):
            self.table.choose(first.key)
        self._show_action()

    @property
    def action(self) -> ActionSpec | None:
        """The action whose keys are shown at the right."""
        return self._actions.get(str(self.table.key)) if self.table.key is not None else None

    def _show_action(self) -> None:
        spec = self.action
        self._card.setVisible(spec is not None)
        clear(self._notice)
        clear(self._chips)
        if spec is None:
            return
        self._action.setText(spec.title)
        for key in spec.keys:
            self._chips.addWidget(self._keycap(spec, key))
        if not spec.keys:
            self._chips.addWidget(label(tr("No keys"), "tertiary"))
        self.reset.setVisible(spec.id in self._keymap.choices.own)

    def _keycap(self, spec: ActionSpec, key: str) -> QFrame:
        frame = QFrame()
        frame.setObjectName("keycap")
        name = tr("Take {keys} away").format(keys=key_text(key))
        gone = icon_button("x", name, lambda: self._set(spec.id, [k for k in spec.keys if k != key]), size=12, side=24)
        frame.setLayout(row(label(key_text(key), "strong"), gone, margins=(10, 2, 4, 2), spacing=4))
        return frame

    # -- changes --------------------------------------------------------------------------------------------------
    def record(self) -> None:
        """Listen for new keys of the action shown."""
        if self.action is not None:
            clear(self._notice)
            self.recorder.begin()

    def _recorded(self, keys: str) -> None:
        spec = self.action
        if spec is None or keys in spec.keys:
            return
        self.add.setFocus()
        if self._keymap.is_fixed(keys):
            text = tr("{keys} always belongs to the window.").format(keys=key_text(keys))
            self._notice.addWidget(Banner(text, "danger"))
            return
        if not self._keymap.choices.single_keys and is_single(keys):
            self._notice.addWidget(Banner(tr("Single keys are switched off."), "danger"))
            return
        others = self._keymap.users_of(keys, spec.id)
        if not others:
            self._set(spec.id, [*spec.keys, keys])
            return
        names = ", ".join(quoted(one.title) for one in others)
        text = tr("{keys} is used by {names} already.").format(keys=key_text(keys), names=names)
        banner = Banner(text, "warning", [(tr("Use it here"), lambda: self._take_over(spec, keys))])
        self._notice.addWidget(banner)

    def _take_over(self, spec: ActionSpec, keys: str) -> None:
        choices = self._keymap.choices
        for other in self._keymap.users_of(keys, spec.id):
            left = [one for one in other.keys if not clash(one, keys)]
            choices = choices.with_keys(other.id, left)
        self._keymap.choose(choices.with_keys(spec.id, [*spec.keys, keys]))

    def _set(self, action_id: str, keys: list[str]) -> None:
        self._keymap.choose(self._keymap.choices.with_keys(action_id, keys))

    def _reset_action(self) -> None:
        if self.action is not None:
            self._keymap.choose(self._keymap.choices.with_keys(self.action.id, None))

    def _reset_all(self) -> None:
        self._keymap.choose(KeyChoices())

    def _choose_preset(self, _index: int) -> None:
        self._keymap.choose(replace(self._keymap.choices, preset=str(self.preset.currentData())))

    def _choose_single(self, on: bool) -> None:
        self._keymap.choose(replace(self._keymap.choices, single_keys=on))

    def _follow(self) -> None:
        choices = self._keymap.choices
        self.preset.choose(choices.preset)
        if self.single.isChecked() is not choices.single_keys:
            self.single.show_state(on=choices.single_keys)
        self.reset_all.setEnabled(choices != KeyChoices())
        self._fill()
