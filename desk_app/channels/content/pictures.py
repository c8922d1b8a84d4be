"""What becomes of the pictures of a mail: its own parts are shown, remote ones wait for a click, trackers go."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from desk_app.channels.content.css import declarations, pixels
from desk_app.channels.content.markup import attributes_of, escape
from desk_app.domain.messages.inline_images import IMAGE_TYPES, reference_to
from desk_app.domain.messages.model import ParsedAttachment

_PICTURE = re.compile(r'<img((?: [^\s=<>"]+="[^"]*")*)>')
_MAX_REMOTE = 2_000


@dataclass(slots=True)
class Pictures:
    """Rewrites the pictures of clean markup; "remote:<n>" stands for the n-th address in `remote`."""

    attachments: Sequence[ParsedAttachment]
    remote: list[str] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)
    _parts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for part in self.attachments:
            if part.content_type.lower() not in IMAGE_TYPES:
                continue
            reference = reference_to(part)
            for name in (reference, _location_key(part.content_location), _location_key(part.filename)):
                if name:
                    self._parts.setdefault(name.casefold(), reference)

    def rewrite(self, clean: str) -> str:
        """Return the markup with every picture resolved, made harmless, or replaced by its alternative text."""
        return _PICTURE.sub(self._rewrite_one, clean)

    def _rewrite_one(self, match: re.Match[str]) -> str:
        attributes = attributes_of(match.group(1))
        source = attributes.pop("src", "")
        if is_invisible(attributes, remote=not source.startswith(("cid:", "data:", "part:"))):
            return ""
        shown = self._resolve(source)
        if not shown:
            return escape(attributes.get("alt", "").strip())
        rest = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
        return f'<img src="{escape(shown)}"{rest}>'

    def _resolve(self, source: str) -> str:
        if source.startswith(("data:", "remote:")):
            return source
        if source.startswith(("http://", "https://")):
            part = self._parts.get(_location_key(source).casefold())
            return part or self._remember(source)
        name = source if source.startswith("cid:") else _location_key(source.removeprefix("part:"))
        return self._parts.get(name.casefold()) or self._parts.get(unquote(name).casefold(), "")

    def _remember(self, address: str) -> str:
        number = self._numbers.get(address)
        if number is None:
            if len(self.remote) >= _MAX_REMOTE:
                return ""
            number = self._numbers[address] = len(self.remote)
            self.remote.append(address)
        return f"remote:{number}"


def _location_key(location: str) -> str:
    return "location:" + location.strip() if location.strip() else ""


def is_invisible(attributes: dict[str, str], *, remote: bool) -> bool:
    """Whether a picture has no size worth looking at; a remote one of one pixel in either direction is a tracker."""
    style = declarations(attributes.get("style", ""))
    if style.get("display") == "none" or style.get("visibility") == "hidden" or style.get("opacity", "1")[:1] == "0":
        return True
    sizes = []
    for side in ("width", "height"):
        size = pixels(style.get(side, "")) if side in style else None
        sizes.append(pixels(attributes.get(side, "")) if size is None else size)
    sizes += [pixels(style.get(f"max-{side}", "")) for side in ("width", "height")]
    known = [size for size in sizes if size is not None]
    if any(size == 0 for size in known):
        return True
    if remote:
        return any(size <= 1.5 for size in known)
    return len(known) > 1 and all(size <= 1.5 for size in known)
