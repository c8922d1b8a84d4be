"""The part of CSS a mail may use: declarations are taken apart, judged one by one, and written anew.

Nothing is passed through. A value is kept only when each of its words is a plain number with a unit, a colour, a key
word or a font name, so `url()`, `expression()`, escapes, comments and whatever CSS will invent next cannot get by
(mail.md 5).
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator
from functools import lru_cache

_COLOUR_NAMES = """
    aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown
    burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan
    darkgoldenrod darkgray darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred
    darksalmon darkseagreen darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink
    deepskyblue dimgray dimgrey dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold
    goldenrod gray green greenyellow grey honeydew hotpink indianred indigo ivory khaki lavender lavenderblush
    lawngreen lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow lightgray lightgreen lightgrey
    lightpink lightsalmon lightseagreen lightskyblue lightslategray lightslategrey lightsteelblue lightyellow
    lime limegreen linen magenta maroon mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen
    mediumslateblue mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin
    navajowhite navy oldlace olive olivedrab orange orangered orchid palegoldenrod palegreen paleturquoise
    palevioletred papayawhip peachpuff peru pink plum powderblue purple red rosybrown royalblue saddlebrown
    salmon sandybrown seagreen seashell sienna silver skyblue slateblue slategray slategrey snow springgreen
    steelblue tan teal thistle tomato transparent turquoise violet wheat white whitesmoke yellow yellowgreen
"""
COLOUR_NAMES = frozenset(_COLOUR_NAMES.split())
"""The colours CSS names, and transparent."""

PIXELS_PER = {
    "px": 1.0,
    "pt": 4 / 3,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
    "in": 96.0,
    "cm": 37.8,
    "mm": 3.78,
    "pc": 16.0,
}

_MAX_FONT_PIXELS = 100.0
_MAX_SPACE_PIXELS = 200.0
MAX_WIDTH_PIXELS = 2000.0
_MAX_HEIGHT_PIXELS = 3000.0

_SIDES = ("top", "right", "bottom", "left")
_COLOUR_PROPERTIES = frozenset(
    {"color", "background-color", "background", "border-color", *(f"border-{side}-color" for side in _SIDES)}
)
_LENGTH_LIMITS: dict[str, float] = {
    "font-size": _MAX_FONT_PIXELS,
    "line-height": _MAX_FONT_PIXELS * 2,
    "text-indent": _MAX_SPACE_PIXELS,
    "border-spacing": _MAX_SPACE_PIXELS,
    "border-radius": _MAX_SPACE_PIXELS,
    "width": MAX_WIDTH_PIXELS,
    "max-width": MAX_WIDTH_PIXELS,
    "min-width": MAX_WIDTH_PIXELS,
    "height": _MAX_HEIGHT_PIXELS,
    "max-height": _MAX_HEIGHT_PIXELS,
    **{
        f"{kind}{side}": _MAX_SPACE_PIXELS
        for kind in ("margin", "padding")
        for side in ("", *(f"-{s}" for s in _SIDES))
    },
}
_BORDER_PROPERTIES = frozenset(
    {
        *(f"border{side}{what}" for side in ("", *(f"-{s}" for s in _SIDES)) for what in ("", "-width", "-style")),
    }
)
_KEYWORDS: dict[str, frozenset[str]] = {
    "display": frozenset(
        {"none", "block", "inline", "inline-block", "table", "table-cell", "table-row", "list-item", "inline-table"}
    ),
    "visibility": frozenset({"hidden", "visible", "collapse"}),
    "overflow": frozenset({"hidden", "visible", "auto"}),
    "mso-hide": frozenset({"all"}),
    "font-style": frozenset({"normal", "italic", "oblique"}),
    "font-weight": frozenset({"normal", "bold", "bolder", "lighter", *(str(n) for n in range(100, 1000, 100))}),
    "text-align": frozenset({"left", "right", "center", "justify", "start", "end"}),
    "text-decoration": frozenset({"none", "underline", "line-through", "overline"}),
    "text-transform": frozenset({"none", "uppercase", "lowercase", "capitalize"}),
    "vertical-align": frozenset({"top", "middle", "bottom", "baseline", "sub", "super", "text-top", "text-bottom"}),
    "white-space": frozenset({"normal", "pre", "pre-wrap", "pre-line", "nowrap"}),
    "direction": frozenset({"ltr", "rtl"}),
    "border-collapse": frozenset({"collapse", "separate"}),
    "list-style-type": frozenset(
        {"disc", "circle", "square", "decimal", "lower-alpha", "upper-alpha", "lower-roman", "upper-roman", "none"}
    ),
    "opacity": frozenset({"0", "0.0", "1"}),
}
PROPERTIES = frozenset({*_COLOUR_PROPERTIES, *_LENGTH_LIMITS, *_BORDER_PROPERTIES, *_KEYWORDS, "font-family"})
"""Every property a mail may set. None of them can leave the mail area or load anything."""

_LENGTH = re.compile(r"(\d{0,7}(?:\.\d{0,6})?)(px|pt|em|rem|ex|in|cm|mm|pc|%)?")
_HEX_COLOUR = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_COLOUR_FUNCTION = re.compile(r"(rgb|hsl)a?\(\s*([\d.]{1,9}%?(?:\s*[,/\s]\s*[\d.]{1,9}%?){2,3})\s*\)")
_WORD = re.compile(r"[a-z][a-z-]{0,30}")
_FONT_FAMILY = re.compile(r"[\w\s,.+&-]{1,300}")
_FONT_SIZES = frozenset({"xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large", "smaller", "larger"})
_LENGTH_WORDS = frozenset({"auto", "normal", "inherit", "initial", "none", "thin", "medium", "thick", *_FONT_SIZES})
_BORDER_STYLES = frozenset(
    {"none", "hidden", "solid", "dashed", "dotted", "double", "groove", "ridge", "inset", "outset", "windowtext"}
)
_SAME_AS = {"background": "background-color"}
_MAX_STYLE_CHARS = 8_000


def pixels(length: str) -> float | None:
    """Return a CSS length in pixels; None for a percentage and for what is no length."""
    match = _LENGTH.fullmatch(length.strip().lower())
    if match is None or match.group(1) in {"", "."} or match.group(2) == "%":
        return None
    return float(match.group(1)) * PIXELS_PER[match.group(2) or "px"]


def colours_in(value: str) -> list[str]:
    """Return every colour a lower-case value holds, as `#rrggbb`, a name, or "transparent"."""
    found = [_hex(match.group(1), match.group(2)) for match in _COLOUR_FUNCTION.finditer(value)]
    for word in _COLOUR_FUNCTION.sub(" ", value).split():
        if word in COLOUR_NAMES:
            found.append(word)
        elif _HEX_COLOUR.fullmatch(word):
            digits = word[1:] if len(word) > 5 else "".join(digit * 2 for digit in word[1:])
            found.append("transparent" if digits[6:] == "00" else "#" + digits[:6])
    return [colour for colour in found if colour]


def _hex(space: str, arguments: str) -> str:
    numbers = [(float(n[:-1]) / 100 if n[-1] == "%" else None, n) for n in re.split(r"\s*[,/\s]\s*", arguments)]
    try:
        if len(numbers) == 4 and (numbers[3][0] if numbers[3][0] is not None else float(numbers[3][1])) == 0:
            return "transparent"
        if space == "hsl":
            hue = float(numbers[0][1].rstrip("%")) % 360 / 360
            parts = colorsys.hls_to_rgb(hue, min(1.0, numbers[2][0] or 0.0), min(1.0, numbers[1][0] or 0.0))
        else:
            parts = tuple(share if share is not None else float(n) / 255 for share, n in numbers[:3])  # type: ignore[assignment]
    except ValueError:
        return ""
    return "#" + "".join(f"{round(min(1.0, part) * 255):02x}" for part in parts)


def declarations(style: str) -> dict[str, str]:
    """Take apart a style that `clean_style` has written."""
    pairs = (part.split(":", 1) for part in style.split(";") if ":" in part)
    return dict(pairs)


def written(style: dict[str, str]) -> str:
    """Write declarations the way `clean_style` does."""
    return ";".join(f"{name}:{value}" for name, value in style.items())


def clean_style(style: str) -> str:
    """Return the allowed part of a style attribute in canonical form ("" where nothing is left). Idempotent."""
    return _clean_style(style) if len(style) < 400 else _clean_style.__wrapped__(style[:_MAX_STYLE_CHARS])


@lru_cache(maxsize=4096)
def _clean_style(style: str) -> str:
    kept: dict[str, str] = {}
    for part in style.split(";"):
        name, colon, value = part.partition(":")
        name = name.strip().lower()
        if not colon:
            continue
        for single, single_value in _font(value) if name == "font" else ((name, value),):
            clean = _clean_value(single, single_value) if single in PROPERTIES else ""
            if clean:
                single = _SAME_AS.get(single, single)  # noqa: PLW2901 -- the name it is kept under
                kept.pop(single, None)  # the last one counts, at its own place among the others
                kept[single] = clean
    return written(kept)


def _font(value: str) -> Iterator[tuple[str, str]]:
    """Take the `font` shorthand apart ("italic bold 12px/1.5 Arial, sans-serif")."""
    words = value.split()
    for index, word in enumerate(words):
        lowered = word.lower()
        if lowered in _KEYWORDS["font-weight"] - {"normal"}:
            yield "font-weight", lowered
        elif lowered in _KEYWORDS["font-style"] - {"normal"}:
            yield "font-style", lowered
        elif lowered[0].isdigit() or lowered in _FONT_SIZES:
            size, slash, height = lowered.partition("/")
            yield "font-size", size
            if slash:
                yield "line-height", height
            yield "font-family", " ".join(words[index + 1 :])
            return


def _clean_value(name: str, value: str) -> str:
    value = " ".join(value.split())
    if name == "font-family":
        bare = value.replace('"', "").replace("'", "").strip()
        return bare if _FONT_FAMILY.fullmatch(bare) else ""
    value = value.lower().replace("!important", "").strip()
    if len(value) > 200:
        return ""
    if name in _KEYWORDS:
        words = value.split()
        kept = [word for word in words if word in _KEYWORDS[name]]
        return kept[0] if kept else (value if name == "vertical-align" and _is_length(value, _MAX_SPACE_PIXELS) else "")
    if name in _COLOUR_PROPERTIES:
        return (colours_in(value) or [""])[0]
    if name in _LENGTH_LIMITS:
        limit = _LENGTH_LIMITS[name]
        return value if all(_is_length(word, limit) or word in _LENGTH_WORDS for word in value.split()[:4]) else ""
    return _clean_border(value)


def _is_length(word: str, limit: float) -> bool:
    match = _LENGTH.fullmatch(word)
    if match is None or match.group(1) in {"", "."}:
        return False
    if match.group(2) == "%":
        return float(match.group(1)) <= 400
    return float(match.group(1)) * PIXELS_PER[match.group(2) or "px"] <= limit


def _clean_border(value: str) -> str:
    colour = colours_in(value)[:1]
    words = [
        word
        for word in _COLOUR_FUNCTION.sub(" ", value).split()
        if word in _BORDER_STYLES or word in _LENGTH_WORDS or _is_length(word, _MAX_SPACE_PIXELS)
    ]
    return " ".join([*words[:4], *colour])
