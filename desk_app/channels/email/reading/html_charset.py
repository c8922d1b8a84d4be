"""The charset HTML names itself."""

from __future__ import annotations

import re

_META = re.compile(rb"<meta[^>]{0,300}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9_.:\-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"<\?xml[^>]{0,100}?encoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9_.:\-]{2,40})", re.IGNORECASE)


def html_charset(data: bytes) -> str:
    """Return the charset an HTML text declares in its first 4 kB, "" where it does not."""
    head = data[:4096]
    found = _META.search(head) or _XML.search(head)
    return found.group(1).decode("ascii") if found else ""
