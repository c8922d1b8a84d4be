"""HTML of the desk as Telegram's bots may send it, in pieces of at most 4096 characters.

https://core.telegram.org/bots/api#html-style knows a few marks and no paragraphs or lists: those become lines. Telegram
counts characters as UTF-16 does, so that most emoji are two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from itertools import takewhile

LONGEST = 4096
_MARKS = {
    "b": "b",
    "strong": "b",
    "h1": "b",
    "h2": "b",
    "h3": "b",
    "h4": "b",
    "h5": "b",
    "h6": "b",
    "th": "b",
    "i": "i",
    "em": "i",
    "cite": "i",
    "u": "u",
    "ins": "u",
    "s": "s",
    "strike": "s",
    "del": "s",
    "code": "code",
    "tt": "code",
    "kbd": "code",
    "samp": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_BLOCKS = frozenset(
    {"p", "div", "ul", "ol", "table", "tr", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}
)
_APART = frozenset({"p", "blockquote", "pre", "table", "h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN = frozenset({"script", "style", "head", "title", "template"})
_SCHEMES = ("https://", "http://", "tg://", "mailto:", "tel:")


@dataclass(frozen=True, slots=True)
class Run:
    """Text with the marks it stands in, outermost first; a link is its address, any other mark the name of a tag."""

    text: str
    marks: tuple[str, ...] = ()


def units(text: str) -> int:
    """Return how long a text is for Telegram."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def from_html(html: str) -> list[Run]:
    """Return what HTML says."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return _trimmed(reader.runs)


def pieces(runs: Sequence[Run], longest: int = LONGEST) -> list[list[Run]]:
    """Cut a text into pieces Telegram takes, at the ends of lines or words where there are any."""
    found: list[list[Run]] = []
    rest = _trimmed(runs)
    while rest:
        if units("".join(run.text for run in rest)) <= longest:
            found.append(rest)
            break
        piece, rest = _cut(rest, _place("".join(run.text for run in rest), longest))
        found.append(_trimmed(piece))
        rest = _trimmed(rest)
    return [piece for piece in found if piece]


def html_of(runs: Sequence[Run]) -> str:
    """Return runs as HTML that Telegram takes."""
    written: list[str] = []
    opened: tuple[str, ...] = ()
    for run in (*runs, Run("")):
        same = 0
        while same < min(len(opened), len(run.marks)) and opened[same] == run.marks[same]:
            same += 1
        written += [_close(mark) for mark in reversed(opened[same:])]
        written += [_open(mark) for mark in run.marks[same:]]
        written.append(escape(run.text, quote=False))
        opened = run.marks
    return "".join(written)


def text_of(runs: Sequence[Run]) -> str:
    """Return runs without their marks."""
    return "".join(run.text for run in runs)


def _place(text: str, longest: int) -> int:
    """Return where to cut: behind the last line, else the last word, of what fits; in the middle of a word where it
    must be, but not of a character."""
    fits, size = 0, 0
    for fits, character in enumerate(text):  # noqa: B007 -- the place is wanted
        size += units(character)
        if size > longest:
            break
    head = text[:fits]
    for border, least in (("\n", fits // 2), (" ", fits // 4)):
        place = head.rfind(border)
        if place > least:
            return place + 1
    while fits > 1 and text[fits] in "\u200d\ufe0f":
        fits -= 1
    return max(1, fits)


def _cut(runs: Sequence[Run], place: int) -> tuple[list[Run], list[Run]]:
    before: list[Run] = []
    after: list[Run] = []
    for run in runs:
        if place >= len(run.text):
            before.append(run)
        elif place <= 0:
            after.append(run)
        else:
            before.append(Run(run.text[:place], run.marks))
            after.append(Run(run.text[place:], run.marks))
        place -= len(run.text)
    return before, after


def _trimmed(runs: Sequence[Run]) -> list[Run]:
    """Leave out what is blank at both ends."""
    kept = [run for run in runs if run.text]
    while kept and not kept[0].text.lstrip():
        kept.pop(0)
    while kept and not kept[-1].text.rstrip():
        kept.pop()
    if kept:
        kept[0] = Run(kept[0].text.lstrip("\n "), kept[0].marks)
        kept[-1] = Run(kept[-1].text.rstrip(), kept[-1].marks)
    return kept


def _open(mark: str) -> str:
    return f'<a href="{escape(mark)}">' if ":" in mark else f"<{mark}>"


def _close(mark: str) -> str:
    return "</a>" if ":" in mark else f"</{mark}>"


class _Reader(HTMLParser):
    """Collects runs; blocks become lines, lists get bullets and numbers."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.runs: list[Run] = []
        self._marks: list[tuple[str, str]] = []  # tag, mark
        self._unseen = 0
        self._lists: list[int | None] = []  # the next number, None for bullets
        self._pending = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a mark or a block."""
        if tag in _UNSEEN:
            self._unseen += tag != "head"
        elif tag == "br":
            self._say("\n")
        elif tag in {"ul", "ol"}:
            self._break(1)
            self._lists.append(1 if tag == "ol" else None)
        elif tag == "li":
            self._item()
        elif tag in {"td", "th"} and self._line_begun():
            self._say("\t")
        elif tag in _BLOCKS:
            self._break(2 if tag in _APART else 1)
        if tag == "a":
            href = (dict(attrs).get("href") or "").strip()
            if href.lower().startswith(_SCHEMES) and len(href) <= 2000:
                self._marks.append((tag, href))
        elif tag in _MARKS:
            self._marks.append((tag, _MARKS[tag]))

    def handle_endtag(self, tag: str) -> None:
        """End a mark or a block."""
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - (tag != "head"))
        for place in range(len(self._marks) - 1, -1, -1):
            if self._marks[place][0] == tag:
                del self._marks[place]
                break
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        if tag in _BLOCKS:
            self._break(2 if tag in _APART else 1)

    def handle_data(self, data: str) -> None:
        """Take text; blanks between words are one, but in what is laid out by hand."""
        if self._unseen:
            return
        if any(mark == "pre" for _tag, mark in self._marks):
            self._say(data)
            return
        words = " ".join(data.replace("\xa0", " ").split())
        if not words:
            if data and self._line_begun():
                self._say(" ")
            return
        before = " " if data[:1].isspace() and self._line_begun() else ""
        self._say(before + words + (" " if data[-1:].isspace() else ""))

    def _item(self) -> None:
        self._break(1)
        depth = "  " * max(0, len(self._lists) - 1)
        number = self._lists[-1] if self._lists else None
        if number is not None:
            self._lists[-1] = number + 1
        self._say(f"{depth}{f'{number}.' if number is not None else '•'} ")

    def _line_begun(self) -> bool:
        return not self._pending and bool(self.runs) and not self.runs[-1].text.endswith(("\n", " ", "\t"))

    def _break(self, lines: int) -> None:
        """End the line before the next text, with a blank line for two."""
        if self.runs and len(self._pending) < lines:
            self._pending = "\n" * lines

    def _say(self, text: str) -> None:
        if self._unseen:
            return
        marks = self._allowed()
        if self._pending:
            before = self.runs[-1]
            ends = len(before.text) - len(before.text.rstrip("\n"))
            lines = "\n" * max(0, len(self._pending) - ends)
            self.runs.append(Run(lines, tuple(takewhile(before.marks.__contains__, marks))))
            self._pending = ""
        self.runs.append(Run(text, marks))

    def _allowed(self) -> tuple[str, ...]:
        """Return the marks that may stand together: each once, one link, nothing else in code."""
        kept: list[str] = []
        for mark in self._nested():
            if mark in kept or (":" in mark and any(":" in one for one in kept)):
                continue
            kept.append(mark)
            if mark in {"code", "pre"}:
                return (mark,)
        return tuple(kept)

    def _nested(self) -> Iterator[str]:
        for _tag, mark in self._marks:
            yield mark
