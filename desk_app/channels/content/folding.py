"""Folding in HTML: the decision is the same as for plain text, taken on the lines of a tree."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from desk_app.channels.content.markup import BLOCK_TAGS
from desk_app.channels.content.phrases import is_attribution, is_forward_mark
from desk_app.channels.content.quotes import Hint, fold_lines
from desk_app.channels.content.tree import Element, drop, serialise

MARK = "data-mark"
"""Where `mark_quotes` notes what an element is; `split` takes it out."""

_QUOTED, _MAYBE, _START, _SIGNATURE = "quoted", "maybe", "start", "signature"
_NAMES = ("class", "id", "name", "data-smartmail", "data-marker", "type")
_QUOTE_NAMES = frozenset(
    {
        "gmail_quote", "gmail_quote_container", "gmail_attr", "yahoo_quoted", "moz-cite-prefix",
        "protonmail_quote", "zmail_extra", "reply-intro", "zmail_extra_hr", "tutanota_quote", "cite",
        "oriontransclusion", "wlmail_quote", "freemail_quote", "mailru-quote", "yandex-quote",
        "skiff_quote", "hey_quote", "mimestream-quote", "fastmail-quote", "qt", "rc-quote", "mb_quote",
        "front-blockquote", "superhuman-quote", "edo-original-message", "__zoho_quote", "spark_quote",
        "airmail_quote", "bloop_original_html", "readdle_quote",
    }
)  # fmt: skip
_START_NAMES = frozenset(
    {
        "divrplyfwdmsg", "outlookmessageheader", "zwchr", "mail-editor-reference-message-container",
        "replysplit", "originalmessage", "stopspelling", "replyseparator", "__zwchr__",
    }
)  # fmt: skip
_SIGNATURE_NAMES = frozenset(
    {
        "gmail_signature", "gmail_signature_prefix", "moz-signature", "protonmail_signature_block",
        "applemailsignature", "ms-outlook-mobile-signature", "ms-outlook-ios-signature", "signature",
        "tutanota_signature", "zmail_signature", "linebreakatbeginningofsignature", "bloop_sign",
        "yahoo_signature", "moz-txt-sig",
    }
)  # fmt: skip
_ASIDE_TAGS = frozenset({"td", "th", "thead", "tbody", "tfoot"})  # begin no line: cells of a row are read together
_VISIBLE_VOID = frozenset({"img", "hr"})


class _Slot(NamedTuple):
    """One place where content stands: the text of an element, the text after it, or the element itself."""

    element: Element
    kind: str  # "text", "tail" or "self"
    line: int


def mark_quotes(root: Element) -> None:
    """Note on every element what its names say about it, before they are taken away or the element is rebuilt."""
    for element in root.iter():
        mark = _mark_of(element)
        for name in _NAMES:
            if name != "type" or element.tag not in {"ul", "ol"}:
                drop(element, name)
        if mark and element is not root:
            element.set(MARK, mark)


def _mark_of(element: Element) -> str:
    mark = ""
    for name in _NAMES:
        for word in (element.get(name) or "").casefold().split():
            bare = word
            while bare.startswith("x_"):
                bare = bare[2:]
            if (
                bare in _QUOTE_NAMES
                or (name == "name" and bare == "quote")
                or "yahoo_quoted" in bare
                or "gmail_quote" in bare
            ):
                return _QUOTED
            if bare in _START_NAMES or bare.startswith("aolmsgpart"):
                mark = _START
            elif bare in _SIGNATURE_NAMES:
                mark = _SIGNATURE
    return mark or (_MAYBE if element.tag == "blockquote" else "")


def split(root: Element, *, forwarded: bool) -> tuple[str, str]:
    """Return the HTML of the visible and of the folded half ("" where there is nothing to fold). Linear."""
    slots, lines, hints = _read_lines(root)
    flags = fold_lines(lines, hints, forwarded=forwarded)
    for element in root.iter():
        drop(element, MARK)
    if not any(flags):
        return serialise(root), ""
    visible, folded = copy.deepcopy(root), root
    _keep(visible, [slot.line for slot in slots], [not flag for flag in flags])
    _keep(folded, [slot.line for slot in slots], flags)
    return serialise(visible), serialise(folded)


def _walk(root: Element) -> Iterator[tuple[str, Element]]:
    """Yield every place in document order: ("text", e) inside its start, ("self", e), ("end", e) and ("tail", e)."""
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            yield "self", element
            yield "text", element
        else:
            yield "end", element
            if element is not root:
                yield "tail", element


def _read_lines(root: Element) -> tuple[list[_Slot], list[str], list[Hint]]:
    slots: list[_Slot] = []
    pieces: list[list[str]] = [[]]
    hints: list[Hint] = [Hint.NONE]
    inside: list[str] = []  # marks of the open elements

    def begin_line() -> None:
        if pieces[-1]:
            pieces.append([])
            hints.append(Hint.NONE)

    regions: list[tuple[str, int, int]] = []  # mark, first line, line after the last
    starts: list[int] = []
    for place, element in _walk(root):
        tag = str(element.tag)
        if place in {"self", "end"} and tag in BLOCK_TAGS and tag not in _ASIDE_TAGS:
            begin_line()
        if place == "self":
            mark = element.get(MARK, "")
            if mark:
                begin_line()
                inside.append(mark)
                starts.append(len(pieces) - 1)
            if tag in _VISIBLE_VOID:
                pieces[-1].append("-" * 20 if tag == "hr" else "\ufffc")
                slots.append(_Slot(element, "self", len(pieces) - 1))
            elif tag == "br":
                slots.append(_Slot(element, "self", len(pieces) - 1))
                pieces[-1].append("")
                begin_line()
        elif place == "end":
            if element.get(MARK):
                begin_line()
                regions.append((inside.pop(), starts.pop(), len(pieces) - 1))
        else:
            text = (element.text if place == "text" else element.tail) or ""
            slots.append(_Slot(element, place, len(pieces) - 1))
            if text.strip():
                pieces[-1].append(text)
    lines = [" ".join("".join(line).split()) for line in pieces]
    _apply_regions(lines, hints, regions)
    return slots, lines, hints


def _apply_regions(lines: list[str], hints: list[Hint], regions: list[tuple[str, int, int]]) -> None:
    """Turn marked elements into hints on their lines; outer elements come last and win, quotes over signatures."""
    for mark, start, stop in sorted(regions, key=lambda region: region[2] - region[1]):
        filled = [index for index in range(start, min(stop, len(lines))) if lines[index]]
        if not filled:
            if mark == _START and start < len(lines):
                hints[start] = Hint.QUOTE_START
            continue
        if mark == _START:
            hints[filled[0]] = Hint.QUOTE_START
        elif mark == _SIGNATURE:
            for index in filled:
                hints[index] = Hint.SIGNATURE
        elif any(is_forward_mark(lines[index]) for index in filled[:2]):
            for index in filled:
                hints[index] = Hint.NONE
        elif mark == _QUOTED or _is_introduced(lines, filled[0]):
            for index in filled:
                hints[index] = Hint.QUOTED


def _is_introduced(lines: list[str], index: int) -> bool:
    """Whether an attribution stands right above a line."""
    above = [line for line in lines[max(0, index - 3) : index] if line]
    return any(is_attribution(" ".join(above[-count:]), quote_follows=True) for count in (1, 2) if len(above) >= count)


def _keep(root: Element, slot_lines: list[int], wanted: list[bool]) -> None:
    """Remove the content of all other lines from a tree, and then whatever holds nothing any more."""
    number = 0
    doomed: list[Element] = []
    emptied: set[Element] = set()
    for place, element in _walk(root):
        tag = str(element.tag)
        if place == "end" or (place == "self" and tag not in _VISIBLE_VOID and tag != "br"):
            continue
        keep = wanted[slot_lines[number]] if slot_lines[number] < len(wanted) else True
        number += 1
        if keep:
            continue
        if place == "self":
            doomed.append(element)
        elif place == "text":
            if element.text:
                element.text = None
            emptied.add(element)
        elif element.tail:
            element.tail = None
    for element in doomed:
        _cut(element)
    _prune(root, emptied)


def _cut(element: Element) -> None:
    """Remove an element, its following text stays (it has a slot of its own)."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        previous = element.getprevious()
        if previous is not None:
            previous.tail = (previous.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
        element.tail = None
    parent.remove(element)


def _prune(root: Element, emptied: set[Element]) -> None:
    """Drop elements that have lost all they held, from the inside out; cells stay while their row does."""
    for element in reversed(list(root.iter())):
        if element is root or element.tag in {"img", "hr", "br"} or len(element) or (element.text or "").strip():
            continue
        if element.tag in {"td", "th"}:
            row = element.getparent()
            if row is not None and any(_holds_something(cell) for cell in row):
                continue
        elif element not in emptied and element.tag not in {"tr", "tbody", "table", "thead", "tfoot"}:
            continue
        _cut(element)


def _holds_something(cell: Element) -> bool:
    return bool(len(cell) or (cell.text or "").strip())
