"""Attachments are looked at, saved and dragged without anything of them being run (IN-24, IN-27)."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QImage, QPainter, QPdfWriter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QTableWidget

from desk_app.services.queries.conversation import AttachmentView
from desk_app.ui.messages.attachment_tiles import AttachmentTile, danger_of
from desk_app.ui.messages.mail_files import file_data, safe_filename
from desk_app.ui.messages.preview import FittingPicture, PreviewDialog, kind_words
from desk_app.ui.messages.preview_content import Kind, preview_of
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.tickets.phrases import size_text
from tests.support.desks import DeskKit
from tests.ui import stage


def png(width: int = 40, height: int = 30) -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.darkCyan)
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(data.data())


def pdf(path: Path, pages: int) -> bytes:
    writer = QPdfWriter(str(path))
    painter = QPainter(writer)
    for number in range(pages):
        if number:
            writer.newPage()
        painter.drawText(300, 600, f"Page {number + 1}")
    painter.end()
    return path.read_bytes()


def test_size_and_kind_of_a_file_are_said_in_everyday_words() -> None:
    assert [size_text(size) for size in (70, 19 * 1024, 3 * 1024 * 1024)] == ["70 bytes", "19 kB", "3.0 MB"]
    names = ("a.b.png", "scan", "a. b", "")
    files = [AttachmentView(1, name, "image/png", 1, "", inline=False, sha256="") for name in names]
    said = [kind_words(one) for one in files]
    assert said == ["PNG", "image/png", "image/png", "image/png"]


@pytest.mark.usefixtures("qapp")
def test_in_27_every_kind_is_shown_as_what_it_is() -> None:
    assert preview_of("a.png", "image/png", png()).images[0].width() == 40
    assert preview_of("a.jpg", "image/jpeg", b"<svg onload=alert(1)>").kind is Kind.NOTHING
    table = preview_of("a.csv", "text/csv", "name;place\nAnn;Zürich\n".encode())
    assert (table.kind, table.rows) == (Kind.TABLE, [["name", "place"], ["Ann", "Zürich"]])
    svg = preview_of("logo.svg", "image/svg+xml", b"<svg><script>steal()</script></svg>")
    assert (svg.kind, svg.text) == (Kind.TEXT, "<svg><script>steal()</script></svg>")
    raw = b"From: Bob <b@c.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nHello\r\n"
    mail = preview_of("old.eml", "application/octet-stream", raw)
    assert (mail.kind, dict(mail.rows)["Subject"], mail.text.strip()) == (Kind.MAIL, "Grüße", "Hello")
    outlook = preview_of("old.msg", "application/vnd.ms-outlook", b"\xd0\xcf\x11\xe0")
    assert (outlook.kind, "Outlook" in outlook.reason) == (Kind.NOTHING, True)
    assert preview_of("a.bin", "application/octet-stream", b"\x00\x01").kind is Kind.NOTHING


@pytest.mark.usefixtures("qapp")
def test_in_27_a_long_text_or_table_shows_its_beginning_and_says_so() -> None:
    long = preview_of("a.txt", "text/plain", b"x" * 2_000_000)
    assert (len(long.text) < 400_000, bool(long.reason)) == (True, True)
    table = preview_of("a.csv", "text/csv", b"a,b\n" * 5000)
    assert (len(table.rows) < 1100, bool(table.reason)) == (True, True)


@pytest.mark.usefixtures("qapp")
def test_in_27_pages_of_a_pdf_are_made_in_another_process(tmp_path: Path) -> None:
    shown = preview_of("a.pdf", "application/pdf", pdf(tmp_path / "a.pdf", 3))
    assert (shown.kind, len(shown.images), shown.reason) == (Kind.PAGES, 3, "")
    assert shown.images[0].width() > 700
    many = preview_of("b.pdf", "application/octet-stream", pdf(tmp_path / "b.pdf", 23))
    assert (len(many.images), "23" in many.reason) == (20, True)
    broken = preview_of("c.pdf", "application/pdf", b"%PDF-1.7 rubbish")
    assert (broken.kind, "cannot be read" in broken.reason) == (Kind.NOTHING, True)


@pytest.mark.usefixtures("qapp")
def test_in_27_programs_and_macros_are_known_by_their_name() -> None:
    for name in ("invoice.pdf.exe", "run.SCR ", "a.js", "sheet.xlsm", "page.svg", "link.url."):
        assert danger_of(name), name
    for name in ("invoice.pdf", "photo.jpg", "notes.txt", "sheet.xlsx"):
        assert not danger_of(name), name


def test_in_27_a_gallery_of_the_files_of_a_message(window: MainWindow, kit: DeskKit, tmp_path: Path) -> None:
    box = kit.desk.mailboxes.list()[0][0]
    raw = stage.letter(
        "Elena Petrova",
        "elena@petrova.example",
        "Files",
        "See the files.",
        attachment=("a.png", "image/png", png(90, 60)),
    )
    part = b"\r\n".join(
        [b"Content-Type: text/csv", b'Content-Disposition: attachment; filename="b.csv"', b"", b"x,y", b"1,2", b""]
    )
    boundary = raw.split(b'boundary="', 1)[1].split(b'"', 1)[0]
    end = b"--" + boundary + b"--"
    kit.arrive(box, raw.replace(end, b"--" + boundary + b"\n" + part.replace(b"\r\n", b"\n") + end))
    ticket = next(one for one in kit.tickets() if one.subject == "Files")
    window.open_ticket(ticket.id)
    stage.settle(window)
    pane = window.inbox.ticket
    (card,) = pane.thread_view.cards.values()
    tiles = card.findChildren(AttachmentTile)
    assert [tile.attachment.filename for tile in tiles] == ["a.png", "b.csv"]
    QTest.mouseClick(tiles[0], Qt.MouseButton.LeftButton)
    dialog = next(top for top in QApplication.topLevelWidgets() if isinstance(top, PreviewDialog))
    assert stage.pump(lambda: bool(dialog.findChildren(FittingPicture)))
    QTest.keyClick(dialog, Qt.Key.Key_Right)
    assert stage.pump(lambda: bool(dialog.findChildren(QTableWidget)))
    assert dialog.name.whole_text == "b.csv"
    assert not dialog.after.isEnabled()
    dialog.close()
    pane.files.save_all(card.message.attachments, tmp_path)
    stage.settle(window)
    pane.files.save_all(card.message.attachments, tmp_path)
    stage.settle(window)
    assert sorted(path.name for path in tmp_path.glob("?*.*") if path.suffix in {".png", ".csv"}) == [
        "a (2).png",
        "a.png",
        "b (2).csv",
        "b.csv",
    ]
    assert (tmp_path / "a.png").read_bytes() == png(90, 60)


def test_in_27_opening_or_saving_a_program_asks_first(window: MainWindow, kit: DeskKit) -> None:
    box = kit.desk.mailboxes.list()[0][0]
    program = ("setup.exe", "application/octet-stream", b"MZ")
    kit.arrive(box, stage.letter("Eve", "eve@x.example", "Install this", "Please.", attachment=program))
    ticket = next(one for one in kit.tickets() if one.subject == "Install this")
    window.open_ticket(ticket.id)
    stage.settle(window)
    (card,) = window.inbox.ticket.thread_view.cards.values()
    (attachment,) = card.message.attachments
    files = window.inbox.ticket.files
    for ask in (files.open, files.ask_save):
        ask(attachment)
        question = next(top for top in QApplication.topLevelWidgets() if isinstance(top, Question) and top.isVisible())
        assert "program" in " ".join(one.text() for one in question.findChildren(QLabel))
        question.reject()
        stage.settle(window)


def test_in_24_pictures_sent_in_place_are_seen_even_where_the_text_does_not_name_them(
    window: MainWindow, kit: DeskKit
) -> None:
    box = kit.desk.mailboxes.list()[0][0]
    raw = stage.letter(
        "Elena", "elena@petrova.example", "No disposition", "Look.", html="<p>Look.</p>", picture=png(90, 60)
    )
    raw = raw.replace(b"Content-Disposition: inline\n", b"")
    assert b"Content-Disposition" not in raw
    kit.arrive(box, raw)
    ticket = next(one for one in kit.tickets() if one.subject == "No disposition")
    window.open_ticket(ticket.id)
    stage.settle(window)
    (card,) = window.inbox.ticket.thread_view.cards.values()
    assert card.pictures is not None
    assert stage.pump(lambda: card.pictures is not None and card.pictures.height() > 50)
    assert not card.findChildren(AttachmentTile)
    chosen: list[object] = []
    card.attachment_asked.disconnect()
    card.attachment_asked.connect(chosen.append)
    QTest.mouseClick(
        card.pictures.viewport(),
        Qt.MouseButton.LeftButton,
        pos=card.pictures.viewport().rect().topLeft() + card.pictures.rect().center() / 8,
    )
    assert chosen == list(card.message.attachments)


@pytest.mark.usefixtures("qapp")
def test_in_27_a_dragged_attachment_is_a_file_for_other_programs(tmp_path: Path) -> None:
    target = tmp_path / safe_filename("../CON.pdf")
    target.write_bytes(b"x")
    data = file_data([target])
    assert [url.toLocalFile() for url in data.urls()] == [str(target)]
    assert target.parent == tmp_path
