"""Delivery failures told in prose: the wording of qmail, Exim, Postfix, sendmail, Exchange, Yahoo and many others.

Line by line with plain searches, so that no text can make it slow.
"""

from __future__ import annotations

import re

from desk_app.channels.email.reading.phrases import FAILURE_WORDS, SERVER_SENTENCES

_MAX_LINES = 3_000
_MAX_LINE = 1_000
_OPENING = 400  # characters a server needs to come to the point
_BEGINNING = 4_000
_WHOLE = 20_000

_MARK_WORDS = (
    "original",
    "returned",
    "unsent",
    "undelivered",
    "copy of",
    "header",
    "below this line",
    "lines of the message",
)
_RETURNED_ID = re.compile(r"(?im)^[ \t>|]{0,4}Message-ID:[ \t]*(?:\n[ \t]+)?<[^<>\s]{3,500}>")
_ADDRESS = re.compile(r"[^\s<>()\"',;:=|\[\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.?){1,8}")
_FIELD = re.compile(
    r"^[ \t>]*(?:(?:final-|original-|failed )?recipient|to|rcpt to|address|user)\W{0,3}(?:rfc822;)?",
    re.IGNORECASE,
)
_FAILING = re.compile(
    r"\b[45]\d\d\b|\b[45]\.\d{1,3}\.\d{1,3}\b|unknown|not (?:found|exist|delivered|known|listed|a valid|deliver)|"
    r"no such|fail|reject|full|quota|undeliver|invalid|denied|disabled|unavailable|no mailbox|refused|timed? ?out|"
    r"not be (?:delivered|reached)|did not reach|unrouteable|error|expired|not our customer|"
    r"permanent|fatal|moved|inactive|no longer|unreachable|not allowed",
    re.IGNORECASE,
)


def has_server_sentence(text: str, *, opening: bool) -> bool:
    """Whether a text holds a sentence only mail servers write: in its first lines, or with `opening` right at the
    start."""
    lowered = _lowered(text[: _OPENING if opening else _BEGINNING])
    return any(sentence in lowered for sentence in SERVER_SENTENCES)


def speaks_of_failure(text: str) -> bool:
    """Whether a text has any word of failed deliveries; it means something only next to other signs."""
    lowered = _lowered(text[:_WHOLE])
    return any(word in lowered for word in FAILURE_WORDS) or any(sentence in lowered for sentence in SERVER_SENTENCES)


def _lowered(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())


def returned_part(text: str) -> tuple[str, str]:
    """Split a failure's text into the explanation and the header of the mail that came back ("" where there is
    none)."""
    found = _RETURNED_ID.search(text)
    if found is None:
        return text[: _return_mark(text)], ""
    # the block of fields around the Message-ID: back to an empty line, forward to the next one
    begin = max(text.rfind("\n\n", 0, found.start()) + 2, found.start() - 20_000, 0)
    if text.rfind("\n\n", 0, found.start()) < 0:
        begin = max(found.start() - 20_000, 0)
    head = text[: min(_return_mark(text), begin)]
    lines = [
        line.lstrip("> |") if line.lstrip(" ").startswith((">", "|")) else line
        for line in text[begin : found.end() + 20_000].split("\n")
    ]
    first = next((i for i, line in enumerate(lines) if re.match(r"[A-Za-z][A-Za-z0-9-]{1,60}:", line.strip())), 0)
    lines = [
        line[2:] if line.startswith("  ") and re.match(r"\s{2,8}[A-Z][A-Za-z-]{1,60}: ", line) else line
        for line in lines[first:]
    ]
    return head, "\n".join(
        line.lstrip() if re.match(r"\s{1,8}[A-Z][A-Za-z-]{1,60}: ", line) else line for line in lines
    )


def _return_mark(text: str) -> int:
    """Return where a line like "--- Below this line is a copy of the message" begins, the text's length if none
    does."""
    pos = 0
    for line in text.split("\n"):
        if 10 < len(line) < 160:
            lowered = line.strip(" \t>#*=_").lower()
            dashed = lowered.startswith("--") or lowered.endswith(("--", ":"))
            if lowered.startswith(("return-path:", "received: from")) or (
                dashed and "server returned" not in lowered and any(w in lowered for w in _MARK_WORDS)
            ):
                return pos
        pos += len(line) + 1
    return len(text)


def failures_in_text(text: str) -> list[tuple[str, str]]:
    """Return the addresses a failure's text blames, each with the sentence that says why."""
    lines = [line[:_MAX_LINE] for line in text.split("\n", _MAX_LINES)[:_MAX_LINES]]
    blamed: dict[str, str] = {}
    mentioned: dict[str, str] = {}
    for index, line in enumerate(lines):
        if "@" not in line:
            continue
        for address in _ADDRESS.findall(line)[:10]:
            clean = address.strip(".-'*").removeprefix("rfc822;").removeprefix("mailto:")
            if clean.lower().startswith(("mailer-daemon@", "postmaster@")) or clean in blamed:
                continue
            near = " ".join(" ".join(lines[index : index + 4]).split())[:500]
            alone = line.strip().strip("<>:;.,\"' ").lower() == clean.lower()
            if (alone or _FIELD.match(line) or line.lstrip().startswith("<")) and _FAILING.search(near):
                blamed[clean] = near
            elif _FAILING.search(line):
                blamed.setdefault(clean, near)
            else:
                mentioned.setdefault(clean, near)
    if blamed:
        return list(blamed.items())[:200]
    return list(mentioned.items())[:1]
