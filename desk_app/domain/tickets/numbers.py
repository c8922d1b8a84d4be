"""Ticket numbers: how a counter is shown, and how numbers are found in subjects (IN-34).

A number is stored as it was first written. Subjects carry it as "[#<number>]", whatever the format, so a changed format
never breaks the matching of old subjects: the whole text between "[#" and "]" is looked up as it stands.
"""

from __future__ import annotations

import re

_RUN = re.compile(r"#+")
_IN_SUBJECT = re.compile(r"\[#\s?([^\[\]#]{1,40})\]")
_PREFIXES = re.compile(
    r"^(?:\s*(?:re|aw|sv|antw|rif|res|odp|vá|balas|bls|回复|回覆|答复|返信|답장|fwd?|wg|tr|rv|enc)(?:\[\d+\])?\s*[:：])+\s*",
    re.IGNORECASE,
)


def check_format(number_format: str) -> str:
    """Return "" for a usable format, else what is wrong with it. A format holds one run of "#" for the counter."""
    runs = _RUN.findall(number_format)
    if len(runs) != 1:
        return "The format needs exactly one run of # for the counter."
    if len(number_format) > 30:
        return "The format is longer than 30 characters."
    if re.search(r"[\[\]\s\x00-\x1f]", number_format):
        return "The format must not hold brackets, blanks or control characters."
    return ""


def format_number(number_format: str, counter: int) -> str:
    """Return a counter in a format; the run of "#" gives the least number of digits. Raises ValueError for a bad
    format.
    """
    wrong = check_format(number_format)
    if wrong:
        raise ValueError(wrong)
    return _RUN.sub(lambda run: str(counter).zfill(len(run[0])), number_format, count=1)


def numbers_in_subject(subject: str) -> tuple[str, ...]:
    """Return every ticket number a subject names as "[#...]", in order, each once."""
    return tuple(dict.fromkeys(found.strip() for found in _IN_SUBJECT.findall(subject)))


def bare_subject(subject: str) -> str:
    """Return a subject without answer and forward prefixes and without ticket numbers."""
    return _PREFIXES.sub("", _IN_SUBJECT.sub("", subject)).strip()


def reply_subject(subject: str, number: str) -> str:
    """Return the subject of an answer: "Re: <subject> [#<number>]", prefixes not repeated."""
    bare = bare_subject(subject)
    return f"Re: {bare} [#{number}]" if bare else f"Re: [#{number}]"
