"""Which attachment a picture in a mail's HTML stands for.

The content pipeline names pictures of the same mail as `cid:<content id>`, or `cid:part.<path>` for parts that have no
Content-ID (RFC 2392; RFC 2557 for those the HTML names by Content-Location). A mail view asks here which bytes to show.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol, TypeVar

IMAGE_TYPES = frozenset({"image/png", "image/gif", "image/jpeg", "image/jpg", "image/pjpeg", "image/webp", "image/bmp"})
"""Picture formats that are shown in place. SVG is not one: it may hold scripts and references."""

_REFERENCE = re.compile(r'src="cid:([^"]*)"')


class InlinePart(Protocol):
    """What must be known of an attachment; `ParsedAttachment` and stored attachments both fit."""

    @property
    def part(self) -> str:
        """Path in the MIME tree ("1.2")."""

    @property
    def content_type(self) -> str:
        """Media type, lower-case."""

    @property
    def content_id(self) -> str:
        """Content-ID without angle brackets, or ""."""


PartT = TypeVar("PartT", bound=InlinePart)


def reference_to(part: InlinePart) -> str:
    """Return the address under which prepared HTML shows this picture."""
    return "cid:" + (part.content_id or f"part.{part.part}")


def picture_for(reference: str, parts: Iterable[PartT]) -> PartT | None:
    """Return the part a `cid:` address of prepared HTML stands for; None unless it is a picture of this mail."""
    for part in parts:
        if part.content_type.lower() in IMAGE_TYPES and reference_to(part) == reference:
            return part
    return None


def pictures_below(html: str, parts: Iterable[PartT]) -> tuple[PartT, ...]:
    """Return the pictures that prepared HTML does not show itself: the view puts them below it (IN-24)."""
    shown = {"cid:" + name.replace("&amp;", "&") for name in _REFERENCE.findall(html)}
    return tuple(part for part in parts if part.content_type.lower() in IMAGE_TYPES and reference_to(part) not in shown)
