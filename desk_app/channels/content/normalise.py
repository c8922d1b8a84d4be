"""Mail HTML in the words Qt's QTextDocument understands (ui.md 9).

Qt draws tables, fonts and colours well, and knows nothing of boxes around blocks, buttons or quote bars. So boxes
become tables of one cell. Sizes are bounded, and what Qt would choke on (grids of a million cells) is flattened.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from desk_app.channels.content.css import COLOUR_NAMES, pixels
from desk_app.channels.content.folding import MARK, mark_quotes
from desk_app.channels.content.links import host_of, is_deceptive, shown_host
from desk_app.channels.content.tree import (
    Element,
    attributes,
    drop,
    grow,
    move_content,
    remove,
    replace,
    set_style,
    style_of,
    text_of,
)

PANE_PIXELS = 640
"""Width of the mail area that fixed widths are measured against."""

QUOTE_BAR = "#c9cdd6"
MAX_TABLES = 9
"""Tables in tables; Qt's layout time more than doubles with every level (0.1 s at 12, 3 s at 16)."""

_TABLE_TAGS = frozenset({"table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "colgroup", "col"})
_MAX_GRID = 40_000  # cells of one table, empty ones included: Qt keeps a slot for each
_QT_LINE = 1.22  # Qt's own line height in font sizes; CSS counts from 1.0
_BOX_TAGS = frozenset(
    {"div", "p", "center", "section", "article", "header", "footer", "main", "aside", "figure", "nav"}
)
_PLAIN_BLOCKS = frozenset({"section", "article", "header", "footer", "main", "aside", "figure", "nav", "figcaption"})
_QT_UNKNOWN_INLINE = frozenset({"mark", "q", "abbr", "samp", "kbd", "var", "cite", "wbr", "ins", "del", "strike"})
_QT_TAGS = {"ins": "u", "del": "s", "strike": "s", "samp": "code", "kbd": "code", "var": "i", "cite": "i"}
_QT_STYLE = frozenset(
    {
        "color", "background-color", "font-size", "font-weight", "font-style", "font-family", "text-align",
        "text-decoration", "text-transform", "text-indent", "line-height", "vertical-align", "white-space",
        "list-style-type", "border-collapse",
        *(f"{kind}{side}" for kind in ("margin", "padding") for side in ("", "-top", "-right", "-bottom", "-left")),
        *(f"border{side}{what}" for side in ("", "-top", "-right", "-bottom", "-left")
          for what in ("", "-width", "-style", "-color")),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Normalised:
    """A tree for the mail view, still carrying the marks of quotes, and what was learned on the way."""

    root: Element
    own_colours: bool
    deceptive_links: tuple[tuple[str, str], ...]


def normalise(clean: str) -> Normalised:
    """Turn markup from `sanitise.clean` (its pictures resolved) into the subset the mail view draws. Linear."""
    root = grow(clean)
    mark_quotes(root)
    _drop_hidden(root)
    own_colours = _has_backgrounds(root)
    links = _deceptive_links(root)
    for element in list(root.iter()):
        if element is root or element.getparent() is None:
            continue
        _normalise_style(element, own_colours=own_colours)
        _normalise_element(element)
    _limit_tables(root)
    return Normalised(root, own_colours, links)


def _limit_tables(root: Element) -> None:
    """Turn tables nested too deeply into plain blocks."""
    depths = {root: 0}
    for element in root.iter():
        parent = element.getparent()
        depth = depths[parent] if parent is not None and element is not root else 0
        if element.tag == "table":
            depth += 1
        depths[element] = depth
        if depth > MAX_TABLES and element.tag in _TABLE_TAGS:
            element.tag = "div"


def _drop_hidden(root: Element) -> None:
    hidden = [element for element in root.iter() if element is not root and is_hidden(style_of(element))]
    for element in hidden:
        remove(element)


def is_hidden(style: dict[str, str]) -> bool:
    """Whether a style keeps its element out of sight: no display, no size, no opacity (preheaders, mostly)."""
    if not style:
        return False
    if style.get("display") == "none" or style.get("visibility") == "hidden" or style.get("mso-hide") == "all":
        return True
    if style.get("opacity", "1")[:1] == "0" or pixels(style.get("font-size", "")) == 0:
        return True
    clipped = style.get("overflow") == "hidden"
    return clipped and any(pixels(style.get(side, "")) == 0 for side in ("max-height", "height", "max-width", "width"))


def _has_backgrounds(root: Element) -> bool:
    for element in root.iter():
        colour = element.get("bgcolor") or style_of(element).get("background-color", "transparent")
        if colour.lower() != "transparent":
            return True
    return False


def _deceptive_links(root: Element) -> tuple[tuple[str, str], ...]:
    """Find links whose text, or title, names another host than they lead to."""
    found: dict[tuple[str, str], None] = {}
    for link in root.iter("a"):
        target = host_of(link.get("href", ""))
        if not target:
            continue
        for claim in (text_of(link)[:1000], link.get("title", "")):
            shown = shown_host(claim)
            if is_deceptive(shown, target):
                found[shown, target] = None
    return tuple(found)


def _normalise_style(element: Element, *, own_colours: bool) -> None:
    style = style_of(element)
    if element.tag == "font" and (colour := element.get("color")) and not own_colours and _is_grey_end(colour):
        drop(element, "color")
    if not style:
        return
    if not own_colours and _is_grey_end(style.get("color", "")):
        style.pop("color")
    if "line-height" in style:
        height = _line_height(style.pop("line-height"), style.get("font-size", ""))
        if height:
            style["line-height"] = height
    width = style.get("width", "") or style.get("max-width", "")
    if width and element.tag in {"table", "td", "th", "img"} and not element.get("width"):
        _set_width(element, width)
    for name in ("font-size", "text-indent"):
        if name in style:
            style[name] = _in_pixels(style[name])
    for name in [name for name in style if name.startswith(("margin", "padding", "border"))]:
        style[name] = " ".join(_in_pixels(word) for word in style[name].split())
    set_style(element, {name: value for name, value in style.items() if name in _QT_STYLE or name in _KEPT})


_KEPT = frozenset({"display"})  # read by `_normalise_element`, then dropped


def _in_pixels(word: str) -> str:
    """Write an absolute length in whole pixels, which Qt reads everywhere; percentages and words stay."""
    if word.endswith("%") or not word[:1].isdigit():
        return word
    size = pixels(word)
    return word if size is None else f"{max(1, round(size)) if size else 0}px"


def _line_height(value: str, font_size: str) -> str:
    if value.endswith("%"):
        factor = float(value[:-1] or 0) / 100
    elif value.replace(".", "", 1).isdigit():
        factor = float(value)
    else:
        size = pixels(value)
        factor = size / (pixels(font_size) or 15.0) if size else 0.0
    return f"{max(100, min(150, round(factor / _QT_LINE * 100)))}%" if factor else ""


def _is_grey_end(colour: str) -> bool:
    """Whether a text colour is nearly black or white, so that only the mail's own background would justify it."""
    colour = {"black": "#000000", "white": "#ffffff"}.get(colour.lower(), colour.lower())
    if colour.startswith("#") and len(colour) == 4:
        colour = "#" + "".join(digit * 2 for digit in colour[1:])
    if not colour.startswith("#") or len(colour) != 7:
        return colour in {"windowtext", "snow", "ivory", "whitesmoke", "ghostwhite"} and colour in COLOUR_NAMES
    parts = [int(colour[index : index + 2], 16) for index in (1, 3, 5)]
    return (max(parts) <= 0x48 and max(parts) - min(parts) <= 0x20) or min(parts) >= 0xE8


def _set_width(element: Element, value: str) -> None:
    if value.endswith("%"):
        element.set("width", f"{min(100, round(float(value[:-1])))}%")
        return
    size = pixels(value)
    if size is None or size == 0:
        drop(element, "width")
    elif size >= PANE_PIXELS:
        element.set("width", str(PANE_PIXELS) if element.tag == "img" else "100%")
        if element.tag == "img":
            drop(element, "height")
    else:
        element.set("width", str(round(size)))


def _normalise_element(element: Element) -> None:
    tag = str(element.tag)
    if tag in _QT_TAGS or tag in _PLAIN_BLOCKS:
        element.tag = _QT_TAGS.get(tag, "div")
    elif tag in _QT_UNKNOWN_INLINE:
        element.tag = "span"
    style = style_of(element)
    display = style.pop("display", "")
    set_style(element, style)
    if element.get("width") and tag != "hr":
        _set_width(element, element.get("width", ""))
    if tag == "a":
        _normalise_link(element, style, display)
    elif tag == "table":
        _normalise_table(element, style)
    elif tag == "blockquote":
        _quote_cell(element)
    elif tag in _BOX_TAGS and (_background(element, style) or _has_border(style)):
        _box(element, style)
    elif tag == "img":
        _normalise_picture(element, style)


def _background(element: Element, style: dict[str, str]) -> str:
    colour = style.get("background-color") or element.get("bgcolor") or ""
    return "" if colour in {"transparent", "inherit"} else colour


def _has_border(style: dict[str, str]) -> bool:
    return any(
        any(word not in {"none", "hidden", "0", "0px", "initial", "inherit"} for word in value.split())
        and not any(word in {"none", "hidden", "0", "0px"} for word in value.split())
        for name, value in style.items()
        if name in {"border", "border-left", "border-top", "border-right", "border-bottom"}
    )


def _cell_of(table: Element, **attributes: str) -> Element:
    row = table[0] if len(table) else etree.SubElement(table, "tr")
    return etree.SubElement(row, "td", attributes)


def _normalise_link(link: Element, style: dict[str, str], display: str) -> None:
    href = link.get("href", "")
    if not href:
        link.tag = "span"
        return
    if not link.get("title"):
        link.set("title", href[:500])
    background = _background(link, style)
    is_button = background and (display in {"inline-block", "block"} or any(n.startswith("padding") for n in style))
    parent = link.getparent()
    if not is_button or parent is None or link.find(".//table") is not None:
        return
    table = etree.Element("table", cellspacing="0", cellpadding="0")
    if align := (style_of(parent).get("text-align") or parent.get("align", "")):
        table.set("align", align)
    cell = _cell_of(table)
    padding = {name: value for name, value in style.items() if name.startswith("padding")} or {"padding": "8px 16px"}
    set_style(cell, {"background-color": background, **padding})
    replace(link, table)
    kept = {name: value for name, value in style.items() if name in {"color", "font-size", "font-family"}}
    weight = style.get("font-weight", "600")
    set_style(link, {"color": "#ffffff", **kept, "text-decoration": "none", "font-weight": weight})
    cell.append(link)


def _quote_cell(quote: Element) -> None:
    marks = {MARK: quote.get(MARK) or ""} if quote.get(MARK) else {}
    table = etree.Element("table", {"cellspacing": "0", "cellpadding": "0", "width": "100%", **marks})
    bar = _cell_of(table, width="3")
    set_style(bar, {"background-color": QUOTE_BAR})
    cell = _cell_of(table)
    set_style(cell, {"padding-left": "10px"})
    replace(quote, table)
    move_content(quote, cell)


def _box(block: Element, style: dict[str, str]) -> None:
    parent = block.getparent()
    if parent is not None and parent.tag == "tr":
        return
    kept = {MARK, "align", "dir"}
    marks = {name: value for name, value in attributes(block).items() if name in kept}
    table = etree.Element("table", {"cellspacing": "0", "cellpadding": "0", "width": "100%", **marks})
    cell = _cell_of(table)
    if background := _background(block, style):
        style["background-color"] = background
    margins = {name: style.pop(name) for name in list(style) if name.startswith("margin")}
    set_style(table, {name: value for name, value in margins.items() if "auto" not in value})
    if align := block.get("align"):
        cell.set("align", align)
    set_style(cell, style)
    replace(block, table)
    move_content(block, cell)


def _normalise_table(table: Element, style: dict[str, str]) -> None:
    rows = _rows(table)
    if _grid_size(rows) > _MAX_GRID or _is_wrapper(table, style, rows):
        for part in [table, *table, *rows, *(cell for row in rows for cell in row)]:
            if part.tag in _TABLE_TAGS:
                part.tag = "div"
                drop(part, "width")
                drop(part, "height")
        return
    border = table.get("border", "0")
    if border != "0":
        table.set("border", "1")
        table.set("cellspacing", "0")
        set_style(table, {**style, "border-collapse": "collapse", "border-color": "#b8bcc6", "border-style": "solid"})
    elif style.get("border-collapse") == "collapse" and not table.get("cellspacing"):
        table.set("cellspacing", "0")


def _rows(table: Element) -> list[Element]:
    parts = [table, *(part for part in table if part.tag in {"tbody", "thead", "tfoot"})]
    return [row for part in parts for row in part if row.tag == "tr"]


def _is_wrapper(table: Element, style: dict[str, str], rows: list[Element]) -> bool:
    """Whether a table of one cell only holds other things together and shows nothing itself."""
    if len(rows) != 1 or len(rows[0]) != 1 or table.get("border", "0") != "0" or table.get("align", "left") != "left":
        return False
    cell = rows[0][0]
    if cell.tag != "td" or any(_background(part, style_of(part)) for part in (table, rows[0], cell)):
        return False
    width = table.get("width", "100%") == "100%" and cell.get("width", "100%") == "100%"
    names = {*style, *style_of(cell)}
    return width and not any(name.startswith(("border-", "padding", "margin")) or name == "border" for name in names)


def _grid_size(rows: list[Element]) -> int:
    """Count the slots of a table's grid: rows times the widest row, spans included."""
    widest = height = 0
    for row in rows:
        cells = [cell for cell in row if cell.tag in {"td", "th"}]
        widest = max(widest, sum(int(cell.get("colspan") or 1) for cell in cells))
        height = max(height + 1, height + max((int(cell.get("rowspan") or 1) for cell in cells), default=1))
    return widest * height


def _normalise_picture(picture: Element, style: dict[str, str]) -> None:
    for side in ("width", "height"):
        if not picture.get(side) and (size := pixels(style.get(side, ""))):
            picture.set(side, str(round(size)))
    if picture.get("width", "").endswith("%"):
        drop(picture, "width")
    if picture.get("height", "").endswith("%"):
        drop(picture, "height")
