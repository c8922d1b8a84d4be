"""`desk-app mail inspect FILE`: what the desk makes of one message, without database, window or network.

Any bytes whatsoever give exit code 0 and an answer within five seconds. The reading happens in a child process,
because only
that can be stopped in the middle of foreign code (HTML parsers, codecs); when it takes too long or dies, a plainer
reading takes its place and `problems` says so. Run as `python -m desk_app.cli.inspect`, this module is that child.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from desk_app.domain.messages.model import Address, ParsedMessage

EXIT_OK = 0
EXIT_USAGE = 2

_HEDGE_SECONDS = 1.1  # after that, a plainer reading starts beside the full one
_DEADLINE_SECONDS = 2.5  # after that, what is there is taken; the rest of the five is for a busy machine
_TICK_SECONDS = 0.02
_LAST_RESORT_BYTES = 100_000
_STREAM_BYTES = 100_000_000  # of what is no regular file
_TEXT_LIMIT = 8_000_000  # characters of text and of HTML that are printed
_FULL, _PLAIN = "full", "plain"
_PIPELINE_LIMIT = 4_000_000  # characters of HTML or text the view's pipeline is asked for here
_SLOW = "slow: read without the HTML pipeline"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add `inspect` to the subcommands of `desk-app mail`; sets `run` as the parsed arguments' default of that name."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "inspect",
        help="show what the desk makes of one message",
        description="Show what the desk makes of one message: addresses, text, safe HTML, attachments, classification.",
    )
    parser.add_argument("file", metavar="FILE", help='a raw message (.eml), or "-" for standard input')
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Print one message; returns the exit code: 0, or 2 for a file that cannot be read.

    `args` has `file` (a path or "-") and `json` (bool).
    """
    try:
        from_pipe = args.file == "-"
        report = inspect_bytes(sys.stdin.buffer.read(_STREAM_BYTES)) if from_pipe else inspect_file(Path(args.file))
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        sys.stderr.write(f"desk-app: cannot read {args.file}: {reason}\n")
        return EXIT_USAGE
    text = json.dumps(report, ensure_ascii=False, indent=2) if args.json else _summary(report)
    _print(text + "\n")
    return EXIT_OK


def inspect_bytes(raw: bytes) -> dict[str, Any]:
    """Return the JSON object of a message within five seconds, whatever the bytes are."""
    with tempfile.TemporaryDirectory(prefix="desk-app-") as folder:
        message = Path(folder) / "message"
        message.write_bytes(raw)
        return inspect_file(message)


def inspect_file(message: Path) -> dict[str, Any]:
    """Return the JSON object of a message in a file within five seconds; OSError where the file cannot be read."""
    with message.open("rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # a pipe gives its bytes once, a device without end
            return inspect_bytes(file.read(_STREAM_BYTES))
        beginning = file.read(_LAST_RESORT_BYTES)
    if getattr(sys, "frozen", False):  # an installed program has no interpreter to start
        return describe(message.read_bytes(), with_content=True)
    return _first_answer(message) or _last_resort(beginning)


def _first_answer(message: Path) -> dict[str, Any] | None:
    """Read in a child; where that takes long, take the plainer child's answer at the deadline. None: both failed."""
    began = time.monotonic()
    children = [_Child(message, _FULL)]
    try:
        while time.monotonic() - began < _DEADLINE_SECONDS:
            if children[0].finished() and (answer := children[0].answer()) is not None:
                return answer
            late = time.monotonic() - began > _HEDGE_SECONDS or children[0].finished()
            if len(children) == 1 and late:
                children.append(_Child(message, _PLAIN))
            elif all(child.finished() for child in children):
                break
            time.sleep(_TICK_SECONDS)
        return children[-1].answer() if children[-1].finished() else None
    finally:
        for child in children:
            child.stop()


def describe(raw: bytes, *, with_content: bool) -> dict[str, Any]:
    """Read a message in this process. Without `with_content` the HTML is left out and nothing is folded."""
    from desk_app.channels.email.reading import read_message  # noqa: PLC0415 -- the parent process does not need it

    parsed = read_message(raw)
    problems = list(parsed.problems)
    safe_html, visible = "", parsed.text
    if with_content and len(parsed.html) <= _PIPELINE_LIMIT and len(parsed.text) <= _PIPELINE_LIMIT:
        try:
            from desk_app.channels.content.pipeline import prepare  # noqa: PLC0415 -- loads nh3, lxml and css-inline

            content = prepare(parsed)
            safe_html, visible = content.safe_html, content.visible_text
        except Exception as fault:  # noqa: BLE001 -- whatever the pipeline meets, the message is shown
            problems.append(f"content-fault: {type(fault).__name__}")
    else:
        problems.append(_SLOW if not with_content else "too-long: read without the HTML pipeline")
    if max(len(parsed.text), len(safe_html), len(visible)) > _TEXT_LIMIT:
        problems.append("text-cut")
    return _report(parsed, safe_html, visible, problems)


def _report(parsed: ParsedMessage, safe_html: str, visible: str, problems: Sequence[str]) -> dict[str, Any]:
    first = parsed.bounce[0] if parsed.bounce else None
    return {
        "subject": parsed.subject,
        "from": _person(parsed.from_) if parsed.from_.name or parsed.from_.email else None,
        "to": [_person(a) for a in parsed.to],
        "cc": [_person(a) for a in parsed.cc],
        "reply_to": [_person(a) for a in parsed.reply_to],
        "date": parsed.date.strftime("%Y-%m-%dT%H:%M:%SZ") if parsed.date else None,
        "message_id": parsed.message_id,
        "in_reply_to": " ".join(parsed.in_reply_to),
        "references": list(parsed.references),
        "text": parsed.text[:_TEXT_LIMIT],
        "html": safe_html[:_TEXT_LIMIT],
        "visible_text": visible[:_TEXT_LIMIT],
        "attachments": [
            {
                "filename": file.filename,
                "content_type": file.content_type,
                "size": file.size,
                "content_id": file.content_id,
                "sha256": file.sha256,
            }
            for file in parsed.attachments
        ],
        "classification": parsed.classification.value,
        "bounce": {
            "recipient": first.recipient,
            "status": first.status,
            "original_message_id": first.original_message_id,
        }
        if first
        else None,
        "problems": list(problems),
    }


def _person(address: Address) -> dict[str, str]:
    return {"name": address.name, "email": address.email}


class _Child:
    """One reading in its own process, which can be stopped. `message` holds the raw bytes."""

    def __init__(self, message: Path, mode: str) -> None:
        root = str(Path(__file__).resolve().parents[2])
        paths = [root, *(p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p)]
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by stop()
        self._process: subprocess.Popen[bytes] | None = None
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(  # noqa: S603 -- this interpreter, this module, fixed arguments
                [sys.executable, "-m", "desk_app.cli.inspect", mode, str(message)],
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            )

    def finished(self) -> bool:
        """Whether it has ended, well or badly."""
        return self._process is None or self._process.poll() is not None

    def answer(self) -> dict[str, Any] | None:
        """Return its answer, None when it failed."""
        if self._process is None or self._process.returncode != 0:
            return None
        self._output.seek(0)
        try:
            answer = json.loads(self._output.read())
        except ValueError:
            return None
        return answer if isinstance(answer, dict) else None

    def stop(self) -> None:
        """End it and let go of its output."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._output.close()


def _last_resort(beginning: bytes) -> dict[str, Any]:
    """Describe a message that no child could read in time: its header, and the bytes as they are."""
    from desk_app.channels.email.reading import read_message  # noqa: PLC0415 -- hardly ever needed

    parsed = read_message(beginning, max_parts=20, max_depth=5)
    return _report(parsed, "", parsed.text, [*parsed.problems, "slow: only the first 100 kB were read"])


def _summary(report: Mapping[str, Any]) -> str:
    """Return the message as a person reads it in a terminal."""

    def people(entries: Sequence[Mapping[str, str]]) -> str:
        return ", ".join(
            f"{e['name']} <{e['email']}>" if e["name"] and e["email"] else e["name"] or e["email"] for e in entries
        )

    rows = [
        ("Subject", report["subject"]),
        ("From", people([report["from"]] if report["from"] else [])),
        ("To", people(report["to"])),
        ("Cc", people(report["cc"])),
        ("Reply-To", people(report["reply_to"])),
        ("Date", report["date"] or ""),
        ("Message-ID", report["message_id"]),
        ("In-Reply-To", report["in_reply_to"]),
        ("Kind", report["classification"]),
    ]
    if bounce := report["bounce"]:
        rows.append(("Bounce", f"{bounce['recipient']} {bounce['status']}".strip()))
        rows.append(("Returned", bounce["original_message_id"]))
    lines = [f"{name + ':':<13}{value}" for name, value in rows if value]
    lines += [
        f"{'Attachment:':<13}{a['filename']} ({a['content_type']}, {a['size']} bytes)" for a in report["attachments"]
    ]
    lines += [f"{'Problem:':<13}{problem}" for problem in report["problems"]]
    return "\n".join([*lines, "", str(report["visible_text"])])


def _print(text: str) -> None:
    """Write UTF-8 whatever the locale; a reader that hangs up early is no fault."""
    data = text.encode("utf-8", "replace")
    buffer = getattr(sys.stdout, "buffer", None)
    try:
        if buffer is None:
            sys.stdout.write(text)
        else:
            sys.stdout.flush()
            buffer.write(data)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _main(mode: str, message: Path) -> int:
    report = describe(message.read_bytes(), with_content=mode == _FULL)
    sys.stdout.buffer.write(json.dumps(report).encode("ascii"))
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1], Path(sys.argv[2])))
