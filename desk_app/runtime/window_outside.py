"""What the window needs of the world: images of the internet when somebody asks."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import requests

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
MAX_IMAGES, MAX_IMAGE_BYTES, MAX_ALL_BYTES, MAX_REDIRECTS = 60, 5 * 1024 * 1024, 20 * 1024 * 1024, 4
_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/x-icon", "image/vnd.microsoft.icon")


def fetch_images(addresses: Sequence[str]) -> Mapping[int, bytes]:
    """Fetch images of one message after an agent asked for them (ui.md 9): no cookies, no referrer, type and size
    limits, and never an address of this computer or its private network (features.md SE-10)."""
    found: dict[int, bytes] = {}
    left = MAX_ALL_BYTES
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update({"User-Agent": "Mozilla/5.0", "Accept": "image/*", "Accept-Encoding": "identity"})
        for place, address in enumerate(addresses[:MAX_IMAGES]):
            content = _fetch(session, address, min(MAX_IMAGE_BYTES, left))
            if content:
                found[place] = content
                left -= len(content)
    return found


def _fetch(session: requests.Session, address: str, limit: int) -> bytes:
    try:
        for _ in range(MAX_REDIRECTS):
            if limit <= 0 or not is_public(address):
                return b""
            session.cookies.clear()
            with session.get(
                address, timeout=(CONNECT_SECONDS, READ_SECONDS), stream=True, allow_redirects=False
            ) as answer:
                if answer.is_redirect:
                    address = requests.compat.urljoin(address, answer.headers["Location"])
                    continue
                kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                if answer.status_code != 200 or kind not in _TYPES:
                    return b""
                content = b""
                for piece in answer.iter_content(65536):
                    content += piece
                    if len(content) > limit:
                        return b""
                return content
    except (requests.RequestException, ValueError, OSError):
        return b""
    return b""


def is_public(address: str) -> bool:
    """Return whether a web address leads to the internet and not into the house; False where it does not resolve."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return False
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        resolved = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError, UnicodeError):
        return False
    return all(ipaddress.ip_address(one[4][0]).is_global for one in resolved) and bool(resolved)
