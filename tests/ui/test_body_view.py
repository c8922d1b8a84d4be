from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QImage, QTextDocument, QWheelEvent
from pytestqt.qtbot import QtBot

from desk_app.ui.messages.body_view import MAX_HTML, BodyView, link_host, plain_as_html
from desk_app.ui.theme.theme import theme
from tests.ui.stage import PIXEL

IMAGE = QTextDocument.ResourceType.ImageResource.value


def view(qtbot: QtBot, html: str, text: str = "", **options: object) -> BodyView:
    made = BodyView(html, text, **options)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.resize(500, 100)
    made.show()
    return made


@pytest.mark.parametrize(
    "address",
    [
        "http://evil.example/x.png",
        "https://evil.example/x.png",
        "file:///etc/passwd",
        "//evil.example/x",
        "x.png",
        "qrc:/x",
    ],
)
def test_ui_9_nothing_but_pictures_of_the_mail_is_answered(qtbot: QtBot, address: str) -> None:
    body = view(qtbot, f'<p>text</p><img src="{address}">', images={"cid:a": PIXEL})
    answer = body.loadResource(IMAGE, QUrl(address))
    assert isinstance(answer, QImage)
    assert (answer.width(), answer.height()) == (1, 1)
    assert answer.pixelColor(0, 0).alpha() == 0


def test_ui_9_pictures_of_the_mail_and_asked_ones_are_answered(qtbot: QtBot) -> None:
    body = view(qtbot, '<img src="cid:a"><img src="remote:0">', images={"cid:a": PIXEL})
    assert {"cid:a", "remote:0"} <= set(body.asked)
    image = body.loadResource(IMAGE, QUrl("cid:a"))
    assert isinstance(image, QImage)
    assert image.pixelColor(0, 0).alpha() > 0
    blocked = body.loadResource(IMAGE, QUrl("remote:0"))
    assert isinstance(blocked, QImage)
    assert blocked.pixelColor(0, 0).alpha() == 0
    body.supply({"remote:0": PIXEL})
    shown = body.loadResource(IMAGE, QUrl("remote:0"))
    assert isinstance(shown, QImage)
    assert shown.pixelColor(0, 0).alpha() > 0


def test_style_sheets_are_never_answered(qtbot: QtBot) -> None:
    body = view(qtbot, "<p>x</p>", images={"cid:a": PIXEL})
    answer = body.loadResource(QTextDocument.ResourceType.StyleSheetResource.value, QUrl("cid:a"))
    assert isinstance(answer, QImage)
    assert answer.width() == 1


def test_links_are_told_and_never_opened(qtbot: QtBot) -> None:
    body = view(qtbot, '<a href="https://x.example/">there</a>')
    assert not body.openLinks()
    assert not body.openExternalLinks()
    with qtbot.waitSignal(body.link_chosen) as told:
        body.anchorClicked.emit(QUrl("https://x.example/"))
    assert told.args == ["https://x.example/"]


def test_the_height_follows_the_text_and_the_wheel_goes_on(qtbot: QtBot) -> None:
    short = view(qtbot, "<p>a</p>")
    long = view(qtbot, "<p>a</p>" * 40)
    qtbot.waitUntil(lambda: long.height() > 5 * short.height())
    event = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(0, -120), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    long.wheelEvent(event)
    assert not event.isAccepted()


def test_toolchain_trap_12_a_huge_body_is_shown_as_text(qtbot: QtBot) -> None:
    body = view(qtbot, "<b>x</b>" * MAX_HTML, "the text of it")
    assert body.toPlainText() == "the text of it"


def test_ui_9_own_colours_stay_on_white_in_the_dark(qtbot: QtBot) -> None:
    theme().apply("dark")
    own = view(qtbot, "<p>letter</p>", own_colours=True)
    plain = view(qtbot, "<p>letter</p>")
    assert own.property("own") == "true"
    assert "#1a1e26" in own.document().toHtml().lower()
    assert "#e9ebef" in plain.document().toHtml().lower()


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p></p><p><br></p><p> </p>", "a"),
        ("<p>a</p><p><br></p><p>b</p>", "a\n\n\nb"),
        ("<table><tr><td>x</td></tr></table>", "x"),
        ("<p></p>", ""),
    ],
)
def test_empty_paragraphs_at_the_end_take_no_room(qtbot: QtBot, html: str, text: str) -> None:
    assert view(qtbot, html).toPlainText().strip("\n") == text


def test_text_mails_keep_their_lines() -> None:
    assert plain_as_html("a <b>\nc\n\nd") == "<p>a &lt;b&gt;<br>c</p><p>d</p>"


@pytest.mark.parametrize(
    ("address", "host"),
    [("https://Bank.example/x", "bank.example"), ("mailto:a@b.example", ""), ("http://[bad", ""), ("", "")],
)
def test_the_true_host_of_a_link(address: str, host: str) -> None:
    assert link_host(address) == host
