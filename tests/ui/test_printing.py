"""A whole ticket as a PDF, read back (IN-33)."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
from PySide6.QtWidgets import QApplication

from desk_app.domain.messages.model import Address
from desk_app.domain.messages.side_conversations import SideDraft
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.printing import PrintQuestion, document_of
from tests.support.desks import DeskKit
from tests.ui import stage


def text_of(path: Path) -> str:
    """Return what a PDF says."""
    document = pypdfium2.PdfDocument(path.read_bytes())
    words = " ".join(document[number].get_textpage().get_text_range() for number in range(len(document)))
    document.close()
    return " ".join(words.split())


def printed(window: MainWindow, target: Path, **chosen: bool) -> str:
    window.run_action("ticket.print")
    question = next(top for top in QApplication.topLevelWidgets() if isinstance(top, PrintQuestion) and top.isVisible())
    for name, on in chosen.items():
        getattr(question, name).setChecked(on)
    question.save_pdf(target)
    stage.settle(window)
    return text_of(target)


def test_in_33_a_ticket_becomes_a_pdf_with_what_was_chosen(window: MainWindow, kit: DeskKit, tmp_path: Path) -> None:
    maya = next(one for one in kit.tickets() if one.subject.startswith("Refund for order"))
    sides = kit.desk.side_conversations
    start = sides.start(maya.id)
    supplier = (Address("Sara", "sara@supplier.example"),)
    sides.send(
        SideDraft(
            ticket_id=maya.id,
            from_account_id=start.from_account_id,
            from_address=start.from_address,
            to=supplier,
            text="A spare lamp, please.",
        ),
        kit.ann,
    )
    window.open_ticket(maya.id)
    stage.settle(window)
    plain = printed(window, tmp_path / "plain.pdf")
    for expected in (
        f"#{maya.number}",
        "Refund for order #58213 not received",
        "Maya Lindqvist",
        "maya@lindqvist.example",
        "Ann Agent",
        "High",
        "refund, vip",
        "five working days",
        "release the refund today",
        "return-receipt.pdf",
    ):
        assert expected in plain, expected
    for secret in ("stuck", "spare lamp", "supplier", "set the priority"):
        assert secret not in plain, secret
    whole = printed(window, tmp_path / "whole.pdf", notes=True, aside=True, history=True)
    for expected in ("no RMA number", "Internal note", "spare lamp", "not visible to the customer", "set the priority"):
        assert expected in whole, expected


def test_in_33_the_letters_are_as_large_as_on_paper(window: MainWindow, kit: DeskKit, tmp_path: Path) -> None:
    window.open_ticket(next(one.id for one in kit.tickets() if one.subject.startswith("Refund for order")))
    stage.settle(window)
    printed(window, tmp_path / "size.pdf")
    document = pypdfium2.PdfDocument((tmp_path / "size.pdf").read_bytes())
    words = document[0].get_textpage()
    boxes = [words.get_charbox(place) for place in range(words.count_chars())]
    heights = sorted(top - bottom for _left, bottom, _right, top in boxes if top > bottom)
    assert 4 < heights[len(heights) // 2] < 12, "in points"
    assert max(right for _left, _bottom, right, _top in boxes) < document[0].get_width()
    assert "page 1 of" in words.get_text_range()
    document.close()


def test_in_33_a_document_for_the_printer_fetches_nothing(window: MainWindow, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(stage.PIXEL)
    document = document_of(f'<img src="file://{secret}"><img src="http://x.example/a.png"><p>Hello</p>', {})
    assert document.toPlainText().strip("\ufffc\n ") == "Hello"
    for address in (f"file://{secret}", "http://x.example/a.png"):
        assert document.loadResource(2, address).width() == 1  # type: ignore[attr-defined]


def test_in_33_a_pdf_that_cannot_be_written_is_told(window: MainWindow, kit: DeskKit, tmp_path: Path) -> None:
    window.open_ticket(kit.tickets()[0].id)
    stage.settle(window)
    window.run_action("ticket.print")
    question = next(top for top in QApplication.topLevelWidgets() if isinstance(top, PrintQuestion) and top.isVisible())
    question.save_pdf(tmp_path / "there is no such folder" / "a.pdf")
    stage.settle(window)
    assert not any("Saved" in card.label.text() for card in window.toast.cards)
    assert window.toast.cards
