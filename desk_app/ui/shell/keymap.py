"""The keys of the window as this agent has them: loaded, changed, and shown everywhere at once (ui.md 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QAbstractButton, QApplication

from desk_app.domain.people.keymap import FIXED, KeyChoices, clash, users_of
from desk_app.plugin_api.ui import ActionSpec, Registry
from desk_app.ui.session import DeskSession
from desk_app.ui.widgets.keys import SHOWN_KEYS, tip_with_key

KEY = "keyboard"
"""Under which name the choices are kept for the agent."""


class Keymap(QObject):
    """Hands out every action with the keys that work now. Choices follow the agent to every computer."""

    changed = Signal()

    def __init__(self, session: DeskSession, actions: Registry[ActionSpec]) -> None:
        super().__init__(session)
        self._session, self._actions = session, actions
        self.choices = KeyChoices()
        actions.adapt(self._with_keys)
        session.choices_changed.connect(self.load)
        self.load()

    def _with_keys(self, spec: ActionSpec) -> ActionSpec:
        keys = self.choices.keys(spec.id, spec.keys)
        return spec if keys == spec.keys else replace(spec, keys=keys)

    def load(self) -> None:
        """Read what the agent chose."""
        choices, agent_id = self._session.desk.choices, self._session.agent.id
        self._session.choices.read(
            lambda: KeyChoices.from_json(choices.get(agent_id, KEY)), self._take, failed=lambda _p: None, owner=self
        )

    def choose(self, choices: KeyChoices) -> None:
        """Use other keys from now on and keep them."""
        self._take(choices)
        self._session.choices.keep(KEY, None if choices == KeyChoices() else choices.to_json())

    def _take(self, choices: KeyChoices) -> None:
        if choices == self.choices:
            return
        self.choices = choices
        self._actions.touch()
        self.show_everywhere()
        self.changed.emit()

    def show_everywhere(self) -> None:
        """Let tool tips, menus and the search button tell the keys that work now."""
        now: dict[str, str] = {}
        for spec in self._actions:
            own = self._actions.own(spec.id)
            for place, default in enumerate(own.keys if own is not None else ()):
                now[default] = spec.keys[min(place, len(spec.keys) - 1)] if spec.keys else ""
        SHOWN_KEYS.show({default: key for default, key in now.items() if default != key})
        for top in QApplication.topLevelWidgets():
            for one in top.findChildren(QAbstractButton):
                if default := one.property("tip_key"):
                    one.setToolTip(tip_with_key(one.property("tip_name") or one.accessibleName(), str(default)))

    @property
    def keys_by_action(self) -> Mapping[str, tuple[str, ...]]:
        """The keys of every action as they work now."""
        return {spec.id: spec.keys for spec in self._actions}

    def users_of(self, keys: str, but_not: str) -> list[ActionSpec]:
        """Return the other actions that a sequence would clash with."""
        found = (self._actions.get(one) for one in users_of(keys, self.keys_by_action, but_not))
        return [one for one in found if one is not None]

    @staticmethod
    def is_fixed(keys: str) -> bool:
        """Return whether a sequence belongs to the window itself and cannot be given away."""
        return any(clash(keys, one) for one in FIXED)
