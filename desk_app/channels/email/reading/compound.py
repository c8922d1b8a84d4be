"""Compound files (MS-CFB), the small file system that Outlook's .msg files are: storages hold streams and storages.

What is wrong in a file raises ValueError; nothing in it makes reading go round for ever or take more than the file has.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST, _NONE = 0xFFFFFFFA, 0xFFFFFFFF
"""From the first on, numbers of sectors mean something else; the second is nobody's id."""
_ENTRY, _MINI_BYTES, _SMALL = 128, 64, 4096
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_MOST_ENTRIES = 20_000


@dataclass(slots=True)
class Storage:
    """A folder of a compound file, by the names in it."""

    streams: dict[str, bytes] = field(default_factory=dict)
    storages: dict[str, Storage] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


def read_compound(data: bytes) -> Storage:
    """Return the root of a compound file. Raises ValueError where it is none."""
    if not data.startswith(MAGIC) or len(data) < 512:
        raise ValueError("This is no compound file.")
    try:
        return _Reader(data).root()
    except (struct.error, IndexError) as error:
        raise ValueError("The compound file is cut off or damaged.") from error


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._given = data, 0
        shift = struct.unpack_from("<H", data, 30)[0]
        if shift not in {9, 12}:
            raise ValueError("The compound file has sectors of another size.")
        self._size = 1 << shift
        self._most = len(data) // self._size + 1
        directory, first_mini, first_more = (struct.unpack_from("<I", data, place)[0] for place in (48, 60, 68))
        self._table = self._numbers(self._tables(first_more))
        mini = self._chain(first_mini, self._table)
        self._mini_table = self._numbers(mini)
        self._entries = list(self._directory(directory))
        if not self._entries or self._entries[0].kind != _ROOT:
            raise ValueError("The compound file has no root.")
        self._minis = b"".join(self._sector(one) for one in self._chain(self._entries[0].start, self._table))

    def root(self) -> Storage:
        seen = {0}
        root = Storage()
        waiting = [(root, self._entries[0].child)]
        while waiting:
            storage, number = waiting.pop()
            if number == _NONE:
                continue
            if number in seen:
                raise ValueError("The folders of the compound file go round.")
            seen.add(number)
            entry = self._entries[number]
            waiting += [(storage, entry.left), (storage, entry.right)]
            if entry.kind == _STREAM:
                storage.streams[entry.name] = self._content(entry)
            elif entry.kind == _STORAGE:
                inside = storage.storages[entry.name] = Storage()
                waiting.append((inside, entry.child))
        return root

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._data[start : start + self._size]

    def _tables(self, first_more: int) -> list[int]:
        """Return the sectors that hold the allocation table."""
        found = [one for one in struct.unpack_from("<109I", self._data, 76) if one < _LAST]
        number, count = first_more, 0
        while number < _LAST and count < self._most:
            numbers = struct.unpack(f"<{self._size // 4}I", self._sector(number))
            found += [one for one in numbers[:-1] if one < _LAST]
            number, count = numbers[-1], count + 1
        return found[: self._most]

    def _numbers(self, sectors: list[int]) -> list[int]:
        held = b"".join(self._sector(one) for one in sectors)
        return list(struct.unpack(f"<{len(held) // 4}I", held[: len(held) // 4 * 4]))

    def _chain(self, start: int, table: list[int], most: int = -1) -> list[int]:
        """Follow a chain of sectors to its end, or as far as `most` of them."""
        found: list[int] = []
        while start < _LAST and len(found) != most:
            if len(found) > len(table):
                raise ValueError("A stream of the compound file goes round.")
            found.append(start)
            start = table[start]
        return found

    def _directory(self, start: int) -> Iterator[_Entry]:
        held = b"".join(self._sector(one) for one in self._chain(start, self._table))
        for place in range(0, min(len(held), _MOST_ENTRIES * _ENTRY) - _ENTRY + 1, _ENTRY):
            letters, kind, left, right, child = struct.unpack_from("<HBxIII", held, place + 64)
            begin, size = struct.unpack_from("<II", held, place + 116)
            name = held[place : place + max(0, min(letters, 64) - 2)].decode("utf-16-le", "replace")
            yield _Entry(name, kind, left, right, child, begin, size)

    def _content(self, entry: _Entry) -> bytes:
        self._given += entry.size
        if self._given > len(self._data):
            raise ValueError("The compound file says it holds more than it has.")
        if entry.size >= _SMALL:
            most = -(-entry.size // self._size)
            held = b"".join(self._sector(one) for one in self._chain(entry.start, self._table, most))
        else:
            places = self._chain(entry.start, self._mini_table, -(-entry.size // _MINI_BYTES))
            held = b"".join(self._minis[one * _MINI_BYTES : (one + 1) * _MINI_BYTES] for one in places)
        return held[: entry.size]
