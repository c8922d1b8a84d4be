"""Which attachment a picture in a mail's HTML stands for.

The content pipeline names pictures of the same mail as `cid:<content id>`, or `cid:part.<path>` for parts that have no
Content-ID (RFC 2392; RFC 2557 for those the HTML names by Content-Location). A mail view asks here which bytes to show.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

IMAGE_TYPES = frozenset({"image/png", "image/gif", "image/jpeg", "image/jpg", "image/pjpeg", "image/webp", "image/bmp"})
"""Picture formats that are shown in place. SVG is not one: it may hold scripts and references."""

BELOW_AT_MOST = 12
"""Pictures without a place in the text that are shown below it; more are files only."""

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

    @property
    def inline(self) -> bool:
        """Whether it was sent to be shown in place."""


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
    """Return the pictures that were sent to be seen in place but that prepared HTML does not show: every view puts them
    below it (IN-24). Of a mail with very many of them, the first ones."""
    loose = [part for part in _pictures(parts) if part.inline and reference_to(part) not in _shown(html)]
    return tuple(loose[:BELOW_AT_MOST])


def pictures_in_place(html: str, parts: Sequence[PartT]) -> tuple[PartT, ...]:
    """Return the pictures that a view of prepared HTML shows: those in the text, then those below it. Every other part
    is a file beside it."""
    named = _shown(html)
    return (*(part for part in _pictures(parts) if reference_to(part) in named), *pictures_below(html, parts))


def _pictures(parts: Iterable[PartT]) -> list[PartT]:
    return [part for part in parts if part.content_type.lower() in IMAGE_TYPES]


def _shown(html: str) -> frozenset[str]:
    return frozenset("cid:" + name.replace("&amp;", "&") for name in _REFERENCE.findall(html))
