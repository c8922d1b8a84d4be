"""Links to the shop or the CRM, filled in with who the customer is (CU-14)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")
PLACEHOLDERS = ("email", "name", "phone", "organization", "domain", "contact_id", "ticket_number")
"""What every link may contain; the desk's own fields come as "field.<key>"."""


@dataclass(frozen=True, slots=True)
class LinkTemplate:
    """A link of the customer card: what it is called, and its address with placeholders in braces."""

    title: str
    url: str


def check(template: LinkTemplate, field_keys: frozenset[str] = frozenset()) -> None:
    """Raise ValueError with what is wrong about a link: only web addresses, only known placeholders, and none where
    they could change the host."""
    if not template.title.strip():
        raise ValueError("Give the link a name.")
    try:
        parts = urlsplit(template.url.strip())
        port = parts.port
    except ValueError as error:
        raise ValueError("That is no web address.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ValueError("A link begins with https:// or http:// and a host.")
    if "{" in parts.netloc or "}" in parts.netloc:
        raise ValueError("The host of a link is fixed; placeholders come after it.")
    if any(ord(one) <= 32 for one in template.url.strip()):
        raise ValueError("A link contains no spaces.")
    for name in _PLACEHOLDER.findall(template.url):
        if name not in PLACEHOLDERS and name.removeprefix("field.") not in field_keys:
            raise ValueError(f"There is no placeholder {{{name}}}.")


def expand(template: LinkTemplate, values: Mapping[str, str]) -> str:
    """Return the address with percent-encoded values; placeholders without a value become empty."""
    return _PLACEHOLDER.sub(lambda match: quote(values.get(match[1], ""), safe=""), template.url.strip())


def missing(template: LinkTemplate, values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the placeholders of a link that have no value, so that no half link is offered."""
    return tuple(name for name in dict.fromkeys(_PLACEHOLDER.findall(template.url)) if not values.get(name))
