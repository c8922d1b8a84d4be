"""Delivery failures: which address, why, and which of our mails came back (RFC 3464, RFC 3462, RFC 5965; mail.md 6;
MB-22)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from desk_app.channels.email.reading.bounce_texts import (
    failures_in_text,
    has_server_sentence,
    returned_part,
    speaks_of_failure,
)
from desk_app.channels.email.reading.fields import read_ids, read_message_id
from desk_app.channels.email.reading.headers import Headers, read_headers
from desk_app.channels.email.reading.machine import HeaderSigns, is_forward_subject
from desk_app.channels.email.reading.structure import Part
from desk_app.domain.messages.model import BounceInfo

MAX_RECIPIENTS = 200
_SCAN = 200_000  # bytes of a text or a returned mail that are looked at
_ENOUGH = 4
_STATUS = re.compile(r"(?<![\w.-])([245]\.[0-7]\.\d{1,3})(?![\d-]|\.\d)")  # RFC 3463; not a piece of an IP address
_REPLY_CODE = re.compile(r"\b([45]\d\d)[ -]|(?<![\w.,:-])(4[25][0-9]|5[0135][0-9])(?=[\]):;,]|\.?$)", re.MULTILINE)
_FAILURE = re.compile(_STATUS.pattern.replace("[245]", "[45]"))  # prose tells of failures only, the rest are versions
_ADDRESS = re.compile(r"[^\s<>()\"',;:]{1,64}@[^\s<>()\"',;:\[\]]{1,253}")
_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_TYPES = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers", "message/rfc822-headers"}
)


@dataclass(slots=True)
class Report:
    """What the parts of a message say about a delivery."""

    statuses: list[Headers] = field(default_factory=list)
    reported: bool = False  # there was a delivery-status part
    complaint: Headers | None = None
    returned: Headers | None = None


def read_bounce(root: Part, signs: HeaderSigns, text: str) -> tuple[bool, tuple[BounceInfo, ...], tuple[str, ...]]:
    """Decide whether a message is a delivery failure, and read it.

    `text` is the message's readable text. Returns the decision, one info per recipient, and the Message-IDs of
    the returned mail: its own first, then those it refers to.
    """
    candidate = (
        signs.report or signs.daemon or signs.null_path or signs.bounce_subject or "x-failed-recipients" in root.headers
    )
    candidate = candidate or any(part.content_type in _STATUS_TYPES for part in root.walk())
    if not candidate and not _told_in_prose(root, signs, text):
        return False, (), ()
    report = _read_report(root)
    text = text[:_SCAN]
    if not _is_bounce(root, signs, report, text):
        return False, (), ()
    if report.returned is None:
        head, returned = returned_part(text)
        if returned:
            report.returned = read_headers(returned.encode("utf-8", "replace"), 0, _SCAN)[0]
            text = head
    refs = _references(report.returned)
    original = refs[0] if refs and report.returned is not None and report.returned.first("message-id") else ""
    infos = _recipients(root, report, text, original)
    return True, tuple(infos[:MAX_RECIPIENTS]), refs


def _is_bounce(root: Part, signs: HeaderSigns, report: Report, text: str) -> bool:
    if report.reported and (report.statuses or signs.report or signs.daemon or signs.null_path):
        return True
    if report.complaint is not None or "x-failed-recipients" in root.headers:
        return True
    if signs.auto_reply and not signs.daemon and not signs.bounce_subject:
        return False
    return _points(signs, report, text) >= _ENOUGH or _told_in_prose(root, signs, text)


def _points(signs: HeaderSigns, report: Report, text: str) -> int:
    """Weigh the signs. A customer's "Delivery problem: the parcel was returned" must never reach `_ENOUGH`."""
    by_machine = signs.daemon or signs.null_path or signs.report
    sentence = has_server_sentence(text, opening=False)
    points = 2 * signs.daemon + 2 * signs.mailer_daemon + signs.null_path + 2 * signs.bounce_subject + 2 * sentence
    points += sentence or speaks_of_failure(text)
    points += by_machine and report.returned is not None
    points += 2 * (signs.report and not signs.auto_reply)
    return points - (signs.listed and not by_machine)


def _told_in_prose(root: Part, signs: HeaderSigns, text: str) -> bool:
    """Whether a mail without any sign in its header opens with a server's own words, and is nobody's answer or
    forward."""
    if signs.listed or "in-reply-to" in root.headers or not has_server_sentence(text, opening=True):
        return False
    if is_forward_subject(root.headers.text("subject")):
        return False
    opening = text[:400].lstrip()
    return not (opening.startswith(">") or "\n>" in opening or "forwarded message" in opening.lower())


def _read_report(root: Part) -> Report:
    report = Report()
    for part in root.walk():
        kind = part.content_type
        if kind in _STATUS_TYPES:
            report.reported = True
            report.statuses += _blocks(part.content().data)
        elif kind == "message/feedback-report" and report.complaint is None:
            blocks = _blocks(part.content().data)
            report.complaint = blocks[0] if blocks else Headers()
        elif kind in _RETURNED_TYPES and report.returned is None:
            data = part.content().data[:_SCAN]
            report.returned = read_headers(data.lstrip(b"\r\n"), 0, len(data))[0]
    return report


def _blocks(data: bytes) -> list[Headers]:
    """Read the groups of fields of a delivery-status part, separated by empty lines (RFC 3464 2.1)."""
    found = []
    for block in re.split(rb"\n[ \t]*\r?\n", data[:_SCAN].replace(b"\r\n", b"\n")):
        headers = read_headers(block.lstrip(b"\r\n"), 0, len(block))[0]
        if headers.fields:
            found.append(headers)
    return found


def _recipients(root: Part, report: Report, text: str, original: str) -> list[BounceInfo]:
    infos: dict[str, BounceInfo] = {}
    for block in report.statuses:
        if info := _from_status(block, original):
            known = infos.get(info.recipient)
            if known is None or (not known.status and info.status):
                infos[info.recipient] = info
    if report.complaint is not None and not infos:
        recipient = _address(report.complaint.text("original-rcpt-to") or report.complaint.text("removal-recipient"))
        infos[recipient] = BounceInfo(recipient, "", original, "abuse complaint")
    if not infos and "x-failed-recipients" in root.headers:
        for address in _ADDRESS.findall(root.headers.text("x-failed-recipients"))[:MAX_RECIPIENTS]:
            recipient = address.lower()
            infos[recipient] = BounceInfo(recipient, _status_near(text, address), original, _line_of(text, address))
    if not infos:
        for address, diagnostic in failures_in_text(text):
            recipient = address.lower()
            infos.setdefault(
                recipient, BounceInfo(recipient, _status_of(diagnostic) or _status_of(text), original, diagnostic)
            )
    if not infos and report.returned is not None:
        for address in _ADDRESS.findall(report.returned.text("to"))[:1]:
            infos[address.lower()] = BounceInfo(address.lower(), _status_of(text), original)
    return list(infos.values()) or [BounceInfo("", _status_of(text), original)]


def _from_status(block: Headers, original: str) -> BounceInfo | None:
    recipient = _address(block.text("original-recipient")) or _address(block.text("final-recipient"))
    final = _address(block.text("final-recipient"))
    recipient = final or recipient or _address(block.text("x-actual-recipient"))
    if not recipient:
        return None
    diagnostic = block.text("diagnostic-code")[:1000]
    found = _STATUS.search(block.text("status"))
    status = found.group(1) if found else _status_of(diagnostic)
    action = block.text("action").lower()
    if not status and action in {"delayed", "delivered", "relayed", "expanded"}:
        status = "4.0.0" if action == "delayed" else "2.0.0"
    return BounceInfo(recipient, status, original, diagnostic)


def _address(value: str) -> str:
    """Return the address of "rfc822; user@example.org" and its variants."""
    tail = value.rpartition(";")[2] if ";" in value else value
    found = _ADDRESS.search(tail)
    if found:
        return found.group().lower().rstrip(".")
    return tail.strip(" <>\"'").lower()[:320] if ";" in value else ""


def _status_of(text: str) -> str:
    """Return the enhanced code of a text, or the class a plain reply code says."""
    if found := _FAILURE.search(text):
        return found.group(1)
    if found := _REPLY_CODE.search(text):
        return f"{found.group().lstrip()[0]}.0.0"
    return ""


def _status_near(text: str, address: str) -> str:
    at = text.find(address)
    return (_status_of(text[at : at + 1500]) if at >= 0 else "") or _status_of(text)


def _line_of(text: str, address: str) -> str:
    at = text.find(address)
    return " ".join(text[at : at + 400].split())[:300] if at >= 0 else ""


def _references(returned: Headers | None) -> tuple[str, ...]:
    if returned is None:
        return ()
    found: dict[str, None] = {}
    if own := read_message_id(returned.first("message-id")):
        found[own] = None
    for name in ("in-reply-to", "references"):
        ids = read_ids(returned.all(name))
        found.update(dict.fromkeys(ids if name == "in-reply-to" else reversed(ids)))
    return tuple(found)[:100]
