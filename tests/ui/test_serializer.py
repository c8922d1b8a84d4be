from __future__ import annotations

from html import escape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData
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


# -- round trips --------------------------------------------------------------------------------------------------
words = (
    st.text(alphabet="abc <&>é\u4e2d", min_size=1, max_size=12).map(lambda text: " ".join(text.split())).filter(bool)
)
inline = st.one_of(
    words.map(escape),
    st.tuples(st.sampled_from(["strong", "em", "u", "s", "code"]), words).map(
        lambda one: f"<{one[0]}>{escape(one[1])}</{one[0]}>"
    ),
    words.map(lambda text: f'<a href="https://x.example/{len(text)}">{escape(text)}</a>'),
)
line = st.lists(inline, min_size=1, max_size=3).map("".join)
cell = '<td style="border:1px solid #c8ccd4;padding:4px 8px;text-align:left;vertical-align:top">'
part = st.one_of(
    line.map(lambda text: f"<p>{text}</p>"),
    st.lists(line, min_size=1, max_size=3).map(
        lambda items: "<ul>" + "".join(f"<li>{one}</li>" for one in items) + "</ul>"
    ),
    st.lists(line, min_size=1, max_size=3).map(
        lambda items: "<ol>" + "".join(f"<li>{one}</li>" for one in items) + "</ol>"
    ),
    st.lists(words.map(escape), min_size=1, max_size=3).map(lambda items: "<pre>" + "\n".join(items) + "</pre>"),
    line.map(lambda text: f"<blockquote><p>{text}</p></blockquote>"),
    st.lists(st.lists(words.map(escape), min_size=2, max_size=2), min_size=1, max_size=3).map(
        lambda rows: (
            '<table style="border-collapse:collapse">'
            + "".join("<tr>" + "".join(f"{cell}{one}</td>" for one in row) + "</tr>" for row in rows)
            + "</table>"
        )
    ),
)


@given(st.lists(part, min_size=1, max_size=5))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_ui_10_whatever_is_written_survives_being_kept(edit: ComposerEdit, parts: list[str]) -> None:
    edit.document().clear()
    edit.insert_written("<p>begin</p>" + "".join(parts))
    html, text = serialize(edit.document())
    edit.document().clear()
    edit.insert_written(html)
    assert serialize(edit.document()) == (html, text)
    for made in (html, text):
        assert "qt" not in made.lower()


SPREADSHEETS = {
    "libreoffice": """<!DOCTYPE html><html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"/>
<style type="text/css">body,div,table{font-family:"Liberation Sans"; font-size:x-small}</style></head><body>
<table cellspacing="0" border="0"><colgroup width="85"></colgroup><colgroup width="85"></colgroup>
<tr><td height="17" align="left" bgcolor="#FFFF00"><b>Article</b></td><td align="left"><b>Price</b></td></tr>
<tr><td height="17" align="left"><font color="#C9211E">Lamp</font></td>
<td align="right" sdval="129" sdnum="1033;0;0.00">129.00</td></tr></table></body></html>""",
    "excel": """<html xmlns:x="urn:schemas-microsoft-com:office:excel">
<head><style><!--table {mso-displayed-decimal-separator:"\\.";} .xl65 {font-weight:700; background:yellow;}-->
</style></head><body link=blue vlink=purple>
<table border=0 cellpadding=0 cellspacing=0 width=128 style='border-collapse:collapse;width:96pt'>
<!--StartFragment--><col width=64 span=2 style='width:48pt'>
<tr height=20><td height=20 class=xl65 width=64><b>Article</b></td><td class=xl65><b>Price</b></td></tr>
<tr height=20><td height=20>Lamp</td><td align=right>129.00</td></tr><!--EndFragment--></table></body></html>""",
}


@pytest.mark.parametrize("program", SPREADSHEETS)
def test_co_01_cells_of_a_spreadsheet_become_a_table(edit: ComposerEdit, program: str) -> None:
    copied = QMimeData()
    copied.setHtml(SPREADSHEETS[program])
    copied.setText("Article\tPrice\nLamp\t129.00")
    picture = QImage(40, 20, QImage.Format.Format_RGB32)
    picture.fill(0xFFFFFF)
    copied.setImageData(picture)  # both programs put a picture of the cells beside them
    edit.insertFromMimeData(copied)
    html, text = serialize(edit.document())
    rows = [
        f"<tr>{cell}<strong>Article</strong></td>{cell}<strong>Price</strong></td></tr>",
        f"<tr>{cell}Lamp</td>{cell}129.00</td></tr>",
    ]
    assert html == '<table style="border-collapse:collapse">' + "".join(rows) + "</table>"
    assert text == "Article | Price\nLamp | 129.00"
    assert not edit.used_pictures()


def test_co_01_a_screenshot_becomes_a_picture_of_the_mail(edit: ComposerEdit) -> None:
    copied = QMimeData()
    picture = QImage(40, 20, QImage.Format.Format_RGB32)
    picture.fill(0xFF0000)
    copied.setImageData(picture)
    edit.insertFromMimeData(copied)
    (part,) = edit.used_pictures()
    assert QImage.fromData(part.content).size() == picture.size()


def test_foreign_pictures_and_files_of_this_computer_are_not_even_asked_for(edit: ComposerEdit, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    picture = QImage(4, 4, QImage.Format.Format_RGB32)
    picture.fill(0)
    picture.save(str(secret))
    edit.insert_clean_html(
        f'<p>a<img src="{secret.as_uri()}">b<img src="http://x.example/p.png">c<img src="cid:other">d</p>'
    )
    assert serialize(edit.document())[0] == "<p>abcd</p>"
    assert "\ufffc" not in edit.toPlainText()


def test_co_01_plain_mode_brings_no_format_along(edit: ComposerEdit) -> None:
    edit.insert_written("<p>one <strong>two</strong></p><ul><li>three</li></ul>")
    edit.make_plain()
    assert serialize(edit.document())[0] == "<p>one two</p><p>three</p>"
    edit.undo()
    assert "<strong>two</strong>" in serialize(edit.document())[0]
    edit.plain = True
    copied = QMimeData()
    copied.setHtml("<b>x</b>")
    copied.setText("x")
    edit.clear()
    edit.insertFromMimeData(copied)
    assert serialize(edit.document())[0] == "<p>x</p>"


def test_code_in_a_line_and_over_lines(edit: ComposerEdit) -> None:
    edit.insertPlainText("run this")
    edit.selectAll()
    edit.toggle_code()
    assert serialize(edit.document())[0] == "<p><code>run this</code></p>"
    edit.clear()
    edit.insertPlainText("a\n  b")
    edit.selectAll()
    edit.toggle_code()
    html, text = serialize(edit.document())
    assert html == "<pre>a\n  b</pre>"
    assert text == "a\n  b"
