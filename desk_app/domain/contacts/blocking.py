"""Whose mail is held back (CU-09)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from desk_app.domain.contacts.domains import clean_domain, domain_of, is_public, with_parents


class BlockKind(StrEnum):
    """What a block names."""

    ADDRESS = "address"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class SenderBlock:
    """Mail from here waits in quarantine until it expires."""

    kind: BlockKind
    value: str
    reason: str = ""
    actor_name: str = ""
    created_at: datetime | None = None
    id: int = 0


BlockKey = tuple[BlockKind, str]


def keys_of(address: str) -> list[BlockKey]:
    """Return what a block of this sender may name, the narrowest first."""
    wanted, domain = address.strip().lower(), domain_of(address)
    if not domain:
        return [(BlockKind.ADDRESS, wanted)] if wanted else []
    return [(BlockKind.ADDRESS, wanted), *((BlockKind.DOMAIN, one) for one in with_parents(domain))]


def block_of(addresses: Iterable[str], blocks: Mapping[BlockKey, SenderBlock]) -> SenderBlock | None:
    """Return the block that holds mail of these senders back, None where there is none."""
    return next((blocks[key] for address in addresses for key in keys_of(address) if key in blocks), None)


def read_block(text: str, own_addresses: Iterable[str] = ()) -> tuple[BlockKind, str]:
    """Return what typed text blocks: an address, or a whole domain. Raises ValueError with what is wrong."""
    wanted = text.strip().lower()
    own = {address.lower() for address in own_addresses}
    if "@" in wanted.lstrip("@"):
        local, _, domain = wanted.rpartition("@")
        if not local or any(one.isspace() for one in wanted):
            raise ValueError("That is no e-mail address.")
        address = f"{local}@{clean_domain(domain)}"
        if address in own:
            raise ValueError("That is one of the desk's own addresses.")
        return BlockKind.ADDRESS, address
    domain = clean_domain(wanted)
    if is_public(domain):
        raise ValueError(f"{domain} is a public mail provider: block single addresses of it instead.")
    if any(domain in with_parents(domain_of(address)) for address in own):
        raise ValueError("That is the domain of one of the desk's own addresses.")
    return BlockKind.DOMAIN, domain
