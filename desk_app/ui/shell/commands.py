"""How the program's own commands are written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from desk_app.plugin_api.ui import ActionScope, ActionSpec, WindowPort

Ids = Sequence[int]
ONE, MANY, NONE = ActionScope.ONE, ActionScope.MANY, ActionScope.NONE


def command(
    action_id: str,
    title: str,
    run: Callable[[Ids], object],
    icon: str = "",
    keys: tuple[str, ...] = (),
    scope: ActionScope = NONE,
    group: str = "",
) -> ActionSpec:
    """Return a command that needs no more than the tickets it works on."""

    def call(_window: WindowPort, ids: Ids) -> None:
        run(ids)

    return ActionSpec(action_id, title, call, icon, keys, scope, group)
