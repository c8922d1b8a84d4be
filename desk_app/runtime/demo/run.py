"""`desk-app demo`: sets the demo up, then opens the window on it, or shows it without a display."""

from __future__ import annotations

import logging
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from desk_app.cli.exits import CommandError, Exit
from desk_app.cli.invocation import DemoOptions
from desk_app.cli.output import complain, print_json, say
from desk_app.cli.tickets import print_rows, row_json
from desk_app.domain.messages.model import Direction
from desk_app.domain.tickets.query import TicketQuery
from desk_app.infra import logging as desk_logging
from desk_app.runtime.worker import run_worker

if TYPE_CHECKING:
    from desk_app.runtime.demo.setup import Demo

HUMAN_PACE = (6.0, 5)  # seconds until a customer answers, seconds to take a reply back
HEADLESS_PACE = (0.3, 0)
_PATIENCE_SECONDS = 30.0
_REPLY = "Thank you for the photo, that bag should never have left us like that. A new one goes out today.\n\nRina"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """One reply and the customer's answer to it. `answer` is what the customer wrote, "" where none came in time."""

    ticket: str
    to: str
    reply: str
    answer: str
    join_rule: str
    seconds: float


def run_demo(options: DemoOptions) -> int:
    """Run the demo and return the exit code: 0, or 1 where the round trip without a display did not work.

    Raises CommandError where the embedded mail server is not installed.
    """
    try:
        from desk_app.runtime.demo.setup import running_demo  # noqa: PLC0415 -- pymap and aiosmtpd are an extra
    except ImportError as error:
        raise CommandError(
            Exit.FAILED, f"The demo's mail server is not installed ({error}).", "pip install 'desk-app[demo]'"
        ) from error
    answer_seconds, undo_seconds = HEADLESS_PACE if options.offscreen else HUMAN_PACE
    with _folder(options) as folder:
        desk_logging.configure(folder, role="demo")
        try:
            progress = _Progress(options)
            with running_demo(
                folder, answer_seconds=answer_seconds, undo_seconds=undo_seconds, on_mail=progress.show
            ) as demo:
                progress.end()
                return _headless(demo, options) if options.offscreen else _window(demo)
        finally:
            desk_logging.release()  # Windows cannot remove a folder with an open file in it


@contextmanager
def _folder(options: DemoOptions) -> Iterator[Path]:
    if options.keep:
        yield Path(options.keep).expanduser().absolute()
        return
    with tempfile.TemporaryDirectory(prefix="desk-app-demo-", ignore_cleanup_errors=True) as name:
        yield Path(name)


class _Progress:
    """Says on a terminal how far the month has got."""

    def __init__(self, options: DemoOptions) -> None:
        self._shown = sys.stderr.isatty() and not options.json
        self._begun = False

    def show(self, done: int) -> None:
        """Note one more mail."""
        if self._shown:
            self._begun = True
            sys.stderr.write(f"\rPlaying a month of mail through the desk: {done} mails")
            sys.stderr.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._begun:
            sys.stderr.write("\n")


# -- with a display ---------------------------------------------------------------------------------------------------


def _window(demo: Demo) -> int:
    from desk_app.runtime.gui import run_on  # noqa: PLC0415 -- Qt only where a window is opened

    complain("the demo is open. Reply to a customer: the answer comes a few seconds after your mail has left.")
    return run_on(demo.desk, demo.location)


# -- without a display ------------------------------------------------------------------------------------------------


def _headless(demo: Demo, options: DemoOptions) -> int:
    trip = prove_round_trip(demo)
    page = demo.desk.ticket_queries.page(TicketQuery(), agent_id=demo.agent.id, limit=200)
    addresses = {account_id: address for address, account_id in demo.accounts.items()}
    picture, no_picture = _picture(demo, options)
    counts = demo.desk.ticket_queries.counts(demo.agent.id)
    if options.json:
        print_json(
            {
                "mails": demo.mails,
                "mailboxes": sorted(demo.accounts),
                "counts": {bucket.value: number for bucket, number in counts.total.items()},
                "tickets": [row_json(row, addresses) for row in page.rows],
                "screenshot": picture,
                "no_screenshot_because": no_picture,
                "round_trip": {
                    "ticket": trip.ticket,
                    "to": trip.to,
                    "reply": trip.reply,
                    "answer": trip.answer,
                    "join_rule": trip.join_rule,
                    "seconds": round(trip.seconds, 2),
                },
            }
        )
    else:
        print_rows(page.rows)
        others = ", ".join(f"{number} {bucket.value}" for bucket, number in counts.total.items() if number)
        say(f"\n{demo.mails} mails, {len(demo.accounts)} mailboxes: {others}")
        say(f"Picture of the window: {picture}" if picture else f"No picture of the window: {no_picture}")
        say(f"Replied in ticket {trip.ticket} to {trip.to}.")
        if trip.answer:
            say(f"The answer came {trip.seconds:.1f} s later into the same ticket (by {trip.join_rule}): {trip.answer}")
    if not trip.answer:
        complain(f"the customer of ticket {trip.ticket} did not answer within {_PATIENCE_SECONDS:.0f} s.")
        return Exit.FAILED
    return Exit.OK


def prove_round_trip(demo: Demo) -> RoundTrip:
    """Reply to the newest ticket that waits, with a worker running, and wait for the customer's answer."""
    desk = demo.desk
    row = desk.ticket_queries.page(TicketQuery(), agent_id=demo.agent.id, limit=1).rows[0]
    start = desk.replies.start(row.id, agent_id=demo.agent.id)
    draft = start.draft(row.id, _REPLY)
    stop = threading.Event()
    worker = threading.Thread(target=run_worker, args=(desk, stop), name="demo-worker", daemon=True)
    worker.start()
    began = time.monotonic()
    try:
        sent = desk.replies.send(draft, demo.actor)
        answer = join_rule = ""
        while not answer and time.monotonic() - began < _PATIENCE_SECONDS:
            time.sleep(0.1)
            view = desk.conversations.conversation(row.id, agent_id=demo.agent.id)
            for message in view.messages if view else ():
                if message.direction is Direction.INBOUND and message.id > sent.message_id:
                    answer, join_rule = " ".join(message.visible_text.split()), message.join_rule
    finally:
        stop.set()
        worker.join(10)
    to = ", ".join(address.email for address in start.to)
    return RoundTrip(row.number, to, _REPLY, answer, join_rule, time.monotonic() - began)


def _picture(demo: Demo, options: DemoOptions) -> tuple[str, str]:
    """Return the path of the window's picture, or "" and why there is none."""
    target = Path(options.screenshot or _default_picture(options)).expanduser().absolute()
    try:
        from desk_app.runtime.gui import render_offscreen  # noqa: PLC0415 -- Qt only where a picture is drawn

        target.parent.mkdir(parents=True, exist_ok=True)
        render_offscreen(demo.desk, target)
    except ImportError as error:
        return "", f"PySide6 cannot be loaded here ({error})"
    except OSError as error:
        return "", str(error)
    return str(target), ""


def _default_picture(options: DemoOptions) -> Path:
    folder = options.keep or tempfile.mkdtemp(prefix="desk-app-demo-picture-")  # nobody else's file stands in its way
    return Path(folder) / "desk-app-demo.png"
