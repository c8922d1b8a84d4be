"""Attachment names (mail.md 2, class 9)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.channels.email.reading.filenames import MAX_NAME, clean_filename, default_filename, distinguish


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("report.pdf", "report.pdf"), ("re: notes-1.ics", "re: notes-1.ics"), ("请求 書.docx", "请求 書.docx"),
        ("../../etc/passwd", "passwd"), ("/tmp/a.pdf", "a.pdf"), ("C:\\Users\\ann\\a.pdf", "a.pdf"),
        ("\\\\srv\\share\\a.pdf", "a.pdf"),
        ("dir/a.pdf", "a.pdf"), ("Invoice 10/2026.pdf", "Invoice 10_2026.pdf"), ("a\x00b\r\n.pdf", "ab.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ('"quoted.pdf"', "quoted.pdf"), ("  blank.pdf . ", "blank.pdf"), ("", ""), ("/", ""), ("..", ""), ("a/",
        "a"), ("tab\there.txt", "tab here.txt"),
    ],
)  # fmt: skip
def test_names_lose_paths_and_controls(name: str, clean: str) -> None:
    assert clean_filename(name) == clean


def test_long_names_keep_their_extension() -> None:
    name = clean_filename("x" * 400 + ".pdf")
    assert len(name) == MAX_NAME
    assert name.endswith("x.pdf")


def test_defaults_by_type() -> None:
    assert default_filename("application/pdf") == "attachment.pdf"
    assert default_filename("image/jpeg") == "image.jpg"
    assert default_filename("image/x-odd") == "image.odd"
    assert default_filename("message/rfc822", "Re: A/B") == "Re_ A_B.eml"
    assert default_filename("message/rfc822") == "message.eml"
    assert default_filename("application/x-strange") == "attachment.bin"


def test_distinguish_keeps_both() -> None:
    taken: set[str] = set()
    assert [distinguish(n, taken) for n in ("a.txt", "A.TXT", "a.txt", "noext", "noext")] == [
        "a.txt", "A (2).TXT", "a (3).txt", "noext", "noext (2)",
    ]  # fmt: skip


@given(st.text(max_size=300))
def test_any_name_is_one_path_component(name: str) -> None:
    clean = clean_filename(name)
    assert "/" not in clean
    assert "\\" not in clean
    assert "\x00" not in clean
    assert clean not in {".", ".."}
    assert len(clean) <= MAX_NAME
