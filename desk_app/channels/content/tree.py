"""Clean markup as a tree of bounded depth, and back."""

from __future__ import annotations

from lxml import etree

from desk_app.channels.content.css import declarations, written
from desk_app.channels.content.markup import VOID_TAGS, attributes_of, scan

MAX_DEPTH = 120
"""Elements nested deeper lose their own tags, never their content: neither lxml nor Qt meets deeper trees."""
Element = etree._Element  # noqa: SLF001 -- lxml publishes the type under no other name


def grow(clean: str) -> Element:
    """Build a tree from markup that nh3 has written, under one `div`. Linear, whatever the nesting."""
    root = etree.Element("div")
    open_elements: list[Element] = [root]
    tags: list[str | None] = []  # what each open tag became: its own element's tag, or None where it was left out
    for token in scan(clean):
        tag = token.tag
        if not tag:
            append_text(open_elements[-1], token.text)
        elif token.closing:
            became = tags.pop() if tags else None
            if became is not None:
                open_elements.pop()
        elif tag in VOID_TAGS:
            if len(open_elements) <= MAX_DEPTH:
                etree.SubElement(open_elements[-1], tag, attributes_of(token.attributes))
            elif tag in {"br", "hr"}:
                etree.SubElement(open_elements[-1], "br")
        else:
            became = tag if len(open_elements) < MAX_DEPTH else None
            tags.append(became)
            if became is not None:
                open_elements.append(etree.SubElement(open_elements[-1], became, attributes_of(token.attributes)))
    return root


def append_text(element: Element, text: str) -> None:
    """Add text after everything an element holds."""
    last = next(element.iterchildren(reversed=True), None)  # lxml counts all children for len() and [-1]
    if last is not None:
        last.tail = (last.tail or "") + text
    else:
        element.text = (element.text or "") + text


def serialise(root: Element) -> str:
    """Write what an element holds (not itself) as HTML."""
    markup = etree.tostring(root, encoding="unicode", method="html", with_tail=False)
    return markup[markup.index(">") + 1 : markup.rindex("<")]


def style_of(element: Element) -> dict[str, str]:
    """Return the style declarations of an element."""
    return declarations(element.get("style", ""))


def attributes(element: Element) -> dict[str, str]:
    """Return the attributes of an element."""
    return {str(name): str(value) for name, value in element.attrib.items()}


def drop(element: Element, name: str) -> None:
    """Remove an attribute, where it is there."""
    if name in element.attrib:
        del element.attrib[name]


def text_of(element: Element) -> str:
    """Return all text inside an element."""
    return "".join(str(piece) for piece in element.itertext())


def set_style(element: Element, style: dict[str, str]) -> None:
    """Replace the style declarations of an element."""
    if style:
        element.set("style", written(style))
    else:
        drop(element, "style")


def remove(element: Element) -> None:
    """Take an element and what it holds out of the tree, leaving the text that follows it."""
    parent = element.getparent()
    if parent is None:
        return
    tail, element.tail = element.tail, None
    previous = element.getprevious()
    parent.remove(element)
    if tail:
        if previous is not None:
            previous.tail = (previous.tail or "") + tail
        else:
            parent.text = (parent.text or "") + tail


def move_content(source: Element, target: Element) -> None:
    """Move everything `source` holds to the end of the empty element `target`."""
    target.text, source.text = source.text, None
    target.extend(list(source))


def replace(element: Element, other: Element) -> None:
    """Put another element in the place of one, keeping the text that follows."""
    parent = element.getparent()
    if parent is None:
        return
    other.tail, element.tail = element.tail, None
    parent.replace(element, other)
