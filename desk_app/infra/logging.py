"""The log: a rotating file per kind of process, without secrets and without what customers wrote (SE-08)."""

from __future__ import annotations

import logging
import logging.handlers
import re
import sys
import threading
from pathlib import Path
from types import TracebackType

FOLDER = "logs"
FILE_BYTES = 2_000_000
FILES_KEPT = 5
LONGEST_MESSAGE = 2_000  # characters; anything longer is content that does not belong in a log
LONGEST_TRACE = 12_000
HIDDEN = "[hidden]"

# These say far more than an admin needs when DEBUG is on: whole mails, every SQL parameter (mail.md 6, "imapclient").
_TALKATIVE = ("imapclient", "imaplib", "aiosmtpd", "mail.log", "pymap", "urllib3", "sqlalchemy", "asyncio", "keyring")

_NAMES = (
    r"pass(?:word|wd|phrase|code)?|pwd|secret|client[_-]?secret|(?:access|refresh|id|auth|reply|bearer)?[_-]?token|"
    r"api[_-]?key|private[_-]?key|authorization|credentials?|oauth2?|cookie"
)
_PATTERNS = (
    (re.compile(r"(?i)\b(bearer|basic|negotiate|digest)\s+[A-Za-z0-9+/=._~-]{6,}"), r"\1 " + HIDDEN),
    # "password": "x", password='x', access_token=x, smtp_password: x
    (
        re.compile(rf"""(?i)(["']?\b[\w-]{{0,30}}(?:{_NAMES})["']?\s*[=:]\s*)(?:b?"[^"]*"|b?'[^']*'|[^\s,;&)}}\]]+)"""),
        r"\1" + HIDDEN,
    ),
    # IMAP and SMTP sign-in lines
    (re.compile(r"""(?i)(\bLOGIN\s+(?:"[^"]*"|\S+)\s+)(?:"(?:[^"\\]|\\.)*"|\S+)"""), r"\1" + HIDDEN),
    (re.compile(r"(?i)(\bAUTH(?:ENTICATE)?\s+[A-Z0-9-]+\s+)\S+"), r"\1" + HIDDEN),
    # scheme://user:password@host
    (re.compile(r"(?i)(\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{0,200}:)[^\s@]{1,500}(@)"), r"\1" + HIDDEN + r"\2"),
    # tokens one can tell by their look: JWT, Google, Slack-like prefixes, a SASL string
    (re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]*){1,4}"), HIDDEN),
    (re.compile(r"\b(?:ya29\.|1//|xox[abp]-|EwB)[\w./+=-]{12,}"), HIDDEN),
    (re.compile(r"\x01auth=[^\x01]*", re.IGNORECASE), "\x01auth=" + HIDDEN),
)

_known: set[str] = set()


def hide(secret: str) -> None:
    """Remember a value that must never be logged, however it is spelt around; for passwords typed into this process."""
    if len(secret) >= 4:
        _known.add(secret)


def redact(text: str) -> str:
    """Return `text` with everything that looks like a secret replaced by "[hidden]"."""
    for secret in sorted(_known, key=len, reverse=True):  # one may begin as another does; others may be added meanwhile
        text = text.replace(secret, HIDDEN)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


class RedactingFormatter(logging.Formatter):
    """Formats a record, trace included, and takes secrets and over-long content out of the result."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the trace below it where there is one."""
        # The whole text once more: another handler may have cached an unredacted trace in the record.
        return redact(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- overrides logging.Formatter
        """Return the line, short and without line breaks of others (nobody forges a line of the log)."""
        record.message = _cut(redact(record.message), LONGEST_MESSAGE).replace("\r", "\\r").replace("\n", "\\n")
        return super().formatMessage(record)

    def formatException(  # noqa: N802 -- overrides logging.Formatter
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        """Return the trace of an exception, cut where its message carries content."""
        return _cut(redact(super().formatException(ei)), LONGEST_TRACE)


def configure(data_dir: Path, *, role: str, level: str = "INFO") -> Path:
    """Send this process's log to `data_dir`/logs/`role`.log, rotating, and return that path.

    `role` is "window", "worker", "command" or "demo": each kind of process has its own file, so that none rotates
    another's away. Calling it again replaces the file of the earlier call. There is no file where the folder is not
    writable.

    Raises ValueError for an unknown level.
    """
    numeric = logging.getLevelNamesMapping().get(level.upper())
    if numeric is None:
        raise ValueError(f"unknown log level {level!r}: use DEBUG, INFO, WARNING or ERROR")
    folder = data_dir / FOLDER
    path = folder / f"{role}.log"
    root = logging.getLogger()
    release()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.NullHandler()
    handler.set_name(_HANDLER)
    handler.setFormatter(
        RedactingFormatter("%(asctime)s %(levelname)-7s %(process)d %(threadName)s %(name)s: %(message)s")
    )
    root.addHandler(handler)
    root.setLevel(numeric)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(numeric, logging.WARNING))
    return path


_HANDLER = "desk-app-file"


def release() -> None:
    """Close this process's log file; nothing happens where there is none."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if handler.get_name() == _HANDLER]:
        root.removeHandler(handler)
        handler.close()


def log_uncaught() -> None:
    """Write errors nobody caught, in any thread, to the log as well as to stderr."""
    log = logging.getLogger("desk_app")
    before, before_thread = sys.excepthook, threading.excepthook

    def on_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            log.critical("uncaught error", exc_info=(kind, error, trace))
        before(kind, error, trace)

    def on_thread_error(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            name = args.thread.name if args.thread else "?"
            log.critical("uncaught error in thread %s", name, exc_info=args.exc_value)
        before_thread(args)

    sys.excepthook, threading.excepthook = on_error, on_thread_error


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]} ... [{len(text) - longest} characters cut]"
