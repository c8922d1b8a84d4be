"""What an agent chooses stays chosen, however slowly it is stored and whatever else is read meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from desk_app.domain.people.keymap import KeyChoices
from desk_app.domain.tickets.query import TicketOrder
from desk_app.services.people.choices import ChoiceService
from desk_app.ui.shell.keymap import KEY
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.views.shown import KEY as LISTS
from tests.support.desks import DeskKit
from tests.ui import stage


@contextmanager
def nothing_is_stored(window: MainWindow) -> Iterator[None]:
    """Let everything that is to be written wait, and what is read meanwhile arrive."""
    gate, read = threading.Event(), []
    window.session.work.write(gate.wait)
    try:
        yield
        window.session.choices_changed.emit()  # another computer chose something
        for _ in range(3):  # as many as there are at once: whatever was asked for before has arrived
            window.session.work.run(lambda: None, read.append)
        assert stage.pump(lambda: len(read) == 3)
    finally:
        gate.set()
    stage.settle(window)


def test_keys_are_not_taken_back_by_a_reading_from_before(window: MainWindow, kit: DeskKit) -> None:
    own = KeyChoices(own={"list.next": ("F9",)})
    seen: list[KeyChoices] = []
    window.keymap.changed.connect(lambda: seen.append(window.keymap.choices))
    with nothing_is_stored(window):
        window.keymap.choose(own)
    assert seen == [own]
    assert KeyChoices.from_json(kit.desk.choices.get(kit.agent.id, KEY)) == window.keymap.choices == own


def test_a_second_choice_keeps_the_first_that_is_not_stored_yet(window: MainWindow, kit: DeskKit) -> None:
    view, chosen = window.inbox.list.view, window.inbox.list.choices
    assert view is not None
    with nothing_is_stored(window):
        chosen.set_order(view, TicketOrder.CREATED, ascending=True)
    with nothing_is_stored(window):
        chosen.set_order(view, TicketOrder.SUBJECT, ascending=True)
    chosen.set_columns(view, ("subject",))
    stage.settle(window)
    kept = kit.desk.choices.get(kit.agent.id, LISTS)[view.id]
    assert kept == {"order": TicketOrder.SUBJECT.value, "ascending": True, "columns": ["subject"]}


def test_a_choice_that_cannot_be_stored_is_told_and_holds_no_reading_up(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        raise OSError("no room")

    told: list[object] = []
    window.session.work.problem.connect(told.append)
    monkeypatch.setattr(ChoiceService, "set", refuse)
    window.session.choices.keep(KEY, None)
    read: list[int] = []
    window.session.choices.read(lambda: 5, read.append, owner=window)
    assert stage.pump(lambda: read == [5])
    assert len(told) == 1
