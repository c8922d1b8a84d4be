"""What is said, and asked, while plugins are left out, and while the one behind a problem is looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtWidgets import QWidget

from desk_app.ui.language import quoted, said, tr
from desk_app.ui.plugins.culprit import CulpritSearch
from desk_app.ui.plugins.desk import PluginDesk
from desk_app.ui.widgets.panels import Banner

Choices = Sequence[tuple[str, Callable[[], object]]]


def safe_mode_banner(desk: PluginDesk, search: CulpritSearch, more: Choices = ()) -> QWidget | None:
    """Return the strip of the safe mode with the plugins that were left out, None outside of it."""
    reason = desk.control.safe_mode
    if not reason:
        return None
    suspects = search.wanted()
    text = said(reason)
    choices: list[tuple[str, Callable[[], object]]] = [*more]
    choices.append((tr("Load the plugins"), lambda: leave_safe_mode(desk)))
    if suspects:
        text = f"{text} {tr('Left out: {names}.').format(names=names(desk, suspects))}"
        choices.insert(0, (tr("Find the culprit"), search.begin))
    return Banner(text, "warning", choices, icon_name="shield")


def search_banner(desk: PluginDesk, search: CulpritSearch) -> QWidget | None:
    """Return the strip with the next question of a search, or with what it found; None without one."""
    found = search.search
    if found is None:
        return None
    if found.culprit:
        text = tr("It is {name}: the problem comes and goes with it.").format(name=names(desk, [found.culprit]))
        off = (tr("Switch it off"), lambda: search.end(switch_off=True))
        return Banner(text, "danger", [off, (tr("Leave it on"), search.end)], icon_name="bug")
    if found.ended:
        text = tr("It is none of the plugins: the problem was there without each of them.")
        return Banner(text, "info", [(tr("Close"), search.end)], icon_name="bug")
    on = names(desk, found.trial) or tr("none")
    off_ones = names(desk, [one for one in found.suspects if one not in found.trial])
    text = tr("Looking for the culprit, %n question(s) left at most.", found.steps_left)
    text += " " + tr("On trial: {names}. Off: {others}.").format(names=on, others=off_ones)
    text += " " + tr("Do what went wrong once more: is the problem gone?")
    choices: Choices = [
        (tr("Yes, it is gone"), lambda: search.answer(gone=True)),
        (tr("No, still there"), lambda: search.answer(gone=False)),
        (tr("Stop looking"), search.end),
    ]
    return Banner(text, "info", choices, icon_name="bug")


def names(desk: PluginDesk, slugs: Iterable[str]) -> str:
    """Return the names of plugins in one text."""
    return ", ".join(quoted(desk.name(one)) for one in slugs)


def enter_safe_mode(desk: PluginDesk) -> None:
    """Put all plugins aside in this program."""
    desk.do(SAFE, lambda: desk.control.run_only(()), tr("Switching plugins off…"))


def leave_safe_mode(desk: PluginDesk) -> None:
    """Let all plugins run again."""
    desk.do(SAFE, desk.control.leave_safe_mode, tr("Switching plugins on…"))


SAFE = "safe mode"
