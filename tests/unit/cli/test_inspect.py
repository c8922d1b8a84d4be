"""`desk-app mail inspect`: any bytes give exit code 0 and an answer (issue: mail engine, section 3)."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk_app.cli import inspect

KEYS = [
    "subject", "from", "to", "cc", "reply_to", "date", "message_id", "in_reply_to", "references", "text", "html",
    "visible_text",
    "attachments", "classification", "bounce", "problems",
]  # fmt: skip
MAIL = (
    "From: =?utf-8?Q?J=C3=B6rg?= <Joerg@X.example>\nTo: desk@y.example, Bob <bob@y.example>\nCc: "
    "c@y.example\nReply-To: r@x.example\n"
    "Subject: Printer\nDate: Mon, 2 Mar 2026 10:30:00 +0100\nMessage-ID: <1@x.example>\nIn-Reply-To: <0@y.example>\n"
    'References: <a@y.example> <0@y.example>\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n'
    "Content-Type: text/html; charset=utf-8\n\n"
    '<p onclick="x()">Grüße</p><script>bad()</script>\n--b\nContent-Type: image/png; name=a.png\nContent-ID: <i@x>\n'
    "Content-Transfer-Encoding: base64\n\niVBORw0K\n--b--\n"
).encode()


def _arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    inspect.add_parser(parser.add_subparsers())
    return parser.parse_args(["inspect", *words])


def _run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    arguments = _arguments(*words)
    code = arguments.run(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def _json(tmp_path: Path, capsys: pytest.CaptureFixture[str], raw: bytes) -> dict[str, Any]:
    path = tmp_path / "mail.eml"
    path.write_bytes(raw)
    code, out, _ = _run(capsys, str(path), "--json")
    assert code == 0
    answer = json.loads(out)
    assert isinstance(answer, dict)
    assert list(answer) == KEYS
    return answer


def test_every_key_of_the_contract(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = _json(tmp_path, capsys, MAIL)
    assert answer["subject"] == "Printer"
    assert answer["from"] == {"name": "Jörg", "email": "joerg@x.example"}
    assert answer["to"] == [{"name": "", "email": "desk@y.example"}, {"name": "Bob", "email": "bob@y.example"}]
    assert answer["cc"] == [{"name": "", "email": "c@y.example"}]
    assert answer["reply_to"] == [{"name": "", "email": "r@x.example"}]
    assert answer["date"] == "2026-03-02T09:30:00Z"
    assert (answer["message_id"], answer["in_reply_to"]) == ("1@x.example", "0@y.example")
    assert answer["references"] == ["a@y.example", "0@y.example"]
    assert "Grüße" in answer["text"]
    assert "Grüße" in answer["visible_text"]
    assert "Grüße" in answer["html"]
    assert "script" not in answer["html"]
    assert "onclick" not in answer["html"]
    (file,) = answer["attachments"]
    assert (file["filename"], file["content_type"], file["size"], file["content_id"]) == (
        "a.png",
        "image/png",
        6,
        "i@x",
    )
    assert len(file["sha256"]) == 64
    assert answer["classification"] == "normal"
    assert answer["bounce"] is None


def test_a_bounce(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = (
        b"From: MAILER-DAEMON@mx.example\nSubject: failure notice\nContent-Type: multipart/report; "
        b"report-type=delivery-status; boundary=b\n\n"
        b"--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@x.example\nStatus: 5.1.1\n\n"
        b"--b\nContent-Type: message/rfc822\n\nMessage-ID: <o@y.example>\n\nx\n--b--\n"
    )
    answer = _json(tmp_path, capsys, raw)
    assert answer["classification"] == "bounce"
    assert answer["bounce"] == {"recipient": "a@x.example", "status": "5.1.1", "original_message_id": "o@y.example"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00" * 1000,
        bytes(range(256)) * 20,
        b"Subject: \xed\xa0\x80\xff\n\n\xff\xfe",
        MAIL[:300],
        b"(" * 50_000,
        b"Content-Type: multipart/x",
    ],
)
def test_any_bytes_give_an_answer(raw: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = _json(tmp_path, capsys, raw)
    json.dumps(answer, ensure_ascii=False).encode("utf-8")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=800))
def test_any_bytes_are_described_as_utf_8_json(raw: bytes) -> None:
    answer = inspect.describe(raw, with_content=True)
    assert list(answer) == KEYS
    json.dumps(answer, ensure_ascii=False).encode("utf-8")


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Subject: from a pipe\n\nx")))
    code, out, _ = _run(capsys, "-", "--json")
    assert code == 0
    assert json.loads(out)["subject"] == "from a pipe"


@pytest.mark.parametrize("name", ["absent.eml", "."])
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, str(tmp_path / name), "--json")
    assert code == 2
    assert out == ""
    assert "cannot read" in err


def test_summary_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mail.eml"
    path.write_bytes(MAIL)
    code, out, _ = _run(capsys, str(path))
    assert code == 0
    assert "Jörg <joerg@x.example>" in out
    assert "a.png (image/png, 6 bytes)" in out


class _Silent:
    """A child that ends without an answer."""

    modes: ClassVar[list[str]] = []

    def __init__(self, message: Path, mode: str) -> None:
        self.modes.append(mode)

    def finished(self) -> bool:
        return True

    def answer(self) -> None:
        return None

    def stop(self) -> None:
        pass


def test_children_that_die_are_replaced_by_a_plain_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect, "_Child", _Silent)
    answer = inspect.inspect_bytes(MAIL)
    assert _Silent.modes == ["full", "plain"]
    assert answer["subject"] == "Printer"
    assert any(p.startswith("slow") for p in answer["problems"])


def test_a_message_nobody_reads_in_time_is_answered_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect, "_DEADLINE_SECONDS", 0.0)
    answer = inspect.inspect_bytes(MAIL)
    assert answer["subject"] == "Printer"
    assert any(p.startswith("slow") for p in answer["problems"])


def test_the_plainer_reading_serves_where_the_full_one_is_late(tmp_path: Path) -> None:
    message = tmp_path / "message"
    message.write_bytes(MAIL)
    child = inspect._Child(message, "plain")
    while not child.finished():
        time.sleep(0.01)
    answer = child.answer()
    child.stop()
    assert answer is not None
    assert answer["subject"] == "Printer"
    assert answer["html"] == ""
    assert any(p.startswith("slow") for p in answer["problems"])


def test_a_fault_of_the_pipeline_does_not_hide_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(parsed: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("desk_app.channels.content.pipeline.prepare", broken)
    answer = inspect.describe(MAIL, with_content=True)
    assert answer["subject"] == "Printer"
    assert "content-fault: RuntimeError" in answer["problems"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_read_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    sent = b"From: a@b.example\nSubject: through a pipe\n\nx\n"
    threading.Thread(target=pipe.write_bytes, args=(sent,), daemon=True).start()
    code, out, _ = _run(capsys, str(pipe), "--json")
    assert code == inspect.EXIT_OK
    assert json.loads(out)["subject"] == "through a pipe"
