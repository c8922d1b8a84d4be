"""Which lines of a mail are its own words, and which are quotes and signature to be folded (mail.md 4, IN-23).

Line by line, linear, without any expression that spans lines. Nothing is ever dropped, and the worst fault would be to
fold a line the reader wants: where it is not sure, a line stays visible. So a quote between two answers stays, a
forwarded mail stays, and a mail that would vanish altogether stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from desk_app.channels.content.phrases import (
    header_class,
    is_attribution,
    is_forward_mark,
    is_original_mark,
    is_sent_from,
)

MAX_CHARS = 100_000
MAX_LINES = 2_500
"""Only so much is examined; what follows shares the fate of the last line where everything to the end is quoted."""

_DIGIT = re.compile(r"\d")
_MAX_SIGNATURE_LINES = 12
_MAX_SIGNATURE_WIDTH = 90
_SIGNATURE_MARKS = frozenset({"--", "—", "–"})
_MAX_KEPT_QUOTE = 15  # a single quote in the middle of a text is context up to here, and ballast beyond
_LONG_LINE = 2_000


class Hint(IntEnum):
    """What the markup says about a line; plain text has none."""

    NONE = 0
    QUOTED = 1
    QUOTE_START = 2  # everything from here on is the mail that is answered
    SIGNATURE = 3


class _Kind(IntEnum):
    EMPTY = 0
    TEXT = 1
    QUOTE = 2
    INTRO = 3  # attribution lines, original-message marks and header blocks above something quoted
    SIGNATURE = 4


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in two halves that together hold every line of it."""

    visible: str
    folded: str


def fold_text(text: str, *, forwarded: bool = False) -> Folded:
    """Split a plain text. `forwarded` says that the subject calls the mail a forward, so that its body is content."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    head, rest = _examined_part(text)
    lines = head.split("\n")
    flags = fold_lines(lines, forwarded=forwarded)
    visible = "\n".join(line for line, folded in zip(lines, flags, strict=True) if not folded)
    folded = "\n".join(line for line, folded in zip(lines, flags, strict=True) if folded)
    if rest:
        to_the_end = bool(flags) and flags[-1]
        visible, folded = (visible, folded + "\n" + rest) if to_the_end else (visible + "\n" + rest, folded)
    return Folded(visible.strip("\n").rstrip(), folded.strip("\n").rstrip())


def _examined_part(text: str) -> tuple[str, str]:
    end = len(text)
    if end > MAX_CHARS:
        end = text.rfind("\n", 0, MAX_CHARS)
        if end < 0:
            return "", text
    position = -1
    for _ in range(MAX_LINES):
        position = text.find("\n", position + 1, end)
        if position < 0:
            return text[:end], text[end + 1 :] if end < len(text) else ""
    return text[:position], text[position + 1 :]


def fold_lines(lines: Sequence[str], hints: Sequence[Hint] = (), *, forwarded: bool = False) -> list[bool]:
    """Return for every line whether it is to be folded. Linear in the number of lines."""
    marks = list(hints) or [Hint.NONE] * len(lines)
    bare = [line.strip()[:_LONG_LINE] if len(line) > _LONG_LINE else line.strip() for line in lines]
    end = _forward_start(bare, marks, forwarded=forwarded)
    kinds, tail = _classify(bare, marks, end)
    flags = [False] * len(lines)
    for index in range(tail, end):
        flags[index] = True
    _fold_signature(bare, kinds, flags, tail)  # one that stands below the quote is no answer to it
    _fold_quotes(kinds, flags, tail)
    _fold_signature(bare, kinds, flags, tail)
    if not any(text and not folded for text, folded in zip(bare, flags, strict=True)):
        return [False] * len(lines)
    return flags


def _forward_start(bare: list[str], marks: list[Hint], *, forwarded: bool) -> int:
    """Return where a forwarded mail begins (the number of lines where none does); from there everything is content."""
    for index, line in enumerate(bare):
        if not line:
            continue
        if _may_announce(line):
            if is_forward_mark(line):
                return index
            if is_original_mark(line) or (marks[index] != Hint.QUOTED and _header_block(bare, index)):
                first = not any(bare[:index])
                return index if forwarded or first else len(bare)
        if marks[index] == Hint.QUOTE_START:
            return index if forwarded else len(bare)
        if line[0] == ">" and not forwarded:
            return len(bare)
    return len(bare)


def _may_announce(line: str) -> bool:
    """Whether a line can be a mark above another mail or one of its headers at all; most lines are plain prose."""
    return ":" in line or "：" in line or line[0] in "-_=*>"


def _header_block(bare: list[str], index: int) -> bool:
    """Whether the headers of another mail begin here: From and two others of Sent, To, Subject within seven lines."""
    if not header_class(bare[index]):
        return False
    found: set[str] = set()
    options: list[frozenset[str]] = []
    strange = 0
    for line in bare[index : index + 9]:
        kinds = header_class(line)
        if not line:
            break
        if kinds:
            options.append(kinds)
        else:
            strange += 1
            if strange > 3:
                break
    for kinds in sorted(options, key=len):
        found |= set(sorted(kinds - found)[:1])
    return "from" in found and len(found - {"cc"}) >= 3


def _classify(bare: list[str], marks: list[Hint], end: int) -> tuple[list[_Kind], int]:
    """Say what each line is, and where the tail begins that is quoted without marks (`end` where there is none)."""
    kinds = [_Kind.EMPTY] * len(bare)
    for index, line in enumerate(bare):
        if not line:
            continue
        if index >= end:
            kinds[index] = _Kind.TEXT
        elif line[0] == ">" or marks[index] == Hint.QUOTED:
            kinds[index] = _Kind.QUOTE
        elif marks[index] == Hint.SIGNATURE:
            kinds[index] = _Kind.SIGNATURE
        else:
            kinds[index] = _Kind.TEXT
    for index in range(end):
        if kinds[index] != _Kind.TEXT:
            continue
        if marks[index] == Hint.QUOTE_START or (
            _may_announce(bare[index]) and (is_original_mark(bare[index]) or _header_block(bare, index))
        ):
            return kinds, _with_separator(bare, index)
        count = _attribution_lines(bare, kinds, index, end)
        if not count:
            continue
        kinds[index : index + count] = [_Kind.INTRO] * count
        if not _quote_follows(kinds, index + count, end):
            return kinds, index
    return kinds, end


def _with_separator(bare: list[str], index: int) -> int:
    """Count a line of dashes or underscores right above a header block as part of it."""
    above = index - 1
    while above >= 0 and not bare[above] and index - above < 3:
        above -= 1
    if above >= 0 and len(bare[above]) > 4 and not bare[above].strip("-_=* "):
        return above
    return index


def _quote_follows(kinds: list[_Kind], index: int, end: int) -> bool:
    for kind in kinds[index : min(index + 3, end)]:
        if kind != _Kind.EMPTY:
            return kind == _Kind.QUOTE
    return False


def _attribution_lines(bare: list[str], kinds: list[_Kind], index: int, end: int) -> int:
    """Return how many lines, from this one on, introduce a quote: 0, or up to 3 where the line was wrapped."""
    joined = ""
    for count in range(1, 4):
        line = index + count - 1
        if line >= end or kinds[line] != _Kind.TEXT:
            return 0
        joined = f"{joined} {bare[line]}" if joined else bare[line]
        if len(joined) > 500:
            return 0
        if joined[-1] in ":：-*_> " and is_attribution(joined, quote_follows=_quote_follows(kinds, line + 1, end)):
            return count
        if count == 1 and not _may_be_wrapped(bare[line]):
            return 0
    return 0


def _may_be_wrapped(line: str) -> bool:
    """Whether an attribution may go on in the next line: it has begun with a date, an address or a quoting word."""
    return _DIGIT.search(line, 0, 80) is not None or "@" in line or "<" in line or line.endswith(",")


def _fold_quotes(kinds: list[_Kind], flags: list[bool], tail: int) -> None:
    """Fold quotes after the last own word, a mail quoted above them all, and a long quote between."""
    own = [index for index in range(tail) if kinds[index] in {_Kind.TEXT, _Kind.SIGNATURE}]
    if not own:
        return
    first = next((index for index in own if kinds[index] == _Kind.TEXT), own[0])
    last = next((index for index in reversed(own) if kinds[index] == _Kind.TEXT), own[-1])
    runs = _quote_runs(kinds, tail)
    between = [run for run in runs if first < run[0] and run[1] <= last]
    before = [run for run in runs if run[1] <= first]
    after = [run for run in runs if run[0] > last]
    for start, stop in after:
        flags[start:stop] = [True] * (stop - start)
    kept = [*before, *between]
    if len(kept) == 1:
        start, stop = kept[0]
        introduced = kinds[start] == _Kind.INTRO
        long = kinds[start:stop].count(_Kind.QUOTE) > _MAX_KEPT_QUOTE
        if introduced and (before or long):
            flags[start:stop] = [True] * (stop - start)
    for start, stop in kept:  # who wrote a quote that stays, and when, is of no interest
        for index in range(start, stop):
            flags[index] = flags[index] or kinds[index] == _Kind.INTRO


def _quote_runs(kinds: list[_Kind], tail: int) -> list[tuple[int, int]]:
    """Return the stretches of quoted lines with the lines that introduce them, empty lines between included."""
    runs: list[tuple[int, int]] = []
    start = stop = -1
    for index in range(tail):
        if kinds[index] in {_Kind.QUOTE, _Kind.INTRO}:
            start = index if start < 0 else start
            stop = index + 1
        elif kinds[index] != _Kind.EMPTY and start >= 0:
            runs.append((start, stop))
            start = -1
    if start >= 0:
        runs.append((start, stop))
    return runs


def _fold_signature(bare: list[str], kinds: list[_Kind], flags: list[bool], tail: int) -> None:
    """Fold the signature that ends the own words: below "-- ", a phone's line, or what the markup calls one."""
    last = next((i for i in range(tail - 1, -1, -1) if bare[i] and not flags[i]), -1)
    if last < 0:
        return
    start = last + 1
    seen = 0
    only_phones = True
    for index in range(last, -1, -1):
        if flags[index] or (bare[index] and kinds[index] not in {_Kind.TEXT, _Kind.SIGNATURE}):
            break
        if not bare[index]:
            continue
        seen += 1
        phone = is_sent_from(bare[index])
        only_phones = only_phones and phone
        if not only_phones and (seen > _MAX_SIGNATURE_LINES + 1 or len(bare[index]) > _MAX_SIGNATURE_WIDTH * 2):
            break
        if bare[index] in _SIGNATURE_MARKS or (phone and (only_phones or seen <= 3)):
            start = index
        elif kinds[index] == _Kind.SIGNATURE:
            named = {_Kind.SIGNATURE, _Kind.EMPTY}
            start = index if all(kind in named for kind in kinds[index:start]) else start
    if start <= last and any(bare[i] and not flags[i] for i in range(start)):
        for index in range(start, last + 1):
            flags[index] = True
            kinds[index] = _Kind.SIGNATURE if bare[index] else _Kind.EMPTY
