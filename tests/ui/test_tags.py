"""IN-21: the page of tags."""

from __future__ import annotations

import pytest

from desk_app.ui.settings.tags_page import TagsPage
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.ui import stage


@pytest.fixture
def page(window: MainWindow) -> TagsPage:
    window.show_page("settings")
    home = window.page("settings")
    home.open_page("tags")  # type: ignore[union-attr]
    stage.settle(window)
    found = home.page("tags")  # type: ignore[union-attr]
    assert isinstance(found, TagsPage)
    return found


def names(page: TagsPage) -> list[str]:
    return [line.cells[0] for line in page.table.rows.rows]


def test_in_21_make_colour_rename_merge_delete_and_undo(window: MainWindow, page: TagsPage, kit: DeskKit) -> None:
    assert names(page) == ["refund", "vip"]
    page.table.choose("refund")
    assert page.editor.name.text() == "refund"
    assert page.editor.tickets_button.text() == "Show it", "one ticket has it"
    assert not page.editor.footer.isVisible()
    page.editor.colour.buttons["danger"].click()
    assert page.editor.footer.isVisible()
    page.editor.footer.save.click()
    stage.settle(window)
    assert kit.desk.tags.colours() == {"refund": "danger"}
    assert window.session.facts.tag_colours == {"refund": "danger"}
    page.editor.name.setText("Money Back")
    page.editor.footer.save.click()
    stage.settle(window)
    assert names(page) == ["money back", "vip"]
    assert window.toast.isVisible()
    page.editor.name.setText("vip")
    page.editor.footer.save.click()
    assert page.editor._notice.count() == 1, "a taken name is asked about"
    page.editor.footer.revert.click()
    page.table.choose("vip")
    page.editor.into.setCurrentIndex(page.editor.into.findData("money back"))
    page.editor.merge_button.click()
    stage.settle(window)
    assert names(page) == ["money back"]
    window.told.undo_last()
    stage.settle(window)
    assert names(page) == ["money back", "vip"]
    page.table.choose("vip")
    page.editor.delete_button.click()
    stage.settle(window)
    assert names(page) == ["money back"]


def test_in_21_a_new_tag_and_its_tickets(window: MainWindow, page: TagsPage, kit: DeskKit) -> None:
    page.new_button.click()
    page.editor.name.setText("  Urgent ")
    page.editor.footer.save.click()
    stage.settle(window)
    assert "urgent" in names(page)
    page.search.setText("ref")
    assert names(page) == ["refund"]
    page.search.clear()
    page.table.choose("refund")
    page.editor.tickets_button.click()
    stage.settle(window)
    assert window.inbox.list.searching
    assert window.inbox.list.model.rowCount() == 1
