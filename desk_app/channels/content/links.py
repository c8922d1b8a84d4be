"""Where links really lead."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from desk_app.channels.content.markup import without_controls

LINK_SCHEMES = ("http", "https", "mailto", "tel", "desk-ticket")
"""What may stand behind a link. "desk-ticket:<id>" leads to a ticket of this desk; the window follows it in notes."""

_UNSEEN = re.compile(r"[\t\n\r\f\v\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_WHITE = re.compile(r"[\s\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,20}):", re.IGNORECASE)
_WEB = re.compile(r"(https?):[/\\]*([^/\\?#\s][^\s]*)", re.IGNORECASE)
_BARE_HOST = re.compile(r"www\.[a-z0-9-]+\.[^\s\\]+", re.IGNORECASE)
_SHOWN_ADDRESS = re.compile(
    r"(?:https?://)?((?:[a-z0-9\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff-]{0,62})\.){1,8}[a-z\u00a1-\uffff]{2,24})"
    r"(?::\d{1,5})?(?:[/?#][^\s]*)?",
    re.IGNORECASE,
)
_FILE_ENDINGS = frozenset(
    {
        "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "txt", "csv", "zip", "rar",
        "png", "jpg", "jpeg", "gif", "html", "htm", "php", "js", "py", "exe", "eml", "ics", "xml",
    }
)  # fmt: skip
_MAX_LINK = 4_000


def clean_link(address: str, schemes: tuple[str, ...] = LINK_SCHEMES) -> str:
    """Return an address that may be opened after a click, "" for any other. Idempotent.

    Control characters and white space are taken out before the scheme is judged, the way browsers do. Paths, UNC names
    ("\\\\host\\share"), `file:`, `javascript:`, `data:` and the like are refused (mail.md 5).
    """
    bare = _WHITE.sub("%20", _UNSEEN.sub("", without_controls(address)).strip())
    if len(bare) > _MAX_LINK:
        return ""
    scheme = _SCHEME.match(bare)
    if scheme is None:
        return "http://" + bare if _BARE_HOST.fullmatch(bare) and "http" in schemes else ""
    name = scheme.group(1).lower()
    if name not in schemes:
        return ""
    if name in {"mailto", "tel"}:
        rest = bare[scheme.end() :]
        return f"{name}:{rest.replace('%20', '') if name == 'tel' else rest}"
    if name == "desk-ticket":
        number = bare[scheme.end() :]
        return f"{name}:{number}" if number.isascii() and number.isdigit() else ""
    web = _WEB.fullmatch(bare)
    return f"{name}://{web.group(2)}" if web else ""


def host_of(address: str) -> str:
    """Return the host of a web address, lower-case and decoded ("" where there is none); for mailto the mail domain."""
    try:
        if address.lower().startswith("mailto:"):
            return address[7:].split("?", 1)[0].rpartition("@")[2].lower()
        host = urlsplit(address).hostname or ""
    except ValueError:
        return ""
    return readable_host(host)


def readable_host(host: str) -> str:
    """Return a host name in letters rather than in xn-- form, where that is possible."""
    host = host.rstrip(".").lower()
    if "xn--" not in host:
        return host
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


def shown_host(text: str) -> str:
    """Return the host that a link's text claims to lead to, "" where the text is no address."""
    bare = _WHITE.sub(" ", without_controls(text)).strip().strip("<>()[]\"'.,;:!")
    if " " in bare or len(bare) > 500 or "@" in bare.split("/", 1)[0]:
        return ""
    match = _SHOWN_ADDRESS.fullmatch(bare)
    if match is None:
        return ""
    host = match.group(1).lower()
    is_file = "/" not in bare and not host.startswith("www.") and host.rpartition(".")[2] in _FILE_ENDINGS
    return "" if is_file else readable_host(host)


def is_deceptive(shown: str, true: str) -> bool:
    """Whether a reader who trusts the shown host would land somewhere else; subdomains of the same host are fine."""
    if not shown or not true:
        return False
    a, b = shown.removeprefix("www."), true.removeprefix("www.")
    return a != b and not a.endswith("." + b) and not b.endswith("." + a)
