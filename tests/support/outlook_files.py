"""Writes Outlook's own mail files, as far as tests need them: compound files (MS-CFB) of mails (MS-OXMSG)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

Tree = Mapping[str, "bytes | Tree"]
_FREE, _END, _NOBODY, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_SECTOR, _MINI, _SMALL = 512, 64, 4096


@dataclass
class _Node:
    name: str
    kind: int
    content: bytes = b""
    children: list[int] = field(default_factory=list)


def compound(tree: Tree) -> bytes:
    """Return a compound file."""
    nodes = [_Node("Root Entry", 5)]
    _collect(tree, 0, nodes)
    sectors: list[bytes] = []
    table: list[int] = []

    def put(content: bytes) -> int:
        """Store bytes in sectors of their own and return the first one."""
        pieces = [content[at : at + _SECTOR].ljust(_SECTOR, b"\0") for at in range(0, len(content), _SECTOR)]
        first = len(sectors)
        sectors.extend(pieces)
        table.extend([*range(first + 1, first + len(pieces)), _END] if pieces else [])
        return first if pieces else _END

    minis, mini_table, starts = b"", list[int](), dict[int, int]()
    for number, node in enumerate(nodes):
        if node.kind == 2 and len(node.content) < _SMALL:
            count = -(-len(node.content) // _MINI)
            starts[number] = len(mini_table) if count else _END
            mini_table += [*range(len(mini_table) + 1, len(mini_table) + count), _END] if count else []
            minis += node.content.ljust(count * _MINI, b"\0")
        elif node.kind == 2:
            starts[number] = put(node.content)
    starts[0] = put(minis)
    mini_start = put(b"".join(struct.pack("<I", one) for one in mini_table))
    links = {right: left for node in nodes for left, right in pairwise(node.children)}
    after = {left: right for right, left in links.items()}
    entries = b""
    for number, node in enumerate(nodes):
        name = node.name.encode("utf-16-le")
        entries += name.ljust(64, b"\0") + struct.pack("<HBB", len(name) + 2, node.kind, 1)
        child = node.children[0] if node.children else _NOBODY
        entries += struct.pack("<III", _NOBODY, after.get(number, _NOBODY), child) + bytes(36)
        size = len(minis) if number == 0 else len(node.content)
        entries += struct.pack("<IQ", starts.get(number, 0), size)
    directory = put(entries)
    tables = 1
    while tables * _SECTOR // 4 < len(table) + tables:
        tables += 1
    first = len(sectors)
    table += [_TABLE] * tables
    held = b"".join(struct.pack("<I", one) for one in table).ljust(tables * _SECTOR, b"\xff")
    sectors += [held[at : at + _SECTOR] for at in range(0, len(held), _SECTOR)]
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, tables, directory, 0, _SMALL, mini_start, len(mini_table) and 1, _END, 0)
    head += struct.pack("<109I", *[*range(first, first + tables), *[_FREE] * 109][:109])
    return head + b"".join(sectors)


def _collect(tree: Tree, parent: int, nodes: list[_Node]) -> None:
    for name, inside in tree.items():
        number = len(nodes)
        nodes[parent].children.append(number)
        if isinstance(inside, bytes):
            nodes.append(_Node(name, 2, inside))
        else:
            nodes.append(_Node(name, 1))
            _collect(inside, number, nodes)


def values(
    head: int, texts: Mapping[int, str | bytes], numbers: Mapping[int, int | datetime]
) -> dict[str, bytes | Tree]:
    """Return the streams of one object: texts in UTF-16, bytes as they are, numbers and instants together."""
    held = bytes(head)
    for tag, value in numbers.items():
        if isinstance(value, datetime):
            ticks = int((value - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000
            held += struct.pack("<HHIQ", 0x40, tag, 0, ticks)
        else:
            held += struct.pack("<HHIQ", 3, tag, 0, value)
    found: dict[str, bytes | Tree] = {"__properties_version1.0": held}
    for tag, text in texts.items():
        wide = isinstance(text, str)
        found[f"__substg1.0_{tag:04X}{'001F' if wide else '0102'}"] = (
            text.encode("utf-16-le") if isinstance(text, str) else text
        )
    return found


def outlook_file(
    texts: Mapping[int, str | bytes],
    numbers: Mapping[int, int | datetime] | None = None,
    *,
    recipients: Sequence[tuple[str, str, int]] = (),
    attachments: Sequence[Tree] = (),
) -> bytes:
    """Return a .msg file: properties of the mail, recipients (name, address, 1 To or 2 Cc), attachments as `values`."""
    tree = values(32, texts, numbers or {})
    for number, (name, address, role) in enumerate(recipients):
        tree[f"__recip_version1.0_#{number:08X}"] = values(8, {0x3001: name, 0x39FE: address}, {0x0C15: role})
    for number, one in enumerate(attachments):
        tree[f"__attach_version1.0_#{number:08X}"] = one
    return compound(tree)
