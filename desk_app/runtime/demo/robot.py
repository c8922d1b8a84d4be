"""The demo's customers: whoever gets a reply answers a few seconds later, like people do, a little."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from email import policy
from email.parser import BytesHeaderParser

from desk_app.runtime.demo.letters import Letter, Person, message_id, reply_subject, write
from desk_app.runtime.demo.mail_host import SentMail
from desk_app.runtime.demo.story import MAILBOX_OF, read_story, sent_as_quoted

ANSWERS_PER_THREAD = 3
log = logging.getLogger(__name__)


class CustomerRobot:
    """Answers the desk's replies in the name of demo customers, on its own thread.

    `deliver` puts a mail into a mailbox ("support@...", raw bytes, instant). `delay_seconds` is how long a customer
    thinks. Only mail to known `people` is answered, never automatic mail, and at most a few times a thread.
    """

    def __init__(
        self, people: dict[str, Person], deliver: Callable[[str, bytes, datetime], None], *, delay_seconds: float = 4.0
    ) -> None:
        self._people = people
        self._deliver = deliver
        self._delay_seconds = delay_seconds
        self._due: list[tuple[float, int, str, SentMail]] = []
        self._counts: Counter[str] = Counter()
        self._order = 0
        self._stopped = False
        self._condition = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="demo-customers", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering; what was not answered yet stays so."""
        with self._condition:
            self._stopped = True
            self._condition.notify()
        if self._thread.is_alive():
            self._thread.join(10)

    def take(self, sent: SentMail) -> None:
        """Note a mail the desk sent; returns at once."""
        with self._condition:
            for address in sent.recipients:
                if address in self._people:
                    self._order += 1
                    heapq.heappush(self._due, (time.monotonic() + self._delay_seconds, self._order, address, sent))
            self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._stopped and (not self._due or self._due[0][0] > time.monotonic()):
                    self._condition.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if self._stopped:
                    return
                _, _, address, sent = heapq.heappop(self._due)
            try:
                self._answer(self._people[address], sent.raw)
            except Exception:  # a demo customer who stumbles must not silence the others
                log.exception("a demo customer could not answer")

    def _answer(self, customer: Person, raw: bytes) -> None:
        headers = BytesHeaderParser(policy=policy.default).parsebytes(raw)
        quoted = sent_as_quoted(raw)
        thread = quoted.references[0] if quoted.references else quoted.message_id
        self._counts[thread] += 1
        automatic = str(headers["Auto-Submitted"] or "no").lower() != "no"
        if automatic or not quoted.message_id or self._counts[thread] > ANSWERS_PER_THREAD:
            return
        answers = read_story("outside")["robot"][customer.language]
        at = datetime.now().astimezone()
        letter = Letter(
            sender=customer,
            to=[(quoted.sender.name, quoted.sender.email)],
            subject=reply_subject(quoted.subject),
            at=at,
            text=answers[(self._counts[thread] - 1) % len(answers)],
            message_id=message_id(f"{quoted.message_id}/{customer.email}", customer.email.partition("@")[2]),
            html=customer.client in {"gmail", "outlook", "apple"},
            answers=quoted,
        )
        self._deliver(_mailbox(quoted.sender.email), write(letter), at)


def _mailbox(address: str) -> str:
    """Return the mailbox that takes mail for an address, plus-addresses included (RFC 5233)."""
    local, _, domain = address.partition("@")
    plain = f"{local.partition('+')[0]}@{domain}"
    return MAILBOX_OF.get(address) or MAILBOX_OF.get(plain, plain)
