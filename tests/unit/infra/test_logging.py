"""The log keeps secrets and mail out (SE-08)."""

from __future__ import annotations

import logging
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.infra import logging as desk_logging
from desk_app.infra.logging import HIDDEN, RedactingFormatter, configure, hide, log_uncaught, redact, release


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    root = logging.getLogger()
    level, hooks = root.level, (sys.excepthook, threading.excepthook)
    levels = {name: logging.getLogger(name).level for name in desk_logging._TALKATIVE}
    yield
    release()
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)
    desk_logging._known.clear()


SECRET = "Tr0ub4dor&3x"


@pytest.mark.parametrize(
    "line",
    [
        "password=Tr0ub4dor&3x",
        "smtp_password: 'Tr0ub4dor&3x'",
        '{"access_token": "Tr0ub4dor&3x", "expires_in": 3600}',
        "{'client_secret': 'Tr0ub4dor&3x'}",
        "Authorization: Bearer Tr0ub4dor.3x_abc".replace("Tr0ub4dor.3x_abc", "Tr0ub4dor3x/+="),
        "A1 LOGIN support@example.org Tr0ub4dor&3x",
        'A1 LOGIN "support" "Tr0ub4dor&3x"',
        "A2 AUTHENTICATE PLAIN AHN1cHBvcnQAVHIwdWI0ZG9y",
        "send: 'AUTH PLAIN AHN1cHBvcnQAVHIwdWI0ZG9y'",
        "AUTH XOAUTH2 dXNlcj1zdXBwb3J0AWF1dGg9QmVhcmVyIHlh",
        "postgresql://desk:Tr0ub4dor&3x@db.example/desk",
        "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl seen",
        "got ya29.a0AfH6SMBx-abcdefghijkl",
        "user=me\x01auth=Bearer Tr0ub4dor&3x\x01\x01",
        "refresh_token=1//0gabcdefghijklmnop",
    ],
)
def test_what_looks_like_a_secret_is_hidden(line: str) -> None:
    shown = redact(line)
    assert HIDDEN in shown
    for piece in ("Tr0ub4dor", "AHN1cHBvcnQ", "dXNlcj1z", "c2lnbmF0dXJl", "a0AfH6SMBx", "0gabcdef"):
        assert piece not in shown


@pytest.mark.parametrize(
    "line",
    [
        "support@kopiworks.example: 12 fetched, 3 joined",
        "sign_in: the server refused user support",
        "lease sync:4 taken over from desk-2",
        "the author of ticket 1042 wrote again",
    ],
)
def test_ordinary_lines_stay_as_they_are(line: str) -> None:
    assert redact(line) == line


CAPITALS = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=4, max_size=40)


@given(CAPITALS, st.text(max_size=40), st.text(max_size=40))
def test_a_known_secret_is_hidden_wherever_it_stands(secret: str, before: str, after: str) -> None:
    desk_logging._known.clear()
    hide(secret)
    assert secret not in redact(before + secret + after)


def test_of_two_secrets_that_begin_alike_both_are_hidden() -> None:
    desk_logging._known.clear()
    for number in range(20):
        hide(f"{number:04}")
        hide(f"{number:04}TAIL")
    assert redact(" ".join(f"{number:04}TAIL" for number in range(20))) == " ".join(["[hidden]"] * 20)


def _fail(message: str) -> None:
    raise OSError(message)


@pytest.mark.parametrize(
    "unit", ["x", "a-", "password", "eyJ", "AUTH ", "http://a:", "LOGIN ", "bearer ", '"', "a.b:c@"]
)
def test_hiding_takes_time_in_proportion_to_the_text(unit: str) -> None:
    text = (unit * 200_000)[:200_000]
    assert len(redact(text)) > 0  # quadratic patterns would run into the time limit of the suite


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def test_arguments_traces_and_long_content_are_covered(tmp_path: Path) -> None:
    path = configure(tmp_path, role="command", level="DEBUG")
    hide(SECRET)
    log = logging.getLogger("desk_app.test")
    log.info("signing in with %s", {"password": SECRET})
    log.debug("body: %s", "x" * 100_000)
    try:
        _fail(f"LOGIN me {SECRET} failed")
    except OSError:
        log.exception("could not sign in")
    release()
    text = _text(path)
    assert SECRET not in text
    assert "could not sign in" in text
    assert "Traceback" in text
    assert len(text) < 20_000


def test_a_trace_cached_by_another_handler_is_redacted_too() -> None:
    try:
        _fail("password=Tr0ub4dor&3x")
    except OSError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())
    logging.Formatter().format(record)  # caches the trace in the record
    assert "Tr0ub4dor" not in RedactingFormatter("%(message)s").format(record)


def test_nobody_forges_a_line_of_the_log(tmp_path: Path) -> None:
    path = configure(tmp_path, role="worker")
    logging.getLogger("desk_app.test").warning("subject: %s", "hello\n2026-01-01 ERROR all is lost")
    release()
    assert len(_text(path).splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
def test_the_log_is_private_and_one_file_a_role(tmp_path: Path) -> None:
    window, worker = configure(tmp_path, role="window"), configure(tmp_path, role="worker")
    assert window != worker
    assert stat.S_IMODE(window.stat().st_mode) == 0o600
    assert stat.S_IMODE(window.parent.stat().st_mode) == 0o700


def test_it_rotates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_logging, "FILE_BYTES", 2_000)
    monkeypatch.setattr(desk_logging, "FILES_KEPT", 2)
    path = configure(tmp_path, role="worker")
    for number in range(200):
        logging.getLogger("desk_app.test").info("line %d", number)
    release()
    files = sorted(path.parent.iterdir())
    assert len(files) == 3
    assert all(file.stat().st_size <= 2_000 for file in files)
    assert "line 199" in _text(path)


def test_mail_libraries_never_log_whole_mails(tmp_path: Path) -> None:
    configure(tmp_path, role="worker", level="DEBUG")
    for name in ("imapclient.imaplib", "mail.log", "sqlalchemy.engine", "urllib3.connectionpool"):
        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)


def test_an_unknown_level_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="LOUD"):
        configure(tmp_path, role="worker", level="LOUD")


def test_an_unwritable_folder_does_not_stop_the_program(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    configure(tmp_path / "taken", role="worker")
    logging.getLogger("desk_app.test").error("nobody hears this")


def test_errors_nobody_caught_reach_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configure(tmp_path, role="window")
    said: list[str] = []
    sys.excepthook = lambda *_: said.append("main")
    threading.excepthook = lambda _: said.append("thread")
    log_uncaught()
    error = RuntimeError("token=Tr0ub4dor&3x")
    sys.excepthook(RuntimeError, error, None)
    thread = threading.Thread(target=lambda: 1 / 0, name="fetcher")
    thread.start()
    thread.join()
    release()
    text = _text(path)
    assert said == ["main", "thread"]
    assert "thread fetcher" in text
    assert "ZeroDivisionError" in text
    assert "Tr0ub4dor" not in text
