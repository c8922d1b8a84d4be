from __future__ import annotations

import pytest
from PySide6.QtGui import QImage, QTextCursor, QTextListFormat
from pytestqt.qtbot import QtBot

from desk_app.ui.messages.editor import ComposerEdit
from desk_app.ui.messages.serializer import serialize


@pytest.fixture
def edit(qtbot: QtBot) -> ComposerEdit:
    made = ComposerEdit()
    qtbot.addWidget(made)
    return made


CASES = [
    "<p>Hello</p>",
    "<p>Hello <strong>you</strong> and <em>me</em></p>",
    "<p><u>under</u> <s>gone</s></p>",
    '<p>See <a href="https://x.example/a?b=1&amp;c=2">the page</a></p>',
    "<p>One</p><ul><li>a</li><li>b</li></ul><p>Two</p>",
    "<ol><li>first</li><li>second</li></ol>",
    "<p>1 &lt; 2 &amp; 3</p>",
    "<p>a<br>b</p>",
]


@pytest.mark.parametrize("html", CASES)
def test_ui_10_html_survives_the_round_trip(edit: ComposerEdit, html: str) -> None:
    edit.insert_clean_html(html)
    once, _ = serialize(edit.document())
    assert once == html
    edit.clear()
    edit.insert_clean_html(once)
    assert serialize(edit.document())[0] == once


def test_ui_10_nothing_of_qt_leaves(edit: ComposerEdit) -> None:
    edit.insert_clean_html('<p style="color:red;font-family:Comic Sans">Hi</p><script>x()</script>')
    html, text = serialize(edit.document())
    assert "qt" not in html.lower()
    assert "style" not in html
    assert "script" not in html
    assert text == "Hi"


def test_quotes_keep_their_level_in_both_parts(edit: ComposerEdit) -> None:
    edit.setPlainText("before\nquoted")
    edit.moveCursor(QTextCursor.MoveOperation.End)
    edit.toggle_quote()
    html, text = serialize(edit.document())
    assert html.count("<blockquote") == html.count("</blockquote>") == 1
    assert text.split() == ["before", ">", "quoted"]


def test_lists_are_plain_text_too(edit: ComposerEdit) -> None:
    edit.insertPlainText("one\ntwo")
    edit.selectAll()
    edit.toggle_list(QTextListFormat.Style.ListDecimal)
    html, text = serialize(edit.document())
    assert html == "<ol><li>one</li><li>two</li></ol>"
    assert text == "1. one\n2. two"


def test_formats_by_key_and_links(edit: ComposerEdit) -> None:
    edit.insertPlainText("bold")
    edit.selectAll()
    edit.toggle_bold()
    assert serialize(edit.document())[0] == "<p><strong>bold</strong></p>"
    edit.selectAll()
    edit.set_link("https://x.example/")
    html, text = serialize(edit.document())
    assert '<a href="https://x.example/">' in html
    assert text == "bold (https://x.example/)"


@pytest.mark.parametrize("target", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x"])
def test_links_of_other_kinds_never_leave(edit: ComposerEdit, target: str) -> None:
    edit.insertPlainText("x")
    edit.selectAll()
    edit.set_link(target)
    assert "href" not in serialize(edit.document())[0]


def test_pictures_become_parts_of_the_mail(edit: ComposerEdit) -> None:
    image = QImage(4, 4, QImage.Format.Format_RGB32)
    image.fill(0xFF0000)
    edit.insert_picture(image)
    (picture,) = edit.used_pictures()
    assert f'src="cid:{picture.content_id}"' in serialize(edit.document())[0] or edit.toPlainText().strip() == "\ufffc"
    assert picture.content.startswith(b"\x89PNG")
    edit.clear()
    assert edit.used_pictures() == ()


def test_an_empty_document_is_nothing(edit: ComposerEdit) -> None:
    edit.setPlainText("  \n ")
    assert serialize(edit.document()) == ("", "")
